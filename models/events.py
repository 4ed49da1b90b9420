"""Events: what has happened to requests; `requests.record` and `requests.move` write them with the change itself."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlmodel import col, select

from models.requests import Event, Request, State
from models.store.session import Session
from models.store.statements import Precompiled
from models.store.types import UtcDateTime, table


def history(session: Session, request: Request) -> list[Event]:
    """Everything that happened to the request, in order."""
    return list(session.exec(select(Event).where(Event.request_id == request.id).order_by(col(Event.id))))


def latest(session: Session, request: Request, most: int, before: int | None = None) -> list[Event]:
    """The last `most` things that happened to the request, of those before the event with this id, in order."""
    query = select(Event).where(Event.request_id == request.id)
    if before is not None:
        query = query.where(col(Event.id) < before)
    return list(session.exec(query.order_by(col(Event.id).desc()).limit(most)))[::-1]


def last_event(session: Session, request: Request, *kinds: str) -> str | None:
    """Which of these happened to the request last, if any."""
    happened = select(Event.kind).where(Event.request_id == request.id, col(Event.kind).in_(kinds))
    return session.exec(happened.order_by(col(Event.id).desc()).limit(1)).first()


def who_did(session: Session, request: Request, kind: str) -> list[int]:
    """Who did this to the request, as often as they did, in order."""
    did = select(Event.by_person_id).where(Event.request_id == request.id, Event.kind == kind)
    return [who for who in session.exec(did.order_by(col(Event.id))) if who is not None]


def happened_since(session: Session, of: Sequence[Request], kind: str, since: datetime) -> bool:
    """Whether this happened to one of these requests since then."""
    about = col(Event.request_id).in_([request.id for request in of])
    return (
        session.exec(select(Event.id).where(about, Event.kind == kind, Event.at >= since).limit(1)).first()
        is not None
    )


def said_since(session: Session, request: Request, kind: str, since: datetime) -> list[tuple[datetime, str]]:
    """What was said with the events of this kind since then, in order."""
    said = select(Event.at, sa.func.coalesce(Event.words, "")).where(
        Event.request_id == request.id, Event.kind == kind, Event.at >= since
    )
    return list(session.exec(said.order_by(col(Event.id))))


DID_SINCE: Precompiled[tuple[datetime, str]] = Precompiled(
    sa.select(col(Event.at), sa.func.coalesce(col(Event.words), ""))
    .where(
        col(Event.request_id) == sa.bindparam("request_id", type_=sa.Integer),
        col(Event.kind) == sa.bindparam("kind", type_=sa.String),
        col(Event.by_person_id) == sa.bindparam("by", type_=sa.Integer),
        col(Event.at) >= sa.bindparam("since", type_=UtcDateTime),
    )
    .order_by(col(Event.id))
)


def did_since(session: Session, request: Request, kind: str, by: int, since: datetime) -> list[tuple[datetime, str]]:
    """When somebody did this to the request since then, with the words kept of it, in order."""
    return list(session.fetch(DID_SINCE, request_id=request.id, kind=kind, by=by, since=since))


def did(session: Session, by: int, kind: str) -> bool:
    """Whether they ever did this to a request."""
    theirs = Event.by_person_id == by, Event.kind == kind
    return session.exec(select(Event.id).where(*theirs).limit(1)).first() is not None


def noted_since(session: Session, line_id: int, since: datetime, most: int) -> list[tuple[int, str]]:
    """The last notes about the line's requests since then, with the numbers of these, the latest first."""
    noted = (
        select(Request.number, sa.func.coalesce(Event.words, ""))
        .join(Request, col(Request.id) == col(Event.request_id))
        .where(
            Request.line_id == line_id, col(Request.state) != State.CLOSED, Event.kind == "note", Event.at >= since
        )
    )
    return list(session.exec(noted.order_by(col(Event.id).desc()).limit(most)))


def is_told(session: Session, of: Sequence[Request], kind: str, words: str) -> bool:
    """Whether an event of this kind with exactly these words happened to one of these requests."""
    about = col(Event.request_id).in_([request.id for request in of]), Event.kind == kind, Event.words == words
    return session.exec(select(Event.id).where(*about).limit(1)).first() is not None


MARKS: Precompiled[Any] = Precompiled(
    sa.select(col(Event.kind), sa.func.max(col(Event.at), type_=UtcDateTime))
    .where(col(Event.request_id) == sa.bindparam("request_id"))
    .group_by(col(Event.kind))
)


def marks(session: Session, request: Request) -> dict[str, datetime]:
    """When each kind of event happened to the request last."""
    return dict(session.fetch(MARKS, request_id=request.id))


EVENTS = table(Event)
THEIRS = (
    EVENTS.c.request_id == sa.bindparam("request_id", type_=sa.Integer),
    EVENTS.c.by_person_id == sa.bindparam("by", type_=sa.Integer),
)


def _last(column: sa.ColumnElement[Any], kind: str) -> sa.ScalarSelect[Any]:
    last = sa.select(column).where(*THEIRS, EVENTS.c.kind == sa.bindparam(kind, type_=sa.String))
    return last.order_by(EVENTS.c.id.desc()).limit(1).scalar_subquery()


TALK: Precompiled[Any] = Precompiled(
    sa.select(
        sa.type_coerce(_last(EVENTS.c.at, "wrote"), UtcDateTime),
        sa.type_coerce(_last(EVENTS.c.at, "said"), UtcDateTime),
        sa.type_coerce(_last(EVENTS.c.words, "said"), sa.String),
    )
)


class Talk(NamedTuple):
    """When somebody last wrote to the other side or was told where that goes, and which way they were told."""

    at: datetime | None
    told: str | None


def talk(session: Session, request: Request, by: int, wrote: str, said: str) -> Talk:
    """The talk of one side about a request, by the kinds of these two events. Read in one query."""
    ((wrote_at, told_at, told),) = session.fetch(TALK, request_id=request.id, by=by, wrote=wrote, said=said)
    return Talk(max((at for at in (wrote_at, told_at) if at is not None), default=None), told)
