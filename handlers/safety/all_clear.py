"""Somebody who was in danger says that all is well. It never ends before somebody on duty has read it."""

from dataclasses import replace

from handlers.asking import waves
from handlers.safety import first_answer
from handlers.turn import Texts, Turn
from handlers.understanding.intents import DangerKind
from handlers.wording.summary import brief
from models import alarms
from models.delivery.outbound import Lane
from models.requests import Outcome, Request


def waits(turn: Turn, request: Request) -> bool:
    """Whether this is about a danger that only duty may end, for nobody has read of it yet."""
    alarm = alarms.of(turn.session, request) if request.danger else None
    return alarm is not None and alarm.unheard and alarm.kind != DangerKind.URGENT_CARE


def said(turn: Turn, request: Request, words: str) -> Texts:
    """Tell duty, and end it if they have read of it; what was done to somebody, or they would do, stays with duty."""
    alarm = alarms.of(turn.session, request)
    heard = alarm is not None and not alarm.unheard
    if alarm is not None:
        alarm.safe_at = turn.now
        alarms.add_words(turn.session, alarm, words)
        if heard:
            alarms.end(turn.session, alarm, turn.now)
    closed = (
        heard
        and request.danger not in first_answer.PRIVATE
        and waves.close(turn, request, Outcome.WITHDRAWN, by=turn.speaker.id, words=words)
    )
    if closed:
        yield from waves.let_off(turn, request)
    phrase = "all_clear" if heard else "all_clear_later"
    yield turn.reply("passed_quietly" if first_answer.at_home(request) else phrase, about=request)
    told = turn.tell_duty(
        "duty_safe_closed" if closed else "duty_safe", about=request, but=turn.speaker.id, words=brief(words)
    )
    yield from (replace(text, lane=Lane.SAFETY) for text in told)
