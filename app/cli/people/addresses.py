"""Addresses as people write them and as spreadsheets leave them, to the channel and value that texts come from."""

import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation

import phonenumbers
from phonenumbers import (
    NumberParseException,
    PhoneNumberFormat,
    PhoneNumberMatch,
    PhoneNumberMatcher,
    ValidationResult,
)

from app.cli.sheets.cells import Unusable, cell
from handlers.setup import pretend_numbers
from models import spellings
from models.lines import Channel

WHATSAPP = re.compile(r"whatsapp\s*:\s*", re.IGNORECASE)
EXPONENT = re.compile(r"\+?(\d[.,]?\d*)[eE]\+?(\d{1,2})")  # 2.025550101E9, or with a decimal comma
OPAQUE = re.compile(r"\+\d{6,15}|[A-Za-z0-9][\w.\-]{2,100}")
GROUPED = re.compile(r"\d{1,3}(,\d{3})+")

SEVERAL = "several numbers in one place; leave the one that takes texts"
LONGEST_EXTENSION = 6  # digits; what is longer is another number
LONGEST_NOTE = 200  # characters in which a number is looked for


class NoNumber(Unusable):
    """It is no phone number as it stands; it may hold one."""


def read(text: str, country: str) -> tuple[Channel, str]:
    """The channel and value of an address in any spelling. Raises Unusable.

    After "whatsapp:" anything goes, for WhatsApp may hide the number (whatsapp:US.1234). All else is a phone number,
    local ones of the line's country.
    """
    text = cell(text)
    if prefix := WHATSAPP.match(text):
        value = text[prefix.end() :].strip()
        if value.startswith("+"):
            value = spellings.canonical("+" + "".join(re.findall(r"[0-9]", value)))
        elif not re.search(r"[A-Za-z]", value):
            value = number(value, country)
        if not OPAQUE.fullmatch(value):
            raise Unusable(f"not a WhatsApp address; write it such as whatsapp:{pretend_numbers.example(country)}")
        return Channel.WHATSAPP, value
    return Channel.SMS, number(text, country)


def number(text: str, country: str) -> str:
    """A phone number in any spelling as +12025550101; without a country's code it is one of `country`.

    Of several spellings of one number it is the canonical one (models/spellings.py). Raises Unusable.
    """
    text = _digits(cell(text), country)
    if not text:
        raise Unusable(f"no phone number; {_such_as(country)}")
    try:
        return _whole(text, country)
    except NoNumber as error:
        found = _among(text, country)
        if len(found) > 1:
            raise Unusable(SEVERAL) from error
        if not found:
            raise
        return found[0]


def _whole(text: str, country: str) -> str:
    """The number that a text is and nothing else. Raises NoNumber, and Unusable where one is that takes no texts."""
    try:
        found = phonenumbers.parse(text, country)
        if found.extension and len(found.extension) > LONGEST_EXTENSION:
            raise Unusable(SEVERAL)
        if found.extension:
            raise Unusable("a number with an extension cannot be texted; write one without")
        value = spellings.canonical(str(phonenumbers.format_number(found, PhoneNumberFormat.E164)))
        found = phonenumbers.parse(value, None)
    except NumberParseException as error:
        raise NoNumber(f"not a phone number; {_such_as(country)}") from error
    match phonenumbers.is_possible_number_with_reason(found):
        case ValidationResult.IS_POSSIBLE:
            return value
        case ValidationResult.TOO_LONG:
            raise NoNumber(f"too many digits for a phone number; {_such_as(country)}")
        case ValidationResult.INVALID_COUNTRY_CODE:
            raise NoNumber(f"no country's number; {_such_as(country)}")
    raise NoNumber(f"not a whole phone number; {_such_as(country)}")


def _among(text: str, country: str) -> list[str]:
    """The numbers that stand among other words ("call after 5"), or one whose country lacks its +."""
    if len(text) > LONGEST_NOTE:
        return []
    if text.isascii() and text.isdigit():
        return [value] if (value := _abroad(text)) else []
    found = [str(phonenumbers.format_number(m.number, PhoneNumberFormat.E164)) for m in _matches(text, country)]
    return list(dict.fromkeys(map(spellings.canonical, found)))


def _matches(text: str, country: str) -> Iterator[PhoneNumberMatch]:
    return (m for m in PhoneNumberMatcher(text, country) if not m.number.extension)


def _abroad(digits: str) -> str | None:
    """The number of another country whose + was left out, if it is one that could be somebody's."""
    value = spellings.canonical(f"+{digits}")
    try:
        return value if phonenumbers.is_valid_number(phonenumbers.parse(value, None)) else None
    except NumberParseException:
        return None


def _such_as(country: str) -> str:
    """What to write: as at home, or from anywhere."""
    home, whole = pretend_numbers.at_home(country), pretend_numbers.example(country)
    return f"write it with + and the country, such as {whole}{'' if home == whole else f', or as at home: {home}'}"


def _digits(text: str, country: str) -> str:
    """The number with all of its digits. Raises Unusable where a spreadsheet has thrown some away."""
    if made := EXPONENT.fullmatch(text):
        kept = len(re.sub(r"\D", "", made.group(1)))
        if kept < int(made.group(2)) + 1:
            raise Unusable(
                "the spreadsheet has cut off digits; format that column as text and write the number again"
            )
        try:
            whole = Decimal(text.replace(",", "."))
        except InvalidOperation as error:
            raise Unusable(f"not a phone number; {_such_as(country)}") from error
        return f"{whole:f}".split(".")[0]
    if GROUPED.fullmatch(text):
        return text.replace(",", "")
    return "+" + text[2:] if re.match(r"00[1-9]", text) else text
