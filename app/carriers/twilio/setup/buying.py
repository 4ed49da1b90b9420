"""Numbers that can be had, what they cost a month, and having one. Nothing is bought by looking.

Sources: twilio.com/docs/phone-numbers/api/availablephonenumber-resource, twilio.com/docs/phone-numbers/pricing.
"""

from dataclasses import dataclass
from typing import Any

from app.carriers.twilio.setup import numbers
from app.carriers.twilio.setup.access import Access, Refused, asking
from app.carriers.twilio.setup.numbers import Kind, Owned

NOTHING_THERE = 20404  # a country without numbers of this kind
KINDS = (Kind.LOCAL, Kind.TOLL_FREE, Kind.MOBILE, Kind.NATIONAL)
SHOWN = 10  # of each kind: nobody reads more


@dataclass(frozen=True)
class Price:
    """What a number costs each month, by Twilio's own list for this account; texts and calls come on top."""

    amount: str  # as Twilio writes it, such as 1.15
    currency: str  # such as USD

    def __str__(self) -> str:
        return f"{self.amount} {self.currency} a month"


@dataclass(frozen=True)
class Available:
    """A number that can be had now; somebody else may take it in the next moment."""

    number: str
    kind: Kind
    place: str  # its town and region, as far as Twilio says
    needs_address: bool  # by the country's rules; Twilio asks for it before it gives the number
    price: Price | None  # None where Twilio does not say


def available(access: Access, country: str, contains: str | None = None, most: int = SHOWN) -> list[Available]:
    """Numbers of a country (ISO, such as US) that can text, at most so many of each kind.

    `contains` is an area code or digits that it shall have, such as 202.
    """
    priced = prices(access, country)
    asked = {"contains": contains} if contains else {}
    found: list[Available] = []
    for kind in KINDS:
        for each in _listed(access, country, kind, most, asked):
            place = ", ".join(part for part in (each.locality, each.region) if part)
            needs = str(getattr(each.address_requirements, "value", each.address_requirements) or "none") != "none"
            found.append(Available(each.phone_number, kind, place, needs, priced.get(kind)))
    return found


def _listed(access: Access, country: str, kind: Kind, most: int, asked: dict[str, str]) -> list[Any]:
    of = access.client.available_phone_numbers(country)
    lists = {Kind.LOCAL: of.local, Kind.TOLL_FREE: of.toll_free, Kind.MOBILE: of.mobile, Kind.NATIONAL: of.national}
    try:
        with asking():
            return list(lists[kind].list(sms_enabled=True, limit=most, page_size=most, **asked))
    except Refused as refused:
        if refused.code == NOTHING_THERE:
            return []
        raise


def prices(access: Access, country: str) -> dict[str, Price]:
    """What a number of each kind costs a month in a country; nothing where Twilio's price list is silent."""
    try:
        with asking():
            told = access.client.pricing.v1.phone_numbers.countries(country).fetch()
    except Refused as refused:
        if refused.code == NOTHING_THERE:
            return {}
        raise
    currency = str(told.price_unit or "USD").upper()
    return {
        str(each["number_type"]): Price(str(each["current_price"]), currency)
        for each in told.phone_number_prices or ()
        if each.get("current_price") is not None
    }


def buy(access: Access, number: str) -> Owned:
    """Have this number: IT COSTS MONEY EACH MONTH from now on. Only after a yes that named the price.

    One that the account has already is not bought again: after an answer that was lost this can be called again.
    """
    mine = {each.number: each for each in numbers.owned(access)}
    if number in mine:
        return mine[number]
    with asking():
        access.client.incoming_phone_numbers.create(phone_number=number)
    bought = {each.number: each for each in numbers.owned(access)}.get(number)
    if bought is None:
        raise Refused("Twilio took the order, but does not show the number yet", "wait a minute, then run this again")
    return bought
