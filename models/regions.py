"""Where a number is from, and the markets by which Meta prices WhatsApp.

Source: Meta's rate card (developers.facebook.com/documentation/business-messaging/whatsapp/pricing) and its markets
of several countries; those that it prices by themselves are in none here.
"""

import re
from collections.abc import Mapping
from functools import lru_cache

import phonenumbers

ANYWHERE = "*"
HIDDEN = re.compile(r"([A-Z]{2})\.[\w.]+")  # an id of WhatsApp's that hides a number begins with the country

_MARKETS = {
    "north_america": "CA US",
    "rest_of_africa": "AO BF BI BJ BW CD CG CI CM DZ ER ET GA GH GM GW KE LR LS LY MG ML MR MW MZ NA NE RW "
    "SD SL SN SO SS SZ TD TG TN TZ UG ZM ZW",
    "rest_of_asia": "AF AU CN HK JP KH LA MN MM NZ PG PH SG TH TJ TM TW UZ VN",
    "rest_of_eastern_europe": "AL AM AZ BY BG HR CZ GE GR HU LV LT MD MK PL RO RS SK SI",
    "rest_of_latin_america": "BO CR DO EC GT HN HT JM NI PA PR PY SV UY VE",
    "rest_of_middle_east": "BH JO LB QA YE",
    "rest_of_western_europe": "AT BE CH DK FI IE NO PT SE",
}
MARKETS: Mapping[str, str] = {
    country: market for market, countries in _MARKETS.items() for country in countries.split()
}
AMERICAN = re.compile(r"\+1[2-9]\d\d[2-9]\d\d\d{4}")
CODE_AND_EXCHANGE = 8  # characters of an American number that tell where it is


def country(written: str) -> str:
    """A country's two letters, in capitals. Raises ValueError for what is none."""
    if written.upper() not in phonenumbers.SUPPORTED_REGIONS:
        raise ValueError("not a country; write its two letters, such as US")
    return written.upper()


def country_of(address: str) -> str:
    """The country of a phone, by its number or by the id that WhatsApp shows for it; "*" where neither tells."""
    hidden = HIDDEN.fullmatch(address)
    if hidden:
        return hidden[1]
    if AMERICAN.fullmatch(address):  # neighbors have few exchanges, and many numbers
        return _country_of(f"{address[:CODE_AND_EXCHANGE]}0123")
    return _country_of(address)


@lru_cache(8192)
def _country_of(number: str) -> str:
    try:
        parsed = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return ANYWHERE
    # An area code that nobody has yet may be given out tomorrow: the code's first country.
    found = phonenumbers.region_code_for_number(parsed)
    return found or phonenumbers.region_code_for_country_code(parsed.country_code or 0).replace("ZZ", ANYWHERE)
