"""Now and then it is measured how the people of a line answer: every night, and more often while little is known."""

from datetime import datetime, timedelta

from handlers.turn import Context, Texts
from models import answering, lines

AT_NIGHT = (4,)  # o'clock, when nobody waits for the database
KNOWN = 400  # offers from which on a night is soon enough
SOON = timedelta(hours=2)


def act(context: Context) -> Texts:
    """Measure it anew."""
    answering.measure(context.session, context.line, context.now)
    yield from ()


def next_moment(context: Context) -> datetime:
    """The next night; of a young line some hours of the day from now."""
    night = lines.next_of(context.line, context.now, AT_NIGHT)
    young = answering.of(context.line).measured < KNOWN
    return min(night, lines.waking(context.line).after(context.now, SOON)) if young else night
