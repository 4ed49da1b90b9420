"""Numbers that are nobody's, for pretend phones and for examples: those a country keeps free for stories, if it does.

Else such that no plan of the country has given out, as far as libphonenumber knows: of a possible length, and of no
valid beginning. They are for the simulator and for what we print; no carrier is ever asked to text them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import phonenumbers
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from models import spellings

HOW_MANY = 100  # the first is a hotline's own, the others are people's
NANP = "+1"


@dataclass(frozen=True)
class Kept:
    """Numbers kept free for stories: all from one to another that begin alike."""

    begins: str
    first: int
    last: int
    digits: int  # at the end, in which they differ
    source: str

    def numbers(self) -> Iterator[str]:
        """They themselves."""
        return (f"{self.begins}{n:0{self.digits}}" for n in range(self.first, self.last + 1))


OFCOM = "Ofcom, Numbers for use in TV and radio drama programmes"
BNETZA = "Bundesnetzagentur, Rufnummern für Mediennutzung (Drama Numbers)"
ACMA = "ACMA, Phone numbers for use in TV shows, films and creative works"
ARCEP = "ARCEP, décision 2018-0881: numéros pour œuvres audiovisuelles"
COMREG = "ComReg, Numbering Conditions of Use: numbers for drama"
PTS = "Post- och telestyrelsen, Telefonnummer för film, böcker med mera"
ATIS = "ATIS-0300115, 555 NXX Assignment Guidelines: 555-0100 to 555-0199 are fictional"
KEPT: dict[str, tuple[Kept, ...]] = {
    "GB": (Kept("+447700900", 0, 999, 3, OFCOM),),
    "DE": (Kept("+4917139200", 0, 99, 2, BNETZA),),
    "FR": (Kept("+3363998", 0, 9999, 4, ARCEP),),
    "IE": (Kept("+3532091", 0, 99999, 5, COMREG),),
    "SE": (Kept("+467017406", 5, 99, 2, PTS), Kept("+468465004", 0, 99, 2, PTS)),
    "AU": (
        Kept("+6149157015", 6, 9, 1, ACMA),
        Kept("+61491570110", 0, 0, 0, ACMA),
        Kept("+6125550", 0, 9999, 4, ACMA),
    ),
}
AREAS = {"US": "202", "CA": "416", "PR": "787", "DO": "809", "JM": "876"}  # where several are a country's


@lru_cache(32)
def of(country: str) -> tuple[str, ...]:
    """A hundred numbers of a country, given by its two letters, that are nobody's; always the same."""
    code = f"+{phonenumbers.country_code_for_region(country)}"
    if code == NANP:
        return tuple(Kept(f"{NANP}{_area(country)}55501", 0, 99, 2, ATIS).numbers())
    if country in KEPT:
        return tuple(number for kept in KEPT[country] for number in kept.numbers())[:HOW_MANY]
    return _unassigned(country, code)


def example(country: str) -> str:
    """How somebody's number is written there, with + and the country."""
    return of(country)[1]


def at_home(country: str) -> str:
    """The same as it is written at home."""
    whole = example(country)
    written = str(phonenumbers.format_number(phonenumbers.parse(whole, None), PhoneNumberFormat.NATIONAL))
    back = phonenumbers.format_number(phonenumbers.parse(written, country), PhoneNumberFormat.E164)
    return written if back == whole else whole


def _area(country: str) -> str:
    """The area code of a country that shares +1 with others."""
    if country in AREAS:
        return AREAS[country]
    known = phonenumbers.example_number(country)
    return str(known.national_number)[:3] if known else AREAS["US"]


def _unassigned(country: str, code: str) -> tuple[str, ...]:
    """Of a length that its mobile numbers have, with a beginning that none of its numbers has; else America's."""
    known = phonenumbers.example_number_for_type(country, PhoneNumberType.MOBILE)
    length = len(phonenumbers.format_number(known, PhoneNumberFormat.E164)) - len(code) if known else 9
    for size in (1, 2, 3):
        for begin in range(10**size - 1, 10 ** (size - 1) - 1, -1):
            begins = f"{code}{begin}{'0' * (length - size - 2)}"
            found = tuple(f"{begins}{n:02}" for n in range(HOW_MANY))
            if _is_nobodys(found[0]) and all(map(_is_nobodys, found)):
                return found
    return of("US")


def _is_nobodys(number: str) -> bool:
    parsed = phonenumbers.parse(number, None)
    written = phonenumbers.format_number(parsed, PhoneNumberFormat.E164)
    whole = written == number == spellings.canonical(number)
    return whole and phonenumbers.is_possible_number(parsed) and not phonenumbers.is_valid_number(parsed)
