"""Marks: what stays of somebody who was erased. A keyed hash of their number, and what erasure must not undo.

With it they are recognised when they text again: who had said STOP is not texted before they say START. Nobody can
read a number from it; but whoever has the whole database has the key too, and can try all numbers there are. A key
elsewhere would protect no better against who has the machine, and lost, it would lose every STOP.
"""

import hashlib
import hmac
import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import JSON, Column, Field, col, select

from models import spellings
from models.lines import Line
from models.store.session import Session
from models.store.statements import Precompiled
from models.store.types import Model, UtcDateTime


class Mark(Model, table=True):
    """One number on one line."""

    __table_args__ = (sa.UniqueConstraint("line_id", "hash"),)

    id: int = Field(default=None, primary_key=True)
    line_id: int = Field(foreign_key="line.id")
    hash: str
    erased_at: datetime = Field(sa_type=UtcDateTime)
    kept: dict[str, str] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))  # columns of Person
    sids: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))  # their last texts, hashed
    known_again_at: datetime | None = Field(default=None, sa_type=UtcDateTime)  # a restore must still know of it

    @property
    def values(self) -> dict[str, datetime]:
        """What they are again as soon as they are known again."""
        return {name: datetime.fromisoformat(moment) for name, moment in self.kept.items()}


def leave(
    session: Session, line: Line, number: str, now: datetime, kept: Mapping[str, datetime], sids: Iterable[str]
) -> None:
    """Somebody with this number is erased, who sent these texts last."""
    moments = {name: moment.isoformat() for name, moment in kept.items()}
    last = [hashed(session, line, sid) for sid in sids]
    leave_hashed(session, line.id, hashed(session, line, number), now, moments, last)


def leave_hashed(
    session: Session, line_id: int, hash_: str, at: datetime, kept: Mapping[str, str], sids: Iterable[str] = ()
) -> None:
    """The same by the hash of their number; what an older mark keeps stays, unless they were known since."""
    known = _by_hash(session, line_id, hash_)
    if known is None:
        session.create(Mark, line_id=line_id, hash=hash_, erased_at=at, kept=dict(kept), sids=list(sids))
        return
    older = known.kept if known.known_again_at is None else {}
    known.erased_at, known.kept, known.known_again_at = max(at, known.erased_at), {**older, **kept}, None
    known.sids = sorted({*known.sids, *sids})
    session.add(known)


def erased_at(session: Session, line_id: int) -> dict[str, datetime]:
    """When each number of the line was erased last, by its hash; of those too who are known again."""
    every = sa.select(col(Mark.hash), col(Mark.erased_at)).where(col(Mark.line_id) == line_id)
    return {row.hash: row.erased_at for row in session.execute(every)}


def unkeep(session: Session, line_id: int, hash_: str, name: str) -> None:
    """Erasure need not keep this of theirs any more."""
    if (known := _by_hash(session, line_id, hash_)) is not None:
        known.kept = {key: moment for key, moment in known.kept.items() if key != name}
        session.add(known)


def find(session: Session, line: Line, number: str) -> Mark | None:
    """The mark of this number, unless they are known again. Where nobody was ever erased, nothing is looked up."""
    if not line.hash_key:
        return None
    marks = (_by_hash(session, line.id, hash_) for hash_ in hashes(line, number))
    return next((mark for mark in marks if mark is not None and mark.known_again_at is None), None)


def is_of_last(session: Session, line: Line, mark: Mark, sid: str) -> bool:
    """Whether this is one of the last texts that they sent before they were erased, such as the one that did it."""
    return hashed(session, line, sid) in mark.sids


def known_again(session: Session, mark: Mark, now: datetime) -> None:
    """They have texted again: what they are is known by their person. A backup may still know who they were."""
    mark.known_again_at = now
    session.add(mark)


def remove_older(session: Session, line_id: int, before: datetime) -> None:
    """Take away those by which nothing is kept: no text from before then comes late any more."""
    old = select(Mark).where(Mark.line_id == line_id, col(Mark.erased_at) < before)
    for mark in session.exec(old):
        if not mark.kept or mark.known_again_at is not None:
            session.execute(sa.delete(Mark).where(col(Mark.id) == mark.id))


def hashed(session: Session, line: Line, number: str) -> str:
    """The keyed hash of a number, however it is spelled; the line's key is made where there was none."""
    return _hash(_key(session, line), spellings.canonical(number))


def hashes(line: Line, number: str) -> list[str]:
    """The same, and of each other spelling: older marks were made of the one that came. None without a key."""
    return [_hash(line.hash_key, form) for form in spellings.forms(number)] if line.hash_key else []


BY_HASH: Precompiled[Mark] = Precompiled(
    select(Mark).where(
        col(Mark.line_id) == sa.bindparam("line_id", type_=sa.Integer),
        col(Mark.hash) == sa.bindparam("hash", type_=sa.String),
    )
)


def _by_hash(session: Session, line_id: int, hash_: str) -> Mark | None:
    return session.fetch(BY_HASH, line_id=line_id, hash=hash_).first()


def give_key(session: Session, line: Line) -> None:
    """Let the line have a key, so that it is in every backup: hashes made since can then be told in one."""
    _key(session, line)


def answer(session: Session, nonce: str) -> str | None:
    """What only whoever has this database can say to a nonce; None before it has a line with a key.

    By the oldest line's key, and with words before it that no number begins with: it gives away no hash of a number.
    """
    oldest = select(Line).where(col(Line.hash_key) != "").order_by(col(Line.id)).limit(1)
    line = session.exec(oldest).first()
    return None if line is None else _hash(line.hash_key, f"nonce {nonce}")


def _key(session: Session, line: Line) -> str:
    if not line.hash_key:
        made = sa.update(Line).where(col(Line.id) == line.id, col(Line.hash_key) == "")
        session.execute(made.values(hash_key=secrets.token_hex(32)))
        session.refresh(line)
    return line.hash_key


def _hash(key: str, number: str) -> str:
    return hmac.new(key.encode(), number.encode(), hashlib.sha256).hexdigest()
