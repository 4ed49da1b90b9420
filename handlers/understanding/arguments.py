"""What some commands take beside numbers and a note (`AWAY 3D`, `ONLY RIDES`): a small function reads each."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from handlers.understanding import carrier_words, needs
from handlers.understanding.intents import Need, Topic
from handlers.understanding.lexicon import Lexicons
from handlers.understanding.phrases import Phrase, PhraseIndex
from handlers.understanding.when import of as time_of
from handlers.understanding.when.expression import TimeExpression
from handlers.understanding.words import Token

LONGEST_AREA = 4  # words
LONGEST_UNTIL = 8
LONGEST_TIME = 6
LONGEST_GONE = 4
LONGEST_TOPIC = 4
MARKED = re.compile(r"h(\d{1,9})", re.IGNORECASE)  # a change, as HISTORY names it
UNITS = (("hours", 1), ("days", 24), ("weeks", 7 * 24))


@dataclass(frozen=True)
class Said:
    """A command as somebody typed it."""

    body: str  # the whole text
    phrase: Phrase
    rest: Sequence[Token]  # the words after the phrase
    rest_as_typed: str
    phrases: PhraseIndex
    lexicons: Lexicons

    def rest_is(self, kind: str) -> bool:
        """Whether the words after the phrase are on a list of the phrasebooks' [function_words]."""
        return self.phrases.is_function_word(kind, *(w.text for w in self.rest))


@dataclass(frozen=True)
class Argument:
    """How a command's argument is read."""

    name: str  # what `hotline parse` calls it
    read: Callable[[Said], Any]
    in_words: bool = False  # it stands in the words after the command: None from `read` means, this is no command
    optional: bool = False  # these words may be missing


def hours(said: Said) -> int | None:
    """`3d`, `2 weeks`, `for a day` in hours."""
    words = [w.text for w in said.rest]
    if len(words) > 1 and said.phrases.is_function_word("filler", words[0]):
        # The filler of one language is the article of another: "a" in "avalo a 7" and in "away a day".
        words = words if said.phrases.is_function_word("article", words[0]) else words[1:]
    if len(words) == 1:
        digits = "".join(c for c in words[0] if c.isdigit())
        words = [digits, words[0].removeprefix(digits)]
    if len(words) != 2:
        return None
    article = said.phrases.is_function_word("article", words[0])
    count = 1 if article else int(words[0]) if words[0].isdigit() else 0
    for unit, length in UNITS:
        if 0 < count < 1000 and said.phrases.is_function_word(unit, words[1]):
            return count * length
    return None


HALF = (
    r"(am|pm|a\.m\.|p\.m\.|h|in the (?:morning|afternoon|evening)|at night"
    r"|de la (?:mañana|manana|madrugada|tarde|noche))?"
)
SPAN = re.compile(
    rf"(?:from|between|desde|de|entre)?\s*(?:las?\s*)?(\d{{1,2}})(?:[:.h](\d\d))?\s*{HALF}\s*"
    rf"(?:-|–|to|until|till|and|a|hasta|y)\s*(?:las?\s*)?(\d{{1,2}})(?:[:.h](\d\d))?\s*{HALF}",
    re.IGNORECASE,
)
NAMED = (
    (re.compile(r"\b(?:noon|midday|(?:el )?mediod[ií]a)\b", re.IGNORECASE), "12 pm"),
    (re.compile(r"\b(?:midnight|(?:la )?medianoche)\b", re.IGNORECASE), "12 am"),
)
MORNING, EVENING = (
    ("am", "morning", "mañana", "manana", "madrugada"),
    ("pm", "afternoon", "evening", "night", "tarde", "noche"),
)
WHOLE_DAY: tuple[int, int] = (0, 0)


def hours_of_day(said: Said) -> tuple[int, int] | None:
    """`9-18`, `9am to 6pm` in minutes of the day; the whole day for `all`."""
    if said.rest_is("anything"):
        return WHOLE_DAY
    return _span(said.rest_as_typed)


def _span(typed: str, *, narrow: bool = False) -> tuple[int, int] | None:
    """From when until when in the day; `narrow` reads "1 to 3 pm" as two hours of the afternoon."""
    for name, hour in NAMED:
        typed = name.sub(hour, typed)
    found = SPAN.fullmatch(typed.strip(" ,.!"))
    if found is None:
        return None
    begins, ends = _minute(found[1], found[2], found[3]), _minute(found[4], found[5], found[6])
    if begins is None or ends is None:
        return None
    if narrow and not found[3] and begins < NOON and begins + NOON < ends:
        begins += NOON
    if not (found[3] or found[6]) and ends <= begins <= NOON and ends < NOON:
        ends += NOON  # "9-5"
    return begins % DAY, ends % DAY


NOON, DAY = 12 * 60, 24 * 60


def _minute(hour: str, minute: str | None, half: str | None) -> int | None:
    """A time of day in minutes; None for one that there is not."""
    half = (half or "").lower().replace(".", "")
    morning, evening = half.endswith(MORNING), half.endswith(EVENING)
    hours, past = int(hour), int(minute or 0)
    if hours > (12 if morning or evening else 24) or past > 59:
        return None
    hours = hours % 12 + 12 * evening if morning or evening else hours
    return hours * 60 + past


def until(said: Said) -> bool | None:
    """Whether words follow that may say until when; they are the note."""
    return True if said.rest and len(said.rest) <= LONGEST_UNTIL else None


def away(said: Said) -> int | TimeExpression | None:
    """The same, or until when: `until friday`, `til march 3`."""
    return hours(said) or (time_of(said.rest_as_typed, month_ends=True) if len(said.rest) <= LONGEST_TIME else None)


def count(said: Said) -> int | None:
    """A number and nothing else."""
    return said.rest[0].number if len(said.rest) == 1 else None


def kinds(said: Said) -> tuple[Need, ...] | None:
    """`rides and food`; nothing in the tuple means any kind."""
    if said.rest_is("anything"):
        return ()
    named = [word for word in said.rest if not said.phrases.is_function_word("errands", word.text)]
    return needs.listed(said.rest, said.lexicons.every) or needs.listed(named, said.lexicons.every) or None


def everywhere(said: Said) -> bool | None:
    """Whether all areas are meant; which one it is otherwise, the note says."""
    return said.rest_is("anything") if len(said.rest) <= LONGEST_AREA else None


def on(said: Said) -> bool | None:
    """Whether the watch begins or ends; None for who just asks."""
    return {"duty_on": True, "duty_off": False}.get(said.phrase.name)


def brake(said: Said) -> bool | None:
    """Whether waves shall be slow or not; None for who just asks."""
    return {"brake_on": True, "brake_off": False}.get(said.phrase.name)


class TapTurned(NamedTuple):
    """How new requests are let in: "open", "closed", "auto", or "rate" and so many a day."""

    tap: str
    rate: int = 0


TAPS = {"tap_open": "open", "tap_close": "closed", "tap_auto": "auto"}


def tap(said: Said) -> TapTurned | None:
    """`tap open`, `tap 5`, `let in 10 a day`; None for all that only begins so ("tap water is brown")."""
    words, number = list(said.rest), None
    if said.phrase.name not in TAPS:
        if not words or words[0].number is None:
            return None
        number = words.pop(0).number
    if not all(said.phrases.is_function_word("tap_filler", word.text) for word in words):
        return None
    if number is None:
        return TapTurned(TAPS[said.phrase.name])
    return TapTurned("rate", number) if 0 < number < 1000 else None


def digest(said: Said) -> bool:
    """Whether offers shall come together."""
    return said.phrase.name != "digest_off"


def quiet(said: Said) -> bool | tuple[int, int] | None:
    """Whether others read their phone, and between which hours it may be texted all the same."""
    fill = [said.phrases.is_function_word("quiet_filler", word.text) for word in said.rest]
    if said.phrase.name == "quiet_off":
        return False if all(fill) else None
    if all(fill):
        return True
    first = fill.index(False)
    for end in range(len(fill), fill.index(False), -1):  # "9am-3pm please", but "9 to 10 at night"
        for begin in (0, first):
            if found := _span(said.body[said.rest[begin].start : said.rest[end - 1].end], narrow=True):
                return found
        if not fill[end - 1]:
            return None
    return None


def wake(said: Said) -> bool | None:
    """Whether danger may wake them; None for who just asks."""
    return {"wake_on": True, "wake_off": False}.get(said.phrase.name)


class Proposed(NamedTuple):
    """What somebody proposes, and for how many hours it shall be open, if they say so."""

    words: str
    hours: int | None = None


def proposed(said: Said) -> Proposed | None:
    """The words that follow, after how long it is open: `2 weeks we buy a fridge`; None without any."""
    rest = said.rest
    for size in (3, 2, 1):
        begins = rest[:size]
        if len(begins) == size and any(word.text[0].isdigit() for word in begins):
            found = hours(replace(said, rest=begins))
            if found is not None:
                return Proposed(said.body[rest[size].start :].strip() if len(rest) > size else "", found)
    return Proposed(said.body[rest[0].start :].strip()) if rest else None


def proposal_off(said: Said) -> bool:
    """Whether a proposal is taken back."""
    return said.phrase.name == "proposal_off" or said.rest_is("proposal_off")


class ToMany(NamedTuple):
    """Words to many, and whether they are for those who asked for help instead of volunteers."""

    words: str
    asked: bool = False


def to_many(said: Said) -> ToMany | None:
    """Whom words are for, and the words; None without any."""
    asked = bool(said.rest) and said.phrases.is_function_word("broadcast_asked", said.rest[0].text)
    begins = said.rest[1 if asked else 0 :]
    words = said.body[begins[0].start :].strip() if begins else ""
    return ToMany(words, asked) if words or asked else None


def gift(said: Said) -> bool | None:
    """Whether words follow that may name something to give; they are the note."""
    words = said.rest
    if not words or "?" in said.rest_as_typed:
        return None
    return True if _names(said, len(words)) or words[0].number is not None else None


def no_gift(said: Said) -> bool | None:
    """The same of something that is given no more: in few words, for "gone" begins many a sentence."""
    return True if 0 < len(said.rest) <= LONGEST_GONE and _names(said, 1) else None


def stock(said: Said) -> bool | None:
    """Whether words follow that say what a group has: they begin with it, unlike "stock up on food please"."""
    begins = said.rest and (said.rest[0].number is not None or _names(said, 1))
    return True if begins and "?" not in said.rest_as_typed else None


def _names(said: Said, within: int) -> bool:
    """Whether a thing is named that begins within so many words."""
    marks = said.lexicons.every.marks(said.rest)
    return any(mark.tag in ("needs", "everyday") and mark.first < within for mark in marks)


class Looked(NamedTuple):
    """What of the rules or the history somebody wants to see: all or a topic, which page, or one change alone."""

    topic: Topic | None = None
    page: int = 1
    change: int | None = None


def looked(said: Said) -> Looked | None:
    """`more`, `2`, `quiet`, `safety 2`, `h12`; None for all that only begins so ("rules of the shelter?")."""
    words = list(said.rest)
    if not words or len(words) > LONGEST_TOPIC:
        return None
    if len(words) == 1 and (marked := MARKED.fullmatch(words[0].text)):
        return Looked(change=int(marked[1]))
    page = 1
    if words[-1].number is not None:
        page = words.pop().number or 1
    elif said.phrases.is_function_word("history_more", words[-1].text):
        words.pop()
        page = 2
    if not words:
        return Looked(page=page)
    texts = [word.text for word in words]
    topic = next((each for each in Topic if said.phrases.is_function_word(f"topic_{each}", *texts)), None)
    return Looked(topic, page) if topic is not None else None


def by_carrier(said: Said) -> bool:
    """Whether it is a word that the carrier itself acts on and answers."""
    return said.body.upper() in carrier_words.STOP


def language(said: Said) -> str:
    """The language whose name was said."""
    return said.phrase.language
