"""Pretend people of one neighborhood: who asks for what and when, who is asked, and what they would do about it.

Everything is drawn from a seed, and what somebody would answer to one offer is drawn by its number: a neighborhood is
the same whatever rules its hotline lives by, so that rules are compared and not luck.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from random import Random
from zoneinfo import ZoneInfo

from tests.benchmarks import texts

ZONE = ZoneInfo("America/New_York")
FIRST_DAY = datetime(2026, 3, 2, tzinfo=ZONE)  # a Monday; the clocks change on the Sunday
DAY = timedelta(days=1)
NEVER_YET = datetime.min.replace(tzinfo=UTC)

VOLUNTEERS = 200
SPREAD = 10  # of the chances to say yes: the two figures of their Beta distribution add up to this
HALF_ANSWER = 12  # minutes until half of all answers have come: 82 % within an hour, 92 % within two
PASS_SAID = 0.3  # of those who do not want to; the others say nothing at all
GHOSTS = 0.1  # of claims after which not one word comes any more
DROPS = 0.04
ON_THE_WAY = 0.6  # say so
LEAVE_IN_A_YEAR = 1 / 3
SAY_STOP = 0.5  # of those who leave; the others fall silent
REPEATS = 0.28  # of requests, by somebody who asked before
URGENT, TODAY = 0.15, 0.5  # of requests; for the others there is no hurry
AT_NIGHT = 0.05  # of requests

STREETS = tuple(texts.AREAS.values())
ASKS = {
    "urgent": (
        "URGENT: baby formula, {door} {street}, we have none left",
        "urgent: need a ride to the clinic now, {door} {street}",
        "urgente: leche de formula para mi bebe, {door} {street}",
        "Need diapers asap, {door} {street}",
        "urgent, no food in the house for 3 kids, {door} {street}",
    ),
    "today": (
        "Need groceries for {people} at {door} {street} today",
        "I need my medicine picked up today, {door} {street}",
        "Necesito comida para {people} en {door} {street}, hoy",
        "I need a ride to the clinic today, {door} {street}",
        "Need groceries for {people} at {door} {street}",
    ),
    "anytime": (
        "no hurry, could somebody bring me toilet paper and soap any time this week? {door} {street}",
        "Could somebody walk my dog this week, no rush, {door} {street}",
        "Need groceries for {people} at {door} {street}, no hurry, any day this week",
    ),
}
CAN = (["food", "household"], ["transport", "medicine"], ["food", "baby", "medicine"], ["pets", "household", "food"])


class Trait(StrEnum):
    """What a neighborhood may have besides single errands, each of strangers to each other (see households.py)."""

    REPEATS = "repeats"  # the same person asks for the same again, some weekly
    BUILDINGS = "buildings"  # some live in one house, and say so in their own words
    HOUSEHOLDS = "households"  # some ask for more than one thing, from one phone or two
    OFFERS = "offers"  # people write what they would give, a little more often than others ask
    SILENCE = "silence"  # some never answer anything


@dataclass(frozen=True)
class Load:
    """What a neighborhood asks of its volunteers."""

    name: str
    days: int
    a_day: float
    rush: float = 1.0  # how many times that on the day in the middle
    hands: float | None = None  # requests a day for which all volunteers together have time; None: nobody counts
    chance: float = 0.10  # that somebody who is asked says yes, on average
    compared: bool = True  # with other ways to ask
    traits: frozenset[Trait] = frozenset()
    volunteers: int = VOLUNTEERS
    # Whether who has no time takes it once they have, within a day, and what is urgent all the same.
    steady: bool = False

    def rate(self, day: int) -> float:
        """How many requests come on a day, about."""
        return self.a_day * (self.rush if day == self.days // 2 else 1)

    def within(self, days: int | None) -> "Load":
        """The same over fewer days, if so many are too long."""
        return self if days is None or days >= self.days else replace(self, days=days)


@dataclass(frozen=True)
class Ask:
    """One request on its way: who texts what, and when."""

    at: datetime
    neighbor: int
    words: str
    place: str = ""  # what they answer when they are asked where
    offers: bool = False  # they would give something


@dataclass
class Volunteer:
    """Somebody who said they would help."""

    n: int
    chance: float
    awake: tuple[float, float]  # hours of the local day
    areas: list[str]
    can: list[str]
    languages: list[str]
    max_open: int | None
    hours: tuple[int, int] | None  # minutes of the local day in which they want to be asked
    digest: bool  # whether they want what is not urgent twice a day, together
    wakes: bool  # whether urgent needs may wake them
    leaves_at: datetime | None
    says_stop: bool
    busy_until: datetime = NEVER_YET
    ghosted: set[int] = field(default_factory=set)  # requests of which they will never say a word again

    def reads(self, at: datetime) -> datetime:
        """When they look at a text that comes then: not in their sleep."""
        return awake(at, *self.awake)


def awake(at: datetime, wakes: float, sleeps: float) -> datetime:
    """The moment itself, or the next morning of somebody who sleeps then."""
    local = at.astimezone(ZONE)
    morning = local.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(hours=wakes)
    hour = local.hour + local.minute / 60
    if wakes <= hour < sleeps:
        return at
    return (morning if hour < wakes else morning + DAY).astimezone(UTC)


def delay(chance: Random) -> timedelta:
    """How long an answer takes, along the measured curve."""
    u = chance.random()
    return timedelta(minutes=HALF_ANSWER * u / (1 - u))


def volunteers(load: Load, seed: str) -> list[Volunteer]:
    """The people who are asked."""
    return [_volunteer(n, load, Random(f"{seed} volunteer {n}")) for n in range(load.volunteers)]


def _volunteer(n: int, load: Load, luck: Random) -> Volunteer:
    leaves = -math.log(1 - luck.random()) / -math.log(1 - LEAVE_IN_A_YEAR) * 365 * DAY
    return Volunteer(
        n,
        chance=luck.betavariate(load.chance * SPREAD, (1 - load.chance) * SPREAD),
        awake=(luck.uniform(6, 8.5), luck.uniform(21.5, 24)),
        areas=[luck.choice(list(texts.AREAS))] if luck.random() < 0.3 else [],
        can=luck.choice(CAN) if luck.random() < 0.25 else [],
        languages=luck.choices((["en"], ["en", "es"], ["es"]), (80, 12, 8))[0],
        max_open=luck.randint(1, 2) if luck.random() < 0.15 else None,
        hours=luck.choice(((17 * 60, 21 * 60), (9 * 60, 13 * 60))) if luck.random() < 0.1 else None,
        digest=luck.random() < 0.08,
        wakes=luck.random() < 0.15,
        leaves_at=FIRST_DAY.astimezone(UTC) + leaves,
        says_stop=luck.random() < SAY_STOP,
    )


def asks(load: Load, seed: str) -> Iterator[Ask]:
    """Every request, in the order in which they come."""
    luck = Random(f"{seed} asks")
    known = 0
    for day in range(load.days):
        for at in sorted(moments(FIRST_DAY + day * DAY, load.rate(day), luck)):
            again = bool(known) and luck.random() < REPEATS
            neighbor = luck.randrange(known) if again else known
            known += not again
            yield Ask(at, neighbor, _words(neighbor, luck))


def moments(day: datetime, rate: float, luck: Random) -> list[datetime]:
    """When people text on this day, in no order."""
    count = round(rate + luck.gauss(0, 0.3) * math.sqrt(rate))
    hours = [luck.uniform(0, 7) if luck.random() < AT_NIGHT else luck.triangular(7, 22, 11) for _ in range(count)]
    return [(day + timedelta(hours=hour)).astimezone(UTC) for hour in hours]


def _words(neighbor: int, luck: Random) -> str:
    words = template(luck)
    return words.format(people=luck.randint(2, 6), door=door(neighbor), street=street(neighbor))


def template(luck: Random) -> str:
    """What somebody might ask for, with blanks for who and where they are."""
    u = luck.random()
    urgency = "urgent" if u < URGENT else "today" if u < URGENT + TODAY else "anytime"
    return luck.choice(ASKS[urgency])


def door(neighbor: int) -> int:
    """Where they live: the house."""
    return 1 + neighbor % 97


def street(neighbor: int) -> str:
    """Where they live: the street."""
    return STREETS[neighbor % len(STREETS)]
