"""`hotline request import`: what a list holds open goes on here; nothing twice, nothing silent, and back again."""

import csv
import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

import pytest
from openpyxl import Workbook
from sqlmodel import col, select

from app.cli.sheets.cells import cell
from app.clock import Clock
from models import lines, people, requests, surges
from models.alarms import Alarm
from models.delivery.outbound import Outbound
from models.lines import Channel
from models.requests import Outcome, Request, State, Urgency
from models.store.session import Session
from tests.command import Command, typed

T = TypeVar("T")
SHEET = """\
Mutual Aid Requests 2026;;;;;;;;;
Timestamp;Full name;Cell phone number;What do you need help with?;How many people in your household?;Neighborhood;Street address;Preferred language;How urgent is it?;Status
11/20/2026 10:22:01;Ana Ruiz;(202) 555-0101;Groceries and diapers;4;Oak;12 Oak St Apt 4B;Spanish;High;New
11/21/2026;Bo;202-555-0102;ride to the doctor;2 adults, 1 kid;Elm;;English;low;open
11/22/2026;Cy;202.555.0103;Someone to fix my heater;;;5th and Main;;;Done
11/22/2026;Di;;food;2;Oak;;;;open
11/23/2026;Ed;2025550104;my dad fell and cannot breathe;1;Oak;;;;open
11/23/2026;Gil;2025550106;rent money;1;Oak;;;;
11/23/2026;Luis;2025550101;food;1;Oak;;;;open
11/23/2026;Hal;2025550107;food;1;Oak;;;;Assigned
11/23/2026;Ida;2025550108;food;two;Oak;;Tagalog;somewhen;huh?
11/23/2026;Jan;2025550109;comida para 3;;Oak;;es;;pendiente
"""  # noqa: E501, what a form's spreadsheet really looks like


@pytest.fixture
def run(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    monkeypatch.chdir(tmp_path)
    command = Command(database_url)
    command.good("line", "area", "Oak")
    return command


def written(words: str, name: str = "needs.csv") -> str:
    Path(name).write_text(words, encoding="utf-8")
    return name


def imported(run: Command, words: str, *args: str) -> tuple[str, str]:
    """What was said of it: on standard output, and beside it."""
    done = run("request", "import", written(words), *args)
    return done.stdout, done.stderr


def known(run: Command) -> list[Request]:
    return looked(run, lambda session: requests.all_of(session, lines.all_lines(session)[0].id))


def looked(run: Command, work: Callable[[Session], T]) -> T:
    kept = run.database()
    try:
        return kept.read(work)
    finally:
        kept.close()


def did(run: Command, work: Callable[[Session], object]) -> None:
    kept = run.database()
    try:
        kept.write(work).result()
    finally:
        kept.close()


def told(run: Command) -> list[tuple[object, ...]]:
    """What is kept of each request, but for its state and what stands in its place here."""
    return [(r.needs, r.people, r.urgency, r.place, r.for_name, r.area_id, r.language, r.text) for r in known(run)]


def queued(run: Command) -> list[Outbound]:
    return looked(run, lambda session: list(session.exec(select(Outbound).order_by(col(Outbound.id)))))


def test_what_is_open_is_taken_in_and_all_else_is_named(run: Command) -> None:
    said, beside = imported(run, SHEET)
    ana, bo, ed, gil, luis, jan = known(run)
    assert (ana.needs, ana.people, ana.urgency, ana.language) == (["food", "baby"], 4, Urgency.URGENT, "es")
    assert (ana.place, ana.vicinity, ana.text) == ("12 Oak St Apt 4B", None, "Groceries and diapers")
    assert ana.created_at == datetime(2026, 11, 20, 15, 22, 1, tzinfo=UTC)
    assert (bo.needs, bo.people, bo.urgency, bo.vicinity, bo.area_id) == (
        ["transport"],
        3,
        Urgency.ANYTIME,
        "Elm",
        None,
    )
    assert (ed.state, ed.emergency, ed.urgency) == (State.HELD, True, Urgency.URGENT)
    assert (gil.state, gil.needs) == (State.HELD, ["money"])
    assert (luis.for_name, luis.person_id, luis.state) == ("Luis", ana.person_id, State.OPEN)
    assert (jan.needs, jan.people, jan.language) == (["food"], 3, "es")
    assert "6 to be taken in; 1 over already; 1 somebody has it already; 2 refused" in said
    assert "line 6 refused: no phone number" in beside
    assert "line 11 refused: status 'huh?': not understood" in beside
    assert "line 4 taken in, but for area 'Elm'" in beside
    assert "Left out because somebody has it: line 10" in beside
    for number in ("555-0101", "5550104"):
        assert number not in said + beside


def test_a_dry_run_changes_nothing(run: Command) -> None:
    said, _ = imported(run, SHEET, "--dry-run")
    assert said.endswith("Nothing was changed.\n")
    assert "DANGER" in said
    assert known(run) == []
    assert looked(run, lambda session: people.everybody(session, lines.all_lines(session)[0].id)) == []


def test_the_same_list_again_changes_nothing(run: Command) -> None:
    imported(run, SHEET)
    before = str(known(run))
    said, beside = imported(run, SHEET)
    assert "0 to be taken in" in said
    assert "There is nothing to take in." in said
    assert "line 3 is the same as #1" in beside
    assert str(known(run)) == before


def test_what_has_ended_here_is_not_made_again_by_the_list_in_which_it_is_open_still(run: Command) -> None:
    row = "name,phone,need\nAna,2025550101,groceries\n"
    imported(run, row)
    did(run, lambda session: requests.close(session, requests.by_id(session, 1), Outcome.FULFILLED, Clock().now()))
    said, _ = imported(run, row)
    assert "1 here already" in said
    assert len(known(run)) == 1


def test_nobody_is_texted_without_the_hosts_word_and_volunteers_are_asked_by_and_by(run: Command) -> None:
    for n in range(2, 9):
        run.good("person", "add", f"+1202555019{n}", "--name", "Vera", "--helper")
    rows = "\n".join(f"N,20255501{n:02},groceries" for n in range(10, 40))
    imported(run, f"name,phone,need\n{rows}\n", "--per-day", "10")
    asked = known(run)
    assert len(asked) == 30
    assert all(request.state is State.OPEN for request in asked)
    assert {row.phrase for row in queued(run)} <= {"offer"}
    last = max(request.next_action_at for request in asked if request.next_action_at)
    assert timedelta(days=2) < last - Clock().now() < timedelta(days=4)
    waiting = [request for request in asked if request.next_action_at and request.next_action_at > Clock().now()]
    assert len(waiting) >= 26


def test_what_cannot_wait_goes_first_wherever_it_stands(run: Command) -> None:
    rows = "\n".join(f"N,20255501{n:02},groceries,low" for n in range(10, 30))
    imported(run, f"name,phone,need,urgency\n{rows}\nZ,2025550199,insulin,urgent\n")
    *others, last = known(run)
    assert last.urgency is Urgency.URGENT
    assert last.next_action_at is not None
    assert sum(r.next_action_at is not None and r.next_action_at < last.next_action_at for r in others) <= 3


def test_neighbors_hear_of_it_once_on_the_hosts_word(run: Command) -> None:
    imported(run, "name,phone,need,language\nAna,2025550101,groceries,en\nLuz,2025550102,comida,es\n", "--tell")
    texts = [row for row in queued(run) if row.phrase == "moved_to_us"]
    assert [row.to for row in texts] == ["+12025550101", "+12025550102"]
    assert "STOP ends texts" in texts[0].body
    assert "lo que nos pediste" in texts[1].body


def test_danger_is_never_silent(run: Command) -> None:
    row = "name,phone,need,notes\nEd,2025550104,groceries,his wife fell and does not breathe\n"
    said, _ = imported(run, row)
    assert "NOBODY IS ON DUTY" in said
    run.good("person", "add", "+12025550190", "--name", "Dee", "--duty")
    said, _ = imported(run, row.replace("0104", "0105"), "--tell")
    assert "Whoever is on duty has been alarmed" in said
    alarm = next(row for row in queued(run) if row.phrase == "duty_emergency_listed")
    assert alarm.to == "+12025550190"
    assert "moved_to_us" not in {row.phrase for row in queued(run)}
    assert len(looked(run, lambda session: list(session.exec(select(Alarm))))) == 2


@pytest.mark.parametrize(
    "row",
    [
        "groceries,her boyfriend reads her texts", "comida,su marido le revisa el celular", "diapers,do not text",
        "a ride,left my husband", "a safe place to stay,", "women's shelter,", "food,DV survivor",
        "comida,vive con su agresor", "food,do not contact by phone",
    ],
)  # fmt: skip
def test_a_phone_that_may_not_be_safe_gets_no_text_and_duty_looks_first(run: Command, row: str) -> None:
    run.good("person", "add", "+12025550190", "--name", "Vera", "--helper")
    said, _ = imported(run, f"name,phone,need,notes\nAna,2025550101,{row}\n", "--tell")
    (request,) = known(run)
    assert request.state is State.HELD
    assert queued(run) == []
    assert "0 neighbors hear" in said or "may tell of danger" in said
    assert "call" in said


@pytest.mark.parametrize(
    "row",
    ["groceries,leave the bags at her door", "comida,para su hija", "food,call before you come", "milk,no meat"],
)
def test_what_helpers_must_know_keeps_nobody_waiting(run: Command, row: str) -> None:
    imported(run, f"name,phone,need,notes\nAna,2025550101,{row}\n", "--tell")
    assert known(run)[0].state is State.OPEN
    assert [each.phrase for each in queued(run)] == ["moved_to_us"]


def test_the_first_text_does_not_say_what_is_needed_and_none_goes_about_what_duty_reads_first(run: Command) -> None:
    imported(run, "name,phone,need\nAna,2025550101,HIV medicine\nBo,2025550102,rent money\n", "--tell")
    (told,) = [each for each in queued(run) if each.phrase == "moved_to_us"]
    assert told.to == "+12025550101"
    assert not any(word in told.body.lower() for word in ("hiv", "medic"))


def test_a_list_is_taken_back_by_its_number_alone_and_once(run: Command) -> None:
    imported(run, "name,phone,need\nAna,2025550101,groceries\n")
    said, _ = imported(run, "name,phone,need\nBo,2025550102,a ride\n")
    assert "import --undo 2" in said
    assert run.good("request", "import", "--undo", "1") == "1 request withdrawn.\n"
    assert [request.outcome for request in known(run)] == [Outcome.WITHDRAWN, None]
    for number, rc in (("1", 1), ("9", 1), ("x", 2)):
        assert run("request", "import", "--undo", number).exit_code == rc
    assert run.good("request", "import", "--undo") == "1 request withdrawn.\n"


def test_on_a_terminal_it_shows_asks_and_texts_nobody_without_a_yes(database_url: str, tmp_path: Path) -> None:
    run = Command(database_url)
    run.good("migrate")
    (tmp_path / "needs.csv").write_text("name,phone,need\nAna,2025550101,groceries\n")
    import_ = ["request", "import", "needs.csv"]
    code, said = typed(import_, "n\n", tmp_path, **run.env)
    assert (code, "Take in 1 request? [y/N]" in said, known(run)) == (1, True, [])
    code, said = typed(import_, "y\nn\n", tmp_path, **run.env)
    assert (code, "Text each of these neighbors once" in said) == (0, True)
    assert [request.state for request in known(run)] == [State.OPEN]
    assert queued(run) == []


def test_a_list_of_people_is_no_list_of_requests(run: Command) -> None:
    run.good("person", "import", written("name,phone\nAna,2025550101\n"))
    assert run("request", "import", "--undo", "1").exit_code == 1


def test_who_said_stop_or_was_put_out_is_left_alone(run: Command) -> None:
    def stop(session: Session) -> None:
        line = lines.all_lines(session)[0]
        ana, _ = people.get_or_create(session, line, Channel.SMS, "+12025550101", Clock().now(), name="Ana")
        ana.opted_out_at = Clock().now()
        session.add(ana)

    did(run, stop)
    _, beside = imported(run, "name,phone,need\nAna,2025550101,groceries\n")
    assert "line 2 refused: they have texted STOP" in beside
    assert known(run) == []


def test_it_is_taken_back_but_for_what_went_on(run: Command) -> None:
    imported(run, "name,phone,need\nAna,2025550101,groceries\nBo,2025550102,a ride\nCy,2025550103,food\n", "--tell")

    def goes_on(session: Session) -> None:
        line = lines.all_lines(session)[0]
        ben, _ = people.get_or_create(session, line, Channel.SMS, "+12025550109", Clock().now(), name="Ben")
        assert requests.take(session, requests.by_id(session, 2), by=ben.id, now=Clock().now())
        cy = people.by_id(session, requests.by_id(session, 3).person_id)
        (address,) = people.addresses_on(session, cy.id, Channel.SMS)
        address.last_heard_at = Clock().now() + timedelta(minutes=1)
        session.add(address)

    did(run, goes_on)
    said = run.good("request", "import", "--undo")
    assert said.splitlines() == [
        "1 request withdrawn; 2 stay.",
        "#2 stays: somebody has taken it",
        "#3 stays: they have written to the hotline since",
    ]
    assert [request.outcome for request in known(run)] == [Outcome.WITHDRAWN, None, None]
    told = [row.state.value for row in queued(run) if row.phrase == "moved_to_us"]
    assert told[0] == "cancelled"
    assert run("request", "import", "--undo").exit_code == 1


def test_what_request_export_writes_request_import_reads(run: Command, tmp_path: Path, blank_url: str) -> None:
    imported(run, SHEET)
    before = told(run)
    for name, args in (("all.csv", []), ("all.xlsx", []), ("es.csv", ["--language", "es"])):
        run.good("request", "export", "--whole", "--to", str(tmp_path / name), *args)
        again = run("request", "import", str(tmp_path / name))
        assert "0 to be taken in; 6 here already" in again.stdout, again.output
    other = Command(blank_url)
    other.good("migrate")
    other.good("line", "area", "Oak")
    assert other("request", "import", str(tmp_path / "all.csv")).exit_code == 0
    assert told(other) == before


def test_a_workbook_and_columns_named_by_hand(run: Command, tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["Who", "Handy", "Wish", "When did they ask"])
    sheet.append(["Ana", 2025550101, "groceries", datetime(2026, 11, 20, 9, 30)])  # noqa: DTZ001, a cell has no zone
    book.save(tmp_path / "needs.xlsx")
    done = run(
        "request",
        "import",
        str(tmp_path / "needs.xlsx"),
        "--column",
        "need=Wish",
        "--column",
        "asked=When did they ask",
    )
    assert done.exit_code == 0, done.output
    (request,) = known(run)
    assert (request.needs, request.created_at) == (["food"], datetime(2026, 11, 20, 14, 30, tzinfo=UTC))
    assert run("request", "import", str(tmp_path / "needs.xlsx"), "--column", "need").exit_code == 2


@pytest.mark.parametrize(
    ("country_dates", "first"),
    [
        (["3/4/2026", "3/25/2026"], (3, 4)),
        (["3/4/2026", "25/3/2026"], (4, 3)),
        (["2026-03-04"], (3, 4)),
        (["4 de marzo de 2026"], (3, 4)),
    ],
)
def test_which_is_the_month_the_column_shows(run: Command, country_dates: list[str], first: tuple[int, int]) -> None:
    rows = "\n".join(f"N,20255501{n:02},groceries,{date}" for n, date in enumerate(country_dates, 10))
    imported(run, f"name,phone,need,date requested\n{rows}\n")
    at = known(run)[0].created_at
    assert (at.month, at.day) == first


@pytest.mark.parametrize(
    ("heading", "says", "open_"),
    [
        ("Status", "", True), ("Status", "NEW!", True), ("Status", "Fulfilled", False), ("Estado", "hecho", False),
        ("Estado", "En proceso", False), ("Done", "", True), ("Done", "no", True), ("Done", "x", False),
        ("Done", "3/4 by Ben", False), ("Completado", "sí", False), ("Delivered", "✓", False),
    ],
)  # fmt: skip
def test_what_a_status_says(run: Command, heading: str, says: str, open_: bool) -> None:
    imported(run, f"name,phone,need,{heading}\nAna,2025550101,groceries,{says}\n")
    assert bool(known(run)) is open_


def test_no_row_is_lost_whatever_stands_in_it(run: Command) -> None:
    out = io.StringIO(newline="")
    table = csv.writer(out)
    table.writerow(["name", "phone", "need", "status", "urgency", "people"])
    cells = [
        "",
        "=1+1",
        "\x1b[31mred",
        "STOP",
        "groceries",
        "2025550101",
        "\u202e",
        "x" * 5000,
        "done",
        "-5",
        "1e99",
        "🙂",
    ]
    rows = [[cells[(n * m) % len(cells)] for m in (1, 2, 3, 5, 7, 11)] for n in range(40)]
    table.writerows(rows)
    said, beside = imported(run, out.getvalue(), "--dry-run")
    counted = next(line for line in said.splitlines() if "to be taken in" in line)
    counts = [int(part.split()[0]) for part in counted.split("; ")]
    blank = sum(not any(map(cell, row)) for row in rows)
    assert sum(counts) == len(rows) - blank
    assert "\x1b" not in said + beside
    assert "\u202e" not in said + beside


def test_a_flood_of_rows_is_no_surge_of_neighbors(run: Command) -> None:
    rows = "\n".join(f"N,20255501{n:02},groceries" for n in range(10, 60))
    imported(run, f"name,phone,need\n{rows}\n")

    def count(session: Session) -> int:
        line = lines.all_lines(session)[0]
        return surges.count_new(session, line, Clock().now() - timedelta(hours=1))

    assert looked(run, count) == 0
