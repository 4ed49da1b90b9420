"""What a table of requests tells of each: who asked, who has come, and when it went from one state to another.

However many requests there are, it takes a handful of queries.
"""

from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlmodel import col, select

from models import assignments
from models.people import Person
from models.report.span import Span
from models.requests import Event, Request, State
from models.store.session import Session
from models.store.types import UtcDateTime, table

REQUESTS, EVENTS = table(Request), table(Event)


class Exported(NamedTuple):
    """One request with what other tables say of it."""

    request: Request
    asker: Person
    helpers: list[Person]  # who has it in hand or brought it, the first to take it first
    claimed_at: datetime | None  # when somebody took it first
    delivered_at: datetime | None  # when somebody last said that it was done
    closed_at: datetime | None  # when it ended; None while it goes on


def of_line(session: Session, line_id: int, span: Span | None = None, state: State | None = None) -> list[Exported]:
    """The line's requests that were asked for in the span, or ever, oldest first."""
    query = select(Request, Person).join(Person, col(Person.id) == col(Request.person_id))
    query = query.where(Request.line_id == line_id)
    if span is not None:
        query = query.where(Request.created_at >= span.since, Request.created_at < span.until)
    if state is not None:
        query = query.where(Request.state == state)
    moments = _moments(session, line_id)
    holders = assignments.holders(session, line_id)
    found = []
    for request, asker in session.exec(query.order_by(col(Request.number))):
        held = holders.get(request.id, []) if request.state is not State.OPEN else []
        claimed, _ = moments.get((request.id, State.CLAIMED), (None, None))
        _, delivered = moments.get((request.id, State.DELIVERED), (None, None))
        _, closed = moments.get((request.id, State.CLOSED), (None, None))
        helpers = assignments.who_holds(request, held)
        found.append(Exported(request, asker, helpers, claimed, delivered, None if request.live else closed))
    return found


def _moments(session: Session, line_id: int) -> dict[tuple[int, State], tuple[datetime, datetime]]:
    """When each request first and last got into each state."""
    at = EVENTS.c.at
    query = (
        sa.select(
            EVENTS.c.request_id,
            EVENTS.c.state,
            sa.func.min(at, type_=UtcDateTime),
            sa.func.max(at, type_=UtcDateTime),
        )
        .join(REQUESTS, REQUESTS.c.id == EVENTS.c.request_id)
        .where(REQUESTS.c.line_id == line_id, EVENTS.c.state.is_not(None))
        .group_by(EVENTS.c.request_id, EVENTS.c.state)
    )
    return {(id_, State(state)): (first, last) for id_, state, first, last in session.execute(query)}
