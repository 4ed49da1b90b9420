"""Real classes that stand in for the machine's clock, its environment and the phone network."""

import threading
from datetime import UTC, datetime
from typing import Any, TypeVar

from app.carriers.base import Outgoing, Sent, StatusUpdate
from app.carriers.simulator import Simulator
from app.carriers.twilio.account import Account
from app.carriers.twilio.carrier import Twilio
from app.carriers.twilio.errors import STATUSES, action_for
from app.clock import Clock
from app.hotline import Hotline
from app.inbound.ingest import Ingest
from app.inbound.spool_worker import SpoolWorker
from app.settings import Settings
from models.delivery.outbound import State

MORNING = datetime(2026, 3, 3, 15, 0, tzinfo=UTC)  # a Tuesday, ten o'clock in New York

LINE = "+12025550100"
WHATSAPP = "+12025550199"
ACCOUNT = "AC00000000000000000000000000000001"
TOKEN = "the-token-of-today"
PREVIOUS = "the-token-of-yesterday"
PUBLIC = "https://hotline.example.org"


class StillClock(Clock):
    """A clock that stands still until a test advances it."""

    def __init__(self, at: datetime = MORNING) -> None:
        super().__init__()
        self.at = at

    def now(self) -> datetime:
        return self.at + self.ahead


class Recorder(Simulator):
    """The simulated network, and a list of everything it carried."""

    def __init__(self) -> None:
        self.carried: list[Outgoing] = []
        self._lock = threading.Lock()

    def send(self, text: Outgoing) -> Sent:
        with self._lock:
            self.carried.append(text)
        return super().send(text)


class TwilioRecorder(Twilio):
    """Twilio as it brings texts in; what would be posted to it is kept in `carried` instead."""

    paced = False
    lists_received = False

    def __init__(self, settings: Settings) -> None:
        account = Account.of(settings)
        assert account is not None
        super().__init__(account)
        self.carried: list[Outgoing] = []

    def send(self, text: Outgoing) -> Sent:
        self.carried.append(text)
        return Sent(sid=f"SM{len(self.carried):032x}", state=State.DELIVERED)


Kind = TypeVar("Kind", bound=Ingest)


def ingest_by(hotline: Hotline, kind: type[Kind]) -> Kind:
    """Let a test's own kind of Ingest take texts in, from webhooks and from the spool."""
    old = hotline.ingest
    new = kind(
        old.database,
        old.carrier,
        old.clock,
        old.spool,
        old.sender,
        old.metrics,
        database_timeout=old.database_timeout,
    )
    hotline.ingest, hotline.spool_worker = new, SpoolWorker(new)
    return new


def status_update(outbound_id: int, status: str, *, sid: str | None, code: int | None) -> StatusUpdate:
    """What Twilio says became of a text, as its callback is read."""
    return StatusUpdate(outbound_id, status, STATUSES.get(status), sid, code, action_for(code))


def settings(database_url: str, **more: Any) -> Settings:
    """Settings in which nothing of the machine's environment shows: every one is given."""
    given = {name: field.default for name, field in Settings.model_fields.items()}
    return Settings(_env_file=None, **{**given, "database_url": database_url, **more})


def twilio_settings(database_url: str, **more: Any) -> Settings:
    """Settings of a hotline whose carrier is Twilio."""
    twilio = {
        "public_url": PUBLIC,
        "twilio_account_sid": ACCOUNT,
        "twilio_auth_token": TOKEN,
        "twilio_auth_token_previous": PREVIOUS,
        "hotline_number": LINE,
        "hotline_whatsapp": WHATSAPP,
    }
    return settings(database_url, **{**twilio, **more})
