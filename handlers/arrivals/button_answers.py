"""A button or a row of a list is pressed, perhaps days after it was shown: it means what it showed, or nothing.

CLAIM and PASS are commands, and go their way (handlers/helping/claim.py). The others answer a question of ours about
one request: where that still waits for it, as the same words would; where it does not, the answer is how it stands.
"""

from collections.abc import Callable
from dataclasses import replace

from handlers.needs import ask, intake, receipt
from handlers.repeating import standing
from handlers.turn import RECEIPT_ANSWERS, Asked, Texts, Turn
from handlers.understanding.button_ids import RECEIPTS
from handlers.understanding.intents import Answer, Need, Pressed, Question, Verb
from models import requests
from models.requests import Outcome, Request, State


def pressed(turn: Turn, intent: Pressed) -> Texts:
    """What follows from a button about a request of theirs. One that is not theirs gets the answer of any number."""
    if intent.number == 0:
        yield from _new_need(turn, Need(intent.choice))
        return
    request = requests.by_number(turn.session, turn.line.id, intent.number)
    if request is None or request.person_id != turn.speaker.id:
        yield turn.reply("unknown_number", number=intent.number)
        return
    yield from BY_VERB[intent.verb](turn, request, intent.choice)


def _receipt(turn: Turn, request: Request, choice: str) -> Texts:
    """Yes, partly or no, under "did you get it?"."""
    answer = RECEIPTS.index(choice) + 1
    if not _still_asks(request, answer):
        yield standing.of(turn, request)
        return
    asking = replace(turn, asked=Asked(Question.RECEIPT, request.id, RECEIPT_ANSWERS))
    yield from receipt.came(asking, Answer(answer, turn.heard.body))


def _still_asks(request: Request, answer: int) -> bool:
    """Whether the question makes sense still. Who has it now was not spoken of when an older one was asked."""
    if request.state is State.CLOSED:
        told = request.outcome is Outcome.FULFILLED and answer == receipt.YES
        return request.outcome in receipt.CAME and not told
    return request.state is State.DELIVERED or (request.state is State.CLAIMED and answer == receipt.YES)


def _need(turn: Turn, request: Request, choice: str) -> Texts:
    """One of the needs that we offered, of a request that lacked one."""
    need = Need(choice)
    if request.state is not State.DRAFT or need not in intake.OFFERED_NEEDS:
        yield standing.of(turn, request)
        return
    asking = replace(turn, asked=Asked(Question.NEED, request.id, len(intake.OFFERED_NEEDS)))
    yield from ask.need(asking, Answer(intake.OFFERED_NEEDS.index(need) + 1, turn.heard.body))


def _new_need(turn: Turn, need: Need) -> Texts:
    """The same under our first words to them, when there was no request yet."""
    known = [r for r in turn.own if need in r.needs and need is not Need.OTHER]
    if known or need not in intake.OFFERED_NEEDS:
        yield standing.of(turn, known[-1]) if known else turn.reply("say_more")
        return
    asking = replace(turn, asked=Asked(Question.NEED, None, len(intake.OFFERED_NEEDS)))
    yield from ask.need(asking, Answer(intake.OFFERED_NEEDS.index(need) + 1, turn.heard.body))


def _area(turn: Turn, request: Request, choice: str) -> Texts:
    """One of the line's areas, by its id: their order may have changed since."""
    if request.state is not State.DRAFT:
        yield standing.of(turn, request)
        return
    at = next((n for n, area in enumerate(turn.areas, 1) if area.id == int(choice)), None)
    if at is None:
        yield from intake.answer(turn, request)
        return
    asking = replace(turn, asked=Asked(Question.PLACE, request.id, len(turn.areas)))
    yield from ask.place(asking, Answer(at, turn.heard.body))


BY_VERB: dict[Verb, Callable[[Turn, Request, str], Texts]] = {
    Verb.RECEIPT: _receipt,
    Verb.NEED: _need,
    Verb.AREA: _area,
}
