"""The first text to volunteers whom the host has added: who writes to them, why, and how it ends. Only when the host
agrees; nobody gets it twice, and nobody who knows us already."""

from collections.abc import Iterable
from datetime import datetime

from handlers import phrasebook
from handlers.turn import Context, Text, Texts, Turn
from handlers.understanding.intents import Answer, Question
from handlers.wording.summary import Date, Ours
from models import people, person_events
from models.delivery.outbound import Lane
from models.people import Person

YES, NO = 1, 2
FOUNDERS = people.FOUNDERS
# These say by themselves what comes before the first text of any other kind.
PHRASES = frozenset({"first_text", "first_text_founder"})


def unwelcomed(context: Context, among: Iterable[Person]) -> list[Person]:
    """Those volunteers who have not been told who will text them, have never written, and may be texted."""
    may = [one for one in among if _may(one)]
    homes = people.reply_addresses(context.session, [one.id for one in may]) if may else {}
    return [one for one in may if (home := homes.get(one.id)) is not None and home.last_heard_at is None]


def _may(person: Person) -> bool:
    told = person.introduced_at or person.opted_out_at or person.silent_since or person.discreet_since
    return person.helps and told is None


def welcome(context: Context, whom: Iterable[Person]) -> Texts:
    """The text to each. It waits for the morning, as all that nobody has asked for."""
    for person in whom:
        context.ask(person, Question.WELCOMED, options=NO)
        yield text(context, person)
        person_events.record(context.session, context.line.id, person.id, person_events.FIRST_TEXT, context.now)


def answered(turn: Turn, intent: Answer) -> Texts:
    """Nothing was asked in so many words, but people say yes or no to it."""
    turn.unask(turn.speaker)
    if intent.choice == NO:
        turn.speaker.away_until = turn.now + people.FOREVER
        turn.session.add(turn.speaker)
    yield turn.reply("away" if intent.choice == NO else "first_text_yes")


def text(context: Context, person: Person) -> Text:
    """The text to somebody. It names nobody: a wrong number learns nothing of who was meant."""
    line = Ours(context.line.name)
    if person.founder_until is None or not person.is_founder(context.now):
        return context.tell(person, "first_text", lane=Lane.BULK, line=line)
    until = Date(person.founder_until, context.line.timezone)
    return context.tell(person, "first_text_founder", lane=Lane.BULK, line=line, day=until)


def words(context: Context, person: Person) -> str:
    """What it says, such as to count what it costs."""
    said = text(context, person)
    return phrasebook.book(person.speaks(context.line), context.line.language).say(said.phrase, said.values)


def release(context: Context) -> Texts:
    """The line is not young any more: those who began it are volunteers like everybody, and hear so once.

    Who was never told that they began it need not hear that it is over.
    """
    people.name_founders(context.session, context.line, context.now)  # of a line that is older than this figure
    was = people.release_founders(context.session, context.line.id, context.now)
    for person in was:
        told = person_events.happened(context.session, person.id, [person_events.FIRST_TEXT], people.NEVER)
        person_events.record(context.session, context.line.id, person.id, person_events.FOUNDED, context.now)
        if told and person.helps:
            yield context.tell(person, "founders_over", lane=Lane.BULK, n=len(was), line=Ours(context.line.name))


def released_at(context: Context) -> datetime | None:
    """When that is."""
    return people.released_at(context.session, context.line.id)
