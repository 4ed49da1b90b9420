"""How long what was for duty waited, until somebody there answered: alarms, and all else."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from models.alarms import Alarm
from models.duty_tasks import DutyTask
from models.report.span import Span, between
from models.report.times import MOST, Wait, Waits, waits
from models.store.session import Session
from models.store.types import table

ALARMS, TASKS = table(Alarm), table(DutyTask)


@dataclass(frozen=True)
class Answered:
    """How long one kind of thing waited; how many nobody ever answered, how many still wait and since when."""

    waits: Waits
    unanswered: int  # it was over before anybody had
    waiting: int
    oldest: datetime | None


@dataclass(frozen=True)
class Duty:
    """Alarms, and what else was for duty."""

    alarms: Answered
    tasks: Answered


def read(session: Session, line_id: int, span: Span) -> Duty:
    """Of what was raised in the span. An alarm that was raised again counts from its last time.

    What somebody on duty decided by themselves waited for nobody, and is left out.
    """
    alarms = sa.select(ALARMS.c.raised_at, ALARMS.c.heard_at, ALARMS.c.ended_at).where(
        ALARMS.c.line_id == line_id, ALARMS.c.raised_at >= span.since, ALARMS.c.raised_at < span.until
    )
    somebody = sa.case((TASKS.c.taken_by_person_id.is_not(None), TASKS.c.ended_at))
    tasks = sa.select(TASKS.c.raised_at, somebody, TASKS.c.ended_at).where(
        TASKS.c.line_id == line_id,
        sa.or_(TASKS.c.ended_at.is_(None), TASKS.c.ended_at > TASKS.c.raised_at),
        *between(session, DutyTask, "raised_at", span.since, span.until),
    )
    return Duty(
        *(
            answered(span, [(*row,) for row in session.execute(query.order_by(of.c.id.desc()).limit(MOST))])
            for of, query in ((ALARMS, alarms), (TASKS, tasks))
        )
    )


def answered(span: Span, each: Iterable[tuple[datetime, datetime | None, datetime | None]]) -> Answered:
    """The figures of what was raised, answered and over at these moments."""
    heard: list[Wait] = []
    unanswered, waiting = 0, list[datetime]()
    for raised, answered_at, over in each:
        if answered_at is not None:
            heard.append((raised, answered_at))
        elif over is not None:
            unanswered += 1
        else:
            waiting.append(raised)
    return Answered(waits(span, heard), unanswered, len(waiting), min(waiting, default=None))
