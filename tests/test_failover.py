"""PostgreSQL under a running hotline dies, is replaced, or takes nothing in for a while: nothing lost, nothing twice.

Real processes and real servers: people text all the time, and at the end every text is there once, answered once.
"""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa
from psycopg.pq import TransactionStatus
from sqlalchemy.engine import make_url
from sqlmodel import select

from app.database import engine
from app.database.engine import Database, OperationalError, is_transient
from app.settings import Settings
from models.delivery.outbound import Outbound
from models.inbound import Inbound
from models.store.session import Session
from tests import webhooks
from tests.fake_twilio import FakeTwilio
from tests.fakes import PUBLIC, twilio_settings
from tests.postgres import PostgreSQL
from tests.serving import SETTLED, process, until
from tests.standby import NAME, pair
from tests.test_crash import assert_every_reply_left_once, settle, worker
from tests.test_crash import running as hotline
from tests.test_outage import SHORT, Load, assert_nothing_lost, spooled


@pytest.fixture
def server() -> Iterator[PostgreSQL]:
    """A PostgreSQL that may be hurt: of this test alone, and as durable as any."""
    own = PostgreSQL(durable=True)
    yield own
    own.close()


def health(where: str) -> int:
    return httpx.get(f"{where}/health", timeout=60).status_code


def everything_once(url: str, home: Path, trouble: Callable[[str], None], end_url: str | None = None) -> None:
    """People text a web process and a worker on `url` all the time, while `trouble` comes and goes."""
    spool = home / "spool"
    with FakeTwilio() as twilio:
        more = {"hotline_spool": spool, "hotline_reply_limit": 0, "twilio_api_url": twilio.url}
        settings = twilio_settings(url, **more)
        with process(settings, home, database_timeout=SHORT) as running, worker(settings, home):
            twilio.post = lambda to, body, headers: (
                httpx.post(to.replace(PUBLIC, running.url), content=body, headers=headers, timeout=60).status_code
            )
            until(lambda: health(running.url) == 200, SETTLED)
            load = Load(running.url, kind=webhooks.whatsapp)  # a number sends eighty a second there, and one SMS
            with load.running():
                load.wait_for(40)
                trouble(running.url)
                load.wait_for(40)
                until(lambda: spooled(spool) == 0, SETTLED)
                load.wait_for(40)
            assert set(load.answers) == {200}
            assert health(running.url) == 200
            assert_nothing_lost(load, end_url or url, spool)
            twilio.settle()
        twilio.told = lambda words: []  # nobody is there to be told
        with hotline(twilio_settings(end_url or url, **more)) as after:
            settle(after, twilio)
            texts, replies = after.database.read(answered)
            after.database.read(lambda session: assert_every_reply_left_once(session, twilio))
    assert texts == replies == load.answers.total() == len(twilio.sent)


def answered(session: Session) -> tuple[int, int]:
    """How many texts were handled, each understood, and how many answered."""
    assert set(session.exec(select(Inbound.intent))) == {"status"}
    answers = [key.partition(":")[0] for key in session.exec(select(Outbound.key))]
    assert len(answers) == len(set(answers))
    return len(list(session.exec(select(Inbound.id)))), len(answers)


def test_a_server_that_takes_nothing_in_for_a_while_loses_nothing(server: PostgreSQL, tmp_path: Path) -> None:
    url = server.migrated()

    def closed(where: str) -> None:
        server._admin.execute("ALTER SYSTEM SET default_transaction_read_only = on")
        server._admin.execute("SELECT pg_reload_conf()")
        until(lambda: spooled(tmp_path / "spool") > 8, SETTLED)
        assert health(where) == 503  # it takes no texts, whatever can be read
        server._admin.execute("SET default_transaction_read_only = off")
        server._admin.execute("ALTER SYSTEM RESET default_transaction_read_only")
        server._admin.execute("SELECT pg_reload_conf()")

    everything_once(url, tmp_path, closed)


def test_a_primary_that_dies_is_replaced_by_its_standby(server: PostgreSQL, tmp_path: Path) -> None:
    with pair(server) as two:

        def dies(_: str) -> None:
            server.crash()
            until(lambda: spooled(tmp_path / "spool") > 8, SETTLED)
            two.promote()
            two.points_to(NAME)

        everything_once(two.url, tmp_path, dies, two.at(NAME))
        server.start()


def test_a_primary_that_is_replaced_and_still_answers_is_left(server: PostgreSQL) -> None:
    """Connections to it stay open and can be read from, as in a change-over that the host makes: nobody hangs on."""
    with pair(server) as two:
        held = engine.connect(Settings(_env_file=None, database_url=two.url).database)
        assert held.write(who_answers).result(60) == "data"
        two.set("default_transaction_read_only = on")
        until(lambda: refuses(held), SETTLED)
        two.caught_up()
        two.promote()
        two.points_to(NAME)
        until(lambda: not refuses(held), SETTLED)
        assert held.write(who_answers).result(60) == NAME
        assert held.read(who_answers) == NAME
        held.close()


def who_answers(session: Session) -> str:
    """Which of the two answers."""
    return Path(str(session.execute(sa.text("SHOW data_directory")).scalar_one())).name


def refuses(held: Database) -> bool:
    """Whether a write is refused; if so, in a way that leaves texts in the spool."""
    write = sa.text("INSERT INTO restore SELECT * FROM restore WHERE false")
    error = held.write(lambda session: session.execute(write)).exception(60)
    assert error is None or (isinstance(error, Exception) and is_transient(error))
    return error is not None


def test_of_several_hosts_the_one_that_is_in_charge_is_found(server: PostgreSQL, tmp_path: Path) -> None:
    with pair(server) as two:
        both = f"{two.at(NAME)}&host={make_url(two.at('data')).query['host']}"

        def dies(_: str) -> None:
            server.crash()
            until(lambda: spooled(tmp_path / "spool") > 8, SETTLED)
            two.promote()

        everything_once(both, tmp_path, dies, two.at(NAME))
        server.start()


class Wire:
    """A way to PostgreSQL over TCP that can go dead without a word: nothing comes through, and nobody hangs up."""

    def __init__(self, server: Path) -> None:
        self._server = server
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self.dead = threading.Event()  # for whoever is connected then
        self._dead: set[socket.socket] = set()
        self._open: set[socket.socket] = set()
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Those who are connected hear nothing any more, and neither does the server; a new connection works."""
        self._dead |= self._open

    def close(self) -> None:
        self._listening.close()
        for each in self._open:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                there = socket.socket(socket.AF_UNIX)
                there.connect(str(self._server))
                self._open |= {client, there}
                for one, other in ((client, there), (there, client)):
                    threading.Thread(target=self._carry, args=[one, other], daemon=True).start()

    def _carry(self, one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):
            while said := one.recv(65536):
                if one in self._dead:
                    return
                other.sendall(said)
            if one not in self._dead:
                other.shutdown(socket.SHUT_WR)


@contextmanager
def wire(postgres: PostgreSQL) -> Iterator[Wire]:
    made = Wire(postgres._server.data / ".s.PGSQL.5432")
    try:
        yield made
    finally:
        made.close()


def test_a_server_that_goes_silent_is_given_up(postgres: PostgreSQL) -> None:
    """The time is not measured, but it ends: without our own patience the system's would be two hours."""
    url = postgres.migrated()
    with wire(postgres) as way:
        there = f"postgresql://postgres@127.0.0.1:{way.port}/{make_url(url).database}"
        held = engine.connect(Settings(_env_file=None, database_url=there).database)
        held.check()
        with held.engine.connect() as connection:
            connection.exec_driver_sql("SELECT 1")
            driver = connection.connection.driver_connection
            way.cut()
            with pytest.raises(OperationalError, match="has not answered in time") as told:
                connection.exec_driver_sql("SELECT 2")
            assert told.value.connection_invalidated
            assert driver is not None
            assert driver.pgconn.transaction_status == TransactionStatus.UNKNOWN
        held.check()  # on a new one
        held.close()
    postgres.empty(url)


@pytest.mark.campaign
def test_a_line_that_goes_dead_under_load_loses_nothing(server: PostgreSQL, tmp_path: Path) -> None:
    """Half a minute: what the server still holds of the lost sessions is free again after fifteen seconds."""
    url = server.migrated()
    with wire(server) as way:

        def dead(_: str) -> None:
            way.cut()
            until(lambda: spooled(tmp_path / "spool") > 8, SETTLED)
            time.sleep(1)

        everything_once(f"postgresql://postgres@127.0.0.1:{way.port}/{make_url(url).database}", tmp_path, dead, url)
