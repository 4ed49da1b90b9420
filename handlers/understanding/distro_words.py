"""What is said of a distribution: "saturday 10-14 at St Paul's, 60 places", "D3 off rain", "here 37", "at 11:30"."""

import re
from collections.abc import Sequence
from enum import StrEnum
from functools import cache
from typing import NamedTuple

from handlers import phrasebook
from handlers.understanding import needs, when
from handlers.understanding.arguments import Said
from handlers.understanding.intents import Need
from handlers.understanding.phrases import PhraseIndex
from handlers.understanding.when.expression import Clock, Day, TimeExpression
from handlers.understanding.words import Token, clean, fold, split
from models.requests import Timing

NOON, HOUR, DAY = 12 * 60, 60, 24 * 60  # minutes
EARLY = 6 * 60  # before which no hour is meant that does not say so
NUMBERED = re.compile(r"d\s?#?(\d{1,6})\b|#?(\d{1,6})$", re.IGNORECASE)
CLOCK = r"(\d{1,2})(?:[:.h](\d\d))?\s*(?:([ap])(?:\.?m\b\.?|\b))?"
SPAN = re.compile(
    rf"(?:\b(?:from|between|de|desde|entre)\s+)?(?:las\s+)?(?<![\d/]){CLOCK}\s*"
    rf"(?:-|–|—|to|till?|until|a|y|and|hasta)\s*(?:las\s+)?{CLOCK}(?![\d/])",
    re.IGNORECASE,
)
FOR = re.compile(r"(?:^|[\s,])(?:for|para)\s+(.+?)(?=,\s*\d+\s|$)", re.IGNORECASE)
LAST_NUMBER = re.compile(r"[\s,]+(\d{1,5})\s*[.!]?\s*$")
LED = re.compile(r"^(?:\s|[,;./-]|(?:at|in|on|@|en|el|la los)\b)+", re.IGNORECASE)
LONGEST_NAME = 3  # words
MOST_NUMBERS = 20  # in one text from a table
MOST_WALKINS = 50
BEFORE = 2  # words before another, in which "not" is about it
BESIDE = 4  # words at most beside "any", "another" or "no"
SURE, LONGEST_WHY = 3, 16  # words: who says at least so much of not coming may say why
CHOICE = re.compile(r"\D{0,12}(\d{1,2})(?:[:.h](\d\d))?\s*([ap])?")


class Verb(StrEnum):
    """What somebody on duty wants of distributions."""

    LIST = "list"
    PLAN = "plan"
    SHOW = "show"
    OFF = "off"
    PLACES = "places"


class DistroSaid(NamedTuple):
    """A distribution as somebody announced it, or what they want of one; what was not said is None or empty."""

    verb: Verb
    number: int | None = None
    day: TimeExpression | None = None
    begins: int | None = None  # minutes of the day
    ends: int | None = None
    place: str = ""
    places: int | None = None
    needs: tuple[Need, ...] = ()
    words: str = ""  # why it is off; or what it is for, where we have no name for that


class HereSaid(NamedTuple):
    """Who is at the table: by number, by name, or so many without an appointment."""

    numbers: tuple[int, ...] = ()
    name: str = ""
    walkins: int = 0
    distribution: int | None = None


class SlotWish(StrEnum):
    """What an invited household says instead of an hour."""

    ANY = "any"
    ANOTHER = "another"
    CANNOT = "cannot"


class Missed(StrEnum):
    """What would help a household that could not come, in words."""

    BRING = "bring"
    RIDE = "ride"
    ANOTHER = "another"


def distro(said: Said) -> DistroSaid | None:
    """What follows DISTRO; None where it is no order but a question of somebody who waits."""
    typed = " ".join(said.rest_as_typed.split())
    if not typed:
        return DistroSaid(Verb.LIST)
    found = NUMBERED.match(typed)
    if found is not None:
        return _about(int(found[1] or found[2]), typed[found.end() :].strip(" ,:;.-"))
    return None if typed.endswith("?") else _plan(typed)


def _about(number: int, rest: str) -> DistroSaid:
    words = split(clean(rest))
    if not words:
        return DistroSaid(Verb.SHOW, number)
    for size in (2, 1):
        if _index().is_function_word("distro_off", *(w.text for w in words[:size])):
            end = words[min(size, len(words)) - 1].end
            return DistroSaid(Verb.OFF, number, words=clean(rest)[end:].strip(" ,:;.-"))
    count = _places(rest)[0]
    if count is None:
        count = next((w.number for w in words if w.number is not None), None)
    return DistroSaid(Verb.SHOW if count is None else Verb.PLACES, number, places=count)


def _plan(typed: str) -> DistroSaid | None:
    text, words = typed, ""
    meant: tuple[Need, ...] = ()
    if goal := FOR.search(text):
        text, words = f"{text[: goal.start()]} {text[goal.end() :]}", goal[1].strip(" ,.")
        places, words = _places(words)
        meant = for_what(words)
        text = text if places is None else f"{text}, {places}"
    count, text = _places(text)
    time, begins, ends, text = _time(text)
    if count is None and (last := LAST_NUMBER.search(f" {text}")):
        count, text = int(last[1]), f" {text}"[: last.start()]
    place = LED.sub("", text).strip(" ,;.-!")
    if time is None and begins is None and count is None:
        return None
    return DistroSaid(Verb.PLAN, None, time, begins, ends, place, count, meant, words)


def for_what(words: str) -> tuple[Need, ...]:
    """The kinds of help that words name, such as "diapers, food"; nothing where they name none."""
    return tuple(n for n in needs.understand(words).needs_if_asked if n is not Need.OTHER) if words else ()


def _places(text: str) -> tuple[int | None, str]:
    """How many, and the words without that: "60 places", "20 bags"."""
    words = split(text)
    for n, word in enumerate(words[:-1]):
        if word.number is not None and _index().is_function_word("distro_places", words[n + 1].text):
            return word.number, f"{text[: word.start]} {text[words[n + 1].end :]}"
    return None, text


def _time(text: str) -> tuple[TimeExpression | None, int | None, int | None, str]:
    """The day, the hours of it, and the words without both."""
    span = SPAN.search(text)
    begins, ends = _span(span) if span else (None, None)
    dated = text if span is None else f"{text[: span.start()]} , {text[span.end() :]}"
    words = split(dated)
    read = when.read(dated, words)
    day: Day | None = read.time.day if read else None
    named = read.words if read and day else frozenset()
    for n in sorted(named, reverse=True):
        dated = f"{dated[: words[n].start]} {dated[words[n].end :]}"
    return (TimeExpression(Timing.WITHIN, day) if day else None), begins, ends, " ".join(dated.split())


def _span(found: re.Match[str]) -> tuple[int | None, int | None]:
    """`10-14`, `10am-2pm`, `9-1`: of an hour that says neither am nor pm the one that makes sense."""
    (h1, m1, half1), (h2, m2, half2) = found.group(1, 2, 3), found.group(4, 5, 6)
    begins, ends = _minute(h1, m1, half1), _minute(h2, m2, half2)
    if begins is None or ends is None:
        return None, None
    if (half2 or "").lower() == "p" and not half1 and begins < NOON and begins + NOON < ends:
        begins += NOON  # "1-3pm"
    if not half1 and not half2 and begins < EARLY and ends <= EARLY + HOUR:
        begins, ends = begins + NOON, ends + NOON  # "2-5": nobody means the night
    if not half2 and ends <= begins and ends < NOON:
        ends += NOON  # "9-1"
    return begins, ends


def _minute(hour_: str, minute: str | None, half: str | None) -> int | None:
    hours, past = int(hour_), int(minute or 0)
    if half and 1 <= hours <= 12:
        hours = hours % 12 + (12 if half.lower() == "p" else 0)
    elif half:
        return None
    return hours * HOUR + past if hours * HOUR + past <= DAY and past < HOUR else None


def here(said: Said) -> HereSaid | None:
    """Who is at the table; None where it can be no such thing."""
    words, distribution = list(said.rest), None
    if words and (found := re.fullmatch(r"d(\d{1,6})", words[0].text)):
        distribution, words = int(found[1]), words[1:]
    if not words:
        return HereSaid(distribution=distribution)
    for size in (2, 1):
        if _index().is_function_word("walk_in", *(w.text for w in words[:size])):
            rest = words[size:]
            count = 1 if not rest else rest[0].number if len(rest) == 1 else None
            return HereSaid(walkins=count, distribution=distribution) if count and count <= MOST_WALKINS else None
    numbers = [w.number for w in words if not _filler(w)]
    if numbers and all(number is not None for number in numbers):
        kept = tuple(dict.fromkeys(n for n in numbers if n is not None))[:MOST_NUMBERS]
        return HereSaid(kept, distribution=distribution)
    plain = all(word.number is None for word in words) and len(words) <= LONGEST_NAME
    name = said.body[words[0].start : words[-1].end]
    return HereSaid(name=name, distribution=distribution) if plain else None


def _filler(word: Token) -> bool:
    return word.text == "#" or _index().is_function_word("and", word.text)


def slot_wish(words: str) -> SlotWish | None:
    """Whether they want any slot, others, or none."""
    said = [word.text for word in split(clean(words))]
    for wish in (SlotWish.CANNOT, SlotWish.ANOTHER, SlotWish.ANY):
        if any(_starts(said, wish, size) for size in (4, 3, 2, 1)):
            return wish
    return None


def missed(words: str) -> Missed | None:
    """What would help somebody who could not come, wherever in their answer they say so."""
    said = [word.text for word in split(clean(words))]
    for size in (3, 2, 1):
        for n in range(len(said) - size + 1):
            before = said[max(n - BEFORE, 0) : n]
            if any(_index().is_function_word("not_wanted", word) for word in before):
                continue
            for wish in Missed:
                if _index().is_function_word(f"missed_{wish}", *said[n : n + size]):
                    return wish
    return None


def _starts(said: Sequence[str], wish: SlotWish, size: int) -> bool:
    longest = LONGEST_WHY if wish is SlotWish.CANNOT and size >= SURE else size + BESIDE
    return len(said) <= longest and _index().is_function_word(f"slot_{wish}", *said[:size])


def hour(words: str, begins: int, ends: int) -> int | None:
    """The minute of the day that an answer names, within hours of it: "11", "at 11:30", "sabado a las 11", "2"."""
    read = when.of(words)
    clock: Clock | None = read.clock if read else None
    if clock is not None:
        found = clock.hour * HOUR + clock.minute
    else:
        match = CHOICE.match(fold(clean(words)))
        if match is None:
            return None
        found = int(match[1]) * HOUR + int(match[2] or 0)
        found = found % NOON + (NOON if match[3] == "p" else 0) if match[3] else found
    likely = (found, (found + NOON) % DAY)
    return next((minute for minute in likely if begins <= minute < ends), found)


@cache
def _index() -> PhraseIndex:
    """What people type, in every language we speak."""
    return PhraseIndex.of({code: phrasebook.book(code).pages for code in phrasebook.languages()})
