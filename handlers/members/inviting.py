"""Give what you can, get what you need: who was helped hears once how to join, and who helps that they can ask, too.

Each is said with a thank-you, once and never again, and not at a hard time. No count of what somebody had or did
decides about either.
"""

from handlers import phrasebook
from handlers.turn import Context
from handlers.understanding import acts, danger
from handlers.understanding.intents import Act, DangerKind, Need
from handlers.wording.summary import Said
from models import events, kept_apart, person_events, requests
from models.people import NEVER, Person
from models.person_events import TOLD_TO_ASK, TOLD_TO_JOIN
from models.requests import Request, State

SORROW = frozenset({Act.GRIEVES, Act.COMPLAINS, Act.NEVER_CAME, Act.NOT_NAMED_AGAIN, *acts.ABOUT_HELPER})
WENT_BADLY = frozenset({"reopened", "nobody_came", "lapsed", "nobody_home"})  # before it came all the same
HARD = frozenset({Need.SAFETY, Need.RESCUE, Need.MISSING_PERSON})


def to_join(context: Context, neighbor: Person, request: Request, words: str = "") -> Said | None:
    """What is said of joining to somebody whose request has just been fulfilled, as `words` say; mostly nothing."""
    session = context.session
    if neighbor.id != request.person_id or neighbor.helper_since is not None or neighbor.banned_at is not None:
        return None
    if not _may_be_told(context, neighbor, TOLD_TO_JOIN) or _was_hard(request, words):
        return None
    if _went_badly(context, request) or _has_it_hard(context, neighbor):
        return None
    person_events.record(session, context.line.id, neighbor.id, TOLD_TO_JOIN, context.now)
    return Said("receipt_join")


def to_ask(context: Context, helper: Person, request: Request, words: str) -> Said | None:
    """What is said of asking to somebody who has helped for the first time; nothing to who has asked here already."""
    session = context.session
    if not _may_be_told(context, helper, TOLD_TO_ASK) or _was_hard(request, words):
        return None
    if requests.last_of(session, helper.id) is not None:
        return None
    person_events.record(session, context.line.id, helper.id, TOLD_TO_ASK, context.now)
    return Said("receipt_ask")


def _may_be_told(context: Context, person: Person, kind: str) -> bool:
    """Whether they alone read their phone, in a language that has these words, and nobody has told them yet."""
    if person.silent_since is not None or person.discreet_since is not None or person.opted_out_at is not None:
        return False
    if person.speaks(context.line) not in phrasebook.languages():
        return False
    return person_events.last(context.session, person.id, kind) is None


def _was_hard(request: Request, words: str) -> bool:
    """Whether it was about danger or grief, or its neighbor is not happy with it: then thanks are enough."""
    if request.in_danger or not HARD.isdisjoint(request.needs) or danger.read(words) is not None:
        return True
    return not SORROW.isdisjoint({*acts.read(request.text), *acts.read(words)})


def _went_badly(context: Context, request: Request) -> bool:
    return not WENT_BADLY.isdisjoint(events.marks(context.session, request))


def _has_it_hard(context: Context, neighbor: Person) -> bool:
    """Whether they are in danger, wait for a person, or never want to meet somebody again; or were a child alone."""
    session = context.session
    asked = requests.of_person(session, neighbor.id)
    if any(each.danger == DangerKind.CHILD_ALONE or each.about_person_id is not None for each in asked):
        return True
    if any(each.live and (each.in_danger or each.state is State.HELD) for each in asked):
        return True
    put_out = person_events.happened(session, neighbor.id, person_events.PUT_OUT, NEVER)
    return bool(put_out or kept_apart.of(session, neighbor.id))
