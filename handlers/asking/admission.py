"""The intake governor: while more comes in than hands can carry for days, what can wait takes a place in line.

First come, first asked about; hands let out the next. Nobody is refused, nothing is lost, and what is urgent, tells
of danger or has its hour soon never waits here. What hands can carry is what they lately took; with too little of
that, nothing waits unless duty says so (TAP).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Any

from handlers.turn import Context, Text
from handlers.understanding.intents import Question
from handlers.wording.due import Around
from handlers.wording.summary import Ours, Said
from models import admission, lines, people, requests, surges
from models.admission import Work
from models.requests import Request, Timing
from models.surges import Surge, Tap

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
A_FEW = 2  # requests a day: less is told by the week
FEW = 5  # requests that wait: so many are no crowd
OUT_AT_LEAST = 3  # requests that people are asked about at a time, however little hands carry
ON_AFTER = timedelta(hours=2)  # of too much work: a busy hour is none
EASED = 0.5  # of `Policy.queue_days`: with less work than that, nobody waits in line any more
YOUNG = timedelta(days=3)  # since the first claim, in which nobody knows yet what hands carry
LATELY = timedelta(days=3)  # whose claims, while hands are full, say what they carry
STUCK = timedelta(days=7)  # what was asked about for longer lacks something else than hands
MOVED = timedelta(days=4)  # whose turns say how fast the line moves
USUAL_WEIGHS = 1.5  # days of what hands took, beside how the line really moved
NOBODY_KNOWS = timedelta(days=28)  # from now: a turn as far away as that has no date yet
STANDS_STILL = timedelta(days=2)  # waking ones, without a turn: then some come all the same
TRICKLE = 4  # times as long as hands take for one: no sooner than that
LATER_BY = 0.25  # of the time that was told, and a day at least: then they hear of the new date
TAP_IS = {Tap.AUTO: "tap_is_auto", Tap.OPEN: "tap_is_open", Tap.CLOSED: "tap_is_closed", Tap.RATE: "tap_is_rate"}
LONGEST_SPREAD = timedelta(hours=2)  # over which those are spread who are let out at once


@dataclass(frozen=True)
class Waits:
    """Where somebody in line stands: their place from 1 on, and when their turn likely comes; None: nobody knows."""

    place: int
    turn: datetime | None


def kept(context: Context) -> Surge | None:
    """The line's row, read with what else decides about first waves."""
    return surges.load(context.session, context.line, context.now).surge


def joins(context: Context, request: Request) -> bool:
    """Whether a new request takes a place in line, and it does."""
    row = kept(context)
    if row is None or row.queued_since is None or request.presses:
        return False
    if row.tap is Tap.AUTO and not context.line.policy.queue_days:
        return False
    request.queued_at, request.turn_at = context.now, None
    context.session.add(request)
    found, at_work = waits(context, request), work(context)
    free = (
        row.tap is Tap.AUTO
        and found.place == 1
        and room(row, at_work) > 0
        and not context.line.is_paused(context.now)
    )
    if free or passes(context, request, found.turn):
        request.queued_at = None
        return False
    return True


def passes(context: Context, request: Request, turn: datetime | None) -> bool:
    """Whether it cannot wait for that turn: it is urgent, or is for a time of its own that is too near for it.

    "Today" is no such time: who says so hears when it will be, and may say that it cannot wait.
    """
    if request.presses:
        return True
    needed = request.needed_from or request.needed_until
    if needed is None or needed <= context.now:
        return False
    began = request.queued_at or context.now
    fixed = request.needed_as in (Timing.AT, Timing.BEFORE)
    if not fixed and lines.day(context.line, needed) <= lines.day(context.line, began):
        return False
    if request.needed_as is Timing.BEFORE and request.needed_until is not None:
        needed = request.needed_until
    return needed - DAY <= (turn or needed)


def waits(context: Context, request: Request) -> Waits:
    """Where it stands in line."""
    row, place = kept(context), admission.place(context.session, request)
    return Waits(place, None if row is None else turn_of(context, row, place, work(context)))


def work(context: Context) -> Work:
    """What waits for hands."""
    return admission.work(context.session, context.line, context.now - STUCK)


def turn_of(context: Context, row: Surge, place: int, at_work: Work) -> datetime | None:
    """When the turn of this place likely comes, in time that people are awake; None if nobody can say."""
    line, day = context.line, _day(context)
    since = max(context.now, line.paused_until or context.now)
    if row.tap is Tap.CLOSED:
        return None
    if row.tap is Tap.RATE:
        last = row.turn_at if row.turn_at is not None and since == context.now else since
        return max(lines.waking(line).after(last, place * day / row.tap_rate), since)
    moves = pace(context, row)
    if not moves:
        return None
    ahead = max(place - room(row, at_work), 0) / moves
    return None if ahead > NOBODY_KNOWS / DAY else lines.waking(line).after(since, ahead * day)


def pace(context: Context, row: Surge) -> float:
    """How many leave the line in a day: as it moved in the last days, and as hands usually take; 0: nobody knows.

    A line moves faster than hands take, for some in it find help elsewhere, and what nobody takes holds nobody up.
    """
    if not row.per_day or row.queued_since is None:
        return row.per_day
    since = max(row.queued_since, context.now - MOVED)
    key = "moves", context.line.id, since
    if key not in context.session.cache:
        context.session.cache[key] = admission.moved(context.session, context.line, since)
    gone = lines.waking(context.line).between(since, context.now) / _day(context)
    moves = (context.session.cache[key] + row.per_day * USUAL_WEIGHS) / (gone + USUAL_WEIGHS)
    return float(max(moves, row.per_day))  # before it moves, hands take what is out


def room(row: Surge, at_work: Work) -> int:
    """How many more may be asked about now: about a day's work is, at a time. Less than 0 where more is out."""
    return max(OUT_AT_LEAST, ceil(row.per_day)) - at_work.out


def days(row: Surge, at_work: Work) -> float:
    """How many days of work wait for the hands there are; 0 where nobody knows what they carry."""
    return at_work.all / row.per_day if row.per_day else 0.0


def overwhelmed(context: Context, row: Surge, at_work: Work) -> bool:
    """Whether more waits than hands can carry in the days that the line lives by."""
    policy = context.line.policy
    known = policy.queue_days and row.claims >= policy.queue_claims
    return bool(known) and at_work.all > FEW and days(row, at_work) > policy.queue_days


def pressure(context: Context) -> Said | None:
    """How much waits, for how many days of work, and who lets it in; None where nobody knows."""
    row = kept(context)
    if row is None or (row.queued_since is None and row.claims < context.line.policy.queue_claims):
        return None
    waiting = work(context)
    values: dict[str, Any] = {
        "n": waiting.queued,
        "out": waiting.out,
        "tap": Said(TAP_IS[row.tap], {"rate": row.tap_rate}),
    }
    if not row.per_day:
        return Said("pressure_unknown", values)
    weekly = row.per_day < A_FEW
    carried = Said("a_week" if weekly else "a_day", {"n": round(row.per_day * (7 if weekly else 1))})
    return Said("pressure", {**values, "days": ceil(days(row, waiting)), "carried": carried})


def begin(context: Context, row: Surge, at_work: Work) -> list[Text]:
    """From now on what can wait takes a place in line; duty hears of it once."""
    row.queued_since = row.turn_at = context.now
    surges.forget(context.session, context.line)
    told = context.tell_duty("duty_line_on", n=at_work.all, days=round(days(row, at_work)))
    return [*told]


def about(context: Context, turn: datetime | None) -> Around | None:
    """The day of a turn, as people say it."""
    return None if turn is None else Around(turn, context.line.timezone, context.now)


def said(context: Context, request: Request, waiting: Waits) -> dict[str, Any]:
    """What a text says of a place in line; and its neighbor may say that it cannot wait."""
    words = waiting.turn.isoformat() if waiting.turn is not None else ""
    requests.record(context.session, request, "turn_told", context.now, words=words)
    neighbor = people.by_id(context.session, request.person_id)
    asks = context.ask_if_free(neighbor, Question.CANT_WAIT, request, options=1)
    return {
        "place": waiting.place,
        "when": about(context, waiting.turn),
        "or_now": Said("line_cant_wait") if asks else None,
        "dial": Ours(context.line.emergency_number),
    }


def look_at(context: Context) -> datetime:
    """When time next looks how somebody in line stands: at this hour of the next day."""
    waking = lines.waking(context.line)
    return waking.wakes(waking.after(context.now, _day(context)))


def let_out(context: Context, row: Surge, most: int) -> int:
    """The turn of so many has come."""
    gap = timedelta(minutes=context.line.policy.brake_gap)
    turns = admission.let_out(context.session, context.line, context.now, most, gap, LONGEST_SPREAD)
    if turns and row.tap is Tap.RATE:  # the next slot is counted from the last one, not from when it was noticed
        slots = turns * _day(context) / row.tap_rate
        row.turn_at = min(lines.waking(context.line).after(row.turn_at or context.now, slots), context.now)
    elif turns:
        row.turn_at = context.now
    return turns


def due(context: Context, row: Surge, at_work: Work) -> int:
    """Whose turn comes now: as many as hands have room for, or as duty lets in."""
    if row.tap is Tap.CLOSED or context.line.is_paused(context.now):
        return 0
    last, awake, day = row.turn_at or context.now, lines.waking(context.line), _day(context)
    gone = awake.between(last, context.now)
    if row.tap is Tap.RATE:
        return int(gone * row.tap_rate / day)
    free = room(row, at_work)
    if row.per_day:  # one that nobody takes holds nobody up: then the next come as fast as hands usually take them
        free = max(free, min(free + at_work.in_vain, int(gone * row.per_day / day)))
    slow = max(STANDS_STILL / DAY, TRICKLE / row.per_day) if row.per_day else STANDS_STILL / DAY
    return max(free, 1 if gone >= slow * day else 0)


def measure(context: Context, row: Surge) -> None:
    """Note anew how many requests hands take in a day: in weeks, and while they are full, in the last days."""
    session, line, now = context.session, context.line, context.now
    found = admission.taken(session, line, now - timedelta(weeks=line.policy.queue_weeks))
    row.claims, row.measured_at = found.requests, now
    if found.first is None or now - found.first < YOUNG:
        row.carried = 0
        return
    if row.tap in (Tap.CLOSED, Tap.RATE) or line.is_paused(now):
        return  # hands are kept from work
    usual = found.requests / ((now - found.first) / DAY)
    lately = (admission.taken(session, line, now - LATELY).requests + usual) / (LATELY / DAY + 1)
    row.carried = round(100 * (lately if row.queued_since is not None else max(usual, lately)))


def _day(context: Context) -> timedelta:
    """How much of a day people on the line are awake."""
    policy = context.line.policy
    return ((policy.quiet_from - policy.quiet_until) % 24 or 24) * HOUR
