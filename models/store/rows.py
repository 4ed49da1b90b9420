"""Statements compiled once, rows turned into objects, objects into rows: what `Session` is made of."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, cached_property
from typing import Any, Generic, TypeVar, TypeVarTuple, cast, overload

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.util import find_tables
from sqlalchemy.types import TypeEngine
from sqlmodel import SQLModel
from sqlmodel.sql.expression import Select, SelectOfScalar

from models.store.types import table

T = TypeVar("T")
Ts = TypeVarTuple("Ts")
Thing = TypeVar("Thing", bound=SQLModel)
Meet = Callable[[type[SQLModel], dict[str, Any]], SQLModel]
Processor = Callable[[Any], Any]


class Statement(Generic[T]):
    """A statement with named parameters, compiled once for each kind of database. `T` is what a row becomes.

    Running it costs a fifth of what SQLAlchemy's `execute` does, which matters where every text passes.
    """

    def __init__(self, what: sa.Executable, *, sees: tuple[type[SQLModel], ...] | None = None) -> None:
        self.what = what
        self.sees = sees  # tables whose unwritten changes matter to it; if not said, all that it reads
        self._compiled: dict[str, Compiled] = {}

    def on(self, dialect: Dialect) -> "Compiled":
        """The statement in this database's words."""
        compiled = self._compiled.get(dialect.name)
        if compiled is None:
            compiled = self._compiled[dialect.name] = Compiled.of(self.what, dialect, self.sees)
        return compiled


@overload
def query(what: SelectOfScalar[T], *, by_key: bool = False) -> Statement[T]: ...
@overload
def query(what: Select[*Ts], *, by_key: bool = False) -> Statement[tuple[*Ts]]: ...
def query(what: Any, *, by_key: bool = False) -> Statement[Any]:
    """A SELECT, to be compiled once.

    One that finds whole objects by what never changes (`by_key`) need not wait for changes to be written: objects
    keep them.
    """
    return Statement(what, sees=() if by_key else None)


def among(column: Any, words: Iterable[StrEnum]) -> sa.ColumnElement[bool]:
    """Whether the column is one of these words of ours. They are written out, as in the small indexes that fit."""
    return cast("sa.ColumnElement[bool]", column.in_([sa.literal_column(f"'{word}'") for word in words]))


@dataclass(frozen=True)
class Compiled:
    """SQL text, how values go in, how rows come out."""

    sql: str
    positional: bool
    names: tuple[str, ...]  # of the parameters, in order
    fixed: dict[str, Any]  # those that the statement itself gives
    writers: tuple[tuple[int, Processor], ...]  # how to write some of the others
    tables: frozenset[type[SQLModel]]  # what it reads or changes
    shape: "Shape"
    readers: tuple[tuple[int, Processor], ...]  # how to read some of the columns

    @classmethod
    def of(cls, what: sa.Executable, dialect: Dialect, sees: tuple[type[SQLModel], ...] | None) -> "Compiled":
        """Compile for one kind of database."""
        made: Any = cast(Any, what).compile(dialect=dialect)
        names = made.positiontup if made.positional else list(dict.fromkeys(made.bind_names.values()))
        writers = {name: _writer(made.binds[name].type, dialect) for name in names}
        fixed = {
            name: value if (write := writers[name]) is None else write(value)
            for name, value in made.construct_params(_check=False).items()
            if name in writers and not made.binds[name].required
        }
        shape = Shape.of(what)
        return cls(
            sql=made.string,
            positional=bool(made.positional),
            names=tuple(names),
            fixed=fixed,
            writers=tuple((n, w) for n, name in enumerate(names) if (w := writers[name]) and name not in fixed),
            tables=_tables(what) if sees is None else frozenset(sees),
            shape=shape,
            readers=tuple((n, r) for n, type_ in enumerate(shape.types) if (r := _reader(type_, dialect))),
        )

    def bound(self, values: dict[str, Any]) -> Any:
        """The values as the driver wants them."""
        if self.fixed:
            values = {**values, **self.fixed}
        written = [values[name] for name in self.names]
        for n, write in self.writers:
            if written[n] is not None:
                written[n] = write(written[n])
        return written if self.positional else dict(zip(self.names, written, strict=True))

    def read(self, row: Any, meet: Meet) -> Any:
        """What a row of the driver becomes."""
        values = list(row)
        for n, read in self.readers:
            if values[n] is not None:
                values[n] = read(values[n])
        return self.shape.read(values, meet)


@dataclass(frozen=True)
class Shape:
    """What the columns of a row stand for: objects, or values."""

    parts: tuple[tuple[type[SQLModel] | None, int, int, tuple[str, ...]], ...]
    types: tuple[TypeEngine[Any], ...]

    @cached_property
    def plain(self) -> bool:
        """Whether there are no objects in a row."""
        return all(cls is None for cls, *_ in self.parts)

    @classmethod
    def of(cls, statement: Any) -> "Shape":
        """The shape of a query's rows; of anything else, plain values."""
        if isinstance(statement, sa.Select):
            described = statement.column_descriptions
            flat = [column.type for column in statement.selected_columns]
        elif isinstance(statement, sa.CompoundSelect) or getattr(statement, "_returning", None):
            described = [{"expr": column} for column in statement.exported_columns]
            flat = [column.type for column in statement.exported_columns]
        else:
            return cls((), ())
        parts: list[tuple[type[SQLModel] | None, int, int, tuple[str, ...]]] = []
        at = 0
        for one in described:
            entity = one["expr"]
            if isinstance(entity, type) and issubclass(entity, SQLModel):
                names = columns(entity)
                parts.append((entity, at, at + len(names), names))
                at += len(names)
            else:
                parts.append((None, at, at + 1, ()))
                at += 1
        return cls(tuple(parts), tuple(flat))

    def read(self, values: Any, meet: Meet) -> Any:
        """One thing where the row has one, else a tuple of them."""
        if self.plain:
            return values[0] if len(values) == 1 else tuple(values)
        things = tuple(
            values[start]
            if cls is None
            else None
            if values[start] is None
            else meet(cls, dict(zip(names, values[start:stop], strict=True)))
            for cls, start, stop, names in self.parts
        )
        return things[0] if len(things) == 1 else things


@cache
def _classes() -> dict[str, type[SQLModel]]:
    return {str(cast(sa.Table, mapper.local_table).name): mapper.class_ for mapper in SQLModel._sa_registry.mappers}


def _tables(what: sa.Executable) -> frozenset[type[SQLModel]]:
    found = find_tables(cast(Any, what), include_selects=True, include_crud=True, check_columns=True)
    return frozenset(_classes()[str(one.name)] for one in found if isinstance(one, sa.Table))


def _json(text: str) -> Any:
    return [] if text == "[]" else json.loads(text)  # most lists of most people are empty


def _writer(type_: TypeEngine[Any], dialect: Dialect) -> Processor | None:
    return type_.dialect_impl(dialect).bind_processor(dialect)


def _reader(type_: TypeEngine[Any], dialect: Dialect) -> Processor | None:
    if isinstance(type_, sa.JSON) and dialect.name == "sqlite":
        return _json
    return type_.dialect_impl(dialect).result_processor(dialect, None)


@cache
def columns(cls: type[SQLModel]) -> tuple[str, ...]:
    """The names of a table's columns, the id first."""
    return tuple(column.key for column in table(cls).columns)


@cache
def _fields(cls: type[SQLModel]) -> tuple[dict[str, Any], dict[str, Callable[[], Any]]]:
    plain: dict[str, Any] = dict.fromkeys(columns(cls))
    made: dict[str, Callable[[], Any]] = {}
    for name, field in cls.model_fields.items():
        if field.default_factory is not None:
            made[name] = cast("Callable[[], Any]", field.default_factory)
        elif not field.is_required():
            plain[name] = field.default
    return plain, made


def defaults(cls: type[SQLModel]) -> dict[str, Any]:
    """What a new row holds where nothing is said."""
    plain, made = _fields(cls)
    return {**plain, **{name: make() for name, make in made.items()}} if made else dict(plain)


def instance(cls: type[Thing], row: dict[str, Any]) -> Thing:
    """An object with these values, in half a microsecond. The constructor costs 60 to 300."""
    thing: Thing = object.__new__(cls)
    thing.__dict__.update(row)
    return thing


@cache
def by_id(cls: type[SQLModel]) -> Statement[Any]:
    """The row with the id `id`."""
    return Statement(sa.select(cls).where(table(cls).c.id == sa.bindparam("id")), sees=())


@cache
def insert(cls: type[SQLModel], *, with_id: bool) -> Statement[Any]:
    """A new row, all columns given; answers its id."""
    names = columns(cls) if with_id else columns(cls)[1:]
    return Statement(sa.insert(table(cls)).values(given(cls, names)).returning(table(cls).c.id))


def given(cls: type[SQLModel], names: tuple[str, ...]) -> dict[str, Any]:
    """A parameter for each of these columns, of the column's own name and type."""
    return {name: sa.bindparam(name, type_=table(cls).c[name].type) for name in names}


def _lists(cls: type[SQLModel], names: tuple[str, ...]) -> list[sa.ColumnElement[Any]]:
    return [_list(name, table(cls).c[name].type).label(name) for name in names]


@dataclass(frozen=True)
class Many:
    """A statement for many rows: one that is run for each, or one that takes every column as a list (PostgreSQL)."""

    statement: Statement[Any]
    as_lists: bool


@cache
def inserting(cls: type[SQLModel], database: str) -> Many:
    """Many new rows, for this kind of database."""
    names = columns(cls)[1:]
    if database == "postgresql":
        return Many(Statement(sa.insert(table(cls)).from_select(list(names), sa.select(*_lists(cls, names)))), True)
    return Many(Statement(sa.insert(table(cls)).values(given(cls, names))), False)


@cache
def updating(
    cls: type[SQLModel], names: tuple[str, ...], database: str, only: sa.ColumnElement[bool] | None = None
) -> Many:
    """New values in these columns for the rows with the ids `id_`, or for those `only` of which this is true."""
    of = table(cls)
    where = [] if only is None else [only]
    if database == "postgresql":
        new = sa.select(_list("id_", sa.Integer()).label("id_"), *_lists(cls, names)).subquery("new")
        change = sa.update(of).where(of.c.id == new.c.id_, *where).values({name: new.c[name] for name in names})
        return Many(Statement(change), True)
    change = sa.update(of).where(of.c.id == sa.bindparam("id_"), *where).values(given(cls, names))
    return Many(Statement(change), False)


def _list(name: str, type_: TypeEngine[Any]) -> sa.ColumnElement[Any]:
    if isinstance(type_, sa.JSON):  # a list of lists would be taken for a table
        return sa.cast(sa.func.unnest(sa.bindparam(name, type_=postgresql.ARRAY(JsonText(), dimensions=1))), type_)
    return sa.func.unnest(sa.bindparam(name, type_=postgresql.ARRAY(type_, dimensions=1)))


class JsonText(sa.types.TypeDecorator[Any]):
    """JSON on its way into the database as text."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else json.dumps(value)


def translated(error: Exception, sql: str, dialect: Dialect) -> Exception:
    """A driver's error as SQLAlchemy's, without the values: they are people's texts."""
    driver = dialect.loaded_dbapi.Error
    return DBAPIError.instance(sql, None, error, driver, hide_parameters=True, dialect=dialect)
