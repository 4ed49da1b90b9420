"""What both kinds of database share: the writer thread, its queue, and what a failure means.

`Database.write` is how anything gets into the database: batched, then committed, and only then answered.
"""

import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import URL, Connection, Engine
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

from app.database.job_queue import Job, JobQueue
from app.database.postgresql_connections import LOST
from models.store.session import Session
from models.store.statements import Precompiled

T = TypeVar("T")
JobResult = tuple[Job, Any, Exception | None]
Work = Callable[[Session], T]
Rescue = Callable[[Session, Exception], T]

BATCH = 64  # pieces of work that may share one commit
TRANSIENT = {"40001", "40P01", "55P03"}  # serialization failure, deadlock, lock timeout
DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}  # texts wait until somebody has put the file right


def is_transient(error: Exception) -> bool:
    """Whether an error is transient: the database is away, or another process was faster."""
    if isinstance(error, OperationalError | InterfaceError):
        return True
    if not isinstance(error, DBAPIError):
        return False
    return sqlstate(error) in TRANSIENT | LOST or getattr(error.orig, "sqlite_errorcode", None) in DAMAGED


def sqlstate(error: DBAPIError) -> str | None:
    """PostgreSQL's code for an error."""
    return getattr(error.orig, "sqlstate", None)


class Database:
    """What both kinds share. Nothing is written but by `write`, and its future answers only after the commit."""

    def __init__(self, url: URL) -> None:
        self.url = url
        self.engine = self._engine()
        self._lookup_connection: Connection | None = None  # kept for `lookup`
        self._lookup_lock = threading.Lock()
        self.observe: Callable[[float], None] | None = None  # called with the size of each batch
        self._queue = JobQueue()
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()

    def _engine(self) -> Engine:
        raise NotImplementedError

    def _batch_size(self) -> int:
        return BATCH

    def _commit(self, batch: list[Job]) -> list[JobResult]:
        raise NotImplementedError

    def write(
        self, work: Work[T], rescue: Rescue[T] | None = None, *, by: str | None = None, unhurried: bool = False
    ) -> "Future[T]":
        """Run `work` in a transaction; `rescue` instead if it raises anything but a passing database error.

        Work with one key (`by`, an address) is done in the order in which it came. What is `unhurried` may take
        a minute (a server may be slow), while others wait. Raises Busy if too much waits.
        """
        job = Job(work, rescue, by, unhurried)
        self._start()
        self._queue.put(job)
        return job.future

    def _start(self) -> None:
        with self._starting:
            if self._thread is None:
                self._thread = threading.Thread(target=self._write_batches, name="writer", daemon=True)
                self._thread.start()

    def _write_batches(self) -> None:
        while batch := self._queue.take(self._batch_size()):
            # Cancelled before it began: whoever asked has hung up.
            wanted = [job for job in batch if job.future.set_running_or_notify_cancel()]
            together = [job for job in wanted if not job.unhurried]
            if together:
                self._answer(together)
            for job in wanted:
                if job.unhurried:
                    self._answer([job])
            self._queue.done(batch)

    def _answer(self, batch: list[Job]) -> None:
        try:
            answers = self._commit(batch)
        except Exception as error:  # the commit itself failed, so nothing of the batch is on disk
            answers = [(job, None, error) for job in batch]
        if self.observe is not None:
            self.observe(len(batch))
        for job, result, failure in answers:
            if failure is None:
                job.future.set_result(result)
            else:
                job.future.set_exception(failure)

    def read(self, work: Work[T], *, unhurried: bool = False) -> T:
        """Run `work` on a consistent view of the database, without writing; `unhurried`: it may take a minute."""
        with self.engine.connect() as connection:
            return work(Session(connection))

    def lookup(self, statement: Precompiled[T], **values: Any) -> list[T]:
        """Run one query in autocommit, on a connection kept for it: on PostgreSQL at a third of the price of `read`.

        Raises if that connection is gone, and opens another one the next time.
        """
        with self._lookup_lock:
            self._lookup_connection = self._lookup_connection or self.engine.connect().execution_options(
                isolation_level="AUTOCOMMIT"
            )
            try:
                return Session(self._lookup_connection).fetch(statement, **values)
            except Exception:
                self._lookup_connection.invalidate()
                self._close_lookup_connection()
                raise

    def _close_lookup_connection(self) -> None:
        if self._lookup_connection is not None:
            self._lookup_connection.close()
            self._lookup_connection = None

    def dump(self, file: Path) -> None:
        """Write all that is committed into this file, which is empty or missing, while others go on writing."""
        raise NotImplementedError

    def check(self) -> None:
        """Raise OperationalError if the database does not answer."""
        with self.engine.connect() as connection:
            connection.execute(sa.text("SELECT 1"))

    def wait_until_idle(self, most: float) -> bool:
        """Wait until nothing that came in waits or is worked on, at most so many seconds; whether it is so."""
        return self._queue.wait_until_idle(most)

    def waiting(self) -> int:
        """How many jobs are queued."""
        return len(self._queue)

    def close(self) -> None:
        """Finish what was begun and let go."""
        self._queue.close()
        with self._starting:
            if self._thread is not None:
                self._thread.join()
                self._thread = None
        with self._lookup_lock:
            self._close_lookup_connection()
        self.engine.dispose()
