"""One transaction: rows become objects once, statements are compiled once, and what changed is written together.

SQLAlchemy's own session costs 100 to 300 µs for every object it reads or writes, which made one text cost 6 to 15 ms
(`python -m tests.benchmarks` measures it). This one keeps SQLModel's tables, SQLAlchemy's statements, types and
connections, and does without what the hotline never uses: relationships, lazy loading, cascades.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from operator import itemgetter
from typing import Any, TypeVar, TypeVarTuple, cast, overload

import sqlalchemy as sa
from sqlalchemy.engine import Connection, CursorResult
from sqlmodel import SQLModel
from sqlmodel.sql.expression import Select, SelectOfScalar

from models.store import rows
from models.store.rows import Compiled, Shape, Statement

T = TypeVar("T")
Ts = TypeVarTuple("Ts")
Thing = TypeVar("Thing", bound=SQLModel)


class Rows(list[T]):
    """What a query found."""

    def first(self) -> T | None:
        """The first of them, if any."""
        return self[0] if self else None

    def one(self) -> T:
        """The only one. Raises LookupError if there is none, or more than one."""
        if len(self) != 1:
            raise LookupError(f"{len(self)} rows where one was expected")
        return self[0]

    def all(self) -> list[T]:
        """All of them."""
        return self


class Session:
    """What a transaction reads and writes. Whoever began the transaction commits it, after `flush`.

    An object read twice is the same object, and has what the second reading found. Changes are written by `flush`;
    before a query, those of objects named to `add`.
    """

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.dialect = connection.dialect
        self.cache: dict[Any, Any] = {}  # what was found out and holds until the end of the transaction
        self._raw: Any = connection.connection.driver_connection
        # psycopg sends several statements without waiting for each; SQLite has nothing to wait for.
        self._pipeline: Callable[[], AbstractContextManager[Any]] = getattr(self._raw, "pipeline", nullcontext)
        self._identity_map: dict[tuple[type[SQLModel], int], tuple[SQLModel, dict[str, Any]]] = {}
        self._loaded: dict[tuple[type[SQLModel], int], None] = {}  # in this part: what may have changed
        self._dirty: list[SQLModel] = []
        self._appended: dict[type[SQLModel], list[dict[str, Any]]] = {}
        self._created: set[tuple[type[SQLModel], int]] = set()
        self._deferred: list[tuple[Statement[Any], dict[str, Any]]] = []

    # Reading.

    def run(self, statement: Statement[T], **values: Any) -> Rows[T]:
        """Run a statement that was compiled once."""
        compiled = statement.on(self.dialect)
        self._write_pending(compiled.tables)
        found = self._execute(compiled, values).fetchall()
        return Rows([compiled.read(row, self._materialize) for row in found])

    def change(self, statement: Statement[Any], **values: Any) -> int:
        """Run a compiled UPDATE or DELETE; returns how many rows it changed."""
        compiled = statement.on(self.dialect)
        self._write_pending(compiled.tables)
        return int(self._execute(compiled, values).rowcount)

    @overload
    def exec(self, statement: SelectOfScalar[T]) -> Rows[T]: ...
    @overload
    def exec(self, statement: Select[*Ts]) -> Rows[tuple[*Ts]]: ...
    def exec(self, statement: Any) -> Rows[Any]:
        """Run a query that is written on the spot."""
        self._write_pending()
        shape = Shape.of(statement)
        found = self.connection.execute(statement)
        return Rows(shape.read(row, self._materialize) for row in found)

    def execute(self, statement: sa.Executable, rows: Any = None) -> CursorResult[*tuple[Any, ...]]:
        """Run any statement; its rows are plain values, and objects read before do not change."""
        self._write_pending()
        return self.connection.execute(statement, rows)

    def get(self, cls: type[Thing], id_: int) -> Thing | None:
        """The object with this id, from memory if it was read before."""
        known = self._identity_map.get((cls, id_))
        if known is not None:
            self._loaded[cls, id_] = None
            return cast(Thing, known[0])
        return cast("Thing | None", self.run(rows.by_id(cls), id=id_).first())

    def get_one(self, cls: type[Thing], id_: int) -> Thing:
        """The object with this id. Raises LookupError if there is none."""
        found = self.get(cls, id_)
        if found is None:
            raise LookupError(f"no {cls.__name__} {id_}")
        return found

    def refresh(self, thing: SQLModel) -> None:
        """Read the object again: another process, or a statement of ours, may have changed its row."""
        self.add(thing)
        self._write_pending(frozenset({type(thing)}))
        if not self.run(rows.by_id(type(thing)), id=thing.__dict__["id"]):
            raise LookupError(f"no {type(thing).__name__} {thing.__dict__['id']}")

    # Writing.

    def create(self, cls: type[Thing], **values: Any) -> Thing:
        """A new row, written now because its id is needed."""
        row = {**rows.defaults(cls), **values}
        thing = rows.instance(cls, row)
        self._insert_one(thing)
        return thing

    def is_new(self, thing: SQLModel) -> bool:
        """Whether this row was made in this transaction: nobody outside can have changed it."""
        return (type(thing), thing.__dict__["id"]) in self._created

    def append(self, cls: type[SQLModel], **values: Any) -> None:
        """A new row that nobody asks back: written when its table is next read, many in one go."""
        self._appended.setdefault(cls, []).append({**rows.defaults(cls), **values})

    def defer(self, statement: Statement[Any], **values: Any) -> None:
        """A change whose outcome nobody awaits: made when its table is next read, together with others."""
        self._deferred.append((statement, values))

    def add(self, thing: SQLModel) -> None:
        """This object is new or has changed: the next query shall see it."""
        self._dirty.append(thing)

    def add_all(self, things: Iterable[SQLModel]) -> None:
        """These objects are new or have changed."""
        self._dirty.extend(things)

    def change_many(
        self, cls: type[SQLModel], changes: list[dict[str, Any]], *, only: sa.ColumnElement[bool] | None = None
    ) -> int:
        """Give many rows new values, each with the `id_` of its row, and all with the same columns.

        Returns how many rows there were, and of which `only` was true.
        """
        names = tuple(name for name in changes[0] if name != "id_")
        self._write_pending(frozenset({cls}))
        return int(self._update(cls, names, changes, only).rowcount)

    def as_written(self, thing: SQLModel, **values: Any) -> None:
        """A statement has given the object's row these values: the object has them too, and nothing to write."""
        thing.__dict__.update(values)
        known = self._identity_map.get((type(thing), thing.__dict__["id"]))
        if known is not None:
            known[1].update(values)

    def flush(self) -> None:
        """Write everything that is new or has changed."""
        self._dirty.extend(self._identity_map[key][0] for key in self._loaded)
        try:
            with self._pipeline():
                self._write_pending()
        except self.dialect.loaded_dbapi.Error as error:
            raise rows.translated(error, "flush", self.dialect) from error

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """A part that may fail by itself: what it wrote is taken back, and what was read before is read again."""
        self.flush()
        before, met = dict(self._identity_map), dict(self._loaded)
        self._send(self._raw.execute, "SAVEPOINT apart", ())
        try:
            yield
            self.flush()
        except BaseException:
            self._send(self._raw.execute, "ROLLBACK TO apart", ())
            self._send(self._raw.execute, "RELEASE apart", ())
            self._forget(before)
            self._loaded = met
            raise
        self._send(self._raw.execute, "RELEASE apart", ())
        self._loaded = met

    @property
    def is_lost(self) -> bool:
        """Whether the whole transaction was taken back: SQLite does so when the disk is full or broken."""
        return not getattr(self._raw, "in_transaction", True)

    def _forget(self, but: dict[tuple[type[SQLModel], int], tuple[SQLModel, dict[str, Any]]]) -> None:
        self._identity_map, self._loaded, self._dirty, self._appended, self._deferred = but, {}, [], {}, []
        self.cache.clear()
        for (cls, id_), (thing, before) in but.items():
            thing.__dict__.update(before)
            self.run(rows.by_id(cls), id=id_)

    def _write_pending(self, tables: frozenset[type[SQLModel]] | None = None) -> None:
        """Write what was left for later, as far as it concerns these tables."""
        if self._dirty:
            touched, kept = _parted(self._dirty, lambda thing: tables is None or type(thing) in tables)
            self._dirty = kept
            self._write(touched)
        if self._appended:
            ready = [cls for cls in self._appended if tables is None or cls in tables]
            for cls in ready:
                self._many(rows.inserting(cls, self.dialect.name), self._appended.pop(cls))
        if self._deferred:
            due, self._deferred = _parted(
                self._deferred, lambda one: tables is None or bool(tables & one[0].on(self.dialect).tables)
            )
            for statement, values in due:
                self._execute(statement.on(self.dialect), values)

    def _write(self, touched: list[SQLModel]) -> None:
        changes: dict[tuple[type[SQLModel], tuple[str, ...]], list[dict[str, Any]]] = {}
        for thing in touched:
            id_ = thing.__dict__.get("id")
            known = self._identity_map.get((type(thing), id_)) if id_ is not None else None
            if known is None:
                self._insert_one(thing)
                continue
            changed = _changed(thing, known[1])
            if changed:
                known[1].update(changed)
                shape = type(thing), tuple(changed)
                changes.setdefault(shape, []).append({**changed, "id_": id_})
        for (cls, names), values in changes.items():
            self._update(cls, names, values)

    def _update(
        self,
        cls: type[SQLModel],
        names: tuple[str, ...],
        values: list[dict[str, Any]],
        only: sa.ColumnElement[bool] | None = None,
    ) -> Any:
        # In order of their ids: two processes that change the same rows then wait instead of blocking each other.
        return self._many(rows.updating(cls, names, self.dialect.name, only), sorted(values, key=itemgetter("id_")))

    def _insert_one(self, thing: SQLModel) -> None:
        cls = type(thing)
        row = {name: thing.__dict__.get(name) for name in rows.columns(cls)}
        given = row["id"] is not None
        compiled = rows.insert(cls, with_id=given).on(self.dialect)
        ((id_,),) = self._execute(compiled, row).fetchall()
        if not given:
            thing.__dict__["id"] = id_
        self._identity_map[cls, id_] = thing, _values(thing)
        self._loaded[cls, id_] = None
        self._created.add((cls, id_))

    def _execute(self, compiled: Compiled, values: dict[str, Any]) -> Any:
        return self._send(self._raw.execute, compiled.sql, compiled.bound(values))

    def _many(self, change: rows.Many, values: list[dict[str, Any]]) -> Any:
        compiled = change.statement.on(self.dialect)
        if change.as_lists:
            return self._execute(compiled, {name: [row[name] for row in values] for name in compiled.names})
        return self._send(self._raw.executemany, compiled.sql, [compiled.bound(row) for row in values])

    def _send(self, by: Callable[[str, Any], Any], sql: str, bound: Any) -> Any:
        try:
            return by(sql, bound)
        except self.dialect.loaded_dbapi.Error as error:
            raise rows.translated(error, sql, self.dialect) from error

    def _materialize(self, cls: type[SQLModel], row: dict[str, Any]) -> SQLModel:
        key = cls, row["id"]
        self._loaded[key] = None
        known = self._identity_map.get(key)
        if known is None:
            thing = rows.instance(cls, row)
            self._identity_map[key] = thing, row
            return thing
        thing, before = known
        now = thing.__dict__
        for name, value in row.items():
            if now[name] is before[name]:  # what we changed and have not written yet stays
                now[name] = before[name] = value
        return thing


def _parted(things: list[T], fits: Callable[[T], bool]) -> tuple[list[T], list[T]]:
    ours: list[T] = []
    others: list[T] = []
    for thing in things:
        (ours if fits(thing) else others).append(thing)
    return ours, others


def _values(thing: SQLModel) -> dict[str, Any]:
    return {name: thing.__dict__.get(name) for name in rows.columns(type(thing))}


def _changed(thing: SQLModel, before: dict[str, Any]) -> dict[str, Any]:
    now = thing.__dict__
    return {name: now[name] for name, value in before.items() if now[name] is not value and now[name] != value}
