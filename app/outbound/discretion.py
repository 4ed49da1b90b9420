"""What goes to a phone that others read: nothing of a need, and nothing unasked outside the hours that they named."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from handlers.members import forgetting
from handlers.safety import discreet
from handlers.talking import relaying
from handlers.turn import Text
from models.delivery import discretion
from models.delivery.outbound import Lane
from models.hours import Waking
from models.lines import Line
from models.people import Address, Person
from models.store.session import Session

ALLOWED_IN_SILENCE = frozenset({relaying.EVEN_SO})  # what duty says knowingly to somebody who asked for no texts
ACKNOWLEDGED, ASKED = "discreet_ok", "discreet_asks"
# These say nothing of a need, or must be said.
NEUTRAL = frozenset({ACKNOWLEDGED, ASKED, "discreet_help", "passed_quietly", "kept_quietly", "status_quiet"})
PLAIN = NEUTRAL | discreet.SAID | ALLOWED_IN_SILENCE | {"stopped", "you_stopped", forgetting.DONE}
INSTEAD = dict.fromkeys(("passed_on", "passed_on_to", "passed_on_word"), "passed_quietly") | {
    "help": "discreet_help",
    "started": ACKNOWLEDGED,
}
WHICH = frozenset({"to_which", "which_one"})  # without an answer nothing is done
IN_HAND = timedelta(minutes=2)  # after a text of theirs, in which it is they who hold the phone


def may_see(person: Person, phrase: str, lane: int) -> bool:
    """Whether a text may stand on their screen as it is: whom to call in danger may, and whatever comes on duty."""
    return person.discreet_since is None or person.on_duty or lane == Lane.EMERGENCY or phrase in PLAIN


def neutral(text: Text) -> Text:
    """A text in words that may stand there, or kept until they ask for it."""
    if may_see(text.to, text.phrase, text.lane):
        return text
    instead = INSTEAD.get(text.phrase)
    return replace(text, phrase=instead) if instead else replace(text, kept=True)


def sift(
    session: Session, line: Line, texts: Sequence[Text], homes: Mapping[int, Address], now: datetime, by: int | None
) -> Iterator[Text]:
    """The texts as they may go out. Where some are kept, that there is news is said once, in neutral words."""
    told: dict[int, list[Text]] = {}  # by the person whose phone others read
    for text in texts:
        said = neutral(text)
        if text.to.discreet_since is not None and not text.to.on_duty:
            told.setdefault(text.to.id, []).append(said)
        yield said
    for person_id, said_to in told.items():
        home = homes.get(person_id)
        if home is None or not all(said.kept for said in said_to):
            continue  # they read something all the same
        person = said_to[0].to
        if person_id == by and home.last_heard_at is not None and now - home.last_heard_at <= IN_HAND:
            asks = person.question_asked_at == now or any(said.phrase in WHICH for said in said_to)
            yield Text(person, ASKED if asks else ACKNOWLEDGED, lane=Lane.REPLY)
        else:
            yield from _cue(session, line, person, home, now)


def _cue(session: Session, line: Line, person: Person, home: Address, now: datetime) -> Iterator[Text]:
    """That there is news, once until they write, in the hours that they named; who named none asks by themselves."""
    hours = person.discreet_hours
    if hours is None or discretion.was_told(session, person.id, discreet.CUE, home.last_heard_at):
        return
    begins, ends = next(Waking(line.timezone, (hours,)).spans(now), (None, None))
    if begins is not None:
        yield Text(person, discreet.CUE, not_before=begins if begins > now else None, expires_at=ends)
