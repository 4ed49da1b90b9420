"""One text that a phone or a carrier sent twice, under two ids: it counts once, whatever it says.

Two quick answers to two questions of ours look the same; but nobody reads the second question within seconds.
"""

from datetime import datetime, timedelta

from models import inbound
from models.inbound import Heard
from models.people import Address
from models.store.session import Session

WITHIN = timedelta(seconds=3)  # who has really said it again, such as a second "ok", took longer to type it


def is_repeat(session: Session, address: Address, heard: Heard, now: datetime) -> bool:
    """Whether the same words came from this address a moment ago. Most texts are clear without a look."""
    if session.is_new(address) or address.last_heard_at is None or heard.media or heard.location:
        return False
    if not timedelta(0) <= now - address.last_heard_at < WITHIN:
        return False
    if heard.at is not None and now - heard.at > WITHIN:
        return False  # it comes late, perhaps together with others that were written hours apart
    last = inbound.last_of(session, address.person_id)
    if last is None:
        return False
    sid, body = last
    return sid != heard.id and _words(body) == _words(heard.body)


def _words(body: str) -> str:
    return " ".join(body.split())
