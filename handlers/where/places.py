"""Where something is: the line's own areas by their names, aliases, ZIPs and corners. No map, no network."""

from collections.abc import Sequence
from functools import lru_cache

from rapidfuzz import fuzz, process

from handlers.understanding.lexicon import lexicons
from handlers.understanding.words import split
from models.lines import Area

CLOSE_ENOUGH = 85  # of 100; "maple hights" is Maple Heights, "oak" is not Oakland


def find(text: str, areas: Sequence[Area]) -> Area | None:
    """The area that a text names: the longest name that stands in it word for word, else one a typo away."""
    said = _plain(text)
    names = {_plain_name(name): area for area in areas for name in (area.name, *area.aliases)}
    inside = [name for name in names if f" {name} " in f" {said} "]
    if inside:
        return names[max(inside, key=len)]
    part = {id(a): a for name, a in names.items() if said and f" {said} " in f" {name} "}
    if len(part) == 1:  # "oak" is Oak Hill, unless there is an Oak Park too
        return next(iter(part.values()))
    long = {name: area for name, area in names.items() if len(name) >= 5}
    close = process.extractOne(said, long.keys(), scorer=fuzz.ratio, score_cutoff=CLOSE_ENOUGH)
    return long[close[0]] if close else None


def named(text: str, areas: Sequence[Area]) -> Area | None:
    """The area whose name, or the only one a part of whose name, this is and nothing more."""
    said = _plain(text)
    names = {_plain_name(name): area for area in areas for name in (area.name, *area.aliases)}
    part = {id(a): a for name, a in names.items() if said and f" {said} " in f" {name} "}
    return names.get(said) or (next(iter(part.values())) if len(part) == 1 else None)


@lru_cache(4096)  # the same few for every text
def _plain_name(name: str) -> str:
    return _plain(name)


def _plain(text: str) -> str:
    joining = lexicons().every.place_words.words["joining"]
    return " ".join(w.text for w in split(text) if w.text not in joining and w.text != "#")
