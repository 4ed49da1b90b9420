"""What is in a backup, found out by opening it: whether it is whole, of which version, and how much it holds."""

import sqlite3
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from app.database import postgresql_tools, sqlite_files
from app.database.postgresql_tools import ToolFailed

SQLITE = b"SQLite format 3\0"
POSTGRESQL = b"PGDMP"
COUNTED = ("person", "request", "inbound", "outbound")


class Damaged(Exception):
    """It cannot be opened, or is no backup of a hotline. The message says which."""


@dataclass(frozen=True)
class Contents:
    """What a backup holds."""

    backend: str  # sqlite or postgresql
    revision: str  # of its tables
    people: int
    requests: int
    texts: int
    newest: datetime | None  # when the last text in it came in


def of(file: Path) -> Contents:
    """Open a backup and read it to its end. Raises Damaged, ToolFailed where PostgreSQL's tools are missing."""
    with file.open("rb") as reading:
        begins = reading.read(len(SQLITE))
    if begins == SQLITE:
        return _of_sqlite(file)
    if begins.startswith(POSTGRESQL):
        return _of_postgresql(file)
    raise Damaged("it is no backup of a hotline")


def _of_sqlite(file: Path) -> Contents:
    try:
        # It is nobody else's, so no log is looked for and none is made.
        with closing(
            sqlite3.connect(sqlite_files.uri(str(file.absolute()), "mode=ro&immutable=1"), uri=True)
        ) as opened:
            found = opened.execute("PRAGMA integrity_check(1)").fetchone()
            if found != ("ok",):
                raise Damaged("it is damaged")
            (revision,) = opened.execute("SELECT version_num FROM alembic_version").fetchone() or (None,)
            counts = {name: opened.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in COUNTED}
            (newest,) = opened.execute("SELECT max(received_at) FROM inbound").fetchone()
    except sqlite3.Error as error:
        raise Damaged("it is damaged, or no hotline's") from error
    return _contents("sqlite", revision, counts, newest)


def _of_postgresql(file: Path) -> Contents:
    try:
        named = postgresql_tools.tables(file)
        postgresql_tools.read_through(file)
    except ToolFailed as error:
        if "pg_restore did not" in str(error):
            raise Damaged("it is damaged") from error
        raise
    if not {"alembic_version", *COUNTED} <= set(named):
        raise Damaged("it is no hotline's")
    counts: Counter[str] = Counter()
    revision = None
    for table, row in postgresql_tools.rows(file, "alembic_version", *COUNTED):
        counts[table] += 1
        revision = row if table == "alembic_version" else revision
    return _contents("postgresql", revision, counts, None)


def _contents(
    backend: str, revision: str | None, counts: "dict[str, int] | Counter[str]", newest: str | None
) -> Contents:
    if not revision:
        raise Damaged("it is no hotline's: it has no tables of one")
    moment = datetime.fromisoformat(newest) if newest else None
    return Contents(
        backend,
        revision,
        counts["person"],
        counts["request"],
        counts["inbound"] + counts["outbound"],
        moment.replace(tzinfo=moment.tzinfo or UTC) if moment else None,
    )
