"""Gaps that are left after a backup was put back: no number is given out that may have been given out before.

What was given out since the backup is in no file that is left, so twice what the busiest day of the month before used
is left free for each day that it is behind.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlmodel import col, select

from models import lines
from models.delivery.handover import OUT
from models.delivery.outbound import Outbound, State
from models.lines import Line
from models.people import Person
from models.requests import Request
from models.store import rows
from models.store.session import Session
from models.store.types import table

LEAST_REQUESTS = LEAST_PEOPLE = 100
LEAST_TEXTS = 10_000
MEASURED = timedelta(days=30)
DAY = timedelta(days=1)


def newest_moment(session: Session) -> datetime | None:
    """When anything in the database changed last, as far as that tells."""
    moments = [
        session.exec(select(sa.func.max(col(column)))).first()
        for column in (Request.changed_at, Outbound.changed_at, Outbound.created_at)
    ]
    return max((moment for moment in moments if moment is not None), default=None)


def of_requests(
    session: Session, line: Line, backup_at: datetime, now: datetime, given_out: int = 0, noted: int = 0
) -> int:
    """Let the line's next request have a number that none had. Returns it.

    `given_out` is the last that is known; `noted` one that was given out, and others may have been since.
    """
    created = select(Request.created_at).where(
        Request.line_id == line.id, col(Request.created_at) >= backup_at - MEASURED
    )
    gap = _size(list(session.exec(created)), backup_at, now, LEAST_REQUESTS)
    last = max(line.last_request + gap, noted + gap, given_out)
    line.last_request = math.ceil((last + 1) / 100) * 100 - 1  # so that the gap shows: a round number is next
    session.add(line)
    return line.last_request + 1


def of_texts(session: Session, backup_at: datetime, now: datetime) -> None:
    """Give no text the id of one that the backup has no word of: what became of that may still be told to us."""
    last = session.execute(sa.select(sa.func.max(OUT.c.id))).scalar_one()
    if last is None:
        return
    created = select(Outbound.created_at).where(col(Outbound.created_at) >= backup_at - MEASURED)
    new = last + _size(list(session.exec(created)), backup_at, now, LEAST_TEXTS)
    if session.dialect.name == "postgresql":
        session.execute(sa.text("SELECT setval(pg_get_serial_sequence('outbound', 'id'), :last)"), {"last": new})
        return
    # SQLite gives out the highest id there is plus one, so a row must have it: a copy that is never sent.
    ours = {"id": new, "key": f"restored-{new}", "state": State.CANCELLED, "body": "", "to": "", "changed_at": now}
    ours |= {"sid": None, "leased_until": None, "not_before": None, "look_since": None, "request_id": None}
    (newest,) = session.execute(sa.select(*OUT.c).where(OUT.c.id == last)).mappings()
    session.execute(sa.insert(table(Outbound)).values(**{**newest, **ours}))


def of_people(session: Session, backup_at: datetime, now: datetime, given_out: int = 0, noted: int = 0) -> None:
    """Give nobody the id of somebody else, whom others may still name by it: VOUCH 3, in a text that is read back."""
    every = lines.all_lines(session)
    if not every:
        return
    created = select(Person.created_at).where(col(Person.created_at) >= backup_at - MEASURED)
    gap = _size(list(session.exec(created)), backup_at, now, LEAST_PEOPLE)
    last = max(_last_person(session) + gap, noted + gap, given_out)
    if session.dialect.name == "postgresql":
        session.execute(sa.text("SELECT setval(pg_get_serial_sequence('person', 'id'), :last)"), {"last": last})
        return
    # As of texts, a row must have it: one as of somebody who was erased.
    ended = {"created_at": now, "opted_out_at": now, "erased_at": now, "cleared_at": now}
    values = {**rows.defaults(Person), "id": last, "line_id": every[0].id, **ended}
    session.execute(sa.insert(table(Person)).values(**values))


@dataclass(frozen=True)
class GivenOut:
    """The last numbers that are known to have been given out."""

    requests: Mapping[int, int] = field(default_factory=dict)  # by line
    person: int = 0


def last_numbers(session: Session) -> GivenOut:
    """The last request number of each line, and the last id of a person."""
    return GivenOut({line.id: line.last_request for line in lines.all_lines(session)}, _last_person(session))


def _last_person(session: Session) -> int:
    last: int | None = session.execute(sa.select(sa.func.max(table(Person).c.id))).scalar_one()
    if session.dialect.name != "postgresql":
        return last or 0
    sequence = session.execute(sa.text("SELECT pg_get_serial_sequence('person', 'id')")).scalar_one()
    # The gap has no row there.
    given_out: int = session.execute(sa.text(f"SELECT last_value FROM {sequence}")).scalar_one()
    return max(last or 0, given_out)


def _size(created: list[datetime], backup_at: datetime, now: datetime, least: int) -> int:
    by_day: dict[int, int] = {}
    for moment in created:
        day = (backup_at - moment) // DAY
        by_day[day] = by_day.get(day, 0) + 1
    days = max(1, math.ceil((now - backup_at) / DAY))
    return max(least, 2 * days * max(by_day.values(), default=0))
