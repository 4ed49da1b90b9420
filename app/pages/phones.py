"""Phone numbers as people read them."""

import phonenumbers
from phonenumbers import PhoneNumberFormat


def shown(number: str, country: str) -> str:
    """A number as people of this country write it; whole, where it is of another. A short code as it is."""
    if not number.startswith("+"):
        return number
    parsed = phonenumbers.parse(number, None)
    at_home = parsed.country_code == phonenumbers.country_code_for_region(country)
    return phonenumbers.format_number(
        parsed, PhoneNumberFormat.NATIONAL if at_home else PhoneNumberFormat.INTERNATIONAL
    )
