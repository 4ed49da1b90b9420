"""A rest that all have decided, or the host: a long pause. The day before, it says that it is over."""

from datetime import datetime, timedelta

from handlers.asking import unmet
from handlers.needs import timing
from handlers.pauses import pause
from handlers.phrasebook import Value
from handlers.rules.changing import By
from handlers.turn import Context, Text, Texts
from handlers.understanding import when
from handlers.wording.summary import Ours, Said
from models import lines, timers, watch
from models.delivery.outbound import Lane

TIMER = "resting"  # says the day before that it is over
ONE_DAY = timedelta(days=1)
LONGEST = timedelta(days=366)  # whoever wants more wants an end


def moment(context: Context, words: str) -> datetime | None:
    """Until when, of "until May 4" or "for 2 weeks"; None for no time to come, and for more than a year."""
    until = timing.until(context, when.of(words, month_ends=True), words)
    return until if until is not None and context.now < until <= context.now + LONGEST else None


def begin(context: Context, until: datetime, by: By) -> Texts:
    """From now until then nobody is asked but in danger; every volunteer hears so."""
    context.line.rests_until = until
    pause.begin(context, until, by=by.person_id, proposal=by.proposal_id)
    timers.begin(context.session, context.line.id, [TIMER], until - ONE_DAY)
    timers.bring_forward(context.session, context.line.id, TIMER, until - ONE_DAY)
    who = Said("end_by_all" if by.proposal_id is not None else "end_by_host")
    yield from _to_all(context, "rest_begins", until, who=who)


def end(context: Context, by: By) -> Texts:
    """Sooner than decided: what waits goes out now, and every volunteer hears so."""
    pause.end(context, by=by.person_id, proposal=by.proposal_id)
    yield from told_over(context)


def told_over(context: Context) -> Texts:
    """Every volunteer hears that they are asked again."""
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


def _to_all(context: Context, phrase: str, until: datetime, **more: Value) -> Texts:
    values: dict[str, Value] = {"line": Ours(context.line.name), "when": unmet.soon(context, until), **more}
    for person in watch.volunteers(context.session, context.line.id):
        yield Text(person, phrase, values, Lane.BULK)
