"""A time as somebody named it, before it is known who said it, when, and on which clock."""

from dataclasses import dataclass
from enum import StrEnum

from models.requests import Timing


class Part(StrEnum):
    """A part of the day, as people name it."""

    MORNING = "morning"
    AFTERNOON = "afternoon"
    EVENING = "evening"
    NIGHT = "night"


HOURS: dict[Part, tuple[int, int]] = {  # from and until which hour; no two are the same
    Part.MORNING: (6, 12),
    Part.AFTERNOON: (12, 18),
    Part.EVENING: (17, 21),
    Part.NIGHT: (19, 24),
}


class DayKind(StrEnum):
    """How a day was named."""

    AHEAD = "ahead"  # `n` days from today
    WEEKDAY = "weekday"  # `n`, Monday 0; the next one, today's included
    WEEKDAY_NEXT = "weekday_next"  # that of the next week
    DATE = "date"  # the `n`th of `month`
    NUMERIC = "numeric"  # "3/4": which of `month` and `n` is the month depends on the country
    OF_MONTH = "of_month"  # the `n`th
    MONTH_END = "month_end"  # the last day of `month`, 0: of this one
    WEEKEND = "weekend"  # `n` weeks on
    WEEK = "week"  # `n` weeks on


@dataclass(frozen=True)
class Day:
    """A day, or days in a row."""

    kind: DayKind
    n: int = 0
    month: int = 0


TODAY = Day(DayKind.AHEAD, 0)


@dataclass(frozen=True)
class Clock:
    """An hour of the day. Where neither am nor pm was said, `sure` is False and the plausible one is meant."""

    hour: int
    minute: int = 0
    sure: bool = False


@dataclass(frozen=True)
class TimeExpression:
    """What was said of a time. What it names is None where it was not said."""

    timing: Timing
    day: Day | None = None
    last_day: Day | None = None  # of several
    part: Part | None = None
    clock: Clock | None = None
    until: Clock | None = None  # the end of a span of hours
    minutes: int | None = None  # from now
    strictly: bool = False  # before that day, not by its end
