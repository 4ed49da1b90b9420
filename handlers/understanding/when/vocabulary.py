"""The words that name a time, in all our languages at once, ready to be looked up."""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from babel import Locale
from babel.dates import get_day_names, get_month_names
from rapidfuzz import fuzz, process

from handlers.understanding.when.expression import TODAY, Clock, Day, DayKind, Part
from handlers.understanding.words import Token, split
from models.requests import Timing

HERE = Path(__file__).parent
WIDTHS = ("wide", "abbreviated")
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MONTHS = {"september": 9}  # those that have more names than the calendar's
SHORT_NAME = 3  # letters: "sat" and "sun" are other words, too
LONG_ENOUGH, CLOSE_ENOUGH = 6, 86  # letters, and of 100: "thrusday" is a day
MANY_WORDS = 8192
TELLING = ("day", "part", "month", "unit")


class Named(NamedTuple):
    """What a term names."""

    day: Day | None = None
    part: Part | None = None
    clock: Clock | None = None
    timing: Timing | None = None
    unsure: bool = False  # it is another word, too


NOTHING = Named()
NAMED: dict[str, Named] = {
    "today": Named(TODAY),
    "tomorrow": Named(Day(DayKind.AHEAD, 1)),
    "after_tomorrow": Named(Day(DayKind.AHEAD, 2)),
    "weekend": Named(Day(DayKind.WEEKEND, 0)),
    "next_weekend": Named(Day(DayKind.WEEKEND, 1)),
    "week": Named(Day(DayKind.WEEK, 0)),
    "next_week": Named(Day(DayKind.WEEK, 1)),
    "tonight": Named(TODAY, Part.NIGHT),
    "this_morning": Named(TODAY, Part.MORNING),
    "this_afternoon": Named(TODAY, Part.AFTERNOON),
    "end_of_day": Named(timing=Timing.BEFORE),
    "noon": Named(clock=Clock(12, sure=True)),
    "midnight": Named(clock=Clock(24, sure=True)),
    **{part.value: Named(part=part) for part in Part},
}


class Term(NamedTuple):
    """Words that stand for something of this kind."""

    words: tuple[str, ...]
    kind: str  # "day", "part", "month", "unit", "number", "meridiem", or a list of [lead], [behind], [sign]
    value: Any = None


@cache
def terms() -> Mapping[str, Sequence[Term]]:
    """Every term by its first word, the longest first."""
    by_first: dict[str, list[Term]] = {}
    tables = {path.stem: tomllib.loads(path.read_text(encoding="utf-8")) for path in sorted(HERE.glob("*.toml"))}
    for code, table in tables.items():
        for term in (*_listed(table), *_calendar(code)):
            by_first.setdefault(term.words[0], []).append(term)
    return {word: sorted(found, key=lambda term: -len(term.words)) for word, found in by_first.items()}


def _listed(table: Mapping[str, Mapping[str, Sequence[str]]]) -> Iterator[Term]:
    for kind, lists in table.items():
        for name, spellings in lists.items():
            for spelling in spellings:
                words = tuple(word.text for word in split(spelling))
                if kind in ("lead", "behind", "sign"):
                    yield Term(words, f"{kind}_{name}" if kind != "lead" else kind, name)
                elif kind == "weekday":
                    unsure = len(spelling) <= SHORT_NAME
                    yield Term(words, "day", Named(Day(DayKind.WEEKDAY, DAYS.index(name)), unsure=unsure))
                elif kind in ("day", "part"):
                    yield Term(words, kind, NAMED[name])
                elif kind == "month":
                    yield Term(words, kind, MONTHS[name])
                else:
                    yield Term(words, kind, int(name) if name.isdigit() else name)


def _calendar(code: str) -> Iterator[Term]:
    """The names of days and months that Babel knows."""
    locale = Locale.parse(code)
    months: dict[str, int] = {}
    for width in WIDTHS:
        for number, name in get_month_names(width, locale=locale).items():  # type: ignore[arg-type]
            months[_word(name)] = number
    for width in WIDTHS:
        for number, name in get_day_names(width, locale=locale).items():  # type: ignore[arg-type]
            if (word := _word(name)) not in months:  # "mar" is a month, with a number
                named = Named(Day(DayKind.WEEKDAY, number), unsure=len(word) <= SHORT_NAME)
                yield Term((word,), "day", named)
    for word, number in months.items():
        yield Term((word,), "month", number)


def _word(name: str) -> str:
    return split(name)[0].text


@lru_cache(MANY_WORDS)
def begun_by(word: str) -> Sequence[Term]:
    """The terms that this word begins, the longest first; a long word a typo away from a day stands for it."""
    found = terms().get(word, ())
    if found or len(word) < LONG_ENOUGH or not word.isalpha() or word in _no_typos():
        return found
    best = process.extractOne(word, _days(), scorer=fuzz.ratio, score_cutoff=CLOSE_ENOUGH)
    return [term for term in terms()[best[0]] if len(term.words) == 1] if best and best[0][0] == word[0] else ()


@cache
def _days() -> Sequence[str]:
    """The names of days long enough for a typo not to make another word."""
    return [
        word
        for word, found in terms().items()
        if len(word) >= LONG_ENOUGH and any(t.kind == "day" and len(t.words) == 1 for t in found)
    ]


@cache
def _no_typos() -> frozenset[str]:
    return frozenset(word for word, found in terms().items() if any(term.kind == "sign_typos" for term in found))


def find(words: Sequence[Token], at: int, *kinds: str) -> Term | None:
    """The longest term of one of these kinds that stands there."""
    if at >= len(words):
        return None
    for term in begun_by(words[at].text):
        if term.kind in kinds:
            size = len(term.words)
            if size == 1 or term.words == tuple(word.text for word in words[at : at + size]):
                return term
    return None


@lru_cache(MANY_WORDS)
def names_time(word: str) -> bool:
    """Whether a time may be named with this word, in figures or not: all others need not be looked at."""
    found = begun_by(word)
    return word[0].isdigit() or any(t.kind in TELLING or (t.kind == "number" and t.value > 1) for t in found)
