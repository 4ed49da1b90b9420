"""`hotline request export`: a table that says who, when, what, where about and how it ended, and travels safely."""

import csv
import io
import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from openpyxl import load_workbook

from app.cli import request_export
from app.cli.cells import BOM
from app.cli.request_export import FIELDS, ONLY_WHOLE
from handlers import phrasebook
from handlers.helping import leasing
from handlers.turn import Context
from models import assignments, lines, people, requests
from models.assignments import State as Holding
from models.lines import Channel
from models.requests import Outcome, Request, State, Urgency
from models.store.session import Session
from tests.command import Command
from tests.fakes import MORNING

LATER = MORNING + timedelta(days=2)


@pytest.fixture
def run(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    monkeypatch.chdir(tmp_path)
    command = Command(database_url)
    command.good("line", "area", "Oak")
    kept = command.database()
    kept.write(_history).result()
    kept.close()
    return command


def _history(session: Session) -> None:
    """One that somebody brought, one that nobody has, one of two days later."""
    line = lines.all_lines(session)[0]
    area = lines.areas(session, line.id)[0]
    ana, _ = people.get_or_create(session, line, Channel.SMS, "+12025550101", MORNING, name="Ana Ruiz")
    ben, _ = people.get_or_create(session, line, Channel.SMS, "+12025550102", MORNING, name="Ben Kim")

    def ask(now: datetime = MORNING, **what: object) -> Request:
        return requests.create(session, line, person_id=ana.id, state=State.OPEN, now=now, **what)

    brought = ask(
        needs=["food", "transport"],
        text="=HYPERLINK(1) groceries for 3, my phone is 202 555 0101",
        people=3,
        urgency=Urgency.TODAY,
        area_id=area.id,
        place="12 Oak St, 4B",
        code_word="maple",
    )
    assert requests.take(session, brought, by=ben.id, now=MORNING + timedelta(minutes=5))
    held = assignments.start_now(session, leasing.draw_up(Context(session, line, MORNING), brought, ben.id, ""))
    assert requests.move(
        session, brought, State.DELIVERED, MORNING + timedelta(hours=1), kind="delivered", out_of=(State.CLAIMED,)
    )
    assert assignments.end(session, held, Holding.DONE, MORNING + timedelta(hours=1))
    assert requests.close(session, brought, Outcome.FULFILLED, MORNING + timedelta(hours=2))
    ask(needs=["medicine"], emergency=True, text="señora sin insulina", vicinity="near Elm", language="es")
    ask(LATER, needs=["company"])


def table(written: str) -> list[dict[str, str]]:
    assert written.startswith(BOM)
    return [*csv.DictReader(io.StringIO(written.removeprefix(BOM)))]


def test_it_says_who_when_what_where_about_and_how_it_ended(run: Command) -> None:
    first, second, third = table(run.good("request", "export"))
    assert [*first] == FIELDS
    assert first == {
        "number": "1",
        "created_at": "2026-03-03 10:00",
        "timezone": "America/New_York",
        "person": first["person"],
        "name": "Ana",
        "phone": "…01",
        "for_name": "",
        "needs": "food, transport",
        "people": "3",
        "urgency": "today",
        "emergency": "false",
        "area": "Oak",
        "vicinity": "",
        "language": "en",
        "state": "closed",
        "outcome": "fulfilled",
        "helper": "Ben",
        "helpers_wanted": "1",
        "helpers": "1",
        "claimed_at": "2026-03-03 10:05",
        "delivered_at": "2026-03-03 11:00",
        "closed_at": "2026-03-03 12:00",
        "changed_at": "2026-03-03 12:00",
        "text": first["text"],
    }
    assert (second["emergency"], second["vicinity"], second["language"]) == ("true", "near Elm", "es")
    assert (second["helper"], second["helpers"], second["claimed_at"], second["closed_at"]) == ("", "0", "", "")
    assert third["created_at"].startswith("2026-03-05")


def test_numbers_doors_and_what_gives_away_who_it_is_are_in_it_only_where_that_is_wanted(run: Command) -> None:
    written = run.good("request", "export")
    for hidden in ("+1202", "555", "Ruiz", "12 Oak St", "maple"):
        assert hidden not in written
    whole = table(run.good("request", "export", "--whole"))[0]
    assert [*whole] == [*FIELDS, *ONLY_WHOLE]
    assert whole["phone"] == "'+12025550101"
    assert (whole["name"], whole["helper"], whole["place"]) == ("Ana Ruiz", "Ben Kim", "12 Oak St, 4B")
    assert whole["text"] == "'=HYPERLINK(1) groceries for 3, my phone is 202 555 0101"


def test_for_programs_there_is_json_and_csv_without_a_mark(run: Command) -> None:
    found = json.loads(run.good("request", "export", "--json"))
    assert [*found[0]] == FIELDS
    assert (found[0]["needs"], found[0]["helper"], found[1]["emergency"]) == (["food", "transport"], ["Ben"], True)
    assert found[0]["created_at"] == "2026-03-03T10:00:00-05:00"
    assert run.good("request", "export", "--no-bom").startswith("number,created_at,")


def test_only_some_of_them(run: Command) -> None:
    def numbers(*args: str) -> list[str]:
        return [row["number"] for row in table(run.good("request", "export", *args))]

    assert numbers("--since", "2026-03-04") == ["3"]
    assert numbers("--until", "2026-03-04") == ["1", "2"]
    assert numbers("--state", "open") == ["2", "3"]
    assert numbers("--since", "2026-03-03", "--until", "2026-03-03", "--state", "closed") == ["1"]
    done = run("request", "export", "--since", "soonish")
    assert (done.exit_code, "write it such as" in done.stderr) == (2, True)


def test_a_workbook_has_numbers_and_moments(run: Command, tmp_path: Path) -> None:
    file = tmp_path / "requests.xlsx"
    assert f"3 requests written to {file}." in run.good("request", "export", "--to", str(file))
    head, first, *_ = load_workbook(file)["hotline"].values
    row = dict(zip(head, first, strict=True))
    assert (row["number"], row["people"], row["name"]) == (1, 3, "Ana")
    assert str(row["created_at"]) == "2026-03-03 10:00:00"
    assert oct(file.stat().st_mode & 0o777) == "0o600"


def test_a_file_of_numbers_and_doors_says_so(run: Command, tmp_path: Path) -> None:
    file = tmp_path / "all.csv"
    assert "keep it within the group" in run.good("request", "export", "--whole", "--to", str(file))
    assert table(file.read_text(encoding="utf-8"))[0]["place"] == "12 Oak St, 4B"


def test_in_another_language(run: Command) -> None:
    first, second, _ = table(run.good("request", "export", "--language", "es"))
    assert (first["número"], first["estado"], first["resultado"]) == ("1", "terminado", "recibido")
    assert (first["urgencia"], second["emergencia"]) == ("hoy", "sí")
    assert first["necesita"] == ", ".join(map(phrasebook.book("es").need, ["food", "transport"]))


def test_every_column_and_value_has_its_word() -> None:
    for words in request_export.said().values():
        assert [*words["headings"]] == [*FIELDS, *ONLY_WHOLE]
        assert len({*words["headings"].values()}) == len(words["headings"])
        assert {*words["state"]} == {*State}
        assert {*words["outcome"]} == {*Outcome}
        assert {*words["urgency"]} == {*Urgency}
    assert {*request_export.said()} == {*phrasebook.languages()} - {"en"}


def test_the_same_people_help_as_the_list_says(run: Command) -> None:
    listed = {each["number"]: each["helper"] for each in run.json("request", "list")}
    told = {each["number"]: ", ".join(each["helper"]) or None for each in run.json("request", "export")}
    assert told == listed


def test_a_file_that_cannot_be_written_is_said_plainly(run: Command, tmp_path: Path) -> None:
    done = run("request", "export", "--to", str(tmp_path / "nowhere" / "all.csv"))
    assert (done.exit_code, "folder" in done.output) == (1, True)
