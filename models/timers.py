"""Timers: what comes round for a whole line by the clock, such as the daily word to duty. One row a line and kind."""

from collections.abc import Iterable
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlmodel import Field, col, select

from models.store.session import Session
from models.store.statements import Precompiled
from models.store.types import Model, UtcDateTime

LEASE = timedelta(minutes=1)


class Timer(Model, table=True):
    """When a kind of work is next due on a line; never, while `next_at` is empty."""

    __table_args__ = (sa.UniqueConstraint("line_id", "kind"), sa.Index("ix_timer_due", "next_at"))

    id: int = Field(default=None, primary_key=True)
    line_id: int = Field(foreign_key="line.id")
    kind: str
    next_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


def begin(session: Session, line_id: int, kinds: Iterable[str], now: datetime) -> None:
    """Make the timers that a line does not have yet; each is due at once, and then says itself when next."""
    known = set(session.exec(select(Timer.kind).where(Timer.line_id == line_id)))
    for kind in kinds:
        if kind not in known:
            session.create(Timer, line_id=line_id, kind=kind, next_at=now)


def of(session: Session, line_id: int, kind: str) -> Timer | None:
    """The line's timer of this kind."""
    return session.exec(select(Timer).where(Timer.line_id == line_id, Timer.kind == kind)).first()


def bring_forward(session: Session, line_id: int, kind: str, at: datetime) -> None:
    """Let it be due at this moment, if it is not due before."""
    session.execute(
        sa.update(Timer)
        .where(
            col(Timer.line_id) == line_id,
            col(Timer.kind) == kind,
            sa.or_(col(Timer.next_at).is_(None), col(Timer.next_at) > at),
        )
        .values(next_at=at)
    )


def due(session: Session, now: datetime, limit: int) -> list[Timer]:
    """Timers that are due, the longest overdue first."""
    query = select(Timer).where(col(Timer.next_at) <= now).order_by(col(Timer.next_at), col(Timer.id))
    return session.exec(query.limit(limit))


NEXT_DUE: Precompiled[datetime | None] = Precompiled(
    select(Timer.next_at).where(col(Timer.next_at).is_not(None)).order_by(col(Timer.next_at)).limit(1)
)


def next_due(session: Session) -> datetime | None:
    """When a timer is next due."""
    return session.fetch(NEXT_DUE).first()


def acquire(session: Session, timer: Timer, now: datetime) -> bool:
    """Lease a due timer, for a minute; False if another process was faster."""
    won = session.execute(
        sa.update(Timer)
        .where(col(Timer.id) == timer.id, col(Timer.next_at) == timer.next_at)
        .values(next_at=now + LEASE)
    )
    session.refresh(timer)
    return won.rowcount == 1


def schedule(session: Session, timer: Timer, at: datetime | None) -> None:
    """Set when it is due next."""
    timer.next_at = at
    session.add(timer)
