"""Which handler acts on which intent, and on the answer to which question. Read it like a table of contents."""

from collections.abc import Callable
from itertools import chain
from typing import Any

from handlers import ask, availability, browse, carry, claim, danger, duty, free, join, own, receipt, relay, service
from handlers.turn import Texts, Turn
from handlers.understanding import intents
from handlers.understanding.intents import Answer, Intent, Question

HANDLERS: dict[type, Callable[[Turn, Any], Texts]] = {
    intents.Claim: claim.claim,
    intents.Pass: claim.pass_,
    intents.Drop: carry.drop,
    intents.Omw: carry.omw,
    intents.Done: carry.done,
    intents.Status: own.status,
    intents.More: own.more,
    intents.Nevermind: own.nevermind,
    intents.Info: browse.info,
    intents.List: browse.list_,
    intents.Mine: browse.mine,
    intents.Relay: relay.relay,
    intents.Away: availability.away,
    intents.Back: availability.back,
    intents.Max: availability.max_,
    intents.Only: availability.only,
    intents.Area: availability.area,
    intents.Join: join.join,
    intents.Vouch: join.vouch,
    intents.Person: service.person,
    intents.Help: service.help_,
    intents.Stop: service.stop,
    intents.Start: service.start,
    intents.Language: service.language,
    intents.Thanks: free.thanks,
    intents.Hello: free.hello,
    intents.Queue: duty.queue,
    intents.Show: duty.show,
    intents.Assign: duty.assign,
    intents.Open: duty.open_,
    intents.Close: duty.close,
    intents.Note: duty.note,
    intents.Duty: duty.duty,
    intents.Ambiguous: free.ambiguous,
    intents.Free: free.free,
    intents.Wordless: free.wordless,
}

COMMITS = (intents.Claim, intents.Pass, intents.Drop, intents.Omw, intents.Done, intents.Relay)

ANSWERS: dict[Question, Callable[[Turn, Answer], Texts]] = {
    Question.NEED: ask.need,
    Question.PLACE: ask.place,
    Question.WHERETO: ask.whereto,
    Question.RECEIPT: receipt.came,
    Question.MISSING: receipt.missing,
    Question.NAME: join.name,
    Question.LANGUAGES: join.languages,
    Question.AREA: join.area,
}


def respond(turn: Turn, intent: Intent) -> Texts:
    """The texts that follow from what was said."""
    if turn.speaker.opted_out_at is not None and not isinstance(intent, intents.Start | intents.Stop):
        return service.while_stopped(turn, intent)
    if isinstance(intent, Answer) and turn.asked is not None:
        return ANSWERS[turn.asked.question](turn, intent)
    idle = turn.asked is not None and turn.asked.question is Question.NEED and turn.asked.request_id is None
    if idle and isinstance(intent, COMMITS):
        turn.unask(turn.speaker)  # HELP asked what they need, and they went on to something else
    return chain(danger.in_note(turn, intent), HANDLERS[type(intent)](turn, intent))


def name(intent: Intent) -> str:
    """An intent's name in English, lower case; free words go by what they are for."""
    if isinstance(intent, intents.Free):
        return str(intent.meaning.kind)
    return type(intent).__name__.lower()
