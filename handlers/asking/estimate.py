"""How long it lately took until somebody had what neighbors asked for: from what happened, or nothing at all."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from statistics import median

from handlers.turn import Context
from handlers.wording.summary import Said
from models import assignments, lines
from models.assignments import Wait
from models.hours import Waking

LATELY = timedelta(days=28)
ENOUGH = 5  # claims, to say how long it takes
WORTH_COUNTING = 50
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def lately(context: Context, needs: Sequence[str] = ()) -> Said | None:
    """`Lately it took about 3 hours`, of hours in which people are awake; of such needs, or of all.

    None where fewer than five were taken in four weeks.
    """
    waits = _waits(context)
    fitting = [wait for wait in waits if not needs or set(needs) & set(wait.needs)][:WORTH_COUNTING]
    if len(fitting) < ENOUGH:
        return None
    days = median((wait.taken - wait.asked) / DAY for wait in fitting)
    if days >= 1:
        return Said("lately_days", {"n": round(days)})
    awake = lines.waking(context.line)
    return Said("lately", {"n": round(median(_awake(awake, w.asked, w.taken) / HOUR for w in fitting))})


@lru_cache(1024)  # of the same last claims, again and again
def _awake(awake: Waking, asked: datetime, taken: datetime) -> timedelta:
    return awake.between(asked, taken)


def _waits(context: Context) -> list[Wait]:
    """Read once in a transaction, in which many may ask."""
    key = "waits", context.line.id
    if key not in context.session.cache:
        context.session.cache[key] = assignments.waits(context.session, context.line.id, context.now - LATELY)
    found: list[Wait] = context.session.cache[key]
    return found
