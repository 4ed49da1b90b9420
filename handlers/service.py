"""For anyone: help, stop, start, the language."""

from handlers import phrasebook
from handlers.asking import waves
from handlers.helping import gathering
from handlers.needs import foreign, intake
from handlers.on_duty import duty_tasks
from handlers.pauses import pause
from handlers.rules import changing
from handlers.safety import alarms, first_answer
from handlers.turn import Texts, Turn
from handlers.understanding import acts
from handlers.understanding.intents import Act, Free, Intent, Kind, MayStop, Order, Question, WrongNumber
from handlers.wording.summary import Ours, Said, brief
from models import alarms as kept_alarms
from models import (
    assignments,
    board_sessions,
    inbound,
    offers,
    people,
    person_events,
    pledges,
    requests,
    shifts,
    watch,
)
from models.assignments import State as AssignmentState
from models.delivery import outbound
from models.delivery.outbound import Lane
from models.lines import Channel
from models.offers import State as OfferState
from models.requests import State


def help_(turn: Turn, _: Order) -> Texts:
    """Who we are and what to text. It opens an intake, because a person in need types exactly this."""
    if turn.speaker.helps and Act.ASKS_WHO in acts.read(turn.heard.body):
        yield turn.reply("who_asks_helpers", line=Ours(turn.line.name))  # what we asked them stays asked
        return
    draft = intake.draft_of(turn)
    if draft is None:
        turn.ask(turn.speaker, Question.NEED, options=len(intake.OFFERED_NEEDS))
    if turn.heard.carrier_answered is not None:
        return
    phrase = "help_helper" if turn.speaker.helps else "help"
    greeting = None if turn.speaker.helps else changing.greeting(turn)
    yield turn.reply(phrase, line=Ours(turn.line.name), greeting=greeting, dial=Ours(turn.line.emergency_number))
    yield from pause.to_who_writes(turn)
    if turn.speaker.on_duty:
        yield turn.reply("help_duty")
    if draft is not None:
        yield from intake.next_step(turn, draft, at_once=True)


def stop(turn: Turn, order: Order) -> Texts:
    """Stop at once, cancel what is queued, release what they held, tell duty who is left waiting."""
    # The carrier itself confirms its own words on SMS, and lets nothing of ours through after them.
    by_carrier = turn.heard.carrier_answered is not None or (order.argument and turn.heard.channel is Channel.SMS)
    if _end_texts(turn):
        return  # they said so before: all that follows from it has followed
    if not by_carrier:
        yield turn.reply("stopped", line=Ours(turn.line.name))
    yield from _let_go(turn)
    for request in requests.live_of(turn.session, turn.speaker.id):
        requests.record(turn.session, request, "asker_stopped", turn.now, by=turn.speaker.id)
        yield from turn.tell_duty("duty_asker_stopped", about=request, but=turn.speaker.id)
        for _, helper in assignments.all_on(turn.session, request):
            yield turn.tell(helper, "asker_stopped", about=request)


def wrong_number(turn: Turn, intent: WrongNumber) -> Texts:
    """The phone is not whose we thought: as STOP, and where we wrote first, duty hears of it."""
    speaker = turn.speaker
    # Whoever was added by hand was sent texts before they ever wrote; who wrote first has only mistyped, unless
    # that was somebody else.
    wrote_first = not intent.not_called and inbound.wrote_before(turn.session, speaker.id, turn.heard.id)
    ours = speaker.helper_since is not None and not wrote_first
    if _end_texts(turn):
        return
    yield turn.reply("wrong_number", line=Ours(turn.line.name))
    if ours:
        name = turn.name(speaker, whole=True) or Said("somebody")
        yield from turn.tell_duty("duty_wrong_number", but=speaker.id, name=name)
    yield from _let_go(turn)
    for request in requests.live_of(turn.session, speaker.id):
        requests.record(turn.session, request, "asker_stopped", turn.now, by=speaker.id)
        yield from turn.tell_duty("duty_asker_stopped", about=request, but=speaker.id)


def cut_off(turn: Turn) -> Texts:
    """The carrier lets nothing through to them any more: they said STOP to it, or the number is somebody else's now.

    As STOP, but that no text of theirs tells of it.
    """
    speaker = turn.speaker
    if _end_texts(turn, person_events.CUT_OFF):
        return
    told = list(_let_go(turn, "duty_helper_cut_off"))
    for request in requests.live_of(turn.session, speaker.id):
        requests.record(turn.session, request, "asker_stopped", turn.now)
        told += turn.tell_duty("duty_asker_cut_off", about=request, but=speaker.id)
        for _, helper in assignments.all_on(turn.session, request):
            told.append(turn.tell(helper, "asker_cut_off", about=request))
    if not told and speaker.helper_since is not None:  # a volunteer whom nobody would miss before they are needed
        told += turn.tell_duty(
            "duty_cut_off", but=speaker.id, name=turn.name(speaker, whole=True) or Said("somebody")
        )
    yield from told


def may_stop(turn: Turn, _: MayStop) -> Texts:
    """It may be a wish to be left alone: one question, and nobody who needs help is lost."""
    if turn.speaker.opted_out_at is None:
        yield turn.reply("may_stop_helper" if turn.speaker.helps else "may_stop")


def _end_texts(turn: Turn, why: str | None = person_events.STOPPED) -> bool:
    """Nothing more goes to whoever speaks; whether that was so already. `why` is the event of it."""
    speaker = turn.speaker
    already = speaker.opted_out_at is not None
    if why is not None and not already:
        by = speaker.id if why == person_events.STOPPED else None
        person_events.record(turn.session, turn.line.id, speaker.id, why, turn.now, by=by)
    speaker.opted_out_at = turn.now
    was_on = speaker.on_duty
    speaker.wake_since = None
    board_sessions.end_all(turn.session, speaker.id, turn.now)
    kept_alarms.let_go(turn.session, speaker.id, turn.now)
    if was_on:
        watch.end(turn.session, speaker, turn.now)
        duty_tasks.left(turn)
    if speaker.helper_since is not None:
        shifts.remove_of(turn.session, speaker.id)
    pledges.end_all(turn.session, speaker.id, turn.now)
    turn.unask(speaker)
    outbound.cancel_for(turn.session, speaker.id, turn.now)
    return already


def leave(turn: Turn) -> Texts:
    """The host takes somebody off the line: as STOP, but that nobody is told of a text of theirs."""
    _end_texts(turn, None)
    yield from _let_go(turn, "duty_helper_removed")


def _let_go(turn: Turn, to_duty: str = "duty_helper_stopped") -> Texts:
    for number in offers.pending_numbers(turn.session, turn.speaker.id):
        request = requests.by_number(turn.session, turn.line.id, number)
        if request:
            offers.settle(turn.session, request.id, OfferState.PASSED, turn.now, person_id=turn.speaker.id)
    for assignment, request in turn.held:
        if assignments.end(turn.session, assignment, AssignmentState.RELEASED, turn.now):
            texts = waves.place_freed(turn, request, "stopped", by=turn.speaker.id)
            neighbor = people.by_id(turn.session, request.person_id)
            yield from gathering.one_less(turn, request, turn.speaker, neighbor, waves.asked(texts))
            yield from gathering.tell_duty(turn, request, to_duty, but=turn.speaker.id)
            yield from texts


def start(turn: Turn, _: Order) -> Texts:
    """Welcome back."""
    if turn.overtaken:
        return
    if turn.speaker.opted_out_at is not None:
        person_events.record(
            turn.session, turn.line.id, turn.speaker.id, person_events.STARTED, turn.now, by=turn.speaker.id
        )
    turn.speaker.opted_out_at = None
    turn.session.add(turn.speaker)
    if turn.heard.carrier_answered is None:
        yield turn.reply("started", line=Ours(turn.line.name))


def while_stopped(turn: Turn, intent: Intent) -> Texts:
    """Somebody who said STOP writes: how to come back; and if they need something, a person hears it.

    Who is in danger is heard like anybody else before it comes to this; then they have been told whom to call. Where
    somebody else may read what we write, they hear it that once.
    """
    dial = Ours(turn.line.emergency_number)
    if request := next((r for r in reversed(turn.own) if r.danger and r.state is State.HELD), None):
        if not first_answer.at_home(request):
            yield turn.reply(first_answer.STOPPED, lane=Lane.SAFETY, dial=dial)
        yield from alarms.further(turn, request)
        return
    if not turn.overtaken:
        yield turn.reply("you_stopped", lane=Lane.SAFETY, dial=dial)
    if isinstance(intent, Free) and intent.meaning.kind is Kind.ASK:
        yield from turn.tell_duty("duty_stopped_writes", words=brief(turn.heard.body))


def language(turn: Turn, order: Order) -> Texts:
    """From now on in this language."""
    if order.argument in phrasebook.unspoken():
        yield from foreign.named(turn, order.argument)
        return
    turn.speaker.language = order.argument
    turn.speaker.languages = sorted({*turn.speaker.languages, order.argument})
    turn.session.add(turn.speaker)
    yield turn.reply("language_set", language=Ours(phrasebook.book(order.argument).name))
    draft = intake.draft_of(turn)
    if draft is not None:
        yield from intake.next_step(turn, draft, at_once=True)
