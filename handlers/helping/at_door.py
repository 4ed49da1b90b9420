"""A volunteer stands at a door, and nobody opens: whoever lives there is asked at once, and then duty hears.

What is said after a while is in handlers/helping/overdue.py.
"""

from handlers.helping import leasing
from handlers.needs import choosing
from handlers.talking import relaying
from handlers.turn import Texts, Turn
from handlers.understanding.intents import Free, Order
from models import assignments, people, requests
from models.assignments import Assignment
from models.requests import Request


def nobody_home(turn: Turn, intent: Free) -> Texts:
    """The same in words of their own, which the neighbor reads."""
    held = [r for _, r in turn.held]
    found, texts = ([turn.replied], []) if turn.replied in held else choosing.chosen(turn, (), held, "nothome", "")
    yield from texts
    for pair in turn.held:
        if pair[1] in found:
            yield from _knock(turn, *pair, intent.words)


def not_home(turn: Turn, order: Order) -> Texts:
    """NOTHOME 42: is anybody home?"""
    held = [r for _, r in turn.held]
    if not held and not order.numbers and len(turn.matches) == 1:  # a neighbor, who says when they are out
        yield from relaying.pass_on(turn, turn.matches[0], turn.heard.body)
        return
    found, texts = choosing.chosen(turn, order.numbers, held, "nothome", "nothing_in_hand")
    yield from texts
    for pair in turn.held:
        if pair[1] in found:
            yield from _knock(turn, *pair, order.note)


def _knock(turn: Turn, held: Assignment, request: Request, words: str) -> Texts:
    requests.record(turn.session, request, "nobody_home", turn.now, by=turn.speaker.id, words=words or None)
    told = "asked_at_door"
    phrase = "at_your_door" if words else "at_your_door_now"
    yield from relaying.pass_on(turn, request, words, as_=phrase, told=told, kind="nobody_home")
    neighbor = people.by_id(turn.session, request.person_id)
    if neighbor.opted_out_at is None and assignments.change(turn.session, held, at_door_at=turn.now):
        leasing.look_again(turn, held, request)
