"""MY DATA: what is kept of whoever asks, in one text, and how long."""

from collections.abc import Iterator

from handlers import phrasebook
from handlers.phrasebook import Value
from handlers.summary import Ours, Said, Several
from handlers.turn import Texts, Turn
from handlers.understanding.intents import Free, Order
from models import own_data

SHOWN = 2  # digits of the number they text from: they know it, and who looks over their shoulder need not


def my_data(turn: Turn, _: Order) -> Texts:
    """MY DATA: all that is kept, by its kinds."""
    policy = turn.line.policy
    yield turn.reply(
        "my_data", things=Several([*_things(turn)]), n=policy.keep_words_days, silence=policy.forget_days
    )


def asked(turn: Turn, _: Free) -> Texts:
    """The same in words of their own."""
    yield from my_data(turn, Order("my_data"))


def _things(turn: Turn) -> Iterator[Value]:
    speaker = turn.speaker
    if name := turn.name(speaker, whole=True):
        yield Said("kept_name", {"name": name})
    yield Said("kept_number", {"end": Ours(turn.heard.from_address[-SHOWN:])})
    yield Said("kept_language", {"language": Ours(phrasebook.book(speaker.speaks(turn.line)).name)})
    if speaker.helper_since is not None:
        yield Said("kept_helper")
    if asked_for := own_data.count_requests(turn.session, speaker.id):
        yield Said("kept_requests", {"n": asked_for})
    yield Said("kept_texts")
