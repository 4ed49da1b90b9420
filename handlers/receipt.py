"""The neighbor says whether help came. Nothing else counts as fulfilled."""

from datetime import timedelta

from handlers import intake, waves
from handlers.turn import Texts, Turn
from handlers.understanding.intents import Answer, Question
from models import assignments, requests
from models.delivery.outbound import Lane
from models.requests import Outcome, Request, State

YES, PARTLY, NO = 1, 2, 3


def came(turn: Turn, intent: Answer) -> Texts:
    """The answer to "did you get it?"."""
    request = _asked_about(turn)
    if request is None or request.state is not State.DELIVERED:
        turn.unask(turn.speaker)
        yield turn.reply("nothing_waits")
    elif intent.choice == YES:
        yield from waves.fulfilled(turn, request)
    elif intent.choice == PARTLY:
        turn.ask(turn.speaker, Question.MISSING, request)
        requests.schedule(turn.session, request, turn.now + timedelta(minutes=turn.line.policy.receipt_reminder))
        yield turn.reply("what_is_missing", about=request)
    elif intent.choice == NO:
        yield from _not_come(turn, request)
    else:
        yield turn.reply("yes_partly_no", about=request)


def missing(turn: Turn, intent: Answer) -> Texts:
    """The answer to "what is missing?": it becomes a request of its own."""
    request = _asked_about(turn)
    turn.unask(turn.speaker)
    if request is None or not waves.close(turn, request, Outcome.PARTIAL, by=turn.speaker.id, words=intent.words):
        yield turn.reply("nothing_waits")
        return
    rest = requests.create(
        turn.session,
        turn.line,
        person_id=request.person_id,
        state=State.DRAFT,
        now=turn.now,
        text=intent.words,
        needs=request.needs,
        people=request.people,
        urgency=request.urgency,
        area_id=request.area_id,
        vicinity=request.vicinity,
        place=request.place,
        language=request.language,
        parent_request_id=request.id,
        code_word=intake.code_word(request.language),
    )
    texts = waves.open_up(turn, rest, "opened", (State.DRAFT,), by=turn.speaker.id)
    count = waves.asked(texts)
    yield turn.reply("rest_goes_out" if count else "got_it_nobody", about=rest, n=count, what=turn.what(rest))
    holder = assignments.on(turn.session, request)
    if holder:
        yield turn.tell(holder[1], "receipt_partly_helper", about=request, rest=rest.number)
    yield from texts


def _not_come(turn: Turn, request: Request) -> Texts:
    turn.unask(turn.speaker)
    holder = assignments.on(turn.session, request)
    texts = waves.open_up(turn, request, "reopened", (State.DELIVERED,), by=turn.speaker.id)
    if request.state is not State.OPEN:
        yield turn.reply("nothing_waits")
        return
    yield turn.reply("receipt_no", about=request, lane=Lane.SAFETY, n=waves.asked(texts))
    if holder:
        yield turn.tell(holder[1], "receipt_no_helper", about=request)
    yield from turn.tell_duty("duty_not_come", about=request, but=turn.speaker.id, what=turn.what(request))
    yield from texts


def _asked_about(turn: Turn) -> Request | None:
    about = turn.asked.request_id if turn.asked else None
    return requests.by_id(turn.session, about) if about is not None else None
