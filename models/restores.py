"""Restores: when a backup was put back, and from when on what happened since is not in it."""

from datetime import datetime

from sqlmodel import Field, col, select

from models.store.session import Session
from models.store.types import Model, UtcDateTime


class Restore(Model, table=True):
    """A backup that was put in the place of this database. What it has no word of may have been sent all the same."""

    id: int = Field(default=None, primary_key=True)
    at: datetime = Field(sa_type=UtcDateTime)
    read_from: datetime = Field(sa_type=UtcDateTime)  # its newest text: the carrier's list is read back to here
    doubted_until: datetime = Field(
        sa_type=UtcDateTime
    )  # what time brings about until then may have been sent before
    caught_up_at: datetime | None = Field(default=None, sa_type=UtcDateTime)  # the list was read


def latest(session: Session) -> Restore | None:
    """The last time that a backup was put back."""
    return session.exec(select(Restore).order_by(col(Restore.id).desc()).limit(1)).first()


def caught_up(session: Session, restore_id: int, now: datetime) -> None:
    """What came in since the backup is taken in."""
    found = session.get_one(Restore, restore_id)
    found.caught_up_at = found.caught_up_at or now
    session.add(found)
