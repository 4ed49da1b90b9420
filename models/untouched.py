"""Whoever came by a list and has done nothing since: they can be taken away again as if they had never been on it."""

import sqlalchemy as sa
from sqlmodel import col, select

from models import assignments, person_events, removals, requests
from models.imports import ImportedRow
from models.people import Address, Person
from models.person_events import PersonEvent
from models.store.session import Session
from models.store.types import table

# What refers to somebody who has neither done anything nor been texted.
TRACELESS = frozenset({"address", "importedrow"})
BY_LIST = (person_events.ADDED, person_events.CHANGED)  # events that tell of nothing but that
DONE = (person_events.STOPPED, person_events.CUT_OFF, person_events.MERGED)


def has_acted(session: Session, person: Person) -> bool:
    """Whether they have done anything: written, said STOP, asked for something, taken something in hand."""
    wrote = select(Address.id).where(Address.person_id == person.id, col(Address.last_heard_at).is_not(None))
    return (
        person.opted_out_at is not None
        or person.banned_at is not None
        or session.exec(wrote.limit(1)).first() is not None
        or bool(requests.last_of(session, person.id))
        or bool(assignments.held_by(session, person.id))
        or _stopped(session, person.id)
    )


def _stopped(session: Session, person_id: int) -> bool:
    event = person_events.PersonEvent
    query = select(event.id).where(event.person_id == person_id, col(event.kind).in_(DONE))
    return session.exec(query.limit(1)).first() is not None


def leaves_no_trace(session: Session, person: Person) -> bool:
    """Whether nothing but their addresses and imports refers to them: no text, no offer, no event but of that."""
    session.flush()
    events = table(PersonEvent)
    for column in removals.references():
        if column.table.name in TRACELESS:
            continue
        theirs = [column == person.id]
        if column.table is events:
            theirs.append(events.c.kind.not_in(BY_LIST))
        found = session.execute(sa.select(sa.literal(1)).where(*theirs).limit(1))
        if found.first() is not None:
            return False
    return True


def unmake(session: Session, person: Person) -> None:
    """Take somebody away who left no trace: as if they had never been on a list."""
    session.cache.clear()
    for of, condition in (
        (PersonEvent, table(PersonEvent).c.person_id == person.id),
        (ImportedRow, table(ImportedRow).c.person_id == person.id),
        (Address, table(Address).c.person_id == person.id),
        (Person, table(Person).c.id == person.id),
    ):
        session.execute(sa.delete(table(of)).where(condition))
