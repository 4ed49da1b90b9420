"""What is asked for again: by the same person the same thing within two months, and at one door or in one house."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from models.report.span import Span, between
from models.requests import Request, State
from models.store.session import Session
from models.store.types import table

REQUESTS = table(Request)
WITHIN = timedelta(days=60)
Key = Callable[[str], str | None]  # from the words of a place to what is the same for the same place


@dataclass(frozen=True)
class Repeats:
    """How many requests name a kind of help, and how many of them their neighbor had asked for shortly before."""

    named: int = 0
    repeated: int = 0

    @property
    def share(self) -> float | None:
        """The share that repeats; None of nothing."""
        return self.repeated / self.named if self.named else None


@dataclass(frozen=True)
class Shared:
    """Of what nobody has taken yet: how many tell a place, and how many of these share a door, or a house."""

    placed: int = 0
    door: int = 0
    house: int = 0


def repeats(session: Session, line_id: int, span: Span) -> Repeats:
    """Of the requests that were made in the span; what was asked for before it began counts as before.

    One that names several kinds of help repeats another if they share one of them.
    """
    each = sa.select(REQUESTS.c.person_id, REQUESTS.c.created_at, REQUESTS.c.needs).where(
        REQUESTS.c.line_id == line_id, *between(session, Request, "created_at", span.since - WITHIN, span.until)
    )
    ordered = session.execute(each.order_by(REQUESTS.c.created_at, REQUESTS.c.id))
    return counted(span.since, ((*row,) for row in ordered))


def counted(since: datetime, each: Iterable[tuple[int, datetime, list[str]]]) -> Repeats:
    """The figures of these requests, in order of time: whose, when, and what for."""
    last: dict[tuple[int, str], datetime] = {}
    named = repeated = 0
    for person_id, at, needs in each:
        if needs and at >= since:
            named += 1
            repeated += any(at - WITHIN <= last[key] for need in needs if (key := (person_id, need)) in last)
        last.update(((person_id, need), at) for need in needs)
    return Repeats(named, repeated)


def shared(session: Session, line_id: int, door: Key, house: Key) -> Shared:
    """Of what is open now. `door` and `house` tell from a neighbor's words what is one place."""
    open_now = sa.select(REQUESTS.c.place).where(
        REQUESTS.c.line_id == line_id, REQUESTS.c.state == State.OPEN, REQUESTS.c.place.is_not(None)
    )
    places = list(session.execute(open_now).scalars())
    return Shared(len(places), *(_together(map(key, places)) for key in (door, house)))


def _together(keys: Iterable[str | None]) -> int:
    """How many have a key that another one has too."""
    return sum(count for key, count in Counter(keys).items() if key and count > 1)
