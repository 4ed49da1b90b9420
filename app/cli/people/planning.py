"""What a list of people makes of those who are known: who is new, who changes and how, which rows cannot be used.

The same is worked out to be shown and, in the transaction that does it, to be done.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from app.cli.people import entries, skills
from app.cli.people.entries import Entry, Known, NoArea
from app.cli.sheets import values
from app.cli.sheets.cells import Unusable, cell
from app.cli.sheets.reading import Row, Table
from handlers.understanding.words import fold
from models import imports, line_events, lines, people
from models.imports import ImportBatch, Kind
from models.lines import Channel, Line
from models.people import Person
from models.store.session import Session


class What(StrEnum):
    """What becomes of a row."""

    NEW = "new"
    CHANGED = "changed"
    SAME = "same"


@dataclass(frozen=True)
class Wishes:
    """How the host wants a list to be read."""

    line: Line  # for rows that name none
    own: tuple[str | None, ...] = ()  # the hotline's own numbers, beside those of its lines
    helpers: bool = False  # everybody in it is a volunteer
    make_areas: bool = False  # areas that the line does not have are made


@dataclass(frozen=True)
class Planned:
    """A row that can be used."""

    number: int
    line: Line
    entry: Entry
    what: What
    becomes: Known
    changes: Mapping[str, tuple[Any, Any]]  # by what: as it is, and as it will be
    person: Person | None  # who they are, if they are known


@dataclass
class Plan:
    """All rows of a list."""

    rows: list[Planned] = field(default_factory=list)
    refused: list[tuple[int, str]] = field(default_factory=list)
    left_out: list[tuple[int, str]] = field(default_factory=list)  # of rows that are used: what says nothing to us
    new_areas: dict[int, dict[str, str]] = field(default_factory=dict)  # by line and folded name

    def count(self, what: What) -> int:
        """How many rows of a kind there are."""
        return sum(row.what is what for row in self.rows)

    @property
    def areas(self) -> list[str]:
        """The names of areas to be made."""
        return [name for theirs in self.new_areas.values() for name in theirs.values()]


def skilled(table: Table) -> dict[str, str]:
    """Columns that nobody knows, named after what people help with and ticked: by heading, what is meant."""
    found: dict[str, str] = {}
    people = [row for row in table.rows if {"address", "whatsapp"} & row.values.keys()]  # no sum below them
    for title in list(table.ignored):
        cells = [row.others[title] for row in people if title in row.others]
        if skills.means(title) and any(_ticked(words) for words in cells) and None not in map(_ticked, cells):
            found[title] = ", ".join(skills.means(title))
    return found


def _ticked(words: str) -> bool | None:
    try:
        return values.yes("", words)
    except Unusable:
        return None


def plan(session: Session, table: Table, wishes: Wishes) -> Plan:
    """What would become of each row."""
    by_name = {fold(line.name): line for line in lines.all_lines(session)}
    ticked = skilled(table)
    seen: dict[tuple[int, Channel, str], int] = {}
    found = Plan(refused=list(table.refused))
    for row in table.rows:
        try:
            line = _line(row, by_name, wishes)
            entry = _entry(session, line, _written(row, ticked, wishes), wishes, found)
            first = seen.setdefault((line.id, entry.channel, entry.value), row.number)
            if first != row.number:
                raise Unusable(f"the same address as in {table.counted} {first}")
        except Unusable as error:
            found.refused.append((row.number, str(error)))
        else:
            found.rows.append(_planned(session, row.number, line, entry))
            found.left_out += [(row.number, words) for words in entry.left_out]
    found.refused.sort()
    return found


def _line(row: Row, by_name: Mapping[str, Line], wishes: Wishes) -> Line:
    wanted = cell(row.values.get("line", ""))
    if not wanted:
        return wishes.line
    if (line := by_name.get(fold(wanted))) is None:
        raise Unusable(f"line {wanted!r}: write one of: {', '.join(one.name for one in by_name.values())}")
    return line


def _written(row: Row, ticked: Mapping[str, str], wishes: Wishes) -> dict[str, str]:
    written = dict(row.values)
    if wishes.helpers and not cell(written.get("helper", "")):
        written["helper"] = "yes"
    can = [title for title in ticked if title in row.others and _ticked(row.others[title])]
    if can:
        written["can"] = "; ".join([*([written["can"]] if written.get("can") else []), *can])
    return written


def _entry(session: Session, line: Line, written: dict[str, str], wishes: Wishes, found: Plan) -> Entry:
    """The entry of a row; areas that it names and that are to be made are put aside first. Raises Unusable."""
    try:
        return entries.read(session, line, written, wishes.own)
    except NoArea as missing:
        if not wishes.make_areas or not any(c.isalpha() for c in missing.name):
            raise
        rest = [part for part in values.parts(cell(written["area"])) if part != missing.name]
        entry = _entry(session, line, {**written, "area": "; ".join(rest)}, wishes, found)
        found.new_areas.setdefault(line.id, {}).setdefault(fold(missing.name), missing.name)
        return replace(entry, new_areas=(missing.name, *entry.new_areas))


def _planned(session: Session, number: int, line: Line, entry: Entry) -> Planned:
    person = entry.finds(session, line)
    was = Known.of(person)
    becomes = entry.makes(line, was)
    changes: dict[str, tuple[Any, Any]] = dict(was.differs(becomes))
    if "areas" in changes or entry.new_areas:
        names = {area.id: area.name for area in lines.areas(session, line.id)}
        before, after = ([names[id_] for id_ in known.areas if id_ in names] for known in (was, becomes))
        changes["areas"] = before, [*(after if entry.areas else []), *entry.new_areas]
    if person is not None and entry.new_address(session, line):
        changes["address"] = "", "one more"
    what = What.NEW if person is None else What.CHANGED if changes else What.SAME
    return Planned(number, line, entry, what, becomes, changes, person)


def keep(
    session: Session, table: Table, wishes: Wishes, source: str, now: datetime
) -> tuple[Plan, ImportBatch | None]:
    """Do it: returns what was done and under which number it can be taken back; None where nothing changed."""
    planned = plan(session, table, wishes)
    if planned.new_areas:
        for line in lines.all_lines(session):
            with line_events.recorded(session, line, now):
                for name in planned.new_areas.get(line.id, {}).values():
                    lines.add_area(session, line.id, name)
        made, planned = planned.new_areas, plan(session, table, wishes)
        planned.new_areas = made
    batch: ImportBatch | None = None
    for at, shown in enumerate(planned.rows):
        row = _planned(session, shown.number, shown.line, shown.entry)  # an earlier row may have been about them too
        planned.rows[at] = row
        if row.what is What.SAME:
            continue
        before = imports.told(row.person) if row.person else None
        had = _addresses(session, row.person)
        person = row.entry.keep(session, row.line, now)
        planned.rows[at] = replace(row, person=person)
        batch = batch or imports.begin(session, wishes.line.id, Kind.PEOPLE, source, now)
        session.flush()
        given = next(iter(_addresses(session, person) - had), None) if before is not None else None
        imports.record(session, batch, row.number, person, before, now, address_id=given)
    return planned, batch


def _addresses(session: Session, person: Person | None) -> set[int]:
    return set() if person is None else people.address_ids(session, person.id)


def changes_in_words(row: Planned) -> Sequence[str]:
    """What a row changes, in words: `areas Oak → Oak, Elm`."""
    said = []
    for name, (before, after) in row.changes.items():
        if name == "can" and isinstance(after, tuple) and not after and (before or row.what is What.CHANGED):
            said.append("helps with anything")
        elif isinstance(after, bool):
            said.append({"helper": "volunteer", "duty": "on duty"}[name])
        elif name == "address":
            said.append("one more address")
        else:
            was, will = _in_words(before), _in_words(after)
            said.append(f"{name} {was} → {will}" if was and row.what is What.CHANGED else f"{name} {will}")
    return said


def _in_words(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value or "")
