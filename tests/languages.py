"""Everything that makes a language, and lines to try it on: what the checks of languages look at."""

import re
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

from babel import Locale

from handlers import phrasebook
from handlers.registry import COMMANDS
from handlers.understanding.command import Command
from handlers.understanding.danger import dangers
from handlers.understanding.intents import Kind
from handlers.understanding.lexicon import Table, lexicons, terms
from handlers.understanding.phrases import Book
from handlers.understanding.words import clean, split

LINES = Path(__file__).parent / "lines.tab"


class Line(NamedTuple):
    """A text that people might send."""

    text: str
    language: str
    kind: Kind


@dataclass(frozen=True)
class Languages:
    """The books and lexicons of all languages, and lines to try them on."""

    commands: Sequence[Command[Any]]
    books: Mapping[str, Book]
    tables: Mapping[str, Table]
    lines: Sequence[Line]
    dangers: Mapping[str, Table]  # of more languages than we speak

    @classmethod
    def here(cls) -> "Languages":
        """Those of this checkout."""
        rows = LINES.read_text(encoding="utf-8").splitlines()[2:]
        cut = (row.split("\t") for row in rows)
        books = {code: phrasebook.book(code).pages for code in phrasebook.languages()}
        lines = [Line(text, code, Kind(kind)) for text, code, kind in cut]
        return cls(COMMANDS, books, lexicons().tables, lines, {d.code: d.table for d in dangers().languages})

    @property
    def others(self) -> list[str]:
        """Every language but English."""
        return [code for code in self.books if code != "en"]

    @cached_property
    def everyday(self) -> dict[str, Set[str]]:
        """The everyday words of each language: of its lexicon, its lines and what we answer in it."""
        return {code: self._everyday(code) for code in self.books if code in self.tables}

    def _everyday(self, code: str) -> Set[str]:
        english = set(everyday_texts(self.tables["en"], self.books["en"])) if code != "en" else set()
        said = everyday_texts(self.tables[code], self.books[code])
        # What is left in English is no word of this language.
        words = [text for text in said if text not in english]
        words += [line.text for line in self.lines if line.language == code]
        return {token.text for text in words for token in split(clean(text))}


def everyday_texts(table: Table, book: Book) -> Iterator[str]:
    """Every term of a lexicon and every sentence that we answer, without commands in capitals."""
    yield from (" ".join(words) for words, _ in terms(table) if not any(word.endswith("*") for word in words))
    yield from chain(table["vote"]["common"], table["vote"]["filler"], table["count"]["numbers"])
    for phrase in book["say"].values():
        yield from (re.sub(r"\{\w*\}|\b[^\W\d]*[A-ZÀ-Þ]{2,}\b", " ", form) for form in forms(phrase))


def forms(phrase: Any) -> list[str]:
    """A phrase in all its forms."""
    return list(phrase.values()) if isinstance(phrase, Mapping) else [phrase]


def language(code: str) -> str:
    """A language's English name."""
    return str(Locale.parse(code).get_display_name("en"))
