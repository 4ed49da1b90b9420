"""DIGEST: what is not urgent comes twice a day, in one text, to whoever wants it so."""

from datetime import datetime

from handlers.decisions import deciding
from handlers.helping import browse
from handlers.turn import DAY, Context, Texts, Turn
from handlers.understanding.intents import Order
from handlers.wording.summary import Soon
from models import assignments, lines, people
from models.people import Person


def digest(turn: Turn, order: Order) -> Texts:
    """DIGEST, DIGEST OFF: whether offers come one by one or together."""
    on: bool = order.argument
    turn.speaker.digest_since = (turn.speaker.digest_since or turn.now) if on else None
    turn.session.add(turn.speaker)
    if not on:
        yield turn.reply("digest_off", open=browse.fitting(turn, turn.speaker))
        return
    yield turn.reply("digest_on", when=Soon(next_moment(turn), turn.line.timezone, turn.now))


def act(context: Context) -> Texts:
    """What is open for each of them, and what is proposed since the last; nothing where there is nothing."""
    since, to = _span(context)
    for person in people.with_digest(context.session, context.line.id, context.now):
        if people.awake_at(context.line, person, context.now) != context.now:
            continue
        found = browse.fitting(context, person) if _has_room(context, person) else None
        proposed = deciding.in_digest(context, person, since, to)
        if found is not None or proposed is not None:
            yield context.tell(person, "digest", open=found, proposed=proposed)


def _span(context: Context) -> tuple[datetime, datetime]:
    """From the last digest to the moment of this one, however late it is made."""
    line, before, at = context.line, context.now - 3 * DAY, context.now - 2 * DAY
    while (after := lines.next_of(line, at, line.policy.digest_hours)) <= context.now:
        before, at = at, after
    return before, at


def _has_room(context: Context, person: Person) -> bool:
    most = context.line.policy.max_open if person.max_open is None else person.max_open
    return len(assignments.held_by(context.session, person.id)) < most


def next_moment(context: Context) -> datetime:
    """The next of the line's hours for it."""
    return lines.next_of(context.line, context.now, context.line.policy.digest_hours)
