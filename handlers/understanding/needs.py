"""Free words -> what is needed, for how many, how soon and where. The words themselves are in lexicon/*.toml.

A text is read once: every term of the lexicon found in it leaves a mark, and the marks decide. No statistics,
so that whoever runs the line can see why a text was understood as it was, and mend the list.
"""

import re
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field

from handlers.understanding.addresses import AddressFinder
from handlers.understanding.danger import Danger, dangers
from handlers.understanding.intents import Kind, Need, Understanding
from handlers.understanding.lexicon import Found, Lexicon, Mark, lexicons
from handlers.understanding.words import Token, clean, split
from models.requests import Urgency

MOST_PEOPLE = 500
ZIP = re.compile(r"\d{5}$")
DOOR = re.compile(r"\d(?!\d*(?:st|nd|rd|th)$)")  # a digit, but "3rd ave" is a street
SENTENCE = re.compile(r"[.!?;](?!\d)")
GOODS = frozenset(map(Need, "food water clothing household baby tools medicine pets transport".split()))


def understand(text: str) -> Understanding:
    """What free words say. Never raises; words in no language we speak are OTHER."""
    text = clean(text)
    words = split(text)
    return interpret(text, lexicons().find(words), dangers().read(text, words))


def interpret(text: str, found: Found, danger: Danger | None) -> Understanding:
    """What the words of a cleaned text say, by the terms found among them."""
    words, lexicon = found.words, found.lexicon
    if not words:
        return Understanding(Kind.OTHER)
    every = with_danger(found, danger) if danger else found.marks
    meant = {i for m in every if m.tag != "measures" for i in range(m.first, m.last)}
    place = AddressFinder(text, words, meant, lexicon.common, lexicon.place_words).find()
    placed = {i for i, word in enumerate(words) if place.start <= word.start < place.end} if place else set()
    marks = [m for m in every if m.tag == "danger" or m.first not in placed]
    said = FreeText(text, words, marks, lexicon, placed)
    kind, urgency = said.kind, said.urgency
    asked = said.needs(Kind.ASK)
    return Understanding(
        kind=kind,
        needs=() if kind is Kind.OTHER else asked if kind is Kind.ASK else said.needs(kind),
        people=said.people,
        urgency=urgency,
        danger=danger.kind if danger else None,
        place=text[place.start : place.end] if place else None,
        exact=(exact := place is not None and (place.exact or numbered(found, placed))),
        public=place is not None and not exact and (place.public or on_a_street(found, placed)),
        language=found.language or (danger.language if danger else None),
        needs_if_asked=asked,
        only_when=urgency is not None and bool(_nothing_but(words, found.marks, found.every, *Urgency)),
    )


def with_danger(found: Found, danger: Danger) -> Sequence[Mark]:
    """The marks, with those of the danger, whose words name no other need: a house on fire asks for no shelter."""
    marks, taken = [], set()
    for sign in danger.signs:
        for start, end in sign.spans:
            within = [i for i, word in enumerate(found.words) if word.start < end and start < word.end]
            if within:
                marks.append(Mark("danger", sign.need, within[0], within[-1] + 1))
                taken.update(within)
    others = (m for m in found.marks if not (m.need and taken.intersection(range(m.first, m.last))))
    return sorted([*marks, *others], key=lambda mark: mark.first)


def on_a_street(found: Found, placed: Set[int]) -> bool:
    """Whether a place is a street in any of our languages: people mix them (`en Pine St`)."""
    known = found.every.place_words.words
    named = known["street"] | known["street_first"]
    return any(found.words[i].text in named or ZIP.match(found.words[i].text) for i in placed)


def numbered(found: Found, placed: Set[int]) -> bool:
    """Whether a place has a number that may be a door's: any but a ZIP and the name of a street (`calle 8 con 12`).

    Where in doubt it is a door, and nobody sees it but who goes there.
    """
    words, streets = found.words, found.every.place_words.words
    before = streets["street_first"] | streets["joining"]
    return any(
        DOOR.search(words[i].text) and not ZIP.match(words[i].text) and words[i - 1].text not in before
        for i in placed
    )


def named(text: str) -> tuple[Need, ...]:
    """The needs, if every word of the text names one (`rides, food and meds`); else nothing."""
    return listed(split(clean(text)), lexicons().every)


def listed(words: Sequence[Token], lexicon: Lexicon) -> tuple[Need, ...]:
    """The needs, if every one of these words names one; else nothing."""
    marks = lexicon.marks(words)
    return tuple(dict.fromkeys(m.need for m in _nothing_but(words, marks, lexicon, "needs", "everyday") if m.need))


def _nothing_but(words: Sequence[Token], marks: Sequence[Mark], lexicon: Lexicon, *tags: str) -> list[Mark]:
    """The marks with these tags, if they are all that the words say."""
    wanted = [m for m in marks if m.tag in tags]
    covered = {i for m in wanted for i in range(m.first, m.last)}
    return wanted if all(i in covered or word.text in lexicon.filler for i, word in enumerate(words)) else []


@dataclass
class FreeText:
    """A text with its marks, and what they decide."""

    text: str
    words: Sequence[Token]
    marks: Sequence[Mark]
    lexicon: Lexicon
    placed: Set[int]  # the words that say where
    tagged: dict[str, list[Mark]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for mark in self.marks:
            self.tagged.setdefault(mark.tag, []).append(mark)
        # Everyday words name a need only after words that ask, wish, lack or have.
        leading = ("asking", "lacking", "wishing", "giving", "having")
        self.named = [
            m
            for m in self.marks
            if m.tag in ("needs", "plight", "danger") or (m.tag == "everyday" and self.led(m, 6, *leading))
        ]

    def of(self, *tags: str) -> list[Mark]:
        return [mark for tag in tags for mark in self.tagged.get(tag, ())]

    def starts(self, *tags: str) -> set[int]:
        """The words at which marks with these tags begin."""
        return {mark.first for mark in self.of(*tags)}

    def led(self, mark: Mark, within: int, *tags: str) -> bool:
        """Whether one of these tags stands at most so many words before the mark."""
        for tag in tags:
            for m in self.tagged.get(tag, ()):
                if self.near(m, mark, within):
                    return True
        return False

    def near(self, one: Mark, other: Mark, within: int) -> bool:
        """Whether one mark stands at most so many words before the other, in the same sentence."""
        return 0 <= other.first - one.last <= within and not SENTENCE.search(
            self.text, self.words[one.last - 1].end, self.words[other.first].start
        )

    @property
    def kind(self) -> Kind:
        """What the text is for; the earlier the line, the stronger the sign."""
        if "danger" in self.tagged:
            return Kind.ASK
        if "spam" in self.tagged:
            return Kind.OTHER
        if "asking" in self.tagged or "giving" in self.tagged:
            return Kind.ASK if self.first("asking") < self.first("giving") else Kind.OFFER
        if "plight" in self.tagged or (self.named and "urgent" in self.tagged):
            return Kind.ASK
        if any(self.led(m, 1, "lacking") or self.led(m, 7, "wishing") or self.beside(m) for m in self.named):
            return Kind.ASK
        if any(m.need in GOODS and self.led(m, 6, "having") for m in self.named):
            return Kind.OFFER
        if "wondering" in self.tagged:
            return Kind.QUESTION
        if self.bare():
            return Kind.ASK
        return Kind.QUESTION if "?" in self.text or "¿" in self.text else Kind.OTHER

    def first(self, tag: str) -> int:
        """Where the first mark of that tag stands; past the end if there is none."""
        return min(self.starts(tag), default=len(self.words))

    def beside(self, mark: Mark) -> bool:
        """Whether words stand close by that make a request of it: `our roof collapsed`, `insulina para mi mamá`."""
        return any(self.near(m, mark, 6) or self.near(mark, m, 6) for m in self.of("beside"))

    def bare(self) -> bool:
        """Whether the text is a list of needs with hardly another word: `groceries, diapers`."""
        listed = self.of("needs")
        if not listed or "chat" in self.tagged or len(self.words) >= 25:
            return False
        said = self.placed | {i for m in self.marks for i in range(m.first, m.last)}
        ours = self.lexicon.filler | self.lexicon.numbers.keys()
        silent = [w for i, w in enumerate(self.words) if i not in said and w.text not in ours]
        silent = [w for w in silent if not w.text[0].isdigit() and (not w.start or not self.text[w.start].isupper())]
        return len(silent) <= len(listed) // 2

    def needs(self, kind: Kind) -> tuple[Need, ...]:
        """The needs in the order they are named."""
        named = [m for m in self.named if m.need]
        wanted = [m for m in named if kind is not Kind.ASK or not (self.owned(m) or self.destination(m))]
        unique = tuple(dict.fromkeys(m.need for m in wanted or named if m.need))
        return tuple(need for need in unique if need is not Need.OTHER) or unique

    def owned(self, mark: Mark) -> bool:
        """Whether this is what the person has, not what they need: `I have food but no water`."""
        own = mark.tag == "needs" and mark.need in GOODS and self.led(mark, 1, "having")
        return own and not self.led(mark, 1, "lacking")

    def destination(self, mark: Mark) -> bool:
        """Whether this is only where a ride should go."""
        riding = any(m.need is Need.TRANSPORT and m.first < mark.first <= m.last + 6 for m in self.marks)
        return riding and mark.tag in ("needs", "everyday") and self.led(mark, 1, "toward")

    @property
    def urgency(self) -> Urgency | None:
        """How soon, if the text says so."""
        if "danger" in self.tagged:
            return Urgency.URGENT
        return next((urgency for urgency in Urgency if urgency in self.tagged), None)

    @property
    def people(self) -> int | None:
        """For how many: `family of five`, `for two`, `me and my 2 kids`."""
        counts = self.counts()
        if not counts and self.tagged.keys().isdisjoint(("self_first", "self_last")):
            return None
        groups = {i: n for i, n in counts.items() if self.group(i)}
        for i, n in counts.items():
            before = any(m.last == i for m in self.of("total_before"))
            if i + 1 in self.starts("total_after") or (before and groups.keys() <= {i}):
                return n
        said = next((counts[m.last] for m in self.of("for") if m.last in counts.keys() - groups.keys()), None)
        if said is not None:  # "home with two kids, groceries for 3" says it outright
            return said
        return min(sum(groups.values()) + self.company(groups), MOST_PEOPLE) or None

    def counts(self) -> dict[int, int]:
        """The numbers that can count people. Numbers in a row are a telephone; one before a measure counts bags."""
        numbers = [i for i, word in enumerate(self.words) if word.text in self.lexicon.numbers or word.text.isdigit()]
        counts = {i: n for i in numbers if i not in self.placed and (n := self.count(self.words[i]))}
        never = counts.keys() | self.starts("measures")
        return {i: n for i, n in counts.items() if i + 1 not in never and i - 1 not in counts}

    def count(self, word: Token) -> int | None:
        """The number that a word is, where it is no price, time, decimal or telephone."""
        value = self.lexicon.numbers.get(word.text, word.number)
        if value is None or not 0 < value <= MOST_PEOPLE:
            return None
        before, after = self.text[max(0, word.start - 2) : word.start], self.text[word.end : word.end + 2]
        return None if re.search(r"[$£€#%]$|\d[.,:/-]$", before) or re.match(r"[%$€]|[.,:/-]\d", after) else value

    def group(self, i: int) -> bool:
        """Whether word i counts people (`2 kids`), not things of theirs (`2 kids coats`)."""
        people = self.starts("people")
        noun = i + 1 if i + 1 in people or self.text.startswith(",", self.words[i].end) else i + 2
        return noun in people and noun + 1 not in self.starts("needs")

    def company(self, groups: Mapping[int, int]) -> int:
        """Who speaks, and the relatives named along with them: `my husband and I`, `me and my 2 kids`."""
        runs = [range(m.last, len(self.words)) for m in self.of("self_first")]
        runs += [range(m.first - 1, -1, -1) for m in self.of("self_last")]
        passed = self.starts("people", "self_first", "self_last", "kin")
        best = 0
        for run in runs:
            kin, grouped = 0, False
            for i in run:
                if i in self.starts("kin") and i - 1 not in groups and i - 2 not in groups:
                    kin += 1
                elif i in groups:
                    grouped = True
                elif i not in passed and self.words[i].text not in self.lexicon.filler:
                    break
            best = max(best, 1 + kin if kin or grouped else 0)
        return best
