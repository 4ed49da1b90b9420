"""A pattern: words in their order, as a language's file has them. One that tells of danger is called a sign.

    sign     := part {" & " part}        every part is said, in any order and close together
    part     := step {[".."] step} ["!" word {"|" word}]     not followed by one of these
    step     := ["+"] choice {"|" choice}    one of them: "call|send"; "+" lets nothing stand before it
    choice   := word | stem "*" | word "_" word | "<" list ">" | "<" number "-" number ">" | "^" | "$"

Small words (`[small]` of the file) may stand between any two steps, other words only where it says "..". "_" lets
nothing stand between, "<who>" is any of the list `who`, "<1-12>" a number, "^" the beginning of a text, "$" its end.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from handlers.understanding.words import fold

NOTHING = -1  # not even a small word may stand between
ANY_WORDS = 3  # as many words may stand where a sign says ".."
SMALL_WORDS = 3  # as many small ones between any two words of it
APART = 14  # words between the parts of a sign
LIST = re.compile(r"<(\w+)>$")
MIXED = re.compile(r"<\D")
NUMBERS = re.compile(r"<(\d+)-(\d+)>$")
DIGITS = re.compile(r"\d+")

Letters = Mapping[int, str]  # letters that are written for one another, as str.translate wants them


class Step(NamedTuple):
    """One of a sign's words: what may be said, and how many other words may stand before it."""

    symbol: int
    gap: int = 0


class Part(NamedTuple):
    """Words in their order."""

    steps: tuple[Step, ...]
    unless: int | None = None  # the symbol that must not follow
    at_start: bool = False
    at_end: bool = False


@dataclass(frozen=True)
class Pattern:
    """A compiled sign."""

    parts: tuple[Part, ...]
    sign: str  # as written

    @cached_property
    def steps(self) -> list[Step]:
        """The steps of all its parts."""
        return [step for part in self.parts for step in part.steps]

    @cached_property
    def needed(self) -> int:
        """Its steps' symbols, as bits: without one of them it cannot stand in a text."""
        return bits(step.symbol for step in self.steps)

    @cached_property
    def asked(self) -> int:
        """All that has to be looked up to find it, as bits."""
        return self.needed | bits(part.unless for part in self.parts if part.unless is not None)


def bits(symbols: Iterable[int]) -> int:
    """Symbols as the bits of a number: a quick set."""
    return sum(1 << symbol for symbol in set(symbols))


def of_bits(found: int) -> Iterator[int]:
    """The symbols that these bits stand for."""
    while found:
        lowest = found & -found
        yield lowest.bit_length() - 1
        found ^= lowest


class Run(NamedTuple):
    """Where a part was found: the words of its steps, as (first, after the last)."""

    steps: tuple[tuple[int, int], ...]

    @property
    def first(self) -> int:
        """The first of its words."""
        return self.steps[0][0]

    @property
    def last(self) -> int:
        """The one after its last word."""
        return self.steps[-1][1]


@dataclass(slots=True)
class Branch:
    """One word of a term; the next ones branch off."""

    symbols: int = 0  # as bits: those of which a term ends here
    below: int = 0  # and those of which one ends here or further on
    next: dict[str, "Branch"] = field(default_factory=dict)


class Symbols:
    """The steps of all signs of a language, each a number, and the terms that they stand for."""

    def __init__(
        self,
        lists: Mapping[str, Sequence[str]],
        letters: Letters,
        *,
        by_letter: bool = False,
        with_accents: bool = False,
        article: str = "",
    ) -> None:
        self.lists, self.letters = lists, letters
        self.by_letter, self.with_accents, self.article = by_letter, with_accents, article
        self.root = Branch()
        self.numbers: dict[str, tuple[int, int]] = {}  # "<1-12>" -> from, to
        self.terms: list[tuple[tuple[str, ...], ...]] = []  # by symbol
        self.words_of: list[frozenset[str]] = []  # those terms of one word, by symbol
        self.phrases_of: list[list[tuple[str, ...]]] = []  # and those of several
        self.known: dict[str, int] = {}

    def words(self, term: str) -> tuple[str, ...]:
        """A term as the words that are looked for; in a script without spaces, its letters."""
        folded = (term.casefold() if self.by_letter or self.with_accents else fold(term)).translate(self.letters)
        words = tuple(folded.replace(" ", "")) if self.by_letter and not folded.isascii() else tuple(folded.split())
        if self.article:
            words = tuple(w[len(self.article) :] if w.startswith(self.article) and len(w) > 4 else w for w in words)
        self.numbers |= {word: (int(n[1]), int(n[2])) for word in words if (n := NUMBERS.match(word))}
        return words

    def number(self, word: str) -> tuple[str, ...]:
        """What a number may stand for: "<1-12>"."""
        digits = DIGITS.match(word)
        if digits is None:
            return ()
        value = int(digits[0][:9])
        return tuple(name for name, (low, high) in self.numbers.items() if low <= value <= high)

    def of(self, step: str) -> int:
        """The symbol of a step, which is made if it is new."""
        if step not in self.known:
            symbol = self.known[step] = len(self.terms)
            found = tuple(dict.fromkeys(words for choice in step.split("|") for words in self.choice(choice)))
            self.terms.append(found)
            self.words_of.append(frozenset(words[0] for words in found if len(words) == 1))
            self.phrases_of.append([words for words in found if len(words) > 1])
            for words in found:
                branch = self.root
                for word in words:
                    branch = branch.next.setdefault(word, Branch())
                    branch.below |= 1 << symbol
                branch.symbols |= 1 << symbol
        return self.known[step]

    def among(self, words: set[str], symbol: int) -> bool:
        """Whether all words of a term of this step are among these."""
        return not self.words_of[symbol].isdisjoint(words) or any(
            words.issuperset(p) for p in self.phrases_of[symbol]
        )

    def choice(self, choice: str) -> Iterator[tuple[str, ...]]:
        """The terms that a choice stands for."""
        named = LIST.match(choice)
        if named is None:
            if MIXED.search(choice):
                raise ValueError(f"{choice!r} is neither a list nor a word")
            yield self.words(choice.replace("_", " "))
        elif named[1] not in self.lists:
            raise ValueError(f"<{named[1]}> is not among the lists")
        else:
            for term in self.lists[named[1]]:
                yield from self.choice(term)

    def pattern(self, sign: str) -> Pattern:
        """A sign, compiled."""
        return Pattern(tuple(self.part(self.apart(part)) for part in sign.split(" & ")), sign)

    def apart(self, part: str) -> list[str]:
        """A part's steps and marks. Where a script needs no spaces, ".." alone stands between two steps."""
        words = part.split()
        if not self.by_letter:
            return words
        joined: list[str] = []
        for word in words:
            if joined and word not in ("..", "^", "$") and word[0] != "!" and joined[-1] not in ("..", "^"):
                joined[-1] += word
            else:
                joined.append(word)
        return joined

    def part(self, words: Sequence[str]) -> Part:
        """A part of a sign, compiled."""
        steps: list[Step] = []
        gap, unless = 0, None
        for word in words:
            if word == "..":
                gap = ANY_WORDS * (2 if self.by_letter else 1)
            elif word.startswith("!"):
                unless = self.of(word[1:])
            elif word not in "^$":
                steps.append(Step(self.of(word.removeprefix("+")), NOTHING if word.startswith("+") else gap))
                gap = 0
        if not steps:
            raise ValueError(f"{' '.join(words)!r} has no words")
        return Part(tuple(steps), unless, words[0] == "^", words[-1] == "$")
