"""PostgreSQL: a pool, any number of processes side by side, and retries of what two did at once."""

from contextlib import AbstractContextManager, nullcontext, suppress
from pathlib import Path
from typing import Any

import tenacity
from sqlalchemy.engine import URL, Connection, Engine
from sqlalchemy.exc import DBAPIError, OperationalError

from app.database import postgresql_tools
from app.database.base import TRANSIENT, Database, JobResult, T, Work, is_transient, sqlstate
from app.database.job_queue import Job
from app.database.postgresql_connections import BACKGROUND, RUNNING, UNPREPARED, Limits, make_engine, within
from models.store.session import Session
from models.store.statements import Precompiled

BATCH = 16  # fewer than on SQLite, for other processes wait for the rows that a transaction holds
RETRIED = {*TRANSIENT, *UNPREPARED, "23505"}  # two made the same row at once


class PostgreSQL(Database):
    """One thread writes here too, and those of other processes beside it.

    Conditional UPDATEs settle races; what two did at once is tried again.
    Texts that wait together share one commit. If one of them fails, each is done again by itself.
    """

    def __init__(self, url: URL, limits: Limits = RUNNING) -> None:
        self._limits = limits
        super().__init__(url)

    def dump(self, file: Path) -> None:
        """Write all that is committed into this file, by pg_dump. Raises ToolFailed."""
        postgresql_tools.dump(self.url, file)

    def _batch_size(self) -> int:
        return BATCH

    def _engine(self) -> Engine:
        engine, self._behind = make_engine(
            self.url,
            self._limits,
            pool_size=5,  # one that writes: more would wait for each other's rows; and those of who reads
            max_overflow=5,
            pool_timeout=5,
            pool_pre_ping=True,
            pool_use_lifo=True,  # the one that has our statements prepared, while it is free
        )
        return engine

    def lookup(self, statement: Precompiled[T], **values: Any) -> list[T]:
        """Run one query on a connection kept for it; behind a pooler like any other, for there nothing is kept."""
        if self._behind.lost:
            self._behind.lost = False
            with self._lookup_lock:
                self._close_lookup_connection()
        if self._behind.pooler:
            return self.read(lambda session: session.fetch(statement, **values))
        return super().lookup(statement, **values)

    def read(self, work: Work[T], *, unhurried: bool = False) -> T:
        """Run `work` on a consistent view of the database, without writing; `unhurried`: it may take a minute."""
        with self.engine.connect() as connection, self._within(connection, unhurried=unhurried):
            return work(Session(connection))

    def _within(self, connection: Connection, *, unhurried: bool) -> AbstractContextManager[None]:
        # Whoever runs a command has more than a minute already.
        return within(connection, BACKGROUND) if unhurried and self._limits is RUNNING else nullcontext()

    def check(self) -> None:
        """Raise OperationalError if the database does not answer, or takes nothing in."""
        with self.engine.connect() as connection:
            if connection.exec_driver_sql("SHOW transaction_read_only").scalar_one() == "on":
                raise OperationalError("", None, ConnectionError("it can only be read"))

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
            return job, self._with_retries(job.work, job.unhurried), None
        except Exception as error:
            if job.rescue is None or is_transient(error):
                return job, None, error
            failure = error
        try:
            return job, self._with_retries(lambda session: job.rescue(session, failure), job.unhurried), None
        except Exception as error:
            return job, None, error

    @tenacity.retry(
        retry=tenacity.retry_if_exception(lambda e: isinstance(e, DBAPIError) and sqlstate(e) in RETRIED),
        wait=tenacity.wait_random_exponential(multiplier=0.01, max=0.5),
        stop=tenacity.stop_after_attempt(10),
        reraise=True,
    )
    def _with_retries(self, work: Work[T], unhurried: bool) -> T:
        with self.engine.begin() as connection, self._within(connection, unhurried=unhurried):
            session = Session(connection)
            result = work(session)
            session.flush()
            return result
