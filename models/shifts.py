"""Shifts: when somebody has said that they would be on duty."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlmodel import JSON, Column, Field, col, select

from models.hours import Hours
from models.lines import Line
from models.store.session import Session
from models.store.types import Model, UtcDateTime

WEEK = timedelta(days=7)


class Shift(Model, table=True):
    """One turn on duty. A weekly one makes the next when it is over."""

    __table_args__ = (
        sa.UniqueConstraint("line_id", "person_id", "starts_at"),
        sa.Index("ix_shift_ends", "line_id", "ends_at"),
    )

    id: int = Field(default=None, primary_key=True)
    line_id: int = Field(foreign_key="line.id")
    person_id: int = Field(foreign_key="person.id")
    starts_at: datetime = Field(sa_type=UtcDateTime)
    ends_at: datetime = Field(sa_type=UtcDateTime)
    begins: int  # minute of the local day, which a change of the clocks does not move
    ends: int
    weekly: bool = True
    reminded_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    began_at: datetime | None = Field(default=None, sa_type=UtcDateTime)  # they were put on duty by it
    cover_asked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)  # they cannot, and others were asked
    asked: list[int] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))  # who these are
    created_at: datetime = Field(sa_type=UtcDateTime)

    def day(self, zone: str) -> date:
        """The date on which it begins, on the line's own clock."""
        return self.starts_at.astimezone(ZoneInfo(zone)).date()


def add(
    session: Session, line: Line, person_id: int, day: date, hours: Hours, now: datetime, *, weekly: bool
) -> Shift:
    """A turn on this date of the line's own clock; one that begins at the same moment becomes this one."""
    starts_at, ends_at = hours.on(day, ZoneInfo(line.timezone))
    same = select(Shift).where(
        Shift.line_id == line.id, Shift.person_id == person_id, col(Shift.starts_at) == starts_at
    )
    known = session.exec(same).first()
    if known is not None:
        known.ends_at, known.ends, known.weekly, known.cover_asked_at = ends_at, hours.ends, weekly, None
        session.add(known)
        return known
    return session.create(
        Shift,
        line_id=line.id,
        person_id=person_id,
        starts_at=starts_at,
        ends_at=ends_at,
        begins=hours.begins,
        ends=hours.ends,
        weekly=weekly,
        created_at=now,
    )


def next_week(session: Session, line: Line, shift: Shift, person_id: int, now: datetime) -> Shift:
    """The same turn a week later, on the line's own clock."""
    hours, day = Hours(shift.begins, shift.ends), shift.day(line.timezone) + WEEK
    while hours.on(day, ZoneInfo(line.timezone))[1] <= now:  # nobody looked for weeks
        day += WEEK
    return add(session, line, person_id, day, hours, now, weekly=True)


def planned(session: Session, line_id: int, since: datetime) -> list[Shift]:
    """The line's turns that are not over by then, in order."""
    query = select(Shift).where(Shift.line_id == line_id, col(Shift.ends_at) > since)
    return session.exec(query.order_by(col(Shift.starts_at), col(Shift.id)))


def on_shift(session: Session, person_id: int, now: datetime) -> bool:
    """Whether a turn of theirs is under way."""
    theirs = select(Shift.id).where(
        Shift.person_id == person_id, col(Shift.starts_at) <= now, col(Shift.ends_at) > now
    )
    return session.exec(theirs.limit(1)).first() is not None


def over(session: Session, line_id: int, now: datetime) -> list[Shift]:
    """Those that have come to their end and still belong to a week: each makes its next, or is forgotten."""
    query = select(Shift).where(Shift.line_id == line_id, col(Shift.ends_at) <= now)
    return session.exec(query.order_by(col(Shift.ends_at), col(Shift.id)))


def by_id(session: Session, shift_id: int) -> Shift | None:
    """The turn with this id, if it is still planned."""
    return session.exec(select(Shift).where(Shift.id == shift_id)).first()


def begin(session: Session, shift: Shift, now: datetime) -> bool:
    """Mark that it has begun; True once."""
    won = session.execute(
        sa.update(Shift).where(col(Shift.id) == shift.id, col(Shift.began_at).is_(None)).values(began_at=now)
    )
    session.refresh(shift)
    return won.rowcount == 1


def ask_cover(session: Session, shift: Shift, now: datetime) -> bool:
    """Mark that others are asked to take it; True once."""
    won = session.execute(
        sa.update(Shift)
        .where(col(Shift.id) == shift.id, col(Shift.cover_asked_at).is_(None), col(Shift.ends_at) > now)
        .values(cover_asked_at=now)
    )
    session.refresh(shift)
    return won.rowcount == 1


def cover(session: Session, shift: Shift, person_id: int, now: datetime) -> bool:
    """Give it to somebody else, this once. Of two who say yes at once exactly one gets True."""
    won = session.execute(
        sa.update(Shift)
        .where(
            col(Shift.id) == shift.id,
            col(Shift.person_id) == shift.person_id,
            col(Shift.cover_asked_at).is_not(None),
            col(Shift.ends_at) > now,
        )
        .values(person_id=person_id, weekly=False, cover_asked_at=None, began_at=None)
    )
    session.refresh(shift)
    return won.rowcount == 1


def remove(session: Session, shift: Shift) -> bool:
    """Take it out of the roster; False if it was out already."""
    return session.execute(sa.delete(Shift).where(col(Shift.id) == shift.id)).rowcount == 1


def remove_of(session: Session, person_id: int) -> None:
    """Take all turns of somebody out of the roster."""
    session.execute(sa.delete(Shift).where(col(Shift.person_id) == person_id))
