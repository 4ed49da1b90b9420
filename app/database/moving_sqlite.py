"""SQLite as one side of a move."""

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import URL, Connection
from sqlalchemy.pool import NullPool

from app.database import sqlite_files
from app.database.file_lock import file_lock
from app.database.moving_rows import NotTheSame, Row, Span, as_typed, block_size
from models.store.session import Session
from models.store.types import UtcDateTime

BUSY = 30  # seconds that a transaction waits for another
CACHE_KIB = 64 * 1024  # of pages: the tables' indexes are written here and there
MOMENT = len("2026-03-03 15:00:00.000000")


@contextmanager
def opened(url: URL, *, alone: bool, plain: bool) -> Iterator["SQLiteSide"]:
    """One consistent view of the database; `alone`: nobody else writes until what was written here is on the disk.

    `plain`: words without NUL, which other databases cannot hold.
    """
    engine = sa.create_engine(url, poolclass=NullPool, hide_parameters=True, connect_args={"timeout": BUSY})

    @sa.event.listens_for(engine, "connect")
    def prepare(connection: Any, _: Any) -> None:
        connection.isolation_level = None
        connection.execute("PRAGMA secure_delete=ON")
        connection.execute(f"PRAGMA cache_size=-{CACHE_KIB}")

    @sa.event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if alone else "BEGIN")

    with file_lock(url) if alone else nullcontext():
        connection = engine.connect()
        try:
            with connection.begin():
                yield SQLiteSide(connection, plain=plain)
            if alone:
                sqlite_files.empty_log(connection.connection.driver_connection)
        finally:
            with nullcontext() if alone else file_lock(url):  # the last connection to close empties the log
                connection.close()


class SQLiteSide:
    """Its tables. Foreign keys are not looked at before all is written."""

    def __init__(self, connection: Connection, *, plain: bool) -> None:
        self.session = Session(connection)
        self._driver: Any = connection.connection.driver_connection
        self._plain = plain
        self._nul = 0
        self.changed: set[tuple[str, Any]] = set()

    def rows(self, of: sa.Table, span: Span | None) -> Iterator[list[Row]]:
        """Its rows in the order of their ids."""
        plain = self._without_nul if self._plain else None
        typed = [(n, read) for n, c in enumerate(of.c) if (read := _reading(c.type, plain))]
        at = list(of.c).index(of.c.id)
        where = "" if span is None else " WHERE id BETWEEN ? AND ?"
        cursor = self._driver.execute(f"SELECT {_names(of)} FROM {_name(of)}{where} ORDER BY id", span or ())
        while chunk := cursor.fetchmany(block_size(of)):
            before = self._nul
            rows = [as_typed(row, typed) for row in chunk]
            if self._nul != before:
                self.changed |= {(of.name, row[at]) for row in chunk if any(_has_nul(value) for value in row)}
            yield rows

    def _without_nul(self, text: Any) -> Any:
        if not _has_nul(text):
            return text
        self._nul += 1
        return text.replace("\0", "")

    def next_id(self, of: sa.Table) -> int:
        """The highest id and one."""
        (last,) = self._driver.execute(f"SELECT max(id) FROM {_name(of)}").fetchone()
        return last + 1 if isinstance(last, int) else 1

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Rows may be written in any order."""
        yield
        broken = self._driver.execute("PRAGMA foreign_key_check").fetchone()
        if broken:
            raise NotTheSame(f"A row of the table {broken[0]} names one of {broken[2]} that is not there")

    def delete(self, of: sa.Table, span: Span | None) -> None:
        """Remove these rows."""
        where = "" if span is None else " WHERE id BETWEEN ? AND ?"
        self._driver.execute(f"DELETE FROM {_name(of)}{where}", span or ())

    def write(self, of: sa.Table, rows: Iterable[list[Row]]) -> None:
        """Write these."""
        places = ", ".join("?" * len(of.c))
        for some in rows:
            self._driver.executemany(f"INSERT INTO {_name(of)} ({_names(of)}) VALUES ({places})", some)

    def set_next_id(self, of: sa.Table, number: int) -> None:
        """SQLite gives the highest id there is and one, so there is nothing to set."""


def _reading(type_: Any, plain: Callable[[Any], Any] | None) -> Callable[[Any], Any] | None:
    """What makes of SQLite's value, which may be of any kind, that of the column's type; `plain` of words."""
    if isinstance(type_, UtcDateTime):
        return _moment
    if isinstance(type_, sa.Boolean):
        return bool
    if isinstance(type_, sa.JSON):
        return _json
    return None if isinstance(type_, sa.Integer | sa.LargeBinary) else plain


def _moment(text: str) -> str:
    if len(text) == MOMENT:
        return text
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC).isoformat(" ", "microseconds")[:MOMENT]


def _json(text: Any) -> str:
    # A number by itself is kept as one.
    return text if isinstance(text, str) else json.dumps(text)


def _has_nul(value: Any) -> bool:
    return isinstance(value, str) and "\0" in value


def _names(of: sa.Table) -> str:
    return ", ".join(f'"{c.name}"' for c in of.c)


def _name(of: sa.Table) -> str:
    return f'"{of.name}"'
