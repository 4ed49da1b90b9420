"""Whether words can be the answer to "where are you?", or add to it how the door is found.

Whoever is asked where they are may ask back, plead, name another need or say how they feel. None of these is an
address, and one that is taken for one sends somebody nowhere. In doubt we ask once more. The words themselves are in
the lexicons, under [place].
"""

import re
from collections.abc import Sequence, Set
from dataclasses import dataclass
from functools import cache

from handlers.understanding.intents import Kind, Need, Understanding
from handlers.understanding.lexicon import Lexicon, lexicons
from handlers.understanding.words import Token, clean, split

LONGEST_NAME = 4  # words of a place whose name we have never heard
LONGEST_READ = 60  # words; a longer text is no answer to "where?", and must not take long
LONGEST_CORRECTION = 7  # words beside the right door
LONGEST_HINT = 14  # words; who writes more tells a story
SHORT = 2  # letters: no name of a street
NUMBER = frozenset("#")
ASKED = frozenset("?¿")
TIME = re.compile(  # no door: "at 6:30", "despues de las 4", "after 4 when im off"
    r"\b\d{1,2}:\d\d\b(?:\s?[ap]\.?m\b)?|\b\d{1,2}\s?[ap]\.?m\b|\b(?:despu[eé]s|antes)\s+de\s+las\s+\d{1,2}\b"
    r"|\b(?:after|before)\s+\d{1,2}(?=\s*(?:$|[.,;!]|\b(?:when|cuz|cause|because|bc|please|pls|thanks|thx|ty)\b))",
    re.IGNORECASE,
)
GOES_ON = frozenset({Need.SHELTER, Need.MEDICAL, Need.FOOD, Need.MEDICINE, Need.EDUCATION})  # also kinds of building


@cache
def words() -> "PlacingWords":
    """The words of all languages at once: people mix them."""
    return PlacingWords(lexicons().every)


class PlacingWords:
    """What tells a place from a sentence."""

    def __init__(self, lexicon: Lexicon) -> None:
        listed = lexicon.place_words.words
        self.lexicon = lexicon
        self.landmark, self.detail, self.beside = listed["landmark"], listed["detail"], listed["beside"]
        self.leading, self.no_place = listed["leading"], listed["no_place"]
        self.corrects, self.moved = listed["corrects"], listed["moved"]
        self.vague, self.same, self.same_alone = listed["vague"], listed["same"], listed["same_alone"]
        self.unit, self.joining, self.the = listed["unit"] - NUMBER, listed["joining"], listed["the"]
        self.street = listed["street"] | listed["street_unsure"] | listed["street_first"] | listed["direction"]


def says_same(text: str) -> bool:
    """Whether it says that the place is the one of last time."""
    return _holds(f" {' '.join(w.text for w in split(clean(text)))} ", words().same)


def answers_same(text: str) -> bool:
    """Whether an answer to "where are you?" says so, also by the bare "same" that elsewhere may mean anything."""
    return says_same(text) or " ".join(w.text for w in split(clean(text))) in words().same_alone


def looks_like_place(text: str, meaning: Understanding, *, area: bool = False) -> bool:
    """Whether the words can say where somebody is; `area` where they name an area of the line."""
    said = Said.of(text, meaning)
    if meaning.only_when or not said.rest:
        return False
    if meaning.place and (meaning.exact or meaning.public):
        return True
    if said.inquires():
        return False
    if area:
        return True
    if said.vague():
        return False
    if said.marked():
        return not said.asks() and (not said.sentence() or said.placed())
    return said.named()


def takes_back(text: str) -> bool:
    """Whether it corrects what was said before: `sorry`, `i meant`, `*5`."""
    said = " ".join(w.text for w in split(clean(text)))
    return text.lstrip().startswith("*") or _holds(f" {said} ", words().corrects)


def corrected(text: str, meaning: Understanding, before: str) -> str | None:
    """The door that they name in the place of the one before: `sorry 141 oak st not 114`, `*141 oak st`.

    A crossing too, where one of its streets stays: `no es la 14, es la 16 con pine`.
    """
    if not meaning.place or meaning.kind is not Kind.OTHER:
        return None
    beside = text.replace(meaning.place, " ", 1)
    rest = [w.text for w in split(clean(beside))]
    if meaning.exact and _holds(f" {' '.join(rest)} ", words().moved) and len(rest) <= LONGEST_HINT:
        return meaning.place  # "ya no vivo con mi tia me fui a pine st 7"
    if meaning.needs_if_asked:
        return None
    if not meaning.exact and not (meaning.public and _shares_a_name(meaning.place, before)):
        return None
    if not takes_back(beside) or len(rest) > LONGEST_CORRECTION:
        return None
    door, *wrong = NOT_IT.split(
        meaning.place, 1
    )  # "202 oak st no 20" is no apartment 20, if that was the house before
    known = {w.text for w in split(clean(before))}
    return door if wrong and wrong[0].strip() in known else meaning.place


def _shares_a_name(place: str, before: str) -> bool:
    """Whether a street of the one is named in the other as well, and they are not the same."""
    said, known = ({w.text for w in split(clean(text))} for text in (place, before))
    listed = words()
    common = {word for word in said & known if word.isalpha() and len(word) > SHORT}
    return bool(common - listed.joining - listed.the - listed.street) and said != known


def describes_door(text: str, meaning: Understanding) -> bool:
    """Whether the words, which come after the place, help to find the door: `la puerta azul`, `buzz 3b`."""
    said = Said.of(text, meaning)
    return said.hints() or (meaning.exact and said.told())


def says_more(text: str, meaning: Understanding) -> bool:
    """Whether an answer says how to find the door besides the street or the area that it names."""
    rest = text.replace(meaning.place, " ", 1) if meaning.place else text
    return Said.of(rest, meaning).hints()


@dataclass(frozen=True)
class Said:
    """An answer, and what is left of it without the words that only lead to a place."""

    text: str
    meaning: Understanding
    whole: Sequence[str]
    rest: Sequence[str]

    @classmethod
    def of(cls, text: str, meaning: Understanding) -> "Said":
        """Take an answer apart."""
        tokens: Sequence[Token] = split(clean(TIME.sub(" ", text)))
        whole = [w.text for w in tokens[:LONGEST_READ]]
        return cls(text, meaning, whole, _without_leading(whole))

    @property
    def found(self) -> Set[str]:
        """Its words, alone and in pairs."""
        return {*self.rest, *(f"{a} {b}" for a, b in zip(self.rest, self.rest[1:], strict=False))}

    def inquires(self) -> bool:
        """Whether it asks something: not `the library?`, which is a place in doubt."""
        asks = bool(ASKED & set(self.text)) or (self.meaning.kind is Kind.QUESTION and not self.leads_on())
        short = len(self.rest) <= LONGEST_NAME and not self.sentence()
        return asks and not (short and self.marked())

    def leads_on(self) -> bool:
        """Whether "where" only goes on from a place: `by the park where the church is`."""
        at = next((i for i, word in enumerate(self.whole) if word in WHERE), 0)
        before = set(self.whole[:at])
        return bool(before & (words().landmark | words().street)) and len(self.whole) <= LONGEST_HINT

    def asks(self) -> bool:
        """Whether it asks for something other than a building: `i need a ride to the store`."""
        return self.meaning.kind in (Kind.ASK, Kind.OFFER) and (
            self.sentence() or any(need not in GOES_ON for need in self.meaning.needs)
        )

    def told(self) -> bool:
        """Whether it is short and tells something: no question, no request, no sentence about somebody."""
        short = 0 < len(self.rest) <= LONGEST_HINT
        return short and not (self.inquires() or self.asks() or self.sentence())

    def hints(self) -> bool:
        """Whether it tells a door from others."""
        return self.told() and bool(self.found & (words().landmark | words().detail | words().unit))

    def sentence(self) -> bool:
        """Whether words are among it that a place has none of."""
        return any(word in words().no_place for word in self.rest)

    def vague(self) -> bool:
        """Whether it says only `at home`."""
        whole = " ".join(w for w in self.whole if w not in words().the)
        return " ".join(self.rest) in words().vague or whole in words().vague or " ".join(self.whole) in words().vague

    def marked(self) -> bool:
        """Whether a word says that it is a place: a landmark, what lies beside one, a street, a number."""
        listed = words()
        told = f" {' '.join(self.whole)} "
        here = bool(self.found & (listed.landmark | listed.street)) or self.numbered()
        return here or (_holds(told, listed.beside) and not self.sentence()) or bool(self.meaning.place)

    def placed(self) -> bool:
        """Whether even a whole sentence tells where: `she is in the house behind the church`."""
        if self.numbered():
            return True
        told = bool(self.found & words().detail) or _holds(f" {' '.join(self.whole)} ", words().beside)
        return told and bool(self.found & words().landmark)

    def numbered(self) -> bool:
        """`1418 pine`, `apt 3`, `5th`: a number that counts nothing."""
        rest, listed = self.rest, words()
        for i, word in enumerate(rest):
            if not word[0].isdigit() and not (word in listed.unit and i + 1 < len(rest)):
                continue
            after = rest[i + 1] if i + 1 < len(rest) else ""
            if word in listed.unit:
                if len(after) == 1 or after[0].isdigit() or after in listed.lexicon.numbers:
                    return True
            elif (word.isdigit() and not self._counts(i, after)) or (
                not word.isdigit() and word[-2:] in ("st", "nd", "rd", "th")
            ):
                return True
        return False

    def _counts(self, i: int, after: str) -> bool:
        """Whether the number counts something: `3 kids`, `size 3`, `2 bags`, or is alone."""
        before = self.rest[i - 1] if i else ""
        known = words().lexicon.knows
        if before and before in words().no_place:
            return True
        if not after:
            bare = before in words().leading or before in words().the or known(before)
            return not before or (bare and before not in words().street)
        return known(after) and after not in words().street and after not in words().landmark

    def named(self) -> bool:
        """Whether it can be the name of a place that we have never heard: a few words that say nothing else."""
        if not 0 < len(self.rest) <= LONGEST_NAME or self.sentence() or self.meaning.needs_if_asked:
            return False
        counted = words().lexicon.numbers.keys()
        if ARTICLES.intersection(self.whole) or self.rest[0] in counted:  # "im a senior", "dos bolsas"
            return False
        return self.meaning.kind is Kind.OTHER and all(self._unheard(word) for word in self.rest)

    def _unheard(self, word: str) -> bool:
        if word in words().the or word in words().joining:
            return True
        return len(word) > 2 and word.isalpha() and word not in words().lexicon.common


def _without_leading(whole: Sequence[str]) -> Sequence[str]:
    """The words without those that only lead to a place."""
    rest = list(whole)
    while rest:
        size = next((n for n in (4, 3, 2, 1) if " ".join(rest[:n]) in words().leading), 0)
        if not size:
            return _without_courtesy(rest)
        rest = rest[size:]
    return rest


def _without_courtesy(rest: list[str]) -> list[str]:
    while rest and any(" ".join(rest[-n:]) in COURTESY for n in (2, 1)):
        rest = rest[: -2 if " ".join(rest[-2:]) in COURTESY else -1]
    return rest


WHERE = frozenset(("where", "donde"))
NOT_IT = re.compile(r"\s+(?:no|not)\s+(?=\d+$)", re.IGNORECASE)
ARTICLES = frozenset(("a", "an", "un", "una"))
COURTESY = frozenset(
    [*"please pls plz thanks thx ty favor porfa porfavor gracias ok okay".split(), "thank you", "por favor"]
)


def _holds(told: str, phrases: Set[str]) -> bool:
    """Whether one of the phrases stands in the text."""
    return any(f" {phrase} " in told for phrase in phrases)
