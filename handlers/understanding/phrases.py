"""What people type, from all phrasebooks in one index: a phrase is looked up by its words."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA

from handlers.understanding.patterns.spelling import slipped, squeezed
from handlers.understanding.words import Token, split

LONG_ENOUGH = 5  # letters; in shorter words a typo makes another word
CLOSE_ENOUGH = 80  # of 100; "seed" is not "need"

PREFIX = (2, 3, 4)  # letters: un-, re-, des-, dont-

Key = tuple[str, ...]  # the words of a phrase
Book = Mapping[str, Any]  # a language's TOML file


@dataclass(frozen=True)
class Phrase:
    """A spelling in the phrasebook's [hear], [hear_with_number] or [reply]."""

    name: str
    language: str
    everyday: bool = False  # counts only with a number


Begins = Sequence[tuple[Phrase, int]]  # phrases, and how many words each takes


def among(begins: Begins, names: Collection[str], language: str) -> Begins:
    """The phrases with these names; of equally long ones, the person's own language first."""
    found = [(phrase, size) for phrase, size in begins if phrase.name in names]
    return sorted(found, key=lambda row: (-row[1], row[0].language != language)) if len(found) > 1 else found


@dataclass(frozen=True)
class PhraseIndex:
    """Every phrase of every language, ready to be looked up word by word."""

    phrases: Mapping[Key, tuple[Phrase, ...]]
    function_words: Mapping[str, frozenset[Key]]  # courtesy, filler, and, but_word, hours, …
    forgiven: frozenset[str]  # the commands in which a typo harms nobody

    @classmethod
    def of(cls, books: Mapping[str, Book], forgiven: Collection[str] = ()) -> "PhraseIndex":
        """Merge the languages' books."""
        phrases: dict[Key, tuple[Phrase, ...]] = {}
        words: dict[str, set[Key]] = {}
        for code, book in books.items():
            for table in ("hear", "hear_with_number", "reply"):
                for name, spellings in book[table].items():
                    for key in map(key_of, spellings):
                        phrases[key] = (*phrases.get(key, ()), Phrase(name, code, table == "hear_with_number"))
            for name, spellings in book["function_words"].items():
                words.setdefault(name, set()).update(map(key_of, spellings))
        return cls(phrases, {name: frozenset(keys) for name, keys in words.items()}, frozenset(forgiven))

    @cached_property
    def longest(self) -> int:
        """How many words the longest phrase has."""
        return max(map(len, self.phrases))

    def at_start(self, words: Sequence[Token]) -> Begins:
        """The phrases that a text begins with, longest first, and how many words they take."""
        said = tuple(w.text for w in words[: self.longest])
        sizes = range(len(said), 0, -1)
        return [(phrase, size) for size in sizes for phrase in self.phrases.get(said[:size], ())]

    def whole(self, words: Sequence[Token], language: str) -> list[Phrase]:
        """What a text may be that is one phrase and nothing else; the person's own language first."""
        return sorted(self.phrases.get(tuple(w.text for w in words), ()), key=lambda p: p.language != language)

    @cached_property
    def harmless(self) -> dict[str, Phrase]:
        """The words in which a typo is forgiven."""
        return {word: phrase for word, phrase in self._single.items() if phrase.name in self.forgiven}

    @cached_property
    def grave(self) -> dict[str, Phrase]:
        """The words in which none is: these trust somebody, or end something."""
        return {word: phrase for word, phrase in self._single.items() if phrase.name not in self.forgiven}

    @cached_property
    def _single(self) -> dict[str, Phrase]:
        """The commands of one word, long enough for a typo not to make another."""
        return {
            key[0]: phrase
            for key, rows in self.phrases.items()
            for phrase in rows
            if len(key) == 1 and len(key[0]) >= LONG_ENOUGH and not phrase.everyday
        }

    def forgiving(self, word: str) -> Phrase | None:
        """The command that a misspelled word stands for, if it is a harmless one."""
        return self._nearest(word, self.harmless)

    def slip(self, word: str) -> str | None:
        """The harmless command that is one slip of the thumb away: "queit" is one, "quilt" and "quit" are none."""
        short = squeezed(word)
        far = {c: OSA.distance(short, squeezed(c)) for c in self.harmless if slipped(short, squeezed(c))}
        best = min(far, key=lambda c: far[c], default=None)
        return best if best is not None and far[best] <= 1 and word not in self._single else None

    def almost(self, word: str) -> Phrase | None:
        """The command that a misspelled word may have been meant for, where we ask rather than act."""
        return self._nearest(word, self.grave)

    def _nearest(self, word: str, among: Mapping[str, Phrase]) -> Phrase | None:
        best = process.extractOne(word, among.keys(), scorer=fuzz.ratio, score_cutoff=CLOSE_ENOUGH)
        return among[best[0]] if best and not self._altered(word, among, best[1]) else None

    def _altered(self, word: str, among: Mapping[str, Phrase], score: float) -> bool:
        """Whether it is one of these with more before it, or a negation after: "reclaim" is no slip of the thumb."""
        more = any(max(fuzz.ratio(word[size:], command) for command in among) > score for size in PREFIX)
        return more or any(word.endswith("".join(no)) for no in self.function_words["negation"] if len(no) == 1)

    def is_function_word(self, kind: str, *words: str) -> bool:
        """Whether these words are on the list of that name in any language's [function_words]."""
        return words in self.function_words[kind]

    def begin_with(self, kind: str, words: Sequence[Token]) -> bool:
        """Whether these words begin with one from that list, or with two ("a las")."""
        said = tuple(w.text for w in words[:2])
        return said[:1] in self.function_words[kind] or said in self.function_words[kind]


def key_of(spelling: str) -> Key:
    """A phrase as the words that are looked for."""
    return tuple(word.text for word in split(spelling))
