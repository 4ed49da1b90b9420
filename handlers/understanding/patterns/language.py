"""The patterns of one language's file: which of them may stand in a text, and where they do."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property, lru_cache
from typing import Any, Generic, Protocol, TypeVar

from handlers.understanding.patterns.finding import Unit, Words
from handlers.understanding.patterns.signs import Pattern, Run, Symbols, bits, of_bits
from handlers.understanding.patterns.spelling import MANY_WORDS, Spelling
from handlers.understanding.words import Token, fold

Table = Mapping[str, Any]  # a language's TOML file

PIECES = re.compile(r"[a-z0-9']+|.", re.IGNORECASE)


class Listed(Protocol):
    """What a file lists: a pattern, and what it stands for."""

    @property
    def pattern(self) -> Pattern:
        """What has to be said."""


Entry = TypeVar("Entry", bound=Listed)


class PatternLanguage(Generic[Entry]):
    """What one language's file lists, ready to be looked for. Words that tell nothing cost a look in a cache."""

    def __init__(self, code: str, table: Table, *, with_accents: bool = False) -> None:
        self.code, self.table = code, table
        self.script = re.compile(f"[{table['script']}]") if "script" in table else None
        spelling = table.get("spelling", {})
        self.own_letters = re.compile(f"[{spelling['own_letters']}]") if "own_letters" in spelling else None
        self.looks_like = re.compile(spelling.get("looks_like", ""))
        self.with_accents = with_accents
        self.letters = str.maketrans({} if with_accents else table.get("letters", {}))
        self.symbols = Symbols(
            table.get("lists", {}),
            self.letters,
            by_letter=self.script is not None,
            with_accents=with_accents,
            article=spelling.get("article", ""),
        )
        # Nothing has to be done to its words before they are looked up.
        self.plain = not (self.script or with_accents or self.letters or spelling.get("glued"))
        self.small = frozenset(word for term in table["small"]["words"] for word in self.symbols.words(term))
        self.listed = [*self.entries()]
        self.spelled = lru_cache(MANY_WORDS)(self._spelled)
        self.spellings = lru_cache(MANY_WORDS)(self._spellings)
        self.symbols_of = lru_cache(MANY_WORDS)(self._symbols)

    def entries(self) -> Iterator[Entry]:
        """All that the file lists. May make symbols."""
        raise NotImplementedError

    @cached_property
    def spelling(self) -> Spelling:
        """How the words of the lists may be typed."""
        words = {word for terms in self.symbols.terms for term in terms for word in term}
        given = self.table.get("spelling", {})
        return Spelling(
            words | self.small,
            small=self.small,
            real=map(fold, given.get("real", ())),
            prefixes=given.get("prefixes", []),
            glued=given.get("glued", False),
        )

    @cached_property
    def telling(self) -> Mapping[str, int]:
        """For every word, the symbols (as bits) of which it is the telling word of a term."""
        found: dict[str, int] = {}
        for symbol, terms in enumerate(self.symbols.terms):
            for term in terms:
                word = self._telling(term) or max(term, key=len)
                found[word] = found.get(word, 0) | 1 << symbol
        return found

    def _telling(self, term: Sequence[str]) -> str:
        # Long words are rare ones.
        words = (word for word in term if word not in self.small and word not in self.symbols.numbers)
        return max(words, key=len, default="")

    @cached_property
    def by_anchor(self) -> Mapping[int, Sequence[Entry]]:
        """The signs by their rarest symbol: where that is not, they need not be looked for."""
        found: dict[int, list[Entry]] = {}
        for listed in self.listed:
            found.setdefault(max((step.symbol for step in listed.pattern.steps), key=self._weight), []).append(listed)
        return found

    @cached_property
    def anchors(self) -> int:
        """These symbols, as bits: a text without any of them tells of no danger."""
        return bits(self.by_anchor)

    @cached_property
    def in_signs(self) -> int:
        """The symbols that stand in a sign, as bits."""
        return bits(step.symbol for listed in self.listed for step in listed.pattern.steps)

    def _weight(self, symbol: int) -> int:
        return min(len(self._telling(term)) for term in self.symbols.terms[symbol])

    def _symbols(self, word: str) -> int:
        if word.isascii() and word.isalpha() and not (self.spelling.latin or self.with_accents):
            return 0
        found = 0
        for spelling in self.spellings(word):
            found |= self.telling.get(spelling, 0)
        return found

    def _spellings(self, word: str) -> tuple[str, ...]:
        """All that a word of a text may stand for, also if it is several, typed without spaces."""
        word = word.translate(self.letters)
        return self.spelled(word) or self.spelling.pieces(word)

    def _spelled(self, word: str) -> tuple[str, ...]:
        return self.spelling.of(word) + self.symbols.number(word)

    def _candidates(self, words: Sequence[str]) -> list[Entry]:
        """The signs that may stand among these words: a term of each of their steps is there."""
        found = 0
        for word in words:
            found |= self.symbols_of(word)
        likely = [
            listed
            for symbol in of_bits(found & self.anchors)
            for listed in self.by_anchor[symbol]
            if listed.pattern.needed & found == listed.pattern.needed
        ]
        if not likely:
            return likely
        there = {spelling for word in words for spelling in self.spellings(word)}
        return [
            listed
            for listed in likely
            if all(self.symbols.among(there, step.symbol) for step in listed.pattern.steps)
        ]

    def units(self, text: str, tokens: Iterable[Token]) -> list[Unit]:
        """The words of a text as this language has them: letters where it writes no spaces, glued ones apart."""
        found: list[Unit] = []
        if self.plain:
            small = self.small
            return [Unit(word, start, end, word in small) for word, start, end, _ in tokens]
        for token in tokens:
            if self.script:
                for piece in PIECES.finditer(text, token.start, token.end):
                    word = piece[0].lower().translate(self.letters)
                    found.append(Unit(word, piece.start(), piece.end(), word in self.small))
            elif self.with_accents:
                word = text[token.start : token.end].casefold()
                found.append(Unit(word, token.start, token.end, word in self.small))
            else:
                word = token.text if token.text.isascii() else token.text.translate(self.letters)
                for part in self.spelling.pieces(word) or (word,):
                    found.append(Unit(part, token.start, token.end, part in self.small))
        return found

    def _written(self, text: str, tokens: Sequence[Token]) -> bool:
        """Whether a text without accents may be in this language, where its file tells how to see that."""
        if self.own_letters is None or self.with_accents:
            return True
        if self.own_letters.search(text):
            return False
        words = [token.text for token in tokens if token.text.isalpha()]
        return 3 * sum(self.looks_like.fullmatch(word) is not None for word in words) >= 2 * len(words)

    def written_in(self, text: str) -> bool:
        """Whether any of the letters that only this language has are in a text."""
        own = self.script or self.own_letters
        return own is not None and own.search(text) is not None

    def found(
        self, text: str, tokens: Sequence[Token], asked: int = 0
    ) -> Iterator[tuple[Entry, Words, Iterator[tuple[Run, ...]]]]:
        """What may stand in a text, with every place where it does; `asked` are symbols to be looked up besides."""
        units = self.units(text, tokens) if self.script or self.with_accents else ()
        candidates = self._candidates([word.text for word in units or tokens])
        if not candidates or not self._written(text, tokens):
            return
        for listed in candidates:
            asked |= listed.pattern.asked
        words = Words(text, units or self.units(text, tokens), self.symbols, self.spelled, asked)
        for listed in candidates:
            yield listed, words, words.find(listed.pattern)
