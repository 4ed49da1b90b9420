"""How what somebody writes becomes the value of a figure. Each raises ValueError, whose words say what to write."""

import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation

from handlers.rules.figures.groups import GROUPS, UNITS
from handlers.understanding.intents import DangerKind, Need
from models import prices
from models.lines import OfferShows
from models.regions import country

LONGEST = 60 * 24 * 60  # minutes: sixty days, after which nobody remembers what was asked
MOST = 1_000_000
ANY = "*"  # every country
DIALED = re.compile(r"[0-9+][0-9 +.()-]{1,23}|")  # or none at all, where the country's own shall not be told
NOTHING = frozenset({"", "none", "no", "off"})


def whole(least: int, most: int) -> Callable[[str], int]:
    """Reads a whole number within bounds."""

    def read(said: str) -> int:
        if not (said.isascii() and said.isdigit() and least <= int(said[:12]) <= most):
            raise ValueError(f"not a whole number from {least} to {most}")
        return int(said)

    return read


def no_or(least: int, most: int) -> Callable[[str], int]:
    """Reads a whole number within bounds, or 0."""

    def read(said: str) -> int:
        return 0 if said == "0" or said.lower() in NOTHING else whole(least, most)(said)

    return read


minutes = whole(1, LONGEST)


def waves(said: str) -> list[int]:
    """Reads the sizes of the waves, none smaller than the one before."""
    try:
        found = [whole(1, MOST)(part.strip()) for part in said.split(",")]
    except ValueError:
        found = []
    if not 1 <= len(found) <= 10 or found != sorted(found):
        raise ValueError("not waves; write how many are asked each time, growing, such as 3,6,12")
    return found


def no_waves(said: str) -> list[int]:
    """Reads the sizes of the waves; none leaves them to how people answer."""
    return [] if said.lower() in NOTHING else waves(said)


def ratio(said: str) -> float:
    """Reads a small number that need not be whole."""
    found = _decimal(said)
    if found is None or not Decimal("0.01") <= found <= 100:
        raise ValueError("not a number from 0.01 to 100, such as 1 or 0.5")
    return float(found)


def chance(said: str) -> float:
    """Reads a chance."""
    found = _decimal(said)
    if found is None or not 0 <= found <= 1:
        raise ValueError("not a number from 0 to 1, such as 0.15")
    return float(found)


def answer_minutes(said: str) -> list[int]:
    """Reads three growing numbers of minutes; none leaves what was measured."""
    if said.lower() in NOTHING:
        return []
    found = minutes_after(said)
    if len(found) != 3:
        raise ValueError("not three minutes, each later than the one before, such as 12,60,120")
    return found


def hours(said: str) -> list[int]:
    """Reads hours of the day."""
    try:
        found = [whole(0, 23)(part.strip()) for part in said.split(",")]
    except ValueError:
        found = []
    if not 1 <= len(found) <= 6 or found != sorted(set(found)):
        raise ValueError("not hours of the day, each later than the one before, such as 9,17")
    return found


def speed(said: str) -> float:
    """Reads how many leave in a second."""
    found = _decimal(said)
    if found is None or not Decimal("0.01") <= found <= 1000:
        raise ValueError("not a number from 0.01 to 1000, such as 1 or 0.5")
    return float(found)


def money(said: str) -> str:
    """Reads an amount of money, without a currency."""
    found = _decimal(said.strip("$€£ "))
    if found is None or not 0 <= found <= MOST:
        raise ValueError("not an amount of money; write it such as 0.0083 or 25")
    return format(found, "f")


def own_price(said: str) -> str:
    """Reads a price of the line's own; none leaves it to the table of prices."""
    return "" if said.lower() in NOTHING else money(said)


def price_rows(said: str) -> list[str]:
    """Reads rows of the table of prices, between commas; none leaves the table as it is."""
    if said.lower() in NOTHING:
        return []
    written = [" ".join(row.split()) for row in said.split(",")]
    for row in written:
        prices.read(row)
    return written


def budget(said: str) -> str:
    """Reads a day's budget; none lifts it."""
    return "" if said.lower() in NOTHING else money(said)


def countries(said: str) -> list[str]:
    """Reads countries; none leaves the line's own, * takes in all."""
    if said == ANY:
        return [ANY]
    if said.lower() in NOTHING:
        return []
    try:
        return list(dict.fromkeys(country(part.strip()) for part in said.split(",")))
    except ValueError:
        raise ValueError("not countries; write their two letters, such as US,MX, or * for any, or none") from None


def minutes_after(said: str) -> list[int]:
    """Reads minutes, each later than the one before."""
    try:
        found = [minutes(part.strip()) for part in said.split(",")]
    except ValueError:
        found = []
    if not 1 <= len(found) <= 10 or found != sorted(set(found)):
        raise ValueError("not minutes, each later than the one before, such as 3,8,15")
    return found


def danger_numbers(said: str) -> list[str]:
    """Reads the numbers to call in some kinds of danger; none leaves those of the line's country."""
    if said.lower() in NOTHING:
        return []
    parts = [part.strip() for part in said.split(",")]
    found = dict(part.partition("=")[::2] for part in parts)
    kinds = frozenset(DangerKind)
    if not all("=" in part for part in parts) or not all(
        kind in kinds and DIALED.fullmatch(number) for kind, number in found.items()
    ):
        names = ", ".join(sorted(kinds))
        raise ValueError(f"not a kind and its number, such as self_harm=988,poison=1-800-222-1222. Kinds: {names}")
    return [f"{kind}={number}" for kind, number in found.items()]


def needs_first(said: str) -> list[str]:
    """Reads kinds of help; none lets volunteers be asked about all of them at once."""
    found = [] if said.lower() in NOTHING else [part.strip().lower() for part in said.split(",")]
    if not set(found) <= set(Need):
        raise ValueError(f"not kinds of help, such as money,childcare. Kinds: {', '.join(Need)}")
    return list(dict.fromkeys(found))


def figures_or_groups(said: str) -> list[str]:
    """Reads which figures, or whole groups of them, are for all to decide."""
    found = [] if said.lower() in NOTHING else [part.strip().lower().replace(" ", "_") for part in said.split(",")]
    if not set(found) <= {*GROUPS, *UNITS}:
        raise ValueError(f"not figures or groups of them, such as safety,quiet_from. Groups: {', '.join(GROUPS)}")
    return list(dict.fromkeys(found))


def offer_shows(said: str) -> OfferShows:
    """Reads how much of a place goes out."""
    try:
        return OfferShows(said.lower())
    except ValueError:
        raise ValueError(f"not one of {', '.join(OfferShows)}") from None


def _decimal(said: str) -> Decimal | None:
    try:
        found = Decimal(said) if said.isascii() and len(said) < 20 else None
    except InvalidOperation:
        return None
    return found if found is not None and found.is_finite() else None
