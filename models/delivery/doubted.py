"""Doubted texts: after a backup was put back, they may have been sent already. Each is looked for before it leaves.

`look_since` marks them. When such a text would leave, it becomes uncertain instead, as one whose POST had no answer:
the carrier's list says whether it has it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import col

from models import restores
from models.delivery.handover import OUT
from models.delivery.outbound import UNSENT, Attempt, Outbound, Result, State
from models.store.session import Session


def doubt_all(session: Session, since: datetime) -> int:
    """Whatever waits may have left since then; returns how many texts that are."""
    return session.execute(
        sa.update(OUT)
        .where(OUT.c.state.in_((*UNSENT, State.WAITS)), OUT.c.look_since.is_(None))
        .values(look_since=since)
    ).rowcount


@contextmanager
def doubting(session: Session, since: datetime) -> Iterator[None]:
    """What is queued meanwhile may have left since then: what caused it may have done so before."""
    last = _last_id(session)
    yield
    session.execute(
        sa.update(OUT).where(OUT.c.id > last, OUT.c.state.in_(UNSENT), OUT.c.tries == 0).values(look_since=since)
    )


@contextmanager
def after_restore(session: Session, now: datetime) -> Iterator[None]:
    """The same for what time brings about, for as long after a restore as the backup is behind."""
    found = restores.latest(session)
    if found is None or now > found.doubted_until:
        yield
        return
    with doubting(session, found.read_from):
        yield


def look_first(now: datetime) -> tuple[State, dict[str, Any], bool]:
    """What becomes of a doubted text that would leave now."""
    return State.UNCERTAIN, {"not_before": now, "leased_until": None, "look_since": None}, False


def began(session: Session, outbound_id: int, since: datetime, now: datetime) -> None:
    """An attempt that may have been made since then, of which nobody knows."""
    session.insert_later(Attempt, outbound_id=outbound_id, started_at=since, ended_at=now, result=Result.UNCERTAIN)


def _last_id(session: Session) -> int:
    return session.execute(sa.select(sa.func.max(col(Outbound.id)))).scalar_one() or 0
