"""A neighbor's own words, with everything out that is nobody's business: for a need that we have no name for.

"My ramp is icy, need somebody to salt it" tells volunteers more than "Help". Offers go to many, so what is left must
not say who it is, where the door is, how to reach them, nor anything of illness, medicine or papers. Whole clauses go
where one word is too much: privacy comes before helpfulness. The lists are in the lexicons, under [private].
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache

from handlers.understanding.buildings import Span, dwellings, is_numeral, tells_refuge, told_within
from handlers.understanding.lexicon import lexicons
from handlers.understanding.needs import place_in
from handlers.understanding.words import Token, clean, fold, split
from handlers.where import vicinity
from handlers.wording import lures
from handlers.wording.quoting import one_paragraph

LONGEST = 70  # characters; an offer is one segment
LONGEST_READ = 400  # characters of what they wrote
ENDS = re.compile(r"[.,;!?\n()\u2026]|\s-+\s")
REACHED = re.compile(r"[@/\\_]|\w\.\w{2,}|\d[\s().-]*(?:\d[\s().-]*){5}\d|\$\s*[a-z]", re.IGNORECASE)
LONG_NUMBER = 3  # digits; it may be a door, a code, a part of a telephone
ROW = 3  # numbers in a row are a telephone, said aloud
CHEAP = re.compile(r"[^\w .,;!?'%$+-]")  # the rest could double what a text costs
STEM = 3  # letters before the ending of a medicine's name
NAMED = 2  # words that say something


class Lists:
    """The words of [private] in all languages at once: people mix them."""

    def __init__(self, tables: Sequence[Mapping[str, Sequence[str]]]) -> None:
        def every(*names: str) -> Iterator[str]:
            return (fold(term) for table in tables for name in names for term in table[name])

        hidden = list(every("illness", "medicine", "papers", "reach"))
        self.stems = tuple(term.rstrip("*") for term in hidden if term.endswith("*"))
        self.hidden = frozenset(term for term in hidden if not term.endswith("*"))
        self.ends = tuple(every("medicine_ends"))
        self.name_after = frozenset(every("name_after"))
        self.kin = frozenset(every("kin"))
        self.first_names = frozenset(every("first_names"))
        self.between = frozenset(every("between"))
        self.capital = frozenset(every("capital"))
        self.says_nothing = frozenset(every("says_nothing"))

    def private(self, words: Sequence[str]) -> bool:
        """Whether one of these words, or two or three of them together, is nobody's business."""
        if any(word.startswith(self.stems) or self._medicine(word) for word in words):
            return True
        several = (" ".join(words[i : i + n]) for n in (1, 2, 3) for i in range(len(words) - n + 1))
        return any(phrase in self.hidden for phrase in several)

    def _medicine(self, word: str) -> bool:
        return any(word.endswith(end) and len(word) >= len(end) + STEM for end in self.ends)


@cache
def lists() -> Lists:
    """The lists, read once."""
    return Lists([table["private"] for table in lexicons().tables.values()])


def names_unknown(text: str) -> bool:
    """Whether words name a need that we have no word for, so that it need not be asked."""
    said = offered(text)
    return said is not None and _telling(said) >= NAMED


@lru_cache(1024)  # the same words go to a whole wave
def offered(text: str) -> str | None:
    """What of a neighbor's words everybody may read; None if that says too little."""
    kept = [clause for line in text[:LONGEST_READ].splitlines() for _, clause in _clauses(line) if tells(clause)]
    said = _short(", ".join(dict.fromkeys(kept)))
    return said if said and not lures.found(said) else None


@lru_cache(1024)
def whole_clauses(text: str) -> str | None:
    """The clauses of which everybody may read every word; "..." stands for the others. Nobody is quoted in pieces."""
    said = ""
    for line in text[:LONGEST_READ].splitlines():
        for typed, shown in _clauses(line):
            words = [word.text for word in split(typed)]
            read = words[words[0] in lists().between :]
            if [word.text for word in split(shown)] == read and not vicinity.tells_place(typed):
                said += f"{'' if not said or said.endswith('...') or read != words else ','} {typed}"
            elif not said.endswith("..."):
                said += " ..."
    said = _short(said)
    return said if tells(said) and not lures.found(said) else None


def tells(text: str) -> bool:
    """Whether words say anything of what is needed: "help me please" and "yes" do not."""
    return _telling(text) > 0


def _telling(text: str) -> int:
    """How many words of a text say something."""
    every = lexicons().every
    words = split(clean(text))
    nothing = every.place_words.words["no_place"] | every.common | every.filler | lists().says_nothing
    pleas = {i for m in every.marks(words) if not m.need for i in range(m.first, m.last)}
    return sum(
        len(word.text) > 2
        and word.text.isalpha()
        and word.text not in nothing
        and i not in pleas
        and not is_numeral(word.text)
        for i, word in enumerate(words)
    )


def _clauses(line: str) -> Iterator[tuple[str, str]]:
    """The clauses of a line as they are typed, each with what of it may be shown, without names and doors."""
    text = clean(one_paragraph(line))
    words = split(text)
    found = lexicons().find(words)
    place = place_in(text, found, found.marks)
    whole = Line(text, words, (place.start, place.end) if place else (0, 0))
    for first, last in whole.clauses():
        yield text[words[first].start : words[last - 1].end], whole.shown(first, last)


@dataclass(frozen=True)
class Line:
    """A line of somebody's words, and the stretch of it that names the place."""

    text: str
    words: Sequence[Token]
    place: tuple[int, int]

    @cached_property
    def shouted(self) -> bool:
        """Whether capitals tell nothing."""
        return self.text.isupper()

    def clauses(self) -> Iterator[tuple[int, int]]:
        """The first word of each clause, and the one after its last."""
        first = 0
        for i in range(1, len(self.words) + 1):
            if i == len(self.words) or self._parted(i):
                yield first, i
                first = i

    def _parted(self, i: int) -> bool:
        word = self.words[i]
        if word.text in lists().between:
            return True
        return word.opens and ENDS.search(self.text, self.words[i - 1].end, word.start) is not None

    def shown(self, first: int, last: int) -> str:
        """What of a clause everybody may read; nothing if a word of it is nobody's business."""
        words = self.words[first:last]
        texts = [w.text for w in words]
        typed = self.text[words[0].start : words[-1].end]
        if (
            tells_refuge(typed)
            or REACHED.search(typed)
            or lures.found(typed)
            or lists().private(texts)
            or self._spoken_number(texts)
        ):
            return ""
        hidden = {*self._names(first, last), *self._doors(first, last)}
        for i in range(last - 1, first, -1):  # "im at (st marys church)"
            if i in hidden and self._dangles(i - 1):
                hidden.add(i - 1)
        kept = [i for i in range(first, last) if i not in hidden]
        while kept and self._dangles(kept[-1]):  # "my ramp at (14 oak st)"
            kept.pop()
        while kept and self.words[kept[0]].text in lists().between:
            kept = kept[1:]
        return " ".join(self.text[self.words[i].start : self.words[i].end] for i in kept)

    def _spoken_number(self, texts: Sequence[str]) -> bool:
        """Whether a telephone is said aloud: `five five five one two`."""
        numbers = lexicons().every.numbers
        row = 0
        for word in texts:
            row = row + 1 if word in numbers or word.isdigit() or word in ZEROS else 0
            if row >= ROW:
                return True
        return False

    def _dangles(self, i: int) -> bool:
        return self.words[i].text in DANGLING

    def _names(self, first: int, last: int) -> Set[int]:
        """The words of a clause that may be somebody's name."""
        named: set[int] = set()
        for i in range(first, last):
            word = self.words[i].text
            if (
                word in lists().first_names
                or (i > first and self._capital(i))
                or self._subject(i, last)
                or (i > 0 and self._unknown(i) and self._introduced(i))
                or (i - 1 in named and self._unsaid(i))
            ):
                named.add(i)
        return named

    def _capital(self, i: int) -> bool:
        word = self.words[i]
        return not self.shouted and self.text[word.start].isupper() and word.text not in lists().capital

    def _unsaid(self, i: int) -> bool:
        """Whether a word by itself says nothing that we know."""
        word = self.words[i].text
        return word.isalpha() and word not in VERBS and not lexicons().every.knows(word)

    def _subject(self, i: int, last: int) -> bool:
        """Whether a name begins the clause: `Marisela needs`."""
        if not self._unknown(i) or not (self._capital(i) or self.shouted):
            return False
        return i + 1 == last or self.words[i + 1].text in VERBS

    def _introduced(self, i: int) -> bool:
        """Whether the words before it say that a name comes: `my son danny`, `this is pam`."""
        before = self.words[i - 1].text
        pair = f"{self.words[i - 2].text} {before}" if i > 1 else before
        return before in lists().kin or before in lists().name_after or pair in lists().name_after

    def _unknown(self, i: int) -> bool:
        word = self.words[i].text
        every = lexicons().every
        return word.isalpha() and word not in every.common and not every.spellings(word)

    def _doors(self, first: int, last: int) -> Set[int]:
        """The words of a clause that lead to a door, in digits or in words."""
        hidden = {i for i in range(first, last) if i in self.placed}
        signs = lexicons().every.place_words.words
        units, streets = (
            signs["unit"] | signs["numbered_within"],
            signs["street"] | signs["street_unsure"] | signs["street_first"],
        )
        for i in range(first, last):
            word = self.words[i].text
            if (len(word) >= LONG_NUMBER and word[0].isdigit()) or (self._number(i) and self._name_of(i + 1, last)):
                hidden.update({i, *self._name_of(i + 1, last)})
            elif word[0].isdigit() and (i + 1 == last or self._dangles(i + 1)):  # `juarez 45`, `el 14 de`
                hidden.add(i)
            elif (
                (word in units or word in streets)
                and i + 1 < last
                and (self._number(i + 1) or len(self.words[i + 1].text) == 1)
            ):
                hidden.update({i, i + 1})
            elif self._number(i) and self._number(i + 1) and self._in_words(i) and self._in_words(i + 1):
                hidden.update({i, i + 1, *self._name_of(i + 2, last)})  # "twelve oh four"
            elif word in FLOORS and i > first and (self._number(i - 1) or self.words[i - 1].text in ORDINALS):
                hidden.update({i, i - 1})
            elif word in streets and i > first and (self._number(i - 2) or self._number(i - 1)):
                hidden.update({i, i - 1, *({i - 2} if self._number(i - 2) else ())})
            if word in units and i + 1 < last and is_numeral(self.words[i + 1].text):
                hidden.update({i, i + 1})
        return self._with_numbers(hidden, first, last)

    def _with_numbers(self, hidden: set[int], first: int, last: int) -> set[int]:
        """These words with the numbers beside them, which are a door's: `setenta y dos (calle Roble)`."""
        for row in (range(first, last), range(last - 1, first - 1, -1)):
            for i in row:
                joins = self.words[i].text in ("y", "and") and i + row.step in row and self._counted(i + row.step)
                if (joins or self._counted(i)) and (i - row.step in hidden):
                    hidden.add(i)
        return hidden

    def _counted(self, i: int) -> bool:
        word = self.words[i].text
        return word[0].isdigit() or is_numeral(word) or len(word) == 1

    @cached_property
    def placed(self) -> Set[int]:
        """The words that name a place, or tell a house by how it looks, with its number."""
        start, end = self.place
        place = vicinity.Words(self.text)
        named = [span for span in place.named if self._stands_for_a_place(span)]
        told = {
            i
            for span in (*named, *place.streets(), *dwellings(self.words), *told_within(self.words))
            for i in range(*span)
        }
        told |= {i for i, word in enumerate(self.words) if start <= word.start < end}
        return self._with_numbers(told, 0, len(self.words))

    def _stands_for_a_place(self, span: Span) -> bool:
        """Whether a building has a name of its own, or somebody is at it or by it."""
        if span.last - span.first > 1:
            return True
        first = span.first
        while first and self.words[first - 1].text in lexicons().every.place_words.words["the"]:
            first -= 1
        return first > 0 and self.words[first - 1].text in AT

    def _in_words(self, i: int) -> bool:
        return not self.words[i].text[0].isdigit()

    def _number(self, i: int) -> bool:
        if not 0 <= i < len(self.words):
            return False
        word = self.words[i].text
        return word[0].isdigit() or (is_numeral(word) and word not in ONE)

    def _name_of(self, i: int, last: int) -> Sequence[int]:
        """The word after a number, if it is none that numbers count: `14 oak`, but `2 boxes`."""
        if i >= last or not self._unknown(i) or self.words[i].text.endswith("s"):
            return ()
        return (i,)


AT = frozenset(
    "at in from by near behind beside inside outside past on en del desde junto frente cerca atras".split()
)
ZEROS = frozenset(("oh", "o", "zero", "cero"))
ONE = frozenset(("one", "un", "una", "uno"))
FLOORS = frozenset(("floor", "fl", "piso", "planta"))
ORDINALS = frozenset(
    "first second third fourth fifth sixth seventh eighth ninth tenth top "
    "primer primero segundo tercer tercero cuarto quinto sexto septimo octavo noveno decimo ultimo".split()
)
VERBS = frozenset(
    "here needs is has wants cant cannot lives said could would was will does doesnt asked "
    "aqui necesita tiene quiere esta es vive no puede pide anda".split()
)
DANGLING = frozenset(
    "live lives living stay staying im this call at in on by near from to of the a an my for with and or but is "
    "vivo vive vivimos estoy soy en de del a al la el los las un una con por para mi y o que".split()
)


def _short(said: str) -> str:
    """So much of it as fits an offer, in letters that cost no more than others."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", said) if not unicodedata.combining(c))
    plain = " ".join(CHEAP.sub(" ", plain).split())
    if not plain.isascii():
        return ""  # in other letters half as many fit, and the words go to somebody who reads them
    if len(plain) <= LONGEST:
        return plain
    return f"{plain[: LONGEST - 3].rsplit(' ', 1)[0].rstrip(' ,.;')}..."
