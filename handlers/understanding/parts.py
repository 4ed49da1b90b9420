"""Several texts read as the one that they are: parts that carry their number, or came in another order, in theirs."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from handlers.understanding.lexicon import lexicons
from handlers.understanding.words import fold

NUMBERED = re.compile(r"\s*[(\[]\s*(\d{1,2})\s*(?:/|of|de)\s*(\d{1,2})\s*[)\]][ \t:]?(?=\s*\S)", re.IGNORECASE)
NUMBERED_LAST = re.compile(r"(?<=\S)[ \t]?[(\[]\s*(\d{1,2})\s*(?:/|of|de)\s*(\d{1,2})\s*[)\]]\s*$", re.IGNORECASE)
BARE = re.compile(r"\s*(\d{1,2})/(\d{1,2})[ \t:)]\s*(?=\S)")  # "1/2 gallon of milk" is none unless 2/2 is there too
FULL = frozenset({67, 70, 153, 160})  # characters of a segment: so long is what a phone cut off and went on with
MOST = 20  # parts of one text
CONTINUES = re.compile(r"[^\W\d_]+$")  # a word at the end of a part, perhaps cut in two
CONTINUED = re.compile(r"[^\W\d_]+")


class Part(NamedTuple):
    """A piece of a text, and which of how many it says it is."""

    words: str
    number: int = 0
    of: int = 0


def together(pieces: Sequence[str], between: str = " ") -> str:
    """The text that these pieces are: one after the other, whatever order they came in.

    What stands `between` them is left out where a phone has cut the text.
    """
    whole = ""
    for before, piece in _neighbors(in_order(pieces)):
        whole += _between(before, piece, between) + piece.words
    return whole


def in_order(pieces: Sequence[str]) -> list[Part]:
    """The pieces with numbered parts where they belong, and the beginning of a long text before its end."""
    found = [_part(piece) for piece in pieces]
    bare = [BARE.match(piece) for piece in pieces]
    several = {m[2] for m in bare if m and sum(other is not None and other[2] == m[2] for other in bare) > 1}
    for at, match in enumerate(bare):
        if match and not found[at].of and match[2] in several and 1 <= int(match[1]) <= int(match[2]) <= MOST:
            found[at] = Part(pieces[at][match.end() :], int(match[1]), int(match[2]))
    for total in {part.of for part in found if part.of}:
        places = [at for at, part in enumerate(found) if part.of == total]
        parts = sorted((found[at] for at in places), key=lambda part: part.number)
        for at, part in zip(places, parts, strict=True):
            found[at] = part
    if len(found) > 1 and len(found[0].words) not in FULL and not any(part.of for part in found):
        long = [part for part in found[1:2] if len(part.words) in FULL]
        found = [*long, *(part for part in found if part not in long)]
    return found


def _part(text: str) -> Part:
    for place in (NUMBERED, NUMBERED_LAST):
        match = place.match(text) if place is NUMBERED else place.search(text)
        if match and 1 <= int(match[1]) <= int(match[2]) <= MOST:
            return Part(text[: match.start()] + text[match.end() :], int(match[1]), int(match[2]))
    return Part(text)


def _neighbors(parts: Sequence[Part]) -> list[tuple[Part | None, Part]]:
    return [(parts[at - 1] if at else None, part) for at, part in enumerate(parts)]


def _between(before: Part | None, part: Part, usual: str) -> str:
    """What stands between two pieces: nothing where a word was cut in two, a comma between two numbers."""
    if before is None or not before.words or not part.words:
        return ""
    numbered = before.of and part.of and part.number == before.number + 1
    if numbered or len(before.words) in FULL:
        spaced = before.words[-1].isspace() or part.words[0].isspace()
        return "" if spaced or _is_one_word(before.words, part.words) else " "
    return ", " if usual == " " and before.words[-1].isdigit() and part.words[0].isdigit() else usual


def _is_one_word(before: str, after: str) -> bool:
    """Whether a word was cut in two: together it is one that we know, or its halves are none by themselves."""
    first, second = CONTINUES.search(before), CONTINUED.match(after)
    if first is None or second is None or not second[0][0].islower():
        return False
    lexicon, one, other = lexicons().every, fold(first[0]), fold(second[0])
    halves = lexicon.knows(one) and lexicon.knows(other)
    return lexicon.knows(one + other) and not halves
