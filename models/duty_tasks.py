"""Duty tasks: what waits for whoever is on duty, until somebody there has answered it."""

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlmodel import Field, col, select

from models.store.session import Session
from models.store.statements import Precompiled
from models.store.types import Model, UtcDateTime

DUE = sa.text("next_at IS NOT NULL")
WAITS = sa.text("ended_at IS NULL")
LEASE = timedelta(minutes=1)


class DutyTask(Model, table=True):
    """Something that duty was told of. Who answers first has it; unanswered, it is said again."""

    __table_args__ = (
        sa.Index("ix_dutytask_due", "next_at", sqlite_where=DUE, postgresql_where=DUE),
        sa.Index("ix_dutytask_request", "request_id", sqlite_where=WAITS, postgresql_where=WAITS),
        sa.Index("ix_dutytask_waits", "line_id", sqlite_where=WAITS, postgresql_where=WAITS),
    )

    id: int = Field(default=None, primary_key=True)
    line_id: int = Field(foreign_key="line.id")
    request_id: int | None = Field(default=None, foreign_key="request.id")
    phrase: str  # by which duty was told first
    raised_at: datetime = Field(sa_type=UtcDateTime)
    said: int = 1  # how often
    next_at: datetime | None = Field(default=None, sa_type=UtcDateTime)  # when it is said again
    taken_by_person_id: int | None = Field(default=None, foreign_key="person.id")
    taken_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


def due(session: Session, now: datetime, limit: int) -> list[DutyTask]:
    """Tasks that time must act on, the longest overdue first."""
    query = select(DutyTask).where(col(DutyTask.next_at) <= now).order_by(col(DutyTask.next_at), col(DutyTask.id))
    return session.exec(query.limit(limit))


NEXT_DUE: Precompiled[datetime | None] = Precompiled(
    select(DutyTask.next_at).where(col(DutyTask.next_at).is_not(None)).order_by(col(DutyTask.next_at)).limit(1)
)


def next_due(session: Session) -> datetime | None:
    """When time next acts on a task."""
    return session.fetch(NEXT_DUE).first()


def acquire(session: Session, task: DutyTask, now: datetime) -> bool:
    """Lease a due task, for a minute; False if another process was faster."""
    won = session.execute(
        sa.update(DutyTask)
        .where(col(DutyTask.id) == task.id, col(DutyTask.next_at) == task.next_at)
        .values(next_at=now + LEASE)
    )
    session.refresh(task)
    return won.rowcount == 1
