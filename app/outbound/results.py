"""Records what came back of POSTs and look-ups: the good news of many texts at once, the rest one by one."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.carriers.base import Action, CannotTell, CarrierError, Sent, SentMessage
from app.outbound import delivery
from models.delivery import handover, line_numbers, outbound, uncertain
from models.delivery.handover import AcceptedText, LeasedText
from models.delivery.outbound import State
from models.delivery.uncertain import Lookup
from models.store.session import Session

STILL_PAUSED = frozenset({
    *(Action.AGAIN, Action.AWAY, Action.QUEUE_FULL, Action.LOOK_UP, Action.QUOTA, Action.ACCOUNT, Action.UNKNOWN),
})  # fmt: skip
LOOKUP_RETRY = timedelta(seconds=15)  # after which a look is made again that was none


class NotPosted(Exception):
    """A text was not posted: it is given back, or its reader has said STOP."""


@dataclass(frozen=True)
class SendOutcome:
    """What came back: of a text that was posted, or of a look in the carrier's list."""

    about: LeasedText | Lookup
    result: Sent | CarrierError | NotPosted | list[SentMessage] | CannotTell
    outage: bool = False  # whether POSTs before this one had no answer either


def record(session: Session, back: Iterable[SendOutcome], now: datetime) -> None:
    """Write down what came back: the good news all at once, the rest one by one."""
    taken: dict[State, list[AcceptedText]] = {}
    returned: list[LeasedText] = []
    for one in back:
        match one:
            case SendOutcome(LeasedText() as leased, Sent(state=State.FAILED) as sent):
                delivery.post_accepted(session, leased.id, leased.attempt_id, sent, now)
            case SendOutcome(LeasedText() as leased, Sent() as sent):
                taken.setdefault(sent.state, []).append(AcceptedText(leased.id, leased.attempt_id, sent.sid))
                outbound.set_price(session, leased.id, sent.price)
            case SendOutcome(LeasedText() as leased, CarrierError() as error):
                delivery.post_failed(session, leased.id, leased.attempt_id, error, now, outage=one.outage)
            case SendOutcome(LeasedText() as leased, NotPosted()):
                returned.append(leased)
            case SendOutcome(Lookup() as lookup, (list() | CannotTell()) as found):
                delivery.lookup_finished(session, lookup, found, now)
            case SendOutcome(Lookup() as lookup, CarrierError()):
                uncertain.put_off(session, lookup.id, now + LOOKUP_RETRY)
        if isinstance(one.about, LeasedText) and one.about.probes and _went_well(one.result):
            line_numbers.resume(session, one.about.channel, one.about.from_number)
    session.flush()
    for state, handed in taken.items():
        for text in handover.mark_accepted(session, handed, state, now):
            delivery.post_accepted(session, text.id, text.attempt_id, Sent(text.sid, state), now)
    if returned:
        handover.give_back(session, returned, now)


def _went_well(result: object) -> bool:
    """Whether the carrier takes texts from this number again: it took one, or refused one for its own sake."""
    return isinstance(result, Sent) or (isinstance(result, CarrierError) and result.action not in STILL_PAUSED)
