"""Why free words were understood as they were: the words that decided, and the lists of the lexicon they stand on.

So that whoever runs a line can see which list to mend.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from handlers.understanding.danger import Danger, dangers
from handlers.understanding.intents import Kind
from handlers.understanding.kinds import decide
from handlers.understanding.lexicon import LAYERS, Found, Mark, lexicons
from handlers.understanding.needs import marked, place_in, times, urgency, with_danger
from handlers.understanding.people import people
from handlers.understanding.words import clean, split
from models.requests import Urgency

COUNTING = ("for", "total_before", "total_after", "people", "everybody", "self_first", "self_last", "kin")


class Reason(NamedTuple):
    """Something that was understood, the words that say so, and where they are listed."""

    understood: str
    words: str
    listed: str = ""  # "[kind] asking in en.toml"


def explain(text: str) -> list[Reason]:
    """What free words were taken to mean, piece by piece."""
    text = clean(text)
    words = split(text)
    return list(_reasons(text, lexicons().find(words), dangers().read(text, words)))


def _reasons(text: str, found: Found, danger: Danger | None) -> Iterator[Reason]:
    for sign in danger.signs if danger else ():
        told = " ... ".join(text[start:end] for start, end in sign.spans)
        yield Reason(f"danger: {sign.kind}", told, f"{sign.sign} in danger/{sign.language}.toml")
    marks = with_danger(found, danger) if danger else found.marks
    time, _, timed = times(text, found, danger)
    place = place_in(text, found, marks, timed)
    said = marked(text, found, marks, place, timed)
    verdict = decide(said)
    kind = str(verdict.kind)
    yield from _listed(kind, text, found, verdict.because)
    if not verdict.because:
        yield Reason(kind, "?" if verdict.kind is Kind.QUESTION else "no word that asks, offers or wonders")
    if verdict.kind is not Kind.OTHER:
        for mark in said.wanted(asked=verdict.kind is Kind.ASK):
            yield from _listed(str(mark.need), text, found, [mark])
    if (how_many := people(said)) is not None:
        yield from _listed(f"people {how_many}", text, found, said.of(*COUNTING))
    if (soon := urgency(said)) is not None:
        yield from _listed(str(soon), text, found, said.of(*Urgency, "danger"))
    if time is not None:
        words = " ".join(text[found.words[i].start : found.words[i].end] for i in sorted(time.words))
        yield Reason(f"time: {time.time.timing}", words)
    if place is not None:
        yield Reason("place", text[place.start : place.end])


def _listed(understood: str, text: str, found: Found, marks: Sequence[Mark]) -> Iterator[Reason]:
    """A reason for each of these marks."""
    for mark in dict.fromkeys(marks):
        words = text[found.words[mark.first].start : found.words[mark.last - 1].end]
        name = f"[{mark.tag}] {mark.need}" if mark.need else f"[{_table(mark.tag)}] {mark.tag}"
        files = [code for code in lexicons().tables if mark in lexicons().of(code).marks(found.words)]
        yield Reason(understood, words, f"{name} in {', '.join(f'{code}.toml' for code in files)}")


def _table(name: str) -> str:
    """The table of a lexicon that has the list of that name."""
    table = next(iter(lexicons().tables.values()))
    return next(key for key in LAYERS if name in table[key])
