"""Whether a hotline runs on a database, so that nobody puts a backup in its place meanwhile.

On SQLite every running hotline holds a lock beside the file, shared with the others; whoever restores needs it alone.
On PostgreSQL, and where there are no such locks, its sender's sign of life tells.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from sqlalchemy.engine import URL

from app.database import file_lock
from app.database.base import Database
from models.delivery import workers

SUFFIX = ".running"


class HotlineRuns(Exception):
    """A hotline runs on this database."""


class Presence:
    """A running hotline's mark on its database. It is gone when its process ends, however that comes about."""

    def __init__(self, url: URL) -> None:
        self._url = url
        self._handle: int | None = None

    def begin(self) -> None:
        """From now on a hotline runs here. Waits for whoever is just putting back a backup."""
        if self._handle is None:
            self._handle = _open(self._url)
            if self._handle is not None:
                file_lock.share(self._handle)

    def end(self) -> None:
        """It does no more."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


@contextmanager
def nobody_else(url: URL) -> Iterator[bool]:
    """No hotline runs here, and none begins until this ends: True if that is certain. Raises HotlineRuns.

    Where it is not, for there are no such locks, `check_workers` tells.
    """
    handle = _open(url)
    try:
        if handle is not None and not file_lock.take_alone(handle):
            raise HotlineRuns
        yield handle is not None
    finally:
        if handle is not None:
            os.close(handle)


def check_workers(kept: Database, now: datetime) -> None:
    """Raise HotlineRuns if a process that sends was seen there lately."""
    if kept.read(lambda session: workers.any_alive(session, now)):
        raise HotlineRuns


def is_running(url: URL, kept: Database, now: datetime) -> bool:
    """Whether a hotline runs on this database just now; makes nothing, and stops nobody."""
    if url.get_backend_name() == "sqlite" and not Path(f"{url.database}{SUFFIX}").exists():
        return False
    try:
        with nobody_else(url) as certain:
            if not certain:
                check_workers(kept, now)
    except HotlineRuns:
        return True
    return False


def _open(url: URL) -> int | None:
    return file_lock.open_lock(f"{url.database}{SUFFIX}") if url.get_backend_name() == "sqlite" else None
