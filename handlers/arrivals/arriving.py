"""How a text came, where it is no plain one: by a button, forwarded, as a reaction, an edit or a deletion.

What it means is found in its words, as for every text; here is what its manner adds to that.
"""

import re
from dataclasses import replace
from functools import cache

from handlers import phrasebook
from handlers.turn import RECEIPT_ANSWERS, Asked, Context, Turn
from handlers.understanding import button_ids, reactions
from handlers.understanding.intents import (
    Ambiguous,
    Answer,
    Deleted,
    Edited,
    Forwarded,
    Free,
    Intent,
    Kind,
    Machine,
    MachineKind,
    Mood,
    Order,
    Pressed,
    Question,
    Understood,
    Verb,
)
from handlers.wording import layouts
from handlers.wording.summary import Said
from models.delivery import outbound
from models.inbound import Heard, Manner
from models.people import Person

SAYS = re.compile(r"(?P<says>[^\W\d]+(?: [^\W\d]+)*)(?: (?P<number>\d{1,9}))?")  # handlers/wording/layouts.py
# Phrases that ask whether it came, or how to say so.
RECEIPTS = frozenset("did_you_get_it did_you_get_it_too receipt_reminder receipt_reminder_too yes_partly_no".split())
ORDERS = frozenset({Verb.CLAIM, Verb.PASS})  # buttons that are commands


def asked(context: Context, person: Person, heard: Heard) -> Asked | None:
    """What somebody may be answering: who replies to a text of ours answers that one, whatever we asked since."""
    waiting = context.asked_of(person)
    if heard.replied_to is None or context.session.is_new(person):
        return waiting
    told = outbound.told_by(context.session, heard.replied_to, person.id)
    if told is None or told[1] is None:
        return waiting
    meant = waiting is not None and waiting.question is not Question.PROPOSAL  # which is about no request
    if waiting is not None and meant and waiting.request_id in (None, told[1]):
        return waiting
    return Asked(Question.RECEIPT, told[1], RECEIPT_ANSWERS) if told[0] in RECEIPTS else None


def pressed(turn: Turn) -> Order | Pressed | None:
    """What the button that was pressed means; None for none, and for one of which its title says as much as we know.

    A text of ours shows buttons about one request. An id about another one than that text is none of its own.
    """
    button = button_ids.read(turn.heard.pressed)
    if button is None:
        return None
    shown = turn.replied_about
    if shown is not None and button.number not in (0, shown):
        return None
    return Order(button.verb, (button.number,)) if button.verb in ORDERS else button


def as_words(turn: Turn) -> str | None:
    """The words that a button of a template stands for, `ON IT 42`; None for anything else."""
    found = SAYS.fullmatch(turn.heard.pressed or "")
    if found is None or found["says"] not in _template_says():
        return None
    number, shown = int(found["number"] or 0), turn.replied_about
    return found[0] if number == 0 or shown in (None, number) else None


@cache
def _template_says() -> frozenset[str]:
    return frozenset(button.says for layout in layouts.every() for button in layout.buttons)


def as_tap(turn: Turn) -> str | None:
    """A reaction to a text of ours as phones write it by SMS, `👍 to “…”`; empty where it was taken off again.

    None for anything else.
    """
    if turn.heard.manner is not Manner.REACTION:
        return None
    sid, emoji = turn.heard.replied_to, turn.heard.body.strip()
    ours = outbound.body_of(turn.session, sid, turn.speaker.id) if sid and emoji else None
    return f"{emoji} to “{ours}”" if ours else ""


def as_sent(turn: Turn, understood: Understood, *, edited: bool = False) -> Understood:
    """What a text means by its words and by how it came. Danger is told of whoever wrote it, and in whatever way."""
    intent, manner = understood.intent, turn.heard.manner
    if manner is Manner.DELETION:
        return Understood(Deleted())
    if manner is Manner.REACTION:
        answers = isinstance(intent, Order | Answer | Ambiguous | Machine)
        mood = reactions.alone(turn.heard.body) or Mood.OTHER
        return understood if answers else Understood(Machine(MachineKind.REACTION, mood=mood))
    if understood.danger is not None:
        if manner is Manner.FORWARDED and isinstance(intent, Free):
            return replace(understood, intent=replace(intent, words=said(turn)))
        return understood
    if (edited or manner is Manner.EDIT) and (words := _own_words(intent)):
        return replace(understood, intent=Edited(words.words, words.meaning))
    if manner is Manner.FORWARDED and (words := _own_words(intent)) and _is_need(turn, words):
        return replace(understood, intent=Forwarded(words.words, words.meaning))
    return understood


def said(turn: Turn) -> str:
    """Their words, for whoever must know that somebody else may have written them."""
    if turn.heard.manner is not Manner.FORWARDED:
        return turn.heard.body
    mark = phrasebook.book(turn.line.language).worded(Said("was_forwarded"))
    return f"{turn.heard.body} {mark}"


def _own_words(intent: Intent) -> Free | Answer | None:
    """Words that are neither an order nor one of the choices we offered."""
    if isinstance(intent, Answer):
        return intent if intent.choice is None else None
    return intent if isinstance(intent, Free) and intent.act is None else None


def _is_need(turn: Turn, intent: Free | Answer) -> bool:
    """Whether a request would come of these words. In a match they go to the other side, as all that is said."""
    if turn.matches:
        return False
    asked = isinstance(intent, Answer) and turn.asked is not None and turn.asked.question is Question.NEED
    return asked or (isinstance(intent, Free) and intent.meaning.kind is Kind.ASK)
