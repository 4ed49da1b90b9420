"""`hotline line`: more than one hotline in one place, and the names that a neighborhood gives its parts."""

import shutil
from pathlib import Path

import pytest

from models import lines
from tests.command import Command


@pytest.fixture
def run(migrated_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    monkeypatch.chdir(tmp_path)
    return Command(f"sqlite:///{shutil.copy(migrated_file, tmp_path / 'hotline.db')}")


def test_the_first_line_is_the_one_of_the_settings(run: Command) -> None:
    said = run.good("line", "list", HOTLINE_NAME="Oak Street Neighbors", HOTLINE_TIMEZONE="America/Chicago")
    assert "Oak Street Neighbors" in said
    assert "America/Chicago" in said


def test_one_more_line(run: Command) -> None:
    args = "--sms (202)555-0190 --whatsapp +12025550191 --language es --timezone America/Chicago".split()
    run.good("line", "add", "Línea  Olmo", *args, "--country", "us", "--emergency-number", "112")
    kept = run.database()
    first, second = kept.read(lines.all_lines)
    kept.close()
    assert first.from_settings
    assert second.model_dump(exclude={"id", "created_at"}) == {
        "name": "Línea Olmo",
        "sms": "+12025550190",
        "whatsapp": "+12025550191",
        "language": "es",
        "timezone": "America/Chicago",
        "country": "US",
        "emergency_number": "112",
        "from_settings": False,
        "web_address": None,
        "carrier": None,
        "last_request": 0,
        "last_distribution": 0,
        "last_proposal": 0,
        "last_purse_entry": 0,
        "currency": "",
        "greeting": None,
        "paused_until": None,
        "rests_until": None,
        "ends_at": None,
        "erases_at": None,
        "ending": None,
        "end_decided_at": None,
        "answering": {},
        "resources": [],
        "rules": {},
        "answers": [],
        "hash_key": "",
        "swept": {},
    }


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["Elm"], "Write --sms or --whatsapp"),
        (["", "--sms", "+12025550190"], "Write a name"),
        (["Elm", "--sms", "555"], None),  # a short code
        (["Elm", "--sms", "5550190"], "--sms: not a whole phone number"),
        (["Elm", "--whatsapp", "Ana"], "--whatsapp: not a phone number"),
        (["Elm", "--sms", "+12025550100"], '--sms: this number belongs to the line "Neighbors\' Hotline"'),
        (["neighbors hotline", "--sms", "+12025550190"], 'There is a line "Neighbors\' Hotline" already'),
        (["Elm", "--sms", "+12025550190", "--language", "xx"], "--language: a language we do not speak yet"),
        (["Elm", "--sms", "+12025550190", "--timezone", "Oak"], "--timezone: not a time zone"),
        (["Elm", "--sms", "+12025550190", "--country", "USA"], "--country: not a country"),
        (["Elm", "--sms", "+12025550190", "--emergency-number", "x"], "--emergency-number: not a number to dial"),
    ],
)
def test_what_a_line_cannot_be(run: Command, args: list[str], said: str | None) -> None:
    done = run("line", "add", *args)
    assert (done.exit_code == 0) == (said is None), done.output
    assert said is None or said in done.stderr


def test_an_area_grows_by_its_names(run: Command) -> None:
    run.good("line", "area", "Oak", "--alias", "Oak Street", "--alias", "the oaks", "--zip", "11215")
    run.good("line", "area", "oak", "--corner", "Oak & 3rd", "--alias", "OAK STREET", "--alias", "Oak")
    kept = run.database()
    (area,) = kept.read(lambda s: lines.areas(s, 1))
    kept.close()
    assert (area.name, area.aliases) == ("Oak", ["OAK STREET", "the oaks", "11215", "Oak & 3rd"])
    said = run.good("line", "areas")
    assert "Oak & 3rd" in said


def test_a_name_belongs_to_one_area(run: Command) -> None:
    run.good("line", "area", "Oak", "--zip", "11215")
    done = run("line", "area", "Elm", "--zip", "11215")
    assert (done.exit_code, done.stderr) == (
        1,
        "'11215' already belongs to the area 'Oak'. A name can belong to one area only.\n",
    )
    assert "Elm" not in run.good("line", "areas")


def test_areas_belong_to_their_line(run: Command) -> None:
    run.good("line", "add", "Elm", "--sms", "+12025550190")
    run.good("line", "area", "Hill", "--line", "elm")
    assert "Hill" not in run.good("line", "areas")
    assert "Hill" in run.good("line", "areas", "--line", "Elm")
    assert (
        "There is no line 'Fir'. There are: Neighbors' Hotline, Elm" in run("line", "areas", "--line", "Fir").stderr
    )
