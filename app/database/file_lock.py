"""Lock between processes: those that share a SQLite file write to it one at a time.

SQLite before 3.51.3 can damage its log when two connections write or checkpoint at the same instant. Its own locks
do not prevent that, so each process holds this one around everything it writes.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from filelock import FileLock
from sqlalchemy.engine import URL

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]


@contextmanager
def file_lock(url: URL) -> Iterator[None]:
    """Hold the lock beside this SQLite file; waits for whoever does. It is free again when its process ends."""
    name = f"{url.database}.lock"
    if fcntl is None:
        with FileLock(name, mode=0o600):
            yield
        return
    # The very lock that FileLock takes, for a tenth of its 0.1 ms.
    file = os.open(name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
    finally:
        os.close(file)  # and with it the lock
