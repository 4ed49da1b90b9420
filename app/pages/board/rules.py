"""What the group has agreed on, in words, and who changed what: for every member, to be read."""

from collections.abc import Sequence
from typing import Any

from babel.dates import get_timezone_location
from babel.numbers import format_percent
from fastapi import APIRouter, Request, Response

from app.pages import wording
from app.pages.board.frame import page
from app.pages.board.members import CurrentMember
from app.pages.phones import shown
from app.pages.wording import Words
from app.web.forms import whole_number
from handlers.views import rules
from handlers.views.rules import Rules, Unit
from models.store.session import Session

router = APIRouter(prefix="/board/rules", include_in_schema=False)

HOUR, DAY = 60, 24 * 60  # minutes
# What no limit, no time and no list stand for, where that is more than nothing.
NOTHING = {
    **dict.fromkeys(
        "doors_per_day reply_limit answers_per_day most_open_requests requests_per_day offers_per_day daily_budget"
        " daily_ceiling errand_limit week_limit".split(),
        "no_limit",
    ),
    **dict.fromkeys("gap_urgent gap_today gap_anytime waves".split(), "by_answers"),
    **dict.fromkeys("yes_chance answer_minutes".split(), "as_measured"),
    **dict.fromkeys("carrier_keeps_hours brake_requests queue_days decide_reminder".split(), "never"),
    "first_wave_urgent": "as_later",
    "danger_numbers": "of_country",
    "countries": "own_country",
    **dict.fromkeys("price_sms price_whatsapp prices".split(), "by_the_table"),
}
EVERY_COUNTRY = ("*",)


@router.get("")
def agreed(request: Request, member: CurrentMember) -> Response:
    """The rules; of the changes the last, or those before one."""
    before = whole_number(request.query_params.get("before", "")) or None

    def read(session: Session) -> Rules:
        return rules.look(member.context(session)[0], before)

    words = wording.of(member.language)

    def value(name: str, unit: Unit, known: Any) -> str:
        return figure(words, name, unit, known)

    found = member.hotline.database.read(read)
    return page(
        member,
        "board/rules.html",
        "rules",
        rules=found,
        figure=value,
        before=before,
        number=lambda known: shown(known, found.country),
        city=get_timezone_location(found.timezone, words.book.locale, return_city=True),
    )


def figure(words: Words, name: str, unit: Unit, value: Any) -> str:
    """A figure as people say it: `2 hours`, `no limit`, `9 PM`."""
    several = tuple(value) if isinstance(value, tuple | list) else None
    if (not value or value == "0") and name in NOTHING:
        return words.say(f"rules.{NOTHING[name]}")
    if several == EVERY_COUNTRY:
        return words.say("rules.every_country")
    if several is not None:
        return _several(words, unit, several)
    return _one(words, unit, value)


def _several(words: Words, unit: Unit, values: Sequence[Any]) -> str:
    if not values:
        return words.say("rules.none")
    if unit is Unit.NUMBERS:
        pairs = (str(value).partition("=") for value in values)
        return words.book.listed([f"{words.say(f'rules.danger_{kind}')} {number}" for kind, _, number in pairs])
    return words.book.listed([_one(words, unit, value) for value in values])


def _one(words: Words, unit: Unit, value: Any) -> str:
    if unit is Unit.CLOCK:
        return words.book.hour(int(value) * HOUR)
    if unit is Unit.MINUTES:
        return _minutes(words, value)
    if unit is Unit.CHANCE:
        return str(format_percent(value, locale=words.book.locale))
    if unit is Unit.NEEDS:
        return words.book.need(value)
    if unit in (Unit.SHOWS, Unit.MONEY, Unit.SPEED):
        return words.say(f"rules.{unit}_{value}" if unit is Unit.SHOWS else f"rules.{unit}", value=_plain(value))
    if unit is Unit.PRICES:
        return str(value)
    if unit is Unit.COUNTRIES:
        return str(words.book.locale.territories.get(value, value))
    return _counted(words, unit, value)


def _minutes(words: Words, value: float) -> str:
    for unit, length in (("days", DAY), ("hours", HOUR)):
        if value and value % length == 0:
            return _counted(words, unit, int(value // length))
    return _counted(words, "minutes", value)


def _counted(words: Words, unit: str, value: float) -> str:
    whole = int(value) if value == int(value) else None
    n = whole if whole is not None else 2  # "0.7 yeses"
    return words.say(f"rules.{unit}", n=n, value=_plain(value))


def _plain(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
