"""What a list of requests makes of its rows: which are taken in, are over, are here already, or cannot be used.

The same is worked out to be shown and, in the transaction that does it, to be done.
"""

from dataclasses import dataclass, field

from app.cli.people import entries
from app.cli.people.entries import Entry
from app.cli.request_rows import Reader, Stands
from app.cli.sheets.cells import Unusable
from app.cli.sheets.reading import Row, Table
from app.clock import Clock
from handlers.members import naming
from handlers.setup import importing
from handlers.setup.importing import Listed, Read
from handlers.turn import Context
from handlers.understanding.words import fold
from handlers.where import places
from models.lines import Channel, Line
from models.people import Person
from models.store.session import Session

PERSON = ("address", "whatsapp", "language")  # columns that tell of somebody, beside the name
Key = tuple[Channel, str, str | None, frozenset[str]]  # what makes two rows the same: whose phone, for whom, what


@dataclass(frozen=True)
class Planned:
    """A row that is taken in."""

    number: int
    entry: Entry
    listed: Listed
    read: Read
    for_name: str | None  # where the phone is another's


@dataclass
class Seen:
    """What was in the rows before."""

    rows: dict[Key, int] = field(default_factory=dict)  # the first of those that are the same
    names: dict[tuple[Channel, str], str] = field(default_factory=dict)  # of whom the phone is, where nobody is known


@dataclass
class Plan:
    """What a list makes of its rows; all are in one of these."""

    rows: list[Planned] = field(default_factory=list)
    refused: list[tuple[int, str]] = field(default_factory=list)
    over: list[int] = field(default_factory=list)
    taken: list[int] = field(default_factory=list)
    same: list[tuple[int, str]] = field(default_factory=list)  # with what it is the same as
    unclear: list[tuple[int, str]] = field(default_factory=list)  # taken in, but for this


def plan(session: Session, line: Line, table: Table, own: tuple[str | None, ...]) -> Plan:
    """What becomes of every row of the table. `own` are the hotline's numbers, beside those of its lines."""
    context = Context(session, line, Clock().now())
    reader = Reader(table, line, context.now)
    found = Plan(refused=[*table.refused])
    seen = Seen()
    for row in table.rows:
        try:
            _row(context, reader, row, own, found, seen)
        except Unusable as error:
            found.refused.append((row.number, str(error)))
    return found


def _row(
    context: Context,
    reader: Reader,
    row: Row,
    own: tuple[str | None, ...],
    found: Plan,
    seen: Seen,
) -> None:
    stands = reader.stands(row)
    if stands is not Stands.OPEN:
        (found.over if stands is Stands.OVER else found.taken).append(row.number)
        return
    listed, unclear = reader.listed(row)
    read = importing.read(listed)
    if not read.needs and not read.in_danger:
        raise Unusable(f"need {listed.words[:40]!r}: not understood; write it such as groceries, or a ride")
    entry, person, for_name = _who(context, row, own, seen)
    key = (entry.channel, entry.value, for_name, frozenset(map(str, read.needs)))
    first = seen.rows.setdefault(key, row.number)
    if first != row.number:
        found.same.append((row.number, f"as row {first}"))
        return
    here = importing.alike(context, person, listed, read.needs, for_name) if person is not None else None
    if here is not None:
        found.same.append((row.number, f"as #{here.number}"))
        return
    if listed.area and places.find(listed.area, context.areas) is None:
        unclear.append(f"area {listed.area!r}, which the line does not have (hotline line area adds one)")
    found.unclear += [(row.number, each) for each in unclear]
    found.rows.append(Planned(row.number, entry, listed, read, for_name))


def _who(
    context: Context, row: Row, own: tuple[str | None, ...], seen: Seen
) -> tuple[Entry, Person | None, str | None]:
    """Whose row it is: the entry, who that is if they are known, and for whom it is if the phone is another's."""
    if not any(row.values.get(key) for key in ("address", "whatsapp")):
        raise Unusable(
            "no phone number: nobody could be told that help comes; add theirs, or a neighbor's who asks for them"
        )
    name = naming.plain(row.values.get("name", ""))
    if naming.fault(name, context.line.name, entries.LONGEST_NAME) or len(name) > entries.LONGEST_NAME:
        name = ""  # "the lady from 4B" is no name to call somebody by, and no reason to leave her out
    written = {key: row.values[key] for key in PERSON if key in row.values}
    entry = entries.read(context.session, context.line, {**written, "name": name}, own)
    person = entry.finds(context.session, context.line)
    if person is None:
        known = seen.names.setdefault((entry.channel, entry.value), name)
    else:
        _may_be_asked_for(person)
        known = person.name
    another = bool(name and known) and fold(name).split()[0] != fold(known).split()[0]
    if not another:
        return entry, person, None
    entry = entries.read(context.session, context.line, written, own)
    return entry, person, naming.first(name, context.line.name)


def _may_be_asked_for(person: Person) -> None:
    """Raise Unusable for whom the hotline must not write to."""
    if person.opted_out_at is not None:
        raise Unusable("they have texted STOP: only START, from their own phone, lets the hotline write to them")
    if person.banned_at is not None:
        raise Unusable("they were put out; hotline person unban takes them back")
