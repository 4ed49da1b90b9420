"""Whether the carriers let a number text: its registration, as far as Twilio knows it.

In the US every number must be registered: local ones with a brand and a campaign (A2P 10DLC), which belongs to the
Messaging Service that they are in, and toll-free ones one by one. Unregistered texts are dropped (30032, 30034).
Sources: twilio.com/docs/messaging/compliance/a2p-10dlc, .../api/usapptoperson-resource (campaign_status, errors),
.../api/brand-registration-resource, .../api/tollfree-verification-resource (status, rejection_reason).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import phonenumbers
from phonenumbers import PhoneNumberType

from app.carriers.twilio.console import Console, refusals
from app.telemetry.findings import Finding, Level

IN_THE_US = frozenset({"US", "PR", "VI", "GU", "AS", "MP"})  # whose carriers ask for it
PAGE = 200
LONGEST_WHY = 300  # characters
A2P = "Twilio's console, Messaging, Regulatory Compliance, A2P 10DLC"
TOLL_FREE = "Twilio's console, Phone Numbers, the toll-free number, Regulatory Information"


class Kind(StrEnum):
    """Which registration a number needs."""

    NONE = "none"
    A2P_10DLC = "A2P 10DLC"
    TOLL_FREE = "toll-free verification"


class State(StrEnum):
    """How far it is."""

    NOT_NEEDED = "not needed"
    MISSING = "missing"
    IN_REVIEW = "in review"
    APPROVED = "approved"
    REJECTED = "rejected"


@dataclass(frozen=True)
class Registration:
    """How far a number's registration is: why, and what to do (nothing, where nothing is needed)."""

    kind: Kind
    state: State
    why: str
    do: str = ""


CAMPAIGNS = {
    "VERIFIED": State.APPROVED,
    "IN_PROGRESS": State.IN_REVIEW,
    "PENDING": State.IN_REVIEW,
    "FAILED": State.REJECTED,
    "SUSPENDED": State.REJECTED,
    "EXPIRED": State.REJECTED,
}
BRANDS = {
    "APPROVED": State.APPROVED,
    "IN_REVIEW": State.IN_REVIEW,
    "PENDING": State.IN_REVIEW,
    "FAILED": State.REJECTED,
    "SUSPENDED": State.REJECTED,
}
TOLL_FREES = {
    "TWILIO_APPROVED": State.APPROVED,
    "PENDING_REVIEW": State.IN_REVIEW,
    "IN_REVIEW": State.IN_REVIEW,
    "TWILIO_REJECTED": State.REJECTED,
}
REVIEW = "nothing but wait: carriers take some two weeks. Texts to US phones may be dropped until then"


def needed(number: str) -> Kind:
    """Which registration a number needs, by its country and kind; `number` as +12025550100, or a short code."""
    if not number.startswith("+"):  # a short code is registered when it is leased
        return Kind.NONE
    parsed = phonenumbers.parse(number)
    if parsed.country_code != 1:
        return Kind.NONE
    if phonenumbers.number_type(parsed) == PhoneNumberType.TOLL_FREE:
        return Kind.TOLL_FREE
    return Kind.A2P_10DLC if phonenumbers.region_code_for_number(parsed) in IN_THE_US else Kind.NONE


def registration(console: Console, number: str, service: str | None = None) -> Registration:
    """How far the registration of one of the account's numbers is. Raises ConsoleError.

    `service` is the SID of the Messaging Service that it is in; where none is given, it is looked for.
    """
    match needed(number):
        case Kind.NONE:
            return Registration(Kind.NONE, State.NOT_NEEDED, "numbers of this kind need none")
        case Kind.TOLL_FREE:
            return _toll_free(console, number)
        case Kind.A2P_10DLC:
            return _a2p(console, number, service)


def finding(console: Console, number: str, service: str | None) -> Finding | None:
    """The same for `hotline doctor`: None where nothing is needed."""
    found = registration(console, number, service)
    if found.state is State.NOT_NEEDED:
        return None
    levels = {State.APPROVED: Level.OK, State.IN_REVIEW: Level.WARNING}
    what = f"{found.kind}, {found.state}: {found.why}"
    return Finding(levels.get(found.state, Level.PROBLEM), f"registration {number}", what, found.do or None)


def _a2p(console: Console, number: str, service: str | None) -> Registration:
    services = console.client.messaging.v1.services
    with refusals():
        looked_in = [service] if service else [one.sid for one in services.list(page_size=PAGE)]
        pools = ((sid, services(sid).phone_numbers.list(page_size=PAGE)) for sid in looked_in)
        own = next((sid for sid, pool in pools if any(each.phone_number == number for each in pool)), None)
        if own is None:
            what = "it is not in the hotline's Messaging Service" if service else "it is in no Messaging Service"
            do = f"put the number into the service's sender pool, and register that: {A2P}"
            return _a2p_is(State.MISSING, f"{what}, and only those are registered", do)
        campaigns = services(own).us_app_to_person.list(limit=PAGE)
        brands = [] if campaigns else console.client.messaging.v1.brand_registrations.list(limit=PAGE)
    if not campaigns:
        return _brand(brands)
    return max((_campaign(each) for each in campaigns), key=lambda one: one.state is State.APPROVED)


def _a2p_is(state: State, why: str, do: str = "") -> Registration:
    return Registration(Kind.A2P_10DLC, state, why, do)


def _campaign(one: Any) -> Registration:
    status = _word(one.campaign_status)
    state = CAMPAIGNS.get(status, State.IN_REVIEW)
    if state is State.APPROVED:
        return _a2p_is(state, "US carriers know the group, and take its texts")
    if state is State.IN_REVIEW:
        return _a2p_is(state, "US carriers are looking at the campaign", REVIEW)
    why = _reasons(one.errors) or f"the campaign is {status.lower()}, and Twilio does not say why"
    return _a2p_is(state, why, f"mend what it says and hand the campaign in again: {A2P}, Campaigns")


def _brand(brands: list[Any]) -> Registration:
    """How far it is without a campaign: the brand, which says who the group is, comes first."""
    states = {BRANDS.get(_word(each.status)): each for each in brands}
    if State.APPROVED in states:
        do = f"register a campaign for the hotline's Messaging Service: {A2P}, Campaigns"
        return _a2p_is(State.MISSING, "US carriers know who the group is (the brand), but not what it texts", do)
    if State.IN_REVIEW in states:
        do = "wait: it takes from minutes to some days. Then register a campaign in the same place"
        return _a2p_is(State.IN_REVIEW, "who the group is (the brand) is being looked at", do)
    if State.REJECTED in states:
        one = states[State.REJECTED]
        why = _reasons(one.errors) or " ".join(str(one.failure_reason or "Twilio does not say why").split())
        do = f"mend what it says and hand the brand in again: {A2P}, Brands"
        return _a2p_is(State.REJECTED, f"who the group is (the brand) was not believed: {why[:LONGEST_WHY]}", do)
    do = f"register the group (a brand) and what it texts (a campaign): {A2P}"
    return _a2p_is(State.MISSING, "US carriers drop texts of numbers that nobody registered", do)


def _toll_free(console: Console, number: str) -> Registration:
    with refusals():
        owned = console.client.incoming_phone_numbers.list(phone_number=number, limit=1)
        verifications = console.client.messaging.v1.tollfree_verifications
        every = verifications.list(tollfree_phone_number_sid=owned[0].sid, limit=PAGE) if owned else []
    states = {TOLL_FREES.get(_word(each.status), State.IN_REVIEW): each for each in every}
    if State.APPROVED in states:
        return Registration(Kind.TOLL_FREE, State.APPROVED, "carriers know the group, and take its texts")
    if State.IN_REVIEW in states:
        return Registration(Kind.TOLL_FREE, State.IN_REVIEW, "carriers are looking at it", REVIEW)
    if State.REJECTED in states:
        one = states[State.REJECTED]
        why = _reasons(one.rejection_reasons) or " ".join(str(one.rejection_reason or "").split())[:LONGEST_WHY]
        do = f"mend what it says and hand it in again: {TOLL_FREE}"
        return Registration(Kind.TOLL_FREE, State.REJECTED, why or "Twilio does not say why", do)
    do = f"hand in its verification: {TOLL_FREE}. It costs nothing"
    return Registration(Kind.TOLL_FREE, State.MISSING, "carriers drop texts of toll-free numbers without it", do)


def _reasons(errors: Iterable[Any] | None) -> str:
    """What is wrong, in the carriers' words, of lists in which Twilio has written it in several ways."""
    said: list[str] = []
    for each in errors or ():
        if isinstance(each, dict):
            words = each.get("description") or each.get("reason") or each.get("message") or ""
            code = each.get("error_code") or each.get("code")
            said.append(" ".join(f"{words} (error {code})".split()) if code else " ".join(str(words).split()))
    return "; ".join(part for part in said if part)[:LONGEST_WHY]


def _word(status: object) -> str:
    return str(getattr(status, "value", status) or "").upper()
