"""A standby of a test's PostgreSQL, which can be promoted, and an address that leads to whichever is in charge.

It copies synchronously, as those do that promise to lose nothing: what the primary has committed is on both.
"""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import LiteralString
from urllib.parse import quote

import psycopg
from sqlalchemy.engine import make_url

from tests import postgres_server
from tests.postgres import PostgreSQL
from tests.serving import until

NAME = "standby"


class Pair:
    """A primary and its standby. `url` is what the hotline is given: a name that can be pointed at another server."""

    def __init__(self, primary: PostgreSQL, folder: Path) -> None:
        self.primary = primary
        self.folder = primary._server.folder
        database = str(make_url(primary.migrated()).database)
        postgres_server.directory(self.folder, NAME)
        there = f"--dbname=host={primary._server.data} user=postgres"
        how = ("--write-recovery-conf", "--wal-method=stream", "--checkpoint=fast", "--no-sync")
        postgres_server.run(self.folder, "pg_basebackup", there, *how, data=NAME)
        (self.folder / NAME / f"{postgres_server.SOCKET}.lock").unlink()  # the primary's, copied along
        postgres_server.start(self.folder, NAME)
        self.set("synchronous_standby_names = '*'")
        self._name = folder / "now"
        self._database = database
        self.points_to("data")
        self.url = f"postgresql://postgres@/{database}?host={quote(str(self._name))}"

    def at(self, data: str) -> str:
        """The address of one of the two: `data` or `standby`."""
        return f"postgresql://postgres@/{self._database}?host={quote(str(self.folder / data))}"

    def set(self, setting: LiteralString) -> None:
        """Change a setting of the primary for everybody, those who are connected too."""
        self.primary._admin.execute(f"ALTER SYSTEM SET {setting}")
        self.primary._admin.execute("SELECT pg_reload_conf()")

    def points_to(self, data: str) -> None:
        """From now on the name leads there."""
        fresh = self._name.with_suffix(".new")
        fresh.symlink_to(self.folder / data)
        fresh.replace(self._name)

    def caught_up(self) -> None:
        """Wait until the standby has everything."""
        found = self.primary._admin.execute("SELECT pg_current_wal_flush_lsn()::text").fetchone()
        assert found is not None
        with psycopg.connect(self.at(NAME), autocommit=True) as standby:
            until(
                lambda: standby.execute("SELECT pg_last_wal_replay_lsn() >= %s::pg_lsn", found).fetchone() == (True,)
            )

    def promote(self) -> None:
        """The standby is the primary now."""
        postgres_server.run(self.folder, "pg_ctl", "promote", "--silent", "--wait", data=NAME)
        with psycopg.connect(self.at(NAME), autocommit=True) as standby:  # it has nobody who copies it
            standby.execute("ALTER SYSTEM RESET synchronous_standby_names")
            standby.execute("SELECT pg_reload_conf()")

    def stop(self) -> None:
        """Stop the standby; the server of the tests sees to the other."""
        postgres_server.crash(self.folder, NAME)


@contextmanager
def pair(primary: PostgreSQL) -> Iterator[Pair]:
    """A primary with a standby beside it."""
    folder = Path(tempfile.mkdtemp(dir="/tmp"))
    folder.chmod(0o755)
    made = Pair(primary, folder)
    try:
        yield made
    finally:
        made.stop()
        shutil.rmtree(folder)
