"""Texts to a phone that others read: kept until its owner asks for them."""

from collections.abc import Iterable
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlmodel import col, select

from models.delivery.outbound import UNSENT, Lane, Outbound, State
from models.store.session import Session

READABLE = timedelta(days=3)  # what is older is about nothing any more
ANSWERED_WITHIN = timedelta(hours=4)


def keep_unsent(session: Session, person_id: int, now: datetime) -> None:
    """Keep what is on its way to somebody and has not left; whom to call in danger goes all the same."""
    session.execute(
        sa.update(Outbound)
        .where(
            col(Outbound.person_id) == person_id,
            col(Outbound.state).in_(UNSENT),
            col(Outbound.lane) != Lane.EMERGENCY,
        )
        .values(state=State.KEPT, changed_at=now)
    )


def release(session: Session, person_id: int, now: datetime, most: int) -> tuple[int, int]:
    """Send what is kept as an answer, the oldest first, but what is too old. How many go, and how many stay."""
    dead = *_kept(person_id), col(Outbound.created_at) <= now - READABLE
    session.execute(sa.update(Outbound).where(*dead).values(state=State.CANCELLED, changed_at=now))
    kept = list(session.exec(select(Outbound.id).where(*_kept(person_id)).order_by(col(Outbound.id))))
    session.execute(
        sa.update(Outbound)
        .where(col(Outbound.id).in_(kept[:most]))
        .values(
            state=State.READY,
            lane=Lane.REPLY,
            rank=now,
            not_before=None,
            expires_at=now + ANSWERED_WITHIN,
            changed_at=now,
        )
    )
    return len(kept[:most]), len(kept[most:])


def cancel_waiting(
    session: Session, person_id: int, phrases: Iterable[str], now: datetime, about: int | None = None
) -> None:
    """Do not say this, about one request or any, if it has not left yet."""
    waiting = [
        col(Outbound.person_id) == person_id,
        col(Outbound.state).in_(UNSENT),
        col(Outbound.phrase).in_(phrases),
    ]
    if about is not None:
        waiting.append(col(Outbound.request_id) == about)
    session.execute(sa.update(Outbound).where(*waiting).values(state=State.CANCELLED, changed_at=now))


def is_kept(session: Session, person_id: int, since: datetime) -> bool:
    """Whether something said since then waits to be read."""
    query = select(Outbound.id).where(*_kept(person_id), col(Outbound.created_at) >= since)
    return session.exec(query.limit(1)).first() is not None


def was_told(session: Session, person_id: int, phrase: str, since: datetime | None) -> bool:
    """Whether this was put on its way to somebody since then."""
    query = select(Outbound.id).where(
        Outbound.person_id == person_id, Outbound.phrase == phrase, Outbound.state != State.CANCELLED
    )
    if since is not None:
        query = query.where(col(Outbound.created_at) > since)
    return session.exec(query.limit(1)).first() is not None


def _kept(person_id: int) -> tuple[sa.ColumnElement[bool], ...]:
    return col(Outbound.person_id) == person_id, col(Outbound.state) == State.KEPT
