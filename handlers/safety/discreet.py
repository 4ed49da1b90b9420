"""QUIET, for a phone that others read: what is about a need is shown there only when its owner asks for it."""

from handlers import phrasebook
from handlers.turn import Context, Text, Texts, Turn
from handlers.understanding.intents import Free, Order
from handlers.wording.summary import Hour, Said
from models import people
from models.delivery import discretion
from models.people import Person
from models.requests import Request

ON, IN_HOURS, ON_DUTY, OFF = "discreet", "discreet_hours", "discreet_on_duty", "discreet_off"
NOTHING, MORE, CUE = "discreet_nothing", "discreet_more", "discreet_cue"
SAID = frozenset({ON, IN_HOURS, ON_DUTY, OFF, NOTHING, MORE, CUE})  # what is said about it
A_SCREEN = 4  # texts that READ shows at once
EVERYTHING = 20  # texts that come when it ends


def quiet(turn: Turn, order: Order) -> Texts:
    """QUIET, QUIET 9-15: discreet from now on, and texted unasked between these hours alone; QUIET OFF ends it."""
    wanted: bool | tuple[int, int] = order.argument
    _speaks(turn, order.language)
    if wanted is False:
        yield from _ends(turn)
        return
    if isinstance(wanted, tuple):
        turn.speaker.discreet_from, turn.speaker.discreet_until = wanted
    begin(turn)
    yield _said(turn)


def _ends(turn: Turn) -> Texts:
    speaker = turn.speaker
    speaker.discreet_since = speaker.discreet_from = speaker.discreet_until = None
    turn.session.add(speaker)
    yield turn.reply(OFF)
    _show(turn, EVERYTHING)


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
    discretion.cancel_waiting(turn.session, turn.speaker.id, (CUE,), turn.now)
    discretion.keep_unsent(turn.session, turn.speaker.id, turn.now)


def read(turn: Turn, _: Order) -> Texts:
    """READ: what was kept, the oldest of it first, as it would have come."""
    shown, left = _show(turn, A_SCREEN)
    if left:
        yield turn.reply(MORE, n=left)
    elif not shown:
        yield turn.reply(NOTHING)


def _show(turn: Turn, most: int) -> tuple[int, int]:
    """How many texts they read now, and how many they do not yet. A question that they read now is asked now."""
    speaker, asked = turn.speaker, turn.speaker.question_asked_at
    discretion.cancel_waiting(turn.session, speaker.id, (CUE,), turn.now)
    unread = asked is not None and discretion.is_kept(turn.session, speaker.id, asked)
    shown, left = discretion.release(turn.session, speaker.id, turn.now, most)
    if asked is not None and unread and not discretion.is_kept(turn.session, speaker.id, asked):
        speaker.question_asked_at = turn.now
        turn.session.add(speaker)
    return shown, left


def of(context: Context, request: Request) -> Said | None:
    """What whoever writes to the neighbor must know of their phone; nothing where nobody else reads it."""
    neighbor = people.by_id(context.session, request.person_id)
    if neighbor.silent_since is not None:
        return Said("their_phone_is_silent")
    return Said("their_phone_is_read") if neighbor.discreet_since is not None else None


def kept_from(neighbor: Person) -> bool:
    """Whether what is told them may not be read at once, or not at all: others read their phone."""
    return neighbor.discreet_since is not None or neighbor.silent_since is not None


def keeps_carried(person: Person) -> bool:
    """Whether even what they have in hand is kept from their screen, as MINE would be: on duty they read all."""
    return person.silent_since is not None or (person.discreet_since is not None and not person.on_duty)


def _speaks(turn: Turn, language: str | None) -> None:
    """Their first text: they are answered in its language."""
    if turn.speaker.language is None and language in phrasebook.languages():
        turn.speaker.language = language
        turn.session.add(turn.speaker)


def _said(turn: Turn) -> Text:
    hours = turn.speaker.discreet_hours
    if turn.speaker.on_duty:
        return turn.reply(ON_DUTY)
    return turn.reply(IN_HOURS, begins=Hour(hours.begins), ends=Hour(hours.ends)) if hours else turn.reply(ON)
