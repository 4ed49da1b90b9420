"""What somebody asks for again while it waits: whether it is the same is for them to say.

Word for word it is the same, and they want to know where it stands. A little more, said soon after, belongs to it.
With another figure, from another phone of their home, or a long time later it may be either.
"""

from collections.abc import Sequence
from datetime import timedelta
from enum import Enum, auto
from typing import NamedTuple

from rapidfuzz import fuzz

from handlers.turn import Turn
from handlers.understanding.intents import Need, Understanding
from handlers.understanding.words import fold
from handlers.where import neighboring
from models import households
from models.requests import Request, State, Urgency

CLOSE_ENOUGH = 92  # of 100: "I need food pls" is "i need food please"
LATER = timedelta(hours=6)  # after their last word about it


class Again(Enum):
    """How what is asked for again is to what waits."""

    WORD_FOR_WORD = auto()
    MORE = auto()  # it says a little more of it
    EITHER = auto()  # it may be the same, or another


class Repeat(NamedTuple):
    """What waits already, and how that is."""

    request: Request
    how: Again


def of(turn: Turn, own: Sequence[Request], words: str, meaning: Understanding) -> Repeat | None:
    """What of theirs, or of their household, these words ask for again; None if it is something else."""
    named = {str(need) for need in meaning.needs} - {Need.OTHER}
    if not named or meaning.danger is not None or meaning.urgency is Urgency.URGENT:
        return None
    theirs = next((r for r in reversed(own) if named.intersection(r.needs) and not r.in_danger), None)
    if theirs is not None:
        return Repeat(theirs, _how(turn, theirs, words, meaning))
    shared = households.shared(turn.session, turn.speaker) if turn.speaker.household_id is not None else []
    found = next((r for r in shared if named.intersection(r.needs) and r.state is not State.DELIVERED), None)
    return Repeat(found, Again.EITHER) if found is not None else None


def _how(turn: Turn, request: Request, words: str, meaning: Understanding) -> Again:
    people = meaning.people is not None and request.people is not None and meaning.people != request.people
    if people or _elsewhere(request, meaning):
        return Again.EITHER
    said = fold(words)
    if any(fuzz.ratio(said, fold(line)) >= CLOSE_ENOUGH for line in request.text.splitlines()):
        return Again.WORD_FOR_WORD
    last = request.wanted_at or request.created_at
    return Again.EITHER if turn.now - last >= LATER else Again.MORE


def _elsewhere(request: Request, meaning: Understanding) -> bool:
    """Whether they name another house than the one we know."""
    here = neighboring.door(request.place) if request.place else None
    there = neighboring.door(meaning.place) if meaning.place and meaning.exact else None
    return here is not None and there is not None and here.building != there.building
