"""Volunteers of whom nothing was heard for long are asked once whether they still want to be asked."""

from datetime import datetime, timedelta

from handlers.turn import Context, Texts, Turn
from handlers.understanding.intents import Answer, Question
from models import lines, people

AT = (11,)  # o'clock: nobody is in a hurry then
A_DAY = 5  # people: those who have been silent for long have time
YES, PAUSE = 1, 2


def act(context: Context) -> Texts:
    """Ask a few of them. Whoever does not answer is asked about less, and never this again until they write."""
    since = context.now - timedelta(days=context.line.policy.silent_days)
    for person in people.silent_since(context.session, context.line.id, since, context.now, A_DAY):
        if context.asked_of(person) is not None:
            continue
        context.ask(person, Question.STILL_HELPS, options=PAUSE)
        person.survey_sent_at = context.now
        person.unanswered = max(person.unanswered, context.line.policy.unanswered_most)
        context.session.add(person)
        yield context.tell(person, "still_helps")


def answered(turn: Turn, intent: Answer) -> Texts:
    """1 they do, 2 not for now."""
    if intent.choice not in (YES, PAUSE):
        yield turn.reply("still_helps")
        return
    turn.unask(turn.speaker)
    turn.speaker.survey_sent_at = None
    if intent.choice == PAUSE:
        turn.speaker.away_until = turn.now + people.FOREVER
    turn.session.add(turn.speaker)
    yield turn.reply("away" if intent.choice == PAUSE else "goes_on_helping")


def next_moment(context: Context) -> datetime:
    """The next day."""
    return lines.next_of(context.line, context.now, AT)
