"""Twilio: texts by one plain POST of ours, the rest through its own client, both over httpx with timeouts.

Its client spends more time on building a message than the network does on carrying it, so it does not send.
"""

from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from typing import Any
from urllib.parse import SplitResult, urlsplit, urlunsplit
from urllib.request import getproxies, proxy_bypass

import httpx
from twilio.base.exceptions import TwilioRestException
from twilio.http import HttpClient
from twilio.http.response import Response
from twilio.rest import Client

from app.carriers import segments
from app.carriers.base import STATUSES, CarrierError, Outgoing, ReceivedMessage, Sent, SentMessage
from app.carriers.twilio import errors, inbox
from app.carriers.twilio.errors import Action
from models.delivery.outbound import State
from models.lines import Channel

TIMEOUT = 10.0  # seconds; Twilio answers a message within one
CONNECTS = 5.0  # seconds
HEADERS = {"Accept": "application/json", "User-Agent": "hotline"}
PREFIX = {Channel.SMS: "", Channel.WHATSAPP: "whatsapp:"}
QUEUED_FOR = {Channel.SMS: 36_000, Channel.WHATSAPP: 14_400}  # seconds that Twilio itself keeps a text
SHOWN = 200  # messages on a page of its list
LOOKED_THROUGH = 2_000  # messages to one address: nobody gets more within the time we ask for


class Transport(HttpClient):
    """httpx under Twilio's client. Raises CarrierError where it is known whether the text may have been taken."""

    def __init__(self, api: str, account: str, token: str, *, timeout: float = TIMEOUT) -> None:
        self.api = urlsplit(api)
        self.auth = httpx.BasicAuth(account, token)
        self.patience = {"timeout": httpx.Timeout(timeout, connect=min(CONNECTS, timeout)).as_dict()}
        # Without httpx's client: its cookies, redirects and choices of transport cost as much as the POST itself.
        self.wire = httpx.HTTPTransport(proxy=_proxy(self.api), limits=httpx.Limits(max_connections=20))

    def ask(self, method: str, url: str | httpx.URL, **parts: Any) -> httpx.Response:
        """Make one request, never a second."""
        request = httpx.Request(method, url, extensions=self.patience, **parts)
        next(self.auth.auth_flow(request))  # writes its header
        try:
            with closing(self.wire.handle_request(request)) as answer:
                answer.read()
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.LocalProtocolError) as error:
            raise CarrierError(Action.AGAIN, f"no connection: {type(error).__name__}") from error
        except httpx.HTTPError as error:
            raise CarrierError(Action.LOOK_UP, f"no answer: {type(error).__name__}") from error
        if answer.status_code >= 500 or answer.status_code in (408, 429):
            raise refusal(answer.status_code, _code(answer), wait=_seconds(answer))
        return answer

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
        """What Twilio's client calls, for the one account that we have."""
        wanted = urlsplit(uri)
        url = self.address(wanted.path, wanted.query)
        answer = self.ask(method, url, params=params, data=data, headers=headers)
        return Response(answer.status_code, answer.text)

    def address(self, path: str, query: str = "") -> str:
        """Where a path of Twilio's API is."""
        return urlunsplit((self.api.scheme, self.api.netloc, self.api.path + path, query, ""))


def _proxy(api: SplitResult) -> str | None:
    """The proxy that the environment names for this address, found as httpx's client finds it."""
    proxies = {} if proxy_bypass(str(api.hostname)) else getproxies()
    named = proxies.get(api.scheme) or proxies.get("all")
    return named if named is None or "://" in named else f"http://{named}"


def refusal(status: int, code: int | None, *, wait: float | None = None) -> CarrierError:
    """What a refusal means."""
    action, code = errors.classify_response(status, code)
    return CarrierError(action, f"error {code}", code=code, wait=wait)


def _code(answer: httpx.Response) -> int | None:
    try:
        return int(answer.json()["code"])
    except (ValueError, KeyError, TypeError):
        return None


def _seconds(answer: httpx.Response) -> float | None:
    try:
        return max(float(answer.headers["retry-after"]), 0.0)
    except (KeyError, ValueError):
        return None


class Twilio:
    """SMS and WhatsApp by Twilio."""

    paced = True

    def __init__(
        self,
        *,
        account: str,
        token: str,
        api: str,
        callback: str,
        service: str | None = None,
        timeout: float = TIMEOUT,
    ) -> None:
        self.transport = Transport(api, account, token, timeout=timeout)
        self.client = Client(account, token, http_client=self.transport)
        self.callback = callback
        self.service = service
        self._messages = httpx.URL(self.transport.address(f"/2010-04-01/Accounts/{account}/Messages.json"))

    def send(self, text: Outgoing) -> Sent:
        """Hand one text to Twilio. Raises CarrierError."""
        prefix = PREFIX[text.channel]
        fields = {
            "To": prefix + text.to,
            "From": prefix + text.from_number,
            "Body": text.body,
            "StatusCallback": f"{self.callback}?id={text.id}",
        }
        if self.service and text.channel is Channel.SMS:
            fields["MessagingServiceSid"] = self.service
        if text.lasts is not None and text.lasts < QUEUED_FOR[text.channel]:
            fields["ValidityPeriod"] = str(max(text.lasts, 1))
        answer = self.transport.ask("POST", self._messages, data=fields, headers=HEADERS)
        if answer.status_code >= 300:
            raise refusal(answer.status_code, _code(answer))
        try:
            taken = answer.json()
            return Sent(str(taken["sid"]), STATUSES.get(taken["status"], State.ACCEPTED), taken.get("price"))
        except (ValueError, KeyError, TypeError) as error:  # taken, most likely, and we cannot read under which id
            raise CarrierError(Action.LOOK_UP, "an answer that is none") from error

    def find(self, text: Outgoing, since: datetime) -> list[SentMessage]:
        """The texts like this one in Twilio's list, oldest first. Raises CarrierError.

        Asked by recipient alone and newest first: a text that Twilio still queues has no DateSent to ask for.
        """
        found: dict[str, SentMessage] = {}
        for message in self._listed(PREFIX[text.channel] + text.to, since):
            if not str(message.direction).startswith("outbound") or _plain(message.body) != _plain(text.body):
                continue
            state = STATUSES.get(_word(message.status), State.ACCEPTED)
            found[message.sid] = SentMessage(message.sid, state, message.date_created, message.error_code)
        return sorted(found.values(), key=lambda one: one.created)

    def _listed(self, to: str, since: datetime) -> Iterator[Any]:
        older = 0
        try:
            for message in self.client.messages.stream(to=to, page_size=SHOWN, limit=LOOKED_THROUGH):
                if message.date_created is not None and message.date_created >= since:
                    yield message
                    continue
                older += 1
                if older >= SHOWN:  # a whole page of them: nothing newer follows
                    return
        except TwilioRestException as error:
            raise refusal(error.status, error.code) from error

    def received(self, numbers: list[str], since: datetime) -> Iterator[ReceivedMessage]:
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
        self.transport.wire.close()


def _word(status: Any) -> str:
    return str(getattr(status, "value", status))


def _plain(body: str | None) -> str:
    """A body as it can be compared: Twilio may write dear characters plainly and trim the ends."""
    return " ".join((body or "").translate(segments.PLAINLY).split())
