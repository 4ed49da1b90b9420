"""Danger named in the words that travel with a command: `@42 he is not breathing`."""

from dataclasses import replace

from handlers import intake, relaying
from handlers.turn import Texts, Turn
from handlers.understanding.intents import NOTHING_SAID, DangerKind, Kind, Order
from models import requests
from models.requests import Request


def in_note(turn: Turn, order: Order, kind: DangerKind) -> Texts:
    """The emergency number for who wrote it, and the alarm for whoever is on duty."""
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
