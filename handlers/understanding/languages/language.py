"""One language that we do not speak: the words that tell it, and the few of them that we understand."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property, lru_cache
from typing import Any

from handlers.understanding.intents import Courtesy, Need
from handlers.understanding.words import Token, fold

LETTERS = str.maketrans({"đ": "d", "œ": "oe"})  # which have no accent to take away
APOSTROPHES = dict.fromkeys(map(ord, "'\u2019\u02bc`\u00b4"), " ")
WORD = re.compile(r"\w+")
LONGEST = 500  # characters; what comes later in a text is not looked at
MANY_WORDS = 4096  # how many words are remembered in each; people use few, and often the same
MOST_PEOPLE = 500
LONG_ENOUGH = 4  # letters; of shorter words an ending says nothing
TELLS, KNOWN = 2, 1  # of a word: that no other language has it, that it is one here too
GAP = r"\s?(?:\w{1,12}\s)?"  # "5 petits enfants"


def folded(word: str) -> str:
    """A word as it is looked for: Vietnamese and French letters, too, as those type them who lack the keyboard."""
    return fold(word).translate(LETTERS)


def plain(text: str) -> str:
    """A text as folded words with one space between: "j ai faim"."""
    said = " ".join(WORD.findall(text[:LONGEST].translate(APOSTROPHES)))
    return composed(folded(said))


def composed(folded: str) -> str:
    """Folded words with Korean syllables whole again."""
    return folded if folded.isascii() else unicodedata.normalize("NFC", folded)


class Language:
    """A language that we do not speak."""

    def __init__(self, code: str, table: Mapping[str, Any]) -> None:
        self.code, self.table = code, table
        words = table["words"]
        self.telling = frozenset(folded(word) for word in words["telling"])
        self.small = frozenset(folded(word) for word in words["small"])
        self.courtesy = {kind: self._said(kind) for kind in Courtesy}
        self.replies = {kind: self._said(kind) for kind in ("yes", "no", "partly")}
        self.names = self._said("named")
        self.script = self._letters("script")
        self.own_letters = self._letters("own_letters")
        self.not_letters = self._letters("not_letters")
        self.endings = tuple(map(fold, table.get("endings", ())))
        self.endings = tuple(map(fold, table.get("endings", ())))
        self.by_letter = bool(table.get("by_letter"))
        self.tells = lru_cache(MANY_WORDS)(self._tells)  # what a word says for it: TELLS, KNOWN or nothing

    def _said(self, name: str) -> frozenset[str]:
        return frozenset(map(plain, self.table["words"][name]))

    def _letters(self, name: str) -> re.Pattern[str] | None:
        return re.compile(f"[{self.table[name]}]", re.IGNORECASE) if name in self.table else None

    # which language a text is in

    def _tells(self, typed: str) -> int:
        word = folded(typed)
        if word in self.telling:
            return TELLS
        if self.own_letters and self.own_letters.search(typed):
            return TELLS
        if self.endings and len(word) >= LONG_ENOUGH and word.endswith(self.endings):
            return TELLS
        return KNOWN if word in self.small else 0

    def letters(self, text: str) -> int:
        """How many letters of a text are in its script."""
        return len(self.script.findall(text[:LONGEST])) if self.script else 0

    def apart(self, text: str) -> str:
        """The text with its script set apart from streets and numbers, which some write without a space."""
        return self._seam.sub(" ", text) if self.script else text

    @cached_property
    def _seam(self) -> re.Pattern[str]:
        script = self.table["script"]
        return re.compile(f"(?<=[{script}])(?=[0-9A-Za-z])|(?<=[0-9A-Za-z])(?=[{script}])")

    # what a text in it says

    def needs(self, said: str) -> tuple[Need, ...]:
        """What the words of a plain text ask for, as far as the lists go; nothing of what somebody has to give."""
        if self._giving.search(said):
            return ()
        return tuple(need for need, words in self._needs.items() if words.search(said))

    def people(self, said: str) -> int | None:
        """For how many, where a number stands with people: "5 moun", "famille de cinq"."""
        whole = self._family.search(said)
        if whole:
            return self._number(whole[1])
        counted = [(self._number(found[1]), found[2]) for found in self._people.finditer(said)]
        total = plain(self.table["words"]["people"][0])
        outright = [n for n, who in counted if who == total]
        return min(sum(outright or [n for n, _ in counted]), MOST_PEOPLE) or None

    def reply(self, said: str) -> str | None:
        """Which of yes, no and partly a plain text is."""
        return next((kind for kind, words in self.replies.items() if said in words), None)

    @cached_property
    def _needs(self) -> Mapping[Need, re.Pattern[str]]:
        return {Need(need): self._any_of(words) for need, words in self.table["needs"].items()}

    @cached_property
    def _giving(self) -> re.Pattern[str]:
        return self._any_of(self.table["words"]["giving"])

    def _any_of(self, words: Iterable[str]) -> re.Pattern[str]:
        """What finds any of these words; `word*` is all that begin so."""
        if self.by_letter:
            return re.compile(self._one_of(words))
        before = self._one_of(self.table.get("prefixes", ()))
        longest_first = sorted(words, key=len, reverse=True)
        terms = "|".join(re.escape(plain(word)) + (r"\w*" if word.endswith("*") else "") for word in longest_first)
        return re.compile(rf"(?<!\w)(?:{before})?(?:{terms})(?!\w)")

    def _one_of(self, words: Iterable[str]) -> str:
        return "|".join(re.escape(plain(word)) for word in sorted(words, key=len, reverse=True))

    @cached_property
    def _numbers(self) -> Mapping[str, int]:
        return {plain(word): n for word, n in self.table["words"]["numbers"].items()}

    def _number(self, word: str) -> int:
        return int(word) if word.isdigit() else self._numbers[word]

    @cached_property
    def _people(self) -> re.Pattern[str]:
        people = self._any_of(self.table["words"]["people"]).pattern
        return re.compile(rf"{self._counting}{'' if self.by_letter else GAP}\s?({people})")

    @cached_property
    def _family(self) -> re.Pattern[str]:
        family = self._any_of(self.table["words"]["family"]).pattern
        return re.compile(rf"(?:{family})\s?{self._counting}(?!\w)")

    @property
    def _counting(self) -> str:
        number = rf"([1-9]\d{{0,2}}|{self._one_of(self._numbers)})"
        return rf"(?<!\d){number}" if self.by_letter else rf"(?<!\w){number}(?!\w)"


def told(language: Language, text: str, tokens: Sequence[Token], *, names: bool) -> list[int]:
    """What each word says for a language. Words with a capital are names, unless the text is full of them."""

    def is_name(token: Token) -> bool:
        return names and text[token.start].isupper() and not token.opens

    return [0 if is_name(token) else language.tells(text[token.start : token.end]) for token in tokens]
