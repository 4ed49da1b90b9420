"""How many are to help: `need 4 people to move a couch`, not `food for 4`; and whether something is to be carried."""

import tomllib
from collections.abc import Mapping, Set
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from handlers import phrasebook
from handlers.understanding.lexicon import lexicons
from handlers.understanding.marked import Marked
from handlers.understanding.words import clean, split

MOST = 500  # what a text may ask for; a line has a figure of its own (Policy.helpers_most)
FEW = 4  # words between "need" and the number: "need maybe like at least 3 people"


class Wanted(NamedTuple):
    """So many people are wanted, as word `at` says."""

    people: int
    at: int
    told: bool  # whether they say what for


@cache
def _words() -> Mapping[str, Set[str]]:
    """The lists of all languages together: people mix them."""
    tables = tomllib.loads((Path(__file__).parent / "hands.toml").read_text("utf-8")).values()
    return {name: frozenset(word for table in tables for word in table[name]) for name in next(iter(tables))}


def wanted(said: Marked) -> Wanted | None:
    """How many people are wanted to help, if the text says so of more than one."""
    for i, word in enumerate(said.words):
        count = said.lexicon.numbers.get(word.text, word.number)
        if count is None or not 1 < count <= MOST or i in said.placed or i in said.timed:
            continue
        if (told := _are_hands(said, i)) is not None:
            return Wanted(count, i, told)
    return None


def number(text: str) -> int | None:
    """The first number from one on that words say, in digits or letters."""
    known = lexicons().every.numbers
    said = (known.get(word.text, word.number) for word in split(clean(text)))
    return next((n for n in said if n is not None and 0 < n <= MOST), None)


def names_people(text: str) -> bool:
    """Whether words name people, hands or somebody else: `need one more person`, and not `need 2 more`."""
    lists = _words()
    return any(word.text in lists["sure"] or word.text in lists["people"] for word in split(clean(text)))


def carry(text: str) -> bool:
    """Whether something is to be carried: `move a couch`, and not `just moved, need a couch`."""
    words, lists = [word.text for word in split(clean(text))], _words()
    loads = lists["loads"] | _furniture()
    for i, word in enumerate(words):
        if word not in lists["carries"] and word not in lists["lifts"]:
            continue
        load = i + 1
        while load < len(words) and words[load] in lists["about"]:
            load += 1
        where = words[load + 1] if load + 1 < len(words) else ""
        if load < len(words) and words[load] in loads and (word in lists["carries"] or where in lists["ways"]):
            return True  # "get a couch" is to have one, "get the couch up" to carry it
    return False


@cache
def _furniture() -> Set[str]:
    """What [tells_of] lists as moved, where it is one word."""
    listed = (phrasebook.book(code).pages["tells_of"]["moved"] for code in phrasebook.languages())
    return frozenset(thing for things in listed for thing in things if " " not in thing)


def _are_hands(said: Marked, i: int) -> bool | None:
    """Whether number i counts people who are to come, and the text says what for; None if it does not."""
    words, lists = [word.text for word in said.words], _words()
    noun = i + 1
    while noun < len(words) and words[noun] in lists["kinds"]:
        noun += 1
    if noun >= len(words) or said.sentences[noun] != said.sentences[i]:
        return None
    sure = words[noun] in lists["sure"] or not lists["strong"].isdisjoint(
        [*words[i + 1 : noun], *words[noun + 1 :][:1]]
    )
    if not sure and words[noun] not in lists["people"]:
        return None
    start = i - 1
    while start >= max(0, i - FEW) and words[start] in lists["between"]:
        start -= 1
    asked = start >= 0 and words[start] in lists["wanting"] and said.sentences[start] == said.sentences[i]
    if not asked and i > 0 and words[i - 1] in lists["never_before"]:
        return None
    if asked and i - start > 1 and words[i - 1] in {"for", "para"} and words[start] != "looking":
        return None
    after = [word for at, word in enumerate(words) if at > noun and said.sentences[at] == said.sentences[i]]
    led = len(after) > 1 and after[0] in lists["leads"] and after[1] not in lists["no_work"]
    works = not lists["work"].isdisjoint(after)
    opens = i == 0 or said.sentences[i - 1] != said.sentences[i]
    later = any(a in {"to", "para"} and b in lists["work"] for a, b in pairwise(after))
    named = opens and later and lists["wanting"].isdisjoint(after)  # "3 people monday to wednesday to paint"
    hands = (asked and (sure or works or led)) or (led and works) or named
    return (works or led) if hands else None
