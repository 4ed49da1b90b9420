"""Every word that tells something in free text, one TOML file a language. To add a language, see en.toml."""

import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from handlers.understanding.intents import Need
from handlers.understanding.words import Token, fold

HERE = Path(__file__).parent
LONGEST_STEM = 24  # letters
MANY_WORDS = 8192  # how many words' spellings are remembered; people use few words, and often the same


class Sense(NamedTuple):
    """What a term stands for: the list it is on and, where it names one, the need."""

    tag: str
    need: Need | None = None


class Mark(NamedTuple):
    """A sense found in a text, from word `first` up to but not including word `last`."""

    tag: str
    need: Need | None
    first: int
    last: int


@dataclass(slots=True)
class Branch:
    """One word of a term; the next words branch off."""

    senses: list[Sense] = field(default_factory=list)
    next: dict[str, "Branch"] = field(default_factory=dict)

    def longest(self, spelled: Sequence[Sequence[str]], i: int) -> tuple[int, list[Sense]]:
        """Where the longest term that goes on with word i ends, and its senses. An exact word beats a stem."""
        best = i, self.senses
        for spelling in spelled[i]:
            if spelling in self.next:
                end, senses = self.next[spelling].longest(spelled, i + 1)
                if senses and end > best[0]:
                    best = end, senses
        return best


class Lexicon:
    """The words of one or several languages."""

    def __init__(self, *codes: str) -> None:
        self.root = Branch()
        self.numbers: dict[str, int] = {}
        self.filler: set[str] = set()
        self.common: set[str] = set()
        for table in (tables()[code] for code in codes):
            self.numbers |= {fold(word): n for word, n in table["count"]["numbers"].items()}
            self.filler.update(map(fold, table["vote"]["filler"]))
            self.common |= self.filler.union(map(fold, table["vote"]["common"]))
            for words, sense in terms(table):
                branch = self.root
                for word in words:
                    branch = branch.next.setdefault(word, Branch())
                if sense not in branch.senses:
                    branch.senses.append(sense)

    def knows(self, word: str) -> bool:
        """Whether the word alone says something in this language."""
        alone = (self.root.next.get(spelling) for spelling in spellings(word))
        return word in self.common or word in self.numbers or any(branch and branch.senses for branch in alone)

    def marks(self, words: Sequence[Token]) -> list[Mark]:
        """The longest term at every place, from left to right."""
        spelled = [*[spellings(word.text) for word in words], ()]  # the last ends every term
        found: list[Mark] = []
        end = 0
        for i in range(len(words)):
            if i >= end and spelled[i]:
                end, senses = self.root.longest(spelled, i)
                found += [Mark(tag, need, i, end) for tag, need in senses]
        return found


@cache
def tables() -> dict[str, dict[str, Any]]:
    """Every language's lists, as written."""
    return {path.stem: tomllib.loads(path.read_text(encoding="utf-8")) for path in sorted(HERE.glob("*.toml"))}


@cache
def lexicon(*codes: str) -> Lexicon:
    """The words of these languages, in one."""
    return Lexicon(*codes)


def terms(table: dict[str, Any]) -> Iterator[tuple[list[str], Sense]]:
    """Every term of a language, word by word, with what it stands for."""
    for key in ("needs", "everyday", "plight", "emergency", "kind", "when", "count", "vote"):
        for name, listed in table[key].items():
            named = key in ("needs", "everyday", "plight", "emergency")
            if name not in ("numbers", "common", "filler"):
                for term in listed:
                    yield fold(term).split(), Sense(key, Need(name)) if named else Sense(name)


@cache
def vocabulary() -> frozenset[str]:
    """Every word of every term in any language, as the lists spell it."""
    return frozenset(word for table in tables().values() for words, _ in terms(table) for word in words)


@lru_cache(MANY_WORDS)
def spellings(word: str) -> tuple[str, ...]:
    """How the lists spell a word: as it is, as a stem (`blanket*`), without its number (`500mg`)."""
    bare = word.lstrip("0123456789")
    stems = [word[:n] + "*" for n in range(min(len(word), LONGEST_STEM), 2, -1)]
    return tuple(s for s in (word, *(stems if bare in (word, "") else [bare])) if s in vocabulary())


@lru_cache(MANY_WORDS)
def speaks(word: str) -> tuple[str, ...]:
    """The languages that a word gives away; none if it says something in all of them."""
    codes = tuple(code for code in tables() if lexicon(code).knows(word))
    return codes if len(codes) < len(tables()) else ()
