"""What it takes to help, as far as a neighbor's words tell: something heavy, stairs, a car. Said in offers."""

from collections.abc import Mapping, Sequence
from functools import cache, lru_cache

from handlers import phrasebook
from handlers.understanding import hands
from handlers.understanding.words import clean, split

Terms = Mapping[str, Sequence[tuple[tuple[str, ...], str]]]
HEAVY, MOVED, MOVING = "heavy", "moved", "moving"
NONE = "none"  # the list of words that say that it takes none of that


@lru_cache(1024)  # the same words go to a whole wave
def of(text: str) -> tuple[str, ...]:
    """The names of what it takes, in the order of the phrasebook's [takes]."""
    told = _told([word.text for word in split(clean(text))])
    moved = MOVED in told
    found = {HEAVY: moved and MOVING in told, "car": moved and "fetching" in told}
    return tuple(name for name in _named() if name in told or found.get(name))


def moves(text: str) -> bool:
    """Whether furniture or the like is to be carried somewhere."""
    return (tells(text, MOVED) and tells(text, MOVING)) or hands.carry(text)


def tells(text: str, name: str) -> bool:
    """Whether the words tell of this, as listed in the phrasebook's [tells_of]."""
    return name in _told([word.text for word in split(clean(text))])


def _told(words: Sequence[str]) -> set[str]:
    """What is among the words, and is not said to be missing: "no stairs"."""
    terms, told = _terms(), set[str]()
    missing = False
    for i, word in enumerate(words):
        here = {name for term, name in terms.get(word, ()) if tuple(words[i : i + len(term)]) == term}
        if not missing:
            told |= here - {NONE}
        missing = NONE in here
    return told


@cache
def _terms() -> Terms:
    """What tells of it, in every language we speak, by the first word."""
    terms: dict[str, list[tuple[tuple[str, ...], str]]] = {}
    for code in phrasebook.languages():
        for name, listed in phrasebook.book(code).pages["tells_of"].items():
            for term in listed:
                words = tuple(w.text for w in split(term))
                terms.setdefault(words[0], []).append((words, name))
    return terms


@cache
def _named() -> tuple[str, ...]:
    return tuple(phrasebook.book("en").pages["takes"])
