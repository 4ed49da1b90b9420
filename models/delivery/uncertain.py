"""Texts in doubt: POSTed without an answer, to be looked up at the carrier before they are ever sent again."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlmodel import col, select

from models.delivery.outbound import AT_A_TIME, Attempt, Outbound, Result, State, is_in
from models.lines import Channel
from models.store.session import Session


@dataclass(frozen=True)
class Lookup:
    """A text of which nobody knows whether it was taken, to be looked for in the carrier's list."""

    id: int
    person_id: int
    channel: Channel
    from_number: str
    to: str
    body: str
    since: datetime  # when its last attempt began
    due: datetime  # when this look was due


def mark_uncertain(session: Session, now: datetime, look_at: datetime) -> list[int]:
    """Texts whose process died between the attempt and its result: nobody knows whether they left.

    They become uncertain and are looked for from `look_at`; returns which.
    """
    gone = select(Outbound.id).where(is_in(State.LEASED), col(Outbound.leased_until) < now)
    moved = session.execute(
        sa.update(Outbound)
        .where(col(Outbound.id).in_(gone.limit(AT_A_TIME).with_for_update(skip_locked=True)))
        .where(col(Outbound.state) == State.LEASED)
        .values(state=State.UNCERTAIN, not_before=look_at, leased_until=None, changed_at=now)
        .returning(col(Outbound.id))
    )
    ids = list(moved.scalars())
    if ids:
        session.execute(
            sa.update(Attempt)
            .where(col(Attempt.outbound_id).in_(ids), col(Attempt.result).is_(None))
            .values(result=Result.UNCERTAIN, ended_at=now)
        )
    return ids


def lease_lookups(session: Session, now: datetime, lasts: timedelta, limit: int) -> list[Lookup]:
    """Take uncertain texts whose time to be looked for has come; nobody else takes them for as long as it `lasts`."""
    due = (
        select(Outbound.id)
        .where(
            is_in(State.UNCERTAIN),
            col(Outbound.not_before) <= now,
            sa.or_(col(Outbound.leased_until).is_(None), col(Outbound.leased_until) < now),
        )
        .order_by(col(Outbound.id))
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    taken = session.execute(
        sa.update(Outbound)
        .where(col(Outbound.id).in_(due), col(Outbound.state) == State.UNCERTAIN)
        .values(leased_until=now + lasts)
        .returning(
            col(Outbound.id),
            col(Outbound.person_id),
            col(Outbound.channel),
            col(Outbound.from_number),
            col(Outbound.to),
            col(Outbound.body),
            col(Outbound.not_before),
        )
    )
    rows = sorted(taken.all())
    # Asked apart: within RETURNING, SQLAlchemy names no table on SQLite, and `id` would be the attempt's own.
    last = (
        select(Attempt.outbound_id, sa.func.max(col(Attempt.started_at)))
        .where(col(Attempt.outbound_id).in_([row[0] for row in rows]))
        .group_by(col(Attempt.outbound_id))
    )
    began = dict(session.exec(last)) if rows else {}
    return [
        Lookup(id_, person_id, channel, from_number, to, body, began[id_], due_at)
        for id_, person_id, channel, from_number, to, body, due_at in rows
    ]


def known_sids(session: Session, person_id: int, sids: list[str], *, but: int) -> set[str]:
    """Which of these ids at the carrier are those of other texts to this person than `but`."""
    by_attempt = (
        select(Attempt.sid)
        .join(Outbound, col(Outbound.id) == col(Attempt.outbound_id))
        .where(Outbound.person_id == person_id, Outbound.id != but, col(Attempt.sid).in_(sids))
    )
    by_text = select(Outbound.sid).where(col(Outbound.sid).in_(sids), Outbound.id != but)
    return {sid for sid in [*session.exec(by_attempt), *session.exec(by_text)] if sid is not None}
