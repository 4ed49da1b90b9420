"""Every word that tells something in free text, one TOML file a language. To add one, see docs/new-language.md."""

import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum, auto
from functools import cache, cached_property, lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from handlers.understanding.intents import Need
from handlers.understanding.place_words import PlaceWords
from handlers.understanding.words import Token, fold

HERE = Path(__file__).parent
LONGEST = 300  # words; what comes later in a text is not looked at
LONGEST_STEM = 24  # letters
MANY_WORDS = 8192  # how many words' spellings are remembered; people use few words, and often the same
OPENING = "^"  # "^who is" counts only where a sentence may begin

Table = Mapping[str, Any]  # a language's TOML file


class Layer(IntEnum):
    """A question that a text answers. Within a layer the longest term wins; layers do not hide each other's words.

    So "we have no help" both lacks something and says help, and "dog food" is still no food.
    """

    THING = auto()  # what is it about?
    PLIGHT = auto()  # how does a need feel?
    SIGN = auto()  # what is it for?
    ERRAND = auto()  # does it want somebody to come along?
    TONE = auto()  # who speaks to whom?
    WHERE = auto()
    WHEN = auto()
    COUNT = auto()
    SILENCE = auto()  # phrases that only look like something: no shorter term within them counts in any layer


LAYERS = {
    **dict.fromkeys(("needs", "everyday"), Layer.THING),
    "plight": Layer.PLIGHT,
    "kind": Layer.SIGN,
    "vote": Layer.WHERE,
    "tone": Layer.TONE,
    "when": Layer.WHEN,
    "count": Layer.COUNT,
}  # by the table of a lexicon
LISTS = {"chat": Layer.SILENCE, "errand": Layer.ERRAND}  # but for these
OVERLAPPING = {Layer.SIGN.value, Layer.PLIGHT.value}  # "i could" does not hide "could use a hand"
SILENCE, TONE = Layer.SILENCE.value, Layer.TONE.value


class Sense(NamedTuple):
    """What a term stands for: the list it is on, where it names one the need, and the layer in which it counts."""

    tag: str
    need: Need | None = None
    layer: int = Layer.SIGN.value  # a plain number: looked up for every word, where a member would take long


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

    def collect(self, spelled: Sequence[Sequence[str]], i: int, best: "Best") -> None:
        """The longest terms that go on with word i, by layer. An exact word beats a stem."""
        after = i + 1
        for spelling in spelled[i]:
            branch = self.next.get(spelling)
            if branch is not None:
                for sense in branch.senses:
                    if (known := best.get(sense.layer)) is None or after > known[0]:
                        best[sense.layer] = after, branch.senses
                if branch.next:
                    branch.collect(spelled, after, best)


NO_SENSES: list[Sense] = []
Best = dict[int, tuple[int, list[Sense]]]  # where a layer's longest term ends, and its senses


class Lexicon:
    """The words of one or several languages."""

    def __init__(self, tables: Sequence[Table], spellings: Callable[[str], tuple[str, ...]]) -> None:
        self.tables = tables
        self.spellings = spellings
        self.root = Branch()
        self.numbers: dict[str, int] = {}
        self.filler: set[str] = set()
        self.common: set[str] = set()
        self.opening: set[str] = set()
        for table in tables:
            self.numbers |= {fold(word): n for word, n in table["count"]["numbers"].items()}
            self.filler.update(map(fold, table["vote"]["filler"]))
            self.common |= self.filler.union(map(fold, table["vote"]["common"]))
            self.opening.update(map(fold, table["vote"]["opening"]))
            for words, sense in terms(table):
                branch = self.root
                for word in words:
                    branch = branch.next.setdefault(word, Branch())
                if sense not in branch.senses:
                    branch.senses.append(sense)

    @cached_property
    def place_words(self) -> PlaceWords:
        """The words that give a place away."""
        return PlaceWords.of(table["place"] for table in self.tables)

    def knows(self, word: str) -> bool:
        """Whether the word alone says something in this language."""
        alone = (self.root.next.get(spelling) for spelling in self.spellings(word))
        return word in self.common or word in self.numbers or any(branch and branch.senses for branch in alone)

    def marks(self, words: Sequence[Token]) -> list[Mark]:
        """The longest term of every layer at every place, from left to right."""
        spelled = [*[self.spellings(word.text) for word in words], ()]  # the last ends every term
        opening = self.root.next.get(OPENING)
        found: list[Mark] = []
        covered = [0] * (len(Layer) + 1)  # up to which word, by layer
        for i, word in enumerate(words):
            if not spelled[i]:
                continue
            best: Best = {}
            if opening and (word.opens or words[i - 1].text in self.opening):
                opening.collect(spelled, i, best)
            self.root.collect(spelled, i, best)
            talk, phrase = best.get(SILENCE, (0, NO_SENSES))
            inside = i < covered[SILENCE]
            for layer, (end, senses) in best.items():
                covers = end > covered[layer] if layer in OVERLAPPING else i >= covered[layer]
                # A term that is on another list too, word for word, means both: "not urgent".
                silenced = inside or (end <= talk and senses is not phrase)
                if covers and (layer == TONE or not silenced):
                    covered[layer] = end
                    found += [Mark(s.tag, s.need, i, end) for s in senses if s.layer == layer]
        return found


@dataclass(frozen=True)
class Found:
    """The terms in a text, looked up once: its meaning and its language follow from them."""

    words: Sequence[Token]
    marks: Sequence[Mark]
    lexicon: Lexicon  # of the languages that the text may be in
    every: Lexicon  # of all languages
    language: str | None  # None when the words do not tell


class Lexicons:
    """The lexicons of several languages side by side: together they tell which of them a text is in."""

    def __init__(self, tables: Mapping[str, Table]) -> None:
        self.tables = tables
        self.spellings = lru_cache(MANY_WORDS)(self._spellings)
        self.knowing = lru_cache(MANY_WORDS)(self._know)
        self.speaks = lru_cache(MANY_WORDS)(self._speaks)
        self._merged: dict[tuple[str, ...], Lexicon] = {}

    def of(self, *codes: str) -> Lexicon:
        """The words of these languages, in one."""
        if codes not in self._merged:
            self._merged[codes] = Lexicon([self.tables[code] for code in codes], self.spellings)
        return self._merged[codes]

    @cached_property
    def every(self) -> Lexicon:
        """The words of all languages, in one."""
        return self.of(*self.tables)

    @cached_property
    def vocabulary(self) -> frozenset[str]:
        """Every word of every term in any language, as the lists spell it."""
        return frozenset(word for table in self.tables.values() for words, _ in terms(table) for word in words)

    def _spellings(self, word: str) -> tuple[str, ...]:
        """How the lists spell a word: as it is, as a stem (`blanket*`), without its number (`500mg`)."""
        bare = word.lstrip("0123456789")
        stems = [word[:n] + "*" for n in range(min(len(word), LONGEST_STEM), 2, -1)]
        candidates = (word, *(stems if bare in (word, "") else [bare]))
        return tuple(spelling for spelling in candidates if spelling in self.vocabulary)

    def _speaks(self, word: str) -> tuple[str, ...]:
        """The languages that a word gives away; none if it says something in all of them."""
        codes = tuple(code for code in self.tables if self.of(code).knows(word))
        return codes if len(codes) < len(self.tables) else ()

    def _know(self, word: str) -> tuple[str, ...]:
        """The languages in which a word says something, but for a street's: its name is the same in all."""
        if word in self.every.place_words.words["sign"]:
            return ()
        return tuple(code for code in self.tables if self.of(code).knows(word))

    def find(self, words: Sequence[Token]) -> Found:
        """Look the words up: which language they are in, then every term of it among them."""
        words = words[:LONGEST]
        votes = dict.fromkeys(self.tables, 0)
        for word in words:
            for code in self.speaks(word.text):
                votes[code] += 1
        most = max(votes.values())
        winners = [code for code, n in votes.items() if n == most > 0]
        lexicon = self.of(*(code for code, n in votes.items() if 2 * n >= most))
        language = winners[0] if len(winners) == 1 else None
        return Found(words, lexicon.marks(words), lexicon, self.every, language)


@cache
def lexicons() -> Lexicons:
    """The languages' lexicons, as written in the files beside this one."""
    files = sorted(HERE.glob("*.toml"))
    return Lexicons({path.stem: tomllib.loads(path.read_text(encoding="utf-8")) for path in files})


def terms(table: Table) -> Iterator[tuple[list[str], Sense]]:
    """Every term of a language, word by word, with what it stands for."""
    for key, layer in LAYERS.items():
        for name, listed in table[key].items():
            named = layer in (Layer.THING, Layer.PLIGHT)
            if name not in ("numbers", "common", "filler", "opening"):
                for term in listed:
                    sense = (
                        Sense(key, Need(name), layer.value)
                        if named
                        else Sense(name, None, LISTS.get(name, layer).value)
                    )
                    yield spelled(term), sense


def spelled(term: str) -> list[str]:
    """A term as the words that are looked for; "^" is one of its own."""
    return fold(term.replace(OPENING, OPENING + " ")).split()
