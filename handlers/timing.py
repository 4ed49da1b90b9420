"""The time that somebody names: when a neighbor needs something, when a volunteer comes."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from handlers.due import Due
from handlers.turn import Context, Turn
from handlers.understanding.when.expression import TimeExpression
from handlers.understanding.when.resolving import Needed, resolve
from models import requests
from models.assignments import Assignment
from models.requests import Request, Timing, Urgency

RESCHEDULED = "rescheduled"  # the event
PRESSING = timedelta(hours=3)  # what must be there within these cannot wait for a second wave
SOON = timedelta(hours=18)  # tomorrow morning, said in the evening, is as soon as today
ONE_DAY = timedelta(days=1)
LONG = timedelta(hours=8)  # a span in which nobody would wait for its end
EVENING = timedelta(hours=6)  # before the end of a day


def resolved(context: Context, when: TimeExpression | None) -> Needed | None:
    """The moments that somebody means who says it now; None if they are over."""
    line = context.line
    return resolve(when, context.now, ZoneInfo(line.timezone), line.country) if when is not None else None


def said(context: Context, needed: Needed) -> Due:
    """The same, to be read by people."""
    return Due(needed, context.line.timezone, context.now)


def note(context: Context, request: Request, when: TimeExpression | None) -> bool:
    """Keep with a request when it is needed, and how soon that makes it; False if the words name no time to come."""
    needed = resolved(context, when)
    if needed is None:
        return False
    request.needed_as, request.needed_from, request.needed_until = needed.as_, needed.start, needed.end
    if not request.in_danger:
        request.urgency = how_soon(needed, request.urgency, context.now, ZoneInfo(context.line.timezone))
    context.session.add(request)
    return True


def learn(turn: Turn, request: Request, when: TimeExpression | None) -> None:
    """Note the time that a neighbor mentions after the request; while somebody has it, only if none was known."""
    open_ = request.state in (requests.State.DRAFT, requests.State.OPEN, requests.State.HELD)
    if request.person_id == turn.speaker.id and request.live and (open_ or request.needed_as is None):
        note(turn, request, when)


def how_soon(needed: Needed, told: Urgency | None, now: datetime, zone: ZoneInfo) -> Urgency | None:
    """How soon volunteers must be asked about what is needed then; what the neighbor said counts within a day."""
    fixed = needed.as_ in (Timing.AT, Timing.BEFORE)
    first = needed.end if needed.as_ is Timing.BEFORE else needed.start
    if first - now > ONE_DAY:
        return None
    if told is Urgency.URGENT or (fixed and first - now <= PRESSING):
        return Urgency.URGENT
    today = first.astimezone(zone).date() == now.astimezone(zone).date()
    whole = needed.as_ is Timing.WITHIN and needed.end - now > ONE_DAY
    return Urgency.TODAY if (today or first - now <= SOON) and not whole else None


def comes(turn: Turn, held: Assignment, request: Request, needed: Needed) -> None:
    """Keep when a volunteer says that they come, and let time look at it anew."""
    held.comes_at = comes_at(needed)
    turn.session.add(held)
    requests.record(turn.session, request, RESCHEDULED, turn.now, by=turn.speaker.id, words=turn.heard.body)
    requests.schedule(turn.session, request, turn.now)


def comes_at(needed: Needed) -> datetime:
    """The moment by which whoever names this time will have come: for a whole day, its evening."""
    if needed.as_ in (Timing.AT, Timing.AFTER):
        return needed.start
    long = needed.as_ is Timing.WITHIN and needed.end - needed.start > LONG
    return needed.end - EVENING if long else needed.end


def misses(request: Request, needed: Needed) -> bool:
    """Whether a volunteer names a time that is none of those in which the neighbor needs it."""
    first, last = request.needed_from, request.needed_until
    if request.needed_as is None or first is None or last is None:
        return False
    if request.needed_as is Timing.AT:  # "thursday" is no other time than Thursday at 6
        return not needed.start <= last <= needed.end
    late = needed.start > last if needed.as_ is not Timing.BEFORE else False
    return late or needed.end < first
