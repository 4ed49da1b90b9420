"""PROBLEM 42 words: something is wrong with a request, and only whoever is on duty shall read what."""

from handlers import choosing, leasing, reach_person
from handlers.turn import Texts, Turn
from handlers.understanding.intents import Order
from models import assignments
from models.requests import Request


def problem(turn: Turn, order: Order) -> Texts:
    """Either side says it; the other does not hear of it."""
    among = [*(r for _, r in turn.held), *turn.own]
    if not among and not order.numbers:
        yield turn.reply("say_more")
        return
    found, texts = choosing.chosen(turn, order.numbers, among, "problem", "nothing_asked")
    yield from texts
    for request in found:
        if order.note:
            leasing.heard(turn, request)
            yield from _reported(turn, request, order.note)
        else:
            yield turn.reply("problem_what", about=request)


def _reported(turn: Turn, request: Request, words: str) -> Texts:
    mine = request.person_id == turn.speaker.id
    holder = assignments.on(turn.session, request)
    told = holder is not None and mine
    yield from reach_person.reach(
        turn,
        words,
        after="not_the_helper" if told else None if mine else "not_the_neighbor",
        duty="duty_problem" if mine else "duty_problem_helper",
        of=request.person_id if not mine else holder[1].id if holder else None,
        name=turn.somebody(holder[1]) if holder else None,
        match=request.number,
    )
