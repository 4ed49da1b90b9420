"""Texts in doubt: POSTed without an answer, to be looked up at the carrier before they are ever sent again."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Any

import sqlalchemy as sa
from sqlmodel import col, select

from models.delivery import workers
from models.delivery.outbound import AT_A_TIME, Attempt, Outbound, Result, State, is_in
from models.lines import Channel
from models.store.session import Session
from models.store.statements import Precompiled
from models.store.types import UtcDateTime


@dataclass(frozen=True)
class Lookup:
    """A text of which nobody knows whether it was taken, to be looked for in the carrier's list."""

    id: int
    person_id: int
    channel: Channel
    from_number: str
    to: str
    body: str
    form: dict[str, Any] | None
    since: datetime  # when its last attempt began
    due: datetime  # when this look was due


def _marking() -> Precompiled[int]:
    now = sa.bindparam("now", type_=UtcDateTime)
    alive = workers.is_alive(col(Outbound.leased_by), sa.bindparam("alive_since", type_=UtcDateTime))
    dead = sa.or_(
        col(Outbound.leased_until) < now,
        sa.and_(col(Outbound.leased_by) != sa.bindparam("worker", type_=sa.String), ~alive),
    )
    gone = select(Outbound.id).where(is_in(State.LEASED), dead)
    return Precompiled(
        sa.update(Outbound)
        .where(col(Outbound.id).in_(gone.limit(AT_A_TIME).with_for_update(skip_locked=True)))
        .where(col(Outbound.state) == State.LEASED)
        .values(state=State.UNCERTAIN, not_before=now, leased_until=None, changed_at=now)
        .returning(col(Outbound.id))
    )


MARKING = _marking()


def mark_uncertain(session: Session, now: datetime, worker: str, look_after: timedelta) -> list[int]:
    """Texts whose process died between the attempt and its result: nobody knows whether they left.

    Dead is a worker other than this one that was not seen for a while, or whose lease ran out. They become uncertain
    and are looked for so long after their attempt began, even if that is over; returns which.
    """
    ids = list(session.fetch(MARKING, now=now, worker=worker, alive_since=now - workers.DEAD_AFTER))
    if ids:
        looks = [{"id_": id_, "not_before": began + look_after} for id_, began in _began(session, ids).items()]
        session.bulk_update(Outbound, looks)
        session.execute(
            sa.update(Attempt)
            .where(col(Attempt.outbound_id).in_(ids), col(Attempt.result).is_(None))
            .values(result=Result.UNCERTAIN, ended_at=now)
        )
    return ids


def _leasing() -> Precompiled[Any]:
    now = sa.bindparam("now", type_=UtcDateTime)
    due = (
        select(Outbound.id)
        .where(
            is_in(State.UNCERTAIN),
            col(Outbound.not_before) <= now,
            sa.or_(col(Outbound.leased_until).is_(None), col(Outbound.leased_until) < now),
        )
        .order_by(col(Outbound.id))
        .limit(sa.bindparam("limit", type_=sa.Integer))
        .with_for_update(skip_locked=True)
    )
    return Precompiled(
        sa.update(Outbound)
        .where(col(Outbound.id).in_(due), col(Outbound.state) == State.UNCERTAIN)
        .values(leased_until=sa.bindparam("until", type_=UtcDateTime))
        .returning(
            col(Outbound.id),
            col(Outbound.person_id),
            col(Outbound.channel),
            col(Outbound.from_number),
            col(Outbound.to),
            col(Outbound.body),
            col(Outbound.form),
            col(Outbound.not_before),
        )
    )


LEASING = _leasing()


def lease_lookups(session: Session, now: datetime, lasts: timedelta, limit: int) -> list[Lookup]:
    """Take uncertain texts whose time to be looked for has come; nobody else takes them for as long as it `lasts`."""
    rows = sorted(session.fetch(LEASING, now=now, until=now + lasts, limit=limit), key=itemgetter(0))
    began = _began(session, [row[0] for row in rows])
    return [
        Lookup(id_, person_id, channel, from_number, to, body, form, began[id_], due_at)
        for id_, person_id, channel, from_number, to, body, form, due_at in rows
    ]


def _began(session: Session, ids: list[int]) -> dict[int, datetime]:
    """When the last attempt of each of these texts began."""
    # Asked apart: within RETURNING, SQLAlchemy names no table on SQLite, and `id` would be the attempt's own.
    last = (
        select(Attempt.outbound_id, sa.func.max(col(Attempt.started_at)))
        .where(col(Attempt.outbound_id).in_(ids))
        .group_by(col(Attempt.outbound_id))
    )
    return dict(session.exec(last)) if ids else {}


def put_off(session: Session, outbound_id: int, until: datetime) -> None:
    """The carrier could not be asked: the look is made again then."""
    session.execute(
        sa.update(Outbound)
        .where(col(Outbound.id) == outbound_id, col(Outbound.state) == State.UNCERTAIN)
        .values(leased_until=until)
    )


def known_sids(session: Session, person_id: int, sids: list[str], *, but: int) -> set[str]:
    """Which of these ids at the carrier are those of other texts to this person than `but`."""
    by_attempt = (
        select(Attempt.sid)
        .join(Outbound, col(Outbound.id) == col(Attempt.outbound_id))
        .where(Outbound.person_id == person_id, Outbound.id != but, col(Attempt.sid).in_(sids))
    )
    by_text = select(Outbound.sid).where(col(Outbound.sid).in_(sids), Outbound.id != but)
    return {sid for sid in [*session.exec(by_attempt), *session.exec(by_text)] if sid is not None}


def in_doubt(session: Session, lookup: Lookup, since: datetime) -> list[int]:
    """The uncertain texts to the same phone whose last attempts began since then, in that order."""
    began = sa.func.max(col(Attempt.started_at))
    query = (
        select(Outbound.id)
        .join(Attempt, col(Attempt.outbound_id) == col(Outbound.id))
        .where(is_in(State.UNCERTAIN), Outbound.channel == lookup.channel, Outbound.to == lookup.to)
        .group_by(col(Outbound.id))
        .having(began >= since)
        .order_by(began, sa.func.max(col(Attempt.id)))
    )
    return list(session.exec(query))
