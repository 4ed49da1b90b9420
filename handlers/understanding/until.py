"""Until when somebody says to be away: "until monday", "for 3 days", "all next week"."""

from collections.abc import Sequence
from functools import cache
from itertools import pairwise

from babel import Locale
from babel.dates import get_day_names

from handlers import phrasebook
from handlers.understanding.arguments import UNITS
from handlers.understanding.phrases import PhraseIndex
from handlers.understanding.words import Token, clean, fold, split

WEEK = 7
LONG_ENOUGH = 4  # letters that begin the name of a day
NAMES = ("wide", "abbreviated")


def hours(words: str) -> int | None:
    """A span, in hours: "3 days", "a week"."""
    said, phrases = split(clean(words)), index()
    for count, unit in pairwise(said):
        many = 1 if phrases.is_function_word("article", count.text) else count.number
        for name, length in UNITS:
            if many and many < 1000 and len(unit.text) > 1 and phrases.is_function_word(name, unit.text):
                return many * length
    return None


def days(words: str, today: int) -> int | None:
    """How many days from this weekday on (Monday is 0) they are away, as far as they say."""
    said, phrases = split(clean(words)), index()
    named = next((day for w in said if (day := _weekday(w.text)) is not None), None)
    if named is not None:
        return (named - today - 1) % WEEK + 1
    if any(phrases.is_function_word("tomorrow", w.text) for w in said):
        return 1 if _is_end(said, phrases) else 2
    if any(phrases.is_function_word("weeks", w.text) for w in said if len(w.text) > 1):
        monday = WEEK - today
        return monday + WEEK if any(phrases.is_function_word("next", w.text) for w in said) else monday
    return None


def _weekday(word: str) -> int | None:
    """Which day of the week a word names, or begins to: "tues"."""
    begun = (day for name, day in weekdays().items() if len(word) >= LONG_ENOUGH and name.startswith(word))
    return weekdays().get(word, next(begun, None))


def _is_end(said: Sequence[Token], phrases: PhraseIndex) -> bool:
    """Whether the day is the end of it: "until tomorrow"."""
    return any(phrases.is_function_word("until", w.text) for w in said)


@cache
def index() -> PhraseIndex:
    """What people type, in every language we speak."""
    return PhraseIndex.of({code: phrasebook.book(code).pages for code in phrasebook.languages()})


@cache
def weekdays() -> dict[str, int]:
    """The names of the days in every language we speak, Monday 0."""
    return {
        fold(name).strip("."): day
        for code in phrasebook.languages()
        for width in NAMES
        for day, name in get_day_names(width, locale=Locale.parse(code)).items()  # type: ignore[arg-type]
    }
