"""What drags: requests that have waited long, or were given back again and again."""

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlmodel import col, select

from models.requests import Event, Request, State
from models.stock import State as StockState
from models.stock import StockPromise
from models.store.session import Session

OPEN_LONG = timedelta(days=1)
HELD_LONG = timedelta(hours=4)
LAPSES = 2  # times that somebody had it and did nothing
MOST = 1000  # looked at in one day's word


def find(session: Session, line_id: int, now: datetime, most: int = MOST) -> list[Request]:
    """What drags on a line, the oldest first; nothing that is only needed later."""
    lapsed = (
        select(sa.func.count(col(Event.id)))
        .where(col(Event.request_id) == col(Request.id), Event.kind == "lapsed")
        .correlate(Request)
        .scalar_subquery()
    )
    drags = sa.or_(
        sa.and_(col(Request.state) == State.OPEN, col(Request.created_at) <= now - OPEN_LONG),
        sa.and_(col(Request.state) == State.HELD, col(Request.changed_at) <= now - HELD_LONG),
        sa.and_(col(Request.state) == State.OPEN, lapsed >= LAPSES),
    )
    later = sa.or_(col(Request.needed_from).is_(None), col(Request.needed_from) <= now)
    in_line = sa.and_(col(Request.queued_at).is_not(None), col(Request.turn_at).is_(None))  # and was told so
    free = sa.or_(col(Request.booked_until).is_(None), col(Request.booked_until) <= now)
    promised = sa.exists().where(  # they fetch it themselves; what is not fetched goes out again
        col(StockPromise.request_id) == col(Request.id), col(StockPromise.state) == StockState.PROMISED
    )
    live = select(Request).where(
        Request.line_id == line_id,
        col(Request.state).in_((State.OPEN, State.HELD)),
        drags,
        later,
        free,
        ~sa.and_(col(Request.state) == State.OPEN, sa.or_(in_line, promised)),
    )
    return session.exec(live.order_by(col(Request.created_at), col(Request.id)).limit(most))
