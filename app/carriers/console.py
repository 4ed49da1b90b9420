"""What is set in Twilio's console about our numbers: read for `hotline doctor`, never written."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime

from twilio.base.exceptions import TwilioException
from twilio.rest import Client

from app.carriers import CarrierError, Fault
from app.carriers.twilio import Transport


@dataclass(frozen=True)
class Webhook:
    """Where Twilio takes what comes in, and where it turns when that fails. Empty where nothing is set."""

    url: str
    method: str
    fallback: str
    fallback_method: str


@dataclass(frozen=True)
class Number:
    """A number of the account. `application` says that a TwiML app decides instead of the webhook."""

    webhook: Webhook
    texts: bool  # whether it can send and receive texts at all
    application: bool


@dataclass(frozen=True)
class Service:
    """A Messaging Service and the numbers in its sender pool."""

    webhook: Webhook
    numbers: frozenset[str]
    defers: bool  # to the webhook of the number that was texted


class Console:
    """Reads the settings of one account. Every method raises CarrierError where Twilio does not answer or refuses."""

    def __init__(self, *, account: str, token: str, api: str) -> None:
        self.transport = Transport(api)
        self.client = Client(account, token, http_client=self.transport)

    def time(self) -> datetime | None:
        """What Twilio's clock says, to the second. Raises CarrierError also for credentials that it refuses."""
        with _refusals():
            answer = self.client.api.accounts(self.client.account_sid).fetch_with_http_info()
        said = (answer.headers or {}).get("date")
        try:
            return parsedate_to_datetime(said) if said else None
        except ValueError:
            return None

    def number(self, number: str) -> Number | None:
        """The account's number, or None if it has no such one."""
        with _refusals():
            found = self.client.incoming_phone_numbers.list(phone_number=number, limit=1)
        if not found:
            return None
        (one,) = found
        webhook = _webhook(one.sms_url, one.sms_method, one.sms_fallback_url, one.sms_fallback_method)
        able = dict(one.capabilities or {})
        return Number(webhook, texts=bool(able.get("sms", True)), application=bool(one.sms_application_sid))

    def service(self, sid: str) -> Service | None:
        """The account's Messaging Service, or None if it has no such one."""
        try:
            with _refusals():
                one = self.client.messaging.v1.services(sid).fetch()
                pool = self.client.messaging.v1.services(sid).phone_numbers.list()
        except CarrierError as error:
            if error.code == 20404:
                return None
            raise
        webhook = _webhook(one.inbound_request_url, one.inbound_method, one.fallback_url, one.fallback_method)
        numbers = frozenset(str(each.phone_number) for each in pool)
        return Service(webhook, numbers, defers=bool(one.use_inbound_webhook_on_number))

    def close(self) -> None:
        """Close the connections."""
        self.transport.http.close()


def _webhook(url: str | None, method: str | None, fallback: str | None, fallback_method: str | None) -> Webhook:
    return Webhook(url or "", (method or "POST").upper(), fallback or "", (fallback_method or "POST").upper())


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except TwilioException as error:
        code = getattr(error, "code", None) or getattr(error, "status", None)
        raise CarrierError(Fault.PERMANENT, f"error {code}", code=code) from error
