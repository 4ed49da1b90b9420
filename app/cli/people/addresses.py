"""Addresses as people write them and as spreadsheets leave them, to the channel and value that texts come from."""

import re
from decimal import Decimal, InvalidOperation

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat, ValidationResult

from handlers import pretend_numbers
from handlers.understanding.words import clean
from models import spellings
from models.lines import Channel

WHATSAPP = re.compile(r"whatsapp\s*:\s*", re.IGNORECASE)
FORMULA = re.compile(r'=\s*"(.*)"', re.DOTALL)  # ="+12025550101": how a spreadsheet is made to keep digits
EXPONENT = re.compile(r"\+?(\d[.,]?\d*)[eE]\+?(\d{1,2})")  # 2.025550101E9, or with a decimal comma
OPAQUE = re.compile(r"\+\d{6,15}|[A-Za-z0-9][\w.\-]{2,100}")
WHOLE = re.compile(r"\+?[\d,]+\.0{1,6}")
GROUPED = re.compile(r"\d{1,3}(,\d{3})+")


class Unusable(ValueError):
    """Cannot be used as it is written; the message says why and what to write, never the value."""


def cell(text: str) -> str:
    """A spreadsheet's cell as its owner meant it: without a formula's shell, a text mark, a whole number's ".0"."""
    text = " ".join(clean(text.replace("\0", "")).split())
    if made := FORMULA.fullmatch(text):
        text = made.group(1).strip()
    if text.startswith("'"):
        text = text[1:].strip()
    return text.partition(".")[0] if WHOLE.fullmatch(text) else text


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
        found = phonenumbers.parse(text, country)
        if found.extension:
            raise Unusable("a number with an extension cannot be texted; write one without")
        value = spellings.canonical(str(phonenumbers.format_number(found, PhoneNumberFormat.E164)))
        found = phonenumbers.parse(value, None)
    except NumberParseException as error:
        raise Unusable(f"not a phone number; {_such_as(country)}") from error
    match phonenumbers.is_possible_number_with_reason(found):
        case ValidationResult.IS_POSSIBLE:
            return value
        case ValidationResult.TOO_LONG:
            raise Unusable(f"too many digits for a phone number; {_such_as(country)}")
        case ValidationResult.INVALID_COUNTRY_CODE:
            raise Unusable(f"no country's number; {_such_as(country)}")
    raise Unusable(f"not a whole phone number; {_such_as(country)}")


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
