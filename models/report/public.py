"""What everybody may know of a line: how often help came in a month, and with what. Nobody can be told from it.

No figure is of fewer than five: kinds of help that came more seldom are counted together as others, with the next
ones if these are too few themselves, so that nothing is left to be found by subtraction. A month is told once it is
over, in steps of five: nothing runs along, so two looks a day apart do not tell of one request between them.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa

from models.assignments import Assignment
from models.assignments import State as AssignmentState
from models.lines import Line
from models.report.span import DAY, Span, between
from models.requests import Event, Outcome, Request, State
from models.store.session import Session
from models.store.statements import in_literals
from models.store.types import table

REQUESTS, ASSIGNMENTS, EVENTS = table(Request), table(Assignment), table(Event)
LEAST = 5  # of which a figure is told, and the steps in which it is
OTHERS = "other"
SAID = ("closed", "confirmed", "missing")  # events with which a neighbor may say that it came


@dataclass(frozen=True)
class Told:
    """Counts that everybody may know, each at least what it says and at most four more; None is fewer than five."""

    helped: int | None
    by_need: Mapping[str, int]  # the most frequent first, others last
    helpers: int | None


@dataclass(frozen=True)
class Month:
    """What is told of one month that is over."""

    first: date
    through: date  # the last day that is counted
    told: Told


def month(session: Session, line: Line, now: datetime) -> Month:
    """How often help came in the last month that is over."""
    last = Span.days_before(line, now, 1).first.replace(day=1) - DAY
    first = last.replace(day=1)
    needs, helpers = helped(session, line.id, Span(line.timezone, first, last))
    return Month(first, last, told(needs, helpers))


def helped(session: Session, line_id: int, span: Span) -> tuple[Counter[str], int]:
    """By their first kind of help, the requests of which the neighbor said in the span that it came; and who helped.

    Exact: for `told` alone.
    """
    came = (
        sa.select(REQUESTS.c.id, REQUESTS.c.needs)
        .join(EVENTS, EVENTS.c.request_id == REQUESTS.c.id)
        .where(
            REQUESTS.c.line_id == line_id,
            REQUESTS.c.state == State.CLOSED,
            in_literals(REQUESTS.c.outcome, (Outcome.FULFILLED, Outcome.PARTIAL)),
            EVENTS.c.kind.in_(SAID),
            EVENTS.c.at == REQUESTS.c.changed_at,  # the last of them, if they have said so before
            *between(session, Event, "at", span.since, span.until),
        )
    )
    found = {request_id: needs for request_id, needs in session.execute(came)}  # noqa: C416
    needs = Counter(needs[0] if needs else OTHERS for needs in found.values())
    ids = came.with_only_columns(REQUESTS.c.id)
    helpers = sa.select(sa.func.count(ASSIGNMENTS.c.person_id.distinct())).where(
        ASSIGNMENTS.c.request_id.in_(ids), ASSIGNMENTS.c.state == AssignmentState.DONE
    )
    return needs, int(session.execute(helpers).scalar_one())


def told(needs: Mapping[str, int], helpers: int) -> Told:
    """What may be told of these exact counts, of which each request is in one."""
    return Told(at_least(sum(needs.values())), grouped(needs), at_least(helpers))


def grouped(needs: Mapping[str, int]) -> dict[str, int]:
    """What may be told of counts that add up to all: the most frequent first, others last.

    None is of fewer than five, and nothing that is left out is, unless all are.
    """
    seldom_first = sorted((need for need in needs if needs[need] > 0), key=lambda need: (needs[need], need))
    others = needs.get(OTHERS, 0)
    named = [need for need in seldom_first if need != OTHERS]
    while named and (needs[named[0]] < LEAST or 0 < others < LEAST):
        others += needs[named.pop(0)]
    shown = {need: in_fives(needs[need]) for need in sorted(named, key=lambda need: (-needs[need], need))}
    if others >= LEAST:
        shown[OTHERS] = in_fives(others)
    return shown


def at_least(count: int) -> int | None:
    """A count that may be told; None for fewer than five."""
    return in_fives(count) if count >= LEAST else None


def in_fives(count: int) -> int:
    """A count as it is told."""
    return count - count % LEAST
