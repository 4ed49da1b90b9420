"""What whoever is on duty has to look after: what drags, what waits for an answer, notes, the brake and the break."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from handlers.asking import admission
from handlers.distributions import distro_clock
from handlers.goods import stocking
from handlers.on_duty import dragging, duty_tasks, raising, rota
from handlers.pauses import pause
from handlers.phrasebook import Value
from handlers.turn import Context
from handlers.views import unheard
from handlers.views.unheard import Unheard
from handlers.wording.summary import Said, What
from models import dragging as kept_dragging
from models import duty_tasks as kept_tasks
from models import kept_apart, people, requests, surges
from models.duty_tasks import DutyTask
from models.people import Person
from models.surges import Tap

NOTES, ROWS, DRAGS = 10, 30, 12


@dataclass(frozen=True)
class Waits:
    """Something that nobody on duty has answered yet: about a request, or about a person."""

    request: int | None
    person: int | None
    what: What | None
    name: Value
    why: Said | None
    kind: str  # the phrase by which duty was told first
    since: datetime


@dataclass(frozen=True)
class Drags:
    """A request that waits for long."""

    number: int
    row: Said


@dataclass(frozen=True)
class Watch:
    """What duty sees of its own."""

    alarms: Sequence[Unheard]
    notes: Sequence[Said]
    stock: Sequence[Said]  # what the group has, and what of it is promised
    drags: Sequence[Drags]
    waits: Sequence[Waits]
    more_waits: int
    distributions: Sequence[Said]  # to come, and of late
    paused_until: datetime | None
    held_since: datetime | None  # since when the brake is on
    pressure: Said | None  # what waits in line, for how many days of work; None where nobody knows
    tap: str


def understands(context: Context, until: str) -> bool:
    """Whether these words say until when the line shall pause."""
    return pause.moment(context, until) is not None


def look(context: Context, person: Person) -> Watch:
    """All of it, for somebody on duty."""
    tasks = kept_tasks.waiting(context.session, context.line.id)
    waits = [*islice(_waiting(context, person, tasks), ROWS)]
    surge = surges.load(context.session, context.line, context.now).surge
    return Watch(
        alarms=[*islice(unheard.look(context, person), ROWS)],
        notes=[*rota.notes(context, person, NOTES)],
        stock=stocking.rows(context),
        drags=[*islice(_dragging(context, person), DRAGS)],
        waits=waits,
        more_waits=len(tasks) - ROWS if len(waits) == ROWS else 0,
        distributions=distro_clock.rows(context),
        paused_until=context.line.paused_until if context.line.is_paused(context.now) else None,
        held_since=surge.held_since if surge is not None else None,
        pressure=admission.pressure(context),
        tap=surge.tap if surge is not None else Tap.AUTO,
    )


def _dragging(context: Context, person: Person) -> Iterator[Drags]:
    for request in kept_dragging.find(context.session, context.line.id, context.now, 2 * DRAGS):
        if not kept_apart.hides(context.session, request, person.id):
            yield Drags(request.number, dragging.row(context, request, person))


def _waiting(context: Context, person: Person, tasks: Sequence[DutyTask]) -> Iterator[Waits]:
    for task in tasks:
        if task.about_person_id == person.id:
            continue
        row = _about_request(context, person, task) if task.request_id is not None else _about_person(context, task)
        if row is not None:
            yield row


def _about_request(context: Context, person: Person, task: DutyTask) -> Waits | None:
    request = requests.by_id(context.session, task.request_id or 0)
    if not request.live or kept_apart.hides(context.session, request, person.id):
        return None
    what = context.what(request, context.sight_on_duty(request, person))
    why = Said(duty_tasks.WHY.get(task.phrase, "why_held"))
    return Waits(request.number, None, what, None, why, task.phrase, task.raised_at)


def _about_person(context: Context, task: DutyTask) -> Waits | None:
    if task.about_person_id is None or task.phrase not in raising.OF_PEOPLE:
        return None
    about = people.by_id(context.session, task.about_person_id)
    return Waits(None, about.id, None, context.whole_name(about), None, task.phrase, task.raised_at)
