"""How often something is needed, in the reader's words: `every Tuesday`, `cada martes y jueves`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from babel.dates import get_day_names

from handlers.phrasebook import Book, Value
from handlers.understanding.when.repeating import CODES, Repetition
from handlers.wording.due import Words

FULL_MONTH = 28  # days that every month has
LAST = 31
WEEK = 7
OTHER = 2


@dataclass(frozen=True)
class OnDay:
    """A date, to be read by people."""

    day: date

    def in_words(self, book: Book) -> str:
        """`Tue Mar 10`."""
        return book.day(self.day, dated=True)


def rule_of(repeats: Repetition, first_on: date) -> str:
    """The RRULE of what was said: what names no day is of the day on which it begins."""
    parts = [f"FREQ={repeats.freq}"]
    if repeats.interval > 1:
        parts.append(f"INTERVAL={repeats.interval}")
    if repeats.freq == "WEEKLY":
        days = repeats.days or _spread(first_on.weekday(), max(1, repeats.times))
        parts.append("BYDAY=" + ",".join(CODES[day] for day in days))
    elif repeats.freq == "MONTHLY":
        day = repeats.of_month or first_on.day
        if day > FULL_MONTH:  # the 31st of a shorter month is its last
            parts.append("BYMONTHDAY=" + ",".join(str(n) for n in range(FULL_MONTH, day + 1)) + ";BYSETPOS=-1")
        else:
            parts.append(f"BYMONTHDAY={day}")
    return ";".join(parts)


def _spread(first: int, times: int) -> list[int]:
    return sorted({(first + n * WEEK // times) % WEEK for n in range(times)})


@lru_cache(256)
def _parts(rule: str) -> Mapping[str, str]:
    return dict(part.split("=", 1) for part in rule.split(";"))


@dataclass(frozen=True)
class Every:
    """A rule, to be read by people."""

    rule: str
    opens: bool = False  # it opens a sentence

    def in_words(self, book: Book) -> str:
        """`every Tuesday`."""
        said = self._said(book)
        return said[:1].upper() + said[1:] if self.opens else said

    def _said(self, book: Book) -> str:
        parts = _parts(self.rule)
        interval, values = int(parts.get("INTERVAL", "1")), dict[str, Value]()
        if parts["FREQ"] == "DAILY":
            return book.say("every_days" if interval > 1 else "every_day", {"n": interval})
        if parts["FREQ"] == "MONTHLY":
            day = int(parts["BYMONTHDAY"].split(",")[-1])
            values = {"n": interval, "day": day}
            phrase = "every_month" if interval == 1 else "every_months"
            return book.say("every_month_end" if day == LAST and interval == 1 else phrase, values)
        days = [CODES.index(code) for code in parts["BYDAY"].split(",")]
        width = "wide" if len(days) == 1 else "abbreviated"
        names = get_day_names(width, locale=book.locale)  # type: ignore[arg-type]
        values = {"n": interval, "days": Words(book.listed([names[day] for day in days]))}
        if interval == 1:
            return book.say("every_week", values)
        return book.say("every_other_week" if interval == OTHER else "every_weeks", values)
