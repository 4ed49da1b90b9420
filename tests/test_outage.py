"""A real hotline under steady load while its database is away or its disk is full: nothing lost, nothing twice.

The short form takes seconds; `pytest -m campaign tests/test_outage.py` is the long one.
"""

import asyncio
import resource
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import httpx
import psycopg
import pytest
from sqlalchemy.engine import make_url
from sqlmodel import SQLModel, col, func, select

from app.clock import Clock
from app.database import engine
from app.hotline import Hotline
from app.inbound.spool import Spool
from app.main import create_app
from models.delivery.outbound import Outbound
from models.inbound import Inbound
from models.requests import Request
from models.store.session import Session
from tests import webhooks
from tests.fake_twilio import FakeTwilio
from tests.fakes import PUBLIC, TwilioRecorder, twilio_settings
from tests.postgres import PostgreSQL
from tests.serving import Process, process, until, within

ANA = "+12025550101"
SENDERS = [f"+1212555{n:04}" for n in range(100, 108)]
SHORT = 0.5  # seconds that a webhook waits for the database here; in the field it is three
HOLDER = """
import sqlite3, sys
from filelock import FileLock
with FileLock(sys.argv[1] + ".lock"):
    held = sqlite3.connect(sys.argv[1], isolation_level=None)
    held.execute("BEGIN EXCLUSIVE")
    print("held", flush=True)
    sys.stdin.readline()
    held.execute("ROLLBACK")
    held.close()
"""


@dataclass
class Load:
    """People who text the whole time, each the next text when the one before was answered."""

    where: str  # the server's address; it may move
    pause: float = 0.1  # seconds between one person's texts
    kind: Callable[[str, str], dict[str, str]] = webhooks.sms
    taken: dict[str, list[str]] = field(default_factory=dict)  # sender -> ids of the texts we said 200 to
    answers: Counter[int] = field(default_factory=Counter)  # by status; 0 for none at all
    slowest: float = 0.0  # seconds

    def __post_init__(self) -> None:
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._text, args=(sender,)) for sender in SENDERS]

    @contextmanager
    def running(self) -> Iterator["Load"]:
        for thread in self._threads:
            thread.start()
        try:
            yield self
        finally:
            self._over.set()
            for thread in self._threads:
                thread.join()

    def _text(self, sender: str) -> None:
        with httpx.Client(timeout=16) as client:
            number = 0
            while not self._over.wait(self.pause):
                number += 1
                fields = self.kind(sender, f"STATUS {number}")
                began = time.monotonic()
                status = send(self.where, fields, client)
                with self._lock:
                    self.slowest = max(self.slowest, time.monotonic() - began)
                    self.answers[status] += 1
                    if status == 200:
                        self.taken.setdefault(sender, []).append(fields["MessageSid"])

    def wait_for(self, enough: int) -> None:
        """Wait until so many more texts were answered, whatever the answer."""
        until = self.answers.total() + enough
        deadline = time.monotonic() + 60
        while self.answers.total() < until:
            assert time.monotonic() < deadline, f"only {self.answers} in a minute"
            time.sleep(0.02)


def send(where: str, fields: dict[str, str], client: httpx.Client | None = None) -> int:
    """Post one signed webhook; returns the status, 0 if nobody answered."""
    body = webhooks.form(fields)
    headers = webhooks.headers(webhooks.MESSAGE, body)
    try:
        return (
            (client or httpx).post(f"{where}/twilio/message", content=body, headers=headers, timeout=16).status_code
        )
    except httpx.HTTPError:
        return 0


def kept(url: str) -> dict[str, list[str]]:
    """The texts in the database, by sender, in the order in which they were handled."""
    held = engine.connect(twilio_settings(url).database)
    rows = held.read(lambda s: list(s.exec(select(Inbound.from_address, Inbound.sid).order_by(col(Inbound.id)))))
    held.close()
    found: dict[str, list[str]] = {}
    for sender, sid in rows:
        found.setdefault(sender, []).append(sid)
    return found


def assert_nothing_lost(load: Load, url: str, spool: Path) -> None:
    """Every text that we said 200 to is there once, each sender's in their order."""
    until(lambda: spooled(spool) == 0)
    there = kept(url)
    for sender, sids in load.taken.items():
        said_yes = set(sids)
        assert [sid for sid in there[sender] if sid in said_yes] == sids
        assert max(Counter(there[sender]).values()) == 1
    assert load.slowest < 15


def spooled(spool: Path) -> int:
    return Spool(spool).waiting()


@dataclass
class Away:
    """A database, and how to take it away."""

    url: str
    leave: Callable[[], None]
    come_back: Callable[[], None]


@pytest.fixture
def server() -> Iterator[PostgreSQL]:
    """A PostgreSQL that may be hurt: of this test alone, and as durable as any."""
    own = PostgreSQL(durable=True)
    yield own
    own.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def away(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Away]:
    """Either database; SQLite's file is held by another process, PostgreSQL dies."""
    with ExitStack() as stack:
        if request.param == "postgresql":
            own: PostgreSQL = request.getfixturevalue("server")
            yield Away(own.migrated(), own.crash, own.start)
            return
        file = shutil.copy(request.getfixturevalue("migrated_file"), tmp_path / "hotline.db")
        holders: list[subprocess.Popen[str]] = []

        def leave() -> None:
            holder = subprocess.Popen(
                [sys.executable, "-c", HOLDER, str(file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )
            assert holder.stdout is not None
            assert holder.stdout.readline() == "held\n"
            holders.append(stack.enter_context(holder))

        yield Away(f"sqlite:///{file}", leave, lambda: assert_let_go(holders[-1]))


def assert_let_go(holder: "subprocess.Popen[str]") -> None:
    assert holder.communicate("\n")[0] == ""


def outage(away: Away, home: Path, *, lasts: float, kill: bool) -> Load:
    """Steady load; the database goes away for a while, and the hotline too if `kill`."""
    settings = twilio_settings(away.url, hotline_spool=home / "spool", twilio_api_url="http://127.0.0.1:1")
    with ExitStack() as stack:
        running = stack.enter_context(process(settings, home, database_timeout=SHORT))
        load = Load(running.url)
        with load.running():
            load.wait_for(40)
            assert set(load.answers) == {200}
            away.leave()
            time.sleep(lasts / 2)
            if kill:
                until(lambda: spooled(home / "spool") > 0)
                running.popen.send_signal(signal.SIGKILL)
                running.popen.wait()
                away.come_back()
                running = stack.enter_context(process(settings, home, database_timeout=SHORT))
                load.where = running.url
            time.sleep(lasts / 2)
            assert spooled(home / "spool") > 0 or kill
            if not kill:
                away.come_back()
            load.wait_for(40)
            until(lambda: spooled(home / "spool") == 0, 60 + 3 * lasts)  # while as much comes in as before
            load.wait_for(40)
        lost = {0} if kill else set()  # on their way when the hotline was killed, if any were
        assert set(load.answers) - lost == {200}
        assert_nothing_lost(load, away.url, home / "spool")
        running.end()
    return load


def test_a_database_that_is_away_for_a_while_loses_nothing(away: Away, tmp_path: Path) -> None:
    outage(away, tmp_path, lasts=2, kill=False)


def test_a_hotline_killed_meanwhile_goes_on_from_its_spool(away: Away, tmp_path: Path) -> None:
    outage(away, tmp_path, lasts=2, kill=True)


@pytest.mark.campaign
def test_a_database_that_is_away_for_minutes_loses_nothing(away: Away, tmp_path: Path) -> None:
    """Three minutes, some 10,000 texts; `-s` shows the figures."""
    load = outage(away, tmp_path, lasts=180, kill=False)
    sys.stdout.write(f"{load.answers} over three minutes without a database, the slowest in {load.slowest:.2f} s\n")


@pytest.mark.campaign
@pytest.mark.parametrize("again", range(10))
def test_however_often_the_hotline_is_killed_meanwhile(away: Away, tmp_path: Path, again: int) -> None:
    outage(away, tmp_path, lasts=4 + again, kill=True)


def fill(running: Process, *, full: bool) -> None:
    """Let no file of this process grow, as on a full disk, or undo it."""
    resource.prlimit(running.popen.pid, resource.RLIMIT_FSIZE, (1 if full else resource.RLIM_INFINITY, -1))


def test_a_full_disk_is_said_and_gets_well_by_itself(away: Away, tmp_path: Path) -> None:
    spool = tmp_path / "spool"
    settings = twilio_settings(away.url, hotline_spool=spool, twilio_api_url="http://127.0.0.1:1")
    with process(settings, tmp_path, database_timeout=SHORT) as running:
        texts = [webhooks.sms(SENDERS[n % 3], f"STATUS {n}") for n in range(12)]
        assert [send(running.url, fields) for fields in texts[:3]] == [200] * 3
        until(lambda: spooled(spool) == 0)  # a slow database's texts wait there, and a full disk keeps them
        fill(running, full=True)
        away.leave() if away.url.startswith("postgresql") else None
        assert [send(running.url, fields) for fields in texts[3:6]] == [503] * 3
        assert spooled(spool) == 0
        fill(running, full=False)  # now the spool works, and on SQLite the database too
        assert [send(running.url, fields) for fields in texts[6:9]] == [200] * 3
        away.come_back() if away.url.startswith("postgresql") else None
        until(lambda: spooled(spool) == 0)
        until(lambda: send(running.url, texts[9]) == 200)
        assert [send(running.url, fields) for fields in texts[3:6]] == [200] * 3  # the carrier tries again
        until(lambda: spooled(spool) == 0)
        running.end()
        wanted = [fields["MessageSid"] for fields in (*texts[:3], *texts[3:6], *texts[6:10])]
        assert sorted(sid for sids in kept(away.url).values() for sid in sids) == sorted(wanted)
        if away.url.startswith("sqlite"):
            with closing(sqlite3.connect(make_url(away.url).database or "")) as connection, connection:
                assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def counted(session: Session) -> list[int]:
    tables: list[type[SQLModel]] = [Inbound, Request, Outbound]
    return [session.exec(select(func.count()).select_from(table)).one() for table in tables]


def test_one_webhook_fifty_times_at_once_is_one_text(database_url: str, tmp_path: Path) -> None:
    fields = webhooks.sms(ANA, "I need groceries for two, 14 Oak St")
    with FakeTwilio() as twilio:
        settings = twilio_settings(database_url, hotline_spool=tmp_path / "spool", twilio_api_url=twilio.url)
        with process(settings, tmp_path) as running:
            where = running.url
            twilio.post = lambda url, body, headers: (
                httpx.post(url.replace(PUBLIC, where), content=body, headers=headers).status_code
            )
            assert asyncio.run(at_once(where, fields, 50)) == Counter({200: 50})
            until(lambda: spooled(tmp_path / "spool") == 0)
            until(lambda: len(twilio.sent) >= 1)
            twilio.settle()
        assert [text.to for text in twilio.sent] == [ANA]
        days_later = Hotline(settings, clock=Clock(timedelta(hours=72)), carrier=TwilioRecorder(settings))
        before = days_later.database.read(counted)
        assert before == [1, 1, 1]
        twilio.post = within(create_app(hotline=days_later))
        assert {twilio.deliver(fields) for _ in range(5)} == {200}
        assert days_later.database.read(counted) == before
        assert days_later.counts()["seen"] == 5
        days_later.stop()


async def at_once(where: str, fields: dict[str, str], times: int) -> Counter[int]:
    """Post one webhook so many times over as many connections; returns the answers."""
    body = webhooks.form(fields)
    headers = webhooks.headers(webhooks.MESSAGE, body)
    limits = httpx.Limits(max_connections=times)
    async with httpx.AsyncClient(timeout=16, limits=limits) as client:
        posts = [client.post(f"{where}/twilio/message", content=body, headers=headers) for _ in range(times)]
        return Counter(answer.status_code for answer in await asyncio.gather(*posts))


@pytest.mark.campaign
@pytest.mark.parametrize("again", range(20))
def test_one_webhook_many_times_at_once_again_and_again(database_url: str, tmp_path: Path, again: int) -> None:
    settings = twilio_settings(database_url, hotline_spool=tmp_path / "spool", twilio_api_url="http://127.0.0.1:1")
    with process(settings, tmp_path) as one, process(settings, tmp_path) as other:
        fields = [webhooks.sms(SENDERS[n], "I need groceries for two, 14 Oak St") for n in range(4)]

        async def everywhere() -> list[Counter[int]]:
            return await asyncio.gather(*(at_once(at.url, each, 13) for each in fields for at in (one, other)))

        assert {status for answers in asyncio.run(everywhere()) for status in answers} <= {200, 503}
        until(lambda: spooled(tmp_path / "spool") == 0)
    held = engine.connect(settings.database)
    assert held.read(counted) == [4, 4, 4]
    held.close()


def test_a_client_that_hangs_up_changes_nothing(database_url: str, tmp_path: Path) -> None:
    settings = twilio_settings(database_url, hotline_spool=tmp_path / "spool", twilio_api_url="http://127.0.0.1:1")
    with process(settings, tmp_path) as running:
        host, port = "127.0.0.1", int(running.url.rsplit(":", 1)[1])
        body = webhooks.form(webhooks.sms(ANA, "I need groceries for two, 14 Oak St"))
        head = "".join(f"{name}: {value}\r\n" for name, value in webhooks.headers(webhooks.MESSAGE, body).items())
        first = f"POST /twilio/message HTTP/1.1\r\nHost: {host}\r\nContent-Length: {len(body)}\r\n{head}\r\n".encode()
        with socket.create_connection((host, port)) as cut:
            cut.sendall(first + body[: len(body) // 2])  # never says the rest
        with socket.create_connection((host, port)) as gone:
            gone.sendall(first + body)  # does not wait for the answer
        until(lambda: sum(map(len, kept(database_url).values())) == 1)
        assert send(running.url, webhooks.sms(ANA, "STATUS")) == 200
        running.end()
        assert running.ended_well
        assert "Traceback" not in running.said
    assert sum(map(len, kept(database_url).values())) == 2


def test_postgresql_is_really_gone_when_it_crashes(server: PostgreSQL) -> None:
    url = server.blank()
    server.crash()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(url)
    server.start()
    psycopg.connect(url).close()
