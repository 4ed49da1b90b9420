"""Processes that send, and when each was last seen: the leases of one that is dead are known to be dead.

One that is taken for dead and is only slow, or stands still, does no harm: what it has leased is looked up, and it
posts nothing for which its lease has not long enough to last.
"""

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Field, col

from models.store.session import Session
from models.store.types import Model, UtcDateTime

BEAT = timedelta(seconds=3)  # between two signs of life: a write to the disk each
DEAD_AFTER = timedelta(seconds=10)  # without one
AHEAD = timedelta(minutes=1)  # as clocks of two machines may differ
FORGOTTEN_AFTER = timedelta(hours=1)


class Worker(Model, table=True):
    """One process that leases texts."""

    id: str = Field(primary_key=True)  # made anew at every start
    seen_at: datetime = Field(sa_type=UtcDateTime)


def beat(session: Session, worker: str, now: datetime) -> None:
    """A sign of life."""
    on: Any = postgresql if session.dialect.name == "postgresql" else sqlite
    sign = on.insert(Worker).values(id=worker, seen_at=now)
    session.execute(sign.on_conflict_do_update(index_elements=["id"], set_={"seen_at": now}))


def leave(session: Session, worker: str) -> None:
    """It ends well, and holds no lease."""
    session.execute(sa.delete(Worker).where(col(Worker.id) == worker))


def clear(session: Session, now: datetime) -> None:
    """Forget those that are long dead."""
    session.execute(sa.delete(Worker).where(col(Worker.seen_at) < now - FORGOTTEN_AFTER))


def forget_all(session: Session) -> None:
    """None of them sends from this database."""
    session.execute(sa.delete(Worker))


def any_alive(session: Session, now: datetime) -> bool:
    """Whether any process that sends was seen lately; not by a clock that was far ahead, as a simulator's may be."""
    lately = col(Worker.seen_at).between(now - DEAD_AFTER, now + AHEAD)
    return session.execute(sa.select(col(Worker.id)).where(lately).limit(1)).first() is not None


def is_alive(worker: Any, since: Any) -> sa.ColumnElement[bool]:
    """Whether the worker with this id was seen since then. One that was forgotten was not."""
    return sa.exists().where(col(Worker.id) == worker, col(Worker.seen_at) > since)
