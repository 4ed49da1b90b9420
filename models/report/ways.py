"""How help came: from what the group has in stock, at a distribution, by a volunteer. Each request counts once."""

from collections.abc import Mapping
from enum import StrEnum

import sqlalchemy as sa

from models.assignments import Assignment
from models.assignments import State as Holding
from models.distributions import Invitation
from models.distributions import State as Invited
from models.report.span import Span, between
from models.requests import Outcome, Request, State
from models.stock import State as Promised
from models.stock import StockPromise
from models.store.session import Session
from models.store.statements import in_literals
from models.store.types import table

REQUESTS, ASSIGNMENTS, INVITATIONS, PROMISES = (table(of) for of in (Request, Assignment, Invitation, StockPromise))


class Way(StrEnum):
    """The first of these that is true of a request."""

    DISTRIBUTION = "distribution"  # they came to one for it
    STOCK = "stock"  # some of what the group has was kept for them, and they have it
    VOLUNTEER = "volunteer"  # somebody took it
    OTHERWISE = "otherwise"  # they said that it came, and nobody here had it


def read(session: Session, line_id: int, span: Span) -> Mapping[Way, int]:
    """Of the requests of the span of which the neighbor said that help came, wholly or in part."""
    came = sa.exists().where(INVITATIONS.c.request_id == REQUESTS.c.id, INVITATIONS.c.state == Invited.CAME)
    given = sa.exists().where(PROMISES.c.request_id == REQUESTS.c.id, PROMISES.c.state == Promised.GIVEN)
    helped = sa.exists().where(ASSIGNMENTS.c.request_id == REQUESTS.c.id, ASSIGNMENTS.c.state == Holding.DONE)
    way = sa.case((came, 0), (given, 1), (helped, 2), else_=3).label("way")
    met = (
        sa.select(way)
        .where(
            REQUESTS.c.line_id == line_id,
            REQUESTS.c.state == State.CLOSED,
            in_literals(REQUESTS.c.outcome, (Outcome.FULFILLED, Outcome.PARTIAL)),
            *between(session, Request, "created_at", span.since, span.until),
        )
        .subquery()
    )
    counted = {
        n: int(count) for n, count in session.execute(sa.select(met.c.way, sa.func.count()).group_by(met.c.way))
    }
    return {each: counted.get(n, 0) for n, each in enumerate(Way)}
