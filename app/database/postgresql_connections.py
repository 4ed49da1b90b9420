"""Connections to PostgreSQL that end: how long each part of the work may take, on every host and behind every pooler.

Figures, shortest first. A lock that is not had in 250 ms is most likely a deadlock, which PostgreSQL itself notices
after a second. Whoever waits at a phone's webhook gives the database 3 s (app/inbound/ingest.py) and the server ends
a statement after 5, so that one thread's text holds up the others hardly longer than one person was kept waiting.
Where even that does not come, because the host is gone without a word or stands still, the connection is given up
after 8. What counts a whole year or acts by the clock has nobody waiting at a webhook, and would fail the same way
every time: it has a minute, and gives way at a lock just as soon. Whoever runs a command waits by themselves, ten
minutes if need be, and 5 s for a lock: of the two it is the running hotline that gives way. A migration may rewrite
large tables and has half an hour, but waits for locks of others for only 10 s, for everybody who texts waits behind
it meanwhile.

Behind a pooler in transaction mode, such as PgBouncer, a session is shared: what is set in it belongs to whoever
comes next, and what others have left (pg_dump leaves an empty search_path) would be ours. So there everything is set
for each transaction, at the price of one round trip.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
import sqlalchemy as sa
from psycopg.pq import TransactionStatus
from sqlalchemy.engine import URL, Connection, Dialect, Engine, ExceptionContext
from sqlalchemy.pool import ConnectionPoolEntry

READ_ONLY = "25006"  # read_only_sql_transaction: a replica, or an old primary after a failover
# What a connection cannot get over, but a new one can: it leads to a server that only reads, a statement that was
# prepared is not there (a pooler that did not show itself), or tables have changed under a prepared one.
UNPREPARED = {"26000", "42P05"}  # invalid_sql_statement_name, duplicate_prepared_statement
LOST = {READ_ONLY, "0A000", *UNPREPARED}


@dataclass(frozen=True)
class Limits:
    """How long things may take."""

    statement: str  # as PostgreSQL writes it
    lock: str
    idle_in_transaction: str
    answer: float | None  # seconds until a server that says nothing is given up

    def sql(self, *, local: bool) -> str:
        """What sets them and what else we rely on: for a session, or for one transaction in a shared one."""
        how = "SET LOCAL" if local else "SET"
        figures = {
            "statement_timeout": f"'{self.statement}'",
            "lock_timeout": f"'{self.lock}'",
            "idle_in_transaction_session_timeout": f"'{self.idle_in_transaction}'",
            "datestyle": "'ISO'",  # the driver reads no other
            "timezone": "'UTC'",
            **({"search_path": "DEFAULT"} if local else {}),
        }
        return "; ".join(f"{how} {name} TO {value}" for name, value in figures.items())


RUNNING = Limits("5s", "250ms", "15s", 8)
BACKGROUND = Limits("60s", "250ms", "60s", 65)
COMMAND = Limits("10min", "5s", "10min", 605)
MIGRATING = Limits("30min", "30min", "5min", None)
TABLES_WAIT = "10s"  # and this long a migration waits for who uses a table

# Also for a host that vanishes while nothing is asked. (Behind a pooler or a proxy only `answer` notices.)
NETWORK = {
    "connect_timeout": 3,
    "tcp_user_timeout": 5000,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "client_encoding": "utf8",  # whatever a role or the environment says
}


class Impatient(psycopg.Connection[Any]):
    """A connection on which nobody waits forever for an answer."""

    patience: float | None = None

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        """Wait for the server. Raises OperationalError, and the connection is closed, when it takes too long."""
        try:
            return super().wait(gen, interval, self.patience if timeout is None else timeout)
        except psycopg.OperationalError as error:
            if self.pgconn.transaction_status != TransactionStatus.ACTIVE:
                raise
            self.pgconn.finish()  # what comes now would be taken for the answer to the next question
            raise psycopg.OperationalError("the server has not answered in time") from error


@contextmanager
def within(connection: Connection, limits: Limits) -> Iterator[None]:
    """What is done in this transaction has these limits instead of its connection's."""
    driver: Any = connection.connection.driver_connection
    connection.exec_driver_sql(limits.sql(local=True))
    usual, driver.patience = driver.patience, limits.answer
    try:
        yield
    finally:
        driver.patience = usual


@dataclass
class Behind:
    """What is known of the way to the server."""

    pooler: bool = False
    lost: bool = False  # since somebody looked last, a connection led to what is no longer the right server


def make_engine(url: URL, limits: Limits, **pool: Any) -> tuple[Engine, Behind]:
    """An engine whose every connection keeps these limits, and what it finds out."""
    several = "," in (url.host or "") or not isinstance(url.query.get("host", ""), str)
    which = {"target_session_attrs": "read-write"} if several and "target_session_attrs" not in url.query else {}
    engine = sa.create_engine(
        url,
        hide_parameters=True,  # an error message must not quote a text
        isolation_level="READ COMMITTED",  # costs nothing, and a role's default may be another
        connect_args={**NETWORK, **which},
        **pool,
    )
    behind = Behind()

    @sa.event.listens_for(engine, "do_connect")
    def connect(_: Dialect, __: ConnectionPoolEntry, args: list[Any], how: dict[str, Any]) -> Any:
        made = Impatient.connect(*args, **how)
        made.patience = limits.answer
        return made

    @sa.event.listens_for(engine, "connect")
    def prepare(connection: Any, _: ConnectionPoolEntry) -> None:
        if not behind.pooler:
            # PgBouncer in statement mode refuses the BEGIN that comes with this, and says so.
            (session,) = connection.execute("SELECT pg_backend_pid()").fetchone()
            behind.pooler = session != connection.info.backend_pid
            if not behind.pooler:
                connection.execute(limits.sql(local=False))
            connection.commit()
        if behind.pooler:
            # The next transaction may be another session's, in which nothing of ours is prepared, or something else
            # under the same name.
            connection.prepare_threshold = None

    @sa.event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        driver: Any = connection.connection.driver_connection
        if behind.pooler and not driver.autocommit:
            connection.exec_driver_sql(limits.sql(local=True))

    @sa.event.listens_for(engine, "handle_error")
    def handle(context: ExceptionContext) -> None:
        code = getattr(context.original_exception, "sqlstate", None)
        behind.pooler = behind.pooler or code in UNPREPARED
        if code in LOST:
            context.is_disconnect = True  # and no other connection of the pool is used again either
            behind.lost = True

    return engine, behind
