"""For how many: `family of five`, `for two`, `me and my 2 kids`."""

import re
from collections.abc import Mapping

from handlers.understanding import hands
from handlers.understanding.marked import CLAUSE, Marked
from handlers.understanding.words import Token

MOST_PEOPLE = 500
PRICED = re.compile(r"[$£€#%]$|\d[.,:/-]$")
MEASURED = re.compile(r"[%$€]|[.,:/-]\d")


def people(said: Marked) -> int | None:
    """For how many people help is needed, if the text says so."""
    counts = _counts(said)
    if counts and (come := hands.wanted(said)) is not None:  # they come to help
        counts.pop(come.at, None)
    if not counts and said.tagged.keys().isdisjoint(("self_first", "self_last")):
        return None
    groups = {i: n for i, n in counts.items() if _group(said, i)}
    after = said.starts("total_after")
    before = {m.last for m in said.of("total_before")}
    for i, n in counts.items():
        if i + 1 in after or (i in before and groups.keys() <= {i}):
            return n
    given = {m.last for m in said.of("for")}
    outright = next((n for i, n in counts.items() if i in given and i not in groups), None)
    if outright is not None:  # "home with two kids, groceries for 3" says it outright
        return outright
    everybody = next((i for i in groups if i + 1 in said.starts("everybody")), None)
    if everybody is not None and _told_apart(said, everybody, groups):
        return groups[everybody]
    return min(sum(groups.values()) + _company(said, groups), MOST_PEOPLE) or None


def _counts(said: Marked) -> dict[int, int]:
    """The numbers that can count people. Numbers in a row are a telephone; one before a measure counts bags."""
    numbers = [i for i, word in enumerate(said.words) if word.text in said.lexicon.numbers or word.text.isdigit()]
    counts = {
        i: n for i in numbers if i not in said.placed and i not in said.timed and (n := _count(said, said.words[i]))
    }
    never = counts.keys() | said.starts("measures")
    return {i: n for i, n in counts.items() if i + 1 not in never and i - 1 not in counts}


def _count(said: Marked, word: Token) -> int | None:
    """The number that a word is, where it is no price, time, decimal or telephone."""
    value = said.lexicon.numbers.get(word.text, word.number)
    if value is None or not 0 < value <= MOST_PEOPLE:
        return None
    before, after = said.text[max(0, word.start - 2) : word.start], said.text[word.end : word.end + 2]
    return None if PRICED.search(before) or MEASURED.match(after) else value


def _group(said: Marked, i: int) -> bool:
    """Whether word i counts people (`2 kids`), not things of theirs (`2 kids coats`)."""
    people = said.starts("people", "everybody")
    noun = i + 1 if i + 1 in people or said.text.startswith(",", said.words[i].end) else i + 2
    return noun in people and noun + 1 not in said.starts("needs")


def _told_apart(said: Marked, everybody: int, groups: Mapping[int, int]) -> bool:
    """Whether the groups after this one are among it (`5 people, 2 kids`), not beside it (`2 people and 3 kids`)."""
    others = {i: n for i, n in groups.items() if i != everybody}
    if not others or min(others) < everybody or sum(others.values()) > groups[everybody]:
        return False
    return CLAUSE.search(said.text, said.words[everybody].end, said.words[min(others)].start) is not None


def _company(said: Marked, groups: Mapping[int, int]) -> int:
    """Who speaks, and the relatives named along with them: `my husband and I`, `me and my 2 kids`."""
    runs = [range(m.last, len(said.words)) for m in said.of("self_first")]
    runs += [range(m.first - 1, -1, -1) for m in said.of("self_last")]
    passed = said.starts("people", "everybody", "self_first", "self_last", "kin")
    kinfolk = said.starts("kin")
    best = 0
    for run in runs:
        kin, grouped = 0, False
        for i in run:
            if i in kinfolk and i - 1 not in groups and i - 2 not in groups:
                kin += 1
            elif i in groups:
                grouped = True
            elif i not in passed and said.words[i].text not in said.lexicon.filler:
                break
        best = max(best, 1 + kin if kin or grouped else 0)
    return best
