"""Engines, the one writer of SQLite, the pool of PostgreSQL. `write` is how anything gets into the database."""

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
Answer = tuple[Job, Any, Exception | None]
Work = Callable[[Session], T]
Rescue = Callable[[Session, Exception], T]

BATCH = 64  # pieces of work that may share one commit on SQLite
CACHE = 16 * 1024  # KiB of pages that the writer keeps in memory: a line with years behind it has many places
STATEMENTS = 1_000  # that SQLite's driver keeps ready; of its own 128, too many are made again
FEW = 16  # on PostgreSQL, where other processes wait for the rows that a transaction holds
PASSING = {"40001", "40P01", "55P03"}  # serialization failure, deadlock, lock timeout
RETRIED = {*PASSING, "23505"}  # two made the same row at once
# A lock that is not had soon is most likely a deadlock, which PostgreSQL itself notices after a second. Whoever has
# waited in vain tries again, with ever longer pauses.
TIMEOUTS = "SET statement_timeout = '5s'; SET lock_timeout = '250ms'; SET idle_in_transaction_session_timeout = '15s'"


def is_passing(error: Exception) -> bool:
    """Whether the same work may go well a moment later: the database is away, or another process was faster."""
    away = isinstance(error, OperationalError | InterfaceError)
    return away or (isinstance(error, DBAPIError) and _state(error) in PASSING)


def _state(error: DBAPIError) -> str | None:
    return getattr(error.orig, "sqlstate", None)


class Database:
    """What both kinds share. Nothing is written but by `write`, and its future answers only after the commit."""

    def __init__(self, url: URL) -> None:
        self.url = url
        self.engine = self._engine()
        self._lookup_connection: Connection | None = None  # kept for `look`
        self._lookup_lock = threading.Lock()
        self.observe: Callable[[float], None] | None = None  # hears how many shared a commit
        self._waiting = JobQueue()
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()

    def _engine(self) -> Engine:
        raise NotImplementedError

    def _most(self) -> int:
        return BATCH

    def _commit(self, batch: list[Job]) -> list[Answer]:
        raise NotImplementedError

    def write(self, work: Work[T], rescue: Rescue[T] | None = None, *, by: str | None = None) -> "Future[T]":
        """Run `work` in a transaction; `rescue` instead if it raises anything but a passing database error.

        Work of one sender (`by`) is done in the order in which it came. Raises Busy if too much of it waits.
        """
        job = Job(work, rescue, by)
        self._start()
        self._waiting.put(job)
        return job.future

    def _start(self) -> None:
        with self._starting:
            if self._thread is None:
                self._thread = threading.Thread(target=self._serve, name="writer", daemon=True)
                self._thread.start()

    def _serve(self) -> None:
        while batch := self._waiting.take(self._most()):
            # Whoever hung up before it began wants nothing any more.
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
            self._waiting.done(batch)

    def read(self, work: Work[T]) -> T:
        """Run `work` on a consistent view of the database, without writing."""
        with self.engine.connect() as connection:
            return work(Session(connection))

    def lookup(self, statement: Precompiled[T], **values: Any) -> list[T]:
        """Run one query by itself, on a connection kept for it: on PostgreSQL at a third of the price of `read`.

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
        return self._waiting.wait_until_idle(most)

    def waiting(self) -> int:
        """How much work waits."""
        return len(self._waiting)

    def close(self) -> None:
        """Finish what was begun and let go."""
        self._waiting.close()
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
        self._kept: Connection | None = None  # the writer's own, opened by its thread

    def _engine(self, *, immediate: bool = False) -> Engine:
        engine = sa.create_engine(
            self.url,
            hide_parameters=True,  # an error message must not quote a text
            connect_args={"timeout": 30, "check_same_thread": False, "cached_statements": STATEMENTS},
        )

        @sa.event.listens_for(engine, "connect")
        def prepare(connection: Any, _: ConnectionPoolEntry) -> None:
            connection.isolation_level = None  # transactions begin when we say so, not at the first write
            for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
                connection.execute(f"PRAGMA {pragma}")
            if immediate:
                connection.execute(f"PRAGMA cache_size=-{CACHE}")
                # What a savepoint needs to take a text back is more than SQLite keeps in memory otherwise: it would
                # write and delete a file for nearly every text.
                connection.execute("PRAGMA temp_store=MEMORY")

        @sa.event.listens_for(engine, "begin")
        def begin(connection: Connection) -> None:
            # A deferred transaction that turns to writing fails at once, whatever the busy timeout says.
            connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")

        return engine

    def _commit(self, batch: list[Job]) -> list[Answer]:
        with file_lock(self.url):
            self._kept = self._kept or self._writer.connect()
            with self._kept.begin():
                session = Session(self._kept)
                answers = []
                for job in batch:
                    answers.append(self._one(session, job))
                    if session.was_rolled_back:  # and with it what those before were about to be told
                        raise answers[-1][2] or RuntimeError("the transaction is gone")
                return answers

    def _one(self, session: Session, job: Job) -> Answer:
        try:
            with session.savepoint():
                return job, job.work(session), None
        except Exception as error:
            if job.rescue is None or is_passing(error) or session.was_rolled_back:
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
            if self._kept is not None:
                self._kept.close()
            self._writer.dispose()
            self.engine.dispose()


class PostgreSQL(Database):
    """One thread writes here too, and those of other processes beside it.

    Conditional UPDATEs settle races; what two did at once is tried again.
    Texts that wait together share one commit. If one of them fails, each is done again by itself.
    """

    def _most(self) -> int:
        return FEW

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

    def _commit(self, batch: list[Job]) -> list[Answer]:
        if len(batch) > 1:
            with suppress(Exception):
                return self._all(batch)
        return [self._one(job) for job in batch]

    def _all(self, batch: list[Job]) -> list[Answer]:
        with self.engine.begin() as connection:
            session = Session(connection)
            # In the same order everywhere, lest two processes wait for each other's senders.
            in_order = sorted(batch, key=lambda job: job.by or "")
            answers: list[Answer] = [(job, job.work(session), None) for job in in_order]
            session.flush()
            return answers

    def _one(self, job: Job) -> Answer:
        try:
            return job, self._tried(job.work), None
        except Exception as error:
            if job.rescue is None or is_passing(error):
                return job, None, error
            failure = error
        try:
            return job, self._tried(lambda session: job.rescue(session, failure)), None
        except Exception as error:
            return job, None, error

    @tenacity.retry(
        retry=tenacity.retry_if_exception(lambda e: isinstance(e, DBAPIError) and _state(e) in RETRIED),
        wait=tenacity.wait_random_exponential(multiplier=0.01, max=0.5),
        stop=tenacity.stop_after_attempt(10),
        reraise=True,
    )
    def _tried(self, work: Work[T]) -> T:
        with self.engine.begin() as connection:
            session = Session(connection)
            result = work(session)
            session.flush()
            return result


def connect(url: URL) -> Database:
    """The database at this address."""
    return SQLite(url) if url.get_backend_name() == "sqlite" else PostgreSQL(url)


__all__ = ["Busy", "Database", "OperationalError", "connect"]
