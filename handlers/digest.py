"""DIGEST: what is not urgent comes twice a day, in one text, to whoever wants it so."""

from datetime import datetime

from handlers import browse
from handlers.summary import Soon
from handlers.turn import Context, Texts, Turn
from handlers.understanding.intents import Order
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
    """What is open for each of them; nothing where there is nothing."""
    for person in people.with_digest(context.session, context.line.id, context.now):
        awake = people.awake_at(context.line, person, context.now) == context.now
        if awake and _has_room(context, person) and (found := browse.fitting(context, person)) is not None:
            yield context.tell(person, "digest", open=found)


def _has_room(context: Context, person: Person) -> bool:
    most = context.line.policy.max_open if person.max_open is None else person.max_open
    return len(assignments.held_by(context.session, person.id)) < most


def next_moment(context: Context) -> datetime:
    """The next of the line's hours for it."""
    return lines.next_of(context.line, context.now, context.line.policy.digest_hours)
