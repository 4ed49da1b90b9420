"""Needs that come again: from words to a rule, when each occurrence opens, and how it goes on or ends."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from handlers.needs import timing
from handlers.turn import Context, Text, Texts, Turn
from handlers.understanding.intents import Need, Question
from handlers.understanding.when import repeating
from handlers.understanding.when.expression import Day, DayKind, TimeExpression
from handlers.understanding.when.repeating import Repetition
from handlers.understanding.when.resolving import resolve
from handlers.wording import every
from handlers.wording.every import Every, OnDay
from handlers.wording.summary import Said
from models import events, kept_apart, lines, people, recurring, requests
from models.delivery.outbound import Lane
from models.hours import moment_of
from models.recurring import DAY, Fate, RecurringNeed
from models.requests import Request, State, Timing

ONE_DAY, WEEK = timedelta(days=1), 7
TIMES, ABOUT = 3, 2  # that the same is asked for, and days by which that may differ from once a week or every other
REGULAR_WITHIN = timedelta(days=40)
REGULAR_ASKED = "regular_told"
STARTS = (State.OPEN, State.CLAIMED, State.DELIVERED)  # what may still be said to come again


def note(context: Context, request: Request, repeats: Repetition | None) -> None:
    """Keep with a request how often it is needed, and when first. In danger nothing is needed again by itself."""
    if repeats is None or request.in_danger:
        return
    zone = ZoneInfo(context.line.timezone)
    today = context.now.astimezone(zone).date()
    named = request.needed_from.astimezone(zone).date() if request.needed_from is not None else today
    fixed = bool(repeats.days or repeats.of_month)
    rule = every.rule_of(repeats, max(named, today))
    request.repeats = rule
    context.session.add(request)
    time = repeats.time or TimeExpression(Timing.WITHIN)
    soonest = every.rule_of(replace(repeats, interval=1), max(named, today))  # it counts from the first that may be
    day = recurring.first(soonest, today if fixed or repeats.time else max(named, today))
    if not fixed and repeats.time is None:
        return
    while day is not None:
        ahead = Day(DayKind.AHEAD, (day - today).days)
        if timing.note(context, request, replace(time, day=ahead, last_day=None, minutes=None)):
            return
        day = recurring.after(soonest, today, day)


def begin(context: Context, request: Request) -> Texts:
    """It goes out: from now on it comes again by itself, and its neighbor hears how to end that."""
    if request.repeats is None or request.in_danger:
        return
    before = recurring.of_request(context.session, request)
    if before is not None and before.ended_at is None:
        return
    neighbor = people.by_id(context.session, request.person_id)
    known = recurring.of_person(context.session, neighbor.id)
    if len(known) >= context.line.policy.most_recurring:
        request.repeats = None
        context.session.add(request)
        yield context.tell(neighbor, "recurring_full", about=request, lane=Lane.REPLY, n=len(known))
        return
    zone = ZoneInfo(context.line.timezone)
    first_on = (request.needed_from or context.now).astimezone(zone).date()
    needed_as, begins, ends = _minutes(context, request, first_on, zone)
    need = recurring.create(
        context.session,
        request,
        request.repeats,
        first_on,
        context.now,
        needed_as=needed_as,
        begins=begins,
        ends=ends,
        review_at=_review(context),
    )
    following = need.after(first_on)
    need.next_on = following.isoformat() if following else None
    schedule(context, need, first_on)
    said = Every(need.rule, opens=True)
    yield context.tell(neighbor, "recurring_begins", about=request, lane=Lane.REPLY, every=said)


def begin_now(turn: Turn, request: Request, repeats: Repetition | None) -> list[Text]:
    """What of theirs is out already comes again from now on, they say. Empty where they say no such thing."""
    own = request.person_id == turn.speaker.id and request.state in STARTS
    if repeats is None or not own or request.in_danger:
        return []
    when, before = (request.needed_from, request.needed_until, request.needed_as, request.urgency), request.repeats
    need = recurring.of_request(turn.session, request)
    note(turn, request, repeats)
    if when[0] is not None:  # this time it is needed when it was
        request.needed_from, request.needed_until, request.needed_as, request.urgency = when
    if need is not None and need.ended_at is None:
        if request.repeats == before:
            return []
        recurring.end(turn.session, need, turn.now)  # as they say it now
    return [*begin(turn, request)]


def regular(turn: Turn, request: Request) -> list[Text]:
    """Asked once in all, when help came: three times the same a week apart, or two. Shall it come by itself?"""
    if request.repeats is not None or request.in_danger or not {*request.needs} - {Need.OTHER}:
        return []
    if turn.asked_of(turn.speaker) is not None:
        return []
    alike = requests.alike(turn.session, request, turn.now - REGULAR_WITHIN)[:TIMES]
    gaps = [(later.created_at - earlier.created_at) / ONE_DAY for later, earlier in pairwise(alike)]
    interval = next((n for n in (1, 2) if all(abs(gap - n * WEEK) <= ABOUT for gap in gaps)), 0)
    if len(alike) < TIMES or not interval or any(each.repeats is not None for each in alike):
        return []
    if events.did(turn.session, turn.speaker.id, REGULAR_ASKED):
        return []
    requests.record(turn.session, request, REGULAR_ASKED, turn.now, by=turn.speaker.id)
    turn.ask(turn.speaker, Question.REGULAR, request, options=2, words=str(interval))
    return [turn.reply("recurring_shall_i", about=request, every=Every(_every_so(turn, request, interval)))]


def begin_regular(turn: Turn, request: Request, interval: int) -> Texts:
    """It shall: every week, or every other one, from the day on which this was needed."""
    request.repeats = _every_so(turn, request, interval)
    turn.session.add(request)
    yield from begin(turn, request)


def _every_so(turn: Turn, request: Request, interval: int) -> str:
    day = (request.needed_from or request.created_at).astimezone(ZoneInfo(turn.line.timezone)).date()
    return every.rule_of(Repetition("WEEKLY", interval), day)


def _minutes(context: Context, request: Request, first_on: date, zone: ZoneInfo) -> tuple[Timing, int, int]:
    """How, from when and until when of any day it is needed, on the local clock."""
    repeats = repeating.of(request.text, anyhow=True)
    if repeats is not None and repeats.time is not None and (told := _told(context, repeats.time, zone)) is not None:
        return told
    if request.needed_as is None or request.needed_until is None or request.needed_from is None:
        return Timing.WITHIN, 0, DAY
    ends = _minute(request.needed_until, first_on, zone)
    from_now_on = request.created_at <= request.needed_from <= context.now  # "today", said in the afternoon
    begins = 0 if from_now_on or request.needed_as is Timing.BEFORE else _minute(request.needed_from, first_on, zone)
    return request.needed_as, begins, ends


def _told(context: Context, time: TimeExpression, zone: ZoneInfo) -> tuple[Timing, int, int] | None:
    """The same, read on a day on which the clocks do not change: on another the hour that was named may be none."""
    today = context.now.astimezone(zone).date()
    for ahead in range(1, WEEK + 1):
        day = today + ahead * ONE_DAY
        if moment_of(day, DAY, zone) - moment_of(day, 0, zone) != ONE_DAY:
            continue
        named = replace(time, day=Day(DayKind.AHEAD, ahead), last_day=None, minutes=None)
        if (needed := resolve(named, context.now, zone, context.line.country)) is not None:
            begins = 0 if needed.as_ is Timing.BEFORE else _minute(needed.start, day, zone)
            return needed.as_, begins, _minute(needed.end, day, zone)
    return None


def _minute(moment: datetime, day: date, zone: ZoneInfo) -> int:
    local = moment.astimezone(zone)
    return (local.date() - day).days * DAY + local.hour * 60 + local.minute


def _review(context: Context) -> datetime:
    return lines.morning(context.line, context.now + timedelta(days=context.line.policy.recurring_review_days - 1))


def opens_at(context: Context, need: RecurringNeed, day: date, last: date | None) -> datetime:
    """When an occurrence is put before people: while they are awake, soon enough, and not before the last is over."""
    zone, policy = ZoneInfo(context.line.timezone), context.line.policy
    begins, ends = need.needed(day, zone)
    all_day = need.begins == 0 and need.ends >= DAY
    if all_day:
        opens = moment_of(day - policy.recurring_opens_days * ONE_DAY, 0, zone)
    else:
        opens = begins - timedelta(hours=policy.recurring_opens_hours)
    if last is not None:
        opens = max(opens, min(need.needed(last, zone)[1], ends))
    return min(lines.waking(context.line).wakes(opens), max(opens, ends if all_day else begins))


def schedule(context: Context, need: RecurringNeed, last: date | None) -> None:
    """Let time act on it when its next occurrence opens, or when it is looked at again."""
    need.next_at = acts_at(context, need, date.fromisoformat(need.next_on) if need.next_on else None, last)
    context.session.add(need)


def acts_at(context: Context, need: RecurringNeed, day: date | None, last: date | None) -> datetime | None:
    """When time acts on a need whose next occurrence is that day: when that opens, or when it is looked at again."""
    opens = opens_at(context, need, day, last) if day is not None else None
    return min((moment for moment in (opens, need.review_at) if moment is not None), default=None)


def skip_next(context: Context, need: RecurringNeed) -> date | None:
    """The next occurrence does not open. Returns its date; None if somebody else was faster, or there is none."""
    seen = need.next_on
    if seen is None:
        return None
    day = date.fromisoformat(seen)
    following = need.after(day)
    if not recurring.advance(context.session, need, seen, following, acts_at(context, need, following, day)):
        return None
    recurring.note(context.session, need, seen, Fate.SKIPPED, context.now, None)
    return day


def restart(context: Context, need: RecurringNeed) -> bool:
    """A need that was paused goes on; False if it had ended, or goes on already."""
    today = context.now.astimezone(ZoneInfo(context.line.timezone)).date()
    day = need.after(today)
    while day is not None and recurring.occurrence(context.session, need, day.isoformat()) is not None:
        day = need.after(day)
    need.review_at = _review(context)
    context.session.add(need)
    return recurring.resume(context.session, need, day, acts_at(context, need, day, None))


def postpone_review(context: Context, need: RecurringNeed) -> None:
    """They need it still: it is looked at again in two months."""
    need.review_at, need.review_asks = _review(context), 0
    schedule(context, need, before(need))


def before(need: RecurringNeed) -> date | None:
    """The date of the occurrence before the next one, by the rule."""
    return need.before(date.fromisoformat(need.next_on)) if need.next_on is not None else None


def of_number(context: Context, person_id: int, number: int) -> list[RecurringNeed]:
    """The needs of somebody that come again of which a request has this number."""
    found = recurring.of_person(context.session, person_id)
    return [need for need in found if number in recurring.numbers(context.session, need)]


def end_all(context: Context, person_id: int) -> None:
    """Nothing of this person comes again any more."""
    for need in recurring.of_person(context.session, person_id):
        recurring.end(context.session, need, context.now)


def told(context: Context, need: RecurringNeed, phrase: str) -> Text:
    """A text to its neighbor about it, by the number of its last request."""
    request = recurring.last_request(context.session, need)
    neighbor = people.by_id(context.session, need.person_id)
    return context.tell(neighbor, phrase, about=request, every=Every(need.rule))


def pledge(turn: Turn, request: Request) -> Texts:
    """Ask this helper first each time it comes again, unless the two are kept apart."""
    need = recurring.of_request(turn.session, request)
    if need is None or not need.goes_on or kept_apart.are(turn.session, request, turn.speaker.id):
        return
    need.helper_id = turn.speaker.id
    turn.session.add(need)
    yield turn.reply("recurring_pledged", about=request, every=Every(need.rule))


def rows(context: Context, person_id: int) -> list[Said]:
    """What comes again for somebody, each with its next date."""
    return [row(context, need) for need in recurring.of_person(context.session, person_id)]


def row(context: Context, need: RecurringNeed) -> Said:
    """`#42 every Tuesday: groceries. Next: Tue Mar 10.`"""
    numbers = recurring.numbers(context.session, need)
    then = Said("recurring_is_paused") if need.paused_at is not None else following(need)
    last = recurring.last_request(context.session, need)
    what = replace(context.what(last), when=None, urgency=None) if last is not None else None
    return Said("recurring_row", {"number": numbers[-1], "every": Every(need.rule), "what": what, "then": then})


def following(need: RecurringNeed) -> Said | None:
    """When it comes next."""
    return Said("recurring_next", {"day": OnDay(date.fromisoformat(need.next_on))}) if need.next_on else None
