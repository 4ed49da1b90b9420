"""Whether a text from somebody has come to this hotline, for whoever waits for it with the phone in hand."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from tenacity import RetryError, Retrying, retry_if_result, stop_after_attempt, wait_fixed

from app.database.engine import Database
from models import inbound
from models.lines import Channel

PAUSE = 2.0  # seconds between two looks


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


def wait_for(
    database: Database,
    number: str,
    since: datetime,
    *,
    patience: float = 600,
    sleep: Callable[[float], None] = time.sleep,
) -> Arrived | None:
    """Wait for it, at most so many seconds; None if it does not come. The hotline that takes it runs elsewhere."""
    looks = Retrying(
        retry=retry_if_result(lambda found: found is None),
        stop=stop_after_attempt(max(int(patience / PAUSE), 1)),
        wait=wait_fixed(PAUSE),
        sleep=sleep,
    )
    try:
        return looks(arrived, database, number, since)
    except RetryError:
        return None
