"""Every word we hear and say, one TOML file a language. To add a language, see docs/new-language.md.

Those in unspoken/ we do not speak: a text in one of them is recognised, and answered with the few phrases it has.
"""

import tomllib
from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from functools import cache, cached_property, lru_cache
from pathlib import Path
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_datetime, format_skeleton
from babel.lists import format_list

from handlers.wording.quoting import quoted

HERE = Path(__file__).parent

# In a language that we do not speak, one phrase stands for all that say about the same.
STANDS_FOR = {
    **dict.fromkeys(
        "hello ask_need ask_place ask_place_of ask_place_or_same say_more not_understood nothing_asked nothing_waits"
        " say_it_in_words media_first language_set started".split(),
        "foreign_write",
    ),
    "got_it_nobody": "got_it",
    "receipt_yes": "welcome",
    **dict.fromkeys("receipt_reminder yes_partly_no".split(), "did_you_get_it"),
    **dict.fromkeys("passed_on passed_on_to passed_to_duty kept_for_duty more_added".split(), "carried"),
}


class Worded(Protocol):
    """Something that each language says in its own way."""

    def in_words(self, book: "Book", /) -> str:
        """What a text says for it."""


# What a phrase may be filled with. Plain text is not among them: its type must say whose it is (wording/summary.py).
Value = Worded | int | None


class Book:
    """One language: what its speakers type, what we answer."""

    def __init__(self, code: str) -> None:
        self.code = code
        self.pages: dict[str, Any] = tomllib.loads((HERE / f"{code}.toml").read_text(encoding="utf-8"))

    @cached_property
    def locale(self) -> Locale:
        """Babel's rules for this language."""
        return Locale.parse(self.code)

    @property
    def name(self) -> str:
        """What the language calls itself."""
        return str(self.pages["name"])

    def say(self, phrase: str, values: Mapping[str, Value] | None = None) -> str:
        """The phrase with its values filled in; None is nothing at all.

        A phrase with several forms takes the one that fits `n`; `zero` is for none.

        Raises KeyError for a phrase or a value that is missing.
        """
        spoken = {name: self.worded(value) for name, value in (values or {}).items()}
        form = self.pages["say"][phrase]
        if isinstance(form, dict):
            n = int(spoken["n"])
            none = "zero" if n == 0 else None
            form = form.get(none) or form.get(self.locale.plural_form(n)) or form["other"]
        return str(form.format_map(spoken))

    def worded(self, value: Value) -> str:
        """What a text says for a value. Plain text that slips through is taken for somebody's words, and quoted."""
        if value is None:
            return ""
        if isinstance(value, int):
            return str(value)
        return value.in_words(self) if hasattr(value, "in_words") else quoted(str(value))

    def listed(self, things: list[str], *, style: str = "standard") -> str:
        """`a, b and c` as this language writes it; style "or" for a choice."""
        return things[0] if len(things) == 1 else _listed(tuple(things), style, self.locale)

    def need(self, need: str) -> str:
        """What we call a need."""
        return str(self.pages["needs"][need])

    def time(self, moment: datetime, zone: str, parts: str = "") -> str:
        """Day and hour on the line's own clock, such as "Tue 4:30 PM"; or only `parts` of it: "E", "hm"."""
        local = format_skeleton(parts or self.pages["clock"], moment, tzinfo=ZoneInfo(zone), locale=self.locale)
        return _spaced(local)

    def named(self, moment: datetime, zone: str, pattern: str) -> str:
        """A moment on the line's own clock by a pattern of this language: "lunes", "3 de marzo"."""
        return _spaced(format_datetime(moment, self.pages[pattern], tzinfo=ZoneInfo(zone), locale=self.locale))

    def day(self, day: date, *, dated: bool = False) -> str:
        """The name of a day, or the date with it: "Wed", "Fri Mar 13"."""
        at = datetime.combine(day, time(), UTC)
        return _formatted(self.pages["dated_day" if dated else "day"], at, self.locale).replace(",", "", 1)

    def hour(self, minute: int) -> str:
        """A minute of the day, such as "9 AM" or "9:30 AM"."""
        hour, past = divmod(minute % (24 * 60), 60)
        skeleton = self.pages["clock_minute" if past else "clock_hour"]
        local = format_skeleton(skeleton, datetime(2000, 1, 1, hour, past, tzinfo=UTC), locale=self.locale)
        return str(local).replace("\u202f", " ").replace("\xa0", " ")


class Unspoken(Book):
    """A language that we do not speak: its few phrases, and for all else the words of another book."""

    def __init__(self, code: str, otherwise: Book) -> None:
        self.code, self.otherwise = code, otherwise
        self.few = unspoken()[code]
        self.pages = {**otherwise.pages, "name": self.few["name"], "urgency": {}}

    @cached_property
    def locale(self) -> Locale:
        """The rules for counting that go with the phrases of the other book."""
        return self.otherwise.locale

    def say(self, phrase: str, values: Mapping[str, Value] | None = None) -> str:
        """The phrase, if it is one of the few; else in the other language, after whom to call if it says so."""
        own = self.few["say"].get(STANDS_FOR.get(phrase, phrase))
        if own is not None:
            spoken = {name: self.worded(value) for name, value in (values or {}).items()}
            return str(own.format_map(defaultdict(str, spoken)))
        said = self.otherwise.say(phrase, values)
        if "{dial}" in str(self.otherwise.pages["say"][phrase]):
            said = f"{self.say('danger', values)} {said}"
        return said

    def listed(self, things: list[str], *, style: str = "standard") -> str:
        """`a, b, c`."""
        return ", ".join(things)

    def need(self, need: str) -> str:
        """The first of the words by which its speakers ask for it."""
        words = self.few["needs"].get(need)
        return str(words[0]) if words else self.otherwise.need(need)


@lru_cache(1024)  # the same hour goes to a whole wave
def _formatted(skeleton: str, local: datetime, locale: Locale) -> str:
    return _spaced(format_skeleton(skeleton, local, locale=locale))


def _spaced(said: str) -> str:
    """Without Babel's narrow spaces, which would force a text into UCS-2 and double its price."""
    return str(said).replace("\u202f", " ").replace("\xa0", " ")


@lru_cache(1024)  # Babel looks its rules up anew for every list
def _listed(things: tuple[str, ...], style: str, locale: Locale) -> str:
    return str(format_list(things, style=style, locale=locale))  # type: ignore[arg-type]


@cache
def languages() -> tuple[str, ...]:
    """The codes of the languages we speak, English first: it is the last resort."""
    return tuple(sorted((p.stem for p in HERE.glob("*.toml")), key=lambda code: (code != "en", code)))


@cache
def unspoken() -> Mapping[str, Mapping[str, Any]]:
    """The languages that we do not speak but recognise, by their codes."""
    files = sorted((HERE / "unspoken").glob("*.toml"))
    return {path.stem: tomllib.loads(path.read_text(encoding="utf-8")) for path in files}


def in_other_words(code: str, reader: str) -> str:
    """What a language that we do not speak is called in the reader's: `French`."""
    called = unspoken()[code]["called"]
    return str(called.get(reader) or called["en"])


@cache
def called(code: str) -> str:
    """What a language calls itself, also one that we neither speak nor recognise: `Kiswahili`."""
    if code in languages() or code in unspoken():
        return book(code).name
    try:
        own = Locale.parse(code).get_display_name()
    except (UnknownLocaleError, ValueError):  # no table of Unicode's is in that language
        own = None
    return str(own or Locale.parse("en").languages.get(code, code))


@cache
def book(code: str, otherwise: str = "en") -> Book:
    """The book of a language; of one we do not speak its few phrases, and `otherwise` for the rest."""
    if code in unspoken():
        return Unspoken(code, book(otherwise))
    return Book(code if code in languages() else "en")
