"""Dates and spans in a text: `March 13`, `3/13`, `the 15th`, `in 2 days`."""

import re

from handlers.understanding.when.expression import Day, DayKind
from handlers.understanding.when.hours import Hours
from handlers.understanding.when.scan import Fact
from handlers.understanding.when.vocabulary import Named, find
from models.requests import Timing

ORDINAL = re.compile(r"(\d{1,2})(?:st|nd|rd|th|ro|do|to)$")
ENDS = re.compile(r"[.!?;\n]")
DAYS_OF_MONTH, MONTHS = 31, 12
THIS_MONTH = ("month", "mes")
DAYS_OF_WEEK = 7
MOST = 99  # of minutes, hours, days or weeks ahead


class Dates(Hours):
    """The dates of a text."""

    def date(self, i: int) -> Fact | None:
        """`March 13`, `13 de marzo`, `the 13th of march`; `until March` is until the first of it."""
        month = find(self.words, i, "month")
        if month is not None:
            j = i + len(month.words)
            if self.is_month_alone(i, j):
                return Fact(i, j + self.is_year(j), Named(Day(DayKind.DATE, 1, month.value)))
            if j >= len(self.words) or ENDS.search(self.gap(j).lstrip(".")):
                return None
            ordinal, n = self.nth(j)
            if n is None or not (ordinal or self.ends_well(j + 1) or self.is_year(j + 1) or self.hour(j + 1)):
                return None
            return Fact(i, j + 1 + self.is_year(j + 1), Named(Day(DayKind.DATE, n, month.value)))
        ordinal, n = self.nth(i)
        j = i + 1
        of = j < len(self.words) and self.words[j].text in ("of", "de")
        month = find(self.words, j + of, "month") if n is not None else None
        if month is None or n is None or not (of or ordinal or self.ends_well(j + 1)) or not self.is_month(j + of):
            return None
        return Fact(i, j + of + 1, Named(Day(DayKind.DATE, n, month.value)))

    def month_end(self, i: int) -> Fact | None:
        """`the end of May`, `fin de mes`: the last day of that month, or of this one."""
        end = find(self.words, i, "sign_month_end") if self.month_ends else None
        if end is None:
            return None
        last = i + len(end.words)
        if end.words[-1] in THIS_MONTH:
            return Fact(i, last, Named(Day(DayKind.MONTH_END)))
        month = find(self.words, last, "month")
        if month is None:
            return None
        last += len(month.words)
        return Fact(i, last + self.is_year(last), Named(Day(DayKind.MONTH_END, month=month.value)))

    def is_month_alone(self, i: int, j: int) -> bool:
        """Whether the month that ends before the word j is all that is said, and leads to its first day."""
        if "by" not in self.leads or self.words[i].text == "mar":  # "hasta mar" may be until Tuesday
            return False
        j += self.is_year(j)
        return self.ends(j) or (self.words[i].text != "may" and find(self.words, j, "behind_small") is not None)

    def is_month(self, i: int) -> bool:
        """Whether a month behind a number is one: "2 may come" has none."""
        return self.words[i].text != "may" or self.words[i - 1].text == "of"

    def nth(self, i: int) -> tuple[bool, int | None]:
        """Whether it is an ordinal, and which day of a month it is."""
        word = self.words[i].text
        if (ordinal := ORDINAL.match(word)) is not None:
            n = int(ordinal[1])
            return True, n if 0 < n <= DAYS_OF_MONTH else None
        n = int(word) if word.isdigit() and len(word) <= 2 else 0
        return False, n if 0 < n <= DAYS_OF_MONTH else None

    def is_year(self, i: int) -> bool:
        """Whether a year stands there."""
        return i < len(self.words) and len(self.words[i].text) == 4 and self.words[i].text.startswith("20")

    def numeric(self, i: int) -> Fact | None:
        """`3/13`; where it could be a fraction, only behind a word that leads to a day, or before an hour."""
        j = i + 1
        if j >= len(self.words) or self.gap(j) != "/" or (i and self.gap(i).endswith("/")):
            return None
        _, first = self.nth(i)
        _, second = self.nth(j)
        last = j + 1
        if last < len(self.words) and self.gap(last) == "/":
            last += 1
        if first is None or second is None or min(first, second) > MONTHS or self.words[i].text == "24":
            return None
        led = bool(self.leads) or (bool(self.facts) and self.near(i)) or self.hour(last) is not None
        led = led or find(self.words, last, "lead") is not None or max(first, second) > MONTHS
        return Fact(i, last, Named(Day(DayKind.NUMERIC, second, first))) if led and self.ends_well(last) else None

    def ordinal(self, i: int) -> Fact | None:
        """`the 15th`, `el 15`."""
        ordinal, n = self.nth(i)
        if n is None or not i:
            return None
        spanish = self.words[i - 1].text in ("el", "dia", "del")
        english = ordinal and not self.leads.keys().isdisjoint(("on", "by", "before", "after", "starting"))
        well = self.ends_well(i + 1) and not (i + 1 < len(self.words) and self.words[i + 1].text in ("de", "of"))
        return Fact(i, i + 1, Named(Day(DayKind.OF_MONTH, n))) if (spanish or english) and well else None

    def span(self, i: int) -> Fact | None:
        """`in 2 days`, `in half an hour`, `3 days from now`."""
        half = find(self.words, i, "unit")
        if half is not None and half.value == "half_hour":
            return self.spanned(i, 1, i)
        if find(self.words, i, "sign_article"):
            return self.spanned(i, 1, i + 1)
        number = self.number(i, MOST)
        return self.spanned(i, *number) if number else None

    def spanned(self, i: int, count: int, at: int) -> Fact | None:
        """So many of the unit that stands there, from now."""
        unit = find(self.words, at, "unit")
        if unit is None:
            return None
        last = at + len(unit.words)
        hence = find(self.words, last, "behind_hence")
        if hence is None and self.leads.keys().isdisjoint(("in", "within")):
            return None
        last += len(hence.words) if hence else 0
        timing = Timing.BEFORE if "within" in self.leads else None
        if "long" in self.leads:
            return Fact(i, last, denied=True)
        if unit.value in ("days", "weeks"):
            ahead = Day(DayKind.AHEAD, count * (DAYS_OF_WEEK if unit.value == "weeks" else 1))
            return Fact(i, last, Named(ahead), timing=timing)
        minutes = {"minutes": count, "hours": 60 * count, "half_hour": 30}[unit.value]
        return Fact(i, last, minutes=minutes, timing=timing)
