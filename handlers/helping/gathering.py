"""What time brings where some have a request and more are wanted: more are asked, and nobody waits in vain for four.

Shortly before the hour that was named, its neighbor and who comes hear how many they are, and so does duty where they
are few.
"""

from datetime import datetime, timedelta
from typing import Any

from handlers.asking import unmet, waves
from handlers.helping import company
from handlers.turn import Context, Texts
from handlers.where import doors
from handlers.wording.summary import Said, Sight
from models import assignments, people, requests
from models.hours import evening_before
from models.people import Person
from models.requests import Request, State

TOLD = "few_hands"  # the event of having told them
OVERNIGHT = timedelta(hours=12)  # who needs it later than that hears the evening before
HALF = 2
NEAR = timedelta(days=1)


def act(context: Context, request: Request) -> Texts:
    """More are asked now, or it is nearly time and they are too few."""
    if not request.has_room or request.next_wave_at is None or request.next_wave_at > context.now:
        return
    over = request.needed_until or request.needed_from
    if over is not None and over <= context.now:  # too late for more
        request.next_wave_at = None
        context.session.add(request)
        return
    plan = unmet.plan(context, request)
    tells_at = _tells_at(context, request) if plan.since_began(TOLD) is None else None
    if tells_at is not None and tells_at <= context.now:
        yield from _few(context, request)
        tells_at = None
    if not context.line.is_paused(context.now) and plan.round_is_due:
        unmet.ask_anew(context, request)
    yield from waves.ask_next(context, request)
    if tells_at is not None and request.next_wave_at > tells_at:
        requests.schedule_wave(context.session, request, tells_at)


def tells(context: Context, request: Request) -> bool:
    """Whether it is now that they hear how few they are."""
    if not request.several or not request.has_room:
        return False
    at = _tells_at(context, request)
    return at is not None and at <= context.now and unmet.plan(context, request).since_began(TOLD) is None


def _tells_at(context: Context, request: Request) -> datetime | None:
    """When they hear that not all are found: the evening before, or a few hours; None where no time was named."""
    begins = request.needed_from or request.needed_until
    if begins is None or begins <= context.now:
        return None
    policy, far = context.line.policy, begins - request.changed_at >= OVERNIGHT
    if far:
        return evening_before(begins, context.line.timezone, policy.remind_evening)
    return begins - timedelta(minutes=policy.remind_before)


def _few(context: Context, request: Request) -> Texts:
    """How many they are so far: go, or wait? Nobody is kept waiting by a number."""
    requests.record(context.session, request, TOLD, context.now)
    crew = assignments.all_on(context.session, request)
    values: dict[str, Any] = {**company.counts(request), "when": context.when(request)}
    neighbor = people.by_id(context.session, request.person_id)
    names = company.names(context, [helper for _, helper in crew])
    yield context.tell(neighbor, "crew_few", about=request, name=names, **values)
    for held, helper in crew:
        if held.reminded_at != context.now:  # else they read it there
            yield context.tell(helper, "crew_few_helper", about=request, **values)
    if request.helpers_have * HALF <= request.helpers_wanted:
        what = context.what(request, Sight.NEAR)
        yield from context.tell_duty("duty_few_hands", about=request, but=request.person_id, what=what)


def one_less(context: Context, request: Request, who: Person, neighbor: Person, asked: int) -> Texts:
    """One cannot come: its neighbor hears it, and the others only where it is so near that it changes their day."""
    if not request.several or request.state is State.OPEN:
        yield context.tell(neighbor, "helper_dropped", about=request, n=asked)
        return
    values: dict[str, Any] = {**company.counts(request), "name": context.somebody(who)}
    yield context.tell(neighbor, "crew_dropped", about=request, n=asked, **values)
    begins = request.needed_from or request.needed_until
    if request.state is State.CLAIMED and begins is not None and begins - context.now <= NEAR:
        for _, helper in company.others(context, request, who.id):
            yield context.tell(helper, "crew_one_less", about=request, **values)


def tell_duty(context: Context, request: Request, phrase: str, *, but: int) -> Texts:
    """Duty hears that somebody is gone who had it, by this phrase; of several, how many still come."""
    if request.several and request.state is not State.OPEN:
        yield from context.tell_duty("duty_crew_left", about=request, but=but, **company.counts(request))
    else:
        yield from context.tell_duty(phrase, about=request, but=but)


def full(context: Context, request: Request, newest: int) -> Texts:
    """All places are taken: who came before hears who comes, and where, once."""
    if request.state is not State.CLAIMED or request.has_room:
        return
    crew, when = assignments.all_on(context.session, request), context.when(request)
    for held, helper in crew:
        if helper.id == newest:
            continue
        them = [person for _, person in crew if person.id != helper.id]
        yield context.tell(
            helper,
            "crew_full",
            about=request,
            name=company.names(context, them),
            when=Said("crew_when", {"when": when}) if when else None,
            place=doors.again(request, held),
        )
