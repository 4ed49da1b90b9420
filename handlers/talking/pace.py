"""One pace for all that one person writes to another, whatever the command: nobody is buried in texts.

The first go at once; what somebody writes on and on goes together, once a minute, and says nothing twice.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from handlers.turn import Context, Text, Texts
from handlers.wording.summary import BRIEF, Quoted
from models import assignments, events, requests
from models.people import Person
from models.requests import Request

RELAYED = "relayed"  # the event of words that went to the other side
WRITES_ON = timedelta(minutes=10)
MINUTE = timedelta(minutes=1)
BETWEEN = " / "  # texts of one side that go together


def is_slow(context: Context, request: Request, by: Person, to: Person) -> bool:
    """Whether they have written to this person so often that the rest goes together."""
    return len(_before(context, request, by, to)) >= context.line.policy.relays_at_once


def _before(context: Context, request: Request, by: Person, to: Person) -> list[tuple[datetime, str]]:
    return assignments.said_between(context.session, request, RELAYED, by.id, to.id, context.now - WRITES_ON)


def paced(context: Context, request: Request, by: Person, text: Text, words: str, *, kind: str = "") -> Texts:
    """A text from one side to the other, with its words, or what stands for them together.

    Without words it is told once in a while: `kind` is the event of it, recorded already.
    """
    lately = _before(context, request, by, text.to)
    slow = len(lately) >= context.line.policy.relays_at_once
    minute = context.now.replace(second=0, microsecond=0)
    requests.record(context.session, request, RELAYED, context.now, by=by.id, words=words if slow and words else None)
    if not slow:
        yield text
    elif words:
        leaves = minute + MINUTE
        said_before = [said for at, said in lately if said and at >= minute]
        number, together = _together([*dict.fromkeys([*said_before, words])])
        name = f"relay-{by.id}-{text.to.id}-{leaves:%Y%m%dT%H%M}-{number}"
        fresh = together == words and words not in said_before
        said = {**text.values, "words": Quoted(together)}
        yield replace(text, values=said, not_before=leaves, merged=name, fresh=fresh)
    elif len(events.did_since(context.session, request, kind, by.id, context.now - WRITES_ON)) <= 1:
        yield text


def _together(said: Sequence[str]) -> tuple[int, str]:
    """What fits into one text with the last words of some, and which of their texts that is: no word is left out."""
    number, together = 0, said[0]
    for words in said[1:]:
        if len(together) + len(BETWEEN) + len(words) > BRIEF:
            number, together = number + 1, words
        else:
            together += BETWEEN + words
    return number, together
