"""Marks: what stays of somebody who was erased. A keyed hash of their number, and what erasure must not undo.

With it they are recognised when they text again: who had said STOP is not texted before they say START. Nobody can
read a number from it; but whoever has the whole database has the key too, and can try all numbers there are. A key
elsewhere would protect no better against who has the machine, and lost, it would lose every STOP.
"""

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import JSON, Column, Field, col, select

from models.lines import Line
from models.store.session import Session
from models.store.types import Model, UtcDateTime


class Mark(Model, table=True):
    """One number on one line."""

    __table_args__ = (sa.UniqueConstraint("line_id", "hash"),)

    id: int = Field(default=None, primary_key=True)
    line_id: int = Field(foreign_key="line.id")
    hash: str
    erased_at: datetime = Field(sa_type=UtcDateTime)
    kept: dict[str, str] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))  # columns of Person

    @property
    def values(self) -> dict[str, datetime]:
        """What they are again as soon as they are known again."""
        return {name: datetime.fromisoformat(moment) for name, moment in self.kept.items()}


def leave(session: Session, line: Line, number: str, now: datetime, kept: Mapping[str, datetime]) -> None:
    """Somebody with this number is erased."""
    moments = {name: moment.isoformat() for name, moment in kept.items()}
    leave_hashed(session, line.id, hashed(session, line, number), now, moments)


def leave_hashed(session: Session, line_id: int, hash_: str, at: datetime, kept: Mapping[str, str]) -> None:
    """The same by the hash of their number; what an older mark keeps stays."""
    known = _by_hash(session, line_id, hash_)
    if known is None:
        session.create(Mark, line_id=line_id, hash=hash_, erased_at=at, kept=dict(kept))
        return
    known.erased_at, known.kept = max(at, known.erased_at), {**known.kept, **kept}
    session.add(known)


def unkeep(session: Session, line_id: int, hash_: str, name: str) -> None:
    """Erasure need not keep this of theirs any more."""
    if (known := _by_hash(session, line_id, hash_)) is not None:
        known.kept = {key: moment for key, moment in known.kept.items() if key != name}
        session.add(known)


def find(session: Session, line: Line, number: str) -> Mark | None:
    """The mark of this number. Where nobody was ever erased, nothing is looked up."""
    if not line.hash_key:
        return None
    return _by_hash(session, line.id, _hash(line.hash_key, number))


def remove(session: Session, mark: Mark) -> None:
    """They have texted again: what they are is known by their person."""
    session.execute(sa.delete(Mark).where(col(Mark.id) == mark.id))


def remove_older(session: Session, line_id: int, before: datetime) -> None:
    """Take away those by which nothing is kept: no text from before then comes late any more."""
    old = select(Mark).where(Mark.line_id == line_id, col(Mark.erased_at) < before)
    for mark in session.exec(old):
        if not mark.kept:
            remove(session, mark)


def hashed(session: Session, line: Line, number: str) -> str:
    """The keyed hash of a number; the line's key is made where there was none."""
    return _hash(_key(session, line), number)


def _by_hash(session: Session, line_id: int, hash_: str) -> Mark | None:
    return session.exec(select(Mark).where(Mark.line_id == line_id, Mark.hash == hash_)).first()


def give_key(session: Session, line: Line) -> None:
    """Let the line have a key, so that it is in every backup: hashes made since can then be told in one."""
    _key(session, line)


def _key(session: Session, line: Line) -> str:
    if not line.hash_key:
        made = sa.update(Line).where(col(Line.id) == line.id, col(Line.hash_key) == "")
        session.execute(made.values(hash_key=secrets.token_hex(32)))
        session.refresh(line)
    return line.hash_key


def _hash(key: str, number: str) -> str:
    return hmac.new(key.encode(), number.encode(), hashlib.sha256).hexdigest()
