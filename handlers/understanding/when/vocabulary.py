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
HOURLY = (
    "at",
    "by",
    "before",
    "after",
    "from",
    "in",
    "within",
)  # the lists of [lead] behind which a number may be a time


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
                if kind in ("lead", "behind", "sign", "repeat"):
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
    months = month_names(code)
    for word, number in day_names(code).items():
        if word not in months:  # "mar" is a month, with a number
            yield Term((word,), "day", Named(Day(DayKind.WEEKDAY, number), unsure=len(word) <= SHORT_NAME))
    for word, number in months.items():
        yield Term((word,), "month", number)


def day_names(code: str) -> dict[str, int]:
    """What a language calls the days, in full and for short; Monday is 0."""
    names = (get_day_names(width, locale=Locale.parse(code)) for width in WIDTHS)  # type: ignore[arg-type]
    return {_word(name): number for by_number in names for number, name in by_number.items()}


def month_names(code: str, widths: Sequence[str] = WIDTHS) -> dict[str, int]:
    """What a language calls the months; January is 1."""
    names = (get_month_names(width, locale=Locale.parse(code)) for width in widths)  # type: ignore[arg-type]
    return {_word(name): number for by_number in names for number, name in by_number.items()}


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


@lru_cache(MANY_WORDS)
def _by_kind(word: str) -> Mapping[str, Sequence[Term]]:
    kinds: dict[str, list[Term]] = {}
    for term in begun_by(word):
        kinds.setdefault(term.kind, []).append(term)
    return kinds


def find(words: Sequence[Token], at: int, *kinds: str) -> Term | None:
    """The longest term of one of these kinds that stands there."""
    if at >= len(words) or not (begun := _by_kind(words[at].text)):
        return None
    best: Term | None = None
    for kind in kinds:
        for term in begun.get(kind, ()):
            size = len(term.words)
            if best is not None and size <= len(best.words):
                break
            if size == 1 or term.words == tuple(word.text for word in words[at : at + size]):
                best = term
                break
    return best


class Role(NamedTuple):
    """What a word may do in the naming of a time."""

    names: bool  # it ends the name of a day, a month or a part of the day: enough to look closer
    begins: bool  # it begins one
    counts: bool  # it begins a number or a span
    leads: bool  # it begins what leads to a time
    before: bool  # it ends what leads to an hour or a span: a number behind it may be one
    behind: bool  # it makes a number before it an hour, or counts the hours until then


NO_ROLE = Role(False, False, False, False, False, False)


@lru_cache(MANY_WORDS)
def role(word: str) -> Role:
    """What a word may do: most do nothing, and cost no more than to ask."""
    found = begun_by(word)
    kinds = {term.kind for term in found}
    digit = word[0].isdigit()
    said = Role(
        word in _last_of_names()
        or (digit and not word.isdigit())
        or any(len(t.words) == 1 and t.kind == "day" for t in found),
        bool(kinds & {"day", "part", "month", "sign_month_end"}),
        digit or bool(kinds & {"number", "sign_article", "unit"}),
        "lead" in kinds,
        word in _led_to_hours(),
        bool(kinds & {"meridiem", "unit"}),
    )
    return NO_ROLE if said == NO_ROLE else said


@cache
def _last_of_names() -> frozenset[str]:
    kinds = ("day", "part", "month")
    return frozenset(term.words[-1] for found in terms().values() for term in found if term.kind in kinds)


@cache
def _led_to_hours() -> frozenset[str]:
    return frozenset(
        t.words[-1] for found in terms().values() for t in found if t.kind == "lead" and t.value in HOURLY
    )


def names_time(text: str, words: Sequence[Token]) -> bool:
    """Whether a text may name a time at all, so that it is worth a closer look."""
    before, counted = NO_ROLE, False
    for word in words:
        now = role(word.text)
        if now.names or (counted and (now.behind or (word.opens and text[word.start - 1] in ":/"))):
            return True
        counted = now.counts
        if counted and before.before:
            return True
        before = now
    return False
