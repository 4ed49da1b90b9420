"""PAUSE LINE: nobody is asked until then, but in danger. Everybody who waits hears it, and it ends by itself."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from handlers.asking import admission, brake, unmet
from handlers.needs import timing
from handlers.turn import Context, Text, Texts, Turn
from handlers.understanding import when
from handlers.understanding.intents import Answer, Order, Question
from handlers.wording.summary import Ours
from models import events, line_events, people, requests, surges, timers, waiting
from models.requests import Request, State

TIMER = "pause"
DAY = 24  # hours
LONGEST = timedelta(days=60)


def pause(turn: Turn, order: Order) -> Texts:
    """PAUSE LINE until monday; without words, until when is asked."""
    if turn.is_newcomer(turn.speaker):
        yield turn.reply("put_out_newcomer")
    elif not order.note:
        turn.ask(turn.speaker, Question.UNTIL)
        yield turn.reply("pause_until")
    else:
        yield from _pause(turn, order.note)


def answered(turn: Turn, intent: Answer) -> Texts:
    """The answer to "until when?"."""
    turn.unask(turn.speaker)
    if turn.speaker.on_duty:
        yield from _pause(turn, intent.words)
    else:
        yield turn.reply("not_on_duty")


def _pause(turn: Turn, words: str) -> Texts:
    ends = moment(turn, words)
    if ends is None:
        turn.ask(turn.speaker, Question.UNTIL)
        yield turn.reply("pause_until")
        return
    turn.unask(turn.speaker)
    if turn.line.is_resting(turn.now):
        yield turn.reply("rest_is_all", when=unmet.soon(turn, turn.line.paused_until or ends))
        return
    begin(turn, ends, by=turn.speaker.id)
    when = unmet.soon(turn, ends)
    yield turn.reply("pause_begins", when=when)
    yield from turn.tell_duty("duty_paused", but=turn.speaker.id, name=turn.somebody(turn.speaker), when=when)


def begin(context: Context, ends: datetime, *, by: int | None, proposal: int | None = None) -> None:
    """Nobody is asked from now on, but in danger. With the id of a proposal all have decided it."""
    session, line = context.session, context.line
    _record(context, ends, by, proposal)
    line.paused_until = ends
    session.add(line)
    slots = surges.of_line(session, line)
    slots.next_wave_at = ends  # of which each request that is held takes one
    session.add(slots)
    timers.begin(session, line.id, [TIMER], ends)
    timers.bring_forward(session, line.id, TIMER, ends)
    waiting.look_at_all(session, line, context.now)


def put_back(context: Context, before: str | None, *, by: int | None, proposal: int | None) -> None:
    """As the history says that it was: until that moment, or not at all."""
    ends = at(before) if before else None
    if ends is not None and ends > context.now:
        begin(context, ends, by=by, proposal=proposal)
    else:
        end(context, by=by, proposal=proposal)


def at(kept: str) -> datetime:
    """A moment as the history keeps it."""
    return datetime.fromisoformat(kept)


def moment(context: Context, words: str) -> datetime | None:
    """The morning, or the hour, until which it shall be; None if they do not say."""
    ends = timing.until(context, when.of(words, month_ends=True), words)
    return None if ends is None else min(ends, context.now + LONGEST)


def resume(turn: Turn, _: Order) -> Texts:
    """RESUME LINE: what waits goes out now, one request after the other."""
    if not turn.line.is_paused(turn.now):
        yield turn.reply("pause_none")
        return
    if turn.line.is_resting(turn.now):
        yield turn.reply("rest_is_all", when=unmet.soon(turn, turn.line.paused_until or turn.now))
        return
    waits = end(turn, by=turn.speaker.id)
    yield turn.reply("pause_over", n=waits)
    yield from turn.tell_duty("duty_resumed", but=turn.speaker.id, name=turn.somebody(turn.speaker))


def _record(context: Context, ends: datetime | None, by: int | None, proposal: int | None) -> None:
    """Who began or ended it stays with the line; one that is over by itself is no change."""
    was = context.line.paused_until if context.line.is_paused(context.now) else None
    before, after = (moment.isoformat() if moment else None for moment in (was, ends))
    change: dict[str, Any] = {"before": before, "after": after, "by": by, "proposal": proposal}
    line_events.record(context.session, context.line.id, line_events.PAUSE, "", context.now, **change)


def over(context: Context) -> Texts:
    """Time alone: the pause that duty wanted is over. What waits has its turn already."""
    until_ = context.line.paused_until
    if until_ is not None and until_ <= context.now:
        context.line.paused_until = context.line.rests_until = None
        context.session.add(context.line)
        waits = len(requests.in_state(context.session, context.line.id, State.OPEN, limit=brake.MANY))
        yield from context.tell_duty("pause_over", n=waits)


def ends_at(context: Context) -> datetime | None:
    """When time looks at it next."""
    return context.line.paused_until if context.line.is_paused(context.now) else None


def end(context: Context, *, by: int | None, proposal: int | None = None) -> int:
    """It is over now: what waits goes out, one after the other; returns how much that is."""
    _record(context, None, by, proposal)
    context.line.paused_until = context.line.rests_until = None
    context.session.add(context.line)
    gap = timedelta(minutes=context.line.policy.brake_gap)
    return waiting.spread(context.session, context.line, context.now, gap, brake.LONGEST_WAIT)


def told(context: Context, request: Request, turn: datetime | None = None) -> Iterator[Text]:
    """The neighbor hears of the pause: one text, however many requests of theirs wait; in line also of their turn."""
    own = requests.live_of(context.session, request.person_id)
    if not context.line.is_paused(context.now) or events.is_told(context.session, own, "paused", _stamp(context)):
        return
    mark(context, request)
    neighbor = people.by_id(context.session, request.person_id)
    yield context.tell(neighbor, "pause_waits", about=request, **said(context, turn))
    yield from in_a_rest(context, request)


def to_who_writes(turn: Turn) -> Texts:
    """Whoever greets or asks what this is hears that nobody is asked just now."""
    if turn.line.is_paused(turn.now):
        yield turn.reply("pause_writes", **said(turn))
    if turn.line.is_resting(turn.now) and (others := unmet.who_else(turn, turn.speaker)) is not None:
        yield turn.reply("rest_others", others=others)


def in_a_rest(context: Context, request: Request) -> list[Text]:
    """Who else may help with it meanwhile: a rest is long."""
    return unmet.other_help(context, request) if context.line.is_resting(context.now) else []


def mark(context: Context, request: Request) -> None:
    """They have been told of this pause."""
    requests.record(context.session, request, "paused", context.now, words=_stamp(context))


def said(context: Context, turn: datetime | None = None) -> dict[str, Any]:
    """What a text says of the pause: whose, until when (or their turn in line after it), whom to call in danger."""
    ends = context.line.paused_until or context.now
    later = admission.about(context, turn) if turn is not None and turn > ends else None
    dial = Ours(context.line.emergency_number)
    return {"line": Ours(context.line.name), "when": later or unmet.soon(context, ends), "dial": dial}


def _stamp(context: Context) -> str:
    ends = context.line.paused_until
    return ends.isoformat() if ends else ""
