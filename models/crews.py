"""The places of a request that several help with. One conditional UPDATE each: none is filled twice or lost.

`Request.helpers_have` counts whoever has it in hand or says that it is done, since it was last open.
"""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import col

from models.requests import TALKING, Request, State, record
from models.store.session import Session
from models.store.types import UtcDateTime


def join(session: Session, request: Request, *, by: int, now: datetime, look_at: datetime) -> bool:
    """Take a free place beside those who have it; False if there is none. Time acts at `look_at` at the latest."""
    have = col(Request.helpers_have)
    room = col(Request.state) == State.CLAIMED, have > 0, have < col(Request.helpers_wanted)
    values = {"helpers_have": have + 1, "changed_at": now, "next_action_at": _sooner(look_at)}
    if not _change(session, request, room, values):
        return False
    record(session, request, "claimed", now, by=by, state=State.CLAIMED)
    return True


def leave(session: Session, request: Request, now: datetime, *, kind: str, by: int | None, words: str | None) -> bool:
    """Give one place back while others have it still; False if nobody else has, and it must go out again whole.

    To be said only by whoever has just ended an assignment. Time acts on what is left at once.
    """
    have = col(Request.helpers_have)
    others = col(Request.state).in_(TALKING), have > 1
    values: dict[str, object] = {"helpers_have": have - 1}
    if request.state is State.CLAIMED:
        values |= {"next_wave_at": now, "next_action_at": _sooner(now)}
    if not _change(session, request, others, values):
        return False
    record(session, request, kind, now, by=by, state=request.state, words=words)
    return True


def want(session: Session, request: Request, wanted: int, now: datetime, *, by: int) -> bool:
    """So many shall help from now on, never fewer than have it; False if that changes nothing.

    Where more are wanted than have it they are asked at once.
    """
    before, live = request.helpers_wanted, col(Request.state) != State.CLOSED
    at_least = sa.case((col(Request.helpers_have) > wanted, col(Request.helpers_have)), else_=wanted)
    claimed = col(Request.state) == State.CLAIMED
    counted = sa.case((sa.and_(claimed, col(Request.helpers_have) == 0), 1), else_=col(Request.helpers_have))
    more = wanted > before
    values: dict[str, object] = {"helpers_wanted": at_least, "helpers_have": counted}
    if more:
        values["next_wave_at"] = sa.case((claimed, sa.literal(now, UtcDateTime())), else_=col(Request.next_wave_at))
    won = _change(session, request, (live, col(Request.helpers_wanted) == before), values)
    if not won or request.helpers_wanted == before:
        return False
    record(session, request, "hands_wanted", now, by=by, words=str(request.helpers_wanted))
    return True


def _sooner(at: datetime) -> sa.ColumnElement[datetime]:
    """That moment, or when time acts on it anyway, if that is sooner."""
    then, due = sa.literal(at, UtcDateTime()), col(Request.next_action_at)
    return sa.case((sa.and_(due.is_not(None), due < then), due), else_=then)


def _change(
    session: Session, request: Request, fits: tuple[sa.ColumnElement[bool], ...], values: dict[str, object]
) -> bool:
    session.flush()
    won = session.execute(sa.update(Request).where(col(Request.id) == request.id, *fits).values(values))
    session.refresh(request)
    return won.rowcount == 1
