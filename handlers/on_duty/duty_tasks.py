"""What waits for duty: it is said again until somebody there has answered, to the next shift too, and never lost.

Danger has alarms of its own (handlers/safety/alarms.py). `Context.tell_duty` raises a task, `answered` ends it.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from handlers import phrasebook
from handlers.on_duty import raising
from handlers.on_duty.raising import HELD
from handlers.phrasebook import Value
from handlers.safety import watch
from handlers.turn import DAY, Context, Text, Texts, Turn
from handlers.wording import summary
from handlers.wording.summary import Ours, Said, Sight, Tongue, When, brief
from models import alarms, duty_tasks, events, kept_apart, lines, people, requests, shifts, timers
from models.delivery.outbound import Lane
from models.duty_tasks import DutyTask
from models.people import Person
from models.requests import Request, State

READ_TO = 3  # tasks one by one, to whoever takes the watch; of more the queue tells
TRUTH = timedelta(hours=3)  # after which the neighbor is told that nobody has answered
CALLED = timedelta(hours=6)  # in which others than those on duty are asked once
CALLED_IF_URGENT = timedelta(hours=1)
NEXT_SHIFT = timedelta(hours=24)  # how far ahead the next shift is looked for
SELDOM = 13  # times Policy.duty_again, of which so many make a waking day
ENOUGH = 3  # times that duty hears what nobody waits for them alone with; then the daily summary has it
A_DAY = 6  # times at most that duty is told again of one request within a day
CALLS_A_DAY = 5  # times at most that others are called within a day, by day
NEWCOMER = 3  # times that duty hears of somebody new whom they may not know
LONGEST_LOOK = timedelta(days=7)
WHILE_OPEN = frozenset({"duty_nobody_left", "duty_not_come"})  # over as soon as somebody has it
WHY = {
    "duty_not_come": "why_not_come",
    "duty_nobody_came": "why_nobody_came",
    "duty_wants_hands": "why_wants_hands",
    "duty_undelivered": "why_undelivered",
    "duty_nobody_left": "why_nobody_left",
    "duty_misunderstood": "why_misunderstood",
    "duty_question": "why_question",
    "duty_out_of_reach": "why_out_of_reach",
    "duty_asker_stopped": "why_asker_stopped",
    "duty_problem": "why_problem",
    "duty_problem_helper": "why_problem",
    "duty_about_helper": "why_problem",
    "duty_nobody_home": "why_nobody_home",
    "duty_nobody_came_again": "why_nobody_came",
    "duty_not_confirmed": "why_not_confirmed",
    "duty_not_confirmed_all": "why_not_confirmed",
}
UNWATCHED = "unwatched"  # the timer that tells all who do duty that nobody is on


def answered(turn: Turn, request: Request) -> Texts:
    """Somebody on duty has answered: nobody else need, and the others hear so once."""
    watch.heard(turn, request, turn.speaker)
    task = duty_tasks.of(turn.session, request.id) if turn.speaker.on_duty else None
    if task is not None and duty_tasks.answer(turn.session, request.id, turn.now, by=turn.speaker.id):
        name = turn.somebody(turn.speaker)
        for person in turn.on_duty(request, but=turn.speaker.id):
            if person.id != task.about_person_id:
                yield turn.tell(person, "duty_has_it", about=request, name=name)


def over(context: Context, request: Request) -> None:
    """What was to be answered about it goes on elsewhere."""
    if (task := duty_tasks.of(context.session, request.id)) is not None:
        duty_tasks.end(context.session, task, context.now)


def due(context: Context, task: DutyTask) -> Texts:
    """Nobody on duty has answered it: it is said again, or said to others."""
    if task.ended_at is not None:
        return
    if task.request_id is None:
        yield from _person(context, task)
        return
    request = requests.by_id(context.session, task.request_id)
    if not request.live or (task.phrase in WHILE_OPEN and request.state is not State.OPEN):
        duty_tasks.end(context.session, task, context.now)
        return
    alarm = alarms.of(context.session, request) if request.danger else None
    if alarm is not None and alarm.next_at is not None:  # they are told of that
        _next(context, task, context.duty_again(request))
        return
    waits_for_us = request.state is State.HELD or request.presses
    if not waits_for_us and task.said >= ENOUGH:
        duty_tasks.end(context.session, task, context.now)
        return
    waking = lines.waking(context.line)
    if not request.presses and not waking.at(context.now):
        _next(context, task, waking.next(context.now) or context.duty_again(request))
        return
    on_duty = bool(watch.awake(context, request, but=task.about_person_id))
    if on_duty:
        again, seldom = task.said > 1, min(2**task.said, SELDOM)
        yield from _say(context, task, request, context.on_duty(request))
        task.said += 1
        _next(context, task, context.duty_again(request, seldom))
    else:
        again = True
        retry = timedelta(minutes=context.line.policy.duty_retry)  # whoever takes the watch hears it at once
        _next(context, task, context.now + max(retry, min(context.now - task.raised_at, CALLED)))
    if again and waits_for_us:
        yield from call(context, request)
    yield from _truth(context, task, request)


def look(context: Context, request: Request) -> Texts:
    """A request is held, and time looks at it: whatever else has happened, somebody hears of it."""
    waking = lines.waking(context.line)
    if not request.in_danger and not waking.at(context.now):
        requests.schedule(context.session, request, waking.next(context.now) or context.now + DAY)
        return
    gap = min(max(context.now - request.changed_at, DAY), LONGEST_LOOK)
    requests.schedule(context.session, request, context.now + gap)
    alarm = alarms.of(context.session, request) if request.danger else None
    if (alarm is not None and alarm.next_at is not None) or duty_tasks.of(context.session, request.id) is not None:
        return  # it comes back that way
    if alarm is None and not duty_tasks.was_answered(context.session, request.id):
        yield from context.tell_duty(HELD, about=request, words=summary.they_wrote(request, short=True))
        return
    since = When(request.changed_at, context.line.timezone)
    told = list(
        context.tell_duty("duty_held_still", about=request, what=context.what(request, Sight.NEAR), when=since)
    )
    if not told:
        requests.schedule(context.session, request, context.now + requests.HELD_LOOK)
    yield from told


def call(context: Context, request: Request) -> Texts:
    """Nobody on duty answers: those who are on next are asked, else some volunteers; by day, and once in hours."""
    urgent = request.presses
    task = duty_tasks.of(context.session, request.id)
    by_day = lines.waking(context.line).at(context.now)
    if task is None or not (by_day or urgent):
        return
    gap = max(CALLED_IF_URGENT if urgent else CALLED, (context.now - task.raised_at) / 2)  # ever more seldom
    if duty_tasks.called_since(context.session, context.line.id, context.now - gap):
        return
    task.called_at = context.now
    context.session.add(task)
    following = _next_shift(context, request, but=task.about_person_id) if by_day else []
    for person in following:
        person.watch_asked_at = context.now
        context.session.add(person)
        yield context.tell(person, "watch_call", lane=Lane.SAFETY)
    if not following:
        yield from watch.call(context, request, but=request.person_id, wakeable_only=not by_day, evenly=True)


def read_to(context: Context, person: Person) -> Texts:
    """What waits, to somebody who has just taken the watch."""
    tasks = [t for t in duty_tasks.waiting(context.session, context.line.id) if t.about_person_id != person.id]
    found = [(t, requests.by_id(context.session, t.request_id) if t.request_id else None) for t in tasks]
    found = [(t, r) for t, r in found if r is None or not kept_apart.hides(context.session, r, person.id)]
    for task, request in found[:READ_TO]:
        if request is not None and request.live:
            yield from _say(context, task, request, [person])
        elif request is None and task.about_person_id is not None:
            yield from _about_person(context, task, [person])
        task.said = max(task.said, 1)
        _next(context, task, context.duty_again(request))


def count(context: Context, person: Person) -> int:
    """How many requests wait for somebody, as far as whoever takes the watch may hear of them."""
    waiting = requests.in_state(context.session, context.line.id, State.HELD, State.OPEN)
    return sum(not kept_apart.hides(context.session, request, person.id) for request in waiting)


def left(context: Context) -> bool:
    """Somebody is not on duty any more: if nobody else is, all who do duty hear so, once, and not at night."""
    if people.on_duty(context.session, context.line.id):
        return False
    at = lines.waking(context.line).wakes(context.now)
    timers.bring_forward(context.session, context.line.id, UNWATCHED, at)
    return True


def _say(context: Context, task: DutyTask, request: Request, to: list[Person]) -> Iterator[Text]:
    phrase, values = _words(context, task.phrase, request)
    for person in to:
        if person.id != task.about_person_id:
            seen = context.on_duty_sees(person, request, values)
            yield Text(person, phrase, {**seen, "number": request.number}, Lane.NOTICE, request.id)


def _words(context: Context, phrase: str, request: Request) -> tuple[str, dict[str, Value]]:
    """How duty is told again of what was first said by this phrase."""
    if request.state is State.HELD and request.language in phrasebook.unspoken():
        words = brief(summary.LATER.sub("; ", request.text))
        return "duty_foreign", {"language": Tongue(request.language), "words": words}
    if request.state is State.HELD:
        return HELD, {"words": summary.they_wrote(request, short=True)}
    return "duty_again", {"what": context.what(request, Sight.NEAR), "why": Said(WHY.get(phrase, "why_held"))}


def _truth(context: Context, task: DutyTask, request: Request) -> Texts:
    """After hours, whoever waits for a person hears that nobody has answered."""
    if request.state is not State.HELD or request.emergency or request.language in phrasebook.unspoken():
        return
    if events.happened_since(context.session, [request], "truth_told", task.raised_at):
        return
    at: datetime = task.raised_at + TRUTH
    if context.now < at:
        _next(context, task, min(task.next_at or at, at))
        return
    requests.record(context.session, request, "truth_told", context.now)
    neighbor = people.by_id(context.session, request.person_id)
    dial = Ours(context.line.emergency_number)
    yield context.tell(neighbor, "person_silent", about=request, lane=Lane.REPLY, dial=dial)


def _person(context: Context, task: DutyTask) -> Texts:
    """Somebody whom duty shall look at, mostly to vouch for: not for ever, for perhaps nobody there knows them."""
    person = people.by_id(context.session, task.about_person_id) if task.about_person_id else None
    on_duty = people.on_duty(context.session, context.line.id)
    over = person is None or person.opted_out_at is not None or person.helps is (task.phrase == raising.JOINED)
    if over or task.said >= (1 if task.phrase == raising.MANY_PLACES else NEWCOMER):
        duty_tasks.end(context.session, task, context.now)
        return
    if on_duty:
        yield from _about_person(context, task, on_duty)
        task.said += 1
    _next(context, task, context.duty_again(None, SELDOM))


def _about_person(context: Context, task: DutyTask, to: list[Person]) -> Texts:
    if task.about_person_id is None:
        return
    about = people.by_id(context.session, task.about_person_id)
    values: dict[str, Value] = {"name": context.numbered(about), "who": about.id}
    if task.phrase == raising.JOINED:
        values["name"] = context.name(about, whole=True) or Said("a_neighbor")
    elif task.phrase == raising.LOOK_AGAIN and about.vouched_by_person_id is not None:
        values["by"] = context.numbered(people.by_id(context.session, about.vouched_by_person_id))
    values["n"] = context.line.policy.doors_per_day
    yield from (Text(person, task.phrase, values) for person in to if person.id != about.id)


def _next_shift(context: Context, about: Request, but: int | None) -> list[Person]:
    """Whoever is on duty next by the roster, and is not on now."""
    planned = shifts.planned(context.session, context.line.id, context.now)
    coming = [s for s in planned if s.began_at is None and s.starts_at <= context.now + NEXT_SHIFT]
    found = [people.by_id(context.session, s.person_id) for s in coming if s.cover_asked_at is None]
    free = [p for p in found if not p.on_duty and p.opted_out_at is None and p.id != but]
    return [p for p in free if not kept_apart.hides(context.session, about, p.id)][:1]


def _next(context: Context, task: DutyTask, at: datetime) -> None:
    task.next_at = at
    context.session.add(task)
