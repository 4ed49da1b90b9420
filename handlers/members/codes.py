"""Codes that go from one phone to another: how many wrong ones are too many."""

from datetime import timedelta

from handlers.turn import DAY, Turn
from models import person_events

LASTS = DAY  # a code
WRONG_CODES = 5  # by one person in a day
WRONG_ON_LINE = 30  # by all in an hour: nobody guesses one of a million so


def too_many(turn: Turn) -> bool:
    """Whether so many were wrong that no more are looked at for a while."""
    wrong = person_events.WRONG_CODE
    own = len(person_events.happened(turn.session, turn.speaker.id, [wrong], turn.now - DAY))
    since = turn.now - timedelta(hours=1)
    return own >= WRONG_CODES or person_events.count(turn.session, turn.line.id, wrong, since) >= WRONG_ON_LINE


def wrong(turn: Turn) -> None:
    """Another one was nobody's."""
    person_events.record(turn.session, turn.line.id, turn.speaker.id, person_events.WRONG_CODE, turn.now)
