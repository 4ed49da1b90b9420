"""When to ask: how soon more people, and until when an offer waits for an answer, all while people are awake."""

from datetime import datetime, timedelta
from functools import lru_cache

from handlers.turn import Context
from models import answering, lines, people
from models.answering import Pace
from models.hours import Waking
from models.people import Person
from models.requests import Request, Timing, Urgency

SOON = timedelta(hours=3)  # what is needed by then is asked for as if it were urgent
FAR_OFF = timedelta(days=1)  # what is needed later than this can be asked for without haste
FIXED = (Timing.AT, Timing.BEFORE)  # a moment, after which it is too late; "today" is none


def pace(context: Context, request: Request) -> Pace:
    """How this request is asked for just now: how many at once, and when more."""
    return answering.pace(context.line.policy, _haste(context, request))


def hurries(context: Context, request: Request) -> bool:
    """Whether it is asked for as what is urgent is."""
    return _haste(context, request) is Urgency.URGENT


def _haste(context: Context, request: Request) -> Urgency | None:
    needed = request.needed_from or request.needed_until
    if request.presses:
        return Urgency.URGENT
    if needed is None or needed < context.now - SOON:
        return request.urgency
    if request.needed_as in FIXED and needed - context.now <= SOON:
        return Urgency.URGENT
    return Urgency.ANYTIME if needed - context.now > FAR_OFF else request.urgency


def after(context: Context, request: Request, minutes: float) -> datetime:
    """So many minutes from now; waking ones, unless it cannot wait."""
    span = timedelta(minutes=minutes)
    return context.now + span if request.presses else _after(lines.waking(context.line), context.now, span)


def expires(context: Context, request: Request, helper: Person) -> datetime:
    """Until when this volunteer's offer waits for an answer."""
    policy = context.line.policy
    if request.presses:
        return context.now + timedelta(minutes=policy.offer_lasts_urgent)
    return _after(people.waking(context.line, helper), context.now, timedelta(minutes=policy.offer_lasts))


@lru_cache(64)
def _after(waking: Waking, now: datetime, span: timedelta) -> datetime:
    return waking.after(now, span)
