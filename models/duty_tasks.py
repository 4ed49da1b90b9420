"""Duty tasks: what waits for whoever is on duty, until somebody there has answered it."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, col, select

from models.due_rows import DueRow, DueRows
from models.store.session import Session
from models.store.types import UtcDateTime

DUE = sa.text("next_at IS NOT NULL")
WAITS = sa.text("ended_at IS NULL")


class DutyTask(DueRow, table=True):
    """Something that duty was told of. Who answers first has it; unanswered, it is said again."""

    __table_args__ = (
        sa.Index("ix_dutytask_due", "next_at", sqlite_where=DUE, postgresql_where=DUE),
        sa.Index("ix_dutytask_request", "request_id"),
        sa.Index("ix_dutytask_waits", "line_id", sqlite_where=WAITS, postgresql_where=WAITS),
    )

    request_id: int | None = Field(default=None, foreign_key="request.id")
    about_person_id: int | None = Field(default=None, foreign_key="person.id")  # who said it; they are told nothing
    phrase: str  # by which duty was told first
    raised_at: datetime = Field(sa_type=UtcDateTime)
    said: int = 0  # how often those on duty were told
    called_at: datetime | None = Field(default=None, sa_type=UtcDateTime)  # others than those on duty heard of it
    taken_by_person_id: int | None = Field(default=None, foreign_key="person.id")  # who answered first
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


DUE_ROWS = DueRows(DutyTask)


def of(session: Session, request_id: int) -> DutyTask | None:
    """What waits for duty about this request, if anything does."""
    waits = select(DutyTask).where(DutyTask.request_id == request_id, col(DutyTask.ended_at).is_(None))
    return session.exec(waits.order_by(col(DutyTask.id)).limit(1)).first()


def about(session: Session, line_id: int, phrase: str, person_id: int) -> DutyTask | None:
    """What waits for duty about this person and no request."""
    waits = select(DutyTask).where(
        DutyTask.line_id == line_id,
        col(DutyTask.ended_at).is_(None),
        col(DutyTask.request_id).is_(None),
        DutyTask.phrase == phrase,
        DutyTask.about_person_id == person_id,
    )
    return session.exec(waits.limit(1)).first()


def waiting(session: Session, line_id: int) -> list[DutyTask]:
    """All that waits for duty on a line, the oldest first."""
    waits = select(DutyTask).where(DutyTask.line_id == line_id, col(DutyTask.ended_at).is_(None))
    return session.exec(waits.order_by(col(DutyTask.raised_at), col(DutyTask.id)))


def raise_(
    session: Session,
    line_id: int,
    phrase: str,
    now: datetime,
    next_at: datetime,
    *,
    request_id: int | None = None,
    person_id: int | None = None,
) -> DutyTask:
    """Let it wait for duty. About one request one thing waits at a time: more of it is the same again."""
    known = of(session, request_id) if request_id is not None else None
    if known is None and request_id is None and person_id is not None:
        known = about(session, line_id, phrase, person_id)
    if known is not None:
        return known
    return session.create(
        DutyTask,
        line_id=line_id,
        request_id=request_id,
        about_person_id=person_id,
        phrase=phrase,
        raised_at=now,
        next_at=next_at,
    )


def end(session: Session, task: DutyTask, now: datetime) -> None:
    """It no longer matters."""
    task.next_at, task.ended_at = None, now
    session.add(task)


def end_about(session: Session, person_id: int, now: datetime) -> None:
    """What waits for duty about this person and no request no longer matters."""
    waits = col(DutyTask.about_person_id) == person_id, col(DutyTask.request_id).is_(None)
    session.execute(
        sa.update(DutyTask).where(*waits, col(DutyTask.ended_at).is_(None)).values(ended_at=now, next_at=None)
    )


def answer(session: Session, request_id: int, now: datetime, *, by: int) -> bool:
    """Somebody on duty has answered: of two who do at once, exactly one gets True."""
    won = session.execute(
        sa.update(DutyTask)
        .where(col(DutyTask.request_id) == request_id, col(DutyTask.ended_at).is_(None))
        .values(ended_at=now, next_at=None, taken_by_person_id=by)
    )
    return won.rowcount > 0


def keep_answered(session: Session, line_id: int, request_id: int, phrase: str, now: datetime, *, by: int) -> None:
    """Somebody on duty has decided this by themselves: nobody need hear of it as something unanswered."""
    session.create(
        DutyTask,
        line_id=line_id,
        request_id=request_id,
        phrase=phrase,
        raised_at=now,
        ended_at=now,
        taken_by_person_id=by,
    )


def was_answered(session: Session, request_id: int) -> bool:
    """Whether somebody on duty has ever answered something about this request."""
    taken = select(DutyTask.id).where(
        DutyTask.request_id == request_id, col(DutyTask.taken_by_person_id).is_not(None)
    )
    return session.exec(taken.limit(1)).first() is not None


def called_since(session: Session, line_id: int, since: datetime) -> bool:
    """Whether others than those on duty were asked since then, about anything."""
    called = select(DutyTask.id).where(DutyTask.line_id == line_id, col(DutyTask.called_at) >= since)
    return session.exec(called.limit(1)).first() is not None
