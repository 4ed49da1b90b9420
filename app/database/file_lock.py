"""Lock between processes: those that share a SQLite file write to it one at a time.

SQLite before 3.51.3 can damage its log when two connections write or checkpoint at the same instant. Its own locks
do not prevent that, so each process holds this one around everything it writes.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from filelock import FileLock
from sqlalchemy.engine import URL

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]


NOTE = 100  # bytes that a holder may leave


@dataclass(frozen=True)
class Lock:
    """A lock that is held, and what the last one who held it has left written in it."""

    handle: int | None = None

    def note(self) -> bytes:
        """What was left, or nothing."""
        return b"" if self.handle is None else os.pread(self.handle, NOTE, 0).rstrip()

    def leave(self, note: bytes) -> None:
        """Leave this to the next one."""
        if self.handle is not None and note != self.note():
            with suppress(OSError):  # a full disk: then the next one looks more closely
                os.pwrite(self.handle, note.ljust(NOTE), 0)


@contextmanager
def file_lock(url: URL) -> Iterator[Lock]:
    """Hold the lock beside this SQLite file; waits for whoever does. It is free again when its process ends."""
    name = f"{url.database}.lock"
    if fcntl is None:
        with FileLock(name, mode=0o600):
            yield Lock()
        return
    # The very lock that FileLock takes, for a tenth of its 0.1 ms.
    file = os.open(name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield Lock(file)
    finally:
        os.close(file)  # and with it the lock


def open_lock(name: str) -> int | None:
    """A file that may be locked; None where there are no such locks, or where it cannot be made."""
    if fcntl is None:
        return None
    try:
        return os.open(name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError:
        return None


def share(handle: int) -> None:
    """Hold the lock on this file together with others; waits for who holds it alone."""
    fcntl.flock(handle, fcntl.LOCK_SH)


def take_alone(handle: int) -> bool:
    """Hold the lock on this file alone; False if anybody else holds it."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
