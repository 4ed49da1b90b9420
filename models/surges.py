"""Surges: more new requests than ever at once, or than hands can carry for days. First waves wait, and duty decides.

One row a line holds all that decides whether the first wave of a new request waits, and for what.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Field, col, select

from models.delivery import line_numbers
from models.delivery.line_numbers import Spending
from models.imports import ImportedRow
from models.lines import Line, day
from models.requests import Outcome, Request, State
from models.store.session import Session
from models.store.statements import Precompiled
from models.store.types import EnumString, Model, UtcDateTime, table

MOST_COUNTED = 1_000  # new requests at once: more are as many


class Tap(StrEnum):
    """What lets new requests in that can wait."""

    AUTO = "auto"  # hands: they wait in line while there is more work than those can carry for days
    OPEN = "open"  # duty: nobody waits, until hands keep up again
    CLOSED = "closed"  # duty: everybody waits, until duty says otherwise
    RATE = "rate"  # duty: so many a day


class Surge(Model, table=True):
    """How many new requests come to one line, what its hands carry, and whether its first waves are held."""

    id: int = Field(default=None, primary_key=True)
    line_id: int = Field(foreign_key="line.id", unique=True)
    most: int = 0  # new requests within the window of the line's figures, at most ever when nothing was held
    held_since: datetime | None = Field(default=None, sa_type=UtcDateTime)
    next_wave_at: datetime | None = Field(default=None, sa_type=UtcDateTime)  # while held: when the next may go out
    free_until: datetime | None = Field(default=None, sa_type=UtcDateTime)  # duty said go on: nothing is held
    over_since: datetime | None = Field(default=None, sa_type=UtcDateTime)  # more work waits than for so many days
    queued_since: datetime | None = Field(default=None, sa_type=UtcDateTime)  # what can wait takes a place in line
    tap: Tap = Field(default=Tap.AUTO, sa_type=EnumString(Tap), sa_column_kwargs={"server_default": "auto"})
    tap_rate: int = Field(
        default=0, sa_column_kwargs={"server_default": "0"}
    )  # requests a day, where the tap says so
    # Requests that hands take in a hundred days, urgent ones aside, as measured; 0: nobody knows.
    carried: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    claims: int = Field(default=0, sa_column_kwargs={"server_default": "0"})  # that it was measured from
    measured_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    turn_at: datetime | None = Field(default=None, sa_type=UtcDateTime)  # when the last was let out of the line
    reminded_at: datetime | None = Field(default=None, sa_type=UtcDateTime)  # duty, that the tap is closed

    @property
    def per_day(self) -> float:
        """Requests that hands take in a day; 0 where nobody knows."""
        return self.carried / 100


@dataclass(frozen=True)
class Load:
    """What a line has to do and has spent: all that decides whether volunteers are asked now."""

    earlier: datetime | None  # when the request came that is `Policy.brake_requests` before the last one
    surge: Surge | None
    over_ceiling: bool


LINES, REQUESTS, SPENDING = table(Line), table(Request), table(Spending)


def _load() -> Precompiled[Any]:
    earlier = (
        sa.select(REQUESTS.c.created_at)
        .where(
            REQUESTS.c.line_id == LINES.c.id,
            REQUESTS.c.number == LINES.c.last_request - sa.bindparam("before", type_=sa.Integer),
        )
        .scalar_subquery()
    )
    micros = (
        sa.select(SPENDING.c.micros)
        .where(SPENDING.c.line_id == LINES.c.id, SPENDING.c.day == sa.bindparam("on_day"))
        .scalar_subquery()
    )
    return Precompiled(
        select(earlier, micros, Surge)
        .select_from(LINES)
        .outerjoin(Surge, col(Surge.line_id) == LINES.c.id)
        .where(LINES.c.id == sa.bindparam("line_id")),
        autoflush=(Surge,),  # a new request and its number are written at once
    )


LOAD = _load()


def load(session: Session, line: Line, now: datetime) -> Load:
    """What a line has to do just now. Read once in a transaction: texts that share one share it."""
    key = "load", line.id
    if key not in session.cache:
        policy = line.policy
        ((earlier, micros, surge),) = session.fetch(
            LOAD, line_id=line.id, before=policy.brake_requests, on_day=day(line, now)
        )
        session.cache[key] = Load(earlier, surge, line_numbers.reached(policy.daily_ceiling, micros or 0))
    found: Load = session.cache[key]
    return found


def forget(session: Session, line: Line) -> None:
    """What was read is not true any more: the next text of this transaction reads anew."""
    session.cache.pop(("load", line.id), None)


def count_new(session: Session, line: Line, since: datetime) -> int:
    """How many requests have come since then, at most a thousand. Their numbers are given in turn.

    Those taken back cost nobody anything, danger is never held, what a list brought has a pace of its own: none of
    these may make others wait.
    """
    new = select(sa.func.count()).where(
        Request.line_id == line.id,
        Request.number > line.last_request - MOST_COUNTED,
        Request.created_at >= since,
        col(Request.emergency).is_(False),
        col(Request.danger).is_(None),
        sa.func.coalesce(col(Request.outcome), "") != Outcome.WITHDRAWN,
        ~sa.exists().where(col(ImportedRow.request_id) == col(Request.id)),
    )
    return int(session.exec(new).one())


@cache
def _keeping(dialect: str) -> Precompiled[None]:
    on: Any = postgresql if dialect == "postgresql" else sqlite
    empty = {"most": 0, "tap": Tap.AUTO, "tap_rate": 0, "carried": 0, "claims": 0}
    new = on.insert(Surge).values(line_id=sa.bindparam("line_id"), **empty)
    return Precompiled(new.on_conflict_do_nothing(index_elements=["line_id"]))


def of_line(session: Session, line: Line) -> Surge:
    """The line's row, kept from changing elsewhere until the transaction ends; made now if need be."""
    session.modify(_keeping(session.dialect.name), line_id=line.id)
    forget(session, line)
    return session.exec(select(Surge).where(Surge.line_id == line.id).with_for_update()).one()


def take_slot(surge: Surge, now: datetime, gap: timedelta, longest: timedelta) -> datetime:
    """When the next held wave may go out: one every `gap`, and none waits longer than `longest`."""
    slot = min(max(surge.next_wave_at or now, now), now + longest)
    surge.next_wave_at = slot + gap
    return slot


def release(session: Session, line: Line, now: datetime) -> int:
    """What waits for its first wave goes out now, but for what has a place in line; returns how many requests do."""
    held = sa.update(REQUESTS).where(
        REQUESTS.c.line_id == line.id,
        REQUESTS.c.state == State.OPEN,
        REQUESTS.c.wave == 0,
        REQUESTS.c.next_action_at > now,
        sa.or_(REQUESTS.c.queued_at.is_(None), REQUESTS.c.turn_at.is_not(None)),
    )
    return int(session.execute(held.values(next_action_at=now)).rowcount)


def held(session: Session) -> list[int]:
    """The lines whose waves are held."""
    return list(session.exec(select(Surge.line_id).where(col(Surge.held_since).is_not(None))))
