"""What differs by country: the number to call in an emergency.

Where several are answered, the one that people there know is named here; of every other country it is 112 where
libphonenumber knows it for an emergency number of theirs (ITU-T E.161.1 recommends 112 and 911), else 911, else 999,
else the first that it knows. A line's own setting goes before all of these.
"""

from functools import cache

import phonenumbers
from phonenumbers import PhoneMetadata
from phonenumbers.shortnumberinfo import is_emergency_number

WORLDWIDE = ("112", "911", "999")
NORTH_AMERICA = 1  # the country code that is 911's
# As each government tells its people; where ambulance, fire and police have their own, the ambulance's.
KNOWN = {
    "AU": "000",  # Triple Zero (ACMA)
    "CL": "131",  # SAMU
    "CN": "120",
    "CO": "123",  # Línea Única de Emergencias
    "EC": "911",  # ECU 911
    "GB": "999",
    "GG": "999",
    "HK": "999",
    "HN": "911",  # Sistema Nacional de Emergencias, in place of 199
    "HT": "114",  # Police Nationale d'Haïti
    "IM": "999",
    "JE": "999",
    "JP": "119",
    "KE": "999",
    "KR": "119",
    "MX": "911",
    "MY": "999",
    "NZ": "111",
    "PH": "911",  # Executive Order 56 of 2018
    "SG": "995",
    "SV": "911",
    "TH": "1669",
    "TT": "990",
    "TW": "119",
    "VE": "911",  # VEN 9-1-1
    "VN": "115",
}


@cache
def emergency_number(country: str) -> str:
    """Whom to call in danger there; `country` is two letters."""
    if country in KNOWN:
        return KNOWN[country]
    if phonenumbers.country_code_for_region(country) == NORTH_AMERICA:
        return "911"
    for number in WORLDWIDE:
        if is_emergency_number(number, country):
            return number
    told = PhoneMetadata.short_metadata_for_region(country)
    example = told.emergency.example_number if told is not None and told.emergency is not None else None
    return str(example or WORLDWIDE[0])
