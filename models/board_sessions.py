"""Board sessions: a link to the members' board, asked for by text, and the browser that opened it.

Of the link and of the browser's key only hashes are kept: whoever reads the database cannot be somebody on the board.
Both are 128 random bits, so a fast hash will do, and nobody guesses one.
"""

import hashlib
import secrets
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlmodel import Field, col, select

from models.store.session import Session
from models.store.statements import Precompiled
from models.store.types import Model, UtcDateTime

SECRET = 16  # random bytes
LONGEST = 64  # characters of a secret that are looked at
LINK_LASTS = timedelta(minutes=10)
MOST = 5  # browsers of one person on the board; with one more the first is off it


class BoardSession(Model, table=True):
    """One link. It opens the board once; then `key_hash` is what the browser is known by."""

    __table_args__ = (
        sa.UniqueConstraint("link_hash"),
        sa.UniqueConstraint("key_hash"),
        sa.Index("ix_boardsession_person", "person_id"),
    )

    id: int = Field(default=None, primary_key=True)
    line_id: int = Field(foreign_key="line.id")
    person_id: int = Field(foreign_key="person.id")
    link_hash: str
    link_until: datetime = Field(sa_type=UtcDateTime)
    key_hash: str | None = None
    opened_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    duty_until: datetime | None = Field(
        default=None, sa_type=UtcDateTime
    )  # shows what duty sees while they are on it
    ends_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)  # by LOGOUT and its like, before its time
    created_at: datetime = Field(sa_type=UtcDateTime)


def ask(session: Session, line_id: int, person_id: int, now: datetime) -> str:
    """A new link for somebody, by its secret; earlier ones that nobody opened open nothing any more."""
    over = sa.or_(
        col(BoardSession.opened_at).is_(None),
        col(BoardSession.ended_at).is_not(None),
        col(BoardSession.ends_at) <= now,
    )
    session.execute(sa.delete(BoardSession).where(col(BoardSession.person_id) == person_id, over))
    secret = secrets.token_urlsafe(SECRET)
    session.create(
        BoardSession,
        line_id=line_id,
        person_id=person_id,
        link_hash=_hash(secret),
        link_until=now + LINK_LASTS,
        created_at=now,
    )
    return secret


def by_link(session: Session, secret: str, now: datetime) -> BoardSession | None:
    """The session that this link opens, if it still does."""
    waits = col(BoardSession.opened_at).is_(None), col(BoardSession.ended_at).is_(None)
    query = select(BoardSession).where(
        BoardSession.link_hash == _hash(secret), *waits, col(BoardSession.link_until) > now
    )
    return session.exec(query).first()


def open_(
    session: Session, link: BoardSession, now: datetime, *, ends_at: datetime, duty_until: datetime | None
) -> str | None:
    """Open the board by this link; the key for the browser, or None if somebody was faster.

    One conditional UPDATE decides, so a link that two open at once lets one of them in.
    """
    key = secrets.token_urlsafe(SECRET)
    waits = col(BoardSession.opened_at).is_(None), col(BoardSession.ended_at).is_(None)
    won = session.execute(
        sa.update(BoardSession)
        .where(col(BoardSession.id) == link.id, *waits)
        .values(opened_at=now, key_hash=_hash(key), ends_at=ends_at, duty_until=duty_until)
    )
    if won.rowcount != 1:
        return None
    opened = select(BoardSession.id).where(BoardSession.person_id == link.person_id, *_open(now))
    last_first = opened.order_by(col(BoardSession.opened_at).desc(), col(BoardSession.id).desc())
    for session_id in list(session.exec(last_first))[MOST:]:
        end(session, session_id, now)
    return key


BY_KEY = Precompiled(
    select(BoardSession).where(
        col(BoardSession.key_hash) == sa.bindparam("key_hash"),
        col(BoardSession.ended_at).is_(None),
        col(BoardSession.ends_at) > sa.bindparam("now", type_=UtcDateTime),
    ),
    autoflush=False,
)


def by_key(session: Session, key: str, now: datetime) -> BoardSession | None:
    """The session of a browser, while it lasts."""
    return session.fetch(BY_KEY, key_hash=_hash(key), now=now).first()


def end(session: Session, session_id: int, now: datetime) -> None:
    """One browser leaves the board."""
    _end(session, col(BoardSession.id) == session_id, now)


def end_all(session: Session, person_id: int, now: datetime) -> int:
    """Every browser and link of somebody; returns how many browsers were on the board."""
    query = select(sa.func.count()).where(BoardSession.person_id == person_id, *_open(now))
    count = int(session.exec(query).one())
    _end(session, col(BoardSession.person_id) == person_id, now)
    return count


def forget_all(session: Session) -> None:
    """Nobody is on the board: a backup was put back, and who was put out or left since is in it as they were."""
    session.execute(sa.delete(BoardSession))


def _end(session: Session, which: sa.ColumnElement[bool], now: datetime) -> None:
    lasts = col(BoardSession.ended_at).is_(None)
    session.execute(sa.update(BoardSession).where(which, lasts).values(ended_at=now))


def _open(now: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    """A browser is on the board by it."""
    lasts = col(BoardSession.ended_at).is_(None), col(BoardSession.ends_at) > now
    return col(BoardSession.opened_at).is_not(None), *lasts


def _hash(secret: str) -> str:
    return hashlib.sha256(secret[:LONGEST].encode()).hexdigest()
