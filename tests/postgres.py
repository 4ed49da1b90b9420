"""PostgreSQL for tests: nothing to install, gone when the run ends.

Databases are reused: emptying one takes a tenth of the time of making one.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import LiteralString
from urllib.parse import quote

import psycopg
import pytest
from psycopg import sql
from sqlalchemy.engine import make_url

from app.database import migrations
from tests import logscan, postgres_server
from tests.postgres_server import Server

# In one go, and only what was used. (TRUNCATE would take ten times as long.)
EMPTY: LiteralString = """
DO $$
DECLARE name text; used boolean;
BEGIN
  SET session_replication_role = replica;  -- foreign keys do not mind the order
  FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version' LOOP
    EXECUTE format('SELECT EXISTS (SELECT FROM %I)', name) INTO used;
    IF used THEN EXECUTE format('DELETE FROM %I', name); END IF;
  END LOOP;
  PERFORM setval(quote_ident(sequencename)::regclass, 1, false) FROM pg_sequences WHERE last_value IS NOT NULL;
END $$
"""
NUMBERS = count(1)


class PostgreSQL:
    """Databases on a server that all processes of a test run share, or on a durable one of one's own."""

    def __init__(self, *, durable: bool = False) -> None:
        test_run = os.environ.get("PYTEST_XDIST_TESTRUNUID")  # the same for all of pytest-xdist's workers
        self._server = Server(test_run[:8] if test_run and not durable else None, durable=durable)
        self._clean: list[str] = []
        self._admin = self._connect()

    def _connect(self) -> "psycopg.Connection[tuple[object, ...]]":
        return psycopg.connect(self.url("postgres"), autocommit=True)

    def _do(self, statement: LiteralString, *names: str) -> None:
        self._admin.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))

    def url(self, name: str) -> str:
        """The address of a database, as one would write it into DATABASE_URL."""
        return f"postgresql://postgres@/{name}?host={quote(str(self._server.data))}"

    def blank(self) -> str:
        """A database without any table."""
        name = new_name()
        self._do("CREATE DATABASE {}", name)
        return self.url(name)

    def migrated(self, *, fresh: bool = False) -> str:
        """A database with the hotline's tables and nothing in them; `fresh`: to which nothing was ever written."""
        if self._clean and not fresh:
            return self._clean.pop()
        url = self.blank()
        migrations.upgrade(make_url(url).set(drivername="postgresql+psycopg"))
        return url

    def copy(self, url: str) -> str:
        """Another database with the same tables and rows. Nobody may be connected to the first."""
        name = new_name()
        self._do("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy", name, str(make_url(url).database))
        return self.url(name)

    def drop(self, url: str) -> None:
        """Take a database away, whoever is still connected."""
        self._do("DROP DATABASE {} WITH (FORCE)", str(make_url(url).database))

    def empty(self, url: str) -> None:
        """Learn the bodies in a migrated database whose test is over, and make it fit for the next."""
        with psycopg.connect(url) as connection:
            logscan.SCAN.learn(body for (body,) in connection.execute(logscan.BODIES))
            connection.execute(EMPTY)
        self._clean.append(url)

    def crash(self) -> None:
        """Let the server die as if somebody had pulled the plug; everybody connected is cut off."""
        assert not self._server.shared, "other tests use it"
        self._admin.close()
        postgres_server.crash(self._server.folder)

    def start(self) -> None:
        """Start it again after a crash."""
        postgres_server.start(self._server.folder)
        self._admin = self._connect()

    def close(self) -> None:
        """Use the server no more; nothing remains of it when nobody does."""
        self._admin.close()
        self._server.leave()


def new_name() -> str:
    """A name that no other process gives a database."""
    return f"test_{os.getpid()}_{next(NUMBERS)}"


@contextmanager
def blank_database(request: pytest.FixtureRequest, file: Path) -> Iterator[str]:
    """A database without any table, of the kind that a fixture was asked for: this file, or one of the server's."""
    if request.param == "sqlite":
        yield f"sqlite:///{file}"
        return
    server: PostgreSQL = request.getfixturevalue("postgres")
    url = server.blank()
    yield url
    server.drop(url)
