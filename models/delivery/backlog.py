"""Counts and ages of what is queued and unsettled, for /health, metrics and the doctor.

Every query names its state as a literal, so that both databases use the indexes of unsettled texts alone: a million
texts that are through cost nothing.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlmodel import col, select

from models.delivery import line_numbers
from models.delivery.line_numbers import Spending
from models.delivery.outbound import PENDING, READY, UNARRIVED, Lane, Outbound, State
from models.lines import Channel, Line
from models.store.session import Session
from models.store.types import UtcDateTime

DAY = timedelta(days=1)
REPORTED_WITHIN = timedelta(hours=1)  # a carrier says what became of a text within minutes
PROBE_WITHIN = timedelta(seconds=30)  # of the end of a pause, where there is anything to send
COUNTED = 10_000  # more say no more, and reading them takes time


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
class Held:
    """Texts that the carrier did not take or deliver yet, and since when the oldest of each kind is wanted."""

    asked_to_wait: datetime | None  # the carrier asked for patience
    others: datetime | None  # they could not be delivered yet, or their phone pauses


@dataclass(frozen=True)
class Unarrived:
    """Of the texts of the last 24 hours those that did not arrive, by all that we know; at most `COUNTED` of each."""

    failed: int
    unreported: int  # taken by the carrier over an hour ago, and never heard of again


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


def held(session: Session) -> Held:
    """Since when the oldest held texts are wanted."""
    asked = sa.and_(col(Outbound.retries) == 0, col(Outbound.error_code).is_not(None))
    oldest = [sa.func.min(sa.case((one, col(Outbound.created_at))), type_=UtcDateTime()) for one in (asked, ~asked)]
    patience, others = session.exec(select(*oldest).where(PENDING, sa.text("state = 'held'"))).one()
    return Held(patience, others)


def kept_by_code(session: Session) -> list[tuple[int, int, datetime]]:
    """The carrier's errors because of which texts wait still: how many each, and since when the oldest is wanted."""
    found: dict[int, tuple[int, datetime]] = {}
    for these in (READY, sa.and_(PENDING, sa.text("state = 'held'"))):
        oldest = sa.func.min(Outbound.created_at, type_=UtcDateTime())
        query = select(col(Outbound.error_code), sa.func.count(), oldest).where(these)
        query = query.where(col(Outbound.error_code).is_not(None)).group_by(col(Outbound.error_code))
        for code, count, since in session.exec(query):
            known = found.get(code or 0, (0, since))
            found[code or 0] = known[0] + count, min(known[1], since)
    return [(code, count, since) for code, (count, since) in sorted(found.items())]


def unarrived(session: Session, now: datetime) -> Unarrived:
    """What failed, and what the carrier never called back about. Read from an index, and counted up to a bound."""
    began = now - DAY

    def count(state: str, until: datetime) -> int:
        changed = col(Outbound.changed_at)
        these = select(sa.literal(1)).where(
            UNARRIVED, sa.text(f"state = '{state}'"), changed > began, changed < until
        )
        return int(session.exec(select(sa.func.count()).select_from(these.limit(COUNTED).subquery())).one())

    return Unarrived(count("failed", now + DAY), count("accepted", now - REPORTED_WITHIN))


def paused_numbers(session: Session, now: datetime) -> list[PausedNumber]:
    """The paused numbers, by the names of their lines; also those whose probe is just about to go."""
    names = {line.id: line.name for line in session.exec(select(Line))}
    return [
        PausedNumber(
            names[line_number.line_id],
            line_number.channel,
            line_number.paused_until,
            line_number.paused_since,
            line_number.pause_code or None,
        )
        for line_number in line_numbers.paused(session, now - PROBE_WITHIN)
        if line_number.paused_until is not None
    ]


def spent(session: Session, days: dict[int, str]) -> dict[int, Spent]:
    """What each line has spent on its own day, of the days given by line."""
    query = select(Spending).where(col(Spending.day).in_(set(days.values())))
    rows = [row for row in session.exec(query) if days.get(row.line_id) == row.day]
    return {row.line_id: Spent(row.segments, row.micros) for row in rows}
