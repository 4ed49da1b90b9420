"""Somebody whom the host takes off the line: as if they had said that they leave, for all who count on them."""

from handlers import service
from handlers.needs import own
from handlers.turn import Texts, Turn
from handlers.understanding.intents import Order


def removed(turn: Turn) -> Texts:
    """What they have in hand goes to others, what they asked for is taken back, and all who wait hear it."""
    numbers = tuple(request.number for request in turn.own)
    if numbers:
        yield from own.nevermind(turn, Order("nevermind", numbers))
    yield from service.leave(turn)
