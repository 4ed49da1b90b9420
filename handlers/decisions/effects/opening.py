"""The words with which an effect begins, in any language we speak: `AREA ADD`, `PONER`. They stand in [effects]."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from handlers import phrasebook
from handlers.understanding.words import clean, split


@dataclass(frozen=True)
class Opening:
    """How an effect was begun, and what follows as it was typed."""

    rest: str
    marked: bool  # a colon stands between the two, or the rest begins with a capital as a name does


@cache
def _phrases(kind: str) -> Mapping[tuple[str, ...], str]:
    books = [phrasebook.book(code).pages.get("effects", {}) for code in phrasebook.languages()]
    every = [said for book in books for said in book.get(kind, ())]
    return {tuple(token.text for token in split(said)): kind for said in every}


def of(kind: str, words: str) -> Opening | None:
    """What follows the words for this kind of effect; None where the text does not begin with them."""
    said = clean(words)
    tokens = split(said)
    texts = tuple(token.text for token in tokens)
    known = _phrases(kind)
    size = next((n for n in range(min(len(texts), 6), 0, -1) if texts[:n] in known), 0)
    if size == 0:
        return None
    behind = said[tokens[size - 1].end :].lstrip()
    rest = behind.lstrip(":=- ").strip()
    shouted = said.upper() == said  # then a capital tells nothing
    return Opening(rest, behind.startswith(":") or (rest[:1].isupper() and not shouted))


def is_off(words: str) -> bool:
    """Whether these words take something away: `off`, `quitar`."""
    found = of("off", words)
    return found is not None and not found.rest
