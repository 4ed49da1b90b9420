"""Lists in statements: one parameter, however many values it has, so that a statement is compiled once."""

import json
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeEngine


class ListOf(sa.types.TypeDecorator[list[Any]]):
    """Numbers or words: an array where there are arrays, JSON elsewhere."""

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


class OneOf(FunctionElement[bool]):
    """`column` is in the list."""

    type = sa.Boolean()
    inherit_cache = True


def one_of(column: sa.ColumnElement[Any], name: str) -> OneOf:
    """Whether the column is one of the values in the list that is the parameter `name`."""
    return OneOf(column, sa.bindparam(name, type_=ListOf(column.type)))


@compiles(OneOf)
def _by_json(element: OneOf, compiler: SQLCompiler, **more: Any) -> str:
    column, listed = (compiler.process(part, **more) for part in element.clauses)
    return f"({column} IN (SELECT value FROM json_each({listed})))"


@compiles(OneOf, "postgresql")
def _by_array(element: OneOf, compiler: SQLCompiler, **more: Any) -> str:
    column, listed = (compiler.process(part, **more) for part in element.clauses)
    return f"({column} = ANY ({listed}))"
