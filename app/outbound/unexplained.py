"""Errors that we do not know: one text alone is at fault and given up, or all are refused and kept for a person.

A carrier's new code for "your account is wrong" must not cost every text of an evening, and one odd text must not
stop the others. Which of the two it is shows by how the texts before it went.
"""

from datetime import timedelta
from enum import Enum, auto

from models.delivery import unexplained
from models.delivery.outbound import Outbound
from models.store.session import Session

MANY = 3  # different texts refused in a row, after which it is not the text
TWO = 2  # the same, once the text has been tried again
ONCE_MORE_AFTER = timedelta(seconds=30)  # so that others go meanwhile and show whose fault it is


class Verdict(Enum):
    """What is to be done about a text that was refused so."""

    AGAIN = auto()  # once more, after others
    KEEP = auto()  # its number rests, and keeps all its texts
    GIVE_UP = auto()  # it is this text


def look(session: Session, row: Outbound, code: int) -> Verdict:
    """Whose fault it is, by how it went with the last texts of the number that it was to leave from."""
    refused = unexplained.lately(session, row, code)
    if refused.texts >= MANY or (refused.texts >= TWO and refused.before):
        return Verdict.KEEP
    return Verdict.GIVE_UP if refused.before else Verdict.AGAIN
