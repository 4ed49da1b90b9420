"""Which doors are side by side: a building, a block, and the order in which somebody on foot comes by.

A house number and a street are needed: what is only near something is beside nothing.
"""

import re
from functools import lru_cache
from typing import NamedTuple

from handlers.understanding.buildings import lists, tells_refuge
from handlers.understanding.intents import Need
from handlers.understanding.lexicon import lexicons
from handlers.understanding.words import clean, fold
from handlers.where import vicinity
from models.requests import Request

HUNDRED = 100  # house numbers of one block
HOUSE = re.compile(r"(\d{1,6})([a-z]?)$")
PARTS = re.compile(r"(\d+)")
# The same street is typed in full and cut short.
SHORT = {
    "street": "st", "str": "st", "road": "rd", "avenue": "ave", "aven": "ave", "av": "ave", "avenida": "ave",
    "boulevard": "blvd", "drive": "dr", "lane": "ln", "court": "ct", "place": "pl", "terrace": "ter", "square": "sq",
    "highway": "hwy", "parkway": "pkwy", "circle": "cir", "north": "n", "south": "s", "east": "e", "west": "w",
    "norte": "n", "sur": "s", "este": "e", "oeste": "w",
}  # fmt: skip
LAST = "~"  # behind every street's name: what has no known door comes at the end
Natural = tuple[tuple[int, str], ...]


class Door(NamedTuple):
    """A house on a street, and the floor or the apartment in it."""

    street: str
    house: int
    letter: str
    within: str

    @property
    def building(self) -> str:
        """`88 river rd`."""
        return f"{self.house}{self.letter} {self.street}"

    @property
    def block(self) -> str:
        """`0 river rd`: the houses from 0 to 99."""
        return f"{self.house // HUNDRED * HUNDRED} {self.street}"


@lru_cache(1024)
def door(place: str) -> Door | None:
    """The house and the street in the words of an exact place; None where either is missing."""
    words = vicinity.Words(clean(place))
    tokens = words.tokens
    for span in sorted(words.streets()):
        first, last = span
        if tokens[first].text[0].isdigit() and first + 1 < last and HOUSE.match(tokens[first].text):
            at, first = first, first + 1  # "12 30th St" has a house, "30th St" none
        elif first and HOUSE.match(tokens[first - 1].text):
            at = first - 1
        else:
            at = next((i for i in (last, last + 1) if i < len(tokens) and HOUSE.match(tokens[i].text)), -1)
            if at < 0 or tokens[span.first].text not in lexicons().every.place_words.words["street_first"]:
                continue  # what stands behind "Oak St" is an apartment; behind "calle Roble" the house
        found = HOUSE.match(tokens[at].text)
        if found is None or (at and tokens[at - 1].text in lists().unit - {"#"}):
            continue
        street = " ".join(SHORT.get(word.text, word.text) for word in tokens[first:last])
        units, rest = lists().unit, [i for i in range(len(tokens)) if i != at and not first <= i < last]
        within = [
            tokens[i].text
            for i in rest
            if tokens[i].text not in units and (_numbered(tokens[i].text) or (i and tokens[i - 1].text in units))
        ]
        return Door(street, int(found[1]), found[2], " ".join(within))
    return None


def _numbered(word: str) -> bool:
    return any(letter.isdigit() for letter in word)


def note(request: Request) -> None:
    """Keep with the request at which building and block it is, of the place as it is known now.

    Of danger, and of where people hide, that is not even compared.
    """
    place = request.place or ""
    secret = request.in_danger or Need.SAFETY in request.needs or tells_refuge(clean(place))
    found = door(place) if place and not secret else None
    request.building = found.building if found else None
    request.block = found.block if found else None


def in_order(request: Request) -> tuple[str, int, str, Natural, int]:
    """What doors are sorted by: street, house, then apartments as people count them, then who asked first.

    What is at no known door comes last.
    """
    found = door(request.place) if request.place else None
    if found is None:
        return LAST, 0, "", (), request.number
    return found.street, found.house, found.letter, _natural(found.within), request.number


def _natural(words: str) -> Natural:
    """`2b` before `10a`."""
    parts = [part for part in PARTS.split(fold(words)) if part.strip()]
    return tuple((int(part), "") if part.isdigit() else (-1, part.strip()) for part in parts)
