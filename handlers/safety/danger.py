"""Danger that somebody tells of: in words of their own, or in those that travel with a command."""

from dataclasses import replace

from handlers.needs import intake
from handlers.safety import first_answer
from handlers.talking import relaying
from handlers.turn import Texts, Turn
from handlers.understanding.intents import NOTHING_SAID, DangerKind, Free, Kind, Order
from handlers.where import whereabouts
from models import requests
from models.requests import Request, State, Urgency


def told(turn: Turn, intent: Free, kind: DangerKind) -> Texts:
    """It joins what they have asked for, or a request of its own that only duty sees."""
    turn.unask(turn.speaker)
    request = _about(turn, kind)
    if request is None:
        yield from intake.begin(turn, intent.words, intent.meaning)
        return
    urgent = kind is DangerKind.URGENT_CARE
    if request.person_id == turn.speaker.id or request.danger is None:
        request.danger = intake.graver(request.danger, kind)
    request.emergency = request.emergency or not urgent
    request.urgency = Urgency.URGENT
    whereabouts.learn(turn, request, intent.words, intent.meaning)
    turn.session.add(request)
    if not urgent:
        requests.hold(turn.session, request, turn.now)
    elif not request.needs:
        request.needs = [str(need) for need in intent.meaning.needs]
    if request.state is State.OPEN:  # whatever held it back
        requests.schedule(turn.session, request, turn.now)
    requests.add_words(turn.session, request, intent.words, turn.now, by=turn.speaker.id)
    yield from intake.emergency(turn, request, kind)
    if request.state is State.DRAFT:
        yield from intake.next_step(turn, request)
    elif request in turn.matches and relaying.is_talk(turn, request):  # else the alarm has said it already
        yield from (text for text in relaying.pass_on(turn, request, intent.words) if text.to.id != turn.speaker.id)


def _about(turn: Turn, kind: DangerKind) -> Request | None:
    """The request that this danger joins. What is not for volunteers' eyes joins none that they have seen."""
    live = sorted(turn.matches or turn.own, key=lambda request: bool(request.danger))
    live = [request for request in live if not intake.only_talks(request)] or live
    if kind in first_answer.PRIVATE:
        live = [r for r in turn.own if r.state in (State.DRAFT, State.HELD)]
    elif kind is DangerKind.URGENT_CARE:
        live = [r for r in live if r.person_id == turn.speaker.id]
    return live[-1] if live else None


def in_note(turn: Turn, order: Order, kind: DangerKind) -> Texts:
    """Danger in `@42 he is not breathing`: the emergency number for who wrote it, and the alarm for duty."""
    for number in order.numbers:
        request = requests.by_number(turn.session, turn.line.id, number)
        if request is not None and _speaks_as_duty(turn, request):
            return
        if request is not None and relaying.may_write(turn, request):
            yield from intake.emergency(turn, _marked(turn, request, kind), kind)
            return
    if turn.own or turn.matches:
        request = (turn.matches or turn.own)[-1]
        yield from intake.emergency(turn, _marked(turn, request, kind), kind)
    elif not turn.speaker.on_duty:  # nothing of theirs goes by that number: the danger is real all the same
        yield from intake.begin(turn, order.note, replace(NOTHING_SAID, kind=Kind.ASK, danger=kind))


def _speaks_as_duty(turn: Turn, request: Request) -> bool:
    """Whether somebody on duty speaks of another's danger: "@42 did you call 911?"."""
    mine = request.person_id == turn.speaker.id or any(held is request for _, held in turn.held)
    return turn.speaker.on_duty and not mine


def _marked(turn: Turn, request: Request, kind: DangerKind) -> Request:
    """The request, known from now on to be about danger; whose it is decides nothing about who is in it."""
    own = request.person_id == turn.speaker.id
    if own or request.danger is None:
        told = kind if own else DangerKind.LIFE  # what somebody else says of it makes it nobody's secret
        request.danger = intake.graver(request.danger, told)
        turn.session.add(request)
    return request
