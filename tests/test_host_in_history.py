"""Whoever has the host is no boss in secret: each command that changes something of a line is an event of theirs."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import SQLModel, col, select
from typer.main import get_command

from app import cli
from models import line_events, person_events
from models.line_events import LineEvent
from models.person_events import PersonEvent
from models.store.session import Session
from tests.command import Command

BEN, CARO, DEE, EVA = (f"+1202555010{n}" for n in (2, 3, 4, 5))
# Commands that change nothing of a line or its people, and why.
READING = {
    "serve": "takes the settings over, which tests/test_board_rules.py sees written down",
    "chat": "plays on the hotline as people text it: what follows is theirs",
    "play": "has a hotline of its own",
    "parse": "reads words",
    "report": "counts",
    "tick": "time does it",
    "work": "time does it",
    "migrate": "makes tables",
    "move": "carries everything into another database as it is",
    "doctor": "looks",
    "systemd": "prints a file",
    "backup": "writes a copy",
    "whatsapp templates": "is about the carrier's account, the same for all lines",
    "person list": "looks",
    "person export": "looks",
    "person imports": "looks",
    "request list": "looks",
    "request show": "looks",
    "request export": "looks",
    "line list": "looks",
    "line areas": "looks",
    "line answering": "looks",
    "line answer list": "looks",
    "line resource list": "looks",
    "money list": "looks",
    "money export": "looks",
}
# Commands that are no event of their own, and why.
OTHERWISE = {
    "golive": "adds people as `person add` does (entries.keep)",
    "money paid": "is a step of an entry in the purse's own events, which PURSE tells (tests/test_purse.py)",
    "money received": "is a step of an entry in the purse's own events, which PURSE tells (tests/test_purse.py)",
    "line remove": "takes everybody who could read of it along; a backup is made before",
}
PEOPLE = "address,name,helper\n+12025550106,Gus,yes\n+12025550107,Hal,yes\n"
NEEDS = "name,phone,need\nAna,+12025550101,groceries\n"
# Each command, after what has to be there before it.
CHANGING: Mapping[str, tuple[Sequence[Sequence[str]], Sequence[str]]] = {
    "person add": ([], ["person", "add", EVA, "--name", "Eva", "--helper"]),
    "person import": ([], ["person", "import", "people.csv", "--yes"]),
    "person rename": ([], ["person", "rename", "1", "Benny"]),
    "person merge": ([], ["person", "merge", "1", "2", "--yes"]),
    "person remove": ([], ["person", "remove", "1", "--yes"]),
    "person ban": ([], ["person", "ban", "1"]),
    "person revoke": ([], ["person", "revoke", "1"]),
    "person unban": ([["person", "ban", "1"]], ["person", "unban", "1"]),
    "person forget": ([], ["person", "forget", BEN, "--yes"]),
    "request import": ([], ["request", "import", "needs.csv", "--yes"]),
    "line rest": ([], ["line", "rest", "2 weeks"]),
    "line end": ([], ["line", "end", "in 30 days", "--yes"]),
    "line go-on": ([["line", "rest", "2 weeks"]], ["line", "go-on"]),
    "line add": ([], ["line", "add", "Oak Street", "--sms", "+12025550190"]),
    "line rule": ([], ["line", "rule", "max_open", "4"]),
    "line price": ([], ["line", "price", "MX", "sms", "out", "0.05"]),
    "line area add": ([], ["line", "area", "add", "Oak"]),
    "line area remove": ([["line", "area", "add", "Oak"]], ["line", "area", "remove", "Oak", "--yes"]),
    "line answer add": ([], ["line", "answer", "add", "pantry open", "--say", "Tue 10-12"]),
    "line answer remove": (
        [["line", "answer", "add", "pantry open", "--say", "Tue 10-12"]],
        ["line", "answer", "remove", "1"],
    ),
    "line resource add": ([], ["line", "resource", "add", "Pantry on Oak St", "--need", "food"]),
    "line resource remove": (
        [["line", "resource", "add", "Pantry on Oak St", "--need", "food"]],
        ["line", "resource", "remove", "1"],
    ),
    "money currency": ([], ["money", "currency", "EUR"]),
    "restore": ([["backup", "kept.db"]], ["restore", "kept.db", "--yes"]),
}
UNDONE = {
    "person import": ([["person", "import", "people.csv", "--yes"]], ["person", "import", "--undo", "--yes"]),
    "request import": ([["request", "import", "needs.csv", "--yes"]], ["request", "import", "--undo"]),
}


def commands(group: Any, above: str = "") -> Iterator[str]:
    """Every command that can be typed, by its words."""
    names = cli.FAMILIES if not above else group.commands
    for name in names:
        command = group.get_command(None, name) if not above else group.commands[name]
        words = f"{above} {name}".strip()
        if getattr(command, "commands", None):
            yield from commands(command, words)
        else:
            yield words


@pytest.fixture
def host(database_url: str, tmp_path: Path) -> Command:
    (tmp_path / "people.csv").write_text(PEOPLE)
    (tmp_path / "needs.csv").write_text(NEEDS)
    run = Command(database_url, HOTLINE_BACKUPS="off")
    for number, name in ((BEN, "Ben"), (CARO, "Caro"), (DEE, "Dee")):
        run.good("person", "add", number, "--name", name, "--helper")
    return run


def by_host(run: Command) -> set[tuple[str, int]]:
    """The events that say that whoever has the host did something."""

    def count(session: Session) -> set[tuple[str, int]]:
        of_lines = select(LineEvent.id).where(col(LineEvent.by_person_id).is_(None))
        of_people = select(PersonEvent.id).where(col(PersonEvent.by_person_id).is_(None))
        return {
            *(("line", id_) for id_ in session.exec(of_lines)),
            *(("people", id_) for id_ in session.exec(of_people)),
        }

    database = run.database()
    try:
        return database.read(count)
    finally:
        database.close()


def rows(run: Command) -> dict[str, list[Any]]:
    """All that a database holds."""
    database = run.database()
    try:
        return database.read(
            lambda s: {t.name: sorted(map(repr, s.execute(sa.select(t)))) for t in SQLModel.metadata.sorted_tables}
        )
    finally:
        database.close()


def test_every_command_says_whether_it_changes_something() -> None:
    there = {*commands(get_command(cli.app))}
    assert there == {*READING, *OTHERWISE, *CHANGING}
    assert all(why for why in (*READING.values(), *OTHERWISE.values()))


@pytest.mark.parametrize(
    ("before", "args"),
    [*CHANGING.values(), *UNDONE.values()],
    ids=[*CHANGING, *(f"{name} --undo" for name in UNDONE)],
)
def test_what_the_host_does_is_an_event(
    host: Command, before: Sequence[Sequence[str]], args: Sequence[str], database_url: str
) -> None:
    if args[0] == "restore" and not database_url.startswith("sqlite"):
        pytest.skip("there it needs PostgreSQL's own programs; tests/test_backup.py puts one back")
    for each in before:
        host.good(*each)
    known = by_host(host)
    host.good(*args)
    assert by_host(host) - known


@pytest.mark.parametrize("name", [name for name, why in READING.items() if why == "looks" and name != "doctor"])
def test_who_only_looks_changes_nothing(host: Command, name: str) -> None:
    host.good("request", "import", "needs.csv", "--yes")
    more = {"person export": [BEN], "request show": ["1"], "request export": []}
    before = rows(host)
    host.good(*name.split(), *more.get(name, []))
    assert rows(host) == before


def test_a_command_that_changes_nothing_is_no_event(host: Command) -> None:
    known = by_host(host)
    host.good("person", "add", BEN, "--name", "Ben", "--helper")
    host.good("line", "rule", "max_open", "3")
    assert len(by_host(host) - known) == 1  # the figure became the line's own, though it is the same


def test_who_came_and_what_changed_is_told_without_a_number(host: Command) -> None:
    host.good("person", "add", BEN, "--name", "Ben", "--duty")
    database = host.database()
    found = database.read(lambda s: person_events.of_line(s, 1, [person_events.ADDED, person_events.CHANGED], 9))
    assert [(e.person_id, e.kind, e.words) for e in found][::-1] == [
        *((n, "added", "name helper") for n in (1, 2, 3)),
        (1, "changed", "duty"),
    ]
    assert all(e.by_person_id is None for e in found)
    assert database.read(lambda s: line_events.latest(s, 1, 9)) == []
    database.close()
