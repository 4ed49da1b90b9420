"""FORGET ME: asked once, then everything about a person is erased, and whoever counted on them hears it kindly."""

from collections.abc import Iterator
from datetime import timedelta

from handlers.asking import waves
from handlers.helping import gathering
from handlers.on_duty import duty_tasks
from handlers.safety import all_clear
from handlers.turn import Context, Text, Texts, Turn
from handlers.understanding.intents import Answer, Free, Order, Question
from handlers.wording.summary import Ours
from models import alarms, assignments, erasing, former, offers, people, pledges, requests, shifts, timers, watch
from models import duty_tasks as duty_tasks_of
from models.assignments import State as AssignmentState
from models.delivery.outbound import Lane
from models.offers import State as OfferState
from models.people import Person
from models.requests import Outcome, State

DONE = "forgotten"  # the one text that somebody who was erased still gets
CLEARING = timers.CLEARING
GO_ON = timedelta(seconds=1)  # until the next part of what is long: texts that come in go between
SOON = timedelta(minutes=1)  # until what was on its way is looked at again
YES, NO = 1, 2


def forget(turn: Turn, _: Order) -> Texts:
    """FORGET ME. Who has said STOP cannot be asked any more: the carrier lets no question through."""
    if turn.speaker.opted_out_at is not None:
        if not _danger_unread(turn):
            yield from _erased(turn)
        return
    if _danger_unread(turn):
        yield turn.reply("forget_danger", dial=Ours(turn.line.emergency_number))
        return
    if turn.asked is not None and turn.asked.question is Question.FORGET:  # where a 1 could mean two things
        yield from _erased(turn)
        return
    turn.ask(turn.speaker, Question.FORGET, options=NO)
    yield turn.reply("forget_all")


def _danger_unread(turn: Turn) -> bool:
    """Whether they spoke of danger and nobody has read it: it may be somebody else who holds their phone now."""
    return any(all_clear.waits(turn, request) for request in turn.own)


def wanted(turn: Turn, _: Free) -> Texts:
    """The same in words of their own."""
    yield from forget(turn, Order("forget"))


def answered(turn: Turn, intent: Answer) -> Texts:
    """1 erase, 2 no."""
    if intent.choice not in (YES, NO):
        yield turn.reply("forget_all")
        return
    turn.unask(turn.speaker)
    if intent.choice == NO:
        yield turn.reply("forget_not")
    elif _danger_unread(turn):  # said since we asked
        yield from forget(turn, Order("forget"))
    else:
        yield from _erased(turn)


def stays(turn: Turn, intent: Answer) -> Texts:
    """A volunteer who was silent for a year: 1 stays, 2 is erased."""
    if intent.choice not in (YES, NO):
        yield turn.reply("stay_or_go", n=turn.line.policy.forget_notice_days)
        return
    turn.unask(turn.speaker)
    if intent.choice == YES:
        yield turn.reply("goes_on_helping")
    else:
        yield from _erased(turn)


def _erased(turn: Turn) -> Texts:
    """Everything, in the language that they had until now."""
    yield from erase(turn, turn.speaker, confirmed=True)


def erase(context: Context, person: Person, *, confirmed: bool = False) -> Iterator[Text]:
    """Erase somebody; the texts that follow from it, and with `confirmed` one to them: the last.

    All that others have to hear is worked out before anything is erased, and says nothing of who it was.
    """
    texts = [*_let_go(context, person), *_end_requests(context, person)]
    _off_duty(context, person)
    more = erasing.erase(context.session, context.line, person, context.now)
    timers.bring_forward(context.session, context.line.id, CLEARING, context.now + (GO_ON if more else SOON))
    timers.bring_forward(context.session, context.line.id, timers.DECIDING, context.now)  # their words are gone
    if confirmed:
        texts.insert(0, context.tell(person, DONE, lane=Lane.REPLY, line=Ours(context.line.name)))
    return iter(texts)


def erase_left(context: Context, number: str) -> bool:
    """Erase what is left of whoever had this number and was taken off; False if nothing is."""
    left = former.of_number(context.session, context.line, number)
    if left:
        erasing.erase_former(context.session, context.line, left, number, context.now)
        timers.bring_forward(context.session, context.line.id, CLEARING, context.now + SOON)
    return bool(left)


def _let_go(context: Context, person: Person) -> Texts:
    """What they had in hand goes to others."""
    for number in offers.pending_numbers(context.session, person.id):
        request = requests.by_number(context.session, context.line.id, number)
        if request is not None:
            offers.settle(context.session, request.id, OfferState.PASSED, context.now, person_id=person.id)
    for held, request in assignments.held_by(context.session, person.id):
        if assignments.end(context.session, held, AssignmentState.RELEASED, context.now):
            texts = waves.place_freed(context, request, "left", by=person.id)
            neighbor = people.by_id(context.session, request.person_id)
            yield from gathering.one_less(context, request, person, neighbor, waves.asked(texts))
            yield from gathering.tell_duty(context, request, "duty_helper_left", but=person.id)
            yield from texts


def _end_requests(context: Context, person: Person) -> Texts:
    """What they asked for ends; who was to come, and duty where it is theirs, hears it."""
    for request in requests.live_of(context.session, person.id):
        was, in_danger = request.state, request.in_danger
        outcome = Outcome.UNCONFIRMED if was is State.DELIVERED else Outcome.WITHDRAWN
        if not waves.close(context, request, outcome, by=person.id):
            continue
        yield from waves.let_off(context, request)
        duty_tasks.over(context, request)
        if in_danger or was is State.HELD or request.duty_person_id is not None:
            yield from context.tell_duty("duty_asker_left", about=request, but=person.id)


def _off_duty(context: Context, person: Person) -> None:
    duty_tasks_of.end_about(context.session, person.id, context.now)
    alarms.let_go(context.session, person.id, context.now)
    was_on = person.on_duty
    if was_on:
        watch.end(context.session, person, context.now)
    shifts.remove_of(context.session, person.id)
    pledges.end_all(context.session, person.id, context.now)
    if was_on:
        duty_tasks.left(context)
