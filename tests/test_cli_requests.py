"""`hotline request`: the operator's view of what was asked, for people and programs."""

import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from handlers.helping import leasing
from handlers.turn import Context
from models import assignments, lines, people, requests
from models.lines import Channel
from models.requests import Outcome, State, Urgency
from models.store.session import Session
from tests.command import Command
from tests.fakes import MORNING


@pytest.fixture
def run(migrated_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    monkeypatch.chdir(tmp_path)
    command = Command(f"sqlite:///{shutil.copy(migrated_file, tmp_path / 'hotline.db')}")
    command.good("line", "area", "Oak")
    kept = command.database()
    for work in (_claimed, _open, _withdrawn):
        kept.write(work).result()
    kept.close()
    return command


def _ask(session: Session, **what: object) -> requests.Request:
    line = lines.all_lines(session)[0]
    ana, _ = people.get_or_create(session, line, Channel.SMS, "+12025550101", MORNING, name="Ana Ruiz")
    return requests.create(session, line, person_id=ana.id, state=State.OPEN, now=MORNING, **what)


def _claimed(session: Session) -> None:
    request = _ask(
        session,
        needs=["food", "transport"],
        text="=HYPERLINK(1) groceries for 3",
        people=3,
        urgency=Urgency.TODAY,
        area_id=1,
        place="12 Oak St, 4B",
        code_word="maple",
    )
    line = lines.all_lines(session)[0]
    ben, _ = people.get_or_create(session, line, Channel.SMS, "+12025550102", MORNING, name="Ben Kim")
    assert requests.take(session, request, by=ben.id, now=MORNING + timedelta(minutes=5))
    assignments.start(session, leasing.draw_up(Context(session, line, MORNING), request, ben.id, "after 6"))


def _open(session: Session) -> None:
    _ask(session, needs=["medicine"], emergency=True, text="\x1b[31mred\x1b[0m now", vicinity="near Elm")


def _withdrawn(session: Session) -> None:
    request = _ask(session, needs=["company"], language="es")
    requests.close(session, request, Outcome.WITHDRAWN, MORNING, words="no longer")


CLAIMED = {
    "number": 1,
    "state": "claimed",
    "outcome": None,
    "needs": ["food", "transport"],
    "people": 3,
    "urgency": "today",
    "emergency": False,
    "area": "Oak",
    "vicinity": None,
    "place": "12 Oak St, 4B",
    "text": "=HYPERLINK(1) groceries for 3",
    "language": "en",
    "helper": "Ben",
    "helpers_wanted": 1,
    "code_word": "maple",
    "created_at": "2026-03-03T10:00:00-05:00",
    "changed_at": "2026-03-03T10:05:00-05:00",
}


def test_the_list_for_programs(run: Command) -> None:
    found = run.json("request", "list")
    assert found[0] == CLAIMED
    assert [(r["number"], r["state"], r["outcome"], r["helper"]) for r in found] == [
        (1, "claimed", None, "Ben"),
        (2, "open", None, None),
        (3, "closed", "withdrawn", None),
    ]
    assert [r["number"] for r in run.json("request", "list", "--state", "open")] == [2]
    assert run.json("request", "list", "--state", "draft") == []


def test_all_who_come_are_listed(run: Command) -> None:
    def two_come(session: Session) -> None:
        line = lines.all_lines(session)[0]
        request = _ask(session, needs=["repair"], helpers_wanted=3)
        for name, number in (("Gus Lee", "+12025550103"), ("Hal", "+12025550104")):
            helper, _ = people.get_or_create(session, line, Channel.SMS, number, MORNING, name=name)
            assert leasing.get(Context(session, line, MORNING), request, helper.id, MORNING)
            assignments.start(session, leasing.draw_up(Context(session, line, MORNING), request, helper.id))

    kept = run.database()
    kept.write(two_come).result()
    kept.close()
    found = run.json("request", "show", "4")
    assert (found["helper"], found["helpers_wanted"]) == ("Gus, Hal", 3)
    assert "Gus, Hal" in run.good("request", "show", "4")


def test_the_list_for_people(run: Command) -> None:
    rows = run.good("request", "list").splitlines()
    assert rows[1].split() == "#1 claimed groceries, a ride 3 today Oak Ben 2026-03-03 10:00".split()
    assert "EMERGENCY" in rows[2]
    assert "closed, withdrawn" in rows[3]


def test_a_state_that_there_is_not(run: Command) -> None:
    done = run("request", "list", "--state", "lost")
    assert done.exit_code == 2
    assert "draft" in done.stderr


def test_one_request_for_programs(run: Command) -> None:
    assert run.json("request", "show", "1") == {
        **CLAIMED,
        "events": [
            {"at": "2026-03-03T10:00:00-05:00", "kind": "asked", "state": "open", "by": "Ana", "words": None},
            {"at": "2026-03-03T10:05:00-05:00", "kind": "claimed", "state": "claimed", "by": "Ben", "words": None},
        ],
    }


def test_one_request_for_people(run: Command) -> None:
    said = run.good("request", "show", "#3")
    assert "state:     closed, withdrawn" in said
    assert "2026-03-03 10:00  closed  no longer" in said
    said = run.good("request", "show", "1")
    for part in ("12 Oak St, 4B", "maple", "Ben", "groceries, a ride", "10:05  claimed  by Ben"):
        assert part in said


def test_a_stranger_cannot_color_the_terminal(run: Command) -> None:
    said = run.good("request", "show", "2")
    assert "\x1b" not in said
    assert "[31mred[0m now" in said


@pytest.mark.parametrize("number", ["42", "0", "x", "99999999999999999999", "４２"])
def test_a_number_nobody_has(run: Command, number: str) -> None:
    done = run("request", "show", number)
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.startswith(f"There is no request {number} on Neighbors' Hotline.")


def test_requests_belong_to_their_line(run: Command) -> None:
    run.good("line", "add", "Elm", "--sms", "+12025550190")
    assert run.json("request", "list", "--line", "Elm") == []
    assert run("request", "show", "1", "--line", "Elm").exit_code == 1
    assert run.json("request", "show", "1", "--line", "neighbors hotline")["number"] == 1
