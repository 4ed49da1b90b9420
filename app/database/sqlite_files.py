"""SQLite's files under a running process: whether what was committed is in the file that has the name.

A process may go on writing to a file that was deleted or replaced, and SQLite says that all is well. So after each
commit, before anybody is answered, the files are looked at. Before it too, for another program may have written into
them; who of ours writes leaves a note of how they are then. Both looks together take a hundredth of a commit.
"""

import os
import sqlite3
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy.engine import URL
from sqlalchemy.exc import OperationalError

FILES = ("", "-wal", "-shm")  # the database, its log, the log's index
PRIVATE = 0o600
# A backup of this very hotline says the same; a new hotline does not, and neither does an older version's.
WHOSE = "SELECT (SELECT version_num FROM alembic_version), (SELECT created_at FROM line ORDER BY id LIMIT 1)"

DELETED = "its file was deleted or moved while the hotline runs"
LOG_GONE = "its log, the file beside it that ends in -wal, was deleted while the hotline runs"
REPLACED = "another file was put in the place of its file while the hotline runs"
OVERWRITTEN = "another program has written into its file while the hotline runs"

Inode = tuple[int, int]


class FileGone(OperationalError):
    """What is written now would not be in the file that has the name. `what` says why, in plain words."""

    def __init__(self, what: str) -> None:
        super().__init__("", None, OSError(what))
        self.what = what


@dataclass(frozen=True)
class SQLiteFiles:
    """Which files have the names of a database's, how large the first of them is, and when it was last written."""

    inodes: tuple[Inode | None, ...]
    size: int
    written: int  # nanoseconds

    @classmethod
    def at(cls, path: str) -> "SQLiteFiles":
        """The files there now; None stands for one that is missing."""
        found: list[os.stat_result | None] = []
        for suffix in FILES:
            try:
                found.append(os.stat(path + suffix))  # noqa: PTH116 - a Path costs several times as much
            except OSError:
                found.append(None)
        inodes = tuple(None if each is None else (each.st_dev, each.st_ino) for each in found)
        main = found[0]
        return cls(inodes, main.st_size if main else 0, main.st_mtime_ns if main else 0)

    @property
    def note(self) -> bytes:
        """What tells whether somebody has written to the first of them since."""
        return b"%d %d" % (self.size, self.written)

    def became(self, now: "SQLiteFiles") -> str | None:
        """What happened to these files since, or None if they are the same; logs that were not there yet may be."""
        if now.inodes[0] is None:
            return DELETED
        if now.inodes[0] != self.inodes[0]:
            return REPLACED
        if any(then is not None and then != since for then, since in zip(self.inodes, now.inodes, strict=True)):
            return LOG_GONE
        return OVERWRITTEN if now.size < self.size else None


def path_of(url: URL) -> str:
    """The file of a database, wherever the process goes later."""
    return str(Path(url.database or "").absolute())


def uri(path: str, how: str) -> str:
    """The file as SQLite's URI; `mode=rw` does not make one that is missing."""
    return f"{Path(path).as_uri()}?{how}"


def whose(connection: Any) -> Any:
    """What tells one hotline's database from another's; None for one that is no hotline's."""
    with suppress(sqlite3.Error):
        found = connection.execute(WHOSE).fetchone()
        return found if found and all(found) else None
    return None


def holds_same_hotline(path: str, connection: Any) -> bool:
    """Whether the file at this path is of the same hotline as the one that a connection still has open."""
    # Without any lock, and without the log, which may still be the other file's.
    with suppress(sqlite3.Error), closing(sqlite3.connect(uri(path, "mode=ro&immutable=1"), uri=True)) as there:
        ours = whose(connection)
        return ours is not None and whose(there) == ours
    return False


def empty_log(connection: Any) -> bool:
    """Bring the log into its own file, so that no other is read together with it; whether it is empty then."""
    with suppress(sqlite3.Error):
        return bool(connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0)
    return False


def separate(path: str, connection: Any, known: SQLiteFiles) -> None:
    """Leave no log of a file that is gone where another would be read together with it.

    Wherever the old file is now, all that was committed is in it then.
    """
    now = SQLiteFiles.at(path)
    if now.inodes[0] == known.inodes[0] or not empty_log(connection):
        return
    for suffix, then, since in zip(FILES[1:], known.inodes[1:], now.inodes[1:], strict=True):
        if then == since:
            with suppress(OSError):
                Path(path + suffix).unlink()


def is_whole(path: str) -> bool:
    """Whether the tables at this path can be read. Takes some seconds for a GB."""
    if not Path(path).stat().st_size:  # SQLite would take it for a new one, and delete the log
        return False
    with suppress(sqlite3.Error), closing(sqlite3.connect(uri(path, "mode=ro"), uri=True)) as fresh:
        return bool(fresh.execute("PRAGMA quick_check(1)").fetchone() == ("ok",) and whose(fresh))
    return False


def make_private(path: str, *, make: bool = False) -> None:
    """Let nobody but their owner read the files. SQLite gives its log the mode of the database."""
    # An existing file is never opened here: closing it would take away the locks that SQLite has on it.
    with suppress(FileExistsError, FileNotFoundError):
        if make:
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, PRIVATE))
    for suffix in (*FILES, ".lock"):
        with suppress(OSError):  # missing, or somebody else's
            if (file := Path(path + suffix)).stat().st_mode & 0o077:
                file.chmod(PRIVATE)
