"""Words addressed to a request: they go to its other side."""

from handlers import relaying
from handlers.turn import Texts, Turn
from handlers.understanding.intents import Order
from models import requests


def relay(turn: Turn, order: Order) -> Texts:
    """@42 words: to the other side of #42."""
    request = requests.by_number(turn.session, turn.line.id, order.numbers[0])
    if request is None or not relaying.may_write(turn, request):
        yield turn.reply("unknown_number", number=order.numbers[0])
    elif not order.note and not turn.heard.media:
        yield turn.reply("relay_what", about=request)
    else:
        yield from relaying.pass_on(turn, request, order.note)
