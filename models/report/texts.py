"""Texts that left, by the line's own day and by lane: how many, how many segments, and what they and those in cost.

Also over a whole span, with those that did not arrive.

Prices are of our table or the line's own, as everywhere (models/prices.py): the carrier tells its own days later. A
text that was handed over twice cost twice.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

import sqlalchemy as sa

from models import prices
from models.delivery.outbound import Lane, Outbound, State
from models.inbound import Inbound
from models.lines import Channel, Line
from models.report.span import Span, between, bucket
from models.store.session import Session
from models.store.statements import in_literals
from models.store.types import table

OUT, HEARD = table(Outbound), table(Inbound)
FREE = Decimal(0)
# Refused by the carrier or a phone company; never left, until nobody wanted it any more; nobody knows.
UNDELIVERED = (State.FAILED, State.EXPIRED, State.UNCERTAIN)


@dataclass(frozen=True)
class Sent:
    """Texts, their segments, and their price in the line's currency."""

    texts: int = 0
    segments: int = 0
    money: Decimal = FREE

    def __add__(self, other: "Sent") -> "Sent":
        return Sent(self.texts + other.texts, self.segments + other.segments, self.money + other.money)


@dataclass(frozen=True)
class Texts:
    """What left, by day and by lane, and what came in; days and lanes without any are there too."""

    days: Mapping[date, Mapping[Lane, Sent]]
    heard: Mapping[date, Sent] = field(default_factory=dict)  # what came in by day, without its segments

    def of_day(self, day: date) -> Sent:
        """All that left on this day."""
        return sum(self.days[day].values(), Sent())

    def of_lane(self, lane: Lane) -> Sent:
        """All that left in this lane."""
        return sum((lanes[lane] for lanes in self.days.values()), Sent())

    def money_of(self, day: date) -> Decimal:
        """What this day cost, with what came in."""
        return self.of_day(day).money + self.heard.get(day, Sent()).money

    @property
    def heard_whole(self) -> Sent:
        """All that came in."""
        return sum(self.heard.values(), Sent())

    @property
    def whole(self) -> Sent:
        """All that left."""
        return sum((self.of_day(day) for day in self.days), Sent())


@dataclass(frozen=True)
class Carried:
    """What left in a whole span by lane, what came in, and how many of those that should have left did not arrive."""

    lanes: Mapping[Lane, Sent]
    heard: Sent
    undelivered: Mapping[State, int]  # by `UNDELIVERED`

    @property
    def whole(self) -> Sent:
        """All that left."""
        return sum(self.lanes.values(), Sent())

    @property
    def money(self) -> Decimal:
        """What it cost, with what came in."""
        return self.whole.money + self.heard.money


def read(session: Session, line: Line, span: Span) -> Texts:
    """Of the texts that were queued in the span and have been handed to the carrier, and of those that came in."""
    days = {day: dict.fromkeys(Lane, Sent()) for day in span.days}
    for day, lane, sent in _left(session, line, span, span.days):
        days[span.days[day]][lane] += sent
    return Texts(days, _heard(session, line, span, span.days))


def carried(session: Session, line: Line, span: Span) -> Carried:
    """The same of the whole span, and what was queued in it and did not arrive."""
    lanes = dict.fromkeys(Lane, Sent())
    for _, lane, sent in _left(session, line, span, (span.first,)):
        lanes[lane] += sent
    lost = sa.select(OUT.c.state, sa.func.count()).where(
        OUT.c.line_id == line.id,
        in_literals(OUT.c.state, UNDELIVERED),
        *between(session, Outbound, "created_at", span.since, span.until),
    )
    undelivered = dict.fromkeys(UNDELIVERED, 0)
    for state, count in session.execute(lost.group_by(OUT.c.state)):
        undelivered[State(state)] = int(count)
    return Carried(lanes, _heard(session, line, span, (span.first,))[span.first], undelivered)


def _left(session: Session, line: Line, span: Span, days: Sequence[date]) -> Iterator[tuple[int, Lane, Sent]]:
    """What left in the stretches that begin on these days, by lane."""
    by_whatsapp, by_sms = (_usual(line, channel) for channel in (Channel.WHATSAPP, Channel.SMS))
    # Texts from before there was a table of prices have no cost of their own.
    usual = sa.case((OUT.c.channel == Channel.WHATSAPP, by_whatsapp), else_=by_sms * OUT.c.segments)
    each = (
        sa.select(
            bucket(OUT.c.created_at, span.edges(days)).label("day"),
            OUT.c.lane,
            OUT.c.tries,
            OUT.c.segments,
            sa.func.coalesce(OUT.c.cost, usual).label("cost"),
        )
        .where(
            OUT.c.line_id == line.id,
            OUT.c.tries > 0,
            *between(session, Outbound, "created_at", span.since, span.until),
        )
        .subquery()
    )
    totals = sa.func.count(), sa.func.sum(each.c.tries * each.c.segments), sa.func.sum(each.c.tries * each.c.cost)
    keys = each.c.day, each.c.lane
    for day, lane, texts, segments, cost in session.execute(sa.select(*keys, *totals).group_by(*keys)):
        yield day, Lane(lane), Sent(int(texts), int(segments), Decimal(int(cost)) / prices.MILLION)


def _usual(line: Line, channel: Channel) -> int:
    return prices.sent(line.policy, channel, "", 1, country=line.country)


def _heard(session: Session, line: Line, span: Span, first_days: Sequence[date]) -> dict[date, Sent]:
    day = bucket(HEARD.c.received_at, span.edges(first_days)).label("day")
    within = between(session, Inbound, "received_at", span.since, span.until)
    each = sa.select(day, HEARD.c.cost).where(HEARD.c.line_id == line.id, *within).subquery()
    found = sa.select(each.c.day, sa.func.count(), sa.func.sum(each.c.cost)).group_by(each.c.day)
    days = dict.fromkeys(first_days, Sent())
    for at, texts, cost in session.execute(found):
        days[first_days[at]] = Sent(int(texts), 0, Decimal(int(cost or 0)) / prices.MILLION)
    return days
