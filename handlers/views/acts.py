"""What somebody can do about a request as it stands, by the names of the commands that do it."""

from collections.abc import Iterator

from handlers.asking import bundles, waves
from handlers.helping import browse
from handlers.safety import first_answer
from handlers.turn import Context
from handlers.wording.summary import Name
from models import alarms, assignments, duty_tasks, kept_apart, offers, people
from models.assignments import State as AssignmentState
from models.people import Person
from models.requests import TALKING, Request, State

TAKERS = 12  # to choose from
OF_DUTY = frozenset({"on_it", "false_alarm", "assign", "open", "hold", "merge", "note", "close"})


def of(context: Context, request: Request, person: Person, *, on_duty: bool) -> tuple[str, ...]:
    """What may be offered to them, in the order in which people mostly need it."""
    own = [*_as_themselves(context, request, person)]
    if not on_duty:
        return tuple(own)
    return tuple(dict.fromkeys([*_about_danger(context, request, person), *own, *_as_duty(context, request, person)]))


def _as_themselves(context: Context, request: Request, person: Person) -> Iterator[str]:
    """As volunteers, or as the neighbor who asked for it."""
    if request.person_id == person.id:
        if request.live:
            yield from ("relay", "more", "nevermind")
        return
    holder = assignments.held_of(context.session, request, person.id) if request.state in TALKING else None
    if holder is not None:
        if holder[0].state is AssignmentState.ACTIVE:
            yield from (() if holder[0].on_the_way_at else ("omw",))
            yield from ("done", "relay", "drop")
        else:
            yield "relay"
    elif request.has_room and person.helps and browse.may_meet(context, person, request):
        yield "claim"
        if request.number in offers.pending_numbers(context.session, person.id):
            yield "pass"
        yield "relay"


def _about_danger(context: Context, request: Request, person: Person) -> Iterator[str]:
    """What waits for duty: an alarm, or a question."""
    alarm = alarms.of(context.session, request) if request.danger else None
    waits = duty_tasks.of(context.session, request.id) is not None and alarm is None and request.live
    up = alarm if alarm is not None and alarm.ended_at is None else None
    if waits or (up is not None and (up.unheard or up.taken_by_person_id != person.id)):
        yield "on_it"


def _as_duty(context: Context, request: Request, person: Person) -> Iterator[str]:
    if request.person_id != person.id:
        yield "relay"
    alarm = alarms.of(context.session, request) if request.danger else None
    if alarm is not None and alarm.ended_at is None:
        yield "false_alarm"
    if request.live and not first_answer.at_home(request):
        yield "assign"
        if request.state is not State.OPEN:
            yield "open"
        if request.state in (State.DRAFT, State.OPEN):
            yield "hold"
        yield "merge"
    yield "note"
    if request.live:
        yield "close"


def takers(context: Context, request: Request) -> list[Name]:
    """Who could take it: those who were asked and did not say no, then those who would be asked next."""
    asked = offers.may_yet_come(context.session, request.id)
    states = () if request.several else assignments.HOLDING
    having = (
        {p.id for _, p in assignments.all_on(context.session, request, *states)}
        if request.state in TALKING
        else set()
    )
    there = bundles.going_there(context, request)
    ids = dict.fromkeys([*asked, *(each.id for each in waves.choose(context, request, TAKERS, there=there))])
    known = people.by_ids(context.session, list(ids))
    apart = (known[id_] for id_ in ids if id_ in known and not kept_apart.are(context.session, request, id_))
    named = [context.numbered(p) for p in apart if p.helps and p.id not in having]
    return [name for name in named if isinstance(name, Name)][:TAKERS]
