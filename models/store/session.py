"""A light session: identity map, unit of work and savepoints on one connection, without SQLAlchemy's ORM session.

Price: no relationships, lazy loading, cascades, versions or events; every table has an integer key `id`; a new row's
id comes from the database; and what stands in `models/store/__init__.py` is used though SQLAlchemy does not promise
it. What that earns was measured, and stands there too.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from operator import itemgetter
from typing import Any, TypeVar, TypeVarTuple, cast, overload

import sqlalchemy as sa
from sqlalchemy.engine import Connection, CursorResult
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError
from sqlmodel import SQLModel
from sqlmodel.sql.expression import Select, SelectOfScalar

from models.store import bulk, rows
from models.store.bulk import BulkStatement
from models.store.rows import RowLayout, Rows
from models.store.statements import Compiled, Precompiled, wrap_dbapi_error
from models.store.types import table

T = TypeVar("T")
Ts = TypeVarTuple("Ts")
M = TypeVar("M", bound=SQLModel)
Key = tuple[type[SQLModel], int]
State = tuple[SQLModel, dict[str, Any]]  # an object, and its columns as they are in the database


class Session:
    """What a transaction reads and writes. Whoever began the transaction commits it, after `flush`.

    A row read twice is one object, and has what the second reading found. Changed objects are found by comparison
    and written by `flush`; before a query, those named to `add` are.
    """

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.dialect = connection.dialect
        self.cache: dict[Any, Any] = {}  # what was found out and holds until the end of the transaction
        self._driver_connection: Any = connection.connection.driver_connection
        self.leave_no_trace = False  # whether what was erased must not stay in the log that SQLite keeps either
        # psycopg sends several statements without waiting for each; SQLite has nothing to wait for.
        self._pipeline: Callable[[], AbstractContextManager[Any]] = getattr(
            self._driver_connection, "pipeline", nullcontext
        )
        self._identity_map: dict[Key, State] = {}
        self._loaded: dict[Key, None] = {}  # since the last savepoint began: what may have changed
        self._dirty: list[SQLModel] = []
        self._pending_inserts: dict[type[SQLModel], list[dict[str, Any]]] = {}
        self._pending_statements: list[tuple[Precompiled[Any], dict[str, Any]]] = []
        self._new: set[Key] = set()

    # Reading.

    def fetch(self, statement: Precompiled[T], **parameters: Any) -> Rows[T]:
        """Run a precompiled statement that returns rows."""
        compiled = statement.on(self.dialect)
        self._write_pending(compiled.autoflush)
        found = self._execute(compiled, parameters).fetchall()
        return Rows([compiled.load(row, self._materialize) for row in found])

    @overload
    def exec(self, statement: SelectOfScalar[T]) -> Rows[T]: ...
    @overload
    def exec(self, statement: Select[*Ts]) -> Rows[tuple[*Ts]]: ...
    def exec(self, statement: Any) -> Rows[Any]:
        """Run a SELECT that is written on the spot, as SQLModel's session does."""
        self._write_pending()
        layout = RowLayout.of(statement)
        found = self.connection.execute(statement)
        return Rows(layout.load(row, self._materialize) for row in found)

    def get(self, cls: type[M], id_: int) -> M | None:
        """The object with this id, from memory if it was read before."""
        known = self._identity_map.get((cls, id_))
        if known is not None:
            self._loaded[cls, id_] = None
            return cast(M, known[0])
        return cast("M | None", self.fetch(bulk.select_by_id(cls), id=id_).first())

    def get_one(self, cls: type[M], id_: int) -> M:
        """The object with this id. Raises LookupError if there is none."""
        found = self.get(cls, id_)
        if found is None:
            raise LookupError(f"no {cls.__name__} {id_}")
        return found

    def refresh(self, instance: SQLModel) -> None:
        """Read the object again: another process, or a statement of ours, may have changed its row."""
        self.add(instance)
        self._write_pending(frozenset({table(type(instance)).name}))
        if not self.fetch(bulk.select_by_id(type(instance)), id=instance.__dict__["id"]):
            raise LookupError(f"no {type(instance).__name__} {instance.__dict__['id']}")

    def locked(self, instance: M) -> M:
        """The same as it stands now, and nobody else changes its row before this transaction ends."""
        self.flush()
        of = table(type(instance))
        self.execute(sa.select(of.c.id).where(of.c.id == instance.__dict__["id"]).with_for_update())
        self.refresh(instance)
        return instance

    # Writing.

    def create(self, cls: type[M], **values: Any) -> M:
        """A new row, inserted now because its id is needed."""
        instance = rows.instantiate(cls, {**rows.defaults(cls), **values})
        self._insert(instance)
        return instance

    def add(self, instance: SQLModel) -> None:
        """This object is new or has changed: the next query shall see it."""
        self._dirty.append(instance)

    def is_new(self, instance: SQLModel) -> bool:
        """Whether this row was made in this transaction: nobody outside can have changed it."""
        return (type(instance), instance.__dict__["id"]) in self._new

    def insert_later(self, cls: type[SQLModel], **values: Any) -> None:
        """A new row that nobody asks back: written when its table is next read, many at once."""
        self._pending_inserts.setdefault(cls, []).append({**rows.defaults(cls), **values})

    def execute(self, statement: sa.Executable, parameters: Any = None) -> CursorResult[*tuple[Any, ...]]:
        """Run any statement as SQLAlchemy does; its rows are plain values, and objects in memory do not change."""
        self._write_pending()
        return self.connection.execute(statement, parameters)

    def modify(self, statement: Precompiled[Any], **parameters: Any) -> int:
        """Run a precompiled UPDATE, DELETE or upsert; returns its rowcount."""
        compiled = statement.on(self.dialect)
        self._write_pending(compiled.autoflush)
        return int(self._execute(compiled, parameters).rowcount)

    def modify_later(self, statement: Precompiled[Any], **parameters: Any) -> None:
        """As `modify`, when its table is next read; nobody awaits the rowcount."""
        self._pending_statements.append((statement, parameters))

    def bulk_update(
        self, cls: type[SQLModel], mappings: list[dict[str, Any]], *, where: sa.ColumnElement[bool] | None = None
    ) -> int:
        """Give many rows new values, each with the `id_` of its row, and all with the same columns.

        Returns how many rows there were, and of which `where` was true.
        """
        names = tuple(name for name in mappings[0] if name != "id_")
        self._write_pending(frozenset({table(cls).name}))
        return int(self._update(cls, names, mappings, where).rowcount)

    def set_committed(self, instance: SQLModel, **values: Any) -> None:
        """A statement has given the object's row these values: the object has them too, and nothing to write."""
        instance.__dict__.update(values)
        known = self._identity_map.get((type(instance), instance.__dict__["id"]))
        if known is not None:
            known[1].update(values)

    def flush(self) -> None:
        """Write everything that is new or has changed."""
        self._dirty.extend(self._identity_map[key][0] for key in self._loaded)
        try:
            with self._pipeline():
                self._write_pending()
        except self.dialect.loaded_dbapi.Error as error:
            raise wrap_dbapi_error(error, "flush", self.dialect) from error

    # Failing.

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """A part that may fail by itself: what it wrote is taken back, and what was read before is read again."""
        self.flush()
        before, loaded = dict(self._identity_map), dict(self._loaded)
        self._call(self._driver_connection.execute, "SAVEPOINT part", ())
        try:
            yield
            self.flush()
        except BaseException:
            self._call(self._driver_connection.execute, "ROLLBACK TO part", ())
            self._call(self._driver_connection.execute, "RELEASE part", ())
            self._restore(before)
            self._loaded = loaded
            raise
        self._call(self._driver_connection.execute, "RELEASE part", ())
        self._loaded = loaded

    @property
    def was_rolled_back(self) -> bool:
        """Whether the database took the whole transaction back: SQLite does so when the disk is full or broken."""
        return not getattr(self._driver_connection, "in_transaction", True)

    def _restore(self, before: dict[Key, State]) -> None:
        self._identity_map, self._loaded = before, {}
        self._dirty, self._pending_inserts, self._pending_statements = [], {}, []
        self.cache.clear()
        for (cls, id_), (instance, committed) in before.items():
            instance.__dict__.update(committed)
            self.fetch(bulk.select_by_id(cls), id=id_)

    # The unit of work.

    def _write_pending(self, tables: frozenset[str] | None = None) -> None:
        """Write what was left for later, as far as it concerns these tables; all of it where none are given."""
        if self._dirty:
            due, self._dirty = _partition(self._dirty, lambda one: tables is None or table(type(one)).name in tables)
            self._write(due)
        if self._pending_inserts:
            for cls in [cls for cls in self._pending_inserts if tables is None or table(cls).name in tables]:
                self._execute_many(bulk.bulk_insert(cls, self.dialect.name), self._pending_inserts.pop(cls))
        if self._pending_statements:
            ready, self._pending_statements = _partition(
                self._pending_statements,
                lambda one: tables is None or bool(tables & one[0].on(self.dialect).autoflush),
            )
            for statement, parameters in ready:
                self._execute(statement.on(self.dialect), parameters)

    def _write(self, instances: list[SQLModel]) -> None:
        updates: dict[tuple[type[SQLModel], tuple[str, ...]], list[dict[str, Any]]] = {}
        for instance in instances:
            id_ = instance.__dict__.get("id")
            if id_ is None:
                self._insert(instance)
                continue
            known = self._identity_map.get((type(instance), id_))
            if known is None:
                raise LookupError(f"{type(instance).__name__} {id_} is not of this transaction")
            committed = known[1]
            modified = _modified(instance, committed)
            if modified:
                committed.update(modified)
                updates.setdefault((type(instance), tuple(modified)), []).append({**modified, "id_": id_})
        for (cls, names), mappings in updates.items():
            self._update(cls, names, mappings)

    def _update(
        self,
        cls: type[SQLModel],
        names: tuple[str, ...],
        mappings: list[dict[str, Any]],
        where: sa.ColumnElement[bool] | None = None,
    ) -> Any:
        # In order of their ids: two processes that change the same rows then wait instead of blocking each other.
        ordered = sorted(mappings, key=itemgetter("id_"))
        return self._execute_many(bulk.bulk_update(cls, names, self.dialect.name, where), ordered)

    def _insert(self, instance: SQLModel) -> None:
        cls = type(instance)
        row = {name: instance.__dict__.get(name) for name in rows.columns(cls)}
        ((id_,),) = self._execute(bulk.insert_returning_id(cls).on(self.dialect), row).fetchall()
        instance.__dict__["id"] = row["id"] = id_
        self._identity_map[cls, id_] = instance, row
        self._loaded[cls, id_] = None
        self._new.add((cls, id_))

    def _execute(self, compiled: Compiled, parameters: dict[str, Any]) -> Any:
        return self._call(self._driver_connection.execute, compiled.sql, compiled.parameters(parameters))

    def _execute_many(self, many: BulkStatement, mappings: list[dict[str, Any]]) -> Any:
        compiled = many.statement.on(self.dialect)
        if many.as_lists:
            return self._execute(compiled, {name: [row[name] for row in mappings] for name in compiled.names})
        call = self._driver_connection.executemany
        return self._call(call, compiled.sql, [compiled.parameters(row) for row in mappings])

    def _call(self, call: Callable[[str, Any], Any], sql: str, parameters: Any) -> Any:
        try:
            return call(sql, parameters)
        except self.dialect.loaded_dbapi.Error as error:
            raise wrap_dbapi_error(error, sql, self.dialect) from error

    def _materialize(self, cls: type[SQLModel], row: dict[str, Any]) -> SQLModel:
        key = cls, row["id"]
        self._loaded[key] = None
        known = self._identity_map.get(key)
        if known is None:
            instance = rows.instantiate(cls, row)
            self._identity_map[key] = instance, row
            return instance
        instance, committed = known
        now = instance.__dict__
        for name, value in row.items():
            if now[name] is committed[name]:  # what we changed and have not written yet stays
                now[name] = committed[name] = value
        return instance


def _partition(items: list[T], matches: Callable[[T], bool]) -> tuple[list[T], list[T]]:
    matching: list[T] = []
    others: list[T] = []
    for item in items:
        (matching if matches(item) else others).append(item)
    return matching, others


def _modified(instance: SQLModel, committed: dict[str, Any]) -> dict[str, Any]:
    now = instance.__dict__
    return {name: now[name] for name, value in committed.items() if now[name] is not value and now[name] != value}


def is_fault(error: Exception) -> bool:
    """Whether an error would come again, were the same done anew: no fault of the connection, nor of two at once."""
    return not isinstance(error, DBAPIError) or isinstance(error, DataError | IntegrityError)
