"""Texts as plain words: case, accents, punctuation, script of the digits and invisible characters gone."""

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

PARTS = re.compile(r"\w+(?:['\u2019\u02bc`\u00b4]\w+)*|[#@]")
APOSTROPHES = str.maketrans("", "", "'\u2019\u02bc`\u00b4")
INVISIBLE = re.compile(r"[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufe0f]")


class Token(NamedTuple):
    """A word without its accidents, and where it stood in the text."""

    text: str
    start: int
    end: int
    opens: bool = False  # whether nothing, or more than a space, stands before it

    @property
    def number(self) -> int | None:
        """The number this word is, if it is one."""
        return int(self.text) if self.text.isascii() and self.text.isdigit() and len(self.text) < 19 else None


@lru_cache(8192)
def fold(text: str) -> str:
    """Lower case, without accents and apostrophes, digits of any script as 0-9."""
    if text.isascii():
        return text.translate(APOSTROPHES).casefold()
    loose = unicodedata.normalize("NFKD", text.translate(APOSTROPHES)).casefold()
    kept = (c for c in loose if not unicodedata.combining(c))
    return "".join(str(d) if (d := unicodedata.digit(c, None)) is not None else c for c in kept)


def clean(text: str) -> str:
    """The text without characters nobody can see, which copy and paste and keyboards leave behind."""
    # Some keyboards send an accent as a character of its own, which would split the word.
    return unicodedata.normalize("NFC", INVISIBLE.sub("", text)).strip()


def split(text: str) -> list[Token]:
    """The words of a cleaned text; '#' and '@' count as words."""
    return [*_split(text)]


@lru_cache(64)  # several look at the same text
def _split(text: str) -> tuple[Token, ...]:
    tokens: list[Token] = []
    after = 0
    for part in PARTS.finditer(text):
        start, end = part.span()
        if word := fold(part[0]):  # an apostrophe that is a letter by itself is none
            tokens.append(Token(word, start, end, not after or text[after:start] != " "))
            after = end
    return tuple(tokens)
