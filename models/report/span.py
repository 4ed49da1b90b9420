"""A span of a line's own days, and the same span among the ids of a table, so that little is read for it."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache, cached_property
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlmodel import SQLModel

from models.hours import moment_of
from models.lines import Line
from models.store.session import Session
from models.store.statements import Precompiled
from models.store.types import table

DAY = timedelta(days=1)
WEEK = timedelta(weeks=1)
MANY_WEEKS = 26
# By which a row's time may be behind that of a row with a smaller id: texts wait in the spool, clocks are set back.
OUT_OF_ORDER = timedelta(days=2)


@dataclass(frozen=True)
class Span:
    """From the beginning of one local day to the end of another, both of which it has in it."""

    zone: str
    first: date
    last: date
    step: int = 7  # days, of what is shown together

    @classmethod
    def weeks_before(cls, line: Line, now: datetime, weeks: int) -> "Span":
        """So many weeks from a Monday on, the last of which is this one, up to today; of many, four together.

        None that were over before there was the line.
        """
        zone = ZoneInfo(line.timezone)
        today = now.astimezone(zone).date()
        first = today - today.weekday() * DAY - (weeks - 1) * WEEK
        step = 28 if weeks > MANY_WEEKS else 7
        empty = max((line.created_at.astimezone(zone).date() - first).days // step, 0)
        return cls(line.timezone, min(first + empty * step * DAY, today), today, step)

    @classmethod
    def days_before(cls, line: Line, now: datetime, days: int) -> "Span":
        """So many days, the last of which is today."""
        today = now.astimezone(ZoneInfo(line.timezone)).date()
        return cls(line.timezone, today - (days - 1) * DAY, today)

    @property
    def since(self) -> datetime:
        """When it begins, in UTC."""
        return _begins(self.first, self.zone)

    @property
    def until(self) -> datetime:
        """When it is over, in UTC."""
        return _begins(self.last + DAY, self.zone)

    @cached_property
    def days(self) -> tuple[date, ...]:
        """Its days, in order."""
        return tuple(self.first + n * DAY for n in range((self.last - self.first).days + 1))

    @cached_property
    def weeks(self) -> tuple[date, ...]:
        """The days on which its weeks begin: its first one, and each `step` days from there."""
        return self.days[:: self.step]

    def edges(self, days: Sequence[date]) -> tuple[datetime, ...]:
        """When each of these days begins, in UTC."""
        return tuple(_begins(day, self.zone) for day in days)

    @cached_property
    def _week_edges(self) -> tuple[datetime, ...]:
        return self.edges(self.weeks)

    def week(self, moment: datetime) -> date:
        """The week that a moment of it is in."""
        return self.weeks[max(bisect_right(self._week_edges, moment) - 1, 0)]


def _begins(day: date, zone: str) -> datetime:
    return moment_of(day, 0, ZoneInfo(zone))


def bucket(column: sa.ColumnElement[Any], edges: Sequence[datetime]) -> sa.ColumnElement[int]:
    """Which of the stretches that begin at these edges a time is in, counted from 0. As few comparisons as can be."""

    def within(low: int, high: int) -> sa.ColumnElement[int]:
        if high - low == 1:
            return sa.literal(low, sa.Integer)
        middle = (low + high) // 2
        return sa.case((column < edges[middle], within(low, middle)), else_=within(middle, high))

    return within(0, len(edges))


@cache
def _first_from(of: type[SQLModel], name: str) -> Precompiled[tuple[int, datetime]]:
    columns = table(of).c
    query = sa.select(columns.id, columns[name]).where(columns.id >= sa.bindparam("least", type_=sa.Integer))
    return Precompiled(query.order_by(columns.id).limit(1))


@cache
def _last(of: type[SQLModel]) -> Precompiled[int]:
    columns = table(of).c
    return Precompiled(sa.select(columns.id).order_by(columns.id.desc()).limit(1))


def between(
    session: Session, of: type[SQLModel], name: str, since: datetime, until: datetime
) -> tuple[sa.ColumnElement[bool], ...]:
    """The rows of a table that only grows with a time (the column `name`) from `since` to before `until`.

    Ids grow with the time, nearly: where the rows begin is found by halving, so no index is needed, which each text
    would have to pay for.
    """
    columns = table(of).c
    low = _first_id(session, of, name, since - OUT_OF_ORDER)
    high = _first_id(session, of, name, until + OUT_OF_ORDER)
    return columns.id >= low, columns.id < high, columns[name] >= since, columns[name] < until


def _first_id(session: Session, of: type[SQLModel], name: str, moment: datetime) -> int:
    low, high = 1, (session.fetch(_last(of)).first() or 0) + 1
    while low < high:
        middle = (low + high) // 2
        found = session.fetch(_first_from(of, name), least=middle).first()
        if found is None or found[1] >= moment:
            high = middle
        else:
            low = found[0] + 1
    return low
