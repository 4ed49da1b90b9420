"""A figure and its value as people say them: `Quiet from`, `9 PM`, `2 hours`, `no limit`."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from babel.numbers import format_percent

from handlers.phrasebook import Book
from handlers.rules.figures.groups import UNITS, Unit
from handlers.wording.summary import Ours

NAMES = Path(__file__).parent / "names"
HOUR, DAY = 60, 24 * 60  # minutes
LONGER = (("unit_days", DAY), ("unit_hours", HOUR))
# What no limit, no time and no list stand for, where that is more than nothing.
NOTHING: Mapping[str, str] = {
    **dict.fromkeys(
        "doors_per_day reply_limit answers_per_day most_open_requests requests_per_day offers_per_day daily_budget"
        " daily_ceiling errand_limit week_limit".split(),
        "unit_no_limit",
    ),
    **dict.fromkeys("gap_urgent gap_today gap_anytime waves".split(), "unit_by_answers"),
    **dict.fromkeys("yes_chance answer_minutes".split(), "unit_as_measured"),
    **dict.fromkeys(
        "carrier_keeps_hours brake_requests queue_days decide_reminder duty_silent_hours duty_share_weeks".split(),
        "unit_never",
    ),
    "first_wave_urgent": "unit_as_later",
    "danger_numbers": "unit_of_country",
    "countries": "unit_own_country",
    **dict.fromkeys("price_sms price_whatsapp prices".split(), "unit_by_the_table"),
}
EVERY_COUNTRY = ("*",)


@cache
def names(code: str) -> Mapping[str, str]:
    """What each figure is called in a language; in English where that one has no names for them."""
    file = NAMES / f"{code}.toml"
    return tomllib.loads((file if file.exists() else NAMES / "en.toml").read_text(encoding="utf-8"))


@dataclass(frozen=True)
class FigureName:
    """A figure by what people call it."""

    name: str

    def in_words(self, book: Book) -> str:
        """`Exact places a day`; a figure of an older version, which nobody calls anything, by its own name."""
        return names(book.code).get(self.name) or self.name.replace("_", " ")


@dataclass(frozen=True)
class FigureValue:
    """A value of a figure."""

    name: str
    value: Any

    def in_words(self, book: Book) -> str:
        """`2 hours`, `no limit`, `9 PM`."""
        value, unit = self.value, UNITS.get(self.name)
        several = tuple(value) if isinstance(value, tuple | list) else None
        if (not value or value == "0") and self.name in NOTHING:
            return book.say(NOTHING[self.name])
        if several == EVERY_COUNTRY:
            return book.say("unit_every_country")
        if several is not None:
            return _several(book, unit, several)
        return _one(book, unit, value)


@dataclass(frozen=True)
class FigureSpan:
    """From one hour of the day until another."""

    begins: int
    ends: int

    def in_words(self, book: Book) -> str:
        """`10 PM-7 AM`; the same hour twice is no time at all."""
        if self.begins == self.ends:
            return book.say("unit_none")
        return f"{book.hour(self.begins * HOUR)}-{book.hour(self.ends * HOUR)}"


def _several(book: Book, unit: Unit | None, values: Sequence[Any]) -> str:
    if not values:
        return book.say("unit_none")
    if unit is Unit.NUMBERS:
        pairs = (str(value).partition("=") for value in values)
        return book.listed([f"{book.say(f'unit_danger_{kind}')} {number}" for kind, _, number in pairs])
    return book.listed([_one(book, unit, value) for value in values])


def _one(book: Book, unit: Unit | None, value: Any) -> str:
    if unit is Unit.CLOCK:
        return book.hour(int(value) * HOUR)
    if unit is Unit.MINUTES:
        phrase, length = next(((p, n) for p, n in LONGER if value and value % n == 0), ("unit_minutes", 1))
        return _counted(book, phrase, value if length == 1 else int(value // length))
    if unit is Unit.CHANCE:
        return str(format_percent(value, locale=book.locale)).replace("\xa0", " ").replace("\u202f", " ")
    if unit is Unit.NEEDS:
        return book.need(value)
    if unit is Unit.FIGURES:
        return str(FigureName(value).in_words(book)) if value in UNITS else book.say(f"unit_group_{value}")
    if unit is Unit.SHOWS:
        return book.say(f"unit_shows_{value}")
    if unit in (Unit.MONEY, Unit.SPEED):
        return book.say(f"unit_{unit}", {"value": Ours(_plain(value))})
    if unit is Unit.COUNTRIES:
        return str(book.locale.territories.get(value, value))
    if unit in (Unit.PRICES, None):
        return str(value)
    return _counted(book, f"unit_{unit}", value)


def _counted(book: Book, phrase: str, value: float) -> str:
    whole = int(value) if value == int(value) else None
    n = whole if whole is not None else 2  # "0.7 yeses"
    return book.say(phrase, {"n": n, "value": Ours(_plain(value))})


def _plain(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
