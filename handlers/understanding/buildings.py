"""Numbers in words, buildings and refuges among the words of a place: what strangers must not read of it."""

import re
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from typing import NamedTuple

from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA

from handlers.understanding.lexicon import lexicons
from handlers.understanding.words import Token, fold, split

ROMAN = re.compile(r"(?=[ivxlc]{2})(?:xc|xl|l?x{0,3})(?:ix|iv|v?i{0,3})$")
SHORTEST_MISSPELLED = 5  # letters of a number's word that may have a typo
CLOSE_ENOUGH = 85  # of 100: "tweleve"
SHORTEST_GLUED = 3  # letters of each part of "twentytwo"
LONGEST_KIND = 4  # words
SHORTEST_REFUGE = 6  # letters of a refuge's name that may have a typo
LONGEST_NAME = 4  # words before or after what kind of building it is


class Span(NamedTuple):
    """Words of a text, from word `first` up to but not including word `last`."""

    first: int
    last: int


class BuildingWords:
    """The lists of all languages at once: people mix them."""

    def __init__(self) -> None:
        listed = lexicons().every.place_words.words
        self.numeral = frozenset(listed["numeral"])
        self.spelled = tuple(word for word in self.numeral if len(word) >= SHORTEST_MISSPELLED)
        self.building, self.refuge, self.dwelling = listed["building"], listed["refuge"], listed["dwelling"]
        self.detail, self.the = listed["detail"], listed["the"]
        self.unit = listed["unit"] | listed["numbered_within"]
        self.within, self.several, self.first_part = listed["within"], listed["several"], listed["first_part"]
        self.misspelled_refuge = tuple(each for each in self.refuge if len(each) >= SHORTEST_REFUGE)
        self.no_refuge = listed["no_refuge"]
        self.joining, self.direction = listed["joining"], listed["direction"]
        self.street = listed["street"] | listed["street_unsure"] | listed["street_first"]
        self.nowhere, self.entry = listed["nowhere"], listed["entry"]
        tables = lexicons().tables.values()
        self.first_names = frozenset(fold(name) for table in tables for name in table["private"]["first_names"])


@cache
def lists() -> BuildingWords:
    """The lists, read once."""
    return BuildingWords()


@lru_cache(8192)
def is_numeral(word: str) -> bool:
    """Whether a folded word is a number in letters: `twelve`, `twentytwo`, `fourteenb`, `tweleve`, `xii`."""
    numeral = lists().numeral
    if word in numeral or word[:-1] in numeral - ONE or ROMAN.match(word):
        return word not in ORDINARY
    for cut in range(SHORTEST_GLUED, len(word) - SHORTEST_GLUED + 1):
        if word[:cut] in numeral and word[cut:] in numeral:
            return True
    if len(word) < SHORTEST_MISSPELLED or word in ORDINARY:
        return False
    return process.extractOne(word, lists().spelled, scorer=fuzz.ratio, score_cutoff=CLOSE_ENOUGH) is not None


ONE = frozenset(("one", "uno", "oh"))  # "ones" and "once" are words of their own
ORDINARY = frozenset("seventh eighth ninth tenth millie mill mile miles forth".split())


@lru_cache(4096)
def tells_refuge(text: str) -> bool:
    """Whether it names a place where people hide or are taken in, also with a typo: `sheltter`, `refujio`."""
    words = [word.text for word in split(text)]
    return any(_is_refuge(" ".join(words[i : i + n])) for n in range(1, LONGEST_KIND + 1) for i in range(len(words)))


@lru_cache(8192)
def _is_refuge(said: str) -> bool:
    if said in lists().refuge:
        return True
    if len(said) < SHORTEST_REFUGE - 1 or said in lists().no_refuge or lexicons().every.knows(said):
        return False
    return process.extractOne(said, lists().misspelled_refuge, scorer=OSA.distance, score_cutoff=1) is not None


def told_within(words: Sequence[Token]) -> Iterator[Span]:
    """Every stretch that says where in a house or a row of houses somebody is: `upstairs`, `doors down`."""
    for i in range(len(words)):
        for n in range(1, LONGEST_KIND + 1):
            if i + n <= len(words) and " ".join(word.text for word in words[i : i + n]) in lists().within:
                yield Span(i, i + n)


def is_first_name(words: Sequence[Token], i: int) -> bool:
    """Whether word i may be what somebody is called: `Maria`, `Maria's`, but not `Santa Maria`."""
    word = words[i].text.removesuffix("'s")
    named = word in lists().first_names or word.removesuffix("s") in lists().first_names
    return named and not (i > 0 and words[i - 1].text in SAINTED)


def buildings(text: str, words: Sequence[Token]) -> list[Span]:
    """Every stretch that names a building, with its name: `St Mary's church`, `hotel Sol`, `the mall`."""
    found: list[Span] = []
    for i, word in enumerate(words):
        home = word.text in lists().dwelling and word.text not in lists().unit - {"casa"} and _capital(text, words, i)
        if size := _kind(words, i):
            span = Span(_name_before(text, words, i), _name_after(text, words, i + size - 1))
        elif home and _capital(text, words, i + 1) and may_name(text, words, i + 1):  # "Casa Esperanza"
            span = Span(i, _name_after(text, words, i))
        elif home and _capital(text, words, i - 1):
            span = Span(_name_before(text, words, i), i + 1)  # "Hope House"
        else:
            continue
        if found and span.first <= found[-1].last:
            span = Span(min(found.pop().first, span.first), span.last)
        found.append(span)
    return found


def dwellings(words: Sequence[Token]) -> Iterator[Span]:
    """Every stretch that tells one house from others by how it looks: `the blue house`, `la casa azul`."""
    detail, dwelling = lists().detail, lists().dwelling
    for i in range(len(words) - 1):
        pair = words[i].text, words[i + 1].text
        if (pair[0] in detail and pair[1] in dwelling) or (pair[0] in dwelling and pair[1] in detail):
            yield Span(i, i + 2)


def _kind(words: Sequence[Token], i: int) -> int:
    """How many words from word i on say what kind of building it is: `casa de acogida`; 0 if none."""
    for size in range(LONGEST_KIND, 0, -1):
        said = " ".join(word.text for word in words[i : i + size])
        if i + size <= len(words) and (said in lists().building or said in lists().refuge):
            return size
    return 0


def _capital(text: str, words: Sequence[Token], i: int) -> bool:
    return 0 <= i < len(words) and text[words[i].start].isupper()


def _joined(text: str, words: Sequence[Token], i: int) -> bool:
    """Whether nothing but a space, or the dot of an abbreviation, parts word i from the next."""
    return 0 <= i < len(words) - 1 and text[words[i].end : words[i + 1].start] in (" ", ". ", "-", "  ")


def may_name(text: str, words: Sequence[Token], i: int) -> bool:
    """Whether word i can be a part of a name: no number, no letter alone, nothing that leads to a door."""
    word = words[i].text
    if not word.isalpha() or len(word) < 2 or is_numeral(word) or word in lists().unit:
        return False
    known = word in lexicons().every.common or word in lists().nowhere or word in lists().detail
    return not known or (_capital(text, words, i) and not text.isupper() and i > 0)


def _name_before(text: str, words: Sequence[Token], i: int) -> int:
    first = i
    while first and i - first < LONGEST_NAME and _joined(text, words, first - 1):
        if not may_name(text, words, first - 1) or words[first - 1].text in lists().joining:
            break
        first -= 1
    while first < i and words[first].text in lists().the - SAINTS:
        first += 1
    return first


def _name_after(text: str, words: Sequence[Token], i: int) -> int:
    last = i + 1
    while last < len(words) and last - i <= LONGEST_NAME and _joined(text, words, last - 1):
        if words[last].text in lists().the and last + 1 < len(words) and _capital(text, words, last + 1):
            last += 1
            continue
        capital = _capital(text, words, last)
        if not may_name(text, words, last) or not (capital or (last == i + 1 and not _known(words[last].text))):
            break
        last += 1
    while last - 1 > i and words[last - 1].text in lists().the:
        last -= 1
    return last


def _known(word: str) -> bool:
    every = lexicons().every
    return every.knows(word) or word in lists().joining or word in lists().street or word in lists().the


SAINTED = frozenset(("st", "saint", "sainte", "san", "santa", "santo"))
SAINTS = frozenset(("saint", "san", "santa", "santo", "don", "mt"))
