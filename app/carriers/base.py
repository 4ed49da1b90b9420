"""Carriers take a text and say what became of it. SMS and WhatsApp are data on the text, not two code paths."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from app.carriers.twilio.errors import Action
from models.delivery.outbound import State
from models.lines import Channel


@dataclass(frozen=True)
class Outgoing:
    """A text to hand over. `lasts` is in seconds: how long the carrier may still try."""

    id: int
    channel: Channel
    from_number: str
    to: str
    body: str
    lasts: int | None = None


@dataclass(frozen=True)
class Sent:
    """The carrier took it."""

    sid: str
    state: State = State.ACCEPTED
    price: str | None = None


@dataclass(frozen=True)
class SentMessage:
    """A text of ours that the carrier has in its list: it did take it."""

    sid: str
    state: State
    created: datetime
    code: int | None = None


class CarrierError(Exception):
    """A text was not taken, or nobody knows. `wait` is in seconds, where the carrier named a time.

    The message holds no number.
    """

    def __init__(self, action: Action, what: str, *, code: int | None = None, wait: float | None = None) -> None:
        super().__init__(what)
        self.action = action
        self.code = code
        self.wait = wait


@dataclass(frozen=True)
class ReceivedMessage:
    """A text in the carrier's list of what came in; `said` are the fields its webhook has."""

    sid: str
    at: datetime
    said: dict[str, str]


class Carrier(Protocol):
    """Whoever carries texts."""

    paced: bool  # whether it minds how fast texts come

    def send(self, text: Outgoing) -> Sent:
        """Hand one text over. Raises CarrierError."""
        ...

    def received(self, numbers: list[str], since: datetime) -> Iterable[ReceivedMessage]:
        """The texts to these numbers that came in since then, in no order. Raises CarrierError and others."""
        ...

    def pictures(self, sid: str) -> dict[str, str]:
        """A text's pictures, in the fields its webhook has."""
        ...

    def find(self, text: Outgoing, since: datetime) -> list[SentMessage]:
        """The texts like this one that it took since then, oldest first. Raises CarrierError."""
        ...

    def close(self) -> None:
        """Let go of connections."""
        ...


# Twilio's words for what became of a text, and ours.
STATUSES = {
    "accepted": State.ACCEPTED,
    "scheduled": State.ACCEPTED,
    "queued": State.ACCEPTED,
    "sending": State.ACCEPTED,
    "sent": State.SENT,
    "delivered": State.DELIVERED,
    "read": State.READ,
    "undelivered": State.FAILED,
    "failed": State.FAILED,
    "canceled": State.FAILED,
}
