"""`hotline play`: a conversation from a file, on a hotline of its own, and what came back."""

import json
import re
import time
from pathlib import Path
from typing import Any

import pytest

from tests.command import Command, process

PEOPLE = """line
  name  Oak Street Neighbors
  area  Oak Hill: oak st, 20001

people
  Ana  +12025550101 asks
  Ben  +12025550102 helps en area=Oak_Hill
  Caro +12025550103 helps es

"""
ASK = "Ana > need groceries for two today, 14 oak st"
HERE = Path(__file__).parent / "transcripts"


@pytest.fixture
def run() -> Command:
    return Command()


def written(text: str, name: str = "story.txt") -> str:
    Path(name).write_text(PEOPLE + text + "\n", encoding="utf-8")
    return name


def steps(run: Command, text: str) -> list[dict[str, Any]]:
    """What `hotline play --json` tells of this story."""
    said = run.good("play", "--json", written(text))
    return [json.loads(line) for line in said.splitlines()]


def got(step: dict[str, Any], label: str) -> list[str]:
    return [text["body"] for text in step["texts"] if text["to"] == label]


def test_a_conversation_comes_back_as_a_transcript(run: Command) -> None:
    for name in ("hello", "partly"):
        file = HERE / f"{name}.txt"
        assert run.good("play", str(file)) == file.read_text(encoding="utf-8")


def test_several_have_their_names_above_them(run: Command) -> None:
    said = run.good("play", written("Ana > hello", "one.txt"), written("Ana > hello", "two.txt"))
    assert re.findall(r"^# .*", said, re.M) == ["# one.txt", "# two.txt"]


def test_json_has_one_object_a_step(run: Command) -> None:
    asked, waited, claimed, done = steps(
        run, f"{ASK}\n? #1 open\n@ +5 min\n\n# he is quick\nBen > claim 1\nBen > done 1"
    )
    assert set(asked) == {"file", "step", "texts", "requests"}
    assert (asked["file"], asked["step"]) == ("story.txt", ASK)
    assert [set(text) for text in asked["texts"]] == [{"to", "body"}] * 3
    assert {text["to"] for text in asked["texts"]} == {"Ana", "Ben", "Caro"}
    request = {"number": 1, "state": "open", "outcome": None, "needs": ["food"], "people": 2, "urgent": False}
    assert asked["requests"] == [{**request, "helpers": []}]
    assert (waited["step"], waited["texts"]) == ("@ +5 min", [])
    assert claimed["requests"] == [{**request, "state": "claimed", "helpers": ["Ben"]}]
    assert done["requests"] == [{**request, "state": "delivered", "helpers": ["Ben"]}]


def test_json_has_texts_as_a_phone_gets_them(run: Command) -> None:
    _, claimed = steps(run, f"{ASK}\nBen > claim 1")
    assert "\n" in got(claimed, "Ben")[0]
    assert "CODE1" not in str(claimed["texts"])


def test_an_emergency_is_urgent(run: Command) -> None:
    (step,) = steps(run, "Ana > my husband has chest pain and cant breathe")
    assert [request["urgent"] for request in step["requests"]] == [True]


def test_a_second_phone_has_a_name_of_its_own(run: Command) -> None:
    text = "people\n  Ana +12025550109 asks whatsapp\nAna/wa > hello\nAna > hello"
    by_whatsapp, by_sms = steps(run, text)
    assert {text["to"] for text in by_whatsapp["texts"]} == {"Ana/wa"}
    assert {text["to"] for text in by_sms["texts"]} == {"Ana"}


def test_who_joined_by_text_holds_it_under_the_name_in_the_story(run: Command) -> None:
    joins = "people\n  Eve +12025550107 asks\nEve > join\nEve > Evelyn\nEve > 1\nEve > 1\nBen > vouch 4"
    *_, last = steps(run, f"{ASK}\n{joins}\nEve > claim 1")
    assert [request["helpers"] for request in last["requests"]] == [["Eve"]]


def test_a_text_that_had_to_wait_stands_below_the_step_in_which_it_left(run: Command) -> None:
    """Six answers a minute: the seventh leaves 62 seconds after the first, and that is two seconds after Ben."""
    *_, seventh, between = steps(run, "\n".join([*["Ana >> help"] * 6, "Ana > help", "Ben > list"]))
    assert got(seventh, "Ana") == []
    assert len(got(between, "Ana")) == 1
    *_, seventh, later = steps(run, "\n".join([*["Ana >> help"] * 7, "@ +2 min"]))
    assert got(seventh, "Ana") == []
    assert len(got(later, "Ana")) == 1


@pytest.mark.parametrize(("arrow", "answers"), [(">", [1, 1, 1]), (">>", [0, 0, 1])])
def test_two_arrows_are_four_seconds(run: Command, arrow: str, answers: list[int]) -> None:
    """An answer waits for eight seconds, lest somebody goes on."""
    played = steps(run, "\n".join(f"Ana {arrow} {said}" for said in ["lol", "the game was great", "see you"]))
    assert [len(got(step, "Ana")) for step in played] == answers


@pytest.mark.parametrize(("arrow", "waves"), [(">", [0, 3]), (">>", [0, 0])])
def test_time_that_passes_begins_20_seconds_after_the_last_text(run: Command, arrow: str, waves: list[int]) -> None:
    """The next wave is 45 minutes after the first: 20 seconds, 44 minutes, 20 seconds before a text and 20 after."""
    people = (
        "line\n  rule burst_seconds 0\n  rule first_wave 1\n  rule gap_today 45\npeople\n"
        + "\n".join(f"  V{n} +121255501{n:02} helps en" for n in range(2))
        + "\n"
    )
    _, *later = steps(run, f"{people}{ASK}\n@ +44 min\nAna {arrow} thanks")
    assert [sum(text["to"] != "Ana" for text in step["texts"]) for step in later] == waves


def test_a_story_begins_when_it_says(run: Command) -> None:
    (step,) = steps(run, "line\n  timezone America/Los_Angeles\n!start 2026-07-01 22:15\nAna > hello")
    assert step["texts"]
    kept = run("play", written("Ana > hello\n!start 2026-07-01 22:15"))
    assert (kept.exit_code, kept.stderr.endswith("a story begins once, before anything happens\n")) == (2, True)


def test_what_a_phone_sends_besides_words(run: Command) -> None:
    people = "people\n  Eva +12025550108 asks whatsapp\n"
    photo, voice, _, claimed = steps(
        run,
        f"{people}Ana > [photo] need groceries for two, 14 oak st\nEva > [photo audio/ogg]\n"
        "Eva > [loc 40.7128,-74.0060] the blue house\nBen > claim 1",
    )
    assert photo["requests"][0]["needs"] == ["food"]
    assert [request["number"] for request in voice["requests"]] == [1]
    assert got(voice, "Eva")
    assert claimed["requests"][0]["helpers"] == ["Ben"]


def test_a_shared_place_reaches_whoever_comes(run: Command) -> None:
    people = "people\n  Eva +12025550108 asks whatsapp\n"
    *_, claimed = steps(
        run, f"{people}Eva > need food for 5\nEva > [loc 40.7128,-74.0060] the blue house\nBen > claim 1"
    )
    assert "the blue house (40.7128,-74.0060)" in got(claimed, "Ben")[0]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("Ana >hi", "neither `Name > words`"),
        ("Zoe > hi", "Zoe is not among the people"),
        ("Ana > [loc here]", "write [picture], [voice note], [photo video/mp4] or [loc"),
        ("!start tomorrow", "write the moment such as 2026-03-03 03:00"),
        ("line\n  timezone Mars/Phobos", "not a time zone; write its name, such as America/New_York"),
        ("line\n  rule speed 3", "there is no rule speed"),
        ("people\n  Mary-Ann +12025550109 asks", "a name has letters and digits only, such as Mary_Ann"),
        ("people\n  Eve +12025550101 asks", "this number is Ana's already"),
        ("people\n  Eve asks", "say one of"),
        ("people\n  Eve +12025550109 helps area=Moon", "there is no area Moon"),
        ("people\n  Eve +12025550109 helps tlh", "'tlh' says nothing about a person"),
        ("people\n  Eve +12025550109 helps xx", "the hotline does not speak xx"),
        ("people\n  Eve", "after the name comes what this phone texts from"),
    ],
)
def test_a_line_that_is_not_understood_is_named(run: Command, line: str, why: str) -> None:
    done = run("play", written(line))
    number = len(PEOPLE.splitlines()) + len(line.splitlines())
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith(f"story.txt:{number}: {line.splitlines()[-1].strip()!r}: {why}")


def test_a_file_that_cannot_be_read_costs_the_others_nothing(run: Command, tmp_path: Path) -> None:
    (tmp_path / "latin.txt").write_bytes("Ana > ¿qué?\n".encode("latin-1"))
    (tmp_path / "folder").mkdir()
    done = run("play", "--json", "nowhere.txt", "latin.txt", "folder", written("Ana > hello"))
    assert done.exit_code == 2
    assert done.stderr.splitlines() == [
        "nowhere.txt: No such file or directory",
        "latin.txt: not plain text; save it as UTF-8",
        "folder: Is a directory",
    ]
    assert [json.loads(line)["file"] for line in done.stdout.splitlines()] == ["story.txt"]


def test_each_file_has_a_hotline_of_its_own(run: Command) -> None:
    names = [written(ASK, f"{n}.txt") for n in range(3)]
    told = [json.loads(line) for line in run.good("play", "--json", *names).splitlines()]
    assert [step["file"] for step in told] == names
    assert [[request["number"] for request in step["requests"]] for step in told] == [[1], [1], [1]]


@pytest.mark.parametrize(
    ("at_once", "fault"), [("  rule burst_seconds 0\n", "handler_failed"), ("", "followup_failed request=1")]
)
def test_a_fault_is_named_and_the_rest_is_played(run: Command, at_once: str, fault: str) -> None:
    broken = written(f"line\n  rule gap_today {10**15}\n{at_once}{ASK}\nAna > hello", "broken.txt")
    done = run("play", "--json", broken, written("Ana > hello"))
    assert done.exit_code == 1
    assert done.stderr.startswith(f"broken.txt: {ASK!r}: a fault of the hotline: {fault} error=OverflowError")
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert [step["file"] for step in told] == ["broken.txt", "broken.txt", "story.txt"]
    assert all(step["texts"] for step in told)


def test_nothing_of_the_environment_counts(tmp_path: Path) -> None:
    """Whatever this machine's own hotline is, a played one is simulated and leaves nothing behind."""
    (tmp_path / ".env").write_text("HOTLINE_NAME=The real one\nHOTLINE_LANGUAGE=xx\n")
    before = set(tmp_path.iterdir()) | {tmp_path / written("Ana > hello")}
    environment = {
        "DATABASE_URL": f"sqlite:///{tmp_path}/real.db",
        "TWILIO_ACCOUNT_SID": "AC1",
        "TWILIO_API_URL": "http://127.0.0.1:9",
        "HOTLINE_SPOOL": str(tmp_path / "spool"),
        "HOTLINE_COUNTRIES": "MX",
        "PORT": "no port",
    }
    with process(["play", "story.txt", "--json"], tmp_path, **environment) as played:
        out, err = played.communicate(timeout=60)
    assert (played.returncode, err) == (0, "")
    (step,) = [json.loads(line) for line in out.splitlines()]
    assert "Oak Street Neighbors" in got(step, "Ana")[0]
    assert set(tmp_path.iterdir()) == before


def test_many_are_played_in_one_start(tmp_path: Path) -> None:
    """125 take less than 40 seconds on two cores; this is generous, for other tests run beside it."""
    names = [written(f"{ASK}\nBen > claim 1\nAna > thank you\nBen > done 1", f"{n}.txt") for n in range(25)]
    began = time.monotonic()
    with process(["play", "--json", *names], tmp_path) as played:
        out, _ = played.communicate(timeout=120)
    assert played.returncode == 0
    assert len(out.splitlines()) == 100
    assert time.monotonic() - began < 60


def test_a_reader_who_has_seen_enough_is_no_fault(tmp_path: Path) -> None:
    names = [written(ASK, f"{n}.txt") for n in range(3)]
    with process(["play", *names], tmp_path) as played:
        assert played.stdout is not None
        played.stdout.close()
        assert played.stderr is not None
        assert played.stderr.read() == ""
