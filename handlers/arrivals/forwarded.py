"""Somebody passes on what another wrote. It is asked whose need it is, before volunteers are asked for nobody."""

from handlers import free
from handlers.arrivals import bursts
from handlers.turn import Texts, Turn
from handlers.understanding.intents import Answer, Forwarded, Free, Question

YES, NO = 1, 2


def ask(turn: Turn, intent: Forwarded) -> Texts:
    """A need that was forwarded: theirs, or of somebody they know?"""
    turn.ask(turn.speaker, Question.FORWARDED, options=NO, words=intent.words)
    yield turn.reply("forwarded_whose")


def answered(turn: Turn, intent: Answer) -> Texts:
    """1: it is as if they had written it. 2: nobody is asked."""
    words = turn.asked.words if turn.asked else ""
    turn.unask(turn.speaker)
    if intent.choice == YES and words:
        yield from free.free(turn, Free(words, bursts.read(words)))
    else:
        yield turn.reply("forwarded_thanks")
