"""What others have said of somebody who is erased: looked for by id, a bounded number of rows in one transaction."""

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import SQLModel

from models.assignments import Assignment
from models.delivery.outbound import UNDER_WAY as LEAVING
from models.delivery.outbound import UNSENT, Outbound, State
from models.erasures import Erasure
from models.inbound import Inbound
from models.lines import Line
from models.people import Person
from models.requests import Event, Request
from models.retention import BLANK, RETENTION, blanks
from models.store.session import Session
from models.store.types import table

OUT, ASKED, EVENTS = table(Outbound), table(Request), table(Event)
ON_ITS_WAY = (*UNSENT, *LEAVING, State.WAITS, State.ACCEPTED)  # the carrier may still want to have it again
HEARD = {name: empty for name, empty in blanks(Inbound).items() if name != "from_address"}  # what somebody said
WHOLE: dict[type[SQLModel], dict[str, Any]] = {
    Inbound: HEARD,
    Outbound: {"body": "", "form": sa.null()},
}  # only kept: goes as a whole
SHORTEST_NAME = 3  # letters; a shorter one stands in too many words of others
WORDS = frozenset({"words", "text", "body", "note", "place", "vicinity", "for_name"})  # columns with words of people
SAID = {
    of: [name for name, use in retention.uses.items() if use is BLANK and name in WORDS]
    for of, retention in RETENTION.items()
    if of is not Person
}
TABLES = {table(of).name: of for of, names in SAID.items() if names}


def things_of(name: str, numbers: Iterable[str]) -> list[str]:
    """How others may have written this name and these numbers."""
    return [*_spellings(numbers), *_names(name)]


def all_rows(session: Session) -> dict[str, int]:
    """By table, up to which id its rows are to be looked through."""
    tops = {name: session.execute(sa.select(sa.func.max(table(of).c.id))).scalar() for name, of in TABLES.items()}
    return {name: top for name, top in tops.items() if top}


def look_through(
    session: Session, line: Line, person: Person, erasure: Erasure, left: sa.ColumnElement[bool], most: int
) -> int:
    """Go on with so many rows: take out what is looked for, and the texts that may speak of them and have `left`.

    Returns how many rows it may look at still.
    """
    todo = dict(erasure.unread)
    for name in erasure.unread:
        of, up_to = TABLES[name], todo[name]
        floor = line.swept.get(name, 0)  # nobody's words are in what is older
        begin = max(floor, up_to - most)
        if begin < up_to:
            rows = table(of).c.id > begin, table(of).c.id <= up_to
            _unmention(session, line, of, erasure.things, rows)
            if of is Outbound:
                empty_others(session, person, left, *rows)
                waiting = waits(session, person, *rows)
                erasure.waits_from = min(erasure.waits_from, waiting[0] if waiting else erasure.waits_from)
            most -= up_to - begin
        if begin <= floor:
            del todo[name]
        else:
            todo[name] = begin
        if most <= 0:
            break
    erasure.unread = todo
    if not todo:
        erasure.things = []
    session.add(erasure)
    return most


def empty_others(
    session: Session, person: Person, left: sa.ColumnElement[bool], *rows: sa.ColumnElement[bool]
) -> None:
    """Empty those of these texts to others that may speak of them and have left."""
    session.execute(sa.update(OUT).where(*rows, _speaks(person), left).values(body="", form=sa.null()))


def waits(session: Session, person: Person, *rows: sa.ColumnElement[bool]) -> tuple[int, int] | None:
    """The first and the last of these texts to others that may speak of them and have not been emptied."""
    found = session.execute(sa.select(sa.func.min(OUT.c.id), sa.func.max(OUT.c.id)).where(*rows, _speaks(person)))
    first, last = found.one()
    return None if first is None else (first, last)


def own_requests(person: Person) -> sa.Select[tuple[int]]:
    """The ids of what they asked for."""
    return sa.select(ASKED.c.id).where(ASKED.c.person_id == person.id)


def _speaks(person: Person) -> sa.ColumnElement[bool]:
    """Whether a text to another may speak of them: each since they came, but about requests they had no part in."""
    part = own_requests(person).union(
        sa.select(table(Assignment).c.request_id).where(table(Assignment).c.person_id == person.id),
        sa.select(EVENTS.c.request_id).where(EVENTS.c.by_person_id == person.id),
    )
    until: datetime | None = person.erased_at
    return sa.and_(
        OUT.c.line_id == person.line_id,
        OUT.c.created_at >= person.created_at,
        sa.true() if until is None else OUT.c.created_at <= until,
        OUT.c.body != "",
        OUT.c.person_id != person.id,
        sa.or_(OUT.c.request_id.is_(None), OUT.c.request_id.in_(part)),
    )


def _names(name: str) -> list[str]:
    return [part for part in dict.fromkeys([name, *name.split()]) if len(part) >= SHORTEST_NAME]


def _spellings(numbers: Iterable[str]) -> list[str]:
    """How others may have written these numbers."""
    found: list[str] = []
    for number in numbers:
        digits = re.sub(r"\D", "", number)
        found.append(number)
        if len(digits) >= 10:
            a, b, c = digits[-10:-7], digits[-7:-4], digits[-4:]
            found += [digits, a + b + c, *(f"{a}{gap}{b}{gap}{c}" for gap in "-. "), f"({a}) {b}-{c}", f"{b}-{c}"]
    return found


def _unmention(
    session: Session, line: Line, of: type[SQLModel], things: list[str], rows: tuple[sa.ColumnElement[bool], ...]
) -> None:
    """Take a name and a number out of what others have said: whole texts that were only kept, else the words."""
    if not things:
        return
    columns, names = table(of).c, SAID[of]
    position = sa.func.instr if session.dialect.name == "sqlite" else sa.func.strpos
    said = [*rows, sa.or_(*(position(columns[name], part) > 0 for name in names for part in _parts(things)))]
    if "line_id" in columns:
        said.append(columns.line_id == line.id)
    if of is Outbound:
        said.append(columns.state.not_in(ON_ITS_WAY))
    longest_first = sorted(things, key=len, reverse=True)
    whole = re.compile("|".join(rf"(?<!\w){re.escape(thing)}(?!\w)" for thing in longest_first))
    for id_, *words in session.execute(sa.select(columns.id, *(columns[name] for name in names)).where(*said)).all():
        rest = {name: whole.sub("...", old) for name, old in zip(names, words, strict=True) if old}
        changed = {name: new for name, new in rest.items() if new != dict(zip(names, words, strict=True))[name]}
        if changed:
            session.execute(sa.update(table(of)).where(columns.id == id_).values(WHOLE.get(of, changed)))


def _parts(things: list[str]) -> list[str]:
    """Few words, one of which is in each of these things: a number's last digits are in all of its spellings."""
    ends = {thing[-4:] if thing[-4:].isdigit() else thing for thing in things}
    return sorted(end for end in ends if not any(other in end for other in ends - {end}))
