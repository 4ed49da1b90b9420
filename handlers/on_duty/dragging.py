"""The daily word to duty: what drags, the oldest first."""

from datetime import datetime, timedelta

from handlers.turn import DAY, Context, Texts
from handlers.wording.summary import Lines, Said
from models import dragging, duty_tasks, kept_apart, lines, offers, people, timers
from models.delivery.outbound import Lane
from models.people import Person
from models.requests import Request, State

SUMMARY = "summary"
MISSED = "summary_missed"  # the timer until which today's word waits for somebody to come on duty
HOUR = timedelta(hours=1)
ROWS = 8


def next_moment(context: Context) -> datetime:
    """When the next word is due: at the line's hour, whatever the clocks do."""
    return lines.next_of(context.line, context.now, (context.line.policy.summary_hour,))


def act(context: Context) -> Texts:
    """Tell those on duty what drags; nothing if nothing does."""
    if lines.minute(context.line, context.now) // 60 != context.line.policy.summary_hour:
        return  # the timer is new, or nothing ran for hours
    on_duty = people.on_duty(context.session, context.line.id)
    if not on_duty:
        timers.bring_forward(context.session, context.line.id, MISSED, next_moment(context) - HOUR)
    yield from _say(context, on_duty, _found(context))


def over(_: Context) -> Texts:
    """Nobody came on duty for today's word, and the next is near."""
    yield from ()


def read_to(context: Context, person: Person) -> Texts:
    """Today's word, to the first who comes on duty where nobody was; what waits as a task they have just read."""
    timer = timers.of(context.session, context.line.id, MISSED)
    if timer is None or timer.next_at is None:
        return
    timers.schedule(context.session, timer, None)
    told = {task.request_id for task in duty_tasks.waiting(context.session, context.line.id)}
    yield from _say(context, [person], [request for request in _found(context) if request.id not in told])


def _found(context: Context) -> list[Request]:
    """What drags though somebody could do something: in a pause what waits was told so, and nobody is to ask."""
    found, paused = dragging.find(context.session, context.line.id, context.now), context.line.is_paused(context.now)
    return [each for each in found if not paused or each.in_danger or each.state is State.HELD]


def _say(context: Context, to: list[Person], found: list[Request]) -> Texts:
    for person in to:
        seen = [request for request in found if not kept_apart.hides(context.session, request, person.id)]
        rows = Lines([row(context, request, person) for request in seen[:ROWS]])
        more = Said("queue_more", {"n": len(seen) - ROWS}) if len(seen) > ROWS else None
        if seen:
            yield context.tell(person, "duty_summary", lane=Lane.NOTICE, rows=rows, more=more, n=len(seen))


def row(context: Context, request: Request, person: Person) -> Said:
    """How long it waits already."""
    waited = context.now - request.created_at
    age = Said("age_days", {"n": waited // DAY}) if waited >= DAY else Said("age_hours", {"n": waited // HOUR})
    what = context.what(request, context.sight_on_duty(request, person))
    if request.state is State.HELD:
        return Said("summary_row_held", {"number": request.number, "what": what, "age": age})
    asked = offers.count(context.session, request.id)
    return Said("summary_row", {"number": request.number, "what": what, "age": age, "n": asked})
