"""The time that somebody names: when a neighbor needs something, when a volunteer comes."""

from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from handlers.asking import pacing
from handlers.helping import lease, leasing
from handlers.turn import Context, Turn
from handlers.understanding import when
from handlers.understanding.intents import Understanding
from handlers.understanding.when.expression import Day, DayKind, TimeExpression
from handlers.understanding.when.resolving import Needed, resolve
from handlers.wording import due
from handlers.wording.due import Due
from models import requests
from models.assignments import Assignment
from models.hours import moment_of
from models.requests import Request, State, Timing, Urgency

RESCHEDULED = "rescheduled"  # the event
SOON = timedelta(hours=18)  # tomorrow morning, said in the evening, is as soon as today
ONE_DAY, ONE_MINUTE = timedelta(days=1), timedelta(minutes=1)
DAY, WEEK = 24, 7  # hours, days
MORNING = 8  # o'clock, when somebody who is away until a day is back
EARLY, LITTLE_LATE = timedelta(hours=1), timedelta(minutes=15)  # whoever comes so is there in time


def resolved(context: Context, named: TimeExpression | None, about: Request | None = None) -> Needed | None:
    """The moments that somebody means who says it now; None if they are over.

    An hour without a day is one of the day `about` which they speak: "i need it at 5 not 3".
    """
    line = context.line
    zone = ZoneInfo(line.timezone)
    if named is None:
        return None
    if about is not None and (day := _day(about, context.now, zone)) is not None and named.day is None:
        needed = resolve(replace(named, day=day), context.now, zone, line.country) if named.minutes is None else None
        if needed is not None:
            return needed
    return resolve(named, context.now, zone, line.country)


def _day(request: Request, now: datetime, zone: ZoneInfo) -> Day | None:
    """The day on which a request is needed, seen from today; None if that is not one day to come."""
    start, end = request.needed_from, request.needed_until
    if start is None or end is None or request.needed_as is Timing.BEFORE or end - start > ONE_DAY:
        return None
    ahead = (start.astimezone(zone).date() - now.astimezone(zone).date()).days
    return Day(DayKind.AHEAD, ahead) if ahead > 0 else None


def said(context: Context, needed: Needed) -> Due:
    """The same, to be read by people."""
    return Due(needed, context.line.timezone, context.now)


def moment(context: Context, at: datetime) -> Due:
    """A moment, to be read by people."""
    return said(context, Needed(Timing.AT, at, at))


def named(context: Context, held: Assignment, request: Request) -> Due | None:
    """When whoever has it comes, as they named it, else as the request did; to be read by people."""
    own = lease.own_time(held)
    return said(context, own) if own is not None else due.of(request, context.line.timezone, context.now)


def note(context: Context, request: Request, named: TimeExpression | None) -> bool:
    """Keep with a request when it is needed, and how soon that makes it; False if the words name no time to come."""
    needed = resolved(context, named, request)
    if needed is None:
        return False
    request.needed_as, request.needed_from, request.needed_until = needed.as_, needed.start, needed.end
    if not request.in_danger:
        request.urgency = how_soon(needed, request.urgency, context.now, ZoneInfo(context.line.timezone))
    if request.in_line:
        requests.schedule(context.session, request, context.now)  # perhaps it cannot wait for its turn any more
    context.session.add(request)
    return True


def learn(turn: Turn, request: Request, meaning: Understanding) -> None:
    """Note the time that a neighbor mentions after the request: another than they named only if they say but that.

    "And back home at 11" moves no ride. While somebody has it, they would have to hear of another (rescheduling.py).
    """
    moves = meaning.only_when and request.state in (State.DRAFT, State.OPEN, State.HELD)
    if request.person_id == turn.speaker.id and request.live and (moves or request.needed_as is None):
        note(turn, request, meaning.when)


def how_soon(needed: Needed, told: Urgency | None, now: datetime, zone: ZoneInfo) -> Urgency | None:
    """How soon volunteers must be asked about what is needed then; what the neighbor said counts within a day."""
    fixed = needed.as_ in pacing.FIXED
    first = needed.end if needed.as_ is Timing.BEFORE else needed.start
    if first - now > ONE_DAY:
        return None
    if told is Urgency.URGENT or (fixed and first - now <= pacing.SOON):
        return Urgency.URGENT
    today = first.astimezone(zone).date() == now.astimezone(zone).date()
    whole = needed.as_ is Timing.WITHIN and needed.end - now > ONE_DAY
    return Urgency.TODAY if (today or first - now <= SOON) and not whole else None


def comes(turn: Turn, held: Assignment, request: Request, needed: Needed) -> bool:
    """Keep when a volunteer says that they come, and let time look at it anew; False if it is not theirs any more."""
    if not leasing.renew(turn, held, request):
        return False
    requests.record(turn.session, request, RESCHEDULED, turn.now, by=turn.speaker.id, words=turn.heard.body)
    return leasing.set_time(turn, held, request, needed)


def misses(request: Request, needed: Needed) -> bool:
    """Whether a volunteer names a time that is none of those in which the neighbor needs it."""
    first, last = request.needed_from, request.needed_until
    if request.needed_as is None or first is None or last is None:
        return False
    if request.needed_as is Timing.AT:  # "thursday" is no other time than Thursday at 6
        return not needed.start - LITTLE_LATE <= last <= needed.end + EARLY
    late = needed.start > last if needed.as_ is not Timing.BEFORE else False
    return late or needed.end < first


def until(context: Context, said: TimeExpression | None, words: str) -> datetime | None:
    """Until when, of whoever says "for 3 days", "until friday" or "back on the 15th": mostly a morning.

    None where they name no time to come.
    """
    if span := when.span(words):
        return after(context, span)
    if said is None:
        return None
    zone = ZoneInfo(context.line.timezone)
    today = context.now.astimezone(zone).date()
    needed = resolve(said, context.now, zone, context.line.country)
    if needed is None:
        return None
    if said.clock is not None or said.minutes is not None:
        return needed.end
    ends = said.timing is Timing.BEFORE or when.comes_back(words)
    first = needed.end - ONE_MINUTE if said.timing is Timing.BEFORE and not said.strictly else needed.start
    last = first if ends else needed.end - ONE_MINUTE
    whole = said.day is not None and said.day.kind is DayKind.MONTH_END  # of which the last day is one, too
    day = last.astimezone(zone).date() + timedelta(days=whole or not ends)
    if day <= today:  # "until friday", said on a Friday
        day += timedelta(days=WEEK)
    return moment_of(day, MORNING * 60, zone)


def after(context: Context, hours: int) -> datetime:
    """When so many hours are over; of days, the morning of the last one."""
    if hours < DAY:
        return context.now + timedelta(hours=hours)
    zone = ZoneInfo(context.line.timezone)
    last = context.now.astimezone(zone).date() + timedelta(days=hours // DAY)
    return moment_of(last, MORNING * 60, zone)
