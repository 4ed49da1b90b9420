"""One request, as much as somebody may know: volunteers what INFO and WHO say, whoever is on duty what SHOW says."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from handlers.helping import browse
from handlers.on_duty import reading_along
from handlers.phrasebook import Value
from handlers.rules import who
from handlers.safety import discreet, first_answer, watch
from handlers.turn import Context, Texts
from handlers.views import acts
from handlers.where import doors
from handlers.wording.summary import Name, Ours, Quoted, Said, Several, Sight, What
from models import alarms, assignments, events, kept_apart, offers, people, requests
from models.assignments import Assignment
from models.assignments import State as AssignmentState
from models.people import Person
from models.requests import TALKING, Event, Outcome, Request, State

ROWS = 40  # of what was done, the latest
NOTES = 10  # the latest; the story has all
JUST_NOW = timedelta(hours=1)  # since somebody gave it back


class Part(StrEnum):
    """What somebody has to do with a request."""

    STRANGER = "stranger"  # they could come
    ONLOOKER = "onlooker"  # they may know what was done
    HAD = "had"  # they had it, and may know what was done
    HELPER = "helper"
    NEIGHBOR = "neighbor"
    DUTY = "duty"


@dataclass(frozen=True)
class OnIt:
    """Who has answered an alarm (None is the reader), since when, and when it is said again if they do nothing."""

    name: Name | Said | None
    since: datetime
    again_at: datetime | None


@dataclass(frozen=True)
class OneRequest:
    """What somebody may know of a request. None stands for what they may not, or what there is not."""

    number: int
    part: Part
    state: Said
    brought: bool  # the reader says that it is done, and the neighbor is asked
    gave_back: bool  # the reader did, just now
    on_it: OnIt | None
    since: datetime
    what: What | None
    place: Said | None
    door_waits: bool  # the exact place is there to be asked for
    words: Said | None
    whole: bool  # these are all the words
    blanked_at: datetime | None  # when its words and places were erased
    code: Ours | None
    phone: Said | None
    helper: Value | None
    asked: int | None
    notes: Sequence[Quoted]
    rows: Sequence[Said]
    goes_on_as: int | None
    at_home: bool
    may_read_talk: bool
    reads_talk: bool
    acts: Sequence[str]
    takers: Sequence[Name]
    me: Name | Said


def look(context: Context, person: Person, number: int, *, on_duty: bool) -> OneRequest | None:
    """The request with this number; None where there is none, or none that they may know of."""
    request = requests.by_number(context.session, context.line.id, number)
    if request is None:
        return None
    held = _held(context, person, request)
    if on_duty:
        return None if kept_apart.hides(context.session, request, person.id) else _to_duty(context, person, request)
    if held is not None:
        return None if discreet.keeps_carried(person) else _in_full(context, person, request, held)
    if request.person_id == person.id:
        return None if discreet.kept_from(person) else _in_full(context, person, request, None)
    history = events.history(context.session, request)
    hidden = kept_apart.hides(context.session, request, person.id)
    had = (
        not hidden and person.helper_since is not None and person.id in assignments.ever_on(context.session, request)
    )
    rows = [*who.rows(context, request, history)] if not hidden and who.may_be_seen(request, history) else []
    stands_open = request.state is State.OPEN and person.helps and browse.may_meet(context, person, request)
    if not rows and not stands_open and not had:
        return None
    part = Part.STRANGER if stands_open else Part.HAD if had else Part.ONLOOKER
    what = context.what(request) if stands_open else None
    return _view(context, person, request, part, what=what, rows=rows)


def ask_for_place(context: Context, person: Person, number: int, *, on_duty: bool) -> tuple[Said | None, Texts]:
    """Show them the exact place from now on, as INFO and SHOW do; else why not. And what duty hears of it."""
    request = requests.by_number(context.session, context.line.id, number)
    if request is None:
        return None, iter(())
    held = _held(context, person, request)
    if held is not None and not discreet.keeps_carried(person):
        shown, texts = doors.show(context, request, person, held)
    elif on_duty and not kept_apart.hides(context.session, request, person.id):
        shown, texts = doors.show_on_duty(context, request, person)
    else:
        return None, iter(())
    return shown.place if shown.hidden else None, texts


def is_known(context: Context, person: Person, number: int) -> bool:
    """Whether there is a request with this number, for whoever is on duty."""
    request = requests.by_number(context.session, context.line.id, number)
    return request is not None and not kept_apart.hides(context.session, request, person.id)


def ask_for_talk(context: Context, person: Person, number: int) -> tuple[bool, Texts]:
    """Let somebody on duty read what was written about it; whether they may, and what duty hears of it."""
    request = requests.by_number(context.session, context.line.id, number)
    if request is None or kept_apart.hides(context.session, request, person.id):
        return False, iter(())
    return reading_along.read(context, request, person)


def _held(context: Context, person: Person, request: Request) -> Assignment | None:
    held = assignments.held_by(context.session, person.id) if person.helper_since else []
    return next((assignment for assignment, r in held if r.id == request.id), None)


def _in_full(context: Context, person: Person, request: Request, held: Assignment | None) -> OneRequest:
    """INFO, for whoever has it in hand, and for its neighbor."""
    shown = doors.look(context, request, person, held) if held is not None else doors.whole(request)
    return _view(
        context,
        person,
        request,
        Part.HELPER if held is not None else Part.NEIGHBOR,
        what=context.what(request, Sight.ANYBODY if shown.hidden else Sight.NEAR),
        shown=shown,
        code=Ours(request.code_word) if request.code_word and request.live else None,
        phone=discreet.of(context, request) if held is not None else None,
        rows=_rows(context, request),
    )


def _to_duty(context: Context, person: Person, request: Request) -> OneRequest:
    """SHOW."""
    held = _held(context, person, request)
    shown = doors.whole(request) if request.person_id == person.id else doors.look(context, request, person)
    if shown.hidden and held is not None:
        shown = doors.look(context, request, person, held)
    crew = assignments.holding(context.session, request) if request.state in TALKING else []
    history = events.history(context.session, request)
    return _view(
        context,
        person,
        request,
        Part.DUTY,
        on_duty=True,
        what=context.what_on_duty(request, person),
        shown=shown,
        phone=discreet.of(context, request),
        code=Ours(request.code_word) if held is not None else None,
        helper=Several([context.numbered(helper) for _, helper in crew]) if crew else None,
        asked=offers.count(context.session, request.id) or (None if request.in_danger else 0),
        notes=[Quoted(event.words) for event in history if event.kind == "note" and event.words][-NOTES:],
    )


def _rows(context: Context, request: Request) -> list[Said]:
    history: list[Event] = events.history(context.session, request)
    return [*who.rows(context, request, history)] if who.may_be_seen(request, history) else []


def _view(
    context: Context,
    person: Person,
    request: Request,
    part: Part,
    *,
    on_duty: bool = False,
    what: What | None,
    shown: doors.Shown = doors.NOTHING,
    code: Ours | None = None,
    phone: Said | None = None,
    helper: Value | None = None,
    asked: int | None = None,
    notes: Sequence[Quoted] = (),
    rows: Sequence[Said] = (),
) -> OneRequest:
    may_do = acts.of(context, request, person, on_duty=on_duty)
    delivered = request.state is State.DELIVERED
    holder = assignments.held_of(context.session, request, person.id) if delivered else None
    given_back = events.did_since(context.session, request, "dropped", person.id, context.now - JUST_NOW)
    talk = on_duty and reading_along.may_read(context, request, person)
    return OneRequest(
        number=request.number,
        part=part,
        state=Said("state_alarm" if on_duty and watch.unheard(context, request) else f"state_{request.state}"),
        brought=holder is not None and holder[0].state is AssignmentState.DONE,
        gave_back=bool(given_back),
        on_it=_on_it(context, request, person) if on_duty else None,
        since=request.created_at,
        what=what,
        place=shown.place,
        door_waits=shown.hidden,
        words=shown.words,
        whole=not shown.hidden,
        blanked_at=request.blanked_at,
        code=code,
        phone=phone,
        helper=helper,
        asked=asked,
        notes=notes,
        rows=rows[-ROWS:],
        goes_on_as=_goes_on_as(context, person, request, on_duty=on_duty),
        at_home=on_duty and first_answer.at_home(request),
        may_read_talk=talk,
        reads_talk=talk and reading_along.reads(context, request, person),
        acts=may_do,
        takers=acts.takers(context, request) if "assign" in may_do else (),
        me=context.numbered(person),
    )


def _on_it(context: Context, request: Request, reader: Person) -> OnIt | None:
    """Who on duty has answered its alarm, until it is over."""
    alarm = alarms.of(context.session, request) if request.danger else None
    if alarm is None or alarm.ended_at is not None or alarm.heard_at is None or alarm.taken_by_person_id is None:
        return None
    by = people.by_id(context.session, alarm.taken_by_person_id)
    return OnIt(None if by.id == reader.id else context.numbered(by), alarm.heard_at, alarm.next_at)


def _goes_on_as(context: Context, person: Person, request: Request, *, on_duty: bool) -> int | None:
    """The number under which it goes on, if they may know of that one."""
    if request.outcome is not Outcome.MERGED or request.parent_request_id is None:
        return None
    kept = requests.by_id(context.session, request.parent_request_id)
    return kept.number if look(context, person, kept.number, on_duty=on_duty) else None
