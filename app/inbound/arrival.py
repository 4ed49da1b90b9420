"""Whether a text from somebody has come to this hotline, for whoever waits for it with the phone in hand."""

from dataclasses import dataclass
from datetime import datetime

from app.database.engine import Database
from models import inbound
from models.lines import Channel


@dataclass(frozen=True)
class Arrived:
    """A text that came: which line it was for, how, and what it was taken to mean. Its words stay where they are."""

    line_id: int
    channel: Channel
    intent: str | None
    at: datetime


def arrived(database: Database, number: str, since: datetime) -> Arrived | None:
    """The first text from this number that came to the hotline since then, however it is spelled."""
    found = database.read(lambda session: inbound.first_from(session, number, since))
    return None if found is None else Arrived(found.line_id, found.channel, found.intent, found.received_at)
