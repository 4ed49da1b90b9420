"""What of a place strangers may read before one of them comes: as much as the line's figure says, never a door.

Only what is surely a street, a corner or a building's name is taken out of the neighbor's words; the rest stays with
whoever comes. In doubt nothing is told: an offer without a place can still be answered.
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import product

from handlers.understanding.addresses import AddressFinder
from handlers.understanding.buildings import (
    Span,
    buildings,
    dwellings,
    is_first_name,
    is_numeral,
    lists,
    may_name,
    tells_refuge,
    told_within,
)
from handlers.understanding.lexicon import lexicons
from handlers.understanding.words import Token, clean, split
from models.lines import OfferShows
from models.requests import Request

LONGEST = 40  # characters; it goes out in every offer
LONGEST_NAME = 3  # words of a street
LONGEST_FIRST = (4, 3, 2)  # words of a listed one
ORDINAL = re.compile(r"\d{1,3}(?:st|nd|rd|th)$")
DOOR = re.compile(r"\d{3,}[a-z]?$|\d{1,2}[b-oq-z]$")  # "214", "14b"
HOUSE = re.compile(r"\d{3,4}$")  # a surer sign of a street than "3"
WAY = re.compile(r"\d{1,3}$")  # "Highway 6", "calle 8"
AFRAID = frozenset(("safety",))
NO_SIGHT = frozenset("#@")


def of(request: Request, shows: OfferShows) -> str | None:
    """What offers may say of where it is besides the area; None if nothing."""
    if shows == OfferShows.AREA or request.in_danger or hides(request):
        return None
    told = (shown(words, shows) for words in (request.vicinity, request.place) if words)
    return next((words for words in told if words), None)


def hides(request: Request) -> bool:
    """Whether somebody may be hiding, or looks for where to: they are afraid, or name a refuge."""
    words = (request.text, request.place, request.vicinity)
    return bool(AFRAID.intersection(request.needs)) or any(tells_refuge(clean(each)) for each in words if each)


@lru_cache(1024)  # the same words go to a whole wave
def shown(words: str, shows: OfferShows) -> str | None:
    """What of these words about a place a line with this figure tells; None if nothing."""
    text = clean(words)
    if shows == OfferShows.AREA or tells_refuge(text):
        return None
    place = Words(text)
    named = place.building() if shows == OfferShows.BUILDING else None
    found = named if named and " " in named else place.street() or place.corner() or named
    return found if found and len(found) <= LONGEST else None


def tells_place(words: str, *, named: bool = False, told: str | None = None) -> bool:
    """Whether somebody's words say anything by which a door could be found, besides what has been `told`.

    `the library` is nothing if `named`.
    """
    text = clean(words)
    if told and (at := text.casefold().find(told.casefold())) >= 0:
        before, after = text[:at], text[at + len(told) :]
        beside = [part[i].text for part, i in ((split(before), -1), (split(after), 0)) if part]
        numbered = any(word[0].isdigit() or is_numeral(word) for word in beside)
        return numbered or tells_place(before, named=named) or tells_place(after, named=named)
    if any(f" {phrase} " in f" {' '.join(word.text for word in split(text))} " for phrase in lists().entry):
        return True
    place = Words(text)
    hidden = (
        any(span.last - span.first > named for span in place.named)
        or any(dwellings(place.tokens))
        or any(told_within(place.tokens))
    )
    if hidden or tells_refuge(text) or place.street() or place.corner():
        return True
    listed = lists()
    for i, word in enumerate(place.tokens):
        if DOOR.match(word.text):
            return True
        if i + 1 == len(place.tokens):
            break
        after = place.tokens[i + 1].text
        if (word.text[0].isdigit() or is_numeral(word.text)) and (
            is_numeral(after) or (after.isalpha() and not (lexicons().every.knows(after) or after.endswith("s")))
        ):
            return True  # "14 oak", "twelve oh four"
        if word.text in listed.unit and (after[0].isdigit() or is_numeral(after) or len(after) == 1):
            return True
        if after in listed.unit and (ORDINAL.match(word.text) or word.text in listed.detail):
            return True  # "third floor"
    return False


class Words:
    """The words of a place, with those that strangers must not read marked."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens: Sequence[Token] = split(text)
        self.named = buildings(text, self.tokens)
        self.hidden = {
            i
            for span in (*self.named, *dwellings(self.tokens), *told_within(self.tokens))
            for i in range(span.first, span.last)
        }

    def building(self) -> str | None:
        """The first building's name, without any number: `Elm Court apartments`."""
        for span in self.named:
            if not any(is_first_name(self.tokens, i) for i in range(*span)) and all(
                self.tokens[i].text.isalpha() and not is_numeral(self.tokens[i].text) for i in range(*span)
            ):
                return self._typed(span)
        return None

    def street(self) -> str | None:
        """The first street, and the one that crosses it: `Oak St`, `calle 8 con 12`, `Oak St and 5th`."""
        spans = [*self.streets()]
        if not spans:
            return None
        first = min(spans)
        crossing = self._crossing(first, spans)
        return self._typed(Span(first.first, crossing.last)) if crossing else self._typed(first)

    def corner(self) -> str | None:
        """A corner of streets without the word: `corner of Pine and 3rd`, `Oak & 5th`."""
        every = lexicons().every
        finder = AddressFinder(self.text, self.tokens, set(), every.common, every.place_words)
        if not any(word.text[0].isdigit() or word.text in JOINING for word in self.tokens):
            return None
        for kind, place in finder.marked():
            within = [i for i, word in enumerate(self.tokens) if place.start <= word.start < place.end]
            named = any(is_first_name(self.tokens, i) for i in within)
            if kind == "corner" and not named and all(map(self._in_a_corner, within)):
                return self.text[place.start : place.end]
        return None

    def _typed(self, span: Span) -> str:
        return self.text[self.tokens[span.first].start : self.tokens[span.last - 1].end]

    def streets(self) -> Iterator[Span]:
        """Every street, with its name."""
        before = lexicons().every.place_words.words
        for i, word in enumerate(self.tokens):
            if i in self.hidden:
                continue
            sure, unsure = word.text in before["street"], word.text in before["street_unsure"]
            span = self._name_before(i) if sure or unsure else None
            if span and unsure and not (sure or self._proper(span)):
                span = None
            if span is None and word.text in before["street_first"]:
                span = self._name_after(i)
            if span is not None:
                yield span

    def _name_before(self, i: int) -> Span | None:
        """`Oak St`, `5th Ave`, `N Oak St`: one word is sure to be the name; what is before it may be a person's."""
        if not i or not self._joined(i - 1):
            return None
        first = i - 1
        if several := next((n for n in LONGEST_FIRST if self._several(i - n, i)), 0):
            first = i - several
        elif not ORDINAL.match(self.tokens[first].text):
            if not self._nameable(first):
                return None
            if first and self._joined(first - 1) and self._capital(first):
                first -= self.tokens[first - 1].text in lists().first_part and self._capital(first - 1)
            if first == i - 1 and not self._is_no_person(first):
                return None
            first = self._after_a_house(first)
        if first and self.tokens[first - 1].text in lists().direction and self._joined(first - 1):
            first -= 1
        return Span(first, i + 1)

    def _after_a_house(self, last: int) -> int:
        """The first word of a name that goes back to a house's number: `2299 Marina Bay Dr`; else the last word."""
        first = last
        while first > max(0, last + 1 - LONGEST_NAME) and self._joined(first - 1) and self._capital(first - 1):
            if not self._nameable(first - 1) or is_first_name(self.tokens, first - 1):
                break
            first -= 1
        if not first or not self._joined(first - 1) or not HOUSE.match(self.tokens[first - 1].text):
            return last
        counts = first > 1 and self.tokens[first - 2].text in lists().unit | lists().detail  # "apt 301"
        return last if counts else first

    def _several(self, first: int, last: int) -> bool:
        """Whether these words are a listed name of several: `Martin Luther King`."""
        if first < 0 or last > len(self.tokens) or not all(map(self._joined, range(first, last - 1))):
            return False
        return " ".join(word.text for word in self.tokens[first:last]) in lists().several

    def _is_no_person(self, i: int) -> bool:
        """Whether a street's only word is none that people are called by, or stands where only a street does."""
        if not is_first_name(self.tokens, i):
            return True
        before = self.tokens[i - 1].text if i and self._joined(i - 1) else ""
        return bool(before) and (before[0].isdigit() or is_numeral(before) or before in lists().direction)

    def _proper(self, span: Span) -> bool:
        """Whether a street is written like a name, or has a house: "food drive" is none."""
        if self._capital(span.first) and self._capital(span.last - 1):
            return True
        before = self.tokens[span.first - 1].text if span.first else ""
        return bool(before) and (before[0].isdigit() or is_numeral(before))

    def _name_after(self, i: int) -> Span | None:
        """`calle del Roble`, `Highway 6`, `avenida Simón Bolívar`."""
        last = i + 1
        if last < len(self.tokens) and self._joined(i) and WAY.match(self.tokens[last].text):
            numbered = self.tokens[i].text in lexicons().every.place_words.words["numbered"]
            ends = last + 1 == len(self.tokens) or not self._joined(last) or self._goes_on(last + 1)
            return Span(i, last + 1) if numbered and ends else None
        while last < len(self.tokens) and last - i < LONGEST_NAME and self._joined(last - 1):
            if self.tokens[last].text not in lists().the or is_numeral(self.tokens[last].text):
                break
            last += 1
        for start, n in product((i + 1, last), LONGEST_FIRST):
            if self._several(start, start + n) and self._joined(start - 1):
                return Span(i, start + n)
        if last >= len(self.tokens) or not self._joined(last - 1) or not self._nameable(last):
            return None
        return None if is_first_name(self.tokens, last) else Span(i, last + 1)

    def _goes_on(self, i: int) -> bool:
        """Whether what follows a way's number is no name, which the number could belong to."""
        word = self.tokens[i].text
        return word in JOINING or word in lists().direction or lexicons().every.knows(word)

    def _crossing(self, street: Span, spans: Sequence[Span]) -> Span | None:
        """The street that crosses this one, right after it."""
        if street.last >= len(self.tokens):
            return None
        joined = self.text[self.tokens[street.last - 1].end : self.tokens[street.last].start].strip() in ("&", "/")
        after = street.last if joined else street.last + 1
        if after >= len(self.tokens) or not (joined or self.tokens[street.last].text in JOINING):
            return None
        span = next((span for span in spans if span.first == after), None)
        if span is None and after not in self.hidden:
            word = self.tokens[after].text
            digits = WAY.match(word) and self.tokens[street.last - 1].text.isdigit()  # `calle 8 con 12`
            ends = after + 1 == len(self.tokens) or not self._joined(after)
            if ORDINAL.match(word) or (digits and ends and self._bare(after)):
                span = Span(after, after + 1)
        return span

    def _bare(self, i: int) -> bool:
        """Whether nothing is tied to a number: `12-30` is a door."""
        end = self.tokens[i].end
        return not self.text[end : end + 1] or self.text[end] in " ,.\n"

    def _joined(self, i: int) -> bool:
        """Whether nothing but a space, or the dot of an abbreviation, parts word i from the next."""
        return self.text[self.tokens[i].end : self.tokens[i + 1].start] in (" ", ". ")

    def _capital(self, i: int) -> bool:
        return self.text[self.tokens[i].start].isupper() and not self.text.isupper()

    def _nameable(self, i: int) -> bool:
        word = self.tokens[i].text
        if i in self.hidden or word in lists().joining or word in lists().street or word in NO_SIGHT:
            return False
        return may_name(self.text, self.tokens, i)

    def _in_a_corner(self, i: int) -> bool:
        word = self.tokens[i].text
        if i in self.hidden or word in lists().unit or is_numeral(word):
            return False
        if ORDINAL.match(word):
            return True
        return word.isalpha() and (len(word) > 1 or word in lists().direction or word in JOINING)


JOINING = frozenset(("and", "at", "con", "y", "e", "entre", "between"))
