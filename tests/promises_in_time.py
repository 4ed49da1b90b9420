"""What must be true as hours and days pass, whatever people do or do not do: functions over two pictures."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta

from models import lines, people
from models.assignments import Assignment
from models.assignments import State as Holding
from models.delivery.outbound import Lane, Outbound
from models.lines import DEFAULT_POLICY
from models.offers import PENDING
from models.requests import Request, State, Urgency
from models.waiting import BEGINNINGS
from tests.pictures import Picture, Step
from tests.promised_times import what_was_said_of_time_holds

Broken = Iterator[str]
LONGEST_HELD = timedelta(days=8)
STILL_NEED, STILL_NEED_EVERY = DEFAULT_POLICY.still_need_days, DEFAULT_POLICY.still_need_every
UNMET = DEFAULT_POLICY.unmet_days
NIGHT = timedelta(hours=12)  # which they are not asked in
LONGEST_LEASE = timedelta(days=3)  # of a waking day's claim, over the nights
OWN_WORDS = timedelta(minutes=30)  # after somebody's own text, what comes is an answer to it


def one_unanswered_offer(s: Step) -> Broken:
    """Nobody has two offers to answer; what went along with one is none by itself."""
    alone = [o for o in s.now.offers if o.state in PENDING and o.lead_request_id is None]
    for person_id, count in Counter(o.person_id for o in alone).items():
        if count > 1:
            yield f"{person_id} has {count} offers to answer"


def no_more_than_a_day_holds(s: Step) -> Broken:
    """Nobody gets more offers a day than the line's figure; danger counts for nothing there."""
    line = s.now.line
    if line is None or not line.policy.offers_per_day:
        return

    def counted(text: Outbound) -> bool:
        request = s.now.requests.get(text.request_id or 0)
        return text.phrase == "offer" and request is not None and not request.in_danger

    for text in filter(counted, s.new):
        today = lines.day(line, text.created_at)
        theirs = [t for t in s.now.texts.values() if t.person_id == text.person_id and counted(t)]
        if (count := sum(lines.day(line, t.created_at) == today for t in theirs)) > line.policy.offers_per_day:
            yield f"{text.person_id} gets {count} offers on {today}"


def sleep_is_left_alone(s: Step) -> Broken:
    """In quiet hours nobody gets what they did not just ask for, unless it cannot wait."""
    line = s.now.line
    if line is None:
        return
    for text in s.new:
        request = s.now.requests.get(text.request_id or 0)
        presses = request is not None and (request.urgency is Urgency.URGENT or request.in_danger)
        if text.lane < Lane.NOTICE or presses or _spoke_lately(s.now, text):
            continue
        leaves = max(text.created_at, text.not_before or text.created_at)
        person = s.now.people[text.person_id]
        waking = people.waking(line, person) if text.phrase == "offer" else lines.waking(line)
        if not waking.at(leaves):
            yield f"{text.phrase} goes to {text.person_id} at {leaves}"


def _spoke_lately(now: Picture, text: Outbound) -> bool:
    since = text.created_at - OWN_WORDS
    theirs = (heard for heard in now.heard.values() if heard.person_id == text.person_id)
    return any(since <= heard.received_at <= text.created_at for heard in theirs)


def there_is_always_a_next_step(s: Step) -> Broken:
    """Whatever is not over has a moment at which something happens by itself, if nobody does anything."""
    on_duty = {task.request_id for task in s.now.tasks if task.ended_at is None and task.next_at is not None}
    for request in s.now.requests.values():
        alarm = s.now.alarms.get(request.id)
        sure = request.next_action_at or (alarm and alarm.next_at) or request.id in on_duty
        if request.live and not sure:
            yield f"#{request.number} is {request.state}, and nothing will ever happen to it"


def every_change_is_an_event(s: Step) -> Broken:
    """Whoever reads a request's history finds in it what became of it, and who had it."""
    told = Counter(event.request_id for event in s.now.events[len(s.was.events) :])
    for request in s.now.requests.values():
        before = s.was.requests.get(request.id)
        changed = before is None or _state(before) != _state(request)
        moved = s.was.holders(request.id, Holding.ACTIVE) != s.now.holders(request.id, Holding.ACTIVE)
        if (changed or moved) and not told[request.id]:
            yield f"#{request.number} became {request.state}, and its history says nothing"


def _state(request: Request) -> tuple[object, ...]:
    return request.state, request.outcome, request.wave


def a_claim_ends(s: Step) -> Broken:
    """Whoever took something has until a certain moment to say a word; once it has passed, it is no longer theirs.

    Where nothing of us ran at that moment, they are asked first, at an hour in which people may be texted.
    """
    for held in _active(s.now):
        request = s.now.requests[held.request_id]
        until, due = held.leased_until, request.next_action_at
        if until is None:
            yield f"request {held.request_id} is {held.person_id}'s for ever"
            continue
        last = max(moment for moment in (held.heard_at, held.nudged_at, held.warned_at, held.taken_at) if moment)
        for named in (held.comes_until, request.needed_from, request.needed_until):
            last = max(last, named or last)
        if until > last + LONGEST_LEASE:
            yield f"request {held.request_id} is {held.person_id}'s until {until}, who is silent since {last}"
        if s.time_acted and until <= s.now.now and (due is None or due > _awake(s, request)):
            yield f"request {held.request_id} is still {held.person_id}'s"


def _awake(s: Step, request: Request) -> datetime:
    """Now, or when somebody may next be texted about it."""
    if s.now.line is None or request.urgency is Urgency.URGENT:
        return s.now.now
    return lines.waking(s.now.line).next(s.now.now) or s.now.now


def _active(now: Picture) -> list[Assignment]:
    return [a for a in now.assignments if a.state is Holding.ACTIVE]


def what_is_held_comes_back(s: Step) -> Broken:
    """Whatever duty holds, or was told and has not answered, is dated to come back to somebody."""
    for request in s.now.requests.values():
        due = request.next_action_at
        if request.state is State.HELD and (due is None or due > s.now.now + LONGEST_HELD):
            yield f"#{request.number} is held and comes back at {due}"
    for task in s.now.tasks:
        if (task.next_at is None) != (task.ended_at is not None):
            yield f"task {task.id} ({task.phrase}) is due at {task.next_at} and ended at {task.ended_at}"
    waiting = Counter(task.request_id for task in s.now.tasks if task.ended_at is None and task.request_id)
    if waiting and max(waiting.values()) > 1:
        yield "duty is asked the same thing twice at a time"


def silence_is_asked_about(s: Step) -> Broken:
    """Nobody waits for weeks unasked: whether it is still needed, and without a word it ends."""
    for request in s.now.requests.values():
        if request.state is not State.OPEN or request.next_action_at is None or request.next_action_at <= s.now.now:
            continue
        told = [e for e in s.now.events if e.request_id == request.id]
        began = max((e.at for e in told if e.kind in BEGINNINGS), default=request.created_at)
        last = max(request.wanted_at or request.created_at, began)
        asked = [e.at for e in told if e.kind in ("still_need", "time_passed") and e.at >= last]
        before = [e.at for e in told if e.kind in ("still_need", "time_passed") and e.at >= began]
        every = timedelta(days=STILL_NEED_EVERY if before else STILL_NEED)
        if not asked and s.now.now - max([last, *before]) > every + NIGHT:
            yield f"#{request.number} is open since {last} and its neighbor was not asked whether they still need it"
        if asked and s.now.now > max(last + timedelta(days=UNMET), asked[-1] + timedelta(days=2)) + NIGHT:
            yield f"#{request.number} is open, and its neighbor is silent since {last}"
        if request.next_action_at - s.now.now > timedelta(days=UNMET) + NIGHT:
            yield f"#{request.number} is not looked at before {request.next_action_at}"


IN_TIME = (
    what_is_held_comes_back,
    silence_is_asked_about,
    one_unanswered_offer,
    no_more_than_a_day_holds,
    sleep_is_left_alone,
    there_is_always_a_next_step,
    every_change_is_an_event,
    a_claim_ends,
    what_was_said_of_time_holds,
)
