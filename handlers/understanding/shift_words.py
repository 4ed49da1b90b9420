"""Days and hours of a turn on duty: "tue 18-22", "mon-fri 6pm-10pm", "off tuesday", "10 de marzo 9-1"."""

import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from handlers import phrasebook
from handlers.understanding.arguments import Said
from handlers.understanding.phrases import PhraseIndex
from handlers.understanding.when.vocabulary import day_names, month_names
from handlers.understanding.words import Token, clean, fold, split

NOON, HOUR, DAY = 12 * 60, 60, 24 * 60  # minutes
CLOCK = r"(\d{1,2})(?:[:.h](\d\d))?\s*([ap])?(?:\.?m\b\.?)?"
SPAN = re.compile(rf"(?<![\d/]){CLOCK}\s*(?:-|–|—|to|till?|until|a|hasta)\s*(?:las\s+)?{CLOCK}(?![\d/])")
ISO = re.compile(r"\b(\d{4})-(\d\d)-(\d\d)\b")
SLASHED = re.compile(r"(?<!\d)(\d{1,2})/(\d{1,2})(?!\d)")
MOST_UNKNOWN = 1  # words; with more of them it is about something else
OFF, CANT, ADD = "off", "cant", "add"


class ShiftSaid(NamedTuple):
    """What somebody says of a turn: which days (Monday is 0) or date, and from which minute of the day to which."""

    verb: str
    days: tuple[int, ...] = ()
    date: tuple[int, int] | None = None  # month and day
    slashed: bool = False  # written as 3/10: which of the two is the month depends on the country
    begins: int | None = None
    ends: int | None = None
    once: bool = False
    from_today: int | None = None  # 0 today, 1 tomorrow


def turn(said: Said) -> ShiftSaid | None:
    """What follows the command SHIFT; None if that is no turn at all."""
    verb, rest = ADD, list(said.rest)
    for name, kind in ((CANT, "shift_cant"), (OFF, "shift_off")):  # "no puedo" is not "no"
        if said.phrases.begin_with(kind, rest):
            verb, rest = name, rest[1:]
            break
    found = read(said.rest_as_typed)
    unknown = [w for w in rest if not _known(w.text)]
    if not said.rest or len(unknown) > (MOST_UNKNOWN if found.begins is not None or verb is not ADD else 0):
        return None
    told = found.days or found.date or found.begins is not None or found.from_today is not None
    return found._replace(verb=verb) if told or verb is not ADD else None


def read(words: str) -> ShiftSaid:
    """The days, the date and the hours that stand in words, whatever else they say."""
    text = " ".join(fold(part) for part in clean(words).split())
    iso, slashed = ISO.search(text), SLASHED.search(text)
    named = _named_date(split(text))
    date = (int(iso[2]), int(iso[3])) if iso else (int(slashed[1]), int(slashed[2])) if slashed else named
    for match in (iso, slashed):
        text = text.replace(match[0], " ") if match else text
    begins, ends = _hours(text)
    return ShiftSaid(
        ADD,
        () if date else tuple(_days(text)),
        date,
        slashed is not None and iso is None,
        begins,
        ends,
        _any(text, "shift_once"),
        1 if _any(text, "tomorrow") else 0 if _any(text, "shift_today") else None,
    )


def _hours(text: str) -> tuple[int | None, int | None]:
    """`18-22`, `6-10pm`, `9-1`: where one hour says neither am nor pm, it is the one that makes sense."""
    found = SPAN.search(text)
    if found is None:
        return None, None
    (h1, m1, half1), (h2, m2, half2) = found.group(1, 2, 3), found.group(4, 5, 6)
    begins, ends = _minute(h1, m1, half1), _minute(h2, m2, half2)
    if begins is None or ends is None:
        return None, None
    if half2 == "p" and not half1 and begins < NOON and begins + NOON < ends:
        begins += NOON  # "6-10pm" is in the evening, "9-1pm" from the morning on
    if not half1 and not half2 and ends < begins < NOON < ends + NOON:
        ends += NOON  # "9-1"
    return (None, None) if begins in (ends, DAY) else (begins, ends)


def _minute(hour: str, minute: str | None, half: str | None) -> int | None:
    number, past = int(hour), int(minute or 0)
    if number > 24 or past > 59 or (half and not 1 <= number <= 12):
        return None
    if half:
        number = number % 12 + (12 if half == "p" else 0)
    total = number * HOUR + past
    return total if total <= DAY else None


def _days(text: str) -> Iterator[int]:
    words = split(text)
    if _any(text, "shift_every_day"):
        yield from range(7)
        return
    if _any(text, "shift_weekdays"):
        yield from range(5)
        return
    before: tuple[Token, int] | None = None
    seen: set[int] = set()
    for word in words:
        day = weekday(word.text)
        if day is None:
            continue
        days = [day]
        if before is not None and re.fullmatch(r"\s*(?:-|–|to|thru|through|a)\s*", text[before[0].end : word.start]):
            days = [(before[1] + n) % 7 for n in range(1, (day - before[1]) % 7 + 1)]
        yield from (d for d in days if d not in seen)
        seen.update(days)
        before = word, day


def weekday(word: str) -> int | None:
    """Which day of the week a word names, Monday 0; "tues" and "tuesdays" too."""
    known = _weekdays()
    if word in known:
        return known[word]
    singular = known.get(word.removesuffix("s"))
    begun = (day for name, day in known.items() if len(word) >= 3 and name.startswith(word))
    return singular if singular is not None else next(begun, None)


def _named_date(words: list[Token]) -> tuple[int, int] | None:
    """`march 10`, `10 de marzo`."""
    for n, word in enumerate(words):
        month = _months().get(word.text)
        near = [w.number for w in (*words[n + 1 : n + 2], *reversed(words[max(n - 2, 0) : n]))]
        day = next((number for number in near if number is not None and 1 <= number <= 31), None)
        if month and day:
            return month, day
    return None


def _known(word: str) -> bool:
    return (
        weekday(word) is not None
        or word in _months()
        or re.fullmatch(r"\d+[a-z]{0,2}|[ap]m?|m", word) is not None
        or any(_index().is_function_word(kind, word) for kind in KNOWN)
    )


KNOWN = ("shift_filler", "shift_once", "shift_today", "shift_every_day", "shift_weekdays", "tomorrow", "until", "and")


def _any(text: str, kind: str) -> bool:
    words = [w.text for w in split(text)]
    ones = (_index().is_function_word(kind, w) for w in words)
    pairs = (_index().is_function_word(kind, *words[n : n + 2]) for n in range(len(words) - 1))
    return any(ones) or any(pairs)


@cache
def _months() -> dict[str, int]:
    """The months by their whole names, in every language we speak: for short, "mar" is a day here."""
    return {word: n for code in phrasebook.languages() for word, n in month_names(code, ("wide",)).items()}


@cache
def _weekdays() -> dict[str, int]:
    """The days of the week by their names in every language we speak, Monday 0."""
    return {word: n for code in phrasebook.languages() for word, n in day_names(code).items()}


@cache
def _index() -> PhraseIndex:
    """What people type, in every language we speak."""
    return PhraseIndex.of({code: phrasebook.book(code).pages for code in phrasebook.languages()})
