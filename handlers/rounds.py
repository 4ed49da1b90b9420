"""What comes round for a whole line by the clock: read ROUNDS like a timetable."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from handlers.asking import in_line, measuring, silent
from handlers.decisions import deciding
from handlers.members import digest, forgetting, keeping, welcoming
from handlers.on_duty import broadcasting, dragging, duty_share, duty_tasks, rota, still_on
from handlers.pauses import ending, pause, resting
from handlers.turn import Context, Texts
from models import timers
from models.timers import Timer


@dataclass(frozen=True)
class Round:
    """What is done, and when next: None is never, until something brings it forward."""

    act: Callable[[Context], Texts]
    next: Callable[[Context], datetime | None]


def never(_: Context) -> datetime | None:
    """Not by itself: something brings it forward."""
    return None


def _end(context: Context) -> Texts:
    """The next step of an end; once it is there, what was still to be decided ends with the line."""
    yield from ending.act(context)
    if context.line.has_ended(context.now):
        yield from deciding.ended(context)


ROUNDS: dict[str, Round] = {
    rota.SHIFTS: Round(rota.act, rota.next_moment),
    duty_tasks.UNWATCHED: Round(rota.unwatched, never),
    dragging.SUMMARY: Round(dragging.act, dragging.next_moment),
    dragging.MISSED: Round(dragging.over, never),
    broadcasting.EXPIRY: Round(broadcasting.expire, never),
    deciding.TIMER: Round(deciding.act, deciding.next_moment),
    "answering": Round(measuring.act, measuring.next_moment),
    "digest": Round(digest.act, digest.next_moment),
    forgetting.CLEARING: Round(keeping.clear, never),
    keeping.KEEPING: Round(keeping.act, keeping.next_moment),
    "silent": Round(silent.act, silent.next_moment),
    in_line.ROUND: Round(in_line.act, in_line.next_moment),
    still_on.TIMER: Round(still_on.act, still_on.next_moment),
    duty_share.TIMER: Round(duty_share.act, duty_share.next_moment),
    pause.TIMER: Round(pause.over, pause.ends_at),
    resting.TIMER: Round(resting.act, never),
    welcoming.FOUNDERS: Round(welcoming.release, welcoming.released_at),
    ending.TIMER: Round(_end, never),
}


AFTER_THE_END = frozenset({ending.TIMER, forgetting.CLEARING, keeping.KEEPING})


def begin(context: Context) -> None:
    """See to it that a line has all of its timers."""
    timers.begin(context.session, context.line.id, ROUNDS, context.now)


def act(context: Context, timer: Timer) -> Texts:
    """A timer is due."""
    due = ROUNDS.get(timer.kind)
    over = context.line.has_ended(context.now) and timer.kind not in AFTER_THE_END
    if due is None or over:  # of another version of the hotline; or the line has ended
        timers.schedule(context.session, timer, None)
        return
    timers.schedule(context.session, timer, due.next(context))
    yield from due.act(context)
