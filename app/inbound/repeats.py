"""What somebody sent right before a text: the same, under another id, or the pieces of which it is one more.

One text that a phone or a carrier sent twice counts once, whatever it says. Two quick answers to two questions of
ours look the same; but nobody reads the second question within seconds.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from handlers.turn import Burst
from models import inbound
from models.inbound import Heard, Inbound
from models.lines import Policy
from models.people import Address
from models.store.session import Session

WITHIN = timedelta(seconds=3)  # who has really said it again, such as a second "ok", took longer to type it
MOST = 40  # texts of one burst that are looked at; who sends more in a row is held by the limit on answers
NOT_UNDERSTOOD = frozenset({"offer", "question", "other"})  # the words of an ask are with its request


def before(session: Session, address: Address, heard: Heard, now: datetime, policy: Policy) -> list[Inbound]:
    """The texts of theirs that came so short a time before this one. For most there is nothing to look up."""
    if session.is_new(address) or address.last_heard_at is None:
        return []
    longest = max(WITHIN, timedelta(seconds=policy.burst_seconds))
    if not timedelta(0) <= now - address.last_heard_at <= longest:
        return []
    if heard.at is not None and now - heard.at > WITHIN:
        return []  # it comes late, perhaps together with others that were written hours apart
    return [text for text in inbound.lately(session, address.person_id, MOST) if text.sid != heard.id]


def is_repeat(earlier: Sequence[Inbound], heard: Heard, now: datetime) -> bool:
    """Whether the same words came from them a moment ago."""
    if not earlier or heard.media or heard.location or heard.pressed or now - earlier[0].received_at >= WITHIN:
        return False
    return _words(earlier[0].body) == _words(heard.body)


def burst(earlier: Sequence[Inbound], now: datetime, policy: Policy) -> Burst | None:
    """The texts before this one, each of which came before the one before it could be answered."""
    pause, began = timedelta(seconds=policy.burst_seconds), now
    first, words = "", []
    for text in earlier if pause else ():
        if not timedelta(0) <= began - text.received_at <= pause:
            break
        first, began = text.sid, text.received_at
        if text.intent in NOT_UNDERSTOOD and text.body:
            words.append(text.body)
    return Burst(began, first, tuple(reversed(words))) if first else None


def _words(body: str) -> str:
    return " ".join(body.split())
