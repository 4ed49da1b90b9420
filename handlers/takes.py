"""What it takes to help, as far as a neighbor's words tell: something heavy, stairs, a car. Said in offers."""

from collections.abc import Mapping, Sequence
from functools import cache, lru_cache

from handlers import phrasebook
from handlers.understanding.words import clean, split

Terms = Mapping[str, Sequence[tuple[str, ...]]]


@lru_cache(1024)  # the same words go to a whole wave
def of(text: str) -> tuple[str, ...]:
    """The names of what it takes, in the order of the phrasebook's [takes]."""
    words = [word.text for word in split(clean(text))]
    told = {name for name in _terms() if _says(words, name)}
    moved = "moved" in told
    found = {"heavy": moved and "moving" in told, "car": moved and "fetching" in told}
    return tuple(name for name in _named() if name in told or found.get(name))


def _says(words: Sequence[str], name: str) -> bool:
    """Whether one of its terms is among the words, and is not said to be missing: "no stairs"."""
    none = _terms()["none"]
    for term in _terms()[name]:
        for i in range(len(words) - len(term) + 1):
            if tuple(words[i : i + len(term)]) == term and (name == "none" or tuple(words[i - 1 : i]) not in none):
                return True
    return False


@cache
def _terms() -> Terms:
    """What tells of it, in every language we speak."""
    terms: dict[str, list[tuple[str, ...]]] = {}
    for code in phrasebook.languages():
        for name, listed in phrasebook.book(code).pages["tells_of"].items():
            terms.setdefault(name, []).extend(tuple(w.text for w in split(term)) for term in listed)
    return terms


@cache
def _named() -> tuple[str, ...]:
    return tuple(phrasebook.book("en").pages["takes"])
