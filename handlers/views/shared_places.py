"""What is one house, and one door, in how neighbors write where they are. For counting: nobody is sent by it."""

import re
from collections.abc import Iterator, Sequence
from itertools import takewhile

from handlers.understanding.buildings import lists
from handlers.understanding.words import Token, clean, split

HOUSE = re.compile(r"\d{1,6}[a-z]?$")
WITHIN = re.compile(r"(?:\d{1,5}[a-z]{0,2}|[a-z]\d{0,4}|ph)$")  # "4", "4b", "c"
LONGEST_STREET = 4  # words


def house(place: str) -> str | None:
    """The same for all who live in one house; None where the words tell too little."""
    found = _read(place)
    return found and found[0]


def door(place: str) -> str | None:
    """The same for all behind one door: a house's own, or an apartment in it."""
    found = _read(place)
    return found and " / ".join(found)


def _read(place: str) -> tuple[str, str] | None:
    """The house, and what is behind it; of words without a number all of them are the house."""
    words, unit = split(clean(place)), lists().unit
    numbers = [n for n, word in enumerate(words) if HOUSE.match(word.text)]
    for n in sorted(numbers, key=lambda n: n > 0 and words[n - 1].text in unit):
        after = [*_street(words[n + 1 :])]
        before = [] if after else [*_street([*reversed(words[:n])])][::-1]
        if street := after or before:
            unit_told = _unit(words[n + 1 + len(after) :]) or _unit(words[:n])
            return f"{words[n].text} {_named(street)}", unit_told
    if len(words) > 1:
        return " ".join(word.text for word in words), ""
    return None


def _street(words: Sequence[Token]) -> Iterator[str]:
    """The words of a street that begin here."""
    unit = lists().unit
    if words and (words[0].text in unit or HOUSE.match(words[0].text)):
        return
    for n, word in enumerate(words[:LONGEST_STREET]):
        if word.text in unit or HOUSE.match(word.text) or (n and word.opens):
            return
        yield word.text
        if n and word.text in lists().street:
            return


def _named(street: Sequence[str]) -> str:
    """The street's name: what kind of street it is, one writes and another does not."""
    return " ".join(word for word in street if word not in lists().street) or " ".join(street)


def _unit(rest: Sequence[Token]) -> str:
    unit = lists().unit
    parts = takewhile(lambda word: word.text in unit or WITHIN.match(word.text), rest)
    return " ".join(word.text for word in parts if word.text not in unit)
