"""What is set in Twilio's console about our numbers: read here, and written in setup/ alone."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import httpx
from twilio.base.exceptions import TwilioException
from twilio.http import HttpClient
from twilio.http.response import Response
from twilio.rest import Client

from app.carriers.twilio.errors import code_of

TWILIO = "api.twilio.com"
TIMEOUT = httpx.Timeout(10.0, connect=5.0)  # seconds
NOTHING_THERE = 20404
WHATSAPP_HOOK = ("callback_url", "callback_method", "fallback_url", "fallback_method")


class ConsoleError(Exception):
    """Twilio could not be asked, or refused; then `code` is its error."""

    def __init__(self, what: str, code: int | None = None) -> None:
        super().__init__(what)
        self.code = code


class ReadOnlyClient(HttpClient):
    """httpx under Twilio's client, with a timeout and the answers' headers."""

    def __init__(self, api: str) -> None:
        self.api = urlsplit(api)
        self.http = httpx.Client(timeout=TIMEOUT)

    def request(
        self,
        method: str,
        uri: str,
        params: dict[str, Any] | None = None,
        data: dict[str, object] | None = None,
        headers: dict[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,
        allow_redirects: bool = False,
    ) -> Response:
        """Make one request. Raises ConsoleError where no answer comes: then nobody knows whether it was done."""
        try:
            answer = self.call(method, self.address(uri), data, params=params, headers=headers, auth=auth)
        except httpx.HTTPError as error:
            raise ConsoleError(f"no answer: {type(error).__name__}") from error
        return Response(answer.status_code, answer.text, answer.headers)

    def call(self, method: str, url: str, data: dict[str, object] | None, **more: Any) -> httpx.Response:
        """Ask once, and send nothing along. Raises httpx.HTTPError where no answer comes."""
        return self.http.request(method, url, **more)

    def address(self, uri: str) -> str:
        """Where to ask. Twilio has a host for each family of resources; an emulator answers for all of them."""
        if self.api.netloc == TWILIO:
            return uri
        wanted = urlsplit(uri)
        return urlunsplit((self.api.scheme, self.api.netloc, self.api.path + wanted.path, wanted.query, ""))


@dataclass(frozen=True)
class AccountState:
    """What Twilio's clock says, to the second, and whether the account is for a trial, or suspended or closed."""

    time: datetime | None
    trial: bool
    shut: bool


@dataclass(frozen=True)
class WebhookConfig:
    """Where Twilio takes what comes in, and where it turns when that fails. Empty where nothing is set."""

    url: str
    method: str
    fallback: str
    fallback_method: str


@dataclass(frozen=True)
class Number:
    """A number of the account. `application` says that a TwiML app decides instead of the webhook."""

    webhook: WebhookConfig
    texts: bool  # whether it can send and receive texts at all
    application: bool


@dataclass(frozen=True)
class WhatsAppSender:
    """A WhatsApp sender; `status` is Twilio's word for how it is, such as ONLINE."""

    webhook: WebhookConfig
    status: str


@dataclass(frozen=True)
class Service:
    """A Messaging Service and the numbers in its sender pool."""

    webhook: WebhookConfig
    numbers: frozenset[str]
    defers: bool  # to the webhook of the number that was texted


class Console:
    """Reads the settings of one account. Every method raises ConsoleError."""

    def __init__(self, *, account: str, token: str, api: str, http: ReadOnlyClient | None = None) -> None:
        self.reader = http or ReadOnlyClient(api)
        self.client = Client(account, token, http_client=self.reader)

    def account(self) -> AccountState:
        """How the account is; asking takes valid credentials."""
        with refusals():
            answer = self.client.api.accounts(self.client.account_sid).fetch_with_http_info()
            kind, status = (str(getattr(each, "value", each)) for each in (answer.data.type, answer.data.status))
        said = (answer.headers or {}).get("date")
        try:
            time = parsedate_to_datetime(said) if said else None
        except ValueError:
            time = None
        return AccountState(time, trial=kind == "Trial", shut=status in ("suspended", "closed"))

    def number(self, number: str) -> Number | None:
        """The account's number, or None if it has no such one."""
        with refusals():
            found = self.client.incoming_phone_numbers.list(phone_number=number, limit=1)
        if not found:
            return None
        (one,) = found
        webhook = webhook_config(one.sms_url, one.sms_method, one.sms_fallback_url, one.sms_fallback_method)
        able = dict(one.capabilities or {})
        return Number(webhook, texts=bool(able.get("sms", True)), application=bool(one.sms_application_sid))

    def whatsapp(self, number: str) -> WhatsAppSender | None:
        """The account's WhatsApp sender, or None if it has no such one; the sandbox is not listed."""
        senders = self.client.messaging.v2.channels_senders
        with refusals():
            found = [each for each in senders.list(channel="whatsapp") if each.sender_id == f"whatsapp:{number}"]
            one = senders(found[0].sid).fetch() if found else None
        if one is None:
            return None
        hook = one.webhook or {}
        webhook = webhook_config(*(hook.get(name) for name in WHATSAPP_HOOK))
        return WhatsAppSender(webhook, str(getattr(one.status, "value", one.status)))

    def service(self, sid: str) -> Service | None:
        """The account's Messaging Service, or None if it has no such one."""
        try:
            with refusals():
                one = self.client.messaging.v1.services(sid).fetch()
                pool = self.client.messaging.v1.services(sid).phone_numbers.list()
        except ConsoleError as error:
            if error.code == NOTHING_THERE:
                return None
            raise
        webhook = webhook_config(one.inbound_request_url, one.inbound_method, one.fallback_url, one.fallback_method)
        numbers = frozenset(str(each.phone_number) for each in pool)
        return Service(webhook, numbers, defers=bool(one.use_inbound_webhook_on_number))

    def close(self) -> None:
        """Close the connections."""
        self.reader.http.close()


def webhook_config(
    url: str | None, method: str | None, fallback: str | None, fallback_method: str | None
) -> WebhookConfig:
    """The same of what Twilio says, which leaves out what is not set; POST is its default."""
    return WebhookConfig(url or "", (method or "POST").upper(), fallback or "", (fallback_method or "POST").upper())


@contextmanager
def refusals() -> Iterator[None]:
    """What goes wrong while Twilio is asked, as a ConsoleError; also what somebody else said in its place."""
    try:
        yield
    except TwilioException as error:
        answer = next((each for each in error.args if isinstance(each, Response)), None)
        if answer is not None:  # of a list, whose error the client leaves unread
            raise refused(answer) from error
        code = getattr(error, "code", None) or getattr(error, "status", None)
        raise ConsoleError(f"error {code}", code) from error
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise ConsoleError(f"an answer that is none: {type(error).__name__}") from error


def refused(answer: Response) -> ConsoleError:
    """What an answer is that refuses: Twilio's own error, or the HTTP status where it bears none."""
    try:
        told = json.loads(answer.text)
    except (ValueError, RecursionError):
        told = None
    code = code_of(told.get("code")) if isinstance(told, dict) else None
    return ConsoleError(f"error {code or answer.status_code}", code or answer.status_code)
