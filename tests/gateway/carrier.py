"""A generic HTTP gateway: one POST sends a text, two JSON webhooks bring texts and reports, nothing is listed."""

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx

from app.carriers.base import (
    Action,
    Answer,
    CannotTell,
    Carrier,
    CarrierError,
    Outgoing,
    Remedy,
    Sent,
    SentMessage,
    StatusUpdate,
    Webhook,
)
from app.telemetry.findings import Finding, Level
from models.delivery.outbound import State
from models.inbound import Heard
from models.lines import Channel

INBOUND, REPORT = "/gateway/inbound", "/gateway/report"
STATES = {"sent": State.SENT, "delivered": State.DELIVERED, "failed": State.FAILED}
TIMEOUT = 1.0  # seconds
ERRORS = {
    1: Action.BAD_ADDRESS,
    2: Action.OPTED_OUT,
    3: Action.FILTERED,
    4: Action.SOFT,
    5: Action.ACCOUNT,
    6: Action.AGAIN,
}
REMEDIES = {5: Remedy("the gateway's prepaid credit is used up", "top it up in the gateway's console")}


@dataclass(frozen=True)
class Access:
    """What the gateway's operator gave us."""

    url: str
    secret: str


class Gateway(Carrier):
    """One account at the gateway."""

    name = "gateway"
    webhooks = {INBOUND: "message", REPORT: "status"}

    def __init__(self, access: Access) -> None:
        self.access = access
        headers = {"Authorization": f"Bearer {access.secret}"}
        self.http = httpx.Client(base_url=access.url, headers=headers, timeout=TIMEOUT)

    def verify(self, webhook: Webhook, headers: Mapping[str, str]) -> bool:
        """Whether the body was signed with our secret."""
        made = hmac.new(self.access.secret.encode(), webhook.body, hashlib.sha256).hexdigest()
        return hmac.compare_digest(made.encode(), headers.get("X-Gateway-Signature", "").encode())

    def parse(self, webhook: Webhook) -> Heard | StatusUpdate | None:
        """What a call says; None for what is no JSON object with the fields that we need."""
        try:
            said = json.loads(webhook.body)
            return _report(said) if webhook.path == REPORT else _text(said, webhook.at)
        except (ValueError, KeyError, TypeError, AttributeError):
            return None

    def answer(self, path: str, status: int) -> Answer:
        """An empty JSON object."""
        return Answer(status, b"{}", "application/json")

    def send(self, text: Outgoing) -> Sent:
        """Hand one text over. Raises CarrierError."""
        said = {"from": text.from_number, "to": text.to, "text": text.body, "reference": str(text.id)}
        try:
            answer = self.http.post("/messages", json=said)
        except httpx.ConnectError as error:
            raise CarrierError(Action.AWAY, "no connection") from error
        except httpx.HTTPError as error:
            raise CarrierError(Action.LOOK_UP, f"no answer: {type(error).__name__}") from error
        if answer.status_code >= 500:
            raise CarrierError(Action.LOOK_UP, f"status {answer.status_code}")
        if answer.status_code >= 400:
            code = int(answer.json().get("error", 0))
            raise CarrierError(ERRORS.get(code, Action.UNKNOWN), f"error {code}", code=code)
        return Sent(str(answer.json()["id"]))

    def find(self, text: Outgoing, since: datetime) -> list[SentMessage]:
        """It keeps no list: only its report can tell."""
        raise CannotTell

    def codes(self, action: Action) -> tuple[int, ...]:
        """The gateway's errors that ask for this."""
        return tuple(code for code, asked in ERRORS.items() if asked is action)

    def remedy(self, code: int | None) -> Remedy:
        """What an error means and what to do."""
        return REMEDIES.get(code or 0) or super().remedy(code)

    def checks(self, numbers: list[tuple[Channel, str]], now: datetime) -> Iterator[Finding]:
        """Whether it knows us, and has credit left."""
        try:
            answer = self.http.get("/account")
        except httpx.HTTPError as error:
            what = f"the gateway cannot be reached ({type(error).__name__})"
            yield Finding(Level.PROBLEM, "carrier", what, "check this machine's network")
            return
        if answer.status_code != 200:
            yield Finding(
                Level.PROBLEM, "carrier", "the gateway refuses our secret", "copy it from its console again"
            )
            return
        yield Finding(Level.OK, "carrier", "the gateway knows us")
        if answer.json()["credit"] <= 0:
            yield Finding(Level.PROBLEM, "carrier", self.remedy(5).what, self.remedy(5).do)

    def instructions(self) -> str:
        """Where its console must be pointed."""
        return f"Incoming messages, in the gateway's console: {INBOUND}; reports: {REPORT}"

    def close(self) -> None:
        """Close the connections."""
        self.http.close()


def _text(said: dict[str, Any], at: datetime) -> Heard:
    known = {"id", "from", "to", "text"}
    return Heard(
        id=f"gateway-{said['id']}",
        channel=Channel.SMS,
        from_address=str(said["from"]),
        to=str(said["to"]),
        body=str(said["text"]),
        at=at,
        fields={name: str(value) for name, value in said.items() if name not in known},
    )


def _report(said: dict[str, Any]) -> StatusUpdate:
    code = said.get("error")
    word = str(said["state"])
    action = ERRORS.get(code or 0, Action.UNKNOWN)
    return StatusUpdate(int(said["reference"]), word, STATES.get(word), str(said["id"]), code, action)
