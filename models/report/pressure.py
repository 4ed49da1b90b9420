"""What comes in and what waits just now: new requests an hour beside what the line is used to, and the queue."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from models.lines import Line
from models.report.span import between, bucket
from models.requests import IN_LINE, LIVE, NOT_OVER, Request, State
from models.store.session import Session
from models.store.statements import in_literals
from models.store.types import UtcDateTime, table
from models.surges import Surge

REQUESTS = table(Request)
HOUR = timedelta(hours=1)
SHOWN = 24  # hours
USUAL_OVER = 28  # days before them
# By how long it has waited: under an hour, under six, a day, three days, a week, more.
AGES = (HOUR, 6 * HOUR, 24 * HOUR, 72 * HOUR, 168 * HOUR)


@dataclass(frozen=True)
class Hour:
    """New requests in one hour of the clock, and how many come in that hour of other days, on average."""

    begins: datetime
    new: int
    usual: float


@dataclass(frozen=True)
class Surging:
    """How many requests came in the last hours; since when waves are held, if they are; the most at once ever."""

    hours: tuple[Hour, ...]
    held_since: datetime | None
    most: int  # in `Policy.brake_minutes`

    @property
    def new(self) -> int:
        """How many came."""
        return sum(hour.new for hour in self.hours)

    @property
    def usual(self) -> float:
        """How many come in as many hours of other days."""
        return sum(hour.usual for hour in self.hours)


@dataclass(frozen=True)
class Queue:
    """What is not over: how many by state, and of what nobody has taken how long it has waited."""

    states: Mapping[State, int]
    ages: tuple[int, ...]  # of the open ones, as `AGES`, and one more for all older ones
    oldest: datetime | None
    in_line: int  # of the open ones those that wait for their turn
    queued: datetime | None  # since when the first of these does
    booked: int  # of the open ones those whose neighbor has a place at a distribution

    @property
    def live(self) -> int:
        """How many are not over."""
        return sum(self.states.values())


def surging(session: Session, line: Line, now: datetime) -> Surging:
    """The last hours of the line's clock, the one that has just begun too."""
    zone = ZoneInfo(line.timezone)
    local = now.astimezone(zone)
    ends = now.replace(second=0, microsecond=0) - timedelta(minutes=local.minute) + HOUR
    begins = ends - SHOWN * HOUR
    since = begins - USUAL_OVER * timedelta(days=1)
    edges = [since + n * HOUR for n in range((ends - since) // HOUR)]
    came = (
        sa.select(bucket(REQUESTS.c.created_at, edges).label("hour"))
        .where(REQUESTS.c.line_id == line.id, *between(session, Request, "created_at", since, ends))
        .subquery()
    )
    new: Counter[datetime] = Counter()
    usual: Counter[int] = Counter()
    for n, count in session.execute(sa.select(came.c.hour, sa.func.count()).group_by(came.c.hour)):
        new[edges[n]] = count
        if edges[n] < begins:
            usual[edges[n].astimezone(zone).hour] += count
    days = min(USUAL_OVER, max((begins - line.created_at) // timedelta(days=1), 1))
    hours = (begins + n * HOUR for n in range(SHOWN))
    kept = session.execute(
        sa.select(table(Surge).c.held_since, table(Surge).c.most).where(table(Surge).c.line_id == line.id)
    ).first()
    return Surging(
        tuple(Hour(hour, new[hour], usual[hour.astimezone(zone).hour] / days) for hour in hours),
        *(kept or (None, 0)),
    )


def queue(session: Session, line_id: int, now: datetime) -> Queue:
    """What is not over now, however long ago it was asked."""
    edges = (datetime.min.replace(tzinfo=UTC), *(now - age for age in reversed(AGES)))
    live = (
        sa.select(REQUESTS.c.state, bucket(REQUESTS.c.created_at, edges).label("age"), REQUESTS.c.created_at)
        .where(REQUESTS.c.line_id == line_id, in_literals(REQUESTS.c.state, LIVE), REQUESTS.c.state != State.CLOSED)
        .subquery()
    )
    keys = live.c.state, live.c.age
    first = sa.func.min(live.c.created_at, type_=UtcDateTime)
    states, ages, oldest = Counter(dict.fromkeys(LIVE, 0)), [0] * len(edges), list[datetime]()
    for state, age, count, since in session.execute(sa.select(*keys, sa.func.count(), first).group_by(*keys)):
        states[state] += count
        if state is State.OPEN:
            ages[len(AGES) - age] += count
            oldest.append(since)
    waits = sa.select(
        sa.func.count(),
        sa.func.min(REQUESTS.c.queued_at, type_=UtcDateTime),
    ).where(REQUESTS.c.line_id == line_id, IN_LINE)
    booked = sa.select(sa.func.count()).where(
        REQUESTS.c.line_id == line_id, REQUESTS.c.state == State.OPEN, REQUESTS.c.booked_until > now, NOT_OVER
    )
    in_line, queued = session.execute(waits).one()
    held = int(session.execute(booked).scalar_one())
    return Queue(states, tuple(ages), min(oldest, default=None), int(in_line), queued, held)
