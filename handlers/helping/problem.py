"""PROBLEM 42 words: something is wrong with a request, and only whoever is on duty shall read what."""

from handlers.helping import company, leasing
from handlers.needs import choosing
from handlers.on_duty import reach_person
from handlers.turn import Texts, Turn
from handlers.understanding.intents import Free, Order
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


def unsafe(turn: Turn, intent: Free) -> Texts:
    """Who has gone to help is afraid there: for duty alone, since it may be of whoever asked."""
    _, request = max(turn.held, key=lambda pair: (pair[0].on_the_way_at is not None, pair[1].number))
    leasing.heard(turn, request)
    yield from _reported(turn, request, intent.words, before="leave_first")


def _reported(turn: Turn, request: Request, words: str, before: str | None = None) -> Texts:
    mine = request.person_id == turn.speaker.id
    if not mine:
        yield from reach_person.reach(
            turn,
            words,
            before=before,
            after="not_the_neighbor",
            duty="duty_problem_helper",
            of=[request.person_id],
            name=turn.somebody(turn.speaker),
            match=request.number,
        )
        return
    them = company.meant(turn, request, words)
    yield from reach_person.reach(
        turn,
        words,
        after=reach_person.unheard_by(them),
        duty="duty_problem",
        of=[person.id for person in them],
        name=company.one_of(turn, them),
        match=request.number,
    )
