"""A text while the times in it are looked for: its words, the facts found so far, what leads to the next one."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from handlers.understanding.when.expression import Clock
from handlers.understanding.when.vocabulary import NOTHING, Named, find
from handlers.understanding.words import Token
from models.requests import Timing

STOPS = re.compile(r"[.,!?;:()\n]")
MONEY = frozenset("$\u00a3\u20ac#")
RANGING = ("to", "through", "thru", "til", "till", "until", "a", "al", "hasta", "or", "and", "o", "u", "y", "n")


@dataclass(frozen=True)
class Fact:
    """A day, an hour or a span that is named in a text, and the words that it takes."""

    first: int
    last: int  # the one after
    named: Named = NOTHING
    led_from: int | None = None  # where the words that lead to it begin
    until: Clock | None = None
    minutes: int | None = None
    timing: Timing | None = None
    strictly: bool = False  # "before friday" is over on Friday
    denied: bool = False  # past, or not then

    @property
    def since(self) -> int:
        """The first word of it, with those that lead to it."""
        return self.first if self.led_from is None else self.led_from


@dataclass
class Scan:
    """One text, while the facts in it are found."""

    text: str
    words: Sequence[Token]
    facts: list[Fact] = field(default_factory=list)
    leads: dict[str, int] = field(default_factory=dict)  # what stands before; how many words may still come between
    led_from: int | None = None  # where these begin, if no other word stands between
    month_ends: bool = False  # whether "the end of May" is a day

    def gap(self, i: int) -> str:
        """What stands between a word and the one before it."""
        return self.text[self.words[i - 1].end : self.words[i].start] if i else ""

    def gap_at(self, i: int) -> str:
        """The same, nothing at the end of the text."""
        return self.gap(i) if i < len(self.words) else ""

    def beside(self, one: Fact, other: Fact) -> bool:
        """Whether nothing but words that lead to the other stands between the two."""
        i = one.last
        while i < other.first:
            lead = find(self.words, i, "lead")
            if lead is None or STOPS.search(self.gap(i)):
                return False
            i += len(lead.words)
        return not STOPS.search(self.gap(other.first))

    def near(self, i: int) -> bool:
        """Whether a fact stands right before this word, or a lead between them."""
        if not self.facts:
            return False
        last = self.facts[-1].last
        return last == i or (i - last <= 2 and bool(self.leads))

    def ends(self, i: int) -> bool:
        """Whether a text or a clause ends before this word."""
        return i >= len(self.words) or bool(STOPS.search(self.gap(i)))

    def ends_well(self, i: int) -> bool:
        """Whether what stands there lets a number before it be a time: nothing that it could count."""
        if find(self.words, i, "behind_once", "unit"):
            return False
        return self.ends(i) or find(self.words, i, "behind_small", "day", "part", "lead", "month") is not None

    def number(self, i: int, most: int) -> tuple[int, int] | None:
        """A number in figures or words, and the word after it."""
        if i >= len(self.words):
            return None
        word = self.words[i]
        if word.number is not None:
            return (word.number, i + 1) if 0 < word.number <= most and self.gap(i)[-1:] not in MONEY else None
        named = find(self.words, i, "number")
        return (named.value, i + len(named.words)) if named and named.value <= most else None
