"""When something is needed, as people write it: `tomorrow after 4`, `el jueves a las 6`, `not before 6pm`.

From words to facts (finding.py), from facts to one time (here), and, once it is known who said it and when, to
moments on a clock (resolving.py). The words are in en.toml and es.toml. A number that nothing says to be an hour is
none: "2 bags may help", "14 oak st" and "for 5 days" name no time.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from handlers.understanding.when.dates import ENDS
from handlers.understanding.when.expression import TODAY, Clock, Day, DayKind, Part, TimeExpression
from handlers.understanding.when.finding import Finder
from handlers.understanding.when.scan import RANGING, Fact
from handlers.understanding.when.vocabulary import find as find_term
from handlers.understanding.when.vocabulary import names_time
from handlers.understanding.words import Token, split
from models.requests import Timing

LONGEST = 120  # words; who writes more has said when before
APART = 3  # words between two facts of one time
# surer than the day of the week beside them
SURER = (DayKind.DATE, DayKind.NUMERIC, DayKind.AHEAD, DayKind.OF_MONTH, DayKind.MONTH_END)


@dataclass(frozen=True)
class Said:
    """A time in a text, and which of its words name it."""

    time: TimeExpression
    words: frozenset[int]
    rest: int  # how many others there are


def read(text: str, words: Sequence[Token], *, month_ends: bool = False) -> Said | None:
    """The time that a cleaned text names; None if it names none. The same for whoever says it, whenever.

    With `month_ends`, "the end of May" is a day, too; whoever is out of food at the end of the month needs it now.
    """
    words = words[:LONGEST]
    if not (month_ends or names_time(text, words)):
        return None
    finder = Finder(text, words, month_ends=month_ends)
    facts = [fact for fact in finder.find() if not fact.denied]
    if not facts:
        return None
    chosen = _one(_groups(facts, finder))
    time = _joined(chosen, finder)
    named = frozenset(i for fact in chosen for i in range(fact.since, fact.last))
    return Said(time, named, len(words) - len(named))


def of(words: str, *, month_ends: bool = False) -> TimeExpression | None:
    """The time that words name which were understood already, such as a note."""
    said = read(words, split(words), month_ends=month_ends) if words else None
    return said.time if said else None


def _groups(facts: Sequence[Fact], finder: Finder) -> list[list[Fact]]:
    """Facts that stand together."""
    groups = [[facts[0]]]
    for before, fact in pairwise(facts):
        between = range(before.last, fact.first + 1)
        far = fact.first - before.last > APART or any(ENDS.search(finder.gap(i)) for i in between)
        if far or not _fits(groups[-1], fact, finder):
            groups.append([fact])
        else:
            groups[-1].append(fact)
    return groups


def _fits(group: Sequence[Fact], fact: Fact, finder: Finder) -> bool:
    """Whether a fact can be more of the same time: another day alone begins another."""
    if fact.named.day is None or all(other.named.day is None for other in group):
        return True
    last = group[-1]
    if {fact.named.day.kind, *(f.named.day.kind for f in group if f.named.day)} & {*SURER} and last.named.day:
        kinds = [f.named.day.kind for f in (*group, fact) if f.named.day]
        if DayKind.WEEKDAY in kinds and len({*kinds}) > 1:
            return True
    return last.named.day is not None and _ranges(last, fact, finder)


def _ranges(one: Fact, other: Fact, finder: Finder) -> bool:
    """Whether one day goes on to another: "today or tomorrow", "fri-sun"."""
    between = [finder.words[i].text for i in range(one.last, other.first)]
    return any(word in RANGING for word in between) or "-" in finder.gap(other.first)


def _one(groups: Sequence[list[Fact]]) -> list[Fact]:
    """The first of them, with the hour or the day that it lacks from another."""
    chosen = groups[0]
    for other in groups[1:]:
        has_day = any(fact.named.day for fact in chosen)
        has_hour = any(fact.named.clock or fact.named.part or fact.minutes for fact in chosen)
        more_days = any(fact.named.day for fact in other)
        more_hours = any(fact.named.clock or fact.named.part or fact.minutes for fact in other)
        if has_day and has_hour:
            break
        if (not has_day and not more_hours) or (not has_hour and not more_days):
            chosen = [*chosen, *other]
        elif not has_hour and more_days and more_hours and all(f.named.day == TODAY for f in chosen if f.named.day):
            chosen = other  # "nothing to eat today, can somebody come tomorrow at 5"
    return chosen


def _joined(facts: Sequence[Fact], finder: Finder) -> TimeExpression:
    """Facts as one time."""
    days = [fact for fact in facts if fact.named.day]
    day, last_day = _days(days, finder)
    if all(not (f.named.day or f.named.part or f.named.clock or f.minutes) for f in facts):
        day = TODAY  # "by the end of the day"
    hours = [fact for fact in facts if fact.named.clock]
    first = hours[0] if hours else None
    part = next((fact.named.part for fact in facts if fact.named.part), None)
    minutes = next((fact.minutes for fact in facts if fact.minutes), None)
    led = [fact.timing for fact in (*hours[:1], *facts) if fact.timing]
    timing = led[0] if led else None
    if first is None:
        timing = timing or (Timing.AT if minutes else Timing.WITHIN)
        strictly = any(fact.strictly for fact in facts)
        return TimeExpression(timing, day, last_day, part, minutes=minutes, strictly=strictly)
    until = first.until
    if until is None and len(hours) > 1 and {hours[0].timing, hours[1].timing} == {Timing.AFTER, Timing.BEFORE}:
        hours = sorted(hours[:2], key=lambda fact: fact.timing != Timing.AFTER)
        first, until, timing = hours[0], hours[1].named.clock, Timing.WITHIN
    clock = _in_part(first.named.clock, part)
    if until is None and first.timing is None and timing is None:
        timing = Timing.AT
    elif until is not None:
        timing, until = Timing.WITHIN, _in_part(until, part)
    return TimeExpression(timing or Timing.AT, day, last_day, part if clock is None else None, clock, until)


def _days(facts: Sequence[Fact], finder: Finder) -> tuple[Day | None, Day | None]:
    """The day, and the last of several."""
    if len(facts) > 1:
        one, other = facts[0], facts[1]
        if one.named.day != other.named.day and _ranges(one, other, finder):
            return one.named.day, other.named.day
    days = [fact.named.day for fact in facts if fact.named.day]
    return min(days, key=lambda day: SURER.index(day.kind) if day.kind in SURER else len(SURER), default=None), None


def _in_part(clock: Clock | None, part: Part | None) -> Clock | None:
    """The hour in that part of the day: "tonight at 8"; what is none of its hours stays as it is."""
    if clock is None or clock.sure or part is None:
        return clock
    late = part in (Part.EVENING, Part.NIGHT)
    hour = clock.hour
    if part is Part.MORNING:
        return replace(clock, sure=True)
    if part is Part.AFTERNOON or (late and 3 < hour < 12):
        return replace(clock, hour=hour % 12 + 12, sure=True)
    return replace(clock, hour=24 + hour % 12 if hour != 12 else 24, sure=True)  # "friday night at 1"


def span(words: str) -> int | None:
    """How long, in hours, if the words say so: "3 days", "a week"."""
    said = split(words)
    for i, _ in enumerate(said):
        number = find_term(said, i, "number")
        count = said[i].number or (number.value if number else 1 if find_term(said, i, "sign_article") else 0)
        unit = find_term(said, i + (len(number.words) if number else 1), "unit") if 0 < count < 1000 else None
        if unit is not None and unit.value in ("hours", "days", "weeks"):
            return count * {"hours": 1, "days": 24, "weeks": 7 * 24}[unit.value]
    return None


def comes_back(words: str) -> bool:
    """Whether the time in these words is when somebody is there again: "back on the 15th"."""
    said = split(words)
    return any(find_term(said, i, "behind_back") for i in range(len(said)))
