"""Free words -> what is needed, for how many, how soon and where. The words themselves are in lexicon/*.toml.

A text is read once: every term of the lexicon found in it leaves a mark, and the marks decide. No statistics,
so that whoever runs the line can see why a text was understood as it was, and mend the list.
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from handlers.intents import Kind, Need, Understanding
from handlers.whereabouts import Map, Signs
from handlers.words import Word, clean, fold, split
from models.requests import Urgency

HERE = Path(__file__).parent / "lexicon"
MOST_PEOPLE = 500
SENTENCE = re.compile(r"[.!?;](?!\\d)")
LONGEST = 300  # words; what comes later in a text is not looked at
GOODS = {
    Need.FOOD,
    Need.WATER,
    Need.CLOTHING,
    Need.HOUSEHOLD,
    Need.BABY,
    Need.TOOLS,
    Need.MEDICINE,
    Need.PETS,
    Need.TRANSPORT,
}


@dataclass(frozen=True)
class Sense:
    """What a term stands for: the list it is on and, where it names one, the need."""

    tag: str
    need: Need | None = None


@dataclass(frozen=True)
class Mark:
    """A sense found in a text, from word `first` up to but not including word `last`."""

    tag: str
    need: Need | None
    first: int
    last: int


@dataclass
class Branch:
    """One word of a term; the next words branch off."""

    senses: list[Sense] = field(default_factory=list)
    next: dict[str, "Branch"] = field(default_factory=dict)


@lru_cache(maxsize=8192)
def spellings(word: str) -> tuple[str, ...]:
    """How the lexicon may spell a word: as it is, as a stem (`blanket*`), without its number (`500mg`)."""
    stems = [word[:n] + "*" for n in range(min(len(word), 24), 2, -1)]
    bare = word.lstrip("0123456789")
    return (word, *stems) if bare == word or not bare else (word, bare)


class Lexicon:
    """The words of one or several languages, compiled."""

    def __init__(self, tables: Sequence[Mapping[str, Any]]) -> None:
        self.root = Branch()
        self.numbers: dict[str, int] = {}
        self.common: set[str] = set()
        self.signs = Signs.of(table["place"] for table in tables)
        for table in tables:
            for tag, key in (
                ("need", "needs"),
                ("everyday", "everyday"),
                ("plight", "plight"),
                ("emergency", "emergency"),
            ):
                for need, terms in table[key].items():
                    self.add(terms, Sense(tag, Need(need)))
            for key in ("kind", "when", "count", "vote"):
                for tag, terms in table[key].items():
                    if tag == "numbers":
                        self.numbers |= {fold(word): n for word, n in terms.items()}
                    elif tag == "common":
                        self.common |= {fold(word) for word in terms}
                    else:
                        self.add(terms, Sense(tag))

    def add(self, terms: Sequence[str], sense: Sense) -> None:
        """Hear these terms in this sense."""
        for term in terms:
            branch = self.root
            for word in fold(term).split():
                branch = branch.next.setdefault(word, Branch())
            if sense not in branch.senses:
                branch.senses.append(sense)

    def knows(self, word: str) -> bool:
        """Whether the word alone says something in this language."""
        if word in self.common or word in self.numbers:
            return True
        return any((b := self.root.next.get(s)) is not None and b.senses for s in spellings(word))

    def marks(self, words: Sequence[Word]) -> list[Mark]:
        """The longest term at every place, from left to right."""
        found: list[Mark] = []
        i = 0
        while i < len(words):
            end, senses = longest(self.root, words, i)
            found.extend(Mark(sense.tag, sense.need, i, end) for sense in senses)
            i = max(end, i + 1)
        return found


def longest(branch: Branch, words: Sequence[Word], i: int) -> tuple[int, list[Sense]]:
    """Where the longest term from word i on ends, and its senses. An exact word beats a stem."""
    best: tuple[int, list[Sense]] = (i, branch.senses)
    if i < len(words):
        for spelling in spellings(words[i].text):
            if (following := branch.next.get(spelling)) is not None:
                end, senses = longest(following, words, i + 1)
                if senses and (end > best[0] or not best[1]):
                    best = end, senses
    return best


@cache
def tables() -> dict[str, dict[str, Any]]:
    """Every language's lists, as written."""
    return {path.stem: tomllib.loads(path.read_text(encoding="utf-8")) for path in sorted(HERE.glob("*.toml"))}


@cache
def lexicon(*codes: str) -> Lexicon:
    """The words of these languages, in one."""
    return Lexicon([tables()[code] for code in codes])


@lru_cache(maxsize=8192)
def speakers(word: str) -> tuple[str, ...]:
    """The languages in which a word says something."""
    return tuple(code for code in tables() if lexicon(code).knows(word))


def vote(words: Sequence[Word]) -> dict[str, int]:
    """How many words speak for each language. Words of every language speak for none."""
    votes = dict.fromkeys(tables(), 0)
    for word in words:
        codes = speakers(word.text)
        if len(codes) < len(votes):
            for code in codes:
                votes[code] += 1
    return votes


@dataclass(frozen=True)
class Reading:
    """A text with its marks."""

    text: str
    words: Sequence[Word]
    marks: Sequence[Mark]
    numbers: Mapping[str, int]
    placed: frozenset[int]  # the words that say where

    def has(self, *tags: str) -> bool:
        return any(mark.tag in tags for mark in self.marks)

    def of(self, *tags: str) -> list[Mark]:
        return [mark for mark in self.marks if mark.tag in tags]

    def first(self, tag: str) -> int:
        """Where the first mark of that tag stands; past the end if there is none."""
        return next((mark.first for mark in self.marks if mark.tag == tag), len(self.words))

    def led(self, mark: Mark, within: int, *tags: str) -> bool:
        """Whether one of these tags stands at most so many words before the mark."""
        return any(
            m.tag in tags and 0 <= mark.first - m.last <= within and not self.parted(m.last - 1, mark.first)
            for m in self.marks
        )

    def parted(self, i: int, j: int) -> bool:
        """Whether a sentence ends between two words."""
        return bool(SENTENCE.search(self.text, self.words[i].end, self.words[j].start))

    def named(self) -> list[Mark]:
        """What names a need. Everyday words do only after words that ask, wish or lack."""
        leading = ("asking", "lacking", "wishing", "giving", "having")
        return [
            m
            for m in self.marks
            if m.tag in ("need", "plight", "emergency") or (m.tag == "everyday" and self.led(m, 6, *leading))
        ]

    @property
    def kind(self) -> Kind:
        """What the text is for; the earlier the line, the stronger the sign."""
        if self.has("emergency"):
            return Kind.ASK
        if self.has("spam"):
            return Kind.OTHER
        if self.has("asking", "giving"):
            return Kind.ASK if self.first("asking") < self.first("giving") else Kind.OFFER
        named = self.named()
        if self.has("plight") or (named and self.has("urgent")):
            return Kind.ASK
        if any(self.led(m, 1, "lacking") or self.led(m, 7, "wishing") or self.beside(m) for m in named):
            return Kind.ASK
        if any(m.need in GOODS and self.led(m, 6, "having") for m in named):
            return Kind.OFFER
        if self.has("wondering"):
            return Kind.QUESTION
        if self.bare():
            return Kind.ASK
        return Kind.QUESTION if "?" in self.text or "¿" in self.text else Kind.OTHER

    def beside(self, mark: Mark) -> bool:
        """Whether words stand close by that make a request of it: `our roof collapsed`, `insulina para mi mamá`."""
        return self.led(mark, 6, "beside") or any(
            0 <= m.first - mark.last <= 6 and not self.parted(mark.last - 1, m.first) for m in self.of("beside")
        )

    def bare(self) -> bool:
        """Whether the text is a list of needs with hardly another word: `groceries, diapers`."""
        listed = self.of("need")
        said = self.placed | {i for m in self.marks if m.tag != "chat" for i in range(m.first, m.last)}
        silent = [word for i, word in enumerate(self.words) if i not in said and word.text not in self.numbers]
        silent = [w for w in silent if not w.text[0].isdigit() and (not w.start or not self.text[w.start].isupper())]
        return bool(listed) and len(silent) <= len(listed) // 2 and not self.has("chat") and len(self.words) < 25

    def needs(self, kind: Kind) -> tuple[Need, ...]:
        """The needs in the order they are named."""
        named = self.named()
        found = [
            m.need for m in named if m.need and not (kind is Kind.ASK and (self.owned(m) or self.destination(m)))
        ]
        found = found or [m.need for m in named if m.need]
        unique = tuple(dict.fromkeys(found))
        return tuple(need for need in unique if need is not Need.OTHER) or unique

    def owned(self, mark: Mark) -> bool:
        """Whether this is what the person has, not what they need: `I have food but no water`."""
        return (
            mark.tag == "need"
            and mark.need in GOODS
            and self.led(mark, 1, "having")
            and not self.led(mark, 1, "lacking")
        )

    def destination(self, mark: Mark) -> bool:
        """Whether this is only where a ride should go."""
        riding = any(m.need is Need.TRANSPORT and m.first < mark.first <= m.last + 6 for m in self.marks)
        return riding and mark.tag in ("need", "everyday") and self.led(mark, 1, "toward")

    @property
    def urgency(self) -> Urgency | None:
        """How soon, if the text says so."""
        if self.has("emergency"):
            return Urgency.URGENT
        return next((urgency for urgency in Urgency if self.has(urgency.value)), None)

    def count(self, i: int) -> int | None:
        """The number that word i is, where it can count people: no price, time, decimal or telephone."""
        word = self.words[i]
        value = self.numbers.get(word.text, word.number)
        if value is None or not 0 < value <= MOST_PEOPLE or i in self.placed:
            return None
        before, after = self.text[max(0, word.start - 2) : word.start], self.text[word.end : word.end + 2]
        if re.search(r"[$£€#%]$|\d[.,:/-]$", before) or re.match(r"[%$€]|[.,:/-]\d", after):
            return None
        return value

    @property
    def people(self) -> int | None:
        """For how many: `family of five`, `for two`, `me and my 2 kids`."""
        at = {(m.tag, m.first): m for m in self.marks}
        begins = {tag: {m.first for m in self.marks if m.tag == tag} for tag in ("people", "measures", "total_after")}
        counts = {i: n for i in range(len(self.words)) if (n := self.count(i)) is not None}
        # Numbers in a row are a telephone; a number before a measure counts bags or days.
        counts = {
            i: n
            for i, n in counts.items()
            if i + 1 not in begins["measures"] and i + 1 not in counts and i - 1 not in counts
        }
        groups = {}
        for i, n in counts.items():
            noun = next((j for j in (i + 1, i + 2) if j in begins["people"]), None)
            if (
                noun is not None
                and not self.goods(noun)
                and (noun == i + 1 or not self.text[self.words[i].end :].startswith(","))
            ):
                groups[i] = n
        for i, n in counts.items():
            before = [m for m in self.of("total_before") if m.last == i]
            if (
                i + 1 in begins["total_after"]
                or (before and not groups)
                or (before and i in groups and len(groups) == 1)
            ):
                return n
        close = self.company(groups, at)
        if close or groups:
            return min(sum(groups.values()) + close, MOST_PEOPLE)
        return next((n for m in self.of("for") if (n := counts.get(m.last)) is not None), None)

    def goods(self, noun: int) -> bool:
        """Whether the people are only whose things these are: `2 kids coats`."""
        return any(m.tag == "need" and m.first == noun + 1 for m in self.marks)

    def company(self, groups: Mapping[int, int], at: Mapping[tuple[str, int], Mark]) -> int:
        """Who speaks, and the relatives named along with them: `my husband and I`, `me and my 2 kids`."""
        runs = [range(m.last, len(self.words)) for m in self.of("self_first")]
        runs += [range(m.first - 1, -1, -1) for m in self.of("self_last")]
        best = 0
        for run in runs:
            kin, grouped = 0, False
            for i in run:
                if ("kin", i) in at and i - 1 not in groups and i - 2 not in groups:
                    kin += 1
                elif i in groups:
                    grouped = True
                elif not any((tag, i) in at for tag in ("people", "filler", "self_first", "self_last", "kin")):
                    break
            best = max(best, 1 + kin if kin or grouped else 0)
        return best


def understand(text: str) -> Understanding:
    """What free words say. Never raises; words in no language we speak are OTHER."""
    text = clean(text)
    words = split(text)[:LONGEST]
    if not words:
        return Understanding(Kind.OTHER)
    votes = vote(words)
    most = max(votes.values())
    winners = [code for code, n in votes.items() if n == most > 0]
    heard = lexicon(*(code for code, n in votes.items() if 2 * n >= most))
    marks = heard.marks(words)
    taken = {i for m in marks if m.tag not in ("street", "measures") for i in range(m.first, m.last)}
    plain = [i in taken or word.text in heard.common for i, word in enumerate(words)]
    place = Map(text, words, plain, heard.signs).find()
    placed = frozenset(i for i, word in enumerate(words) if place and place.start <= word.start < place.end)
    marks = [m for m in marks if m.tag == "emergency" or m.first not in placed]
    reading = Reading(text, words, marks, heard.numbers, placed)
    kind = reading.kind
    return Understanding(
        kind=kind,
        needs=() if kind is Kind.OTHER else reading.needs(kind),
        people=reading.people,
        urgency=reading.urgency,
        emergency=reading.has("emergency"),
        place=text[place.start : place.end] if place else None,
        exact=bool(place and place.exact),
        language=winners[0] if len(winners) == 1 else None,
    )


def named(text: str) -> tuple[Need, ...]:
    """The needs, if every word of the text names one (`rides, food and meds`); else nothing."""
    words = split(clean(text))[:LONGEST]
    marks = lexicon(*tables()).marks(words)
    needs = [m for m in marks if m.tag in ("need", "everyday") and m.need]
    covered = {i for m in marks if m.tag in ("need", "everyday", "filler") for i in range(m.first, m.last)}
    return tuple(dict.fromkeys(m.need for m in needs if m.need)) if len(covered) == len(words) else ()


def count_word(word: str) -> int | None:
    """The number a word says in any of our languages: `two`, `dos`, `2`."""
    found = split(clean(word))
    return lexicon(*tables()).numbers.get(found[0].text, found[0].number) if len(found) == 1 else None
