"""One setting at Twilio that is to change: where, from what, to what; read, set, and packed for a state file.

A change says what was there before. So the list of changes that was shown is all that undoing needs: keep it
(`packed`) before anything is set, and whatever happens then can be set back.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum

from app.carriers.twilio import expected
from app.carriers.twilio.setup.access import JSON, Access, asking
from app.carriers.twilio.setup.numbers import PAGE

SENDERS = "https://messaging.twilio.com/v2/Channels/Senders"
IN_POOL = "in its sender pool"
ON, OFF = "yes", "no"
HOOK = "callback_url", "callback_method", "fallback_url", "fallback_method"
LABELS = {
    "friendly_name": "its name",
    "sms_url": "when a message comes in, call",
    "sms_method": "call it by",
    "sms_fallback_url": "if that fails, call",
    "sms_fallback_method": "call the fallback by",
    "sms_application_sid": "the TwiML app that answers instead",
    "inbound_request_url": "when a message comes in, call",
    "inbound_method": "call it by",
    "callback_url": "when a message comes in, call",
    "callback_method": "call it by",
    "fallback_url": "if that fails, call",
    "fallback_method": "call the fallback by",
    "use_inbound_webhook_on_number": "leave it to each number's own webhook",
}


class Resource(StrEnum):
    """What of Twilio's a change is about."""

    NUMBER = "number"
    SERVICE = "service"
    NEW_SERVICE = "new service"  # one that is made, with all its settings at once
    POOL = "pool"  # whether a number is in a service's sender pool
    SENDER = "sender"  # of WhatsApp


@dataclass(frozen=True)
class Change:
    """One setting. `before` and `after` are as Twilio has them, empty for nothing; people see `was` and `becomes`."""

    resource: Resource
    sid: str  # of the number, service or sender; empty for a service that is still to be made
    field: str  # Twilio's name of it; for a pool the number's SID
    about: str  # which thing, for people: "number +12025550100"
    where: str  # to find it in Twilio's console
    before: str
    after: str
    note: str = ""  # what else this does, if anything

    @property
    def what(self) -> str:
        """Which thing, and what of it."""
        return f"{self.about}: {LABELS.get(self.field, IN_POOL)}"

    @property
    def was(self) -> str:
        """What is set before, for people; of an address nothing that may be a secret."""
        return _shown(self.before)

    @property
    def becomes(self) -> str:
        """What is set after, for people."""
        return self.after if self.after.startswith("http") else _shown(self.after)

    def packed(self) -> dict[str, str]:
        """For a file. It holds web addresses as Twilio had them: only its owner should read it."""
        return asdict(self)

    @classmethod
    def unpacked(cls, packed: Mapping[str, str]) -> "Change":
        """The change that was packed. Raises KeyError, TypeError or ValueError for what is none."""
        return cls(**{**packed, "resource": Resource(packed["resource"])})  # type: ignore[arg-type]


def together(record: list[Change], more: list[Change]) -> list[Change]:
    """What to undo after two plans: of each setting what was there first."""
    of = {(change.resource, change.sid, change.field): change for change in record}
    for change in more:
        key = change.resource, change.sid, change.field
        first = of.get(key)
        of[key] = change if first is None else Change(**{**asdict(change), "before": first.before})
    return list(of.values())


def present(access: Access, resource: Resource, sid: str) -> dict[str, str]:
    """What is set there now, in the words of `Change`. Raises Refused, with Twilio's 20404 where nothing is."""
    messaging = access.client.messaging
    with asking():
        match resource:
            case Resource.NUMBER:
                number = access.client.incoming_phone_numbers(sid).fetch()
                names = "sms_url", "sms_method", "sms_fallback_url", "sms_fallback_method", "sms_application_sid"
                return {name: _read(name, getattr(number, name)) for name in names}
            case Resource.SENDER:
                hook = messaging.v2.channels_senders(sid).fetch().webhook or {}
                return {name: _read(name, hook.get(name)) for name in HOOK}
            case Resource.POOL:
                pool = messaging.v1.services(sid).phone_numbers.list(page_size=PAGE)
                return {each.sid: IN_POOL for each in pool}
            case Resource.SERVICE | Resource.NEW_SERVICE:
                service = messaging.v1.services(sid).fetch()
                names = "friendly_name", "inbound_request_url", "inbound_method", "fallback_url", "fallback_method"
                defers = ON if service.use_inbound_webhook_on_number else OFF
                found = {name: _read(name, getattr(service, name)) for name in names}
                return {**found, "use_inbound_webhook_on_number": defers}


def put(access: Access, resource: Resource, sid: str, fields: Mapping[str, str]) -> None:
    """Set these fields there, in one request: all of them, or none. Raises Refused."""
    messaging = access.client.messaging
    with asking():
        match resource:
            case Resource.NUMBER:
                access.client.incoming_phone_numbers(sid).update(**fields)
            case Resource.SENDER:
                _put_sender(access, sid, fields)
            case Resource.SERVICE | Resource.NEW_SERVICE:
                messaging.v1.services(sid).update(**of_service(fields))
            case Resource.POOL:
                pool = messaging.v1.services(sid).phone_numbers
                for number, wanted in fields.items():
                    if wanted:
                        pool.create(phone_number_sid=number)
                    else:
                        pool(number).delete()


def _put_sender(access: Access, sid: str, fields: Mapping[str, str]) -> None:
    """The library's own update would send empty profiles along; and whatever else its webhook has must stay."""
    kept = dict(access.client.messaging.v2.channels_senders(sid).fetch().webhook or {})
    hook = {**kept, **{name: value or None for name, value in fields.items()}}
    answer = access.client.request("POST", f"{SENDERS}/{sid}", data={"webhook": hook}, headers=dict(JSON))
    access.check(answer)


def of_service(fields: Mapping[str, str]) -> dict[str, str | bool]:
    """These fields as Twilio's client takes them."""
    return {name: value == ON if name.startswith("use_") else value for name, value in fields.items()}


def _read(name: str, value: object) -> str:
    text = str(value or "")
    return (text or "POST").upper() if name.endswith("_method") else text


def _shown(value: str) -> str:
    if not value:
        return "nothing"
    return expected.shown(value) if value.startswith("http") else value
