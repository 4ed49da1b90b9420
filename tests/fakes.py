"""Real classes that stand in for the machine's clock, its environment and the phone network."""

from typing import Any, TypeVar

from app.carriers.base import Outgoing, Sent, StatusUpdate
from app.carriers.twilio.account import Account
from app.carriers.twilio.carrier import Twilio
from app.carriers.twilio.errors import STATUSES, action_for
from app.hotline import Hotline
from app.inbound.ingest import Ingest
from app.inbound.spool_worker import SpoolWorker
from app.settings import Settings
from app.simulator import sandbox
from app.simulator.sandbox import LINE, MORNING, WHATSAPP, Recorder, StillClock
from models.delivery.outbound import State

__all__ = ["LINE", "MORNING", "WHATSAPP", "Recorder", "StillClock", "settings", "twilio_settings"]

ACCOUNT = "AC00000000000000000000000000000001"
TOKEN = "the-token-of-today"
PREVIOUS = "the-token-of-yesterday"
PATIENT = 12.0  # seconds that a database has: machines that test stand still at times; Twilio waits 15
PUBLIC = "https://hotline.example.org"


def settings(database_url: str, **more: Any) -> Settings:
    """Settings of a hotline that answers every text at once; what waits for more words has tests of its own."""
    return sandbox.settings(database_url, **{"hotline_burst_seconds": 0, **more})


class TwilioRecorder(Twilio):
    """Twilio as it brings texts in; what would be posted to it is kept in `carried` instead."""

    paced = False
    lists_received = False
    keeps_layouts = False

    def __init__(self, settings: Settings) -> None:
        super().__init__(Account.of(settings))
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
