"""Engines and the writer thread. `Database.write` is how anything gets into the database: batched, then committed."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from typing import Any, TypeVar

import sqlalchemy as sa
import tenacity
from sqlalchemy.engine import URL, Connection, Engine
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.pool import ConnectionPoolEntry

from app.database.file_lock import file_lock
from app.database.job_queue import Busy, Job, JobQueue
from models.store.session import Session
from models.store.statements import Precompiled

T = TypeVar("T")
JobResult = tuple[Job, Any, Exception | None]
Work = Callable[[Session], T]
Rescue = Callable[[Session, Exception], T]

BATCH = 64  # pieces of work that may share one commit on SQLite
CACHE_KIB = 16 * 1024  # of pages that the writer keeps in memory: a line with years behind it touches many
CACHED_STATEMENTS = 1_000  # prepared statements that sqlite3 keeps; of its default 128, too many are made again
BATCH_ON_POSTGRESQL = 16  # fewer, for other processes wait for the rows that a transaction holds
TRANSIENT = {"40001", "40P01", "55P03"}  # serialization failure, deadlock, lock timeout
RETRIED = {*TRANSIENT, "23505"}  # two made the same row at once
# A lock that is not had soon is most likely a deadlock, which PostgreSQL itself notices after a second. Whoever has
# waited in vain tries again, with ever longer pauses.
TIMEOUTS = "SET statement_timeout = '5s'; SET lock_timeout = '250ms'; SET idle_in_transaction_session_timeout = '15s'"


def is_transient(error: Exception) -> bool:
    """Whether an error is transient: the database is away, or another process was faster."""
    away = isinstance(error, OperationalError | InterfaceError)
    return away or (isinstance(error, DBAPIError) and _state(error) in TRANSIENT)


def _state(error: DBAPIError) -> str | None:
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

    def write(self, work: Work[T], rescue: Rescue[T] | None = None, *, by: str | None = None) -> "Future[T]":
        """Run `work` in a transaction; `rescue` instead if it raises anything but a passing database error.

        Work with one key (`by`, an address) is done in the order in which it came. Raises Busy if too much waits.
        """
        job = Job(work, rescue, by)
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
            try:
                answers = self._commit(wanted)
            except Exception as error:  # the commit itself failed, so nothing of the batch is on disk
                answers = [(job, None, error) for job in wanted]
            if self.observe is not None:
                self.observe(len(wanted))
            for job, result, failure in answers:
                if failure is None:
                    job.future.set_result(result)
                else:
                    job.future.set_exception(failure)
            self._queue.done(batch)

    def read(self, work: Work[T]) -> T:
        """Run `work` on a consistent view of the database, without writing."""
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


class SQLite(Database):
    """One thread writes. Texts that wait together share one commit, each in a savepoint of its own."""

    def __init__(self, url: URL) -> None:
        super().__init__(url)
        self._writer = self._engine(immediate=True)
        self._connection: Connection | None = None  # the writer's own, opened by its thread

    def _engine(self, *, immediate: bool = False) -> Engine:
        engine = sa.create_engine(
            self.url,
            hide_parameters=True,  # an error message must not quote a text
            connect_args={"timeout": 30, "check_same_thread": False, "cached_statements": CACHED_STATEMENTS},
        )

        @sa.event.listens_for(engine, "connect")
        def prepare(connection: Any, _: ConnectionPoolEntry) -> None:
            connection.isolation_level = None  # transactions begin when we say so, not at the first write
            for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
                connection.execute(f"PRAGMA {pragma}")
            if immediate:
                connection.execute(f"PRAGMA cache_size=-{CACHE_KIB}")
                # What a savepoint needs to take a text back is more than SQLite keeps in memory otherwise: it would
                # write and delete a file for nearly every text.
                connection.execute("PRAGMA temp_store=MEMORY")

        @sa.event.listens_for(engine, "begin")
        def begin(connection: Connection) -> None:
            # A deferred transaction that turns to writing fails at once, whatever the busy timeout says.
            connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")

        return engine

    def _commit(self, batch: list[Job]) -> list[JobResult]:
        with file_lock(self.url):
            self._connection = self._connection or self._writer.connect()
            with self._connection.begin():
                session = Session(self._connection)
                answers = []
                for job in batch:
                    answers.append(self._run_one(session, job))
                    if session.was_rolled_back:  # and with it what those before were about to be told
                        raise answers[-1][2] or RuntimeError("the transaction is gone")
                return answers

    def _run_one(self, session: Session, job: Job) -> JobResult:
        try:
            with session.savepoint():
                return job, job.work(session), None
        except Exception as error:
            if job.rescue is None or is_transient(error) or session.was_rolled_back:
                return job, None, error
            failure = error
        try:
            with session.savepoint():
                return job, job.rescue(session, failure), None
        except Exception as error:
            return job, None, error

    def close(self) -> None:
        super().close()
        with file_lock(self.url):  # the last connection to close empties the log, which is a write
            if self._connection is not None:
                self._connection.close()
            self._writer.dispose()
            self.engine.dispose()


class PostgreSQL(Database):
    """One thread writes here too, and those of other processes beside it.

    Conditional UPDATEs settle races; what two did at once is tried again.
    Texts that wait together share one commit. If one of them fails, each is done again by itself.
    """

    def _batch_size(self) -> int:
        return BATCH_ON_POSTGRESQL

    def _engine(self) -> Engine:
        engine = sa.create_engine(
            self.url,
            hide_parameters=True,
            pool_size=5,  # one that writes: more would wait for each other's rows; and those of who reads
            max_overflow=5,
            pool_timeout=5,
            pool_pre_ping=True,
            pool_use_lifo=True,  # the one that has our statements prepared, while it is free
            connect_args={
                "connect_timeout": 3,
                "tcp_user_timeout": 5000,
                # A server that vanishes while it works on a query is noticed too.
                "keepalives_idle": 5,
                "keepalives_interval": 2,
                "keepalives_count": 3,
            },
        )

        @sa.event.listens_for(engine, "connect")
        def prepare(connection: Any, _: ConnectionPoolEntry) -> None:
            connection.execute(TIMEOUTS)
            connection.commit()

        return engine

    def _commit(self, batch: list[Job]) -> list[JobResult]:
        if len(batch) > 1:
            with suppress(Exception):
                return self._run_together(batch)
        return [self._run_one(job) for job in batch]

    def _run_together(self, batch: list[Job]) -> list[JobResult]:
        with self.engine.begin() as connection:
            session = Session(connection)
            # In the same order everywhere, lest two processes wait for each other's rows (a deadlock).
            in_order = sorted(batch, key=lambda job: job.by or "")
            answers: list[JobResult] = [(job, job.work(session), None) for job in in_order]
            session.flush()
            return answers

    def _run_one(self, job: Job) -> JobResult:
        try:
            return job, self._with_retries(job.work), None
        except Exception as error:
            if job.rescue is None or is_transient(error):
                return job, None, error
            failure = error
        try:
            return job, self._with_retries(lambda session: job.rescue(session, failure)), None
        except Exception as error:
            return job, None, error

    @tenacity.retry(
        retry=tenacity.retry_if_exception(lambda e: isinstance(e, DBAPIError) and _state(e) in RETRIED),
        wait=tenacity.wait_random_exponential(multiplier=0.01, max=0.5),
        stop=tenacity.stop_after_attempt(10),
        reraise=True,
    )
    def _with_retries(self, work: Work[T]) -> T:
        with self.engine.begin() as connection:
            session = Session(connection)
            result = work(session)
            session.flush()
            return result


def connect(url: URL) -> Database:
    """The database at this address."""
    return SQLite(url) if url.get_backend_name() == "sqlite" else PostgreSQL(url)


__all__ = ["Busy", "Database", "OperationalError", "connect"]
