"""Which proposal somebody means, and whether they mean one at all: most of the words for it are everyday words."""

from dataclasses import replace

from handlers.decisions import deciding
from handlers.turn import AFTERWARDS, Text, Turn
from handlers.understanding.intents import OPEN_QUESTIONS, Order, Question
from models import proposals as proposals_of
from models import requests
from models.proposals import Proposal

EVERYDAY = frozenset({"ask", "block"})  # "ask 7 people", "block 7 is flooded"
INSTEAD = {"nevermind": "proposal", "claim": "agree", "pass": "aside"}


def found(turn: Turn, order: Order) -> Proposal | None:
    """The one that they name; None also where its words are gone."""
    known = proposals_of.by_number(turn.session, turn.line.id, order.numbers[0]) if order.numbers else None
    return known if known is not None and known.words else None


def only_own(turn: Turn) -> Proposal | None:
    """The open one that the speaker has made, if there is no other of theirs."""
    mine = [p for p in proposals_of.open_ones(turn.session, turn.line.id) if p.by_person_id == turn.speaker.id]
    return mine[0] if len(mine) == 1 and mine[0].words else None


def unknown(turn: Turn, order: Order) -> Text:
    """What who names none that there is hears."""
    if not order.numbers:
        return turn.reply("proposal_which_none")
    return turn.reply("proposal_unknown", number=order.numbers[0])


def is_meant(turn: Turn, order: Order) -> bool:
    """Whether these words are about a proposal: of others they are ordinary ones, "ask 7 people", "block 7"."""
    if order.command in ("propose", "proposals"):
        return turn.speaker.helper_since is not None
    if not turn.speaker.helps:
        return False
    if not order.numbers or order.command == "proposal":
        return True
    known = found(turn, order)
    if order.note and order.command in EVERYDAY and (known is None or not _is_lately(turn, known)):
        return False
    return order.command != "block" or not _asked_openly(turn, known)


def _asked_openly(turn: Turn, proposal: Proposal | None) -> bool:
    """Whether "block 7" may be where they are. To a mere "hi" we ask what they need; what all decide goes before."""
    if turn.asked is None or turn.asked.question not in OPEN_QUESTIONS:
        return False
    idle = turn.asked.question is Question.NEED and turn.asked.request_id is None
    return not (idle and proposal is not None and not proposal.is_over(turn.now))


def _is_lately(turn: Turn, proposal: Proposal) -> bool:
    """Whether it is open, or has been until some days ago."""
    return proposal.closed_at is None or turn.now - proposal.closed_at <= AFTERWARDS


def instead(turn: Turn, order: Order) -> Order:
    """What an order about a request means where there is only a proposal of that number: "withdraw 7", "yes 7"."""
    if not turn.speaker.helps or len(order.numbers) != 1 or order.command not in INSTEAD:
        return order
    asked = turn.asked if turn.asked is not None and turn.asked.question is Question.PROPOSAL else None
    if order.command != "nevermind" and asked is None:  # a claim, as nearly always
        return order
    known = found(turn, order)
    if known is None or not known.is_open:
        return order
    request = requests.by_number(turn.session, turn.line.id, order.numbers[0])
    if request is not None and request.live:
        return order
    if order.command == "nevermind":
        return replace(order, command="proposal", argument=True) if known.by_person_id == turn.speaker.id else order
    if asked is None or asked.words != str(known.id):
        return order
    return replace(order, command="proposal" if order.bare else INSTEAD[order.command], argument=None)


def asked_about(turn: Turn) -> Proposal | None:
    """The one that the speaker was asked about last."""
    asked = turn.asked
    if asked is None or asked.question is not Question.PROPOSAL:
        return None
    return proposals_of.by_id(turn.session, int(asked.words))


def waiting(turn: Turn) -> list[Proposal]:
    """The open ones to which the speaker has a voice and has not given it."""
    opened = proposals_of.open_ones(turn.session, turn.line.id)
    return [p for p in opened if p.closes_at > turn.now and deciding.is_silent(turn, p, turn.speaker)]
