"""What waits to leave and what is unsettled: read by whoever watches the host, in the few rows that matter.

Every query names its state as a literal, so that both databases use the indexes of unsettled texts alone: a million
texts that are through cost nothing.
"""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import col, select

from models import senders
from models.base import Moment
from models.lines import Channel, Line
from models.outbound import PENDING, READY, Lane, Outbound, State
from models.senders import Spending
from models.session import Session


@dataclass(frozen=True)
class Waiting:
    """The texts of one lane that have not left. Those put off until later have no `due` yet."""

    count: int
    since: datetime  # when the oldest was queued
    due: datetime | None  # since when the longest overdue could have left


@dataclass(frozen=True)
class Rest:
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


def waiting(session: Session, now: datetime) -> dict[Lane, Waiting]:
    """What has not left, by lane; lanes without a text are not in it."""
    could_leave = sa.func.coalesce(Outbound.not_before, Outbound.created_at)
    due = sa.func.min(sa.case((could_leave <= now, could_leave)), type_=Moment())
    since = sa.func.min(Outbound.created_at, type_=Moment())
    query = select(col(Outbound.lane), sa.func.count(), since, due).where(READY).group_by(col(Outbound.lane))
    return {Lane(lane): Waiting(count, first, ready) for lane, count, first, ready in session.exec(query)}


def unsettled(session: Session) -> dict[State, tuple[int, datetime]]:
    """How many texts are leased, uncertain or held, and since when the oldest of each is."""
    oldest = sa.func.min(Outbound.changed_at, type_=Moment())
    query = select(col(Outbound.state), sa.func.count(), oldest).where(PENDING).group_by(col(Outbound.state))
    return {state: (count, since) for state, count, since in session.exec(query)}


def resting(session: Session, now: datetime) -> list[Rest]:
    """The numbers at rest, by the names of their lines."""
    names = {line.id: line.name for line in session.exec(select(Line))}
    return [
        Rest(names[sender.line_id], sender.channel, sender.rests_until, sender.rests_since, sender.rest_code)
        for sender in senders.at_rest(session, now)
        if sender.rests_until is not None
    ]


def spent(session: Session, days: dict[int, str]) -> dict[int, Spent]:
    """What each line has spent on its own day, of the days given by line."""
    query = select(Spending).where(col(Spending.day).in_(set(days.values())))
    rows = [row for row in session.exec(query) if days.get(row.line_id) == row.day]
    return {row.line_id: Spent(row.segments, row.micros) for row in rows}
