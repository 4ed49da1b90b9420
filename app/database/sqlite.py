"""SQLite: one thread writes, and what it has committed is looked for in the file before anybody is told."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import URL, Connection, Dialect, Engine
from sqlalchemy.pool import ConnectionPoolEntry

from app.database import sqlite_files
from app.database.base import Database, JobResult, T, Work, is_transient
from app.database.file_lock import Lock, file_lock
from app.database.job_queue import Job
from app.database.sqlite_files import OVERWRITTEN, FileGone, SQLiteFiles
from models.store.session import Session

CACHE_KIB = 16 * 1024  # of pages that the writer keeps in memory: a line with years behind it touches many
BUSY = 30  # seconds that a transaction waits for another
READERS_WAIT = 200  # milliseconds that the log is waited for before it is emptied the next time
CACHED_STATEMENTS = 1_000  # prepared statements that sqlite3 keeps; of its default 128, too many are made again


def _empty_log(driver: Any) -> None:
    """Empty the log, for what was erased is still in it. Where somebody reads it just now, the next time does."""
    driver.execute(f"PRAGMA busy_timeout={READERS_WAIT}")
    sqlite_files.empty_log(driver)
    driver.execute(f"PRAGMA busy_timeout={BUSY * 1000}")


class SQLite(Database):
    """One thread writes. Texts that wait together share one commit, each in a savepoint of its own."""

    def __init__(self, url: URL) -> None:
        self.path = sqlite_files.path_of(url)
        self._files: SQLiteFiles | None = None  # those that the writer has open
        super().__init__(url)
        self._writer = self._engine(immediate=True)
        self._connection: Connection | None = None  # the writer's own, opened by its thread

    def _engine(self, *, immediate: bool = False) -> Engine:
        where = sqlite_files.uri(self.path, "mode=rw")  # a file that is missing must not become an empty one
        engine = sa.create_engine(
            self.url,
            hide_parameters=True,  # an error message must not quote a text
            connect_args={"timeout": BUSY, "check_same_thread": False, "cached_statements": CACHED_STATEMENTS},
        )

        @sa.event.listens_for(engine, "do_connect")
        def existing(dialect: Dialect, _: ConnectionPoolEntry, __: Any, how: dict[str, Any]) -> Any:
            return dialect.connect(where, **how, uri=True)

        @sa.event.listens_for(engine, "connect")
        def prepare(connection: Any, _: ConnectionPoolEntry) -> None:
            connection.isolation_level = None  # transactions begin when we say so, not at the first write
            for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
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
        with self._locked() as lock:
            connection = self._open(lock)
            with connection.begin():
                session = Session(connection)
                answers = []
                for job in batch:
                    answers.append(self._run_one(session, job))
                    if session.was_rolled_back:  # and with it what those before were about to be told
                        raise answers[-1][2] or RuntimeError("the transaction is gone")
            if session.leave_no_trace:
                _empty_log(connection.connection.driver_connection)
            self._files = self._unchanged()  # or what was committed is in a file that nobody will find
            lock.leave(self._files.note)
            return answers

    @contextmanager
    def _locked(self) -> Iterator[Lock]:
        with ExitStack() as stack:
            try:
                lock = stack.enter_context(file_lock(self.url))
            except OSError as error:
                raise FileGone(f"its lock cannot be had: {error.strerror}") from error
            yield lock

    def _unchanged(self) -> SQLiteFiles:
        """The files as they are. Raises FileGone if they are not those that the writer has open."""
        now = SQLiteFiles.at(self.path)
        if self._files is not None and (what := self._files.became(now)):
            raise FileGone(what)
        return now

    def _open(self, lock: Lock) -> Connection:
        """The writer's connection. Raises FileGone while there is nothing at the path that it may go on with."""
        if self._connection is None:
            sqlite_files.make_private(self.path)
            self._files = SQLiteFiles.at(self.path)
            self._connection = self._writer.connect()
            return self._connection
        assert self._files is not None
        now = SQLiteFiles.at(self.path)
        # Whoever of us writes leaves a note of how the file is then.
        what = self._files.became(now) or (OVERWRITTEN if lock.note() not in (b"", now.note) else None)
        return self._reopened(self._connection, self._files, what) if what else self._connection

    def _reopened(self, old: Connection, known: SQLiteFiles, what: str) -> Connection:
        """Go on with what is at the path now, if that is right; until then the old file is kept open."""
        driver = old.connection.driver_connection
        sqlite_files.separate(self.path, driver, known)
        if not self._may_go_on(what, driver):
            raise FileGone(what)
        self._let_go()
        self._files = SQLiteFiles.at(self.path)
        self._connection = self._writer.connect()
        return self._connection

    def _may_go_on(self, what: str, open_still: Any) -> bool:
        """Whether what is at the path is this hotline's, whole, and not read together with another file's log."""
        if what == OVERWRITTEN:
            return sqlite_files.is_whole(self.path)
        if what == sqlite_files.REPLACED and not sqlite_files.holds_same_hotline(self.path, open_still):
            return False
        return what != sqlite_files.DELETED and sqlite_files.empty_log(open_still)

    def _let_go(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        self._writer.dispose()
        with self._lookup_lock:
            self._close_lookup_connection()
        self.engine.dispose()

    def read(self, work: Work[T], *, unhurried: bool = False) -> T:
        """Run `work` on a consistent view of the database, without writing. Raises FileGone if its file is."""
        self._unchanged()
        return super().read(work, unhurried=unhurried)

    def dump(self, file: Path) -> None:
        """Write all that is committed into this file. Raises FileGone."""
        # One consistent view, without what was deleted, read beside the writer: it goes on meanwhile. (The online
        # backup begins anew with each write of another connection, and takes deleted words along.)
        self._unchanged()
        with self.engine.connect() as connection:
            driver: Any = connection.connection.driver_connection
            driver.execute("VACUUM INTO ?", (str(file),))
        self._unchanged()

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
        with ExitStack() as stack:
            with suppress(FileGone):  # then there is nothing to write to either
                stack.enter_context(self._locked())
            self._let_go()  # the last connection to close empties the log, which is a write
