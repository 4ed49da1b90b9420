"""What time does about a claim: both are reminded, silence is asked about, and at last it goes to somebody else.

Whatever is said here is decided by one conditional UPDATE of the assignment: a word of the volunteer at the same
moment wins, and then nothing of this is said.
"""

from collections.abc import Callable, Generator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from handlers.asking import waves
from handlers.helping import company, gathering, lease, leasing
from handlers.helping.lease import Step
from handlers.needs import timing
from handlers.phrasebook import Value
from handlers.turn import RECEIPT_ANSWERS, Context, Text, Texts
from handlers.understanding.intents import Question
from handlers.where import doors
from handlers.wording.summary import Ours, Said, Several, Sight, When
from models import assignments, people, requests
from models.assignments import Assignment
from models.assignments import State as AssignmentState
from models.delivery.outbound import Lane
from models.people import Person
from models.requests import Request, State, Urgency

GOING_ANSWERS = 3  # to "how is it going?": on it, can't, done
TOGETHER = timedelta(hours=1)  # in which the neighbor is asked only once whether they came
COMING_ANSWERS = 2  # to a reminder: on it, can't


def act(context: Context, request: Request) -> Texts:
    """A claimed request is due: whatever the lease of each who has it asks for now, and whether more are asked."""
    found = assignments.all_on(context.session, request)
    if not found:  # nobody has it: it waits for somebody
        yield from waves.open_up(context, request, "reopened", (State.CLAIMED,))
        return
    looks = []
    for held, helper in found:
        if (look := (yield from _of_one(context, request, held, helper))) is not None:
            looks.append(look)
    if request.state is not State.CLAIMED:
        return
    if request.several:
        yield from gathering.act(context, request)
        looks += [request.next_wave_at] if request.has_room and request.next_wave_at is not None else []
    requests.schedule(context.session, request, min(looks))


def _of_one(
    context: Context, request: Request, held: Assignment, helper: Person
) -> Generator[Text, None, datetime | None]:
    """What one lease asks for now; when it is looked at again, None if it has ended."""
    terms = leasing.terms(context, request)
    if held.heard_at is None:  # claimed before there were leases: it begins now, and nobody is blamed
        leasing.renew(context, held, request)
    for _ in Step:
        due = lease.next_step(held, request, terms)
        at = due.at if due.step is Step.DOOR else terms.awake(max(due.at, context.now))
        if at > context.now:
            return at
        yield from STEPS[due.step](context, request, held, helper)
        if held.state is not AssignmentState.ACTIVE:
            return None
    return leasing.first_look(context, request, held)


def nudge(context: Context, request: Request, held: Assignment, helper: Person, until: datetime) -> Text:
    """How is it going? By a digit, unless they have another question of ours to answer."""
    asks = context.ask_if_free(helper, Question.GOING, request, options=GOING_ANSWERS)
    phrase = "how_is_it" if asks else "how_is_it_words"
    what = context.what(request, doors.sight(context, request, held))
    return context.tell(helper, phrase, about=request, what=what, when=when(context, until))


def reminder(context: Context, request: Request, held: Assignment, helper: Person, then: Value) -> Text:
    """Do they still come, as it was said?"""
    asks = context.ask_if_free(helper, Question.GOING, request, options=COMING_ANSWERS)
    return context.tell(
        helper,
        "remind_helper" if asks else "remind_helper_words",
        about=request,
        what=replace(context.what(request, doors.sight(context, request, held)), when=None, helpers=None),
        when=then,
        place=doors.again(request, held),
        others=company.with_whom(context, request, helper.id),
    )


def when(context: Context, moment: datetime) -> When:
    """A moment on the line's clock."""
    return When(moment, context.line.timezone)


def _remind(context: Context, request: Request, held: Assignment, helper: Person) -> Texts:
    named = lease.window(held, request)
    if not assignments.change(context.session, held, reminded_at=context.now) or named is None:
        return
    if context.now >= (named.ends if lease.lasts(request, named) else named.begins):  # nothing of us ran at the time
        return
    requests.record(context.session, request, "reminded", context.now)
    then = timing.named(context, held, request)
    yield reminder(context, request, held, helper, then)
    crew = [pair for pair in company.others(context, request, helper.id) if lease.window(pair[0], request) == named]
    if any(other.reminded_at == context.now for other, _ in crew) or gathering.tells(context, request):
        return  # the neighbor hears of all with one text
    yield context.tell(
        _neighbor(context, request),
        "remind_neighbor_all" if crew else "remind_neighbor",
        about=request,
        name=company.names(context, [helper, *(other for _, other in crew)]),
        when=then,
        code=Ours(request.code_word),
    )


def _unconfirmed(context: Context, request: Request, held: Assignment, helper: Person) -> Texts:
    named = lease.window(held, request)
    if not assignments.change(context.session, held, unheard=True, warned_at=context.now) or named is None:
        return
    if context.now >= named.begins:
        return
    requests.record(context.session, request, "unconfirmed", context.now)
    crew = company.others(context, request, helper.id)
    if any(other.warned_at == context.now for other, _ in crew):
        return  # they have heard of all who are silent
    silent = [helper, *(p for a, p in crew if a.reminded_at is not None and lease.heard(a) < a.reminded_at)]
    at = timing.named(context, held, request)
    neighbor, name = _neighbor(context, request), company.names(context, silent)
    what = replace(context.what(request, Sight.NEAR), when=None)
    whole = Several([context.whole_name(person) for person in silent])
    told = [
        *context.tell_duty(
            "duty_not_confirmed_all" if len(silent) > 1 else "duty_not_confirmed",
            about=request,
            but=helper.id,
            what=what,
            name=whole,
            when=at,
        )
    ]
    knows = Said("duty_knows") if told else None
    phrase = "not_confirmed_all" if len(silent) > 1 else "not_confirmed"
    yield context.tell(neighbor, phrase, about=request, name=name, when=at, then=knows)
    yield from told


def _nudge(context: Context, request: Request, held: Assignment, helper: Person) -> Texts:
    terms = leasing.terms(context, request)
    until = max(_until(held, context), terms.after(context.now, terms.holds / 2))  # also where nothing of us ran
    asked: dict[str, Any] = {"nudged_at": context.now, "leased_until": until}
    if assignments.change(context.session, held, unheard=True, **asked):
        requests.record(context.session, request, "nudged", context.now)
        yield nudge(context, request, held, helper, until)


def _warn(context: Context, request: Request, held: Assignment, helper: Person) -> Texts:
    if (until := _last_chance(context, request, held)) is not None:
        neighbor, name = _neighbor(context, request), context.somebody(helper)
        yield context.tell(neighbor, "no_word_yet", about=request, name=name, when=when(context, until))


def _receipt(context: Context, request: Request, held: Assignment, helper: Person) -> Texts:
    if (until := _last_chance(context, request, held)) is None:
        return
    neighbor, crew = _neighbor(context, request), company.others(context, request, helper.id)
    if any(other.warned_at is not None and context.now - other.warned_at < TOGETHER for other, _ in crew):
        return  # they are asked once, whoever is silent
    asks = context.ask_if_free(neighbor, Question.RECEIPT, request, options=RECEIPT_ANSWERS)
    phrase = "did_they_come" if asks else "did_they_come_too"
    name = company.names(context, [helper, *(other for _, other in crew)])
    yield context.tell(neighbor, phrase, about=request, name=name, when=when(context, until))


def _last_chance(context: Context, request: Request, held: Assignment) -> datetime | None:
    """Until when a word is still awaited, of which the neighbor is told now; None if one came at this moment."""
    terms = leasing.terms(context, request)
    until = max(_until(held, context), terms.after(context.now, terms.holds / 4))
    if not assignments.change(context.session, held, unheard=True, warned_at=context.now, leased_until=until):
        return None
    requests.record(context.session, request, "warned", context.now)
    return until


def _door(context: Context, request: Request, held: Assignment, helper: Person) -> Texts:
    """Nobody has come to the door: whoever stands there hears what to do, and duty knows."""
    if not assignments.change(context.session, held, at_door_at=None):
        return
    requests.record(context.session, request, "door_stays_shut", context.now)
    what, name = context.what(request, Sight.NEAR), context.whole_name(helper)
    told = list(context.tell_duty("duty_nobody_home", about=request, but=helper.id, what=what, name=name))
    yield context.tell(helper, "door_stays_shut" if told else "door_stays_shut_alone", about=request, lane=Lane.REPLY)
    yield from told


def _lapse(context: Context, request: Request, held: Assignment, helper: Person) -> Texts:
    if not assignments.end(context.session, held, AssignmentState.LAPSED, context.now, unheard=True):
        return  # what they were asked waits on: "1" means that they come after all, and never #1
    neighbor = _neighbor(context, request)
    context.unask(neighbor, request)
    texts = waves.place_freed(context, request, "lapsed", by=helper.id)
    yield context.tell(helper, "lapsed", about=request)
    name, n = context.somebody(helper), waves.asked(texts)
    if request.state is State.CLAIMED:
        yield context.tell(neighbor, "crew_silent", about=request, name=name, n=n, **company.counts(request))
    else:
        yield context.tell(neighbor, "helper_silent", about=request, name=name, n=n)
    if request.urgency is Urgency.URGENT or request.in_danger:
        what, whole = context.what(request, Sight.NEAR), context.whole_name(helper)
        yield from context.tell_duty("duty_lapsed", about=request, but=helper.id, what=what, name=whole)
    yield from texts


def _neighbor(context: Context, request: Request) -> Person:
    return people.by_id(context.session, request.person_id)


def _until(held: Assignment, context: Context) -> datetime:
    return held.leased_until or context.now


STEPS: dict[Step, Callable[[Context, Request, Assignment, Person], Texts]] = {
    Step.REMIND: _remind,
    Step.UNCONFIRMED: _unconfirmed,
    Step.DOOR: _door,
    Step.NUDGE: _nudge,
    Step.WARN: _warn,
    Step.RECEIPT: _receipt,
    Step.LAPSE: _lapse,
}
