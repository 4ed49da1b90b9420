"""How helping is shared: how many people are asked until one of them takes it, and how even the load is."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from models.assignments import HOLDING, Assignment
from models.people import HELPING, Person
from models.report import arithmetic
from models.report.span import Span, between, bucket
from models.requests import Event, Request
from models.store.session import Session
from models.store.statements import in_literals
from models.store.types import table

REQUESTS, ASSIGNMENTS, EVENTS, PEOPLE = table(Request), table(Assignment), table(Event), table(Person)
ASKED, CLAIMED = "wave", "claimed"  # kinds of events; the words of the first are how many were asked


@dataclass(frozen=True)
class Asks:
    """How many times volunteers were asked, and how many of those times somebody said yes."""

    asked: int = 0
    claimed: int = 0

    @property
    def per_claim(self) -> float | None:
        """How many were asked for one claim; None where there was none."""
        return self.asked / self.claimed if self.claimed else None


@dataclass(frozen=True)
class Load:
    """How many requests each volunteer carried, the fewest first. Whose is whose cannot be told from it."""

    carried: tuple[int, ...]

    @property
    def gini(self) -> float | None:
        """How uneven it is: 0 where all carry the same, near 1 where one carries everything."""
        return arithmetic.gini(self.carried)

    @property
    def total(self) -> int:
        """How many requests were carried."""
        return sum(self.carried)


def asks(session: Session, line_id: int, span: Span) -> Mapping[date, Asks]:
    """By the week in which volunteers were asked, or took something. What duty gave to somebody was not asked for."""
    each = (
        sa.select(
            bucket(EVENTS.c.at, span.edges(span.weeks)).label("week"),
            EVENTS.c.kind,
            sa.case((EVENTS.c.kind == ASKED, EVENTS.c.words)).label("asked"),  # other events have people's words
        )
        .join(REQUESTS, REQUESTS.c.id == EVENTS.c.request_id)
        .where(
            EVENTS.c.kind.in_((ASKED, CLAIMED)),
            REQUESTS.c.line_id == line_id,
            *between(session, Event, "at", span.since, span.until),
        )
        .subquery()
    )
    asked, claimed = Counter[date](), Counter[date]()
    for week, kind, people, count in session.execute(sa.select(*each.c, sa.func.count()).group_by(*each.c)):
        if kind == CLAIMED:
            claimed[span.weeks[week]] += count
        else:
            asked[span.weeks[week]] += int(people or 0) * count
    return {week: Asks(asked[week], claimed[week]) for week in span.weeks}


def load(session: Session, line_id: int, span: Span) -> Load:
    """Of everybody who may be asked now, and whoever else carried something that was taken in the span.

    What was given back, or lapsed, was not carried.
    """
    carried = (
        sa.select(ASSIGNMENTS.c.person_id, sa.func.count())
        .join(REQUESTS, REQUESTS.c.id == ASSIGNMENTS.c.request_id)
        .where(
            REQUESTS.c.line_id == line_id,
            in_literals(ASSIGNMENTS.c.state, HOLDING),
            *between(session, Assignment, "taken_at", span.since, span.until),
        )
        .group_by(ASSIGNMENTS.c.person_id)
    )
    counts = {person_id: count for person_id, count in session.execute(carried)}  # noqa: C416
    helping = session.execute(sa.select(PEOPLE.c.id).where(PEOPLE.c.line_id == line_id, *HELPING)).scalars()
    everybody = {*helping, *counts}
    return Load(tuple(sorted(counts.get(person_id, 0) for person_id in everybody)))
