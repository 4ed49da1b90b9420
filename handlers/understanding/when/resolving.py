"""From a time as it was said to moments: on a clock of somewhere, seen from the moment in which it was said.

Every moment is reckoned as local date and hour first and then put on the clock, so that a day of 23 or 25 hours is
one day: an hour that is skipped becomes the one after it, of an hour that comes twice the one that is still to come.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from dateutil.relativedelta import relativedelta
from dateutil.tz import resolve_imaginary

from handlers.understanding.when.expression import HOURS, Clock, Day, DayKind, Part, TimeExpression
from models.requests import Timing

NOON, EVENING = 12, 21  # o'clock: seven is in the morning, or in the evening where that is over
AFTERNOON = 7  # a bare hour before it is one after noon
MONTHS = 12
DAYS = 31  # of a month at most; relativedelta takes its last for those that have less
YEARS = 9  # ahead, in which a 29th of February comes
MONTH_FIRST = frozenset(("US", "PH", "FM", "MH", "PW", "GU", "PR"))  # countries in which 3/4 is in March
WEEK = 7
SATURDAY = 5
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Needed:
    """When something is needed, in UTC: `as_` says what the two mean."""

    as_: Timing
    start: datetime
    end: datetime


def resolve(expression: TimeExpression, now: datetime, zone: ZoneInfo, country: str = "US") -> Needed | None:
    """When that is for somebody who says it now; None if it is over."""
    if expression.minutes is not None:
        moment = now + timedelta(minutes=expression.minutes)
        return Needed(Timing.BEFORE, now, moment) if expression.timing is Timing.BEFORE else _at(moment, moment)
    for first, last in _dates(expression, now.astimezone(zone), country not in MONTH_FIRST):
        needed = _on(expression, first, last, now, zone)
        if needed is not None:
            return needed
    return None


def _at(start: datetime, end: datetime) -> Needed:
    return Needed(Timing.AT, start, end)


def _dates(said: TimeExpression, local: datetime, day_first: bool) -> Iterator[tuple[date, date]]:
    """The days that may be meant, the likeliest first: where the first is over, the next."""
    today = local.date()
    if said.day is None:
        if said.clock is not None or said.part is not None:
            yield today, today
            yield today + ONE_DAY, today + ONE_DAY
        return
    for first in _days(said.day, today, day_first):
        last = first
        if said.last_day is not None:
            last = next((day for day in _days(said.last_day, today, day_first) if day >= first), first)
            yield first, last
        elif said.day.kind is DayKind.WEEKEND:
            yield max(first, today), first + ONE_DAY
        elif said.day.kind is DayKind.WEEK:
            yield max(first, today), first + (WEEK - 1) * ONE_DAY
        else:
            yield first, last


def _days(day: Day, today: date, day_first: bool) -> Iterator[date]:
    """The dates that a day may be, in order."""
    monday = today - today.weekday() * ONE_DAY
    if day.kind is DayKind.AHEAD:
        yield today + day.n * ONE_DAY
    elif day.kind is DayKind.WEEKDAY:
        first = today + (day.n - today.weekday()) % WEEK * ONE_DAY
        yield first
        yield first + WEEK * ONE_DAY
    elif day.kind is DayKind.WEEKDAY_NEXT:
        yield monday + (WEEK + day.n) * ONE_DAY
    elif day.kind in (DayKind.WEEKEND, DayKind.WEEK):
        yield monday + (day.n * WEEK + (SATURDAY if day.kind is DayKind.WEEKEND else 0)) * ONE_DAY
    elif day.kind is DayKind.MONTH_END:
        months = (
            range(MONTHS + 1)
            if not day.month
            else ((day.month - today.month) % MONTHS, MONTHS + day.month - today.month)
        )
        yield from (today + relativedelta(months=n, day=DAYS) for n in months)
    elif day.kind is DayKind.OF_MONTH:
        yield from _valid((today.replace(day=1) + relativedelta(months=n), day.n) for n in range(MONTHS + 1))
    else:
        month, n = day.month, day.n
        if day.kind is DayKind.NUMERIC and (day_first or month > MONTHS) and n <= MONTHS:
            month, n = n, month
        yield from _valid((date(today.year + years, month, 1), n) for years in range(YEARS))


def _valid(of: Iterator[tuple[date, int]]) -> Iterator[date]:
    """The nth of each of these months that has one."""
    for month, n in of:
        if n <= (month + relativedelta(day=31)).day:
            yield month.replace(day=n)


def _on(said: TimeExpression, first: date, last: date, now: datetime, zone: ZoneInfo) -> Needed | None:
    """The time on these days; None if it is over."""
    local = now.astimezone(zone)
    if last < local.date():
        return None
    midnight = _moment(last + ONE_DAY, 0, 0, zone, now)
    if said.clock is not None:
        return _by_clock(said, first, midnight, now, zone)
    begins, ends = (_moment(first, 0, 0, zone, now), midnight)
    if said.part is not None:
        begins, ends = _part(said.part, first, last, zone, now)
        if said.day is None and said.part is Part.MORNING and begins <= now:
            return None  # "in the morning" is the next one
    if said.timing is Timing.BEFORE:
        end = begins if said.strictly else ends
        return Needed(Timing.BEFORE, now, end) if end > now else None
    if said.timing is Timing.AFTER:
        begins, ends = ends, _moment(last + (1 if said.part else 2) * ONE_DAY, 0, 0, zone, now)
        return Needed(Timing.WITHIN, begins, ends) if said.part is None else Needed(Timing.AFTER, begins, ends)
    if ends <= now:
        return None
    return Needed(Timing.WITHIN, begins if said.part is not None else max(begins, now), ends)


def _part(part: Part, first: date, last: date, zone: ZoneInfo, now: datetime) -> tuple[datetime, datetime]:
    begin, end = HOURS[part]
    return _moment(first, begin, 0, zone, now), _moment(last, end, 0, zone, now)


def _by_clock(said: TimeExpression, day: date, midnight: datetime, now: datetime, zone: ZoneInfo) -> Needed | None:
    clock = said.clock
    assert clock is not None
    for hour in _hours(clock):
        moment = _moment(day, hour, clock.minute, zone, now)
        if said.until is not None:
            later = (_moment(day, until, said.until.minute, zone, now) for until in (*_hours(said.until), NOON, 24))
            ends = next((end for end in later if end > moment), midnight)
            if ends > now:
                return Needed(Timing.WITHIN, moment, ends)
        elif moment > now and said.timing is Timing.BEFORE:
            return Needed(Timing.BEFORE, now, moment)
        elif moment > now and said.timing is Timing.AFTER:
            return Needed(Timing.AFTER, moment, max(_moment(day + ONE_DAY, 0, 0, zone, now), moment))
        elif moment >= now:
            return _at(moment, moment)
    return None


def _hours(clock: Clock) -> list[int]:
    """The hours that may be meant, the likeliest first: 1 to 6 after noon, 7 to 11 before it, or in the evening."""
    if clock.sure or clock.hour >= NOON:
        return [clock.hour]
    if clock.hour < AFTERNOON:
        return [clock.hour + NOON]
    return [clock.hour, *([clock.hour + NOON] if clock.hour + NOON <= EVENING else [])]


def _moment(day: date, hour: int, minute: int, zone: ZoneInfo, now: datetime) -> datetime:
    """That hour of that day in UTC; from 24 on, of the next day."""
    local = datetime.combine(day + hour // 24 * ONE_DAY, time(hour % 24, minute), zone)
    moment = resolve_imaginary(local).astimezone(UTC)
    again = local.replace(fold=1).astimezone(UTC)
    return again if moment < now <= again and again - moment <= timedelta(hours=2) and moment != again else moment
