"""Pictures and voice messages: where the carrier keeps them, how far they have come, and in the end their bytes.

They are kept in the database, not in files beside it: any process of a city's hotline passes them on and shows them,
they commit with what was said of them, and erasing somebody is one statement. What it costs is bounded: a piece has
at most 1 MB, a line `media_megabytes` of them, and each goes after `media_days`. No query but one reads the bytes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field

from models.lines import Line
from models.store.session import Session
from models.store.statements import Precompiled
from models.store.types import EnumString, Model, UtcDateTime, table


class Kind(StrEnum):
    """What a piece is."""

    PICTURE = "picture"
    VOICE = "voice"


class State(StrEnum):
    """How far a piece has come."""

    ARRIVED = "arrived"  # told of by the carrier, and to be fetched
    KEPT = "kept"  # fetched and made harmless
    REFUSED = "refused"  # it was something else, or nothing could be made of it
    LOST = "lost"  # the carrier has it no more, or did not give it in all this time
    GONE = "gone"  # erased


FETCHING = sa.text("state = 'arrived'")
SHOWN = sa.text("state = 'kept'")
DAY = timedelta(days=1)
MEGABYTE = 1_000_000


class Attachment(Model, table=True):
    """One picture or voice message that somebody sent."""

    __table_args__ = (
        sa.Index("ix_attachment_due", "next_at", sqlite_where=FETCHING, postgresql_where=FETCHING),
        sa.Index("ix_attachment_kept", "line_id", "created_at", sqlite_where=SHOWN, postgresql_where=SHOWN),
        sa.Index("ix_attachment_person", "person_id", "created_at"),
        sa.Index("ix_attachment_request", "request_id"),
    )

    id: int = Field(default=None, primary_key=True)
    line_id: int = Field(foreign_key="line.id")
    person_id: int = Field(foreign_key="person.id")  # who sent it
    request_id: int | None = Field(default=None, foreign_key="request.id")
    receipt: bool = False  # it came with DONE: it is for duty
    kind: Kind = Field(sa_type=EnumString(Kind))
    url: str  # the carrier's address of it
    state: State = Field(sa_type=EnumString(State))
    tries: int = 0
    next_at: datetime | None = Field(default=None, sa_type=UtcDateTime)  # when it is fetched next
    size: int = 0  # bytes
    content_type: str | None = None  # of what we made of it
    created_at: datetime = Field(sa_type=UtcDateTime)
    content: bytes | None = Field(default=None, sa_type=sa.LargeBinary)  # last: what stands before it is read alone


ROWS = table(Attachment)
BUT_CONTENT = tuple(column for column in ROWS.c if column.name not in ("content", "url", "next_at"))


@dataclass(frozen=True)
class Piece:
    """A piece without its bytes."""

    id: int
    line_id: int
    person_id: int
    request_id: int | None
    receipt: bool
    kind: Kind
    state: State
    tries: int
    size: int
    content_type: str | None
    created_at: datetime


@dataclass(frozen=True)
class Content:
    """The bytes of a piece, and what they are."""

    content_type: str
    content: bytes


@dataclass(frozen=True)
class Leased:
    """A piece that one process fetches now."""

    id: int
    url: str
    tries: int  # this one included


def note(
    session: Session,
    line: Line,
    person_id: int,
    kind: Kind,
    url: str,
    now: datetime,
    *,
    request_id: int | None,
    receipt: bool = False,
) -> int:
    """A piece has come, and is to be fetched; returns its id."""
    made = session.create(
        Attachment,
        line_id=line.id,
        person_id=person_id,
        request_id=request_id,
        receipt=receipt,
        kind=kind,
        url=url,
        state=State.ARRIVED,
        next_at=now,
        created_at=now,
    )
    return made.id


def lease(session: Session, now: datetime, lasts: timedelta, most: int) -> list[Leased]:
    """Take what is to be fetched now, for so long; then another process may try. No two get the same."""
    due = (
        sa.select(ROWS.c.id)
        .where(ROWS.c.state == sa.literal_column("'arrived'"), ROWS.c.next_at <= now)
        .order_by(ROWS.c.tries, ROWS.c.next_at, ROWS.c.id)  # what is slow waits for what is new
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    taken = session.execute(
        sa.update(ROWS)
        .where(ROWS.c.id.in_(due), ROWS.c.next_at <= now)
        .values(next_at=now + lasts, tries=ROWS.c.tries + 1)
        .returning(ROWS.c.id, ROWS.c.url, ROWS.c.tries)
    )
    return sorted((Leased(*row) for row in taken), key=lambda one: one.id)


def next_due(session: Session) -> datetime | None:
    """When the next is to be fetched."""
    waiting = sa.select(sa.func.min(ROWS.c.next_at)).where(ROWS.c.state == sa.literal_column("'arrived'"))
    found: datetime | None = session.execute(waiting).scalar()
    return found


def put_off(session: Session, piece_id: int, until: datetime) -> None:
    """It could not be fetched yet."""
    session.execute(_arrived(piece_id).values(next_at=until))


def keep(session: Session, piece_id: int, kind: Kind, content_type: str, content: bytes) -> bool:
    """It is here; False if it was settled before, by another process or because its sender was erased."""
    values = {"kind": kind, "content_type": content_type, "content": content, "size": len(content)}
    here = _arrived(piece_id).where(ROWS.c.url != "")  # else its sender was erased while it was fetched
    return session.execute(here.values(state=State.KEPT, next_at=None, url="", **values)).rowcount == 1


def give_up(session: Session, piece_id: int, state: State) -> bool:
    """It never will be; False if it was settled before."""
    return session.execute(_arrived(piece_id).values(state=state, next_at=None, url="")).rowcount == 1


def _arrived(piece_id: int) -> sa.Update:
    return sa.update(ROWS).where(ROWS.c.id == piece_id, ROWS.c.state == State.ARRIVED)


def by_id(session: Session, piece_id: int) -> Piece | None:
    """One piece."""
    found = _pieces(session, ROWS.c.id == piece_id)
    return found[0] if found else None


def by_ids(session: Session, ids: Sequence[int]) -> list[Piece]:
    """These pieces, in the order in which they came."""
    return _pieces(session, ROWS.c.id.in_(ids)) if ids else []


COMING = sa.and_(ROWS.c.state == State.ARRIVED, ROWS.c.url != "")
HERE = sa.and_(ROWS.c.state == State.KEPT, ROWS.c.size > 0)  # else its sender was erased
OF_REQUEST: Precompiled[Any] = Precompiled(  # every claim asks it
    sa.select(*BUT_CONTENT)
    .where(ROWS.c.request_id == sa.bindparam("request_id"), sa.or_(COMING, HERE))
    .order_by(ROWS.c.id)
)


def of_request(session: Session, request_id: int) -> list[Piece]:
    """What is kept of a request or still to come, in the order in which it came."""
    names = [column.name for column in BUT_CONTENT]
    found = session.fetch(OF_REQUEST, request_id=request_id)
    return [Piece(**dict(zip(names, row, strict=True))) for row in found]


def of_people(session: Session, ids: Sequence[int]) -> list[Piece]:
    """What these people have sent."""
    return _pieces(session, ROWS.c.person_id.in_(ids)) if ids else []


def _pieces(session: Session, *where: sa.ColumnElement[bool]) -> list[Piece]:
    rows = session.execute(sa.select(*BUT_CONTENT).where(*where).order_by(ROWS.c.id)).mappings()
    return [Piece(**row) for row in rows]


def content(session: Session, piece_id: int) -> Content | None:
    """The bytes of a piece that is kept."""
    found = session.execute(
        sa.select(ROWS.c.content_type, ROWS.c.content).where(ROWS.c.id == piece_id, ROWS.c.state == State.KEPT)
    ).first()
    return Content(found[0], found[1]) if found and found[1] is not None else None


def adopt(session: Session, person_id: int, request_id: int, since: datetime) -> None:
    """What they sent since then before they said what they need belongs to this request."""
    loose = ROWS.c.person_id == person_id, ROWS.c.request_id.is_(None), ROWS.c.created_at >= since
    session.execute(sa.update(ROWS).where(*loose).values(request_id=request_id))


def sent_since(session: Session, person_id: int, since: datetime) -> int:
    """How many they have sent since then."""
    return _figure(session, sa.func.count(), ROWS.c.person_id == person_id, ROWS.c.created_at >= since)


def kept_of(session: Session, person_id: int) -> int:
    """How many of theirs are kept."""
    return _figure(session, sa.func.count(), ROWS.c.person_id == person_id, ROWS.c.state == State.KEPT)


def is_full(session: Session, line: Line) -> bool:
    """Whether the line keeps as much as its figure says."""
    kept = ROWS.c.line_id == line.id, ROWS.c.state == sa.literal_column("'kept'")
    size = _figure(session, sa.func.coalesce(sa.func.sum(ROWS.c.size), 0), *kept)
    return size >= line.policy.media_megabytes * MEGABYTE


def _figure(session: Session, figure: sa.ColumnElement[int], *where: sa.ColumnElement[bool]) -> int:
    return int(session.execute(sa.select(figure).where(*where)).scalar_one())


def expire(session: Session, line: Line, now: datetime) -> None:
    """Erase what was kept for so many days; what belongs to no request goes after one."""
    kept = ROWS.c.line_id == line.id, ROWS.c.state == sa.literal_column("'kept'")
    old = ROWS.c.created_at < now - timedelta(days=line.policy.media_days)
    loose = sa.and_(ROWS.c.request_id.is_(None), ~ROWS.c.receipt, ROWS.c.created_at < now - DAY)
    empty = {"state": State.GONE, "content": None, "url": "", "next_at": None}
    session.execute(sa.update(ROWS).where(*kept, sa.or_(old, loose)).values(empty))
