"""What goes to a phone that others read: nothing of a need, and nothing unasked outside the hours that they named."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from handlers import discreet, forgetting, relaying
from handlers.turn import Text
from models.delivery import discretion
from models.delivery.outbound import Lane
from models.hours import Waking
from models.lines import Line
from models.people import Address
from models.store.session import Session

ALLOWED_IN_SILENCE = frozenset({relaying.EVEN_SO})  # what duty says knowingly to somebody who asked for no texts
CUE, ACKNOWLEDGED = "discreet_cue", "discreet_ok"
# These say nothing of a need, or must be said.
NEUTRAL = frozenset({CUE, ACKNOWLEDGED, "passed_quietly", "kept_quietly", "status_quiet"})
PLAIN = NEUTRAL | discreet.SAID | ALLOWED_IN_SILENCE | {"stopped", "you_stopped", forgetting.DONE}
IN_HAND = timedelta(minutes=2)  # after a text of theirs, in which it is they who hold the phone
INSTEAD = dict.fromkeys(("passed_on", "passed_on_to", "passed_on_word"), "passed_quietly")


def sift(
    session: Session, line: Line, texts: Sequence[Text], homes: Mapping[int, Address], now: datetime, by: int | None
) -> Iterator[Text]:
    """The texts as they may go out. What tells of a need is kept; that there is news is said once, in neutral words.

    Whom to call in danger goes out as it is, and so does everything to whoever is on duty.
    """
    told: dict[int, bool] = {}  # people of whom something is kept, and whether they read something all the same
    for text in texts:
        person = text.to
        if person.discreet_since is None or person.on_duty or text.lane is Lane.EMERGENCY:
            yield text
        elif (phrase := INSTEAD.get(text.phrase, text.phrase)) in PLAIN:
            told[person.id] = True
            yield replace(text, phrase=phrase)
        else:
            told.setdefault(person.id, False)
            yield replace(text, kept=True)
    for text in {text.to.id: text for text in texts if told.get(text.to.id) is False}.values():
        home = homes.get(text.to.id)
        if home is None:
            continue
        if text.to.id == by and home.last_heard_at is not None and now - home.last_heard_at <= IN_HAND:
            yield Text(text.to, ACKNOWLEDGED, lane=Lane.REPLY)
        else:
            yield from _cue(session, line, text, home, now)


def _cue(session: Session, line: Line, text: Text, home: Address, now: datetime) -> Iterator[Text]:
    """That there is news, once until they write, in the hours that they named; who named none asks by themselves."""
    person = text.to
    if person.hours is None or discretion.was_told(session, person.id, CUE, home.last_heard_at):
        return
    moment = Waking(line.timezone, (person.hours,)).next(now)
    if moment is not None:
        yield Text(person, CUE, lane=Lane.NOTICE, not_before=None if moment == now else moment)
