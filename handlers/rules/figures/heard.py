"""Figures and their values as people text them, in any language we speak: `quiet 22-7`, `doors per day 4`."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from rapidfuzz import fuzz, process

from handlers import phrasebook
from handlers.phrasebook import Value
from handlers.rules.figures.groups import UNITS, Unit
from handlers.rules.figures.saying import names
from handlers.rules.figures.table import FIGURES
from handlers.understanding import needs, when
from handlers.understanding.words import Token, clean, fold, split

HEARD = Path(__file__).parent / "heard.toml"
QUIET = "quiet"  # both of these at once
ENDS = ("quiet_from", "quiet_until")
ALIKE = 80  # of 100: from here on it may be a slip of the finger
LONGEST_NAME = 8  # words
LONGEST_VALUE = 12  # words; who says more tells a story
IN_HOURS: Mapping[Unit, int] = {Unit.HOURS: 1, Unit.DAYS: 24, Unit.WEEKS: 7 * 24}
CLOCK = re.compile(r"(\d{1,2})(?:[:.]00)?\s*(am|pm|a\.m\.|p\.m\.|h)?", re.IGNORECASE)
TO = r"\s*(?:-|–|to|until|till|a|hasta|and|y)\s*(?:las?\s*)?"
SPAN = re.compile(f"{CLOCK.pattern}{TO}{CLOCK.pattern}", re.IGNORECASE)
LISTED = re.compile(r"\s*(?:,|;|\band\b|\by\b|\be\b)\s*", re.IGNORECASE)
SHORT_MINUTES = re.compile(r"(\d{1,5})\s*(?:m|min|mins|minutes?|minutos?)\.?", re.IGNORECASE)


@dataclass(frozen=True)
class Setting:
    """What figures shall be; None: what they were at first."""

    values: Mapping[str, Any]


@dataclass(frozen=True)
class NoValue:
    """A figure is named, and what stands behind it is no value for it."""

    name: str


@dataclass(frozen=True)
class Near:
    """No figure is called so, but this one nearly is."""

    spoken: Value


@cache
def _table() -> Mapping[str, Mapping[str, Sequence[str]]]:
    return tomllib.loads(HEARD.read_text(encoding="utf-8"))


def _words(said: str) -> tuple[str, ...]:
    return tuple(token.text for token in split(clean(said)))


@cache
def _called() -> Mapping[tuple[str, ...], str]:
    """Every name of every figure, as its words."""
    known: dict[tuple[str, ...], str] = {}
    for code in phrasebook.languages():
        known |= {_words(spoken): name for name, spoken in names(code).items() if name in FIGURES}
    known |= {_words(name.replace("_", " ")): name for name in FIGURES}
    return known | {_words(one): name for name, said in _table()["figures"].items() for one in said}


@cache
def _listed(kind: str) -> frozenset[tuple[str, ...]]:
    return frozenset(_words(one) for one in _table()["words"][kind])


@cache
def _values() -> Mapping[tuple[str, ...], str]:
    return {_words(one): value for value, said in _table()["values"].items() for one in said}


def read(said: str) -> Setting | NoValue | Near | None:
    """What somebody wants figures to be. None where they name no figure, or go on as no value does."""
    said = clean(said).replace("_", " ")
    tokens = split(said)
    words = tuple(token.text for token in tokens)
    size = next((n for n in range(min(LONGEST_NAME, len(words)), 0, -1) if words[:n] in _called()), 0)
    if size == 0:
        return _near(words)
    name = _called()[words[:size]]
    rest = tokens[size:]
    while len(rest) > 1 and any((rest[0].text,) == each for each in _listed("before_a_value")):
        rest = rest[1:]
    if len(rest) > LONGEST_VALUE:
        return None
    value = _as_typed(said, rest)
    try:
        return Setting(_quiet(value) if name == QUIET else {name: _value(name, value)})
    except ValueError:
        return NoValue(ENDS[0] if name == QUIET else name)


def _near(words: Sequence[str]) -> Near | None:
    numbered = next((n for n, word in enumerate(words) if word[0].isdigit()), None)
    tried = [words[:numbered]] if numbered else [words[:n] for n in (1, 2, 3)] if len(words) < 6 else []
    choices = [" ".join(called) for called in _called()]
    asked = [" ".join(each) for each in tried if each]
    found = [process.extractOne(each, choices, scorer=fuzz.ratio, score_cutoff=ALIKE) for each in asked]
    best = max((each for each in found if each is not None), key=lambda each: each[1], default=None)
    return Near(Spoken(best[0])) if best is not None else None


@dataclass(frozen=True)
class Spoken:
    """A figure as somebody would text it."""

    name: str

    def in_words(self, _: Any) -> str:
        """`doors per day`."""
        return self.name.upper()


def _as_typed(said: str, rest: Sequence[Token]) -> str:
    if not rest:
        return ""
    start = rest[0].start
    return said[start - (said[start - 2 : start] == " -") :].strip(" .!")  # "-4" is no 4


def _value(name: str, said: str) -> Any:
    """What is meant. Raises ValueError where it is no value of this figure."""
    words, read_, unit = _words(said), FIGURES[name].read, UNITS[name]
    if not words:
        raise ValueError(said)
    if words in _listed("first"):
        return None
    if words in _listed("nothing"):
        return _nothing(name)
    if unit is Unit.NEEDS:
        return read_(",".join(need for each in LISTED.split(said) for need in needs.named(each) or [each]))
    if unit is Unit.SHOWS:
        return str(read_(_values().get(words, said)))
    if unit is Unit.FIGURES:
        return read_(",".join(_figure_or_group(each) for each in LISTED.split(said)))
    if unit is Unit.CLOCK:
        return read_(",".join(str(_hour(each)) for each in LISTED.split(said)))
    if unit is Unit.CHANCE:
        return read_(_share(said))
    if unit is Unit.MINUTES:
        return read_(_minutes(said))
    if unit in IN_HOURS:
        return read_(_whole(said, IN_HOURS[unit]))
    if unit in (Unit.MONEY, Unit.NUMBERS, Unit.PRICES, Unit.COUNTRIES, Unit.SPEED) or "," in said:
        return read_(said.replace(" ", "") if "," in said and unit is not Unit.PRICES else said)
    return read_(_first_number(said))


def _nothing(name: str) -> Any:
    """None at all, of what may be none. Raises ValueError of what may not."""
    try:
        return FIGURES[name].read("none")
    except ValueError:
        return FIGURES[name].read("0")


def _quiet(said: str) -> Mapping[str, int | None]:
    """Both ends of the quiet hours."""
    words = _words(said)
    if words in _listed("first"):
        return dict.fromkeys(ENDS)
    if words in _listed("nothing"):
        return dict.fromkeys(ENDS, 0)
    found = SPAN.fullmatch(said)
    if found is None:
        raise ValueError(said)
    begins, ends = _of_day(found[1], found[2]), _of_day(found[3], found[4])
    if not found[2] and begins <= 12 and begins > ends and not (found[4] or "").lower().startswith("p"):
        begins += 12  # "10-7" is the night
    return {ENDS[0]: FIGURES[ENDS[0]].read(str(begins)), ENDS[1]: FIGURES[ENDS[1]].read(str(ends))}


def _of_day(hour: str, half: str | None) -> int:
    half = (half or "").lower()[:1]
    if half in ("a", "p") and not 1 <= int(hour) <= 12:
        raise ValueError(hour)
    return int(hour) % 12 + 12 * (half == "p") if half in ("a", "p") else int(hour)


def _hour(said: str) -> int:
    found = CLOCK.fullmatch(said.strip())
    if found is None:
        raise ValueError(said)
    return _of_day(found[1], found[2])


def _share(said: str) -> str:
    """`40%` and `40 percent` as 0.4."""
    found = re.fullmatch(r"(\d{1,3})\s*(%|\D*)", said)
    if found and (found[2] == "%" or _words(found[2]) in _listed("percent")):
        return f"{int(found[1]) / 100:g}"
    return said


def _minutes(said: str) -> str:
    """`2 hours`, `90 min`, `3, 8, 15` in minutes."""
    if found := SHORT_MINUTES.fullmatch(said):
        return found[1]
    span = when.span(said)
    return str(span * 60) if span is not None else said.replace(" ", "")


def _whole(said: str, unit: int) -> str:
    """`2 weeks` in days, or a bare number. Raises ValueError where it is no whole number of them."""
    span = when.span(said)
    if span is None:
        return said
    if span % unit:
        raise ValueError(said)
    return str(span // unit)


def _first_number(said: str) -> str:
    """The one number there is, with a word or two around it. Raises ValueError for several, or none."""
    numbers = re.findall(r"[\d.]+", said)
    if len(numbers) != 1 or "-" in said or len(_words(said)) > 4:
        raise ValueError(said)
    return str(numbers[0]).strip(".")


def _figure_or_group(said: str) -> str:
    words = _words(said)
    group = _values().get(words)
    return group if group is not None else _called().get(words, fold(said).replace(" ", "_"))
