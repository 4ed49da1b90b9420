"""A text with the marks that the lexicon left in it, and how they stand to each other."""

import re
from collections.abc import Sequence, Set
from dataclasses import dataclass, field
from functools import cached_property

from handlers.understanding.intents import Need
from handlers.understanding.lexicon import Lexicon, Mark
from handlers.understanding.words import Token

SENTENCE = re.compile(r"[.!?;\n](?!\d)")
CLAUSE = re.compile(r"[.,!?;:\n](?!\d)|\(")
GOODS = frozenset(map(Need, "food water clothing household baby tools medicine pets transport".split()))
LEADING = ("asking", "requiring", "lacking", "wishing", "giving", "having", "surplus", "serving")


@dataclass
class Marked:
    """A text with its marks."""

    text: str
    words: Sequence[Token]
    marks: Sequence[Mark]
    lexicon: Lexicon
    placed: Set[int]  # the words that say where
    timed: Set[int]  # and those that say when
    tagged: dict[str, list[Mark]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for mark in self.marks:
            self.tagged.setdefault(mark.tag, []).append(mark)

    def of(self, *tags: str) -> list[Mark]:
        """The marks with these tags."""
        return [mark for tag in tags for mark in self.tagged.get(tag, ())]

    def starts(self, *tags: str) -> set[int]:
        """The words at which marks with these tags begin."""
        return {mark.first for tag in tags for mark in self.tagged.get(tag, ())}

    def before(self, mark: Mark, within: int, *tags: str) -> Mark | None:
        """A mark with one of these tags that stands at most so many words before this one."""
        for tag in tags:
            for m in self.tagged.get(tag, ()):
                if self.near(m, mark, within):
                    return m
        return None

    def near(self, one: Mark, other: Mark, within: int) -> bool:
        """Whether one mark stands at most so many words before the other, in the same sentence."""
        together = 0 <= other.first - one.last <= within
        return together and self.sentences[one.last - 1] == self.sentences[other.first]

    @cached_property
    def sentences(self) -> list[int]:
        """For every word, how many sentences end before it."""
        return self.counted(SENTENCE)

    @cached_property
    def clauses(self) -> list[int]:
        """The same, where a comma ends one, too."""
        return self.counted(CLAUSE)

    def counted(self, ending: re.Pattern[str]) -> list[int]:
        """For every word, between how many words before it such an ending stands."""
        ended, found, after = 0, [], 0
        for word in self.words:
            if word.opens and after:  # else there is only a space before it
                ended += ending.search(self.text, after, word.start + 1) is not None
            found.append(ended)
            after = word.end
        return found

    def meant(self, marks: Sequence[Mark]) -> list[Mark]:
        """These marks, but for those in a sentence of news or thanks: `thank you for the food. We need diapers`."""
        told = {self.sentences[m.first] for m in self.of("report")}
        return [m for m in marks if self.sentences[m.first] not in told] if told else list(marks)

    @cached_property
    def named(self) -> list[Mark]:
        """The marks that name a need; everyday words do so only after words of asking, offering or having."""
        sure = self.of("needs", "danger")
        perhaps = [m for m in self.of("everyday") if self.before(m, 4, *LEADING)]
        felt = self.of("plight")  # "lost my job": nobody asks for a job, nor for a heater that broke
        things = [m for m in (*sure, *perhaps) if not any(p.first <= m.first and m.last <= p.last for p in felt)]
        return sorted([*things, *felt], key=lambda m: m.first)

    def wanted(self, *, asked: bool) -> list[Mark]:
        """The marks that name a need; of who asks, only what they are without, if that leaves any."""
        named = [m for m in self.named if m.need]
        named = self.meant(named) or named
        without = [m for m in named if not (self.owned(m) or self.whereabouts(m) or self.handled(m))] if asked else []
        return self.but_why(without or named) if asked else named

    def but_why(self, named: list[Mark]) -> list[Mark]:
        """These, without an illness that only says why: `walk my dog, im in a cast`."""
        why = [m for m in named if m.tag == "plight" and m.need is Need.MEDICAL]
        things = [m for m in named if m.tag != "plight" and m.need not in (Need.MEDICAL, Need.OTHER)]
        return [m for m in named if m not in why] if why and things else named

    def needs(self, *, asked: bool) -> tuple[Need, ...]:
        """The needs in the order they are named."""
        unique = tuple(dict.fromkeys(m.need for m in self.wanted(asked=asked) if m.need))
        return tuple(need for need in unique if need is not Need.OTHER) or unique

    def owned(self, mark: Mark) -> bool:
        """Whether this is what the person has, not what they need: `I have food but no water`."""
        own = mark.tag == "needs" and mark.need in GOODS and self.before(mark, 1, "having")
        return bool(own) and not self.before(mark, 1, "lacking")

    def whereabouts(self, mark: Mark) -> bool:
        """Whether this is only where somebody is, or where a ride should go."""
        if mark.tag not in ("needs", "everyday"):
            return False
        riding = any(m.need is Need.TRANSPORT and m.first < mark.first <= m.last + 6 for m in self.marks)
        return bool(self.before(mark, 0, "within") or (riding and self.before(mark, 1, "toward")))

    def handled(self, mark: Mark) -> bool:
        """Whether this is only what something is to be done with: `help carrying a couch`; not `pick up my meds`."""
        if mark.need is Need.MEDICINE:
            return False
        return mark.tag in ("needs", "everyday") and self.before(mark, 1, "handling") is not None
