"""A rest that all have decided: a long pause. It says the day before that it is over, and nobody ends it alone."""

from datetime import datetime, timedelta

from handlers import pause, unmet
from handlers.changing import By
from handlers.phrasebook import Value
from handlers.summary import Ours
from handlers.turn import Context, Text, Texts
from models import lines, timers, watch
from models.delivery.outbound import Lane

TIMER = "resting"  # says the day before that it is over
ONE_DAY = timedelta(days=1)
LONGEST = timedelta(days=366)  # whoever wants more wants an end


def begin(context: Context, until: datetime, by: By) -> Texts:
    """From now until then nobody is asked but in danger; every volunteer hears so."""
    context.line.rests_until = until
    pause.begin(context, until, by=by.person_id, proposal=by.proposal_id)
    timers.begin(context.session, context.line.id, [TIMER], until - ONE_DAY)
    timers.bring_forward(context.session, context.line.id, TIMER, until - ONE_DAY)
    yield from _to_all(context, "rest_begins", until)


def end(context: Context, by: By) -> Texts:
    """Sooner than decided: what waits goes out now, and every volunteer hears so."""
    pause.end(context, by=by.person_id, proposal=by.proposal_id)
    for person in watch.volunteers(context.session, context.line.id):
        yield Text(person, "rest_over", {"line": Ours(context.line.name)}, Lane.BULK)


def act(context: Context) -> Texts:
    """The day before its end; if that is another by now, later."""
    until = context.line.rests_until
    if until is None or not context.line.is_resting(context.now):
        return
    said_at = lines.waking(context.line).wakes(until - ONE_DAY)
    if said_at > context.now:
        timers.bring_forward(context.session, context.line.id, TIMER, said_at)
    else:
        yield from _to_all(context, "rest_ends", until)


def _to_all(context: Context, phrase: str, until: datetime) -> Texts:
    values: dict[str, Value] = {"line": Ours(context.line.name), "when": unmet.soon(context, until)}
    for person in watch.volunteers(context.session, context.line.id):
        yield Text(person, phrase, values, Lane.BULK)
