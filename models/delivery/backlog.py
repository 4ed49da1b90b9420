"""Counts and ages of what is queued and unsettled, for /health, metrics and the doctor.

Every query names its state as a literal, so that both databases use the indexes of unsettled texts alone: a million
texts that are through cost nothing.
"""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import col, select

from models.delivery import line_numbers
from models.delivery.line_numbers import Spending
from models.delivery.outbound import PENDING, READY, Lane, Outbound, State
from models.lines import Channel, Line
from models.store.session import Session
from models.store.types import UtcDateTime


@dataclass(frozen=True)
class LaneBacklog:
    """The texts of one lane that have not left. Those put off until later have no `due` yet."""

    count: int
    since: datetime  # when the oldest was queued
    due: datetime | None  # since when the longest overdue could have left


@dataclass(frozen=True)
class PausedNumber:
    """A number that sends nothing for now. Not the number itself: a WhatsApp sender may be somebody's own."""

    line: str
    channel: Channel
    until: datetime
    since: datetime | None
    code: int | None


@dataclass(frozen=True)
class Spent:
    """What one line has spent on its local day."""

    segments: int
    micros: int  # millionths of the currency


def by_lane(session: Session, now: datetime) -> dict[Lane, LaneBacklog]:
    """What has not left, by lane; lanes without a text are not in it."""
    could_leave = sa.func.coalesce(Outbound.not_before, Outbound.created_at)
    due = sa.func.min(sa.case((could_leave <= now, could_leave)), type_=UtcDateTime())
    since = sa.func.min(Outbound.created_at, type_=UtcDateTime())
    query = select(col(Outbound.lane), sa.func.count(), since, due).where(READY).group_by(col(Outbound.lane))
    return {Lane(lane): LaneBacklog(count, first, ready) for lane, count, first, ready in session.exec(query)}


def unsettled(session: Session) -> dict[State, tuple[int, datetime]]:
    """How many texts are leased, uncertain or held, and since when the oldest of each is."""
    oldest = sa.func.min(Outbound.changed_at, type_=UtcDateTime())
    query = select(col(Outbound.state), sa.func.count(), oldest).where(PENDING).group_by(col(Outbound.state))
    return {state: (count, since) for state, count, since in session.exec(query)}


def paused_numbers(session: Session, now: datetime) -> list[PausedNumber]:
    """The paused numbers, by the names of their lines."""
    names = {line.id: line.name for line in session.exec(select(Line))}
    return [
        PausedNumber(
            names[line_number.line_id],
            line_number.channel,
            line_number.paused_until,
            line_number.paused_since,
            line_number.pause_code,
        )
        for line_number in line_numbers.paused(session, now)
        if line_number.paused_until is not None
    ]


def spent(session: Session, days: dict[int, str]) -> dict[int, Spent]:
    """What each line has spent on its own day, of the days given by line."""
    query = select(Spending).where(col(Spending.day).in_(set(days.values())))
    rows = [row for row in session.exec(query) if days.get(row.line_id) == row.day]
    return {row.line_id: Spent(row.segments, row.micros) for row in rows}
