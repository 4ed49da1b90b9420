"""A neighborhood as a city group's published books have it: households that ask again, in houses they share.

Of its asks 28 % were for the same thing again, of its open ones 21 % shared an address and 51 % a building, and
offers outnumbered requests. Each of these is drawn only where a `Load` has its trait.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random

from tests.benchmarks import neighborhood
from tests.benchmarks.neighborhood import DAY, FIRST_DAY, REPEATS, STREETS, Ask, Load, Trait

AGAIN = 0.42  # of asks: some of them come while the one before is open, and are no request of their own
WEEKLY = 0.4  # of households, and then of what they ask again
SOONEST_AGAIN = 2 * DAY
MORE = 0.21  # of the others, by a household that has asked for another thing since yesterday
SECOND_PHONE = 0.4  # of households
TOWERS, IN_TOWERS = 7, 0.48  # houses, and the share of households that live in one of these
OFFERS_AN_ASK = 1.1
NEVER_ANSWER = 0.2  # of people
GIVERS = 15_000  # where those who would give something begin among the neighbors
IN_WORDS = (
    "{number} {street} apt {unit}",
    "{number} {street}, #{unit}",
    "apt {unit}, {number} {street}",
    "{number} {street} Apt. {unit}",
)
OFFERS = (
    "I have 2 strollers to give away",
    "I can drive people on fridays",
    "we have canned food to drop off",
    "tengo ropa de bebe para donar",
    "I'd like to donate diapers, size 3",
    "I can give away a crib, free",
)


@dataclass(frozen=True)
class Household:
    """Who lives behind one door, and how they write where that is."""

    n: int
    place: str
    phones: int
    weekly: bool

    def phone(self, which: int) -> int:
        """One of their phones, as a neighbor's number."""
        return 2 * self.n + which % self.phones


def household(n: int, load: Load, seed: str) -> Household:
    """The household of this number."""
    luck = Random(f"{seed} household {n}")
    street, number, unit = STREETS[n % len(STREETS)], 100 + n, ""
    if Trait.BUILDINGS in load.traits and luck.random() < IN_TOWERS:
        number = 11 + luck.randrange(TOWERS)
        street, unit = STREETS[number % len(STREETS)], f"{n % 90 + 1}{'ABCDEF'[n // 90 % 6]}"
    place = luck.choice(IN_WORDS).format(number=number, street=street, unit=unit) if unit else f"{number} {street}"
    two = Trait.HOUSEHOLDS in load.traits and luck.random() < SECOND_PHONE
    return Household(n, place, 1 + two, luck.random() < WEEKLY)


def asks(load: Load, seed: str) -> Iterator[Ask]:
    """Every text that begins something, in the order in which they come."""
    luck, gives = Random(f"{seed} households"), Random(f"{seed} offers")
    before: list[tuple[Household, Ask]] = []
    given = 0
    for day in range(load.days):
        rate = load.a_day * (load.rush if day == load.days // 2 else 1)
        begins = FIRST_DAY + day * DAY
        moments = [(at, False) for at in neighborhood.moments(begins, rate, luck)]
        if Trait.OFFERS in load.traits:
            moments += [(at, True) for at in neighborhood.moments(begins, rate * OFFERS_AN_ASK, gives)]
        for at, offers in sorted(moments):
            if offers:
                yield Ask(at, GIVERS + given, gives.choice(OFFERS), offers=True)
                given += 1
            else:
                before.append(_asks(at, load, seed, luck, before))
                yield before[-1][1]


def _asks(
    at: datetime, load: Load, seed: str, luck: Random, before: list[tuple[Household, Ask]]
) -> tuple[Household, Ask]:
    u = luck.random()
    if Trait.REPEATS in load.traits and u < AGAIN and (again := _again(at, luck, before)):
        return again
    recent = [home for home, ask in before[-200:] if at - ask.at < DAY]
    if Trait.HOUSEHOLDS in load.traits and recent and luck.random() < MORE:
        home, which = luck.choice(recent), 1
    elif Trait.REPEATS not in load.traits and before and u < REPEATS:
        home, which = luck.choice(before)[0], 0
    else:
        home, which = household(len({home.n for home, _ in before}), load, seed), 0
    words = neighborhood.template(luck).replace("{door} {street}", "{place}")
    return home, Ask(at, home.phone(which), words.format(people=luck.randint(2, 6), place=home.place), home.place)


def _again(at: datetime, luck: Random, before: list[tuple[Household, Ask]]) -> tuple[Household, Ask] | None:
    """Somebody asks for what they asked for before: a week before, if they do so each week."""
    latest = {(ask.neighbor, ask.words): (home, ask) for home, ask in before}
    old = [(home, ask) for home, ask in latest.values() if at - ask.at >= SOONEST_AGAIN]
    a_week = timedelta(days=6), timedelta(days=8)
    weekly = [(home, ask) for home, ask in old if home.weekly and a_week[0] <= at - ask.at <= a_week[1]]
    known = weekly if weekly and luck.random() < WEEKLY else old
    if not known:
        return None
    home, ask = luck.choice(known)
    return home, replace(ask, at=at)


def is_silent(phone: str, seed: str) -> bool:
    """Whether the person with this phone never answers anything."""
    return Random(f"{seed} silent {phone}").random() < NEVER_ANSWER
