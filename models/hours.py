"""Hours of the day in which people are texted, on the line's own clock. Pure: moments in, moments out.

A day with a change of the clocks has 23 or 25 hours: everything is reckoned from the local date, then in UTC.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

DAY = 24 * 60  # minutes
FAR = 10  # days to look ahead: whoever has no hour at all in them is never texted
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Hours:
    """From one minute of the local day to another; `(1320, 360)` goes over midnight, `(0, 0)` is the whole day."""

    begins: int
    ends: int

    def on(self, day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """When they begin and end on this date, in UTC."""
        ends = self.ends if self.ends > self.begins else self.ends + DAY
        return moment_of(day, self.begins, zone), moment_of(day, ends, zone)


@dataclass(frozen=True)
class Waking:
    """When somebody may be texted without need: in all of these hours at once."""

    zone: str
    hours: tuple[Hours, ...]

    def spans(self, since: datetime) -> Iterator[tuple[datetime, datetime]]:
        """The next days' spans of time that end after `since`, in order."""
        zone = ZoneInfo(self.zone)
        first = since.astimezone(zone).date() - ONE_DAY
        last = None
        for day in (first + n * ONE_DAY for n in range(FAR)):
            for span in _spans_on(self.hours, day, zone):
                begins, ends = max(span[0], last or span[0]), span[1]
                if ends > since and begins < ends:
                    yield begins, ends
                    last = ends

    def at(self, moment: datetime) -> bool:
        """Whether they are awake then, as far as hours tell."""
        return self.next(moment) == moment

    def next(self, moment: datetime) -> datetime | None:
        """That moment if they are awake then, else when they next are; None if they never are."""
        found = next(self.spans(moment), None)
        return max(found[0], moment) if found else None

    def wakes(self, moment: datetime) -> datetime:
        """The same; of whoever never is awake that moment, as if there was no night."""
        return self.next(moment) or moment

    def after(self, moment: datetime, span: timedelta) -> datetime:
        """When so much waking time has passed since then. Without any waking hours, as if there was no night."""
        left, at = span, moment
        while True:
            before = at
            for begins, ends in self.spans(at):
                since = max(begins, at)
                if ends - since >= left:
                    return since + left
                left -= ends - since
                before = ends
            if before == at:
                return moment + span
            at = before

    def between(self, start: datetime, end: datetime) -> timedelta:
        """How much waking time lies between the two."""
        total, at = timedelta(0), start
        while at < end:
            before = at
            for begins, ends in self.spans(at):
                if begins >= end:
                    return total
                total += max(min(ends, end) - max(begins, at), timedelta(0))
                before = ends
            if before == at:
                return total
            at = before
        return total


@lru_cache(1024)  # the same few days are asked about with each text
def _spans_on(of: tuple[Hours, ...], day: date, zone: ZoneInfo) -> list[tuple[datetime, datetime]]:
    spans = [(moment_of(day, 0, zone), moment_of(day, DAY, zone))]
    for hours in of:
        # those of yesterday may go over midnight into this date
        near = [hours.on(day + n * ONE_DAY, zone) for n in (-1, 0)]
        spans = [
            (max(span[0], own[0]), min(span[1], own[1]))
            for span in spans
            for own in near
            if max(span[0], own[0]) < min(span[1], own[1])
        ]
    return sorted(spans)


def moment_of(day: date, minute: int, zone: ZoneInfo) -> datetime:
    """When it is this minute of a date on that clock, in UTC; minutes beyond the day are those of the next."""
    days, minute = divmod(minute, DAY)
    local = datetime.combine(day + days * ONE_DAY, time(minute // 60, minute % 60), zone)
    return local.astimezone(UTC)


def evening_before(moment: datetime, zone: str, hour: int) -> datetime:
    """That hour of the day before a moment, on that clock. In UTC."""
    clock = ZoneInfo(zone)
    return moment_of(moment.astimezone(clock).date() - ONE_DAY, hour * 60, clock)
