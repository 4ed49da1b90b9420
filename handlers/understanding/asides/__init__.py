"""What people in danger say beside it: that nobody may text back, for somebody reads along; or that all is well.

The words stand in a file a language beside this one, in the pattern language of danger/ (docs/danger.md).
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from handlers.understanding.patterns.finding import Unit, Words
from handlers.understanding.patterns.signs import Pattern, Symbols, bits
from handlers.understanding.patterns.spelling import MANY_WORDS, Spelling
from handlers.understanding.words import Token

HERE = Path(__file__).parent
LONGEST = 60  # words; whoever writes more is not asking for silence in it, nor only saying that all is well
LONGEST_ALL_CLEAR = 14


class Aside(StrEnum):
    """What somebody in danger may say beside it."""

    SILENCE = "silence"  # write nothing back
    SAFE = "safe"  # all is well


@dataclass(frozen=True)
class Heard:
    """What was said, and whether it means that from anybody, or only from somebody in danger."""

    aside: Aside
    always: bool


class Language:
    """How it is said in one language."""

    def __init__(self, table: Mapping[str, Any]) -> None:
        self.symbols = Symbols(table["lists"], {})
        self.small = frozenset(word for term in table["small"]["words"] for word in self.symbols.words(term))
        self.patterns = [
            (Heard(aside, name == "always"), self.symbols.pattern(sign))
            for aside in Aside
            for name, signs in table[aside].items()
            for sign in signs
        ]
        self.unless, self.not_us = (
            self.symbols.of("|".join(word.replace(" ", "_") for word in table[name]["words"]))
            for name in ("unless", "not_us")
        )
        words = {word for terms in self.symbols.terms for term in terms for word in term}
        real = table.get("spelling", {}).get("real", ())
        spelling = Spelling(words, small=self.small, real=real, prefixes=[], glued=False)
        self.spelled = lru_cache(MANY_WORDS)(lambda word: spelling.of(word) + self.symbols.number(word))
        self.symbols_of = lru_cache(MANY_WORDS)(self._symbols)
        self.telling = frozenset(table["telling"]["words"])

    def _symbols(self, word: str) -> int:
        """The symbols, as bits, of which a word may be part of a term."""
        return bits(
            symbol
            for symbol, terms in enumerate(self.symbols.terms)
            if any(spelling in term for spelling in self.spelled(word) for term in terms)
        )

    def heard(self, text: str, tokens: Sequence[Token]) -> list[Heard]:
        """All that is said of it here."""
        if self.telling.isdisjoint(token.text for token in tokens):  # most texts
            return []
        found = 0
        for token in tokens:
            found |= self.symbols_of(token.text)
        likely = [(heard, pattern) for heard, pattern in self.patterns if pattern.needed & found == pattern.needed]
        if not likely:
            return []
        asked = bits([self.unless, self.not_us])
        for _, pattern in likely:
            asked |= pattern.asked
        units = [Unit(token.text, token.start, token.end, token.text in self.small) for token in tokens]
        words = Words(text, units, self.symbols, self.spelled, asked)
        return [heard for heard, pattern in likely if self.stands(words, heard, pattern)]

    def stands(self, words: Words, heard: Heard, pattern: Pattern) -> bool:
        """Whether it is said, to us, and not taken back by a "but"."""
        if heard.aside is Aside.SILENCE and not heard.always and self.not_us in words.where:
            return False
        if heard.aside is Aside.SAFE and (self.unless in words.where or len(words.units) > LONGEST_ALL_CLEAR):
            return False
        return next(words.find(pattern), None) is not None


@cache
def languages() -> tuple[Language, ...]:
    """The languages that have a file."""
    files = sorted(HERE.glob("*.toml"))
    return tuple(Language(tomllib.loads(path.read_text(encoding="utf-8"))) for path in files)


def read(text: str, tokens: Sequence[Token]) -> Heard | None:
    """What a cleaned text says beside any danger; silence before all else."""
    if len(tokens) > LONGEST:
        return None
    found = [heard for language in languages() for heard in language.heard(text, tokens)]
    return min(found, key=lambda heard: (heard.aside is not Aside.SILENCE, not heard.always), default=None)
