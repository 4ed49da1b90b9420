"""Databases full of people, requests and messages, written by plain SQL, and fresh copies of them."""

import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain, count, islice
from os import sync
from pathlib import Path
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy.engine import Connection, make_url

from app.database import migrations
from models import METADATA
from tests.benchmarks.lived_in import LivedIn
from tests.benchmarks.rows import Plan, Row, Rows
from tests.postgres import PostgreSQL

CHUNK = 10_000  # rows in one statement
BASE = 5_000  # messages written one by one; the database makes the others from them

Columns = dict[str, sa.ColumnElement[Any]]
Made = Callable[[sa.ColumnElement[int]], Columns]  # from a row's id


def fill(connection: Connection, plan: Plan) -> None:
    """Write the plan into an empty migrated database."""
    half = plan.messages // 2
    rows = (LivedIn if plan.lived_in else Rows)(plan, datetime.now(UTC), max(half, 1))
    everybody, numbers = range(plan.everybody), range(1, plan.open + plan.closed + 1)
    put(connection, "line", [rows.line()])
    put(connection, "area", map(rows.area, (1, 2, 3)))
    put(connection, "person", map(rows.person, everybody))
    put(connection, "address", map(rows.address, everybody))
    put(connection, "request", map(rows.request, numbers))
    put(connection, "event", chain.from_iterable(map(rows.events, numbers)))
    put(connection, "offer", (rows.offer(number, n) for number in numbers for n in range(3)))
    put(connection, "assignment", chain.from_iterable(map(rows.assignments, numbers)))
    for table, some in rows.more():
        put(connection, table, some)
    if half:
        _fill_messages(connection, rows, half)
    put(connection, "outbound", (rows.outbound(n, "ready") for n in range(half + 1, half + 1 + plan.ready)))


def _fill_messages(connection: Connection, rows: Rows, half: int) -> None:
    """Write half of the messages as having come in, and as many as having gone out."""
    copies = half // BASE or 1  # of each that is written one by one, itself included
    written = range(1, half + 1, copies)  # ids in between are those of the copies, so that ids follow time
    put(connection, "inbound", map(rows.inbound, written))
    put(connection, "outbound", (rows.outbound(n, "delivered") for n in written))
    put(connection, "attempt", map(rows.attempt, written))
    put(connection, "status_event", map(rows.status, written))
    sent = METADATA.tables["outbound"]
    connection.execute(sa.update(sent).values(rows.belonging(sent.c.id)))

    def sid(prefix: str) -> Made:
        return lambda new: {"sid": prefix + sa.cast(new, sa.String)}

    def inbound(new: sa.ColumnElement[int]) -> Columns:
        return sid("SMa")(new) | {"person_id": new * 31 % rows.plan.everybody + 1}

    def outbound(new: sa.ColumnElement[int]) -> Columns:
        return sid("SMc")(new) | {"key": sa.cast(new, sa.String) + ":0"} | rows.belonging(new)

    multiply(connection, "inbound", half, copies, inbound)
    multiply(connection, "outbound", half, copies, outbound)
    for table in ("attempt", "status_event"):
        multiply(connection, table, half, copies, lambda new: sid("SMc")(new) | {"outbound_id": new})


def put(connection: Connection, table: str, rows: Iterable[Row]) -> None:
    """Write rows, many in one statement."""
    left = iter(rows)
    while some := list(islice(left, CHUNK)):
        connection.execute(sa.insert(METADATA.tables[table]), some)


def multiply(connection: Connection, table: str, until: int, copies: int, made: Made) -> None:
    """Write copies of every row, under the ids that follow its own; `made` says what is made from the new id."""
    if copies < 2:
        return
    source = METADATA.tables[table]
    series = sa.select(sa.literal(1).label("n")).cte("series", recursive=True)
    series = series.union_all(sa.select(series.c.n + 1).where(series.c.n < copies - 1))
    new_id = source.c.id + series.c.n
    columns = {"id": new_id, **made(new_id)}
    values = [columns[c.name].label(c.name) if c.name in columns else c for c in source.c]
    rows = sa.select(*values).select_from(source.join(series, sa.true())).where(new_id <= until)
    connection.execute(sa.insert(source).from_select([c.name for c in source.c], rows))


class Ground(Protocol):
    """A kind of database to measure on."""

    name: str

    def blank(self) -> str:
        """A database without any table. Returns its url."""
        ...

    def filled(self, plan: Plan) -> str:
        """A database to copy from: what the plan says, and nothing else. Returns its url."""
        ...

    def copied(self, url: str) -> AbstractContextManager[str]:
        """A fresh copy, on disk before anything is measured, gone afterwards."""
        ...


@dataclass
class OnSQLite:
    """Files in a folder."""

    folder: Path
    name: str = "SQLite"

    def __post_init__(self) -> None:
        self.numbers = count(1)

    def blank(self) -> str:
        """A file that is not there yet."""
        return f"sqlite:///{self.folder / f'filled-{next(self.numbers)}.db'}"

    def filled(self, plan: Plan) -> str:
        """A file to copy from."""
        url = self.blank()
        migrations.upgrade(make_url(url))
        engine = sa.create_engine(url)
        with engine.begin() as connection:
            fill(connection, plan)
        engine.dispose()
        return url

    @contextmanager
    def copied(self, url: str) -> Iterator[str]:
        """The file once more, in a folder of its own: SQLite and the hotline put their logs and locks beside it."""
        home = self.folder / f"copy-{next(self.numbers)}"
        home.mkdir()
        shutil.copy(str(make_url(url).database), home / "hotline.db")
        sync()
        try:
            yield f"sqlite:///{home / 'hotline.db'}"
        finally:
            shutil.rmtree(home)


@dataclass
class OnPostgreSQL:
    """Databases of a server that waits for the disk at every commit, as PostgreSQL does unless told otherwise."""

    server: PostgreSQL
    name: str = "PostgreSQL"

    def blank(self) -> str:
        """A new database."""
        return self.server.blank()

    def filled(self, plan: Plan) -> str:
        """A database to copy from, with the statistics that autovacuum would have gathered by now."""
        url = self.blank()
        driven = make_url(url).set(drivername="postgresql+psycopg")
        migrations.upgrade(driven)
        engine = sa.create_engine(driven)
        with engine.begin() as connection:
            fill(connection, plan)
            for table in METADATA.sorted_tables:
                if "id" not in table.c or not isinstance(table.c.id.type, sa.Integer):
                    continue  # it has no sequence
                following = sa.select(sa.func.coalesce(sa.func.max(table.c.id), 0) + 1).scalar_subquery()
                connection.execute(sa.select(sa.func.setval(f"{table.name}_id_seq", following, False)))
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(sa.text("VACUUM ANALYZE"))
        engine.dispose()
        return url

    @contextmanager
    def copied(self, url: str) -> Iterator[str]:
        """The database once more."""
        copy = self.server.copy(url)
        sync()
        try:
            yield copy
        finally:
            self.server.drop(copy)
