"""QUIET, for a phone that others read: what is about a need is shown there only when its owner asks for it."""

from handlers import phrasebook
from handlers.summary import Hour, Said
from handlers.turn import Context, Text, Texts, Turn
from handlers.understanding.intents import Free, Order
from models import people
from models.delivery import discretion
from models.requests import Request

ON, IN_HOURS, OFF, NOTHING = "discreet", "discreet_hours", "discreet_off", "discreet_nothing"
SAID = frozenset({ON, IN_HOURS, OFF, NOTHING})  # what is said about it
A_SCREEN = 4  # texts that READ shows at once


def quiet(turn: Turn, order: Order) -> Texts:
    """QUIET, QUIET 9-15: discreet from now on, and texted unasked between these hours alone; QUIET OFF ends it."""
    wanted: bool | tuple[int, int] = order.argument
    _speaks(turn, order.language)
    if wanted is False:
        turn.speaker.discreet_since = None
        turn.session.add(turn.speaker)
        discretion.drop(turn.session, turn.speaker.id, turn.now)
        yield turn.reply(OFF)
        return
    if isinstance(wanted, tuple):
        turn.speaker.hours_from, turn.speaker.hours_until = wanted
    begin(turn)
    yield _said(turn)


def phone_is_read(turn: Turn, intent: Free) -> Texts:
    """They say that others read their phone: QUIET, without the word."""
    _speaks(turn, intent.meaning.language)
    begin(turn)
    yield _said(turn)


def not_back(turn: Turn, _: Free) -> Texts:
    """Nothing back: silence until they write again, and discreet from then on."""
    begin(turn)
    turn.speaker.silent_since = turn.now
    yield from ()


def begin(turn: Turn) -> None:
    """Nothing of a need goes to the speaker's phone from now on, unless they ask for it."""
    turn.speaker.discreet_since = turn.speaker.discreet_since or turn.now
    turn.session.add(turn.speaker)
    discretion.keep_unsent(turn.session, turn.speaker.id, turn.now)


def read(turn: Turn, _: Order) -> Texts:
    """READ: what was kept, the newest of it, as it would have come."""
    if not discretion.release(turn.session, turn.speaker.id, turn.now, A_SCREEN):
        yield turn.reply(NOTHING)


def of(context: Context, request: Request) -> Said | None:
    """What whoever writes to the neighbor must know of their phone; nothing where nobody else reads it."""
    neighbor = people.by_id(context.session, request.person_id)
    if neighbor.silent_since is not None:
        return Said("their_phone_is_silent")
    return Said("their_phone_is_read") if neighbor.discreet_since is not None else None


def _speaks(turn: Turn, language: str | None) -> None:
    """Their first text: they are answered in its language."""
    if turn.speaker.language is None and language in phrasebook.languages():
        turn.speaker.language = language
        turn.session.add(turn.speaker)


def _said(turn: Turn) -> Text:
    hours = turn.speaker.hours
    return turn.reply(IN_HOURS, begins=Hour(hours.begins), ends=Hour(hours.ends)) if hours else turn.reply(ON)
