"""PostgreSQL: a pool, any number of processes side by side, and retries of what two did at once."""

from contextlib import suppress
from pathlib import Path
from typing import Any

import sqlalchemy as sa
import tenacity
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import ConnectionPoolEntry

from app.database import postgresql_tools
from app.database.base import TRANSIENT, Database, JobResult, T, Work, is_transient, sqlstate
from app.database.job_queue import Job
from models.store.session import Session

BATCH = 16  # fewer than on SQLite, for other processes wait for the rows that a transaction holds
RETRIED = {*TRANSIENT, "23505"}  # two made the same row at once
# A lock that is not had soon is most likely a deadlock, which PostgreSQL itself notices after a second. Whoever has
# waited in vain tries again, with ever longer pauses.
TIMEOUTS = "SET statement_timeout = '5s'; SET lock_timeout = '250ms'; SET idle_in_transaction_session_timeout = '15s'"


class PostgreSQL(Database):
    """One thread writes here too, and those of other processes beside it.

    Conditional UPDATEs settle races; what two did at once is tried again.
    Texts that wait together share one commit. If one of them fails, each is done again by itself.
    """

    def dump(self, file: Path) -> None:
        """Write all that is committed into this file, by pg_dump. Raises ToolFailed."""
        postgresql_tools.dump(self.url, file)

    def _batch_size(self) -> int:
        return BATCH

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
            (session,) = connection.execute("SELECT pg_backend_pid()").fetchone()
            if session != connection.info.backend_pid:
                # A pooler, such as PgBouncer: the next transaction may be another session's, in which nothing of
                # ours is prepared, or something else under the same name.
                connection.prepare_threshold = None
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
        retry=tenacity.retry_if_exception(lambda e: isinstance(e, DBAPIError) and sqlstate(e) in RETRIED),
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
