"""In which country the group is, and which clock its people go by: guessed from its number, and asked once."""

import re
from dataclasses import dataclass

import phonenumbers
from babel import Locale
from babel.core import get_global
from babel.localtime import LOCALTZ
from phonenumbers import timezone as zones_of_numbers

from app import countries
from app.golive.setup import Setup, reader

STEP = "place"
UNKNOWN = "Etc/Unknown"
NAMES = ("HOTLINE_COUNTRY", "HOTLINE_TIMEZONE")


@dataclass(frozen=True)
class Guess:
    """Where a number is from. Not `certain` where the clock is only this machine's."""

    country: str
    zone: str | None
    certain: bool


def run(setup: Setup) -> None:
    """Take what is known, else what the number says; ask only where that has several clocks."""
    dialog, known = setup.dialog, {name: setup.value(name) for name in NAMES}
    guessed = guess(setup.value("HOTLINE_NUMBER") or "")
    country = known["HOTLINE_COUNTRY"] or guessed.country
    # The number's clock is that of its own country alone.
    zone = known["HOTLINE_TIMEZONE"] or (guessed.zone if country == guessed.country else clock_of(country))
    if zone is None or not (known["HOTLINE_TIMEZONE"] or guessed.certain):
        country, zone = dialog.ask(
            "Where are you? Your country's two letters and your clock, such as: US America/Chicago. "
            "People are told times by this clock, and at night nobody is woken.",
            "--timezone",
            read,
            default=f"{country} {zone}" if zone else None,
        )
    else:
        country, zone = dialog.ask("", "--country and --timezone", read, given=f"{country} {zone}")
    setup.state.learn(HOTLINE_COUNTRY=country, HOTLINE_TIMEZONE=zone)
    named = Locale("en").territories.get(country, country)
    dial = setup.value("HOTLINE_EMERGENCY_NUMBER") or countries.emergency_number(country)
    other = (
        ""
        if all(known.values())
        else " Elsewhere? Ctrl+C, then: hotline golive --country US --timezone America/Chicago"
    )
    dialog.say(f"{named}, by the clock of {zone}. In danger people are told to call {dial}.{other}")
    setup.state.finish(STEP, setup.clock.now())


def read(said: str) -> tuple[str, str]:
    """A country and a clock, in any order; a clock alone tells the country. Raises ValueError."""
    words = re.split(r"[\s,;]+", said.strip())
    clocks = [word for word in words if "/" in word or len(word) > 2]
    letters = [word for word in words if word not in clocks]
    country = reader("HOTLINE_COUNTRY")(letters[0]) if letters else None
    zone = reader("HOTLINE_TIMEZONE")(clocks[0]) if clocks else clock_of(country or "")
    country = country or get_global("zone_territories").get(zone or "")
    if not country:
        raise ValueError("no country; write its two letters too, such as US America/Chicago")
    if not zone:
        raise ValueError(f"{country} has more than one clock; write yours too, such as US America/Chicago")
    return country, zone


def guess(number: str) -> Guess:
    """The country and the clock of a phone number; the clock of this machine where the number has several."""
    try:
        parsed = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:  # a short code
        return Guess("US", _machines("US"), certain=False)
    country = phonenumbers.region_code_for_number(parsed)
    country = country or phonenumbers.region_code_for_country_code(parsed.country_code or 1)
    zones = zones_of_numbers.time_zones_for_number(parsed)
    zone = zones[0] if len(zones) == 1 and zones[0] != UNKNOWN else clock_of(country)
    return Guess(country, zone or _machines(country), certain=zone is not None)


def clock_of(country: str) -> str | None:
    """The clock of a country that has only one."""
    zones = {zone for zone, territory in get_global("zone_territories").items() if territory == country}
    same = {get_global("zone_aliases").get(zone, zone) for zone in zones}
    return same.pop() if len(same) == 1 else None


def _machines(country: str) -> str | None:
    zone = str(getattr(LOCALTZ, "key", ""))
    return zone if get_global("zone_territories").get(zone) == country else None
