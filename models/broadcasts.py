"""Broadcasts: words of duty to many at once, sent only after somebody has confirmed what that costs."""

from datetime import datetime, timedelta
from enum import StrEnum

import sqlalchemy as sa
from sqlmodel import Field, col, select

from models.store.session import Session
from models.store.types import EnumString, Model, UtcDateTime

LASTS = timedelta(hours=1)  # without an answer it is not sent


class Audience(StrEnum):
    """Who gets it."""

    VOLUNTEERS = "volunteers"
    ASKED = "asked"  # everybody who has something open


class Broadcast(Model, table=True):
    """One message to many."""

    __table_args__ = (sa.Index("ix_broadcast_line", "line_id", "created_at"),)

    id: int = Field(default=None, primary_key=True)
    line_id: int = Field(foreign_key="line.id")
    by_person_id: int = Field(foreign_key="person.id")
    words: str
    audience: Audience = Field(sa_type=EnumString(Audience))
    area_id: int | None = Field(default=None, foreign_key="area.id")
    created_at: datetime = Field(sa_type=UtcDateTime)
    confirmed_by_person_id: int | None = Field(default=None, foreign_key="person.id")
    sent_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    cancelled_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


def by_id(session: Session, broadcast_id: int) -> Broadcast:
    """The broadcast with this id, which must exist."""
    return session.get_one(Broadcast, broadcast_id)


def decide(session: Session, broadcast: Broadcast, now: datetime, *, by: int, send: bool) -> bool:
    """Send it or not, if nobody has decided that before and it is not too old; True for exactly one."""
    values = {"sent_at": now, "confirmed_by_person_id": by} if send else {"cancelled_at": now}
    won = session.execute(
        sa.update(Broadcast)
        .where(
            col(Broadcast.id) == broadcast.id,
            col(Broadcast.sent_at).is_(None),
            col(Broadcast.cancelled_at).is_(None),
            col(Broadcast.created_at) > now - LASTS,
        )
        .values(**values)
    )
    session.refresh(broadcast)
    return won.rowcount == 1


def add(
    session: Session,
    line_id: int,
    by: int,
    words: str,
    audience: Audience,
    now: datetime,
    *,
    area_id: int | None = None,
) -> Broadcast:
    """Keep what somebody on duty wants to say to many."""
    return session.create(
        Broadcast,
        line_id=line_id,
        by_person_id=by,
        words=words,
        audience=audience,
        area_id=area_id,
        created_at=now,
    )


def undecided(session: Session, line_id: int) -> list[Broadcast]:
    """What nobody has confirmed or refused, the oldest first."""
    waits = select(Broadcast).where(
        Broadcast.line_id == line_id, col(Broadcast.sent_at).is_(None), col(Broadcast.cancelled_at).is_(None)
    )
    return session.exec(waits.order_by(col(Broadcast.id)))


def expire(session: Session, broadcast: Broadcast, now: datetime) -> bool:
    """End one that nobody has decided about in time; True for the first who does."""
    won = session.execute(
        sa.update(Broadcast)
        .where(
            col(Broadcast.id) == broadcast.id,
            col(Broadcast.sent_at).is_(None),
            col(Broadcast.cancelled_at).is_(None),
            col(Broadcast.created_at) <= now - LASTS,
        )
        .values(cancelled_at=now)
    )
    return won.rowcount == 1
