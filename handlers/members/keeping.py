"""What is long over is emptied, and who was silent for long is erased, a little at a time and by night."""

from datetime import datetime

from handlers.members import forgetting
from handlers.turn import Context, Texts
from handlers.understanding.intents import Question
from models import erasing, lines, sweeping, timers

KEEPING = "keeping"
AT = (4,)  # o'clock: whoever is asked hears it in the morning


def act(context: Context) -> Texts:
    """One part of it; the next follows soon, until nothing is left."""
    session, line = context.session, context.line
    if sweeping.blank(session, line, context.now):
        timers.bring_forward(session, line.id, KEEPING, context.now + forgetting.GO_ON)
        return
    if line.has_ended(context.now):  # everybody is forgotten on the day that was decided
        return
    more = False
    for person in sweeping.silent_volunteers(session, line, context.now):
        person.leave_asked_at = context.now
        session.add(person)
        if context.asked_of(person) is None:
            context.ask(person, Question.STAYS, options=forgetting.NO)
        more = True
        yield context.tell(person, "stay_or_go", n=line.policy.forget_notice_days)
    for person in sweeping.forgotten(session, line, context.now):
        more = True
        yield from forgetting.erase(context, person)
    if more:
        timers.bring_forward(session, line.id, KEEPING, context.now + forgetting.GO_ON)


def clear(context: Context) -> Texts:
    """What was on its way when somebody was erased is emptied once it has left."""
    more = erasing.clear(context.session, context.line.id, context.now)
    if more is not None:
        soon = max(more, forgetting.GO_ON)
        timers.bring_forward(context.session, context.line.id, forgetting.CLEARING, context.now + soon)
    yield from ()


def next_moment(context: Context) -> datetime:
    """The next night."""
    return lines.next_of(context.line, context.now, AT)
