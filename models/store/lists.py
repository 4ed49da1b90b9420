"""A list as one bind parameter, however many values it has, so that a statement is compiled once.

Price: SQLAlchemy's `IN` expands into one parameter a value, and a new SQL text with it; this one uses `= ANY (array)`
on PostgreSQL and SQLite's `json_each`, which SQLAlchemy's compiler is taught by its public `@compiles`.
"""

import json
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeEngine


class ListParameter(sa.types.TypeDecorator[list[Any]]):
    """A list of integers or strings: an array on PostgreSQL, JSON on SQLite."""

    impl = sa.Text
    cache_ok = True

    def __init__(self, of: TypeEngine[Any]) -> None:
        super().__init__()
        self.of = of

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        array = postgresql.ARRAY(self.of) if dialect.name == "postgresql" else sa.Text()
        return dialect.type_descriptor(array)

    def process_bind_param(self, value: list[Any] | None, dialect: Dialect) -> Any:
        return value if value is None or dialect.name == "postgresql" else json.dumps(value)


class InList(FunctionElement[bool]):
    """`column IN list`, written as the dialect can."""

    type = sa.Boolean()
    inherit_cache = True


def in_list(column: sa.ColumnElement[Any], name: str) -> InList:
    """Whether the column is one of the values in the list that is the parameter `name`."""
    return InList(column, sa.bindparam(name, type_=ListParameter(column.type)))


@compiles(InList)
def _by_json(element: InList, compiler: SQLCompiler, **more: Any) -> str:
    column, listed = (compiler.process(part, **more) for part in element.clauses)
    return f"({column} IN (SELECT value FROM json_each({listed})))"


@compiles(InList, "postgresql")
def _by_array(element: InList, compiler: SQLCompiler, **more: Any) -> str:
    column, listed = (compiler.process(part, **more) for part in element.clauses)
    return f"({column} = ANY ({listed}))"
