"""Texts on their way out: the queue itself, every attempt to send, every word of the carrier about them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum

import sqlalchemy as sa
from sqlmodel import Field, SQLModel, col, select

from models.base import Moment, Word
from models.lines import Channel
from models.session import Session


class Lane(IntEnum):
    """Who goes first."""

    SAFETY = 0
    REPLY = 1
    NOTICE = 2
    BULK = 3


class State(StrEnum):
    """Where a text is. UNCERTAIN: it was handed over and no answer came, so it must not be sent blindly again."""

    READY = "ready"
    LEASED = "leased"
    ACCEPTED = "accepted"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    UNCERTAIN = "uncertain"
    HELD = "held"
    FAILED = "failed"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


# Callbacks come late, twice and out of order: a text only ever moves to a higher rank.
RANK = {
    State.READY: 0,
    State.LEASED: 1,
    State.UNCERTAIN: 2,
    State.ACCEPTED: 3,
    State.SENT: 4,
    State.FAILED: 5,
    State.DELIVERED: 6,
    State.READ: 7,
}


# Nearly every text ever queued is through: indexes of the few that are not stay small.
READY = sa.text("state = 'ready'")
PENDING = sa.text("state IN ('leased', 'uncertain', 'held')")

AT_A_TIME = 100  # texts whose fate is settled in one transaction


class Outbound(SQLModel, table=True):
    """One text to one address. `key` is unique, so a reply decided twice is still one reply."""

    __table_args__ = (
        sa.Index("ix_outbound_next", "channel", "sender", "lane", "id", sqlite_where=READY, postgresql_where=READY),
        sa.Index("ix_outbound_pending", "state", "changed_at", sqlite_where=PENDING, postgresql_where=PENDING),
        sa.Index("ix_outbound_person", "person_id", "id"),
    )

    id: int = Field(default=None, primary_key=True)
    line_id: int = Field(foreign_key="line.id")
    person_id: int = Field(foreign_key="person.id")
    request_id: int | None = Field(default=None, foreign_key="request.id")
    key: str = Field(unique=True)
    phrase: str
    channel: Channel = Field(sa_type=Word(Channel))
    sender: str
    to: str
    body: str
    segments: int
    lane: int
    state: State = Field(sa_type=Word(State))
    tries: int = 0  # POSTs
    returns: int = 0  # times it was put back because the carrier could not deliver it yet
    not_before: datetime | None = Field(default=None, sa_type=Moment)
    expires_at: datetime | None = Field(default=None, sa_type=Moment)  # after which nobody wants it any more
    leased_until: datetime | None = Field(default=None, sa_type=Moment)
    sid: str | None = Field(default=None, index=True)
    price: str | None = None
    error_code: int | None = None
    told_at: datetime | None = Field(default=None, sa_type=Moment)  # when a person heard that it may never arrive
    created_at: datetime = Field(sa_type=Moment)
    changed_at: datetime = Field(sa_type=Moment)


class Attempt(SQLModel, table=True):
    """One try to hand a text to the carrier, written down before it is made."""

    id: int = Field(default=None, primary_key=True)
    outbound_id: int = Field(foreign_key="outbound.id", index=True)
    started_at: datetime = Field(sa_type=Moment)
    ended_at: datetime | None = Field(default=None, sa_type=Moment)
    result: str | None = None
    error_code: int | None = None
    sid: str | None = None


class StatusEvent(SQLModel, table=True):
    """What the carrier said became of a text. Only ever added to."""

    __tablename__ = "status_event"

    id: int = Field(default=None, primary_key=True)
    outbound_id: int = Field(foreign_key="outbound.id", index=True)
    at: datetime = Field(sa_type=Moment)
    status: str
    sid: str | None = None
    error_code: int | None = None


@dataclass(frozen=True)
class Parcel:
    """A leased text and the attempt it is leased for."""

    outbound: Outbound
    attempt_id: int


def lease(session: Session, now: datetime, limit: int, lasts: timedelta) -> list[Parcel]:
    """Take texts that are ready, safety first, and write down the attempt to send each.

    Two senders never get the same text: PostgreSQL skips locked rows, SQLite has one writer.
    """
    query = (
        select(Outbound)
        .where(
            col(Outbound.state) == State.READY,
            sa.or_(col(Outbound.not_before).is_(None), col(Outbound.not_before) <= now),
        )
        .order_by(col(Outbound.lane), col(Outbound.id))
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    parcels = []
    for outbound in session.exec(query).all():
        outbound.state = State.LEASED
        outbound.leased_until = now + lasts
        outbound.changed_at = now
        outbound.tries += 1
        attempt = Attempt(outbound_id=outbound.id, started_at=now)
        session.add_all([outbound, attempt])
        session.flush()
        parcels.append(Parcel(outbound, attempt.id))
    return parcels


def record_attempt(
    session: Session, attempt_id: int, now: datetime, result: str, *, code: int | None = None, sid: str | None = None
) -> None:
    """Note how an attempt ended."""
    attempt = session.get_one(Attempt, attempt_id)
    attempt.ended_at, attempt.result, attempt.error_code, attempt.sid = now, result, code, sid
    session.add(attempt)


def fold(
    session: Session, outbound_id: int, to: State, now: datetime, *, code: int | None = None, sid: str | None = None
) -> Outbound | None:
    """Move a text to `to` unless it is further along already; returns the text if it moved.

    A late "sent" never takes back a "delivered".
    """
    lower = [state for state, rank in RANK.items() if rank < RANK[to]]
    values: dict[str, object] = {"state": to, "changed_at": now, "leased_until": None}
    if code is not None:
        values["error_code"] = code
    if sid is not None:
        values["sid"] = sid
    moved = session.execute(
        sa.update(Outbound).where(col(Outbound.id) == outbound_id, col(Outbound.state).in_(lower)).values(**values)
    )
    if moved.rowcount != 1:
        return None
    text = session.get_one(Outbound, outbound_id)
    session.refresh(text)
    return text


def again(session: Session, outbound_id: int, not_before: datetime, now: datetime) -> None:
    """Put a text that was never processed back in the queue."""
    session.execute(
        sa.update(Outbound)
        .where(col(Outbound.id) == outbound_id, col(Outbound.state) == State.LEASED)
        .values(state=State.READY, not_before=not_before, leased_until=None, changed_at=now)
    )


def cancel_for(session: Session, person_id: int, now: datetime) -> int:
    """Cancel everything not yet handed over to somebody who said STOP; returns how many."""
    done = session.execute(
        sa.update(Outbound)
        .where(col(Outbound.person_id) == person_id, col(Outbound.state).in_((State.READY, State.HELD)))
        .values(state=State.CANCELLED, changed_at=now)
    )
    return done.rowcount


def abandoned_leases(session: Session, now: datetime) -> list[Outbound]:
    """Texts whose sender died between the attempt and its result: nobody knows whether they left."""
    query = select(Outbound).where(col(Outbound.state) == State.LEASED, col(Outbound.leased_until) < now)
    return list(session.exec(query.limit(AT_A_TIME)))


def long_uncertain(session: Session, since: datetime) -> list[Outbound]:
    """Texts of which no news came since then, and nobody was told: they may have arrived, or not."""
    query = select(Outbound).where(
        col(Outbound.state) == State.UNCERTAIN, col(Outbound.changed_at) < since, col(Outbound.told_at).is_(None)
    )
    return list(session.exec(query.limit(AT_A_TIME)))


def oldest_ready(session: Session) -> datetime | None:
    """Since when the longest waiting text has waited, or None when nothing waits."""
    return session.exec(select(sa.func.min(Outbound.created_at)).where(col(Outbound.state) == State.READY)).one()


def price(session: Session, outbound_id: int, amount: str | None) -> None:
    """Note what the carrier charged, where it says so."""
    if amount is not None:
        session.execute(sa.update(Outbound).where(col(Outbound.id) == outbound_id).values(price=amount))


def heard_of(
    session: Session, outbound_id: int, now: datetime, status: str, *, sid: str | None, code: int | None
) -> bool:
    """Keep a status event; False if it is about a text that we never sent."""
    if outbound_id > 2**31 - 1 or session.get(Outbound, outbound_id) is None:
        return False
    session.add(StatusEvent(outbound_id=outbound_id, at=now, status=status, sid=sid, error_code=code))
    session.flush()
    return True


def queued(session: Session, key: str) -> bool:
    """Whether a text with this key was ever queued."""
    return session.exec(select(Outbound.id).where(Outbound.key == key)).first() is not None
