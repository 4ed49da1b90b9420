"""Texts that left, by the line's own day and by lane: how many, how many segments, and what they cost.

The price is the line's own figure, as everywhere: the carrier tells its own only days later. A text that was handed
over twice cost twice.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation

import sqlalchemy as sa

from models.delivery.outbound import Lane, Outbound
from models.lines import Channel, Line, Policy
from models.report.span import Span, between, bucket
from models.store.session import Session
from models.store.types import table

OUT = table(Outbound)
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
    """What left, by day and by lane; days and lanes without any are there too."""

    days: Mapping[date, Mapping[Lane, Sent]]

    def of_day(self, day: date) -> Sent:
        """All that left on this day."""
        return sum(self.days[day].values(), Sent())

    def of_lane(self, lane: Lane) -> Sent:
        """All that left in this lane."""
        return sum((lanes[lane] for lanes in self.days.values()), Sent())

    @property
    def whole(self) -> Sent:
        """All of it."""
        return sum((self.of_day(day) for day in self.days), Sent())


def read(session: Session, line: Line, span: Span) -> Texts:
    """Of the texts that were queued in the span and have been handed to the carrier."""
    each = (
        sa.select(
            bucket(OUT.c.created_at, span.edges(span.days)).label("day"),
            OUT.c.lane,
            OUT.c.channel,
            OUT.c.tries,
            OUT.c.segments,
        )
        .where(
            OUT.c.line_id == line.id,
            OUT.c.tries > 0,
            *between(session, Outbound, "created_at", span.since, span.until),
        )
        .subquery()
    )
    totals = sa.func.count(), sa.func.sum(each.c.tries), sa.func.sum(each.c.tries * each.c.segments)
    keys = each.c.day, each.c.lane, each.c.channel
    days = {day: dict.fromkeys(Lane, Sent()) for day in span.days}
    for day, lane, channel, texts, tries, segments in session.execute(sa.select(*keys, *totals).group_by(*keys)):
        units = int(tries if channel is Channel.WHATSAPP else segments)
        days[span.days[day]][Lane(lane)] += Sent(int(texts), int(segments), price(line.policy, channel) * units)
    return Texts(days)


def price(policy: Policy, channel: Channel) -> Decimal:
    """What a segment costs by SMS, and a text by WhatsApp."""
    try:
        return Decimal(policy.price_whatsapp if channel is Channel.WHATSAPP else policy.price_sms)
    except InvalidOperation:  # somebody wrote it by hand; line_numbers.spend takes it for nothing too
        return FREE
