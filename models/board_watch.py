"""What open pages of the board watch once a second: whether anything changed, and who may still look."""

from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import col, select

from models.alarms import UNHEARD, Alarm
from models.board_sessions import BoardSession
from models.people import PENDING_OFFER, Person
from models.requests import Event
from models.store.session import Session
from models.store.statements import Precompiled

# Each is read from the end of an index, or from one of the few rows that wait.
VERSION: Precompiled[tuple[int, int, int]] = Precompiled(
    sa.select(
        sa.select(sa.func.coalesce(sa.func.max(col(Event.id)), 0)).scalar_subquery(),
        sa.select(sa.func.count()).select_from(Person).where(PENDING_OFFER).scalar_subquery(),
        sa.select(sa.func.count()).select_from(Alarm).where(UNHEARD).scalar_subquery(),
    ),
    autoflush=False,
)


def version(session: Session) -> str:
    """Another one whenever something happened to a request, somebody was asked or answered, or an alarm was heard."""
    return "-".join(str(part) for part in session.fetch(VERSION)[0])


def still(session: Session, ids: Collection[int], now: datetime) -> dict[int, tuple[BoardSession, Person]]:
    """Of these sessions of the board those that last, and whose they are."""
    query = (
        select(BoardSession, Person)
        .join(Person, col(Person.id) == col(BoardSession.person_id))
        .where(col(BoardSession.id).in_(ids), col(BoardSession.ended_at).is_(None), col(BoardSession.ends_at) > now)
    )
    return {kept.id: (kept, person) for kept, person in session.exec(query)} if ids else {}
