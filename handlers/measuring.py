"""Once a night it is measured how the people of a line answer what they are asked."""

from datetime import datetime

from handlers.turn import Context, Texts
from models import answering, lines

AT_NIGHT = (4,)  # o'clock, when nobody waits for the database


def act(context: Context) -> Texts:
    """Measure it anew."""
    answering.measure(context.session, context.line, context.now)
    yield from ()


def next_moment(context: Context) -> datetime:
    """The next night."""
    return lines.next_of(context.line, context.now, AT_NIGHT)
