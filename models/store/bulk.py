"""The statements of a model that `Session` itself runs: by id, one row with its new id, many rows at once.

Price: PostgreSQL gets many rows as one array a column (`unnest`), which is one statement and one round trip however
many there are; server defaults and `Column.onupdate` are not honoured, and every column is written.
"""

import json
from dataclasses import dataclass
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeEngine
from sqlmodel import SQLModel

from models.store.rows import columns
from models.store.statements import Precompiled
from models.store.types import table


@dataclass(frozen=True)
class BulkStatement:
    """A statement for many rows: run once for each (`executemany`), or once with a list for every column."""

    statement: Precompiled[Any]
    as_lists: bool


def bindparams(cls: type[SQLModel], names: tuple[str, ...]) -> dict[str, Any]:
    """A bind parameter for each of these columns, of the column's own name and type."""
    return {name: sa.bindparam(name, type_=table(cls).c[name].type) for name in names}


@cache
def select_by_id(cls: type[SQLModel]) -> Precompiled[Any]:
    """The row with the id `id`."""
    return Precompiled(sa.select(cls).where(table(cls).c.id == sa.bindparam("id")), autoflush=False)


@cache
def insert_returning_id(cls: type[SQLModel]) -> Precompiled[int]:
    """A new row, every column given but its id, which it returns."""
    values = bindparams(cls, columns(cls)[1:])
    return Precompiled(sa.insert(table(cls)).values(values).returning(table(cls).c.id))


@cache
def bulk_insert(cls: type[SQLModel], dialect: str) -> BulkStatement:
    """New rows, every column given but their ids."""
    names = columns(cls)[1:]
    if dialect == "postgresql":
        insert = sa.insert(table(cls)).from_select(list(names), sa.select(*_unnested(cls, names)))
        return BulkStatement(Precompiled(insert), as_lists=True)
    return BulkStatement(Precompiled(sa.insert(table(cls)).values(bindparams(cls, names))), as_lists=False)


@cache
def bulk_update(
    cls: type[SQLModel], names: tuple[str, ...], dialect: str, where: sa.ColumnElement[bool] | None = None
) -> BulkStatement:
    """New values in these columns for the rows with the ids `id_`, as far as `where` is true of them."""
    of = table(cls)
    conditions = [] if where is None else [where]
    if dialect == "postgresql":
        ids = _unnest("id_", sa.Integer()).label("id_")
        new = sa.select(ids, *_unnested(cls, names)).subquery("new")
        update = sa.update(of).where(of.c.id == new.c.id_, *conditions)
        return BulkStatement(Precompiled(update.values({name: new.c[name] for name in names})), as_lists=True)
    update = sa.update(of).where(of.c.id == sa.bindparam("id_"), *conditions).values(bindparams(cls, names))
    return BulkStatement(Precompiled(update), as_lists=False)


def _unnested(cls: type[SQLModel], names: tuple[str, ...]) -> list[sa.ColumnElement[Any]]:
    return [_unnest(name, table(cls).c[name].type).label(name) for name in names]


def _unnest(name: str, type_: TypeEngine[Any]) -> sa.ColumnElement[Any]:
    if isinstance(type_, sa.JSON):  # a list of lists would be taken for a two-dimensional array
        return sa.cast(sa.func.unnest(sa.bindparam(name, type_=postgresql.ARRAY(JsonText(), dimensions=1))), type_)
    return sa.func.unnest(sa.bindparam(name, type_=postgresql.ARRAY(type_, dimensions=1)))


class JsonText(sa.types.TypeDecorator[Any]):
    """JSON on its way into the database as text."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else json.dumps(value)
