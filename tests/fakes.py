"""Real classes that stand in for the machine's clock, its environment and the phone network."""

import threading
from datetime import UTC, datetime
from typing import Any

from app.carriers.base import Outgoing, Sent
from app.carriers.simulator import Simulator
from app.clock import Clock
from app.settings import Settings

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
