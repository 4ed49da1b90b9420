"""Where help is needed, in the person's own words: a door, a street, a corner, something nearby, a ZIP code.

Only well-marked places count: a wrong address sends somebody to the wrong door, a missing one is asked for.
"""

import re
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass, replace

from handlers.understanding.place_words import PlaceWords
from handlers.understanding.words import Token

ORDINAL = re.compile(r"\d+(?:st|nd|rd|th)$")
HOUSE = re.compile(r"\d{1,6}[a-z]?$")
UNIT = re.compile(r"(?:\d{1,5}[a-z]{0,2}|[a-z]\d{0,4}|ph)$")
ZIP = re.compile(r"\d{5}$")
BREAK = re.compile(r"[.,!?;:\n\r()|\u2014\u2026]|\s-+\s|-->")
AMPERSAND = re.compile(r"\s*[&/]\s*$")
LONGEST_NAME = 4
COUNTING = frozenset("for of feed about are were my us para pa de somos unos unas como mis".split())


@dataclass(frozen=True)
class Place:
    """A stretch of the text, whether it leads to a door, and whether it is only a street, a corner or a ZIP code."""

    start: int
    end: int
    exact: bool = False
    public: bool = False


@dataclass
class AddressFinder:
    """One text, ready to be searched."""

    text: str
    words: Sequence[Token]
    meant: Set[int]  # the words that mean something else and belong to no name
    common: Set[str]  # so do these
    signs: PlaceWords

    def __post_init__(self) -> None:
        sign = self.signs.words["sign"]
        self.spots = [i for i, word in enumerate(self.words) if word.text in sign or not word.text.isalpha()]
        self.shouted = self.text.isupper()

    def find(self) -> Place | None:
        """The best place: a door, else a street or corner, else what is nearby, else a ZIP code."""
        streets = [*self.streets(), *self.streets_named_after(), *self.numbered_streets(), *self.units()]
        doors = [place for place in streets if place.exact]
        if doors or streets:
            street = min(doors or streets, key=lambda place: (place.start, -place.end))
            return replace(street, public=not street.exact)
        marked = sorted(self.marked(), key=lambda pair: (("corner", "near", "perhaps").index(pair[0]), pair[1].start))
        if marked and marked[0][0] != "perhaps":
            # What is "near" something may be near somebody, by name.
            return replace(marked[0][1], public=marked[0][0] == "corner")
        return next((replace(place, public=True) for place in self.zips()), marked[0][1] if marked else None)

    def has(self, name: str, i: int) -> bool:
        """Whether word i is on the list of that name."""
        return 0 <= i < len(self.words) and self.words[i].text in self.signs.words[name]

    def plain(self, i: int) -> bool:
        """Whether word i means something by itself."""
        return i in self.meant or self.words[i].text in self.common

    def gap(self, i: int) -> str:
        """What stands between word i and the next."""
        return self.text[self.words[i].end : self.words[i + 1].start] if 0 <= i < len(self.words) - 1 else "."

    def parted(self, i: int) -> bool:
        """Whether punctuation parts word i from the next; the dot of an abbreviation does not."""
        gap = self.gap(i)
        if gap == " " or not BREAK.search(gap):
            return False
        short = len(self.words[i].text) < 3 or self.has("sign", i)
        return not (gap.strip() == "." and short and i + 1 < len(self.words))

    def capital(self, i: int) -> bool:
        """Whether word i is written like a name. A text all in capitals has no names."""
        return 0 <= i < len(self.words) and self.text[self.words[i].start].isupper() and not self.shouted

    def nameable(self, i: int) -> bool:
        """Whether word i can be part of a name."""
        if not 0 <= i < len(self.words) or self.words[i].text in "#@":
            return False
        if self.has("direction", i):
            return True
        return not (self.plain(i) or self.has("nowhere", i)) or (
            self.capital(i) and i > 0 and not self.has("joining", i)
        )

    def streets(self) -> Iterator[Place]:
        """`1204 Oak St`: the name stands before the street word."""
        for i in self.spots:
            sure = self.has("street", i)
            if not sure and not self.has("street_unsure", i):
                continue
            first = i
            while first > 0 and i - first < LONGEST_NAME and not self.parted(first - 1) and self.nameable(first - 1):
                if self.house(first - 1):
                    break
                first -= 1
            if first == i and sure and self.house(i - 2) and not (self.parted(i - 1) or self.parted(i - 2)):
                first = i - 1  # "12 water street": between a number and a street any word is a name
            door = self.house(first - 1) and not self.parted(first - 1)
            if first == i or all(self.has("direction", n) for n in range(first, i)):
                continue
            if door and not self.dated(first - 1):
                yield self.widened(self.number_from(first - 1), i, exact=True)
            elif sure or (self.capital(i) and self.capital(i - 1)):
                # In lower case only the word before is sure to be the name.
                name = i - 1
                while name > first and self.capital(name) and self.capital(name - 1):
                    name -= 1
                yield self.widened(name, i, exact=False)

    def house(self, i: int) -> bool:
        """Whether word i can be the number of a house, or the end of one in words: `twelve`, `fourteen-b`."""
        if not 0 <= i < len(self.words):
            return False
        if HOUSE.match(self.words[i].text):
            return True
        first = self.number_from(i)
        return self.spelled(first) and not self.counts(first)

    def spelled(self, i: int) -> bool:
        """Whether word i is a number in words."""
        return self.has("numeral", i) and not self.has("nowhere", i)

    def number_from(self, i: int) -> int:
        """The first word of the number that ends with word i: `twelve oh four`."""
        while i and not self.parted(i - 1) and self.has("numeral", i - 1):
            if not (self.has("numeral", i) or len(self.words[i].text) == 1):
                break
            i -= 1
        return i

    def counts(self, i: int) -> bool:
        """Whether a number in words counts something: `for two`, `we are four`."""
        return i > 0 and not self.parted(i - 1) and self.words[i - 1].text in COUNTING

    def dated(self, i: int) -> bool:
        """Whether the number is money, not a house."""
        return self.words[i].start > 0 and self.text[self.words[i].start - 1] in "$£€"

    def streets_named_after(self) -> Iterator[Place]:
        """`calle 8 con 12`, `av. Bolívar 120`: the name stands after the street word."""
        for i in self.spots:
            if not self.has("street_first", i) or self.parted(i):
                continue
            last = self.name_from(i + 1, limit=3)
            if last is None or self.has("unit", i + 1) or self.has("direction", i + 1):
                continue
            before = self.numbered_before(i)
            numbered = any(self.house(n) for n in range(i + 2, last + 1))
            yield self.widened(i if before is None else before, last, exact=before is not None or numbered)

    def numbered_streets(self) -> Iterator[Place]:
        """`la 14 con Pine`, `la 7 con la 12`: a street that is only a number; not `a la 1 con mi hija`."""
        for i in self.spots:
            hour = i > 1 and self.words[i - 2].text == "a"
            if hour or not (self.called(i - 1) and self.house(i)) or self.parted(i):
                continue
            if not self.has("joining", i + 1) or self.words[i + 1].text == "y":  # "la 1 y media"
                continue
            j = i + 2 + self.called(i + 2)
            if j < len(self.words) and (self.nameable(j) or (j > i + 2 and self.house(j))):
                yield self.place(i - 1, j, exact=False)

    def called(self, i: int) -> bool:
        """Whether word i leads to a street that is only a number: `la 14`."""
        return 0 <= i < len(self.words) and self.words[i].text == "la"

    def numbered_before(self, i: int) -> int | None:
        """`12 calle Roble`, `número doce de la calle Roble`: where a house's number before the street begins."""
        number = i - 1
        while number > 0 and self.has("the", number) and not self.parted(number):
            number -= 1
        if not self.house(number) or self.parted(number):
            return None
        first = self.number_from(number)
        unit = self.has("unit", first - 1) and not self.parted(first - 1)
        return first - unit if unit or number == i - 1 else None

    def name_from(self, i: int, limit: int = LONGEST_NAME) -> int | None:
        """The last word of the name that begins at word i, or None if none does."""
        last = i
        while self.has("the", last) and not self.parted(last) and last - i < 3:
            last += 1
        if not self.nameable(last):
            return None
        proper, start = self.capital(last), last
        while last - start + 1 < limit and not self.parted(last):
            step = 2 if self.has("the", last + 1) and self.capital(last + 2) and not self.parted(last + 1) else 1
            word = last + step
            number = self.house(word)
            if not self.nameable(word) or (proper and not self.capital(word) and not number):
                break
            last = word
            if number:
                break
        return last

    def widened(self, first: int, last: int, *, exact: bool) -> Place:
        """The street with what belongs to it: direction, crossing street, flat, ZIP code."""
        if self.has("direction", last + 1) and not self.parted(last):
            last += 1
        for _ in range(2):
            crossing = self.crossing(last)
            if crossing is None:
                break
            last = crossing
        if not exact and self.numbered_after(last):
            last, exact = last + 1, True
        while (unit := self.unit_after(last)) is not None:
            last, exact = unit, True
        ahead = range(last + 1, min(last + 5, len(self.words)))
        for i in ahead:
            if ZIP.match(self.words[i].text):
                last = i
                break
            if self.plain(i) or self.words[i].text in self.signs.phrases:
                break
        return self.place(first, last, exact=exact)

    def numbered_after(self, i: int) -> bool:
        """`river rd 12`: a number behind the street, and nothing behind it that it could count."""
        if not self.house(i + 1) or self.gap(i) != " " or ZIP.match(self.words[i + 1].text):
            return False
        return i + 2 == len(self.words) or self.parted(i + 1) or self.has("unit", i + 2)

    def crossing(self, i: int) -> int | None:
        """`… and 5th`, `… con 12`: the last word of the crossing street."""
        amp = i + 1 < len(self.words) and bool(AMPERSAND.match(self.gap(i)))
        j = i + 1 if amp else i + 2
        if j >= len(self.words) or not (amp or (self.has("joining", i + 1) and not self.parted(i))):
            return None
        if self.has("street_first", j) and (last := self.name_from(j + 1, limit=2)) is not None:
            return last
        if self.has("street", j + 1) and self.nameable(j):
            return j + 1
        word = self.words[j].text
        numbered = bool(ORDINAL.match(word)) or (self.house(j) and self.has("street_first", i - 1))
        return j if numbered or (self.capital(j) and self.nameable(j)) else None

    def unit_after(self, i: int) -> int | None:
        """`apt 3`, `#3B`, `piso 2`: the last word of a flat's number."""
        if i + 2 >= len(self.words) or not self.has("unit", i + 1) or self.gap(i).strip() not in {"", ",", ".", "-"}:
            glued = i + 1 < len(self.words) and re.match(r"([a-z]+)\d{1,4}[a-z]?$", self.words[i + 1].text)
            return i + 1 if glued and glued[1] in self.signs.words["unit"] else None
        j = i + 2 if not self.has("unit", i + 2) else i + 3
        if j < len(self.words) and self.spelled(j):  # "apt four", "piso dos"
            while self.has("numeral", j + 1) and not self.parted(j):
                j += 1
            return j
        if j >= len(self.words) or not UNIT.match(self.words[j].text) or self.words[j].text in ("i", "a", "y"):
            return None
        if self.gap(j) == "-" and self.words[j + 1].number is not None:
            j += 1  # Colombian house numbers: #12-30
        return j

    def units(self) -> Iterator[Place]:
        """`Sunrise Motel room 12`: a door without a street."""
        for i in self.spots:
            if not self.has("unit", i) and not self.words[i].text[-1].isdigit():
                continue
            last = self.unit_after(i - 1) if i else None
            if last is None or len(self.words[i].text) < 3:
                continue
            if not (any(c.isdigit() for c in self.words[last].text) or self.spelled(last)):
                continue
            first = i
            while first > 1 and not self.parted(first - 1) and self.capital(first - 1) and self.nameable(first - 1):
                first -= 1
            yield self.place(first, last, exact=True)

    def marked(self) -> Iterator[tuple[str, Place]]:
        """`near the park`, `corner of Pine and 3rd`, `vivo en Petare`, `Pine & 3rd`."""
        after = 0
        for i in [i for i, word in enumerate(self.words) if word.text in self.signs.phrases]:
            if i >= after:
                kind, after = self.led(i)
                place = self.beyond(kind, i, after) if kind else None
                if place:
                    yield kind, place
        for i in [i for i in self.spots if i > 0 and ORDINAL.match(self.words[i].text)]:
            if i > 1 and self.capital(i - 2) and self.crossing(i - 2) == i:
                yield "corner", self.place(i - 2, i)
            elif AMPERSAND.match(self.gap(i - 1)):
                yield "corner", self.place(i - 1, i)

    def led(self, i: int) -> tuple[str, int]:
        """The kind of the longest phrase at word i that leads to a place, and the word after it."""
        kind, after, branch = "", i, self.signs.phrases
        for n in range(i, len(self.words) - 1):
            if self.words[n].text not in branch:
                break
            branch = branch[self.words[n].text]
            kind, after = (branch[""], n + 1) if "" in branch else (kind, after)
        return kind, after

    def beyond(self, kind: str, i: int, after: int) -> Place | None:
        """The place that the phrase from word i up to word `after` leads to, if it is one."""
        first = after
        while self.has("the", first) and not self.capital(first):
            first += 1
        if (kind == "perhaps" and not self.capital(first)) or self.parted(after - 1):
            return None
        last = self.name_from(after)
        if last is None:
            return None
        if kind == "corner":
            ends = (self.crossing(n) for n in range(last, after - 1, -1))
            return next((self.place(i, end) for end in ends if end is not None), None)
        number = first == last and self.house(first) and not ZIP.match(self.words[first].text)
        return None if number or self.has("nowhere", first) else self.place(first, last)

    def zips(self) -> Iterator[Place]:
        """Five digits that are neither money nor part of a longer number."""
        for i in self.spots:
            word = self.words[i]
            around = self.text[max(0, word.start - 1) : word.start] + self.text[word.end : word.end + 1]
            if ZIP.match(word.text) and not self.dated(i) and not set(around) & set("-.,/+#@"):
                yield self.place(i, i)

    def place(self, first: int, last: int, *, exact: bool = False) -> Place:
        return Place(self.words[first].start, self.words[last].end, exact)
