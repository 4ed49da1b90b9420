"""Whoever began a watch by a text and fell silent is asked in the morning whether they still have it.

A turn by the clock ends by itself (rota.py). This one ends only where somebody else has the watch: nobody is
taken off while the line would be without anybody. Who says that they are is asked ever more seldom, so that a quiet
week on duty is no week of questions.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from handlers.on_duty import rota
from handlers.turn import DAY, Context, Text, Texts
from handlers.understanding.intents import Question
from handlers.wording.summary import Name, Said, Several
from models import lines, people, person_events, shifts, watch
from models.people import Person
from models.person_events import ASKED_STILL_ON

TIMER = "still_on"
OFF = 2  # the second answer
MARGIN = timedelta(hours=1)  # a morning may come a little early: of a day on which the clocks go forward
SELDOM = 7  # days at most between two questions, which come ever more seldom
OFTEN = 4  # questions without an answer, from which on others hear each time that somebody silent is alone


def next_moment(context: Context) -> datetime:
    """The next morning: the hour of the daily word to duty."""
    return lines.next_of(context.line, context.now, (context.line.policy.summary_hour,))


def act(context: Context) -> Texts:
    """Ask them; end the watch of who did not answer the last time, if others are there."""
    policy = context.line.policy
    if not policy.duty_silent_hours or lines.minute(context.line, context.now) // 60 != policy.summary_hour:
        return  # the timer is new, or nothing ran for hours
    if context.line.is_resting(context.now):
        return  # all have decided that nobody need be there every day; danger calls whoever it finds
    on_duty = people.on_duty(context.session, context.line.id)
    words = {person.id: _last_word(context, person) for person in on_duty}
    silent = [p for p in on_duty if context.now - words[p.id] >= _long(context, p) and not _on_shift(context, p)]
    others = [p for p in on_duty if p not in silent]
    for person in silent:
        asked = person_events.happened(context.session, person.id, [ASKED_STILL_ON], words[person.id])
        gap = min(2 ** max(len(asked) - 1, 0), SELDOM) * DAY if not others else DAY
        if asked and context.now - asked[-1].at < gap - MARGIN:
            continue
        if asked and others:
            yield from _end(context, person, others)
            continue
        yield _ask(context, person)
        if not others and (len(asked) == 1 or len(asked) >= OFTEN):
            yield from _tell_others(context, person)


def _long(context: Context, person: Person) -> timedelta:
    """The silence after which they are asked: the line's figure, and a day more for each time that they answered."""
    since = person.on_duty_since or context.now
    asked = person_events.happened(context.session, person.id, [ASKED_STILL_ON], since)
    wrote = _last_word(context, person)
    answered = sum(event.at < wrote for event in asked)
    first = timedelta(hours=context.line.policy.duty_silent_hours)
    return max(first, min(first + answered * DAY, SELDOM * DAY))


def _last_word(context: Context, person: Person) -> datetime:
    """When they last wrote, or began."""
    home = people.reply_addresses(context.session, [person.id]).get(person.id)
    began = person.on_duty_since or context.now
    return max(began, home.last_heard_at) if home is not None and home.last_heard_at is not None else began


def _on_shift(context: Context, person: Person) -> bool:
    return shifts.on_shift(context.session, person.id, context.now)


def _ask(context: Context, person: Person) -> Text:
    person_events.record(context.session, context.line.id, person.id, ASKED_STILL_ON, context.now)
    waiting = context.asked_of(person)
    if waiting is not None and waiting.question is not Question.STILL_ON:  # a digit would answer that
        return context.tell(person, "still_on_words")
    context.ask(person, Question.STILL_ON, options=OFF)
    return context.tell(person, "still_on")


def _end(context: Context, person: Person, others: Sequence[Person]) -> Texts:
    """They are off; the question stays, so that a late 1 puts them on again."""
    rota.go_off(context, person)
    yield context.tell(person, "still_on_ended", names=Several([_name(context, other) for other in others]))
    for other in others:
        yield context.tell(other, "still_on_ended_other", name=_name(context, person))


def _tell_others(context: Context, person: Person) -> Texts:
    """Nobody but somebody silent has the watch: all who do duty hear so."""
    since = context.now - rota.LATELY
    for other in watch.do_duty(context.session, context.line.id, since=since, most=rota.MOST_TOLD):
        if not other.on_duty:
            yield context.tell(other, "still_on_alone", name=_name(context, person))


def _name(context: Context, person: Person) -> Name | Said:
    return context.name(person) or Said("somebody")
