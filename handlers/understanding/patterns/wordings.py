"""What people and machines say in so many words, whatever else they mean: signs, in files, of all languages at once.

A folder has a file a language; a table in it names what its signs tell of, and a list in that which of them:
`[stop]` `sure = ["stop|quit texting"]` is "stop.sure". How a sign is written stands in docs/danger.md; `word*` is
every word that begins so. Letters that are written for one another stand in `[letters]`, and `[small]` words may
stand in between.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from handlers.understanding.patterns.finding import Unit, Words
from handlers.understanding.patterns.signs import Pattern, Symbols
from handlers.understanding.patterns.spelling import squeezed
from handlers.understanding.words import Token

Table = Mapping[str, Any]  # a language's TOML file

BESIDE = (".not", ".but", ".need", ".asks", ".warning", ".formula")  # count only beside others
NO_SIGNS = ("lists", "small", "letters", "reaction")  # tables that hold none
LONGEST = 120  # words; what is said in so many words stands at the beginning of a text
SHORTEST_STEM = 3
MANY_WORDS = 4096


class Wording(NamedTuple):
    """A sign found in a text."""

    name: str  # "stop.sure"
    language: str
    start: int  # where its words stand in the text
    end: int


class Listed(NamedTuple):
    """A sign as a file has it."""

    name: str
    pattern: Pattern


class Language:
    """The signs of one language."""

    def __init__(self, code: str, table: Table) -> None:
        self.code = code
        self.script = re.compile(f"[{table['script']}]") if "script" in table else None
        self.letters = str.maketrans(table.get("letters", {}))
        self.symbols = Symbols(table.get("lists", {}), self.letters, by_letter=self.script is not None)
        small = table.get("small", {}).get("words", ())
        self.small = frozenset(word for term in small for word in self.symbols.words(term))
        self.listed = [
            Listed(f"{kind}.{name}", self.symbols.pattern(sign))
            for kind, lists in table.items()
            if isinstance(lists, Mapping) and kind not in NO_SIGNS
            for name, signs in lists.items()
            for sign in signs
        ]
        self.known: dict[str, list[str]] = {}  # the lists' words, by how they are without doubled letters
        for word in sorted({word for terms in self.symbols.terms for term in terms for word in term}):
            self.known.setdefault(plain(word), []).append(word)
        self.spelled = lru_cache(MANY_WORDS)(self._spelled)

    def _spelled(self, word: str) -> tuple[str, ...]:
        """What a word of a text may stand for in the lists: itself, and the stems that it begins with."""
        short = plain(word)
        keys = (short, *(f"{short[:size]}*" for size in range(SHORTEST_STEM, len(short) + 1)))
        return *self.symbols.number(word), *(known for key in keys for known in self.known.get(key, ()))

    def anchors(self) -> Iterator[tuple[str, Listed]]:
        """For every sign the words of which one is there wherever it stands: those of its rarest step."""
        terms = self.symbols.terms

        def rarity(symbol: int) -> tuple[int, int]:
            return min(map(_rare, terms[symbol])), -len(terms[symbol])

        for listed in self.listed:
            step = max((step.symbol for step in listed.pattern.steps), key=rarity)
            for word in {max(term, key=lambda word: _rare([word])) for term in terms[step]}:
                yield word, listed

    def units(self, text: str, tokens: Sequence[Token]) -> list[Unit]:
        """The words of a text, or its letters where a language writes no spaces."""
        if self.script is not None:
            letters = ((text[i].translate(self.letters), i) for t in tokens for i in range(t.start, t.end))
            return [Unit(letter, i, i + 1, letter in self.small) for letter, i in letters]
        words = ((token.text.translate(self.letters), token) for token in tokens)
        return [Unit(word, token.start, token.end, word in self.small) for word, token in words]

    def find(self, text: str, tokens: Sequence[Token], likely: Sequence[Listed]) -> Iterator[Wording]:
        """Those of these signs that stand in a text."""
        units = self.units(text, tokens)
        there = {spelling for unit in units for spelling in self.spelled(unit.text)}
        among = self.symbols.among
        likely = [one for one in likely if all(among(there, step.symbol) for step in one.pattern.steps)]
        if all(one.name.endswith(BESIDE) for one in likely):
            return
        asked = 0
        for listed in likely:
            asked |= listed.pattern.asked
        words = Words(text, units, self.symbols, self.spelled, asked)
        for listed in likely:
            for runs in words.find(listed.pattern):
                first, last = min(run.first for run in runs), max(run.last for run in runs)
                yield Wording(listed.name, self.code, units[first].start, units[last - 1].end)
                break


def plain(word: str) -> str:
    """A word without doubled letters, which a thumb makes more or fewer."""
    return squeezed(word) if word.rstrip("*").isalpha() else word


def _rare(term: Sequence[str]) -> int:
    return max(0 if word.startswith("<") else len(word) for word in term)  # long words are rare ones


class Wordings:
    """The signs of a folder's files."""

    def __init__(self, tables: Mapping[str, Table]) -> None:
        self.tables = tables
        languages = [Language(code, table) for code, table in tables.items()]
        self.by_letter = [language for language in languages if language.script is not None]
        self.by_word: dict[str, list[tuple[Language, Listed]]] = {}
        self.by_stem: dict[str, list[tuple[Language, Listed]]] = {}
        for language in languages:
            if language.script is None:
                for word, listed in language.anchors():
                    kept = self.by_stem if word.endswith("*") else self.by_word
                    kept.setdefault(plain(word.rstrip("*")), []).append((language, listed))
        # Letters that stand for one another in one language are looked for as they are written, too.
        self.letters = [language for language in languages if language.letters and language.script is None]
        self.likely = lru_cache(MANY_WORDS)(self._likely)

    @classmethod
    def of(cls, folder: Path) -> "Wordings":
        """The files of a folder, a language each."""
        return cls({f.stem: tomllib.loads(f.read_text(encoding="utf-8")) for f in sorted(folder.glob("*.toml"))})

    def _likely(self, word: str) -> tuple[tuple[Language, Listed], ...]:
        """The signs that may stand where this word is."""
        spellings = {plain(word), *(plain(word.translate(language.letters)) for language in self.letters)}
        found = [row for spelling in spellings for row in self.by_word.get(spelling, ())]
        for spelling in spellings:
            for size in range(SHORTEST_STEM, len(spelling) + 1):
                found += self.by_stem.get(spelling[:size], ())
        return tuple(found)

    def find(self, text: str, tokens: Sequence[Token]) -> list[Wording]:
        """Every sign that stands in a text, each once."""
        tokens = tokens[:LONGEST]
        likely: dict[Language, dict[Listed, None]] = {}
        for word in {token.text for token in tokens}:
            for language, listed in self.likely(word):
                likely.setdefault(language, {})[listed] = None
        if not text.isascii():
            for language in self.by_letter:
                if language.script is not None and language.script.search(text):
                    likely[language] = dict.fromkeys(language.listed)
        if all(listed.name.endswith(BESIDE) for signs in likely.values() for listed in signs):
            return []
        return [wording for one, listed in likely.items() for wording in one.find(text, tokens, tuple(listed))]
