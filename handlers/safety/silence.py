"""Silence for somebody whose phone others read, until they write something else; and `I am ok` after a danger."""

from handlers.needs import intake
from handlers.safety import alarms, all_clear
from handlers.turn import Texts, Turn
from handlers.understanding.intents import DangerKind, Safe, Silence
from models import offers, requests
from models.delivery import outbound


def silence(turn: Turn, intent: Silence) -> Texts:
    """Be silent, and tell whoever is on duty so. If they told of no danger yet, being watched is one."""
    in_danger = [request for request in turn.own if request.danger]
    turn.unask(turn.speaker)
    if intent.meaning.emergency or not in_danger:
        kind = intent.meaning.danger if intent.meaning.emergency else None
        request = intake.held_for(turn, intent.words, intent.meaning, kind or DangerKind.VIOLENCE_AT_HOME)
        yield from alarms.alarm(turn, request, request.danger or DangerKind.VIOLENCE_AT_HOME, silent=True)
    else:
        request = in_danger[-1]
        requests.add_words(turn.session, request, intent.words, turn.now, by=turn.speaker.id)
        yield from alarms.asks_for_silence(turn, request)
    turn.speaker.silent_since = turn.now
    turn.session.add(turn.speaker)
    offers.withdraw_all(turn.session, turn.speaker.id)
    outbound.cancel_for(turn.session, turn.speaker.id, turn.now)


def safe(turn: Turn, intent: Safe) -> Texts:
    """All is well."""
    request = next(request for request in reversed(turn.own) if request.danger)
    yield from all_clear.said(turn, request, intent.words)
