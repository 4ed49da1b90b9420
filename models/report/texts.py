"""Texts that left, by the line's own day and by lane: how many, how many segments, and what they and those in cost.

Prices are of our table or the line's own, as everywhere (models/prices.py): the carrier tells its own days later. A
text that was handed over twice cost twice.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

import sqlalchemy as sa

from models import prices
from models.delivery.outbound import Lane, Outbound
from models.inbound import Inbound
from models.lines import Channel, Line
from models.report.span import Span, between, bucket
from models.store.session import Session
from models.store.types import table

OUT, HEARD = table(Outbound), table(Inbound)
FREE = Decimal(0)


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


def read(session: Session, line: Line, span: Span) -> Texts:
    """Of the texts that were queued in the span and have been handed to the carrier, and of those that came in."""
    by_whatsapp, by_sms = (_usual(line, channel) for channel in (Channel.WHATSAPP, Channel.SMS))
    # Texts from before there was a table of prices have no cost of their own.
    usual = sa.case((OUT.c.channel == Channel.WHATSAPP, by_whatsapp), else_=by_sms * OUT.c.segments)
    each = (
        sa.select(
            bucket(OUT.c.created_at, span.edges(span.days)).label("day"),
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
    days = {day: dict.fromkeys(Lane, Sent()) for day in span.days}
    for day, lane, texts, segments, cost in session.execute(sa.select(*keys, *totals).group_by(*keys)):
        days[span.days[day]][Lane(lane)] += Sent(int(texts), int(segments), Decimal(int(cost)) / prices.MILLION)
    return Texts(days, _heard(session, line, span))


def _usual(line: Line, channel: Channel) -> int:
    return prices.sent(line.policy, channel, "", 1, country=line.country)


def _heard(session: Session, line: Line, span: Span) -> dict[date, Sent]:
    day = bucket(HEARD.c.received_at, span.edges(span.days)).label("day")
    within = between(session, Inbound, "received_at", span.since, span.until)
    each = sa.select(day, HEARD.c.cost).where(HEARD.c.line_id == line.id, *within).subquery()
    found = sa.select(each.c.day, sa.func.count(), sa.func.sum(each.c.cost)).group_by(each.c.day)
    days = dict.fromkeys(span.days, Sent())
    for at, texts, cost in session.execute(found):
        days[span.days[at]] = Sent(int(texts), 0, Decimal(int(cost or 0)) / prices.MILLION)
    return days
