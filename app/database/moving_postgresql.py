"""PostgreSQL as one side of a move: rows come through a cursor and go in by COPY."""

import json
import secrets
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from psycopg import sql
from psycopg.types.string import TextLoader
from sqlalchemy.engine import URL, Connection
from sqlalchemy.engine.interfaces import IsolationLevel
from sqlalchemy.pool import NullPool

from app.database.moving_rows import Row, Span, as_typed, block_size, is_numbered, tables
from models.store.session import Session
from models.store.types import UtcDateTime

# Whatever the role or the database says otherwise: one of the two sides waits while the other works. And whole tables
# are read, which is planned for as for a few rows of a cursor otherwise: one by one, by the index.
PATIENT = (
    "SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0;"
    " SET LOCAL TimeZone = 'UTC'; SET LOCAL DateStyle = 'ISO';"
    " SET LOCAL cursor_tuple_fraction = 1; SET LOCAL work_mem = '64MB'"
)
NAMED = """
SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid) FROM pg_constraint
WHERE contype = 'f' AND conrelid IN (
    SELECT oid FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relname = ANY(%s)
)
"""
CONNECT = {"prepare_threshold": None, "connect_timeout": 10}  # behind a pooler nothing may be prepared


@contextmanager
def opened(url: URL, *, alone: bool) -> Iterator["PostgreSQLSide"]:
    """One consistent view of the database; `alone`: nobody else writes until this ends."""
    with _transaction(url, "READ COMMITTED" if alone else "REPEATABLE READ") as connection:
        if alone:
            quoted = connection.dialect.identifier_preparer.quote
            names = ", ".join(quoted(each.name) for each in tables())
            connection.exec_driver_sql(f"LOCK TABLE {names} IN SHARE ROW EXCLUSIVE MODE")
        yield PostgreSQLSide(connection)


def is_same(one: URL, other: URL) -> bool:
    """Whether two addresses, however they are spelled, lead to one database: a lock taken in it is held there."""
    key = secrets.randbits(62)
    with _transaction(one) as here, _transaction(other) as there:
        here.exec_driver_sql("SELECT pg_advisory_xact_lock(%s)", (key,))
        return not there.exec_driver_sql("SELECT pg_try_advisory_xact_lock(%s)", (key,)).scalar_one()


@contextmanager
def _transaction(url: URL, level: IsolationLevel = "READ COMMITTED") -> Iterator[Connection]:
    engine = sa.create_engine(url, poolclass=NullPool, hide_parameters=True, connect_args=CONNECT)
    with engine.connect().execution_options(isolation_level=level) as connection, connection.begin():
        connection.exec_driver_sql(PATIENT)
        yield connection


class PostgreSQLSide:
    """Its tables."""

    def __init__(self, connection: Connection) -> None:
        self.session = Session(connection)
        self.changed: set[tuple[str, Any]] = set()
        driver: Any = connection.connection.driver_connection
        self._driver = driver
        driver.adapters.register_loader("json", TextLoader)

    def rows(self, of: sa.Table, span: Span | None) -> Iterator[list[Row]]:
        """Its rows in the order of their ids."""
        typed = [(n, read) for n, c in enumerate(of.c) if (read := _reading(c.type))]
        where = sql.SQL("") if span is None else sql.SQL(" WHERE id BETWEEN {} AND {}").format(*span)
        order = sql.SQL("id" if is_numbered(of) else 'id COLLATE "C"')
        name = sql.Identifier(of.name)
        query = sql.SQL("SELECT {} FROM {}{} ORDER BY {}").format(_names(of), name, where, order)
        with self._driver.cursor(name="carried") as cursor:
            cursor.execute(query)
            while chunk := cursor.fetchmany(block_size(of)):
                yield [as_typed(row, typed) for row in chunk]

    def next_id(self, of: sa.Table) -> int:
        """Behind every id that was ever given out."""
        if (sequence := self._sequence(of)) is None:
            return 1
        last = sql.SQL("SELECT coalesce(max(id), 0) + 1 FROM {}").format(sql.Identifier(of.name))
        (row,) = self._driver.execute(last).fetchone()
        # The name is as PostgreSQL has quoted it.
        counted = sql.SQL("SELECT last_value + is_called::int FROM {}").format(sql.SQL(sequence))
        (number,) = self._driver.execute(counted).fetchone()
        following: int = max(row, number)
        return following

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Rows may be written in any order: foreign keys are taken off, and made again at the end."""
        # Both are part of the transaction: nobody ever sees the tables without.
        named = self._driver.execute(NAMED, [[each.name for each in tables()]]).fetchall()
        for where, name, _ in named:
            self._driver.execute(sql.SQL(f"ALTER TABLE {where} DROP CONSTRAINT {name}"))
        yield
        for where, name, definition in named:
            self._driver.execute(sql.SQL(f"ALTER TABLE {where} ADD CONSTRAINT {name} {definition}"))
        for each in tables():  # or its plans would be those for empty tables
            self._driver.execute(sql.SQL("ANALYZE {}").format(sql.Identifier(each.name)))

    def delete(self, of: sa.Table, span: Span | None) -> None:
        """Remove these rows."""
        where = sql.SQL("") if span is None else sql.SQL(" WHERE id BETWEEN {} AND {}").format(*span)
        self._driver.execute(sql.SQL("DELETE FROM {}{}").format(sql.Identifier(of.name), where))

    def write(self, of: sa.Table, rows: Iterable[list[Row]]) -> None:
        """Write these."""
        query = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(of.name), _names(of))
        with self._driver.cursor() as cursor, cursor.copy(query) as copy:
            for some in rows:
                for row in some:
                    copy.write_row(row)

    def set_next_id(self, of: sa.Table, number: int) -> None:
        """Its next row shall have this id."""
        if (sequence := self._sequence(of)) is not None:
            self._driver.execute("SELECT setval(%s::regclass, %s, false)", [sequence, max(number, self.next_id(of))])

    def _sequence(self, of: sa.Table) -> str | None:
        if not is_numbered(of):
            return None
        name = sql.Identifier(of.name).as_string(self._driver)
        found: str | None
        (found,) = self._driver.execute("SELECT pg_get_serial_sequence(%s, 'id')", [name]).fetchone()
        return found


def _reading(type_: Any) -> Callable[[Any], Any] | None:
    if isinstance(type_, UtcDateTime):
        return _moment
    if isinstance(type_, sa.JSON):
        return _json
    return None


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(" ", "microseconds")[:-6]


def _json(text: str) -> str:
    # SQLite keeps a number by itself as one, and writes it in its own way.
    if text[:1] in "-0123456789":
        number = json.loads(text)
        return json.dumps(int(number) if number == int(number) else number)
    return text


def _names(of: sa.Table) -> sql.Composed:
    return sql.SQL(", ").join(sql.Identifier(c.name) for c in of.c)
