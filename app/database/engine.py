"""The databases by name: `connect(url)` gives the one that a URL means."""

from sqlalchemy.engine import URL
from sqlalchemy.exc import OperationalError

from app.database.base import BATCH, Database, Rescue, Work, is_transient
from app.database.job_queue import Busy
from app.database.postgresql import PostgreSQL
from app.database.postgresql_connections import COMMAND, RUNNING, Limits
from app.database.sqlite import SQLite
from app.database.sqlite_files import FileGone


def connect(url: URL, limits: Limits = RUNNING) -> Database:
    """The database at this address. On PostgreSQL nothing there may take longer than these limits."""
    return SQLite(url) if url.get_backend_name() == "sqlite" else PostgreSQL(url, limits)


__all__ = [
    "BATCH",
    "COMMAND",
    "Busy",
    "Database",
    "FileGone",
    "OperationalError",
    "PostgreSQL",
    "Rescue",
    "SQLite",
    "Work",
    "connect",
    "is_transient",
]
