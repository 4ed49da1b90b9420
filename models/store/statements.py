"""Statements that are compiled once per dialect and then run with the driver's own cursor.

Price: Core's `execute` is left out, and with it its compiled cache, its result objects, its events
(`before_cursor_execute` and the like) and bind parameters that expand (`IN` with a list: see `lists.in_list`). A
query by key takes 3.4 µs so, and 24 by `execute`, on SQLite in memory.
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Generic, TypeVar, TypeVarTuple, cast, overload

import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.util import find_tables
from sqlalchemy.types import TypeEngine
from sqlmodel import SQLModel
from sqlmodel.sql.expression import Select, SelectOfScalar

from models.store.rows import Materialize, RowLayout
from models.store.types import table

T = TypeVar("T")
Ts = TypeVarTuple("Ts")
Processor = Callable[[Any], Any]
Tables = tuple[type[SQLModel], ...]


class Precompiled(Generic[T]):
    """A statement with named bind parameters, compiled once for each dialect. `T` is what one of its rows becomes.

    `autoflush` names the tables whose pending changes are written before it runs: all that it mentions (True), none
    (False: it finds whole objects by what never changes, and objects keep what is not written yet), or these.
    """

    @overload
    def __init__(self: "Precompiled[T]", statement: SelectOfScalar[T], *, autoflush: bool | Tables = ...) -> None: ...
    @overload
    def __init__(
        self: "Precompiled[tuple[*Ts]]", statement: Select[*Ts], *, autoflush: bool | Tables = ...
    ) -> None: ...
    @overload
    def __init__(self, statement: sa.Executable, *, autoflush: bool | Tables = ...) -> None: ...
    def __init__(self, statement: Any, *, autoflush: bool | Tables = True) -> None:
        self.statement: sa.Executable = statement
        self._autoflush = autoflush
        self._compiled: dict[str, Compiled] = {}

    def on(self, dialect: Dialect) -> "Compiled":
        """The statement in this dialect."""
        compiled = self._compiled.get(dialect.name)
        if compiled is None:
            named = self._autoflush if isinstance(self._autoflush, tuple) else ()
            tables = (
                _tables(self.statement) if self._autoflush is True else frozenset(table(cls).name for cls in named)
            )
            compiled = self._compiled[dialect.name] = Compiled.of(self.statement, dialect, tables)
        return compiled


@dataclass(frozen=True)
class Compiled:
    """SQL text, how parameters go in, how rows come out."""

    sql: str
    positional: bool
    names: tuple[str, ...]  # of the parameters, in order
    constants: dict[str, Any]  # parameters that the statement itself gives
    bind_processors: tuple[tuple[int, Processor], ...]  # by position among the parameters
    autoflush: frozenset[str]  # names of tables
    layout: RowLayout
    result_processors: tuple[tuple[int, Processor], ...]  # by position among the columns

    @classmethod
    def of(cls, statement: sa.Executable, dialect: Dialect, autoflush: frozenset[str]) -> "Compiled":
        """Compile for one dialect."""
        made: Any = cast(Any, statement).compile(dialect=dialect)
        names = made.positiontup if made.positional else list(dict.fromkeys(made.bind_names.values()))
        processors = {name: _bind_processor(made.binds[name].type, dialect) for name in names}
        constants = {
            name: value if (process := processors[name]) is None else process(value)
            for name, value in made.construct_params(_check=False).items()
            if name in processors and not made.binds[name].required
        }
        layout = RowLayout.of(statement)
        return cls(
            sql=made.string,
            positional=bool(made.positional),
            names=tuple(names),
            constants=constants,
            bind_processors=tuple(
                (n, process)
                for n, name in enumerate(names)
                if (process := processors[name]) and name not in constants
            ),
            autoflush=autoflush,
            layout=layout,
            result_processors=tuple(
                (n, process) for n, type_ in enumerate(layout.types) if (process := _result_processor(type_, dialect))
            ),
        )

    def parameters(self, values: dict[str, Any]) -> Any:
        """The values as the driver wants them: a list, or a dictionary where it knows names."""
        if self.constants:
            values = {**values, **self.constants}
        bound = [values[name] for name in self.names]
        for n, process in self.bind_processors:
            if bound[n] is not None:
                bound[n] = process(bound[n])
        return bound if self.positional else dict(zip(self.names, bound, strict=True))

    def load(self, row: Any, materialize: Materialize) -> Any:
        """What a row of the driver becomes."""
        values = list(row)
        for n, process in self.result_processors:
            if values[n] is not None:
                values[n] = process(values[n])
        return self.layout.load(values, materialize)


def in_literals(column: Any, members: Iterable[StrEnum]) -> sa.ColumnElement[bool]:
    """`column IN ('open', 'held')`, written out: partial indexes are used only where the SQL has the values."""
    return cast("sa.ColumnElement[bool]", column.in_([sa.literal_column(f"'{member}'") for member in members]))


def wrap_dbapi_error(error: Exception, sql: str, dialect: Dialect) -> Exception:
    """A driver's error as SQLAlchemy's, without the parameters: they are people's texts."""
    return DBAPIError.instance(sql, None, error, dialect.loaded_dbapi.Error, hide_parameters=True, dialect=dialect)


def _tables(statement: sa.Executable) -> frozenset[str]:
    found = find_tables(cast(Any, statement), include_selects=True, include_crud=True, check_columns=True)
    return frozenset(str(one.name) for one in found if isinstance(one, sa.Table))


def _bind_processor(type_: TypeEngine[Any], dialect: Dialect) -> Processor | None:
    return type_.dialect_impl(dialect).bind_processor(dialect)


def _result_processor(type_: TypeEngine[Any], dialect: Dialect) -> Processor | None:
    if isinstance(type_, sa.JSON) and dialect.name == "sqlite":
        return _from_json
    return type_.dialect_impl(dialect).result_processor(dialect, None)


def _from_json(text: Any) -> Any:
    if not isinstance(text, str):
        return text  # SQLite keeps a number by itself as one
    return [] if text == "[]" else json.loads(text)  # most lists of most people are empty
