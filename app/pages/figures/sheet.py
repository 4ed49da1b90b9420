"""One figure as it is shown: a sentence, a plot, its legend, the table of its numbers; and how numbers are said."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_skeleton, format_timedelta
from babel.numbers import format_currency, format_decimal, format_percent
from markupsafe import Markup

from app.pages.figures.plots import Words as PlotWords
from app.pages.wording import Words
from models.report.arithmetic import Spread
from models.report.span import Span

HOUR, DAY = 3600, 24 * 3600  # seconds
NOTHING = "–"
TEN = 10  # things that took a while: of fewer, nine of ten are not told


@dataclass(frozen=True)
class Table:
    """Numbers, as they are said; the first of each row names it."""

    caption: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True)
class Figure:
    """One figure. Without a plot there was too little to draw; without a table nothing at all, and `said` says so."""

    name: str
    title: str
    said: str
    plot: Markup | None = None
    legend: Sequence[tuple[Markup, str]] = ()
    table: Table | None = None
    axis: str = ""  # what the numbers beside the plot are


@dataclass(frozen=True)
class Reader:
    """Says numbers, days and kinds of help in one language, by the clock of one zone."""

    words: Words
    zone: str

    @property
    def code(self) -> str:
        """The language, as Babel knows it."""
        return str(self.words.book.locale)

    def say(self, key: str, **values: object) -> str:
        """A phrase of words/CODE/figures.toml."""
        return self.words.say(f"figures.{key}", **values)

    def about(self, name: str, said: str) -> PlotWords:
        """What the plot of this name is called, and what it shows."""
        return PlotWords(name, self.say(f"{name}_title"), said)

    def none(self, name: str, why: str = "_none") -> Figure:
        """A figure for which nothing has happened yet."""
        return Figure(name, self.say(f"{name}_title"), self.say(f"{name}{why}"))

    def per_week(self, key: str, span: Span) -> str:
        """What an axis counts, and that it does so by the week, or by four."""
        return self.say("per_week" if span.step == 7 else "per_four_weeks", what=self.say(key))

    def number(self, value: float | Decimal) -> str:
        """`1,250`, `2.5`: whole, or to a tenth."""
        return _number(round(float(value), 1), self.code)

    def money(self, value: float | Decimal) -> str:
        """`$12.50`."""
        return f"${format_decimal(value, '#,##0.00', self.code)}"

    def sum(self, value: Decimal, currency: str) -> str:
        """A sum of the purse in its currency (ISO 4217), with all its decimals: `€12.50`."""
        return str(format_currency(value, currency, locale=self.code))

    def month(self, first: date) -> str:
        """`October 2026`, of any day in it."""
        return str(format_skeleton("yMMMM", first, locale=self.code))

    def price_mark(self, value: float) -> str:
        """`$5`, `$0.05`: as short as it can be, for an axis."""
        return f"${_number(value, self.code)}" if value.is_integer() else self.money(value)

    def ratio(self, value: float) -> str:
        """`0.25`."""
        return str(format_decimal(value, "0.00", self.code))

    def percent(self, value: float) -> str:
        """`12%`."""
        return str(format_percent(value, locale=self.code))

    def took(self, time_taken: timedelta | None) -> str:
        """`25 min`, `2.5 h`, `3 d`; a dash for what nobody measured."""
        return NOTHING if time_taken is None else self.seconds(time_taken.total_seconds())

    def within(self, spread: Spread) -> str:
        """`half of them within 25 min, nine of ten within 2.5 h`; of a few simply all, of two both."""
        median, most = (self._in_words(each) for each in (spread.median, spread.p90))
        if spread.count >= TEN and median != most:
            return self.say("within_nine", median=median, most=most)
        longest = self._in_words(spread.longest)
        if spread.count == 2:
            return self.say("within_both", longest=longest)
        if median == longest:
            return self.say("within_all", n=spread.count, longest=longest)
        return self.say("within_few", median=median, longest=longest)

    def _in_words(self, time_taken: timedelta | None) -> str:
        if time_taken is None or round(time_taken.total_seconds() / 60) <= 1:
            return self.say("a_minute")
        return self.took(time_taken)

    def long(self, time_taken: timedelta) -> str:
        """`6 hours`: about how long, in a word."""
        least = max(time_taken, timedelta(minutes=1))
        return str(format_timedelta(least, granularity="minute", threshold=1.2, locale=self.code))

    def since(self, day: date, today: date) -> str:
        """`since Monday`, `since Mar 2`."""
        if (today - day).days >= 7:
            return self.say("since", day=self.day(day))
        named = _moment("EEEE", datetime.combine(day, time(), UTC), "UTC", self.code)
        return self.say("today" if day == today else "since_weekday", day=named)

    def seconds(self, seconds: float) -> str:
        """The same of seconds."""
        if round(seconds / 60) < 60:
            return self.say("minutes", count=self.number(round(seconds / 60)))
        if seconds < 2 * DAY and seconds != DAY:
            return self.say("hours", count=self.number(seconds / HOUR))
        return self.say("days", count=self.number(seconds / DAY))

    def day(self, day: date) -> str:
        """`Mar 2`."""
        return _moment("MMMd", datetime.combine(day, time(), UTC), "UTC", self.code)

    def date(self, day: date) -> str:
        """`Mar 2, 2026`."""
        return str(format_date(day, "medium", locale=self.code))

    def hour(self, moment: datetime) -> str:
        """`3 PM`."""
        return _moment(self.words.book.pages["clock_hour"], moment, self.zone, str(self.words.book.locale))

    def need(self, need: str) -> str:
        """`a ride`."""
        return self.words.book.need(need)

    def language(self, code: str) -> str:
        """`Spanish`."""
        return str(self.words.book.locale.languages.get(code, code))

    def listed(self, things: Iterable[str]) -> str:
        """`a, b and c`."""
        return self.words.book.listed(list(things))


@lru_cache(4096)
def _number(value: float, locale: str) -> str:
    return str(format_decimal(value, "#,##0.#", locale))


@lru_cache(4096)
def _moment(skeleton: str, moment: datetime, zone: str, locale: str) -> str:
    said = format_skeleton(skeleton, moment, tzinfo=ZoneInfo(zone), locale=locale)
    return str(said).replace("\u202f", " ").replace("\xa0", " ")
