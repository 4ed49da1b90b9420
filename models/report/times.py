"""How long neighbors waited: until somebody took what they had asked for, and until they said that it came.

By the week in which they asked. What they needed only later is left out; "today" is from when they asked.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa

from models.assignments import Assignment
from models.report.arithmetic import Spread, spread
from models.report.span import Span, between
from models.requests import Outcome, Request, State
from models.store.session import Session
from models.store.statements import in_literals
from models.store.types import UtcDateTime, table

REQUESTS, ASSIGNMENTS = table(Request), table(Assignment)
MOST = 10_000  # requests that are measured, the latest: a year of a busy line
Wait = tuple[datetime, datetime]  # from when, until when


@dataclass(frozen=True)
class Waits:
    """How long something took, by week and over the whole span."""

    weeks: Mapping[date, Spread]
    whole: Spread


@dataclass(frozen=True)
class Times:
    """How long it took until a request was claimed, and until the neighbor said that help had come."""

    claimed: Waits
    helped: Waits


def read(session: Session, line_id: int, span: Span) -> Times:
    """Of the requests that were made in the span."""
    asked = (
        REQUESTS.c.line_id == line_id,
        sa.or_(REQUESTS.c.needed_from.is_(None), REQUESTS.c.needed_from <= REQUESTS.c.created_at),
        *between(session, Request, "created_at", span.since, span.until),
    )
    first = sa.func.min(ASSIGNMENTS.c.taken_at, type_=UtcDateTime)
    claimed = (
        sa.select(REQUESTS.c.created_at, first)
        .join(ASSIGNMENTS, ASSIGNMENTS.c.request_id == REQUESTS.c.id)
        .where(*asked)
        .group_by(REQUESTS.c.id, REQUESTS.c.created_at)
    )
    # A request changes last when the neighbor says that it came, also if it had been closed without their word.
    helped = sa.select(REQUESTS.c.created_at, REQUESTS.c.changed_at).where(
        *asked,
        REQUESTS.c.state == State.CLOSED,
        in_literals(REQUESTS.c.outcome, (Outcome.FULFILLED, Outcome.PARTIAL)),
    )
    return Times(*(waits(span, _latest(session, query)) for query in (claimed, helped)))


def _latest(session: Session, query: "sa.Select[datetime, datetime]") -> Iterable[Wait]:
    return [(asked, done) for asked, done in session.execute(query.order_by(REQUESTS.c.id.desc()).limit(MOST)).all()]


def waits(span: Span, each: Iterable[Wait]) -> Waits:
    """How long these took, by the week in which they began."""
    weeks: dict[date, list[float]] = {week: [] for week in span.weeks}
    for began, ended in each:
        weeks[span.week(began)].append((ended - began).total_seconds())
    whole = [seconds for week in weeks.values() for seconds in week]
    return Waits({week: spread(seconds) for week, seconds in weeks.items()}, spread(whole))
