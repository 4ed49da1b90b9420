"""Twilio, through its own client over an HTTP transport of ours that has timeouts and tells failures apart."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import httpx
from twilio.base.exceptions import TwilioRestException
from twilio.http import HttpClient
from twilio.http.response import Response
from twilio.rest import Client

from app.carriers import ACCOUNT, QUEUE_FULL, STATUSES, CarrierError, Fault, Outgoing, Received, Sent, inbox
from models.lines import Channel
from models.outbound import State

ACCOUNT_RESTS = 300.0  # seconds until we try again after the account was refused
QUEUE_RESTS = 60.0
TIMEOUT = httpx.Timeout(10.0, connect=5.0)  # seconds; Twilio answers a message within one


class Transport(HttpClient):
    """httpx under Twilio's client. Raises CarrierError where it is known whether the text may have been taken."""

    def __init__(self, api: str) -> None:
        self.api = urlsplit(api)
        self.http = httpx.Client(timeout=TIMEOUT, limits=httpx.Limits(max_connections=20))

    def request(
        self,
        method: str,
        uri: str,
        params: dict[str, object] | None = None,
        data: dict[str, object] | None = None,
        headers: dict[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,
        allow_redirects: bool = False,
    ) -> Response:
        """Make one request, never a second."""
        wanted = urlsplit(uri)
        url = urlunsplit((self.api.scheme, self.api.netloc, self.api.path + wanted.path, wanted.query, ""))
        values: Any = params
        try:
            answer = self.http.request(
                method,
                url,
                params=values,
                data=data,
                headers=headers,
                auth=auth,
                timeout=timeout or TIMEOUT,
                follow_redirects=allow_redirects,
            )
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise CarrierError(Fault.UNTOUCHED, f"no connection: {type(error).__name__}") from error
        except httpx.HTTPError as error:
            raise CarrierError(Fault.UNCERTAIN, f"no answer: {type(error).__name__}") from error
        if answer.status_code == 429:
            raise CarrierError(Fault.UNTOUCHED, "too many requests", code=20429, wait=_seconds(answer))
        if answer.status_code >= 500:
            raise CarrierError(Fault.UNCERTAIN, f"status {answer.status_code}", code=20000 + answer.status_code)
        return Response(answer.status_code, answer.text)


def _refused(error: TwilioRestException) -> CarrierError:
    """What a refusal means: most will never work; where the account is at fault, the text waits for its mending."""
    code = int(error.code or error.status)
    if code in ACCOUNT or error.status in (401, 403):
        return CarrierError(Fault.UNTOUCHED, f"error {code}", code=code, wait=ACCOUNT_RESTS)
    if code == QUEUE_FULL:
        return CarrierError(Fault.UNTOUCHED, "the sender's queue is full", code=code, wait=QUEUE_RESTS)
    return CarrierError(Fault.PERMANENT, f"error {code}", code=code)


def _seconds(answer: httpx.Response) -> float | None:
    try:
        return float(answer.headers["retry-after"])
    except (KeyError, ValueError):
        return None


class Twilio:
    """SMS and WhatsApp by Twilio."""

    def __init__(self, *, account: str, token: str, api: str, callback: str, service: str | None = None) -> None:
        self.transport = Transport(api)
        self.client = Client(account, token, http_client=self.transport)
        self.callback = callback
        self.service = service

    def send(self, text: Outgoing) -> Sent:
        """Hand one text to Twilio. Raises CarrierError."""
        prefix = "whatsapp:" if text.channel is Channel.WHATSAPP else ""
        more: dict[str, str] = {}
        if self.service and text.channel is Channel.SMS:
            more["messaging_service_sid"] = self.service
        try:
            taken = self.client.messages.create(
                to=prefix + text.to,
                from_=prefix + text.sender,
                body=text.body,
                status_callback=f"{self.callback}?id={text.id}",
                **more,
            )
        except TwilioRestException as error:
            raise _refused(error) from error
        status = str(getattr(taken.status, "value", taken.status))
        return Sent(sid=str(taken.sid), state=STATUSES.get(status, State.ACCEPTED), price=taken.price)

    def check(self) -> None:
        """Ask for the account, to see whether the credentials hold. Raises CarrierError."""
        try:
            self.client.api.accounts(self.client.account_sid).fetch()
        except TwilioRestException as error:
            raise _refused(error) from error

    def received(self, numbers: list[str], since: datetime) -> Iterator[Received]:
        """The texts that came in since then. A Messaging Service may have numbers of which no line knows."""
        if self.service is None:
            yield from inbox.received(self.client, numbers, since)
            return
        for text in inbox.received(self.client, [None], since):
            if text.said["To"] in numbers or text.said.get("MessagingServiceSid") == self.service:
                yield text

    def pictures(self, sid: str) -> dict[str, str]:
        """A text's pictures."""
        return inbox.pictures(self.client, sid)

    def close(self) -> None:
        """Close the connections."""
        self.transport.http.close()
