"""The phrasebooks turned around for listening: every phrase of every language, looked up word by word."""

from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

from rapidfuzz import fuzz, process

from handlers import phrasebook
from handlers.understanding.words import Token, split

FORGIVEN = frozenset({"claim", "status", "vouch"})  # a typo in these harms nobody
LONG_ENOUGH = 5  # letters; in shorter words a typo makes another word
CLOSE_ENOUGH = 80  # of 100; "seed" is not "need"


@dataclass(frozen=True)
class Phrase:
    """A row of the phrasebook's [hear]."""

    name: str
    language: str
    everyday: bool  # counts only with a number


@dataclass(frozen=True)
class CommandIndex:
    """Every phrase of every language, ready to be looked up word by word."""

    phrases: dict[tuple[str, ...], tuple[Phrase, ...]]
    longest: int
    function_words: dict[str, frozenset[tuple[str, ...]]]  # courtesy, filler, and, but_word, yes, no, …

    def at_start(self, words: list[Token], names: frozenset[str], language: str) -> list[tuple[Phrase, int]]:
        """The phrases that a text begins with, longest first, and how many words they take."""
        found = []
        for size in range(min(self.longest, len(words)), 0, -1):
            rows = self.phrases.get(tuple(w.text for w in words[:size]), ())
            own_first = sorted(rows, key=lambda p: p.language != language)
            found += [(p, size) for p in own_first if p.name in names]
        return found

    def spellings(self, name: str, language: str) -> list[tuple[str, ...]]:
        """How people of one language say a thing."""
        return [
            key for key, rows in self.phrases.items() if any(p.name == name and p.language == language for p in rows)
        ]

    @cached_property
    def harmless(self) -> dict[str, Phrase]:
        """The words in which a typo is forgiven."""
        return {
            key[0]: phrase
            for key, rows in self.phrases.items()
            for phrase in rows
            if len(key) == 1 and len(key[0]) >= LONG_ENOUGH and phrase.name in FORGIVEN and not phrase.everyday
        }

    def forgiving(self, word: str) -> Phrase | None:
        """The command that a misspelled word stands for, if it is a harmless one."""
        best = process.extractOne(word, self.harmless.keys(), scorer=fuzz.ratio, score_cutoff=CLOSE_ENOUGH)
        return self.harmless[best[0]] if best else None

    def is_function_word(self, kind: str, *words: str) -> bool:
        """Whether these words are one of the small words of that kind."""
        return words in self.function_words[kind]


@cache
def command_index() -> CommandIndex:
    """The phrasebooks, turned around for listening."""
    phrases: dict[tuple[str, ...], tuple[Phrase, ...]] = {}
    small: dict[str, set[tuple[str, ...]]] = {}
    for code in phrasebook.languages():
        pages: dict[str, Any] = phrasebook.book(code).pages
        for table, everyday in (("hear", False), ("hear_with_number", True)):
            for name, spellings in pages[table].items():
                for spelling in spellings:
                    key = tuple(w.text for w in split(spelling))
                    phrases[key] = (*phrases.get(key, ()), Phrase(name, code, everyday))
                    small.setdefault(name, set()).add(key)
    return CommandIndex(phrases, max(map(len, phrases)), {k: frozenset(v) for k, v in small.items()})
