"""Danger is read first, by itself, and in every language at once, whether or not the hotline speaks it.

Each language has a file beside this one, with the words that tell of danger (its signs) and those that take them
back: "not on fire", "a heart attack last year", "in the movie", "dying of hunger lol". docs/danger.md says how to
mend them.
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from handlers.understanding.danger.language import Language, Sign
from handlers.understanding.intents import DangerKind, Need
from handlers.understanding.patterns.language import Table
from handlers.understanding.patterns.spelling import MANY_WORDS, share_words
from handlers.understanding.words import Token, clean, fold, split

HERE = Path(__file__).parent
LONGEST = 1000  # words; no text that a carrier brings has as many

# Where a text tells of several, the one that decides what we may answer, and to whom.
FIRST = tuple(map(DangerKind, "violence_at_home self_harm poison life child_alone raid urgent_care".split()))


@dataclass(frozen=True)
class Danger:
    """The danger that a text tells of."""

    signs: tuple[Sign, ...]  # one at least, the one that decides first

    @property
    def kind(self) -> DangerKind:
        """What kind it is."""
        return self.signs[0].kind

    @property
    def language(self) -> str:
        """The language that tells of it."""
        return self.signs[0].language

    @property
    def needs(self) -> tuple[Need, ...]:
        """What is needed because of it."""
        return tuple(dict.fromkeys(sign.need for sign in self.signs))

    def words(self, text: str) -> tuple[str, ...]:
        """The words that led to it, as they stand in the text."""
        return tuple(text[start:end] for start, end in dict.fromkeys(self.signs[0].spans))


def _rank(sign: Sign) -> float:
    # A child whose parents have not come home is alone; they are not missing.
    missing = sign.need is Need.MISSING_PERSON
    return FIRST.index(DangerKind.CHILD_ALONE) + 0.5 if missing else FIRST.index(sign.kind)


class Dangers:
    """The signs of all languages."""

    def __init__(self, tables: Mapping[str, Table]) -> None:
        self.languages = [Language(code, table) for code, table in tables.items()]
        accented = [one for one in self.languages if one.own_letters]  # their accents make other words
        self.languages += [Language(one.code, one.table, with_accents=True) for one in accented]
        everything = share_words(language.spelling for language in self.languages)
        self.numbers = frozenset(word for word in everything if word[:1].isdigit())  # "911"
        self.by_letters = [language for language in self.languages if language.script or language.with_accents]
        self.by_word = [language for language in self.languages if language not in self.by_letters]
        self.grave = lru_cache(MANY_WORDS)(self._grave)

    def _grave(self, word: str) -> tuple[Language, ...]:
        """The languages in which a word may be part of a sign."""
        return tuple(language for language in self.by_word if language.symbols_of(word) & language.anchors)

    def read(self, text: str, tokens: Sequence[Token]) -> Danger | None:
        """The danger that a cleaned text tells of by these words of it."""
        tokens = tokens[:LONGEST]
        said = (token.text for token in tokens if not token.text[0].isdigit() or token.text in self.numbers)
        found = {language: None for word in said for language in self.grave(word)}
        if not text.isascii():
            found |= {language: None for language in self.by_letters if language.written_in(text)}
        signs = [sign for language in found for sign in language.signs(text, tokens)]
        if signs:
            signs = [sign for sign in signs if not self._foreign(sign, signs, text, tokens)]
        fits = self._fits(signs, tokens)
        signs.sort(key=lambda sign: (_rank(sign), not sign.sure, -fits.get(sign.language, 0), sign.spans))
        return Danger(tuple(signs)) if signs else None

    def _fits(self, signs: Sequence[Sign], tokens: Sequence[Token]) -> dict[str, int]:
        """How well each language fits the whole text, where several share the words of a sign."""
        codes = {sign.language for sign in signs}
        if len(codes) == 1:
            return {}
        return {one.code: one.fits(tokens) for one in self.by_word if one.code in codes}

    def _foreign(self, sign: Sign, signs: Sequence[Sign], text: str, tokens: Sequence[Token]) -> bool:
        """Whether its words tell something in another language that fits better, and which sees no danger."""
        silent = [one for one in self.by_word if not any(other.language == one.code for other in signs)]
        words = [fold(word) for start, end in sign.spans for word in text[start:end].split()]
        knowing = [one for one in silent if all(map(one.tells, words))]
        own = max((one.fits(tokens) for one in self.by_word if one.code == sign.language), default=len(tokens))
        alone = len(words) == 1  # a single word is no proof of its language
        return any(one.fits(tokens) >= own + (not alone) for one in knowing)


@cache
def dangers() -> Dangers:
    """The signs as written in the files beside this one."""
    files = sorted(HERE.glob("*.toml"))
    return Dangers({path.stem: tomllib.loads(path.read_text(encoding="utf-8")) for path in files})


def read(text: str) -> Danger | None:
    """The danger that a text tells of. Never raises."""
    text = clean(text)
    return dangers().read(text, split(text))
