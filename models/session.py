"""One transaction: rows become objects once, statements are compiled once, and what changed is written together.

SQLAlchemy's own session costs 100 to 300 µs for every object it reads or writes, which made one text cost 6 to 15 ms
(README, "How fast it is"). This one keeps SQLModel's tables, SQLAlchemy's statements, types and connections, and does
without what the hotline never uses: relationships, lazy loading, cascades.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar, TypeVarTuple, cast, overload

import sqlalchemy as sa
from sqlalchemy.engine import Connection, CursorResult
from sqlmodel import SQLModel
from sqlmodel.sql.expression import Select, SelectOfScalar

from models import rows
from models.rows import Compiled, Shape, Statement

T = TypeVar("T")
Ts = TypeVarTuple("Ts")
Thing = TypeVar("Thing", bound=SQLModel)


class Found(list[T]):
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
    """What one piece of work reads and writes. Whoever began the transaction commits it, after `flush`.

    An object read twice is the same object. Changes are written by `flush`, at the latest when the work is done;
    before a query, those of objects named to `add`.
    """

    def __init__(self, connection: Connection, shared: dict[Any, Any] | None = None) -> None:
        self.connection = connection
        self.dialect = connection.dialect
        self.shared: dict[Any, Any] = {} if shared is None else shared  # what all work of one transaction may share
        self.notes: dict[str, Any] = {}  # what this piece of work has found out
        self._raw: Any = connection.connection.driver_connection
        self._known: dict[tuple[type[SQLModel], int], tuple[SQLModel, dict[str, Any]]] = {}
        self._touched: list[SQLModel] = []
        self._rows: dict[type[SQLModel], list[dict[str, Any]]] = {}

    # Reading.

    def rows(self, statement: Statement[T], **values: Any) -> Found[T]:
        """Run a statement that was compiled once."""
        compiled = statement.on(self.dialect)
        self._settle(compiled.tables)
        found = self._run(compiled, values).fetchall()
        return Found([compiled.read(row, self._meet) for row in found])

    def change(self, statement: Statement[Any], **values: Any) -> int:
        """Run a compiled UPDATE or DELETE; returns how many rows it changed."""
        compiled = statement.on(self.dialect)
        self._settle(compiled.tables)
        return int(self._run(compiled, values).rowcount)

    @overload
    def exec(self, statement: SelectOfScalar[T]) -> Found[T]: ...
    @overload
    def exec(self, statement: Select[*Ts]) -> Found[tuple[*Ts]]: ...
    def exec(self, statement: Any) -> Found[Any]:
        """Run a query that is written on the spot."""
        self._settle()
        shape = Shape.of(statement)
        found = self.connection.execute(statement)
        return Found(shape.read(row, self._meet) for row in found)

    def execute(self, statement: sa.Executable, rows: Any = None) -> CursorResult[Any]:
        """Run any statement; its rows are plain values, and objects read before do not change."""
        self._settle()
        return cast("CursorResult[Any]", self.connection.execute(statement, rows))

    def get(self, cls: type[Thing], id_: int) -> Thing | None:
        """The object with this id, from memory if it was read before."""
        known = self._known.get((cls, id_))
        if known is not None:
            return cast(Thing, known[0])
        return cast("Thing | None", self.rows(rows.by_id(cls), id=id_).first())

    def get_one(self, cls: type[Thing], id_: int) -> Thing:
        """The object with this id. Raises LookupError if there is none."""
        found = self.get(cls, id_)
        if found is None:
            raise LookupError(f"no {cls.__name__} {id_}")
        return found

    def refresh(self, thing: SQLModel) -> None:
        """Read the object again: another process, or a statement of ours, may have changed its row."""
        cls, id_ = type(thing), thing.__dict__["id"]
        self.add(thing)
        self._settle()
        self._known.pop((cls, id_), None)
        fresh = self.get_one(cls, id_)
        thing.__dict__.update({name: fresh.__dict__[name] for name in rows.columns(cls)})
        self._known[cls, id_] = thing, _values(thing)

    # Writing.

    def create(self, cls: type[Thing], **values: Any) -> Thing:
        """A new row, written now because its id is needed."""
        row = {**rows.defaults(cls), **values}
        thing = rows.instance(cls, row)
        self._insert_one(thing)
        return thing

    def append(self, cls: type[SQLModel], **values: Any) -> None:
        """A new row that nobody asks back: written when its table is next read, many in one go."""
        self._rows.setdefault(cls, []).append({**rows.defaults(cls), **values})

    def add(self, thing: SQLModel) -> None:
        """This object is new or has changed: the next query shall see it."""
        self._touched.append(thing)

    def add_all(self, things: Iterable[SQLModel]) -> None:
        """These objects are new or have changed."""
        self._touched.extend(things)

    def as_written(self, thing: SQLModel, **values: Any) -> None:
        """A statement has given the object's row these values: the object has them too, and nothing to write."""
        thing.__dict__.update(values)
        known = self._known.get((type(thing), thing.__dict__["id"]))
        if known is not None:
            known[1].update(values)

    def flush(self) -> None:
        """Write everything that is new or has changed."""
        self._touched.extend(thing for thing, before in self._known.values() if _changed(thing, before))
        self._settle()

    @contextmanager
    def apart(self) -> Iterator[None]:
        """A part that may fail by itself: what it wrote is taken back, and what was read before is read again."""
        self.flush()
        before = list(self._known.values())
        self._raw.execute("SAVEPOINT apart")
        try:
            yield
            self.flush()
        except BaseException:
            self._raw.execute("ROLLBACK TO apart")
            self._raw.execute("RELEASE apart")
            self._forget(before)
            raise
        self._raw.execute("RELEASE apart")

    def _forget(self, but: list[tuple[SQLModel, dict[str, Any]]]) -> None:
        self._known, self._touched, self._rows = {}, [], {}
        self.shared.clear()
        self.notes.clear()
        for thing, _ in but:
            cls, id_ = type(thing), thing.__dict__["id"]
            fresh = self.get_one(cls, id_)
            thing.__dict__.update(_values(fresh))
            self._known[cls, id_] = thing, _values(thing)

    def _settle(self, tables: frozenset[type[SQLModel]] | None = None) -> None:
        """Write what was named to `add` or `append`, as far as it belongs into these tables."""
        if self._touched:
            touched = [thing for thing in self._touched if tables is None or type(thing) in tables]
            if touched:
                self._touched = [thing for thing in self._touched if tables is not None and type(thing) not in tables]
                self._write(touched)
        if self._rows:
            ready = [cls for cls in self._rows if tables is None or cls in tables]
            if ready:
                with self._together():
                    for cls in ready:
                        self._many(rows.insert(cls, with_id=False, returning=False), self._rows.pop(cls))

    def _write(self, touched: list[SQLModel]) -> None:
        changes: dict[tuple[type[SQLModel], tuple[str, ...]], list[dict[str, Any]]] = {}
        for thing in dict.fromkeys(map(_Same, touched)):
            it = thing.it
            id_ = it.__dict__.get("id")
            known = self._known.get((type(it), id_)) if id_ is not None else None
            if known is None:
                self._insert_one(it)
                continue
            changed = _changed(it, known[1])
            if changed:
                known[1].update(changed)
                shape = type(it), tuple(changed)
                changes.setdefault(shape, []).append({**changed, "id_": id_})
        with self._together():
            for (cls, names), values in changes.items():
                self._many(rows.update(cls, names), values)

    def _insert_one(self, thing: SQLModel) -> None:
        cls = type(thing)
        row = {name: thing.__dict__.get(name) for name in rows.columns(cls)}
        given = row["id"] is not None
        compiled = rows.insert(cls, with_id=given, returning=True).on(self.dialect)
        ((id_,),) = self._run(compiled, row).fetchall()
        if not given:
            thing.__dict__["id"] = id_
        self._known[cls, id_] = thing, _values(thing)

    def _run(self, compiled: Compiled, values: dict[str, Any]) -> Any:
        try:
            return self._raw.execute(compiled.sql, compiled.bound(values))
        except self.dialect.loaded_dbapi.Error as error:
            raise rows.translated(error, compiled.sql, self.dialect) from error

    def _many(self, statement: Statement[Any], values: list[dict[str, Any]]) -> None:
        compiled = statement.on(self.dialect)
        if len(values) == 1:
            self._run(compiled, values[0])
            return
        try:
            self._raw.cursor().executemany(compiled.sql, [compiled.bound(row) for row in values])
        except self.dialect.loaded_dbapi.Error as error:
            raise rows.translated(error, compiled.sql, self.dialect) from error

    @contextmanager
    def _together(self) -> Iterator[None]:
        """Send several statements in one go where the driver can (PostgreSQL's pipeline)."""
        if not hasattr(self._raw, "pipeline"):
            yield
            return
        try:
            with self._raw.pipeline():
                yield
        except self.dialect.loaded_dbapi.Error as error:
            raise rows.translated(error, "several statements", self.dialect) from error

    def _meet(self, cls: type[SQLModel], row: dict[str, Any]) -> SQLModel:
        key = cls, row["id"]
        known = self._known.get(key)
        if known is not None:
            return known[0]
        thing = rows.instance(cls, row)
        self._known[key] = thing, row
        return thing


class _Same:
    """An object told apart by being itself: tables' objects are equal when their values are."""

    __slots__ = ("it",)

    def __init__(self, it: SQLModel) -> None:
        self.it = it

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.it is other.it

    def __hash__(self) -> int:
        return id(self.it)


def _values(thing: SQLModel) -> dict[str, Any]:
    return {name: thing.__dict__.get(name) for name in rows.columns(type(thing))}


def _changed(thing: SQLModel, before: dict[str, Any]) -> dict[str, Any]:
    now = thing.__dict__
    return {name: now[name] for name, value in before.items() if now[name] is not value and now[name] != value}
