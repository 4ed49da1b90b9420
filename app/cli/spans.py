"""Which days somebody means: `2026-10-01`, `Oct 1`, `30 days`, `last month`."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from dateutil import parser
from dateutil.relativedelta import MO, relativedelta

from models.report.span import DAY, MANY_WEEKS, WEEK, Span

UNITS: dict[str, Callable[[int], relativedelta]] = {
    "day": lambda n: relativedelta(days=n),
    "week": lambda n: relativedelta(weeks=n),
    "month": lambda n: relativedelta(months=n),
    "year": lambda n: relativedelta(years=n),
}
BACK = re.compile(r"(?:the )?(?:last |past )?(\d{1,4}) ?(day|week|month|year)s?(?: ago)?", re.I)
NAMED = re.compile(r"(this|last|past) (week|month|year)", re.I)
MONTH = re.compile(r"(\d{4})-(\d{1,2})")
WEEKDAY = re.compile(r"(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*\Z")
SLASHES = re.compile(r"\d{1,2}([/.-])\d{1,2}\1\d{2,4}")  # which is the month, people do not agree on
HOW = 'write it such as 2026-10-01, "30 days" or "last month"'


@dataclass(frozen=True)
class Days:
    """The days that were asked for, and the span of them in which anything can have happened."""

    since: date
    until: date
    span: Span


def read(since: str, until: str, began: date, zone: str, now: datetime) -> Days:
    """The days from `since` to `until`, both of which count, on a line on which nothing happened before `began`.

    Raises ValueError, whose words say what to write.
    """
    today = now.astimezone(ZoneInfo(zone)).date()
    first = _days(since, "--since", today)[0] if since.strip() else min(began, today)
    last = min(_days(until, "--until", today)[1], today) if until.strip() else today
    if first > today:
        raise ValueError(f"--since: {first} is in the future; today is {today}. {HOW[0].upper()}{HOW[1:]}.")
    if last < first:
        raise ValueError(f"--until: {last} is before {first}; write a day that is not.")
    begins = min(max(first, min(began, today)), last)
    return Days(first, last, Span(zone, begins, last, 28 if (last - begins) / WEEK > MANY_WEEKS else 7))


def _days(said: str, option: str, today: date) -> tuple[date, date]:
    """The first and the last day that somebody means."""
    words = " ".join(said.split()).lower()
    if back := BACK.fullmatch(words):
        many, unit = int(back[1]), back[2]
        if not many:
            raise ValueError(f"{option}: {said!r} is no time at all; {HOW}.")
        try:
            before: date = today - UNITS[unit](many)
        except (ValueError, OverflowError):
            return date.min + DAY, date.min + DAY
        return before + DAY, before
    if named := NAMED.fullmatch(words):
        return _named(named[2], today, last=named[1] != "this")
    if words in ("today", "yesterday"):
        day = today if words == "today" else today - DAY
        return day, day
    return _day(said, words, option, today)


def _named(unit: str, today: date, *, last: bool) -> tuple[date, date]:
    begins = {"week": relativedelta(weekday=MO(-1)), "month": relativedelta(day=1), "year": relativedelta(yearday=1)}
    first: date = today + begins[unit]
    if not last:
        return first, today
    before: date = first - UNITS[unit](1)
    return before, first - DAY


def _day(said: str, words: str, option: str, today: date) -> tuple[date, date]:
    wrong = ValueError(f"{option}: {said!r} is not a day; {HOW}.")
    if SLASHES.fullmatch(words):
        raise wrong
    try:
        if month := MONTH.fullmatch(words):
            return _month(date(int(month[1]), int(month[2]), 1))
        day = parser.parse(words, default=datetime.combine(today.replace(day=1), time(), UTC)).date()
    except (parser.ParserError, OverflowError, ValueError, TypeError):
        raise wrong from None
    if WEEKDAY.match(words):
        day = today - (today.weekday() - day.weekday()) % 7 * DAY
    elif day > today and str(day.year) not in words:  # "Dec 3" in March is the last one
        day -= relativedelta(years=1)
    return _month(day) if words.isalpha() and not WEEKDAY.match(words) else (day, day)


def _month(first: date) -> tuple[date, date]:
    return first, first + relativedelta(months=1) - DAY
