"""Timers: what comes round for a whole line by the clock, such as the daily word to duty. One row a line and kind."""

from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import col, select

from models.due_rows import DueRow, DueRows
from models.store.session import Session

DECIDING = "proposals"  # whose time is up, or who is reminded of them
CLEARING = "clearing"  # of what was on its way when somebody was erased


class Timer(DueRow, table=True):
    """When a kind of work is next due on a line; never, while `next_at` is empty."""

    __table_args__ = (sa.UniqueConstraint("line_id", "kind"), sa.Index("ix_timer_due", "next_at"))

    kind: str


DUE_ROWS = DueRows(Timer)


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


def schedule(session: Session, timer: Timer, at: datetime | None) -> None:
    """Set when it is due next."""
    timer.next_at = at
    session.add(timer)
