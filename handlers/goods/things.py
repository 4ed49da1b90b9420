"""Which thing words name: a stroller is not diapers, although both are for a baby. The names are in [things].

Two texts that are about the same need meet if they name a thing in common, or if one of them names none at all.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cache, lru_cache

from handlers import phrasebook
from handlers.understanding.intents import Need
from handlers.understanding.lexicon import Mark, lexicons
from handlers.understanding.words import Token, clean, split
from models.requests import Request
from models.stock import StockItem

LONGEST = 40  # characters of what a thing is called
SHORTEST = 4  # letters of a word that may name a thing of which no list knows
MOST_UNKNOWN = 3  # words
NAMING = ("needs", "everyday")
Names = Mapping[str, Sequence[tuple[tuple[str, ...], str]]]


@lru_cache(512)  # one request is held against all that is given, and one gift against all that waits
def named(text: str) -> frozenset[str]:
    """The things that words name, by names that are the same in every language."""
    return frozenset(name for name, _, _ in _found(split(clean(text))))


def shown(text: str) -> str:
    """What others may read of what somebody gives: those of the words alone that name a thing we know.

    So it holds no name, no street and no story; empty where we know none of the words.
    """
    words = split(clean(text))
    spans = [(first, last) for _, first, last in _found(words)] or [
        (mark.first, mark.last) for mark in _marks(words) if mark.tag in NAMING
    ]
    said, end = list[str](), 0
    for first, last in sorted(set(spans), key=lambda span: (span[0], -span[1])):
        if first < end:
            continue
        end = last
        name = clean(text)[words[first].start : words[last - 1].end]
        if name.lower() not in (one.lower() for one in said) and len(", ".join([*said, name])) <= LONGEST:
            said.append(name)
    return ", ".join(said)


def first(text: str) -> int:
    """At which word the first thing stands; the number of words where none does."""
    words = split(clean(text))
    spans = [at for _, at, _ in _found(words)] or [mark.first for mark in _marks(words) if mark.tag in NAMING]
    return min(spans, default=len(words))


def meet(given: Collection[str], needed: Collection[str]) -> bool:
    """Whether what is given may be what is needed, as far as the names of the things tell."""
    return not given or not needed or not {*given}.isdisjoint(needed)


def unknown(text: str) -> frozenset[str]:
    """The words that name something of which no list knows: "blender". Two texts that share one may meet."""
    words = split(clean(text))
    lexicon = lexicons().every
    told = {i for mark in _marks(words) for i in range(mark.first, mark.last)}
    rest = (w.text for i, w in enumerate(words) if i not in told and w.number is None)
    new = [w for w in rest if len(w) >= SHORTEST and w not in lexicon.common and w not in lexicon.filler]
    return frozenset(word.removesuffix("s") for word in new[:MOST_UNKNOWN])


def _marks(words: Sequence[Token]) -> Sequence[Mark]:
    return lexicons().every.marks(words)


def _found(words: Sequence[Token]) -> Iterator[tuple[str, int, int]]:
    """The names of things among the words, each with the first word and the one after the last."""
    names, i = _names(), 0
    while i < len(words):
        longest = 0
        for term, name in names.get(_stem(words[i].text), ()):
            here = tuple(_stem(word.text) for word in words[i : i + len(term)])
            if here == term and len(term) > longest:
                longest, found = len(term), name
        if longest:
            yield found, i, i + longest
        i += longest or 1


def _stem(word: str) -> str:
    """Without the ending of the plural, but for short words: "pans" are no "pan"."""
    return word.removesuffix("s") if len(word) > SHORTEST else word


@cache
def _names() -> Names:
    """What things are called, in every language we speak, by the first word."""
    names: dict[str, list[tuple[tuple[str, ...], str]]] = {}
    for code in phrasebook.languages():
        for name, listed in phrasebook.book(code).pages["things"].items():
            for term in listed:
                words = tuple(_stem(w.text) for w in split(term))
                names.setdefault(words[0], []).append((words, name))
    return names


def covers(item: StockItem, request: Request) -> bool:
    """Whether it is all that they need: then nobody else need bring anything."""
    needs = {*map(str, request.needs)} - {Need.OTHER}
    wanted = named(request.text)
    return needs.issubset(item.needs) and (not wanted or not item.things or wanted.issubset(item.things))
