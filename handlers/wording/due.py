"""When something is needed, in the reader's words: `today 3 PM`, `Wed after 4 PM`, `by Fri 12 PM`, `Sat-Sun`.

Only today is called by such a name: a text may be read a day after it was written, and "Wed" is still true then.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from handlers.phrasebook import Book, Value
from handlers.understanding.when.expression import HOURS
from handlers.understanding.when.resolving import Needed
from models.requests import Request, Timing

NEAR = 6  # days ahead, which the name of the day alone tells apart
ONE_DAY = timedelta(days=1)
PARTS = {hours: part for part, hours in HOURS.items()}


@dataclass(frozen=True)
class Words:
    """A piece of what is said here, ready."""

    said: str

    def in_words(self, _: Book) -> str:
        """The piece itself."""
        return self.said


@dataclass(frozen=True)
class Due:
    """A time as a neighbor or a volunteer named it, on the line's clock."""

    needed: Needed
    zone: str
    now: datetime

    def in_words(self, book: Book) -> str:
        """`Wed 10 AM`."""
        zone = ZoneInfo(self.zone)
        start, end, now = (m.astimezone(zone) for m in (self.needed.start, self.needed.end, self.now))
        today = now.date()
        match self.needed.as_:
            case Timing.AT:
                return _say(book, "at", _day(book, start.date(), today), hour=start)
            case Timing.AFTER:
                return _say(book, "after", _day(book, start.date(), today), hour=start)
            case Timing.BEFORE if _is_midnight(end):
                return _say(book, "before_day", _day(book, end.date() - ONE_DAY, today))
            case Timing.BEFORE:
                return _say(book, "before", _day(book, end.date(), today), hour=end)
            case Timing.WITHIN:
                return _within(book, start, end, today)


@dataclass(frozen=True)
class Around:
    """A day on which something likely comes, on the line's clock."""

    moment: datetime
    zone: str
    now: datetime

    def in_words(self, book: Book) -> str:
        """`today`, `around Thu`, `around Tue Mar 10`."""
        zone = ZoneInfo(self.zone)
        day, today = self.moment.astimezone(zone).date(), self.now.astimezone(zone).date()
        return _day(book, day, today) if day <= today else book.say("around", {"day": Words(_day(book, day, today))})


def of(request: Request, zone: str, now: datetime) -> Due | None:
    """When this request is needed, if its neighbor has said so."""
    if request.needed_as is None or request.needed_from is None or request.needed_until is None:
        return None
    return Due(Needed(request.needed_as, request.needed_from, request.needed_until), zone, now)


def _within(book: Book, start: datetime, end: datetime, today: date) -> str:
    last = (end.astimezone(UTC) - timedelta(seconds=1)).astimezone(end.tzinfo).date()
    first = _day(book, start.date(), today)
    if last != start.date():
        return _say(book, "days", first, last=Words(_day(book, last, today)))
    part = PARTS.get((start.hour, end.hour or 24)) if not (start.minute or end.minute) else None
    if part is not None:
        return _say(book, f"{part}_today" if last == today else part, first)
    if _is_midnight(end) and (_is_midnight(start) or last <= today):
        return first
    return _say(book, "between", first, hour=start, until=end)


def _say(book: Book, how: str, day: str, **more: datetime | Words) -> str:
    values: dict[str, Value] = {"day": Words(day)}
    for name, value in more.items():
        values[name] = Words(book.hour(60 * value.hour + value.minute)) if isinstance(value, datetime) else value
    return book.say(f"when_{how}", values)


def _day(book: Book, day: date, today: date) -> str:
    """The name of the day; the date, where that name could be another week's."""
    if day == today:
        return book.say("when_today")
    return book.day(day, dated=abs(day - today) > NEAR * ONE_DAY)


def _is_midnight(moment: datetime) -> bool:
    return not (moment.hour or moment.minute)
