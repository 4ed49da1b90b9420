"""How far the line trusts a volunteer: by how they came in, and by what they have done since."""

from handlers.turn import DAY, Context
from models import person_events
from models.people import Person
from models.requests import Request

WEEK = 7 * DAY


def most_open(context: Context, person: Person) -> int:
    """How many requests they may have in hand: a newcomer not more than the line's figure, whatever MAX they set."""
    usual = context.line.policy.max_open
    most = usual if person.max_open is None else person.max_open
    return usual if most > usual and context.is_newcomer(person) else most


def room(context: Context, person: Person, in_hand: int) -> int:
    """How many more requests they may take."""
    return most_open(context, person) - in_hand


def may_take(context: Context, person: Person, request: Request) -> bool:
    """Whether they may take it by themselves: children, say, are not left with somebody hardly known."""
    return context.line.policy.is_for_newcomers(request.needs) or not context.is_newcomer(person)


def may_vouch(context: Context, person: Person) -> str | None:
    """The phrase that says why somebody may vouch for nobody now; None if they may."""
    policy, now = context.line.policy, context.now
    by_text = person.vouched_by_person_id is not None
    lately = person.vouched_at is None or now - person.vouched_at < policy.vouch_after_days * DAY
    if by_text and (lately or context.is_newcomer(person)):
        return "vouch_newcomer"
    if person.is_founder(now):
        return None  # a group that begins has to bring in everybody
    done = person_events.done_by(context.session, person.id, [person_events.VOUCHED], now - WEEK)
    return "vouch_enough" if len(done) >= policy.vouches_per_week else None
