"""Whom a line writes to. Numbers that cost their caller money are written to by nobody; those abroad hardly ever.

Whatever is decided here, a text that came in is kept, and whoever is on duty hears of danger.
"""

import re
from enum import IntEnum
from functools import lru_cache

import phonenumbers
from phonenumbers import PhoneNumber, PhoneNumberType

from models.lines import Channel, Line
from models.people import Person

# Texts across these borders cost about the same, and neighbors' phones come from all over.
NORTH_AMERICA = ("US", "PR", "VI", "GU", "AS", "MP", "CA")
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
DEAR_IN_AMERICA = re.compile(r"\+1[2-9]\d\d976\d{4}")  # exchange 976, which libphonenumber takes for any other
LOCAL = 4  # digits at the end of a number that tell its phone


class Reach(IntEnum):
    """How far a line goes towards an address."""

    NEVER = 0
    DANGER = 1  # whom to call, once a day; and what a person on the line writes to them
    ALWAYS = 2


def of(line: Line, person: Person, channel: Channel, value: str) -> Reach:
    """How far the line goes towards this address of theirs. Its own volunteers may be anywhere."""
    if value in (line.sms, line.whatsapp):
        return Reach.NEVER  # its own number: whoever writes from there is itself, or pretends to be
    if not value.startswith("+"):
        # Short codes and names are machines', and nobody can write to them; WhatsApp hides numbers.
        return Reach.ALWAYS if channel is Channel.WHATSAPP else Reach.NEVER
    if _is_dear(value):
        return Reach.NEVER
    if person.helps or is_near(line, channel, value):
        return Reach.ALWAYS
    return Reach.DANGER


def is_near(line: Line, channel: Channel, value: str) -> bool:
    """Whether an address is in the line's countries. By WhatsApp all are, where the line names none."""
    wanted = line.policy.countries
    if channel is Channel.WHATSAPP and (not wanted or not value.startswith("+")):
        return True
    own = NORTH_AMERICA if line.country in NORTH_AMERICA else (line.country,)
    return _within(value, wanted or own)


def block(line: Line, channel: Channel, value: str) -> str | None:
    """The block of numbers that an address belongs to; abroad, its whole country. None if it shows no number."""
    if not value.startswith("+"):
        return None
    return value[:-LOCAL] if is_near(line, Channel.SMS, value) else _country_code(value)


@lru_cache(8192)
def _parsed(number: str) -> PhoneNumber | None:
    try:
        return phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return None


@lru_cache(8192)
def _is_dear(number: str) -> bool:
    parsed = _parsed(number)
    if parsed is None:
        return True  # nobody's phone
    return phonenumbers.number_type(parsed) in DEAR or DEAR_IN_AMERICA.fullmatch(number) is not None


def _country_code(number: str) -> str | None:
    parsed = _parsed(number)
    return None if parsed is None else f"+{parsed.country_code}"


@lru_cache(8192)
def _within(number: str, countries: tuple[str, ...]) -> bool:
    """Whether a number belongs to one of these countries; one that may do counts as if it did."""
    if ANY in countries:
        return True
    parsed = _parsed(number)
    if parsed is None or not set(phonenumbers.region_codes_for_country_code(parsed.country_code or 0)) & set(
        countries
    ):
        return False
    # Of +1 only the number itself tells the country, and some Caribbean ones cost twenty times as much.
    region = phonenumbers.region_code_for_number(parsed)
    return parsed.country_code != 1 or region is None or region in countries
