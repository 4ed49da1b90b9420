"""What is needed again and again, as people write it: `every tuesday`, `cada dos semanas`, `monthly`.

Only where it is the thing asked for that repeats: in "i eat every day" somebody does something, in "every bit helps"
nothing repeats at all. The words are in en.toml and es.toml, [repeat] and [repeat_named].
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from handlers.understanding import when
from handlers.understanding.when.expression import TimeExpression
from handlers.understanding.when.scan import STOPS
from handlers.understanding.when.vocabulary import DAYS, find
from handlers.understanding.words import Token, split

LONGEST = 120  # words
MOST = 12  # weeks or months between two times; more is not what people mean
CODES = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
WEEKEND, WEEKDAYS = (5, 6), (0, 1, 2, 3, 4)
JOINING = frozenset({"and", "or", "y", "e", "o", "n", "the", "on", "el", "los", "every", "each", "cada"})
ORDINAL = re.compile(r"(\d{1,2})(?:st|nd|rd|th)?$")
FORTNIGHT = 15  # days, as people count two weeks in Spanish


@dataclass(frozen=True)
class Repetition:
    """How often something is needed. Without days of the week it is the day on which it was asked for."""

    freq: str  # "DAILY", "WEEKLY" or "MONTHLY"
    interval: int = 1
    days: tuple[int, ...] = ()  # Monday 0
    of_month: int | None = None
    times: int = 0  # in a week, without saying on which days
    words: frozenset[int] = frozenset()  # by which it was said
    time: TimeExpression | None = None  # at what time of the day


@dataclass
class _Text:
    text: str
    words: Sequence[Token]

    def kind(self, i: int, *kinds: str) -> tuple[str, int] | None:
        """What stands there of these lists, and where it ends."""
        term = find(self.words, i, *kinds)
        return (str(term.value), i + len(term.words)) if term is not None else None

    def says(self, i: int, value: str) -> int | None:
        """Where this ends, if it stands there."""
        found = self.kind(i, f"repeat_{value}")
        return found[1] if found else None

    def days(self, i: int) -> tuple[list[int], int]:
        """The days of the week that are listed there, and where the list ends."""
        days: list[int] = []
        last = i
        while i < len(self.words):
            day = self.day(i)
            if day is not None:
                days.append(day[0])
                i = last = day[1]
            elif days and self.words[i].text in JOINING:
                i += 1
            else:
                break
        return days, last

    def day(self, i: int) -> tuple[int, int] | None:
        """The day of the week that stands there, in the plural too."""
        if (plural := self.kind(i, "repeat_named")) is not None:
            return DAYS.index(plural[0]), plural[1]
        term = find(self.words, i, "day")
        day = getattr(term.value, "day", None) if term is not None else None
        if term is None or day is None or day.kind != "weekday":
            return None
        return day.n, i + len(term.words)

    def clause(self, i: int) -> tuple[int, int]:
        """The words around this one up to the next stop."""
        first = i
        while first and not STOPS.search(self._gap(first)) and self.says(first - 1, "but") is None:
            first -= 1
        last = i + 1
        while last < len(self.words) and not STOPS.search(self._gap(last)) and self.says(last, "but") is None:
            last += 1
        return first, last

    def _gap(self, i: int) -> str:
        return self.text[self.words[i - 1].end : self.words[i].start]

    def any(self, first: int, last: int, *values: str) -> bool:
        """Whether one of these stands between the two."""
        return any(self.says(i, value) is not None for i in range(first, last) for value in values)


def read(text: str, words: Sequence[Token], *, anyhow: bool = False) -> Repetition | None:
    """How often a cleaned text says that something is needed; None if it is said of nothing that they ask for."""
    words = words[:LONGEST]
    said = _Text(text, words)
    for i in range(len(words)):
        if find(words, i, "repeat_every", "repeat_often", "repeat_named", "repeat_the", "repeat_on_each") is None:
            continue
        found = _at(said, i)
        if found is not None and (anyhow or _asked_for(said, i, found[1])):
            repeats, last = found
            days = repeats.days or (_loose_days(said, last) if repeats.freq == "WEEKLY" else ())
            return Repetition(
                repeats.freq,
                repeats.interval,
                tuple(sorted({*days})),
                repeats.of_month,
                0 if days else repeats.times,
                frozenset(range(i, last)),
                _time(text, words, i, last),
            )
    return None


def of(words: str, *, anyhow: bool = False) -> Repetition | None:
    """How often, in words which were understood already, such as a note; `anyhow` whatever they say of it."""
    return read(words, split(words), anyhow=anyhow) if words else None


def _time(text: str, words: Sequence[Token], i: int, last: int) -> TimeExpression | None:
    """The time of the day that the other words name."""
    rest = f"{text[: words[i].start]}{text[words[last - 1].end :]}"
    for told in (when.of(rest), when.of(text)):
        if told is not None and (told.clock is not None or told.part is not None):
            return told
    return None


def _asked_for(said: _Text, i: int, last: int) -> bool:
    """Whether what repeats is what they ask for, not what they or others do."""
    first, end = said.clause(i)
    if said.any(first, end, "not", "habit"):
        return False
    if said.any(first, i, "ask") or said.any(last, end, "ask"):
        return True
    if said.any(first, i, "visit") or said.any(last, end, "visit"):
        return True  # "i have dialysis every monday": where they must go again and again, they ask for a ride
    return not said.any(first, i, "who")


def _at(said: _Text, i: int) -> tuple[Repetition, int] | None:
    return _every(said, i) or _often(said, i) or _days(said, i) or _each_month(said, i)


def _every(said: _Text, i: int) -> tuple[Repetition, int] | None:
    """`every tuesday and friday`, `every other week`, `cada 15 dias`, `every 1st of the month`."""
    j = said.says(i, "every")
    if j is None:
        return None
    interval, other = 1, said.says(j, "other")
    if other is not None:
        interval, j = 2, other
    elif (count := said.kind(j, "number")) is not None and count[0].isdigit():
        interval, j = int(count[0]), count[1]
    elif j < len(said.words) and (number := said.words[j].number) is not None:
        interval, j = number, j + 1
    if not 0 < interval <= 31:
        return None
    if (month := _of_month(said, j if interval == 1 else j - 1)) is not None:
        return month
    days, last = said.days(j)
    if days and interval <= MOST:
        return Repetition("WEEKLY", interval, tuple(days)), last
    for value in ("weekend", "weekday", "week", "month", "day", "night"):
        end = said.says(j, value)
        if end is not None:
            return _unit(value, interval, end)
    return None


def _unit(value: str, interval: int, end: int) -> tuple[Repetition, int] | None:
    if value == "weekend":
        return Repetition("WEEKLY", interval, (WEEKEND[0],)), end
    if value == "weekday":
        return Repetition("WEEKLY", interval, WEEKDAYS), end
    if value in ("day", "night"):
        if interval in (FORTNIGHT, 14, 7):
            return Repetition("WEEKLY", max(1, interval // 7)), end
        return (Repetition("DAILY", interval), end) if interval <= MOST else None
    freq = "WEEKLY" if value == "week" else "MONTHLY"
    return (Repetition(freq, interval), end) if interval <= MOST else None


def _often(said: _Text, i: int) -> tuple[Repetition, int] | None:
    """`weekly`, `twice a week`, `biweekly`, `3 times a week`."""
    often = said.kind(i, "repeat_often")
    if often is None:
        return None
    value, last = often[0], often[1]
    freqs = {
        "daily": Repetition("DAILY"),
        "weekly": Repetition("WEEKLY"),
        "biweekly": Repetition("WEEKLY", 2),
        "monthly": Repetition("MONTHLY"),
        "twice": Repetition("WEEKLY", times=2),
        "thrice": Repetition("WEEKLY", times=3),
    }
    if said.any(last, min(last + 2, len(said.words)), "paid") or (i and said.says(i - 1, "money") is not None):
        return None  # "my weekly check", "i get paid monthly"
    return freqs[value], last


def _days(said: _Text, i: int) -> tuple[Repetition, int] | None:
    """`on tuesdays`, `los viernes`, `mondays and thursdays`."""
    j = said.says(i, "the")
    if j is None and said.kind(i, "repeat_named") is None:
        return None
    days, last = said.days(i if j is None else j)
    return (Repetition("WEEKLY", 1, tuple(days)), last) if days else None


def _each_month(said: _Text, i: int) -> tuple[Repetition, int] | None:
    """`the first of each month`, `el 15 de cada mes`."""
    j = said.says(i, "on_each")
    return _of_month(said, i if j is None else j)


def _of_month(said: _Text, i: int) -> tuple[Repetition, int] | None:
    if i >= len(said.words):
        return None
    number, j = None, i + 1
    if (named := said.kind(i, "repeat_nth")) is not None:
        number, j = int(named[0]), named[1]
    elif (match := ORDINAL.match(said.words[i].text)) is not None:
        number = int(match[1])
    if number is None or not 0 < number <= 31:
        return None
    end = said.says(j, "of_month")
    return (Repetition("MONTHLY", 1, (), number), end) if end is not None else None


def _loose_days(said: _Text, i: int) -> tuple[int, ...]:
    """`twice a week tue and thu`, `weekly on friday`."""
    while i < len(said.words) and said.words[i].text in JOINING:
        i += 1
    days, _ = said.days(i)
    return tuple(days)
