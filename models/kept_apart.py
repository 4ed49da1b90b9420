"""Kept apart: a neighbor and a volunteer who are never matched again, because the neighbor said so."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, col, select

from models.store.session import Session
from models.store.statements import Precompiled
from models.store.types import Model, UtcDateTime


class KeptApart(Model, table=True):
    """The volunteer never hears of it."""

    __table_args__ = (
        sa.UniqueConstraint("neighbor_id", "helper_id"),
        sa.Index("ix_keptapart_helper", "helper_id"),
    )

    id: int = Field(default=None, primary_key=True)
    line_id: int = Field(foreign_key="line.id")
    neighbor_id: int = Field(foreign_key="person.id")
    helper_id: int = Field(foreign_key="person.id")
    at: datetime = Field(sa_type=UtcDateTime)


FROM: Precompiled[Any] = Precompiled(
    sa.select(col(KeptApart.neighbor_id)).where(col(KeptApart.helper_id) == sa.bindparam("helper_id"))
)


def neighbors_of(session: Session, helper_id: int) -> set[int]:
    """Whom this volunteer is never to meet; read once in a transaction."""
    key = "kept_apart", helper_id
    if key not in session.cache:
        session.cache[key] = set(session.fetch(FROM, helper_id=helper_id))
    found: set[int] = session.cache[key]
    return found


def are(session: Session, neighbor_id: int, helper_id: int) -> bool:
    """Whether these two are kept apart."""
    return neighbor_id in neighbors_of(session, helper_id)


def merge(session: Session, kept: int, gone: int) -> None:
    """Two people become one: pairs that would then stand here twice go."""
    both = kept, gone
    rows = session.exec(
        select(KeptApart)
        .where(sa.or_(col(KeptApart.neighbor_id).in_(both), col(KeptApart.helper_id).in_(both)))
        .order_by(col(KeptApart.id))
    )
    seen = set[tuple[int, int]]()
    for row in rows:
        neighbor, helper = (kept if id_ == gone else id_ for id_ in (row.neighbor_id, row.helper_id))
        if (neighbor, helper) in seen:
            session.execute(sa.delete(KeptApart).where(col(KeptApart.id) == row.id))
        seen.add((neighbor, helper))


def keep(session: Session, line_id: int, neighbor_id: int, helper_id: int, now: datetime) -> bool:
    """From now on they are; False if they were already."""
    if are(session, neighbor_id, helper_id):
        return False
    session.create(KeptApart, line_id=line_id, neighbor_id=neighbor_id, helper_id=helper_id, at=now)
    neighbors_of(session, helper_id).add(neighbor_id)
    return True
