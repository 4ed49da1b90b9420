"""Free words -> what is needed, for how many, how soon and where. The words themselves are in lexicon/*.toml.

A text is read once: every term of the lexicon found in it leaves a mark, and the marks decide: what the text is for
in kinds.py, for how many in people.py. No statistics, so that whoever runs the line can see why a text was understood
as it was, and mend the list.
"""

import re
from collections.abc import Sequence, Set
from dataclasses import replace

from handlers.understanding import hands
from handlers.understanding.addresses import AddressFinder, Place
from handlers.understanding.danger import Danger, dangers
from handlers.understanding.intents import Courtesy, Kind, Need, Understanding
from handlers.understanding.kinds import decide
from handlers.understanding.languages import Language, languages, plain
from handlers.understanding.lexicon import LONGEST, Found, Lexicon, Mark, lexicons
from handlers.understanding.marked import Marked
from handlers.understanding.people import people
from handlers.understanding.when import Said
from handlers.understanding.when import read as read_time
from handlers.understanding.when.repeating import Repetition
from handlers.understanding.when.repeating import read as read_repetition
from handlers.understanding.words import Token, clean, split
from models.requests import Urgency

ZIP = re.compile(r"\d{5}$")
DOOR = re.compile(r"\d(?!\d*(?:st|nd|rd|th)$)")  # a digit, but "3rd ave" is a street


def understand(text: str) -> Understanding:
    """What free words say. Never raises; words in no language we speak are OTHER."""
    text = clean(text)
    words = split(text)
    unspoken = languages().of(text, words, lexicons().knowing)
    return interpret(text, lexicons().find(words), dangers().read(text, words), unspoken)


def interpret(text: str, found: Found, danger: Danger | None, unspoken: Language | None = None) -> Understanding:
    """What the words of a cleaned text say, by the terms found among them."""
    if not found.words:
        return Understanding(Kind.OTHER)
    if unspoken:
        return in_few_words(text, found, danger, unspoken)
    marks = with_danger(found, danger) if danger else found.marks
    time, repeats, timed = times(text, found, danger)
    place = place_in(text, found, marks, timed)
    said = marked(text, found, marks, place, timed)
    kind, how_soon = decide(said).kind, urgency(said)
    asked = said.needs(asked=True)
    come = hands.wanted(said)
    if come is not None and kind is Kind.OTHER and not danger:
        kind = Kind.ASK
    if come is not None and kind is Kind.ASK and come.told:
        asked = asked or (Need.OTHER,)
    carried = kind is Kind.ASK and not danger and hands.carry(text)
    if (come is not None or carried) and Need.HOUSEHOLD in asked:  # what they carry, not what they bring
        asked = tuple(dict.fromkeys(Need.REPAIR if need is Need.HOUSEHOLD else need for need in asked))
    if carried and not {Need.REPAIR, Need.TRANSPORT}.intersection(asked):
        asked = (*(need for need in asked if need is not Need.OTHER), Need.REPAIR)
    return Understanding(
        kind=kind,
        needs=() if kind is Kind.OTHER else asked if kind is Kind.ASK else said.needs(asked=False),
        people=people(said),
        urgency=how_soon,
        danger=danger.kind if danger else None,
        place=text[place.start : place.end] if place else None,
        exact=(exact := place is not None and (place.exact or numbered(found, said.placed))),
        public=place is not None and not exact and (place.public or on_a_street(found, said.placed)),
        language=found.language or (danger.language if danger else None),
        needs_if_asked=asked,
        when=time.time if time else None,
        helpers=come.people if come else None,
        only_when=(how_soon is not None or time is not None) and only_when(found, time),
        repeats=repeats,
    )


def times(text: str, found: Found, danger: Danger | None) -> tuple[Said | None, Repetition | None, frozenset[int]]:
    """When it is needed, how often, and which words say so. In danger nothing is needed again by itself."""
    time, repeats = read_time(text, found.words), None if danger else read_repetition(text, found.words)
    return time, repeats, (time.words if time else frozenset()) | (repeats.words if repeats else frozenset())


def in_few_words(text: str, found: Found, danger: Danger | None, language: Language) -> Understanding:
    """What is understood of a language that we do not speak: danger, what is needed, for how many, and where."""
    text = language.apart(text)
    found = replace(found, words=split(text)[:LONGEST], marks=(), lexicon=found.every)
    place = place_in(text, found, ())
    said = plain(text)
    needs = danger.needs if danger else language.needs(said)
    return Understanding(
        kind=Kind.ASK if needs else Kind.OTHER,
        needs=needs,
        people=language.people(said),
        urgency=Urgency.URGENT if danger else None,
        danger=danger.kind if danger else None,
        place=text[place.start : place.end] if place else None,
        exact=(exact := place is not None and (place.exact or numbered(found, placed_in(found, place)))),
        public=place is not None and not exact and (place.public or on_a_street(found, placed_in(found, place))),
        language=language.code,
        needs_if_asked=needs,
        courtesy=next((kind for kind in Courtesy if said in language.courtesy[kind]), None),
    )


def placed_in(found: Found, place: Place) -> Set[int]:
    """The words that name the place."""
    return {i for i, word in enumerate(found.words) if place.start <= word.start < place.end}


def only_when(found: Found, time: Said | None) -> bool:
    """Whether every word says how soon or when, or nothing."""
    soon = {i for m in found.marks if m.tag in tuple(Urgency) for i in range(m.first, m.last)}
    told = soon | time.words if time else soon
    silent = found.every.filler | found.lexicon.place_words.words["leading"]
    return all(i in told or word.text in silent for i, word in enumerate(found.words))


def place_in(text: str, found: Found, marks: Sequence[Mark], timed: Set[int] = frozenset()) -> Place | None:
    """Where, if the text says so; the words that say when, or how often, name no place."""
    meant = {i for m in marks if m.tag != "measures" for i in range(m.first, m.last)} | timed
    return AddressFinder(text, found.words, meant, found.lexicon.common, found.every.place_words).find()


def marked(text: str, found: Found, marks: Sequence[Mark], place: Place | None, timed: frozenset[int]) -> Marked:
    """The text with its marks; what names the place names nothing else."""
    words = found.words
    placed = placed_in(found, place) if place else set()
    kept = [m for m in marks if m.tag == "danger" or m.first not in placed]
    return Marked(text, words, kept, found.lexicon, placed, timed)


def urgency(said: Marked) -> Urgency | None:
    """How soon, if the text says so."""
    if "danger" in said.tagged:
        return Urgency.URGENT
    named = next((urgency for urgency in Urgency if urgency in said.tagged), None)
    return Urgency.URGENT if named is None and "pressing" in said.tagged else named


def with_danger(found: Found, danger: Danger) -> Sequence[Mark]:
    """The marks, with those of the danger, whose words name no other need: a house on fire asks for no shelter."""
    marks, taken = [], set()
    for sign in danger.signs:
        for start, end in sign.spans:
            within = [i for i, word in enumerate(found.words) if word.start < end and start < word.end]
            if within:
                marks.append(Mark("danger", sign.need, within[0], within[-1] + 1))
                taken.update(within)
    others = (m for m in found.marks if not (m.need and taken.intersection(range(m.first, m.last))))
    return sorted([*marks, *others], key=lambda mark: mark.first)


def on_a_street(found: Found, placed: Set[int]) -> bool:
    """Whether a place is a street in any of our languages: people mix them (`en Pine St`)."""
    known = found.every.place_words.words
    named = known["street"] | known["street_first"]
    return any(found.words[i].text in named or ZIP.match(found.words[i].text) for i in placed)


def numbered(found: Found, placed: Set[int]) -> bool:
    """Whether a place has a number that may be a door's: any but a ZIP and the name of a street (`calle 8 con 12`).

    Where in doubt it is a door, and nobody sees it but who goes there.
    """
    words, streets = found.words, found.every.place_words.words
    before = streets["street_first"] | streets["joining"]
    return any(
        DOOR.search(words[i].text) and not ZIP.match(words[i].text) and words[i - 1].text not in before
        for i in placed
    )


def named(text: str) -> tuple[Need, ...]:
    """The needs, if every word of the text names one (`rides, food and meds`); else nothing."""
    return listed(split(clean(text)), lexicons().every)


def listed(words: Sequence[Token], lexicon: Lexicon) -> tuple[Need, ...]:
    """The needs, if every one of these words names one; else nothing."""
    marks = lexicon.marks(words)
    return tuple(dict.fromkeys(m.need for m in _nothing_but(words, marks, lexicon, "needs", "everyday") if m.need))


def _nothing_but(words: Sequence[Token], marks: Sequence[Mark], lexicon: Lexicon, *tags: str) -> list[Mark]:
    """The marks with these tags, if they are all that the words say."""
    wanted = [m for m in marks if m.tag in tags]
    covered = {i for m in wanted for i in range(m.first, m.last)}
    return wanted if all(i in covered or word.text in lexicon.filler for i, word in enumerate(words)) else []
