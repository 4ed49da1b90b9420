"""What people in danger say beside it: that nobody may text back, for somebody reads along; or that all is well.

The words stand in a file a language beside this one, in the pattern language of danger/ (docs/danger.md).
"""

import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

from handlers.understanding.patterns.language import PatternLanguage, Table
from handlers.understanding.patterns.signs import Pattern, bits
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


@dataclass(frozen=True)
class Listed:
    """A pattern as a file has it."""

    heard: Heard
    pattern: Pattern


class Language(PatternLanguage[Listed]):
    """How it is said in one language."""

    def __init__(self, code: str, table: Table) -> None:
        super().__init__(code, table)
        self.unless, self.not_us = (
            self.symbols.of("|".join(word.replace(" ", "_") for word in table[name]["words"]))
            for name in ("unless", "not_us")
        )

    def entries(self) -> Iterator[Listed]:
        """The patterns of both."""
        for aside in Aside:
            for name, patterns in self.table[aside].items():
                for pattern in patterns:
                    yield Listed(Heard(aside, name == "always"), self.symbols.pattern(pattern))

    def heard(self, text: str, tokens: Sequence[Token]) -> Iterator[Heard]:
        """All that is said of it here, to us, and not taken back by a "but"."""
        for listed, words, places in self.found(text, tokens, bits((self.unless, self.not_us))):
            heard = listed.heard
            if heard.aside is Aside.SILENCE and not heard.always and self.not_us in words.where:
                continue
            if heard.aside is Aside.SAFE and (self.unless in words.where or len(words.units) > LONGEST_ALL_CLEAR):
                continue
            if any(places):
                yield heard


@cache
def languages() -> tuple[Language, ...]:
    """The languages that have a file."""
    files = sorted(HERE.glob("*.toml"))
    return tuple(Language(path.stem, tomllib.loads(path.read_text(encoding="utf-8"))) for path in files)


def read(text: str, tokens: Sequence[Token]) -> Heard | None:
    """What a cleaned text says beside any danger; silence before all else."""
    if len(tokens) > LONGEST:
        return None
    found = [heard for language in languages() for heard in language.heard(text, tokens)]
    return min(found, key=lambda heard: (heard.aside is not Aside.SILENCE, not heard.always), default=None)
