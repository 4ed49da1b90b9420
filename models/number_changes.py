"""Changed numbers: somebody has another phone, and what was theirs moves to it.

A code shown on one phone and texted from the other says that both are in the same hands. Of who has lost the old one,
somebody on duty says so, and the old phone has time to object. Each step is an event of the person (person_events).
"""

import secrets
from collections.abc import Collection
from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlmodel import JSON, Column, Field, col, select

from models.due_rows import DueRow, DueRows
from models.people import Address
from models.store.session import Session
from models.store.types import EnumString, UtcDateTime

DUE = sa.text("next_at IS NOT NULL")
OPEN = sa.text("ended_at IS NULL")
DIGITS = 6  # of a code: with the limits on wrong ones it takes years to guess


class Step(StrEnum):
    """How far a change is."""

    CODE = "code"  # a code is shown, and has not come from the other phone
    CONFIRM = "confirm"  # it has come from a phone with something to lose, which is asked
    LOST = "lost"  # the old phone is gone: somebody on duty asks who they are
    OBJECTION = "objection"  # somebody on duty has said so: the old phone may object until `next_at`
    MOVED = "moved"  # done; the old addresses go at `next_at`
    ENDED = "ended"  # too late, refused, or another took its place


class NumberChange(DueRow, table=True):
    """One change. Of the two people one is known by the old phone, one by the new; then they are one."""

    __table_args__ = (
        sa.Index("ix_numberchange_due", "next_at", sqlite_where=DUE, postgresql_where=DUE),
        sa.Index("ix_numberchange_open", "line_id", "code", sqlite_where=OPEN, postgresql_where=OPEN),
        sa.Index("ix_numberchange_person", "person_id", sqlite_where=OPEN, postgresql_where=OPEN),
    )

    person_id: int = Field(foreign_key="person.id")  # who said so first, at the phone that shows the code
    other_person_id: int | None = Field(default=None, foreign_key="person.id")  # at the other one, once it is known
    by_person_id: int | None = Field(default=None, foreign_key="person.id")  # who on duty said that they are one
    code: str | None = None  # until it has come
    step: Step = Field(sa_type=EnumString(Step))
    old_addresses: list[int] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))  # that go, by id
    created_at: datetime = Field(sa_type=UtcDateTime)
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


DUE_ROWS = DueRows(NumberChange)


def begin(session: Session, line_id: int, person_id: int, now: datetime, until: datetime) -> NumberChange:
    """A new code for this person; their earlier one no longer counts."""
    for earlier in _open(session, col(NumberChange.person_id) == person_id, Step.CODE, Step.LOST):
        end(session, earlier, now)
    code = f"{secrets.randbelow(10**DIGITS - 10 ** (DIGITS - 1)) + 10 ** (DIGITS - 1)}"
    return session.create(
        NumberChange, line_id=line_id, person_id=person_id, code=code, step=Step.CODE, created_at=now, next_at=until
    )


def with_code(session: Session, line_id: int, code: str) -> list[NumberChange]:
    """Whose code this is; of several, which no guess can tell apart, all."""
    return _open(session, sa.and_(col(NumberChange.line_id) == line_id, col(NumberChange.code) == code), Step.CODE)


def of(session: Session, person_id: int, *steps: Step) -> NumberChange | None:
    """The change in one of these steps that somebody began, the latest."""
    return next(iter(_open(session, col(NumberChange.person_id) == person_id, *steps)), None)


def lost_last(session: Session, line_id: int) -> NumberChange | None:
    """The latest of those of a line who say that the old phone is gone."""
    return next(iter(_open(session, col(NumberChange.line_id) == line_id, Step.LOST)), None)


def asked_of(session: Session, person_id: int) -> NumberChange | None:
    """What somebody is asked about: a phone that says it is theirs."""
    asked = _open(session, col(NumberChange.other_person_id) == person_id, Step.CONFIRM, Step.OBJECTION)
    return next(iter(asked), None)


def go_on(
    session: Session, change: NumberChange, step: Step, at: datetime, now: datetime, *, other: int | None = None
) -> None:
    """The next step; time acts on it at that moment. Whom it asks is asked about nothing else any more."""
    change.step, change.next_at, change.code = step, at, None
    if other is not None:
        while (earlier := asked_of(session, other)) is not None:
            end(session, earlier, now)
        change.other_person_id = other
    session.add(change)


def end(session: Session, change: NumberChange, now: datetime) -> None:
    """Nothing more comes of it."""
    change.step, change.next_at, change.code, change.ended_at = Step.ENDED, None, None, now
    session.add(change)


def end_all(session: Session, person_ids: Collection[int], now: datetime) -> None:
    """Of these people nothing more is to be moved; old addresses that are to go still do."""
    ids = list(person_ids)
    theirs = sa.or_(col(NumberChange.person_id).in_(ids), col(NumberChange.other_person_id).in_(ids))
    for change in _open(session, theirs, Step.CODE, Step.CONFIRM, Step.LOST, Step.OBJECTION):
        end(session, change, now)


def addresses(session: Session, person_id: int) -> list[int]:
    """The ids of somebody's addresses."""
    return list(session.exec(select(Address.id).where(Address.person_id == person_id)))


def let_go(session: Session, change: NumberChange) -> list[str]:
    """Take away the addresses of the old phone; returns which they were."""
    old = col(Address.id).in_(change.old_addresses), col(Address.person_id) == change.person_id
    gone = list(session.exec(select(Address.value).where(*old)))
    session.execute(sa.delete(Address).where(*old))
    return sorted(set(gone))


def _open(session: Session, whose: sa.ColumnElement[bool], *steps: Step) -> list[NumberChange]:
    """The latest first. On PostgreSQL nobody else goes on with them until the transaction ends."""
    found = select(NumberChange).where(whose, col(NumberChange.ended_at).is_(None), col(NumberChange.step).in_(steps))
    return list(session.exec(found.order_by(col(NumberChange.id).desc()).with_for_update()))
