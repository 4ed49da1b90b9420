"""What becomes of an entry of the purse: asked about, approved, paid, taken back. Each step is an event.

Whoever takes one has the entry locked (`Session.locked`), so that two who say OK in the same moment are two, and it
is approved once.
"""

from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import col, select

from models.people import HELPING, VOLUNTEERS, Person
from models.purse import Act, PurseEntry, PurseEvent, State, record
from models.store.session import Session


def oks(session: Session, entry: PurseEntry) -> list[Person]:
    """Who said OK to its present amount, in order: of those who still are volunteers, and are not its author."""
    said = PurseEvent.entry_id == entry.id, PurseEvent.kind == Act.OK, PurseEvent.revision == entry.revision
    query = select(Person).join(PurseEvent, col(PurseEvent.by_person_id) == col(Person.id)).where(*said, *VOLUNTEERS)
    if entry.person_id is not None:
        query = query.where(col(Person.id) != entry.person_id)
    return list(session.exec(query.order_by(col(PurseEvent.id))))


def said_ok(session: Session, entry: PurseEntry) -> int:
    """How many have said OK to its present amount, whoever of them has left since."""
    query = sa.select(sa.func.count(col(PurseEvent.id))).where(
        col(PurseEvent.entry_id) == entry.id,
        col(PurseEvent.kind) == Act.OK,
        col(PurseEvent.revision) == entry.revision,
    )
    return int(session.execute(query).scalar_one())


def asked_for_ok(session: Session, entry: PurseEntry) -> set[int]:
    """The ids of those who were asked whether it is all right, or said something to it: nobody is asked twice."""
    acts = (Act.ASKED_FOR_OK, Act.OK, Act.WHY)
    query = select(PurseEvent.by_person_id).where(PurseEvent.entry_id == entry.id, col(PurseEvent.kind).in_(acts))
    return {id_ for id_ in session.exec(query) if id_ is not None}


def asked_last(session: Session, person_id: int) -> PurseEntry | None:
    """For which entry somebody was asked for their OK last."""
    asked = select(PurseEvent.entry_id).where(
        PurseEvent.by_person_id == person_id, PurseEvent.kind == Act.ASKED_FOR_OK
    )
    found = session.exec(asked.order_by(col(PurseEvent.id).desc()).limit(1)).first()
    return session.get_one(PurseEntry, found) if found is not None else None


def askable(session: Session, line_id: int, without: Collection[int]) -> list[Person]:
    """Volunteers who may be asked for an OK and texted: who never was first, then who was longest ago."""
    asked = sa.select(sa.func.max(col(PurseEvent.id))).where(
        col(PurseEvent.by_person_id) == col(Person.id), col(PurseEvent.kind) == Act.ASKED_FOR_OK
    )
    last = sa.func.coalesce(asked.scalar_subquery(), 0)
    found = select(Person).where(Person.line_id == line_id, *HELPING, col(Person.id).not_in(without))
    return list(session.exec(found.order_by(last, col(Person.id))))


def ok(session: Session, entry: PurseEntry, person_id: int, now: datetime) -> bool:
    """Somebody says that it is all right; False if they have said so to this amount. It must be locked."""
    said = PurseEvent.entry_id == entry.id, PurseEvent.kind == Act.OK, PurseEvent.revision == entry.revision
    if session.exec(select(PurseEvent.id).where(*said, PurseEvent.by_person_id == person_id)).first() is not None:
        return False
    record(session, entry, Act.OK, now, by=person_id)
    session.flush()
    return True


def approve(session: Session, entry: PurseEntry, now: datetime, *, by: int | None = None) -> None:
    """Enough have said so. It must be locked, or new."""
    _move(session, entry, State.APPROVED, now, approved_at=now, next_at=None)
    record(session, entry, Act.APPROVED, now, by=by)


def ask_why(session: Session, entry: PurseEntry, person_id: int, words: str, now: datetime) -> None:
    """Somebody wants to know more: until that is answered it goes no further. What is paid stays so. Locked."""
    entry.asker_id = person_id
    _move(session, entry, State.PAID if entry.state is State.PAID else State.ASKED, now)
    record(session, entry, Act.WHY, now, by=person_id, words=words)


def answer(session: Session, entry: PurseEntry, words: str, now: datetime) -> None:
    """Whoever said it has answered: it goes on where it stood. Locked."""
    release(session, entry, now)
    record(session, entry, Act.ANSWER, now, by=entry.person_id, words=words)


def release(session: Session, entry: PurseEntry, now: datetime) -> None:
    """Nobody waits for an answer any more. Locked."""
    if entry.state is State.ASKED:
        _move(session, entry, State.APPROVED if entry.approved_at is not None else State.WAITING, now)


def change(session: Session, entry: PurseEntry, cents: int, now: datetime) -> bool:
    """Another amount: all who said OK are to say it anew. False once it is paid or taken back. Zero takes it back."""
    if session.locked(entry).state in (State.PAID, State.WITHDRAWN):
        return False
    if not entry.is_spent and entry.state is State.APPROVED:
        return False
    if not cents:
        return withdraw(session, entry, now, by=entry.person_id)
    entry.cents, entry.revision = cents, entry.revision + 1
    _move(session, entry, State.WAITING, now, approved_at=None)
    record(session, entry, Act.CHANGED, now, by=entry.person_id)
    return True


def withdraw(session: Session, entry: PurseEntry, now: datetime, *, by: int | None) -> bool:
    """It was a mistake; False once it is paid or taken back. Its amount stays to be read."""
    if session.locked(entry).state in (State.PAID, State.WITHDRAWN):
        return False
    _move(session, entry, State.WITHDRAWN, now, next_at=None)
    record(session, entry, Act.WITHDRAWN, now, by=by)
    return True


def pay(session: Session, entry: PurseEntry, now: datetime) -> bool:
    """Whoever holds the account has paid it; False unless it was approved and not paid yet."""
    if not session.locked(entry).is_spent or entry.state is not State.APPROVED:
        return False
    _move(session, entry, State.PAID, now, paid_at=now)
    record(session, entry, Act.PAID, now, by=None)
    return True


def unpay(session: Session, entry: PurseEntry, now: datetime) -> bool:
    """That was a mistake: it is to be paid; False unless it was paid."""
    if session.locked(entry).state is not State.PAID:
        return False
    _move(session, entry, State.APPROVED, now, paid_at=None)
    record(session, entry, Act.UNPAID, now, by=None)
    return True


def receive(session: Session, entry: PurseEntry, now: datetime) -> bool:
    """Whoever holds the account has it; False unless it was said to have come in, and does not count yet."""
    if session.locked(entry).is_spent or entry.state not in (State.WAITING, State.ASKED):
        return False
    approve(session, entry, now)
    return True


def unreceive(session: Session, entry: PurseEntry, now: datetime) -> bool:
    """That was a mistake: it waits again, or is gone where only the host had said it; False unless it counted."""
    if session.locked(entry).is_spent or entry.state is not State.APPROVED:
        return False
    entry.revision += 1
    to = State.WITHDRAWN if entry.person_id is None else State.WAITING
    _move(session, entry, to, now, approved_at=None)
    record(session, entry, Act.UNRECEIVED, now, by=None)
    return True


def _move(session: Session, entry: PurseEntry, to: State, now: datetime, **values: datetime | None) -> None:
    entry.state, entry.changed_at = to, now
    for name, value in values.items():
        setattr(entry, name, value)
    session.add(entry)


def merge(session: Session, kept: int, gone: int) -> None:
    """Two people become one: two OKs of theirs to the same amount are one."""
    theirs = select(PurseEvent).where(PurseEvent.by_person_id == gone, PurseEvent.kind == Act.OK)
    for event in session.exec(theirs):
        same = PurseEvent.entry_id == event.entry_id, PurseEvent.revision == event.revision
        mine = select(PurseEvent.id).where(*same, PurseEvent.by_person_id == kept, PurseEvent.kind == Act.OK)
        if session.exec(mine).first() is not None:
            session.execute(sa.delete(PurseEvent).where(col(PurseEvent.id) == event.id))
