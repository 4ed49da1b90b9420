"""What a text costs, by country, channel and category: a table with sources and dates, and what a line lays over it.

The table is prices.toml; amounts are in US dollars, for a segment by SMS and RCS and for a message else. Sent by
SMS they hold Twilio's part and a usual fee of the phone companies; by WhatsApp Twilio's fee and Meta's, which since
October 2026 takes as much for replies within 24 hours as for utility templates (the first thousand a month are free:
not counted, so that a budget holds).
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from functools import cache, lru_cache
from pathlib import Path

from models.lines import Channel, Policy
from models.regions import ANYWHERE, MARKETS, country_of

TABLE = Path(__file__).with_suffix(".toml")
MILLION = 1_000_000
FREE = Decimal(0)
SEGMENT = 153  # characters of one of several segments; a carrier that does not say how many a text took is rare


class Way(StrEnum):
    """How a text is charged: by which way it travels."""

    SMS = "sms"
    MMS = "mms"
    RCS = "rcs"
    WHATSAPP = "whatsapp"


class Kind(StrEnum):
    """In which direction, and by WhatsApp as what."""

    OUT = "out"
    IN = "in"
    SERVICE = "service"  # a reply within 24 hours
    UTILITY = "utility"  # a template


BY_SEGMENT = frozenset({Way.SMS, Way.RCS})
KINDS: Mapping[Way, tuple[Kind, ...]] = {
    **dict.fromkeys((Way.SMS, Way.MMS, Way.RCS), (Kind.OUT, Kind.IN)),
    Way.WHATSAPP: (Kind.SERVICE, Kind.UTILITY, Kind.IN),
}


@dataclass(frozen=True)
class Price:
    """One row: what a unit costs, and how we know."""

    way: Way
    kind: Kind
    place: str  # a country, a market of Meta's, or * for all others
    carrier: Decimal
    fees: Decimal = FREE
    source: str = ""
    read_on: date | None = None
    estimate: bool = False

    @property
    def amount(self) -> Decimal:
        """All of it."""
        return self.carrier + self.fees

    @property
    def micros(self) -> int:
        """The same, in millionths."""
        return int(self.amount * MILLION)


@cache
def table() -> Mapping[tuple[Way, Kind, str], Price]:
    """The table as it is shipped."""
    kept = tomllib.loads(TABLE.read_text(encoding="utf-8"))
    found = [
        Price(
            Way(row["channel"]),
            Kind(row["kind"]),
            row["place"],
            Decimal(row["carrier"]),
            Decimal(row.get("fees", "0")),
            kept["sources"][row["source"]],
            row["date"],
            row.get("estimate", False),
        )
        for row in kept["prices"]
    ]
    return {(price.way, price.kind, price.place): price for price in found}


def way_of(channel: Channel, *, media: bool = False) -> Way:
    """How a text on this channel is charged."""
    way = Way(channel.value)
    return Way.MMS if way is Way.SMS and media else way


def price(policy: Policy, way: Way, kind: Kind, country: str) -> Price:
    """What a unit costs: by the line's own prices, for this country or any; else by the table."""
    flat = policy.price_whatsapp if way is Way.WHATSAPP else policy.price_sms
    return _price(policy.prices, flat, way, kind, country)


@lru_cache(8192)
def _price(prices: tuple[str, ...], flat: str, way: Way, kind: Kind, country: str) -> Price:
    own = _own(prices)
    for place in (country, ANYWHERE):
        if (way, kind, place) in own:
            return own[way, kind, place]
    if flat and kind is not Kind.IN and way is not Way.MMS:
        return Price(way, kind, ANYWHERE, _amount(flat))
    shipped = table()
    places = country, MARKETS.get(country, ANYWHERE), ANYWHERE
    return next(shipped[way, kind, place] for place in places if (way, kind, place) in shipped)


@lru_cache(256)
def _own(written: tuple[str, ...]) -> Mapping[tuple[Way, Kind, str], Price]:
    """The line's own prices; one that cannot be read must not stop the texts."""
    found = {}
    for row in written:
        try:
            one = read(row)
        except ValueError:
            continue
        found[one.way, one.kind, one.place] = one
    return found


def read(written: str) -> Price:
    """A price as it is kept: `MX sms out 0.05`. Raises ValueError, whose words say what to write."""
    parts = written.split()
    if len(parts) != 4:
        raise ValueError("write a country, a channel, a direction and an amount, such as MX sms out 0.05")
    place, said_way, said_kind, said_amount = parts
    if not (place == ANYWHERE or (len(place) == 2 and place.isascii() and place.isupper())):
        raise ValueError(f"{place!r} is no country; write two capital letters, or * for all others")
    try:
        way = Way(said_way)
    except ValueError:
        raise ValueError(f"{said_way!r} is no channel; write {', '.join(Way)}") from None
    if said_kind not in KINDS[way]:
        raise ValueError(f"{said_kind!r} is nothing that {way} charges; write {', '.join(KINDS[way])}")
    return Price(way, Kind(said_kind), place, _amount(said_amount, strict=True))


def _amount(written: str, *, strict: bool = False) -> Decimal:
    try:
        amount = Decimal(written)
    except InvalidOperation:
        amount = Decimal("NaN")
    if amount.is_finite() and 0 <= amount < 100:
        return amount
    if strict:
        raise ValueError(f"{written!r} is no amount of money; write it such as 0.0083")
    return FREE


def sent(
    policy: Policy,
    channel: Channel,
    to: str,
    segments: int,
    *,
    media: bool = False,
    template: bool = False,
    country: str | None = None,
) -> int:
    """What a text to this address, or to any of this country, costs, in millionths of a dollar."""
    way = way_of(channel, media=media)
    kind = Kind.OUT if way is not Way.WHATSAPP else Kind.UTILITY if template else Kind.SERVICE
    return price(policy, way, kind, country or country_of(to)).micros * (segments if way in BY_SEGMENT else 1)


def heard(
    policy: Policy, channel: Channel, country: str, body: str, *, media: bool = False, segments: str | None = None
) -> int:
    """What a text that came in to a line of this country costs, in millionths; the carrier says how many segments."""
    way = way_of(channel, media=media)
    units = 1
    if way in BY_SEGMENT:
        told = segments is not None and segments.isascii() and segments.isdigit() and 0 < len(segments) < 3
        units = max(int(segments or 1), 1) if told else max(1, -(-len(body) // SEGMENT))
    return price(policy, way, Kind.IN, country).micros * units
