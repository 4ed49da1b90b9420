"""The numbers that an account has, and the Messaging Services that they are in.

Sources: twilio.com/docs/phone-numbers/api/incomingphonenumber-resource and
twilio.com/docs/messaging/api/service-resource. A number is in one service at most (error 21712).
"""

from dataclasses import dataclass
from enum import StrEnum

import phonenumbers
from phonenumbers import PhoneNumberType

from app.carriers.twilio.console import WebhookConfig, webhook_config
from app.carriers.twilio.setup.access import Access, asking

PAGE = 200  # on a page of Twilio's lists
SHORTEST = 7  # digits; what has fewer is a short code


class Kind(StrEnum):
    """Kinds of numbers, in Twilio's words: they cost differently, and are registered differently."""

    LOCAL = "local"
    MOBILE = "mobile"
    NATIONAL = "national"
    TOLL_FREE = "toll free"
    SHORT_CODE = "short code"


@dataclass(frozen=True)
class Owned:
    """A number of the account, and what it does with texts now."""

    sid: str
    number: str
    texts: bool  # whether it can send and receive texts at all
    webhook: WebhookConfig
    application: str  # the TwiML app that answers instead of the webhook, or nothing

    @property
    def kind(self) -> Kind:
        """What kind of number it is."""
        return kind_of(self.number)


@dataclass(frozen=True)
class Pool:
    """A Messaging Service with the numbers in its sender pool: number -> its SID."""

    sid: str
    name: str
    numbers: dict[str, str]


def kind_of(number: str) -> Kind:
    """What kind of number this is, by its country's plan; `number` as +12025550100, or a short code."""
    if not number.startswith("+") and len(number) < SHORTEST:
        return Kind.SHORT_CODE
    kind = phonenumbers.number_type(phonenumbers.parse(number))
    of = {PhoneNumberType.TOLL_FREE: Kind.TOLL_FREE, PhoneNumberType.MOBILE: Kind.MOBILE}
    return of.get(kind, Kind.LOCAL)


def owned(access: Access) -> list[Owned]:
    """Every number of the account, as Twilio lists them; those that can text first."""
    with asking():
        every = access.client.incoming_phone_numbers.list(page_size=PAGE)
    found = [
        Owned(
            each.sid,
            each.phone_number,
            texts=bool(dict(each.capabilities or {}).get("sms", True)),
            webhook=webhook_config(each.sms_url, each.sms_method, each.sms_fallback_url, each.sms_fallback_method),
            application=each.sms_application_sid or "",
        )
        for each in every
    ]
    return sorted(found, key=lambda one: not one.texts)


def pools(access: Access) -> list[Pool]:
    """Every Messaging Service of the account, with its numbers."""
    services = access.client.messaging.v1.services
    with asking():
        return [
            Pool(
                one.sid,
                one.friendly_name or "",
                {each.phone_number: each.sid for each in services(one.sid).phone_numbers.list(page_size=PAGE)},
            )
            for one in services.list(page_size=PAGE)
        ]


def pool_of(pools: list[Pool], number: str) -> Pool | None:
    """The service that a number is in."""
    return next((pool for pool in pools if number in pool.numbers), None)
