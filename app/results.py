"""What came back to the sender, and how it is written down: the good news of many texts at once."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from app import fates
from app.carriers import CarrierError, Found, Sent
from app.carriers.errors import Action
from models import outbound, parcels, senders
from models.outbound import State
from models.parcels import Handed, Parcel
from models.session import Session
from models.uncertain import Lookup

SETTLED = frozenset({Action.AGAIN, Action.LOOK_UP, Action.QUOTA, Action.ACCOUNT})  # a probe that did not go well


class NotPosted(Exception):
    """A text was not posted: it is given back, or its reader has said STOP."""


@dataclass(frozen=True)
class Back:
    """What came back: of a text that was posted, or of a look in the carrier's list."""

    about: Parcel | Lookup
    result: Sent | CarrierError | NotPosted | list[Found]


def record(session: Session, back: Iterable[Back], now: datetime) -> None:
    """Write down what came back: the good news all at once, the rest one by one."""
    taken: dict[State, list[Handed]] = {}
    returned: list[Parcel] = []
    for one in back:
        match one:
            case Back(Parcel() as parcel, Sent() as sent):
                taken.setdefault(sent.state, []).append(Handed(parcel.id, parcel.attempt_id, sent.sid))
                outbound.price(session, parcel.id, sent.price)
            case Back(Parcel() as parcel, CarrierError() as error):
                fates.refused(session, parcel.id, parcel.attempt_id, error, now)
            case Back(Parcel() as parcel, NotPosted()):
                returned.append(parcel)
            case Back(Lookup() as lookup, list() as found):
                fates.looked_up(session, lookup, found, now)
        if isinstance(one.about, Parcel) and one.about.probes and _went_well(one.result):
            senders.go_on(session, one.about.channel, one.about.sender)
    session.flush()
    for state, handed in taken.items():
        for text in parcels.hand_over(session, handed, state, now):
            fates.taken(session, text.id, text.attempt_id, text.sid, state, now)
    if returned:
        parcels.hand_back(session, returned, now)


def _went_well(result: Sent | CarrierError | NotPosted | list[Found]) -> bool:
    """Whether the carrier takes texts from this sender again: it took one, or refused one for its own sake."""
    return isinstance(result, Sent) or (isinstance(result, CarrierError) and result.action not in SETTLED)
