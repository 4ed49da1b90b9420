"""The signs of danger of one language, and what takes them back."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from handlers.understanding.intents import DangerKind, Need
from handlers.understanding.patterns.finding import Words
from handlers.understanding.patterns.language import PatternLanguage, Table
from handlers.understanding.patterns.signs import Pattern, Run, bits
from handlers.understanding.words import Token

# How far from a sign the words may stand that take it back: (from one that is sure, from one that is unsure).
REACH = {"past": (5, 9), "story": (4, 30), "thing": (0, 4), "recent": (0, 9)}


@dataclass(frozen=True)
class Sign:
    """Words that tell of danger, and where they stand in the text."""

    kind: DangerKind
    need: Need
    language: str
    spans: tuple[tuple[int, int], ...]  # of its words: from, to
    sure: bool
    sign: str  # as the language's file has it


@dataclass(frozen=True)
class Listed:
    """A sign as a file has it."""

    kind: DangerKind
    need: Need
    sure: bool
    pattern: Pattern


class Language(PatternLanguage[Listed]):
    """How danger is told of in one language."""

    def __init__(self, code: str, table: Table, *, with_accents: bool = False) -> None:
        super().__init__(code, table, with_accents=with_accents)
        self.taken_back = {
            name: self.symbols.of("|".join(word.replace(" ", "_") for word in words))
            for name, words in table["taken_back"].items()
            if words
        }

    def entries(self) -> Iterator[Listed]:
        """The signs of every kind."""
        for kind in DangerKind:
            for need, lists in self.table.get(kind, {}).items():
                for name, signs in lists.items():
                    for sign in signs:
                        yield Listed(kind, Need(need), name == "sure", self.symbols.pattern(sign))

    def fits(self, tokens: Iterable[Token]) -> int:
        """How many small words of this language are among these."""
        return sum(token.text in self.small for token in tokens)

    def tells(self, word: str) -> bool:
        """Whether a word is part of a sign."""
        return any(self.telling.get(spelling, 0) & self.in_signs for spelling in self.spelling.listed(word))

    def signs(self, text: str, tokens: Sequence[Token]) -> Iterator[Sign]:
        """Every sign of danger in a text that nothing takes back."""
        for listed, words, places in self.found(text, tokens, bits(self.taken_back.values())):
            for runs in places:
                if not any(self._taken_back(words, run, sure=listed.sure) for run in runs):
                    steps = sorted({step for run in runs for step in run.steps})
                    spans = tuple((words.units[a].start, words.units[b - 1].end) for a, b in steps)
                    yield Sign(listed.kind, listed.need, self.code, spans, listed.sure, listed.pattern.sign)
                    break

    def _taken_back(self, words: Words, run: Run, *, sure: bool) -> bool:
        """Whether the words around a sign say that it is denied, long past, a film, a joke or a thing."""
        if self._denied(words, run):
            return True
        if not sure and self._spans(words, "joke"):
            return True
        return any(
            self._near(words, run, at, end, reach[not sure] * words.wide)
            for name, reach in REACH.items()
            for at, end in self._spans(words, name)
        )

    def _denied(self, words: Words, run: Run) -> bool:
        """Whether a word right before it (or after, as in French) says no: "not on fire", but "oh no, fire"."""
        cries = {end for _, end in self._spans(words, "cry")}
        before = any(end == run.first and end not in cries for _, end in self._spans(words, "denied"))
        after = any(at == run.last for at, _ in self._spans(words, "denied_after"))
        return (before and not words.is_set_off(run.first)) or (after and not words.is_set_off(run.last))

    def _near(self, words: Words, run: Run, at: int, end: int, reach: int) -> bool:
        """Whether words stand close by in the same sentence, with no "now" or "but" between."""
        if not reach:
            return False
        if any(at < last and first < end for first, last in run.steps):
            return False  # it is part of the sign itself
        low, high = (end, run.first) if end <= run.first else (run.last, at)
        between = range(low, high)
        if high - low > reach or any(map(words.begins, range(low, high + 1))):
            return False
        return not any(turn in between for turn, _ in self._spans(words, "turn"))

    def _spans(self, words: Words, name: str) -> list[tuple[int, int]]:
        """Where words of this list stand."""
        found = words.where.get(self.taken_back.get(name, -1), {})
        return [(at, end) for at, ends in found.items() for end in ends]
