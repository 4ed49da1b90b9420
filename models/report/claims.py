"""What became of what volunteers took: done, in hand, given back, lapsed. Of several on one request each counts."""

from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from models.assignments import Assignment, State
from models.report.span import Span, between
from models.requests import Request
from models.store.session import Session
from models.store.types import table

REQUESTS, ASSIGNMENTS = table(Request), table(Assignment)


@dataclass(frozen=True)
class Claims:
    """How many assignments are in each state."""

    states: Mapping[State, int]

    @property
    def taken(self) -> int:
        """How many there were."""
        return sum(self.states.values())

    @property
    def lapsed_share(self) -> float | None:
        """The share of them after which nobody said a word; None where there were none."""
        return self.states[State.LAPSED] / self.taken if self.taken else None


def read(session: Session, line_id: int, span: Span) -> Claims:
    """Of what was taken in the span, or given to somebody by duty."""
    found = (
        sa.select(ASSIGNMENTS.c.state, sa.func.count())
        .join(REQUESTS, REQUESTS.c.id == ASSIGNMENTS.c.request_id)
        .where(REQUESTS.c.line_id == line_id, *between(session, Assignment, "taken_at", span.since, span.until))
        .group_by(ASSIGNMENTS.c.state)
    )
    states = dict.fromkeys(State, 0)
    for state, count in session.execute(found):
        states[State(state)] = int(count)
    return Claims(states)
