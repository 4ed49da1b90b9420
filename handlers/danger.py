"""Danger named in the words that travel with a command: `@42 he is not breathing`."""

from handlers import intake, relaying
from handlers.turn import Texts, Turn
from handlers.understanding.intents import Order
from models import requests


def in_note(turn: Turn, order: Order) -> Texts:
    """The emergency number for who wrote it, and the alarm for whoever is on duty."""
    for number in order.numbers:
        request = requests.by_number(turn.session, turn.line.id, number)
        if request is not None and relaying.may_write(turn, request):
            yield from intake.emergency(turn, request)
            return
    if turn.own or turn.matches:
        yield from intake.emergency(turn, (turn.matches or turn.own)[-1])
