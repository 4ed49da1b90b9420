"""A cell of somebody's table: what its owner meant, and what to say where nobody can know."""

import re
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from handlers.understanding.words import clean

FORMULA = re.compile(r'=\s*"(.*)"', re.DOTALL)  # ="+12025550101": how a spreadsheet is made to keep digits
WHOLE = re.compile(r"\+?(?:[\d,]+\.|\d{7,},)0{1,6}")  # with a comma where a country writes 3,5


class Unusable(ValueError):
    """Cannot be used as it is written; the message says why and what to write, never a phone number."""


def cell(text: str) -> str:
    """A spreadsheet's cell as its owner meant it: without a formula's shell, a text mark, a whole number's ".0"."""
    text = " ".join(clean(text.replace("\0", "")).split())
    if made := FORMULA.fullmatch(text):
        text = made.group(1).strip()
    if text.startswith("'"):
        text = text[1:].strip()
    return re.split(r"\.|,(?=0+$)", text)[0] if WHOLE.fullmatch(text) else text


def written(value: object) -> str:
    """A workbook's value as it would stand in CSV: numbers with all of their digits, moments as ISO 8601."""
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case float() if value.is_integer() and abs(value) < 1e15:
            return str(int(value))
        case int() | float() | Decimal():
            return str(value)
        case datetime() if value.time() == time():
            return value.date().isoformat()
        case datetime():
            return value.isoformat(" ", "seconds")
        case date() | time():
            return value.isoformat()
        case timedelta():
            return str(value)
    return str(value)
