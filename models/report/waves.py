"""How waves are answered: of the first one, the second and so on, how many were asked and how many said yes or no.

Waves are counted from a request's first on, also over a return: an event is never taken back, an offer is.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from models.offers import Offer
from models.offers import State as OfferState
from models.report.helping import ASKED, CLAIMED
from models.report.span import Span, between
from models.requests import Event, Request
from models.store.session import Session
from models.store.types import table

REQUESTS, EVENTS, OFFERS = table(Request), table(Event), table(Offer)
LATER = 4  # the fourth wave of a request, and all after it


@dataclass(frozen=True)
class Wave:
    """Waves of one rank: how many there were, how many people they asked, how many claims came before the next."""

    waves: int = 0
    asked: int = 0
    claimed: int = 0

    def __add__(self, other: "Wave") -> "Wave":
        return Wave(self.waves + other.waves, self.asked + other.asked, self.claimed + other.claimed)


@dataclass(frozen=True)
class Waves:
    """Waves by their rank, 1 to `LATER`, and how many of those who were asked said no."""

    by_rank: Mapping[int, Wave]
    passed: int

    @property
    def whole(self) -> Wave:
        """All of them."""
        return sum(self.by_rank.values(), Wave())

    @property
    def answered(self) -> int:
        """How many said yes or no."""
        return self.whole.claimed + self.passed

    @property
    def answers_a_wave(self) -> float | None:
        """How many answer one wave; None where there was none."""
        return self.answered / self.whole.waves if self.whole.waves else None


def read(session: Session, line_id: int, span: Span) -> Waves:
    """Of the requests that were made in the span, whenever they were asked about.

    Who claims before any wave (from a list) answered none, and is left out.
    """
    asked = (
        sa.select(REQUESTS.c.id)
        .where(REQUESTS.c.line_id == line_id, *between(session, Request, "created_at", span.since, span.until))
        .subquery()
    )
    is_wave = sa.case((EVENTS.c.kind == ASKED, 1), else_=0)
    rank = sa.func.sum(is_wave).over(partition_by=EVENTS.c.request_id, order_by=(EVENTS.c.at, EVENTS.c.id))
    each = (
        sa.select(
            rank.label("rank"),
            EVENTS.c.kind,
            sa.case((EVENTS.c.kind == ASKED, EVENTS.c.words)).label("people"),  # other events have people's words
        )
        .join(asked, asked.c.id == EVENTS.c.request_id)
        .where(EVENTS.c.kind.in_((ASKED, CLAIMED)))
        .subquery()
    )
    by_rank = {n: Wave() for n in range(1, LATER + 1)}
    for n, kind, people, count in session.execute(sa.select(*each.c, sa.func.count()).group_by(*each.c)):
        if not n:
            continue
        found = Wave(claimed=count) if kind == CLAIMED else Wave(count, int(people or 0) * count)
        by_rank[min(int(n), LATER)] += found
    passed = (
        sa.select(sa.func.count())
        .select_from(OFFERS)
        .join(asked, asked.c.id == OFFERS.c.request_id)
        .where(OFFERS.c.state == OfferState.PASSED)
    )
    return Waves(by_rank, int(session.execute(passed).scalar_one()))
