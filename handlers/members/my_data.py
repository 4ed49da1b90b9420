"""MY DATA: what is kept of whoever asks, in one text, and how long."""

from collections.abc import Iterator

from handlers import phrasebook
from handlers.phrasebook import Value
from handlers.repeating import recurring
from handlers.turn import Context, Texts, Turn
from handlers.understanding.intents import Act, Answer, Free, Intent, Order, Question
from handlers.wording.summary import Lines, Ours, Said, Several
from models import attachments, own_data
from models.people import Person

SHOWN = 2  # digits of the number they text from: they know it, and who looks over their shoulder need not


def my_data(turn: Turn, _: Order) -> Texts:
    """MY DATA: all that is kept, by its kinds."""
    policy, number = turn.line.policy, turn.heard.from_address
    things = Several([*kept(turn, turn.speaker, number)])
    yield turn.reply("my_data", things=things, n=policy.keep_words_days, silence=policy.forget_days)
    if rows := recurring.rows(turn, turn.speaker.id):
        yield turn.reply("recurring_list", rows=Lines(rows))


def asked(turn: Turn, _: Free) -> Texts:
    """The same in words of their own."""
    yield from my_data(turn, Order("my_data"))


def is_about(turn: Turn, intent: Intent) -> bool:
    """What is kept of them they may know, and have erased, whoever they are and whatever became of the line."""
    if isinstance(intent, Order):
        return intent.command in ("forget", "my_data")
    if isinstance(intent, Answer):
        return turn.asked is not None and turn.asked.question in (Question.FORGET, Question.STAYS)
    return isinstance(intent, Free) and intent.act in (Act.WANTS_FORGOTTEN, Act.ASKS_WHAT_IS_KEPT)


def kept(context: Context, person: Person, number: str | None = None, *, needs: bool = True) -> Iterator[Value]:
    """What is kept of somebody, by its kinds; of their number, if it is told at all, its end.

    Without `needs` nothing says that they ever asked for something.
    """
    if name := context.name(person, whole=True):
        yield Said("kept_name", {"name": name})
    if number is not None:
        yield Said("kept_number", {"end": Ours(number[-SHOWN:])})
    yield Said("kept_language", {"language": Ours(phrasebook.book(person.speaks(context.line)).name)})
    if person.helper_since is not None:
        yield Said("kept_helper")
    if needs and (asked_for := own_data.count_requests(context.session, person.id)):
        yield Said("kept_requests", {"n": asked_for})
    if needs and (again := recurring.rows(context, person.id)):
        yield Said("kept_recurring", {"n": len(again)})
    yield Said("kept_texts")
    if pictures := attachments.kept_of(context.session, person.id):
        yield Said("kept_media", {"n": pictures})
