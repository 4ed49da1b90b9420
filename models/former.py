"""Whoever was taken off the line and has no address: found by a number they had, so that what is left can be erased.

Their row keeps a keyed hash of each number (models/marks.py says what such a hash is worth). Of those who were taken
off before it did, what they wrote and were sent tells, as long as that is kept.
"""

from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import col, select

from models import marks, number_changes, spellings
from models.delivery.outbound import Outbound
from models.inbound import Inbound
from models.lines import Line
from models.people import Address, Person
from models.store.session import Session


def take_addresses(session: Session, line: Line, person: Person, now: datetime) -> None:
    """Nobody texts from these addresses any more: they may become somebody else's."""
    theirs = select(Address.value).where(Address.person_id == person.id)
    person.former = sorted({*person.former, *(marks.hashed(session, line, value) for value in session.exec(theirs))})
    session.add(person)
    number_changes.end_all(session, [person.id], now)
    session.execute(sa.delete(Address).where(col(Address.person_id) == person.id))


def had(session: Session, line: Line, person: Person, numbers: Iterable[str]) -> None:
    """These are no longer theirs; what is left of them can still be found by each."""
    person.former = sorted({*person.former, *(marks.hashed(session, line, number) for number in numbers)})
    session.add(person)


def of_number(session: Session, line: Line, number: str) -> list[Person]:
    """Who had this number."""
    hashes = set(marks.hashes(line, number))
    return [one for one in _all(session, line.id) if hashes.intersection(one.former) or _had(session, one.id, number)]


def of_hash(session: Session, line_id: int, hash_: str) -> list[Person]:
    """Who had the number with this hash."""
    return [one for one in _all(session, line_id) if hash_ in one.former]


def of_numbers(session: Session, line: Line, numbers: Iterable[str]) -> list[Person]:
    """Who had any of these."""
    return list({one.id: one for number in numbers for one in of_number(session, line, number)}.values())


def _all(session: Session, line_id: int) -> list[Person]:
    nowhere = ~sa.exists().where(col(Address.person_id) == col(Person.id))
    gone = select(Person).where(Person.line_id == line_id, col(Person.erased_at).is_(None), nowhere)
    return session.exec(gone.order_by(col(Person.id)))


def _had(session: Session, person_id: int, number: str) -> bool:
    forms = spellings.forms(number)
    wrote = select(Inbound.id).where(Inbound.person_id == person_id, col(Inbound.from_address).in_(forms))
    read = select(Outbound.id).where(Outbound.person_id == person_id, col(Outbound.to).in_(forms))
    return any(session.exec(rows.limit(1)).first() is not None for rows in (wrote, read))
