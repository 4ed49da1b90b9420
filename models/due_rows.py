"""Rows at which time must act: each says by its `next_at` when, and one process at a time acts on it."""

from datetime import datetime, timedelta
from typing import Generic, TypeVar

import sqlalchemy as sa
from sqlmodel import Field, col, select

from models.store.session import Session
from models.store.statements import Precompiled
from models.store.types import Model, UtcDateTime

LEASE = timedelta(minutes=1)  # then another process may try


class DueRow(Model):
    """What such a table has; it says its own index."""

    id: int = Field(default=None, primary_key=True)
    line_id: int = Field(foreign_key="line.id")
    next_at: datetime | None = Field(default=None, sa_type=UtcDateTime)  # when time acts on it next; None: never


Row = TypeVar("Row", bound=DueRow)


class DueRows(Generic[Row]):
    """The queries of one such table."""

    def __init__(self, of: type[Row]) -> None:
        self.of = of
        moment = col(of.next_at)
        due = select(of).where(moment <= sa.bindparam("now", type_=UtcDateTime)).order_by(moment, col(of.id))
        self._due: Precompiled[Row] = Precompiled(due.limit(sa.bindparam("limit", type_=sa.Integer)))
        self._next: Precompiled[datetime | None] = Precompiled(
            select(moment).where(moment.is_not(None)).order_by(moment).limit(1)
        )

    def next_due(self, session: Session) -> datetime | None:
        """When time next acts on one of them."""
        return session.fetch(self._next).first()

    def due(self, session: Session, now: datetime, limit: int) -> list[Row]:
        """Those that time must act on, the longest overdue first."""
        return session.fetch(self._due, now=now, limit=limit)

    def acquire(self, session: Session, row: Row, now: datetime) -> bool:
        """Lease a due row, for a minute; False if another process was faster."""
        won = session.execute(
            sa.update(self.of)
            .where(col(self.of.id) == row.id, col(self.of.next_at) == row.next_at)
            .values(next_at=now + LEASE)
        )
        session.refresh(row)
        return won.rowcount == 1
