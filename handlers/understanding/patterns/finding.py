"""Where the signs of a language stand in a text."""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from handlers.understanding.patterns.signs import APART, NOTHING, SMALL_WORDS, Part, Pattern, Run, Symbols, of_bits

END = re.compile(r"[.!?;\n。！？؟]")  # of a sentence
OFF = re.compile(r"[.!?;\n。！？؟,:，、،]")  # sets words off

Spelled = Callable[[str], tuple[str, ...]]


class Unit(NamedTuple):
    """A word, or a letter of a script without spaces, and where it stands in the text."""

    text: str
    start: int
    end: int
    small: bool


class Words:
    """A text's words, looked up once in the lists of one language."""

    def __init__(self, text: str, units: Sequence[Unit], symbols: Symbols, spelled: Spelled, asked: int) -> None:
        self.text, self.units = text, units
        self.wide = 2 if symbols.by_letter else 1  # two letters are about one word
        self.where: dict[int, dict[int, list[int]]] = {}  # symbol -> where it begins -> where it may end
        spellings = [spelled(unit.text) for unit in units]
        begin = symbols.root.next
        for i, first in enumerate(spellings):
            branches = [(begin[s], i + 1) for s in first if s in begin and begin[s].below & asked]
            while branches:
                branch, at = branches.pop()
                for symbol in of_bits(branch.symbols & asked):
                    self.where.setdefault(symbol, {}).setdefault(i, []).append(at)
                if at < len(units):
                    following = branch.next
                    branches += [(following[s], at + 1) for s in spellings[at] if s in following]

    def begins(self, i: int) -> bool:
        """Whether a word begins a new sentence."""
        return i > 0 and END.search(self.text, self.units[i - 1].end, self.units[i].start) is not None

    def is_set_off(self, i: int) -> bool:
        """Whether a word stands after punctuation."""
        return i > 0 and OFF.search(self.text, self.units[i - 1].end, self.units[i].start) is not None

    def find(self, pattern: Pattern) -> Iterator[tuple[Run, ...]]:
        """Every place where a sign stands; a run of words for each of its parts."""
        found = [self.runs(part) for part in pattern.parts]
        if not all(found):
            return
        for first in found[0]:
            others = (min(runs, key=lambda run: apart(first, run)) for runs in found[1:])
            place = (first, *others)
            if all(apart(first, run) <= APART * self.wide for run in place):
                yield place

    def runs(self, part: Part) -> list[Run]:
        """Every place where these words stand in this order; of those that end alike, the closest together."""
        first, *rest = part.steps
        chains: dict[int, tuple[tuple[int, int], ...]] = {
            end: ((at, end),) for at, ends in sorted(self.where.get(first.symbol, {}).items()) for end in ends
        }
        for step in rest:
            spans = self.where.get(step.symbol)
            if not spans or not chains:
                return []
            chains = {
                end: (*chain, (at, end))
                for last, chain in sorted(chains.items())
                for at in self.reach(last, step.gap)
                for end in spans.get(at, ())
            }
        return [run for run in map(Run, chains.values()) if self.stands(run, part)]

    def reach(self, at: int, gap: int) -> Iterator[int]:
        """Where the next step may stand: here, after small words, and after so many others."""
        small, strict = (SMALL_WORDS + gap) * self.wide if gap != NOTHING else 0, gap <= 0
        while at < len(self.units) and not (strict and self.begins(at)):
            yield at
            if self.units[at].small:
                small -= 1
            else:
                gap -= 1
            if small < 0 or gap < 0:
                return
            at += 1

    def stands(self, run: Run, part: Part) -> bool:
        """Whether what is around these words lets them stand for the part."""
        if part.unless is not None and run.last in self.where.get(part.unless, {}) and not self.is_set_off(run.last):
            return False
        before = self.units[: run.first] if part.at_start else ()
        after = self.units[run.last :] if part.at_end else ()
        return all(unit.small for unit in (*before, *after))


def apart(one: Run, other: Run) -> int:
    """How many words stand between two runs."""
    return max(other.first - one.last, one.first - other.last, 0)
