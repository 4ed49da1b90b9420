"""What some commands take beside numbers and a note (`AWAY 3D`, `ONLY RIDES`): a small function reads each."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from handlers.understanding import carrier_words, needs
from handlers.understanding.intents import Need
from handlers.understanding.lexicon import Lexicons
from handlers.understanding.phrases import Phrase, PhraseIndex
from handlers.understanding.when import of as time_of
from handlers.understanding.when.expression import TimeExpression
from handlers.understanding.words import Token

LONGEST_AREA = 4  # words
LONGEST_TIME = 6
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


def away(said: Said) -> int | TimeExpression | None:
    """The same, or until when: `until friday`, `til march 3`."""
    return hours(said) or (time_of(said.rest_as_typed) if len(said.rest) <= LONGEST_TIME else None)


def count(said: Said) -> int | None:
    """A number and nothing else."""
    return said.rest[0].number if len(said.rest) == 1 else None


def kinds(said: Said) -> tuple[Need, ...] | None:
    """`rides and food`; nothing in the tuple means any kind."""
    return () if said.rest_is("anything") else needs.listed(said.rest, said.lexicons.every) or None


def everywhere(said: Said) -> bool | None:
    """Whether all areas are meant; which one it is otherwise, the note says."""
    return said.rest_is("anything") if len(said.rest) <= LONGEST_AREA else None


def on(said: Said) -> bool | None:
    """Whether the watch begins or ends; None for who just asks."""
    return {"duty_on": True, "duty_off": False}.get(said.phrase.name)


def brake(said: Said) -> bool | None:
    """Whether waves shall be slow or not; None for who just asks."""
    return {"brake_on": True, "brake_off": False}.get(said.phrase.name)


def wake(said: Said) -> bool | None:
    """Whether danger may wake them; None for who just asks."""
    return {"wake_on": True, "wake_off": False}.get(said.phrase.name)


def by_carrier(said: Said) -> bool:
    """Whether it is a word that the carrier itself acts on and answers."""
    return said.body.upper() in carrier_words.STOP


def language(said: Said) -> str:
    """The language whose name was said."""
    return said.phrase.language
