"""Erasures that are not through yet: what others have said is looked through, and what is on its way must leave.

While such a row is there it holds the names and numbers that are looked for; they go with the last of it.
"""

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlmodel import JSON, Column, Field, col, select

from models.people import Person
from models.store.session import Session
from models.store.types import Model, UtcDateTime


class Erasure(Model, table=True):
    """What is still to be done for somebody who was erased."""

    __table_args__ = (sa.Index("ix_erasure_next", "line_id", "looked_at"),)

    id: int = Field(default=None, primary_key=True)
    line_id: int = Field(foreign_key="line.id")
    person_id: int = Field(foreign_key="person.id", unique=True)
    things: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))  # to look for
    # By table, the id up to which its rows are still to be looked through.
    unread: dict[str, int] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    waits_from: int  # of the texts to others that may speak of them and have not left, the first
    waits_to: int | None = None  # and the last; None: not known yet
    looked_at: datetime = Field(sa_type=UtcDateTime)


def of(session: Session, person_id: int) -> Erasure | None:
    """That of this person."""
    return session.exec(select(Erasure).where(Erasure.person_id == person_id)).first()


def next_ones(session: Session, line_id: int, now: datetime, pause: timedelta, most: int) -> list[Erasure]:
    """Those to go on with, the one looked at longest ago first; what only waits, not before a pause is over."""
    going_on = sa.or_(sa.cast(col(Erasure.unread), sa.String) != "{}", col(Erasure.looked_at) <= now - pause)
    query = select(Erasure).where(col(Erasure.line_id) == line_id, going_on)
    return list(session.exec(query.order_by(col(Erasure.looked_at), col(Erasure.id)).limit(most)))


def all_of(session: Session, line_id: int) -> list[Erasure]:
    """All of a line that are not through."""
    return list(session.exec(select(Erasure).where(Erasure.line_id == line_id)))


def unnoted(session: Session, line_id: int, most: int) -> list[Person]:
    """Those whom an older hotline erased, and who still have something on its way."""
    known = sa.exists().where(col(Erasure.person_id) == col(Person.id))
    waiting = select(Person).where(
        Person.line_id == line_id, col(Person.erased_at).is_not(None), col(Person.cleared_at).is_(None), ~known
    )
    return list(session.exec(waiting.order_by(col(Person.id)).limit(most)))


def end(session: Session, erasure: Erasure) -> None:
    """Nothing is left to do."""
    session.execute(sa.delete(Erasure).where(col(Erasure.id) == erasure.id))
