"""What is to change at Twilio so that texts reach the hotline: found by reading what is set, never assumed.

What `doctor` finds well is left as it is, so a second plan after the first was carried out is empty.
"""

from dataclasses import dataclass

from app.carriers.twilio import expected
from app.carriers.twilio.console import WebhookConfig, webhook_config
from app.carriers.twilio.setup import numbers
from app.carriers.twilio.setup.access import Access, Refused, asking
from app.carriers.twilio.setup.changes import IN_POOL, OFF, ON, Change, Resource, present
from app.carriers.twilio.setup.numbers import Kind, Owned, Pool

NUMBER = "Phone Numbers, the number, Messaging Configuration"
SERVICE = "Messaging, Services, yours, Integration"
POOL = "Messaging, Services, yours, Sender Pool"
SENDER = "Messaging, Senders, WhatsApp senders, the number"
OF_NUMBER = "sms_url", "sms_method", "sms_fallback_url", "sms_fallback_method"
OF_SERVICE = "inbound_request_url", "inbound_method", "fallback_url", "fallback_method"
OF_SENDER = "callback_url", "callback_method", "fallback_url", "fallback_method"
DEFERS = "use_inbound_webhook_on_number"


@dataclass(frozen=True)
class Wish:
    """What the operator wants. At least one of the two numbers."""

    public_url: str
    sms: str | None = None  # as +12025550100
    whatsapp: str | None = None
    service: str | None = None  # a Messaging Service that there is (MG…); None: whichever the number is in
    new_service: str | None = None  # the name of one to be made, if the number is in none


def plan(access: Access, wish: Wish) -> list[Change]:
    """What has to change, in the order in which it should be. Raises Refused where it cannot be as wished."""
    found: list[Change] = []
    if wish.sms is not None:
        found += _of_number(access, wish, _owned(access, wish.sms))
    if wish.whatsapp is not None:
        found += _of_sender(access, wish, wish.whatsapp)
    return found


def service_of(access: Access, number: str) -> Pool | None:
    """The Messaging Service that a number is in: its SID belongs into TWILIO_MESSAGING_SERVICE_SID."""
    return numbers.pool_of(numbers.pools(access), number)


def _owned(access: Access, number: str) -> Owned:
    if numbers.kind_of(number) is Kind.SHORT_CODE:
        do = "set its webhook by hand, as docs/golive.md says, or choose a whole number such as +12025550100"
        raise Refused(f"{number} is a short code, and those are not set up from here", do)
    one = next((each for each in numbers.owned(access) if each.number == number), None)
    if one is None:
        do = "choose one of the account's numbers, or see whether it belongs to another account or subaccount"
        raise Refused(f"{number} is no number of this Twilio account", do)
    if not one.texts:
        raise Refused(f"{number} can only make calls", "choose or buy a number that can text (SMS)")
    return one


def _of_number(access: Access, wish: Wish, number: Owned) -> list[Change]:
    every = numbers.pools(access)
    own = numbers.pool_of(every, number.number)
    if own is not None and wish.service not in (None, own.sid):
        what = f"{number.number} is in the sender pool of another Messaging Service: {own.name or own.sid}"
        raise Refused(what, f"use that one ({own.sid}), or take the number out of its sender pool first")
    pool = own or next((each for each in every if each.sid == wish.service), None)
    if pool is None and wish.service is not None:
        raise Refused(f"there is no Messaging Service {wish.service}", "copy its SID again: Messaging, Services")
    found: list[Change] = []
    if pool is not None:
        found += _of_service(access, wish, pool, number)
    elif wish.new_service is not None:
        found += _new_service(access, wish, wish.new_service, number)
    return [*found, *_of_webhook(wish, number)]


def _of_webhook(wish: Wish, number: Owned) -> list[Change]:
    about = f"number {number.number}"
    found = _hook(wish, Resource.NUMBER, number.sid, about, NUMBER, number.webhook, OF_NUMBER)
    if number.application:
        app = Change(
            Resource.NUMBER, number.sid, "sms_application_sid", about, NUMBER, number.application, "",
            note="as long as that app answers, nothing else of the number's settings counts",
        )  # fmt: skip
        found = [app, *found]
    return found


def _of_service(access: Access, wish: Wish, pool: Pool, number: Owned) -> list[Change]:
    """Its webhook, and that the number is in it. Where it leaves texts to its numbers, others keep theirs."""
    others = len(set(pool.numbers) - {number.number})
    now, about = present(access, Resource.SERVICE, pool.sid), f"Messaging Service {pool.name or pool.sid}"
    found: list[Change] = []
    if now[DEFERS] == OFF or not others:
        is_set = webhook_config(*(now[name] for name in OF_SERVICE))
        note = f"texts to the {others} other numbers in this service come to the hotline too" if others else ""
        found = _hook(wish, Resource.SERVICE, pool.sid, about, SERVICE, is_set, OF_SERVICE, note)
        if now[DEFERS] == ON:
            found.append(Change(Resource.SERVICE, pool.sid, DEFERS, about, SERVICE, ON, OFF))
    if number.number not in pool.numbers:
        found.append(Change(Resource.POOL, pool.sid, number.sid, f"{about}, {number.number}", POOL, "", IN_POOL))
    return found


def _new_service(access: Access, wish: Wish, name: str, number: Owned) -> list[Change]:
    made = made_before(access, name, expected.address(wish.public_url))
    if made is not None:
        return _of_service(access, wish, made, number)
    about, where = f"new Messaging Service {name}", "Messaging, Services"
    hook = dict(zip(OF_SERVICE, _wanted(wish), strict=True))
    settings = {"friendly_name": name, **hook}
    found = [Change(Resource.NEW_SERVICE, "", each, about, where, "", to) for each, to in settings.items()]
    return [*found, Change(Resource.POOL, "", number.sid, f"{about}, {number.number}", POOL, "", IN_POOL)]


def made_before(access: Access, name: str, url: str) -> Pool | None:
    """A service of this name with this webhook: we made it, and were stopped before we could note that."""
    with asking():
        every = access.client.messaging.v1.services.list(page_size=numbers.PAGE)
    for one in every:
        if one.friendly_name == name and expected.bare(one.inbound_request_url or "") == expected.bare(url):
            return next(pool for pool in numbers.pools(access) if pool.sid == one.sid)
    return None


def _of_sender(access: Access, wish: Wish, number: str) -> list[Change]:
    with asking():
        every = access.client.messaging.v2.channels_senders.list(channel="whatsapp")
    sid = next((each.sid for each in every if each.sender_id == f"whatsapp:{number}"), None)
    if sid is None:
        do = f"register it in Twilio's console: {SENDER}. The sandbox's address is set by hand, in its own settings"
        raise Refused(f"{number} is no WhatsApp sender of this account, or only its sandbox", do)
    now = present(access, Resource.SENDER, sid)
    is_set = webhook_config(*(now[name] for name in OF_SENDER))
    return _hook(wish, Resource.SENDER, sid, f"WhatsApp {number}", SENDER, is_set, OF_SENDER)


def _wanted(wish: Wish) -> tuple[str, str, str, str]:
    return expected.request_url(wish.public_url), "POST", expected.fallback_url(wish.public_url), "POST"


def _hook(
    wish: Wish,
    resource: Resource,
    sid: str,
    about: str,
    where: str,
    is_set: WebhookConfig,
    names: tuple[str, str, str, str],
    note: str = "",
) -> list[Change]:
    """What of a webhook has to change. Retries that somebody chose, and a fallback beside our webhook, are left."""
    url, method, fallback, fallback_method = _wanted(wish)
    ours = expected.is_ours(is_set.url, wish.public_url)
    if ours and expected.asks_again(is_set.url):
        url, note = is_set.url, ""
    if ours and is_set.fallback and not expected.is_ours(is_set.fallback, wish.public_url):
        fallback, fallback_method = is_set.fallback, is_set.fallback_method
    elif expected.is_ours(is_set.fallback, wish.public_url):
        fallback = is_set.fallback
    before = is_set.url, is_set.method, is_set.fallback, is_set.fallback_method
    after = url, method, fallback, fallback_method
    return [
        Change(resource, sid, name, about, where, was, to, note if name == names[0] else "")
        for name, was, to in zip(names, before, after, strict=True)
        if was != to
    ]
