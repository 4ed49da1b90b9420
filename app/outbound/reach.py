"""Whom a line writes to. Numbers that cost their caller money are written to by nobody; those abroad hardly ever.

Whatever is decided here, a text that came in is kept, and whoever is on duty hears of danger.
"""

import re
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache

import phonenumbers
from phonenumbers import PhoneNumberType

from models.lines import Channel, Line
from models.people import Person

# Texts across these borders cost about the same, and neighbors' phones come from all over.
NORTH_AMERICA = ("US", "PR", "VI", "GU", "AS", "MP", "CA")
PICTURES_BY_MMS = ("US", "PR", "CA")
ANY = "*"

# Numbers that somebody earns by when they are called or texted, or that are no one's phone.
DEAR = frozenset({
    PhoneNumberType.PREMIUM_RATE,
    PhoneNumberType.SHARED_COST,
    PhoneNumberType.PERSONAL_NUMBER,
    PhoneNumberType.PAGER,
    PhoneNumberType.UAN,
    PhoneNumberType.VOICEMAIL,
})  # fmt: skip
AMERICAN = re.compile(r"(\+1[2-9][0-9]{5})[0-9]{4}")  # country, area and exchange; the phone
SOMEBODY = "0123"
DEAR_IN_AMERICA = re.compile(r"\+1[2-9]\d\d976\d{4}")  # exchange 976, which libphonenumber takes for any other
LOCAL = 4  # digits at the end of a number that tell its phone


class Reach(IntEnum):
    """How far a line goes towards an address."""

    NEVER = 0
    DANGER = 1  # whom to call, once a day; and what a person on the line writes to them
    ALWAYS = 2


@dataclass(frozen=True)
class Origin:
    """What a number itself tells."""

    country_code: int
    countries: frozenset[str]  # it may be of these: of all that share the country code, where it does not tell
    dear: bool


def of(line: Line, person: Person, channel: Channel, value: str) -> Reach:
    """How far the line goes towards this address of theirs. Its own volunteers may be anywhere."""
    if value in (line.sms, line.whatsapp):
        return Reach.NEVER  # its own number: whoever writes from there is itself, or pretends to be
    if not value.startswith("+"):
        # Short codes and names are machines', and nobody can write to them; WhatsApp hides numbers.
        return Reach.ALWAYS if channel is Channel.WHATSAPP else Reach.NEVER
    origin = _origin(value)
    if origin is None or origin.dear:
        return Reach.NEVER
    if person.helps or is_near(line, channel, value):
        return Reach.ALWAYS
    return Reach.DANGER


def is_near(line: Line, channel: Channel, value: str) -> bool:
    """Whether an address is in the line's countries. By WhatsApp all are, where the line names none."""
    wanted = line.policy.countries
    if channel is Channel.WHATSAPP and (not wanted or not value.startswith("+")):
        return True
    if ANY in wanted:
        return True
    origin = _origin(value)
    own = wanted or (NORTH_AMERICA if line.country in NORTH_AMERICA else (line.country,))
    return origin is not None and not origin.countries.isdisjoint(own)


def takes_pictures(channel: Channel, value: str) -> bool:
    """Whether a phone gets pictures with its texts: by WhatsApp all do, MMS goes to the US and Canada alone.

    Source: https://www.twilio.com/docs/messaging/guides/accepted-mime-types and https://www.twilio.com/docs/content
    ("MMS in the US and Canada").
    """
    if channel is Channel.WHATSAPP:
        return True
    origin = _origin(value)
    return origin is not None and not origin.countries.isdisjoint(PICTURES_BY_MMS)


def block(line: Line, channel: Channel, value: str) -> str | None:
    """The block of numbers that an address belongs to; abroad, its whole country. None if it shows no number."""
    if not value.startswith("+"):
        return None
    if is_near(line, Channel.SMS, value):
        return value[:-LOCAL]
    origin = _origin(value)
    return None if origin is None else f"+{origin.country_code}"


def _origin(number: str) -> Origin | None:
    """Where a number is from, and whether it is dear; None for what is nobody's phone."""
    # In North America the exchange tells all, and neighbors have few of them.
    exchange = AMERICAN.fullmatch(number)
    return _origin_of(exchange[1] + SOMEBODY if exchange else number)


@lru_cache(8192)
def _origin_of(number: str) -> Origin | None:
    try:
        parsed = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return None
    code = parsed.country_code or 0
    shared = phonenumbers.region_codes_for_country_code(code)
    # Of +1 only the number itself tells the country, and some Caribbean ones cost twenty times as much.
    region = phonenumbers.region_code_for_number(parsed) if code == 1 else None
    dear = phonenumbers.number_type(parsed) in DEAR or DEAR_IN_AMERICA.fullmatch(number) is not None
    return Origin(code, frozenset(shared if region is None else (region,)), dear)
