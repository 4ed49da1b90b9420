"""How many phones of each block of numbers text for the first time in a day; one that suddenly grows is reported."""

from datetime import datetime
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Field, col, select

from models.store.session import Session
from models.store.statements import Precompiled
from models.store.types import Model, UtcDateTime, table

SUDDENLY = 5  # times as many as on any day before


class Prefix(Model, table=True):
    """One block of numbers on one local day of a line. It names nobody: the last digits are missing."""

    __table_args__ = (sa.UniqueConstraint("line_id", "prefix", "day"),)

    id: int = Field(default=None, primary_key=True)
    line_id: int = Field(foreign_key="line.id")
    prefix: str
    day: str  # the line's local date, as 2026-03-03
    phones: int = 0  # that texted for the first time
    reported_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


PREFIXES = table(Prefix)


MOST_BEFORE = Precompiled(
    select(sa.func.max(Prefix.phones)).where(
        col(Prefix.line_id) == sa.bindparam("line_id"),
        col(Prefix.prefix) == sa.bindparam("prefix"),
        col(Prefix.day) != sa.bindparam("day"),
    )
)
MARK: Precompiled[None] = Precompiled(
    sa.update(PREFIXES)
    .where(
        PREFIXES.c.line_id == sa.bindparam("line_id_"),
        PREFIXES.c.prefix == sa.bindparam("prefix_"),
        PREFIXES.c.day == sa.bindparam("day_"),
        PREFIXES.c.reported_at.is_(None),
    )
    .values(reported_at=sa.bindparam("reported_at", type_=UtcDateTime))
)


@cache
def _counting(dialect: str) -> Precompiled[int]:
    on: Any = postgresql if dialect == "postgresql" else sqlite
    names = ("line_id", "prefix", "day")
    new = on.insert(PREFIXES).values({**{name: sa.bindparam(name) for name in names}, "phones": 1})
    more = new.on_conflict_do_update(index_elements=names, set_={"phones": PREFIXES.c.phones + 1})
    return Precompiled(more.returning(PREFIXES.c.phones))


def count(session: Session, line_id: int, prefix: str, day: str) -> int:
    """One more phone of this block texts for the first time today; returns how many have."""
    return session.fetch(_counting(session.dialect.name), line_id=line_id, prefix=prefix, day=day).one()


def grew_suddenly(session: Session, line_id: int, prefix: str, day: str, phones: int, now: datetime) -> bool:
    """Whether so many are far more than on any day before; True once a day, for the first who asks."""
    most = session.fetch(MOST_BEFORE, line_id=line_id, prefix=prefix, day=day).one()
    if phones < SUDDENLY * (most or 0):
        return False
    return session.modify(MARK, line_id_=line_id, prefix_=prefix, day_=day, reported_at=now) == 1


def reported(session: Session, line_id: int, day: str) -> list[int]:
    """How many phones each block has brought that was reported on this day."""
    found = select(Prefix.phones).where(
        Prefix.line_id == line_id, Prefix.day == day, col(Prefix.reported_at).is_not(None)
    )
    return list(session.exec(found))
