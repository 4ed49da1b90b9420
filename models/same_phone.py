"""Which addresses are one phone: a number in its spellings, and the id by which WhatsApp knows who has it."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache

import sqlalchemy as sa
from sqlmodel import col, select

from models import spellings
from models.lines import Channel, Line
from models.people import Address, Person
from models.store.session import Session
from models.store.statements import Precompiled


@cache
def _at(count: int) -> Precompiled[tuple[Person, Address]]:
    values = [sa.bindparam(f"value{n}", type_=sa.String) for n in range(count)]
    return Precompiled(
        select(Person, Address)
        .join(Address, col(Address.person_id) == col(Person.id))
        .where(col(Address.line_id) == sa.bindparam("line_id"), col(Address.value).in_(values))
        .order_by(col(Address.id))
        .with_for_update(of=Address),
        autoflush=False,
    )


def found(session: Session, line: Line, values: Sequence[str]) -> list[tuple[Person, Address]]:
    """Who is known at any of these addresses, on whichever channel, the oldest address first.

    On PostgreSQL the addresses are locked until the transaction ends, so that one phone's texts wait for each other.
    """
    named = {f"value{n}": value for n, value in enumerate(values)}
    return list(session.fetch(_at(len(values)), line_id=line.id, **named))


def give_address(session: Session, person: Person, channel: Channel, value: str, now: datetime) -> Address:
    """One more address of somebody's, from which they have not written yet."""
    return session.create(
        Address, line_id=person.line_id, person_id=person.id, channel=channel, value=value, created_at=now
    )


def by_address(session: Session, line: Line, channel: Channel, value: str) -> tuple[Person, Address] | None:
    """Who texts from this address, in whichever spelling; the address on this channel if there is one."""
    known = found(session, line, spellings.forms(value))
    return next((one for one in known if one[1].channel is channel), None)


def at_number(session: Session, line: Line, value: str) -> Person | None:
    """Who has this number, on whichever channel and in whichever spelling."""
    return next((person for person, _ in found(session, line, spellings.forms(value))), None)
