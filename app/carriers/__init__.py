"""Carriers take a text and say what became of it. SMS and WhatsApp are data on the text, not two code paths."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from models.lines import Channel
from models.outbound import State


@dataclass(frozen=True)
class Outgoing:
    """A text to hand over."""

    id: int
    channel: Channel
    sender: str
    to: str
    body: str


@dataclass(frozen=True)
class Sent:
    """The carrier took it."""

    sid: str
    state: State = State.ACCEPTED
    price: str | None = None


class Fault(StrEnum):
    """What a failed try means for the next one."""

    UNTOUCHED = "untouched"  # never processed: send again later
    UNCERTAIN = "uncertain"  # may have been processed: never send blindly again
    PERMANENT = "permanent"  # will never work


class CarrierError(Exception):
    """A text was not taken. `wait` is in seconds, where the carrier named a time; the message holds no number."""

    def __init__(self, fault: Fault, what: str, *, code: int | None = None, wait: float | None = None) -> None:
        super().__init__(what)
        self.fault = fault
        self.code = code
        self.wait = wait


@dataclass(frozen=True)
class Received:
    """A text in the carrier's list of what came in; `said` are the fields its webhook has."""

    sid: str
    at: datetime
    said: dict[str, str]


class Carrier(Protocol):
    """Whoever carries texts."""

    def send(self, text: Outgoing) -> Sent:
        """Hand one text over. Raises CarrierError."""
        ...

    def received(self, numbers: list[str], since: datetime) -> Iterable[Received]:
        """The texts to these numbers that came in since then, in no order. Raises CarrierError and others."""
        ...

    def pictures(self, sid: str) -> dict[str, str]:
        """A text's pictures, in the fields its webhook has."""
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

# Twilio's account is at fault, not the text: credentials, suspension, a number that is not ours (TWILIO.md, Errors).
ACCOUNT = frozenset({10001, 20003, 20005, 21606, 21608, 21701, 21702, 21703, 21704, 21705})
QUEUE_FULL = 21611
OPTED_OUT = 21610  # the code for a text to somebody who told the carrier STOP
