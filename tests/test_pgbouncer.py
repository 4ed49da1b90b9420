"""Behind a real PgBouncer: forty people text five times each to four processes; what it refuses is explained.

Skipped where no PgBouncer is installed; tests/test_pooler.py has the same on every machine, with a pooler of ours.
"""

import asyncio
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import psycopg
import pytest
from sqlalchemy.engine import make_url
from sqlmodel import select

from app.database import engine
from app.inbound.spool import Spool
from models.delivery.outbound import Outbound
from models.inbound import Inbound
from tests import fakes, pgbouncer, webhooks
from tests.command import Command
from tests.fake_twilio import FakeTwilio
from tests.fakes import PUBLIC, twilio_settings
from tests.postgres import PostgreSQL
from tests.serving import SETTLED, process, until
from tests.test_crash import worker

pytestmark = pytest.mark.skipif(pgbouncer.PROGRAM is None, reason=pgbouncer.MISSING)

BODIES = ["I need groceries for two, 14 Oak St", "STATUS", "MORE milk", "INFO 1", "HELP"]
SENDERS = [f"+1202555{n:04}" for n in range(110, 150)]
COMMANDS = ["migrate", "serve --port 0", "work", "doctor", "person list"]


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder for PgBouncer's socket: its path must be short."""
    made = Path(tempfile.mkdtemp(dir="/tmp"))
    yield made
    shutil.rmtree(made)


@pytest.fixture
def blank(postgres: PostgreSQL) -> Iterator[str]:
    """A database without tables, without a pooler."""
    url = postgres.blank()
    yield url
    postgres.drop(url)


def name_of(url: str) -> str:
    return str(make_url(url).database)


def test_forty_people_and_four_processes_in_transaction_mode(
    postgres: PostgreSQL, blank: str, folder: Path, tmp_path: Path
) -> None:
    with pgbouncer.running(folder, postgres._server.data, name_of(blank)) as url, FakeTwilio() as twilio:
        assert "up to date" in Command(url).good("migrate")
        spool = tmp_path / "spool"
        settings = twilio_settings(url, hotline_spool=spool, hotline_reply_limit=0, twilio_api_url=twilio.url)
        with ExitStack() as stack:
            webs = [stack.enter_context(process(settings, tmp_path)).url for _ in range(3)]
            stack.enter_context(worker(settings, tmp_path))
            twilio.post = lambda to, body, headers: (
                httpx.post(to.replace(PUBLIC, webs[0]), content=body, headers=headers, timeout=60).status_code
            )
            for web in webs:
                until(lambda web=web: healthy(web), SETTLED)  # type: ignore[misc]
            assert asyncio.run(everybody(webs)) == {200: 200}
            until(lambda: Spool(spool).waiting() == 0, SETTLED)
            until(lambda: len(twilio.sent) >= 200, SETTLED)
            twilio.settle()
        assert Counter(text.to for text in twilio.sent) == {f"whatsapp:{sender}": 5 for sender in SENDERS}
        held = engine.connect(fakes.settings(blank).database)
        meant = held.read(lambda session: Counter(session.exec(select(Inbound.intent))))
        assert meant == dict.fromkeys(("ask", "status", "more", "info", "help"), 40)
        assert len(held.read(lambda session: session.exec(select(Outbound.id)))) == 200
        held.close()
        assert set(pgbouncer.leftovers(url, 5)) == {('"$user", public', "0", "0")}  # nothing is left to others


async def everybody(webs: list[str]) -> Counter[int]:
    """All text at once, each the next text when the one before was answered; the answers."""
    async with httpx.AsyncClient(timeout=60, limits=httpx.Limits(max_connections=64)) as client:

        async def one(n: int) -> list[int]:
            answers = []
            for each, said in enumerate(BODIES):
                body = webhooks.form(webhooks.whatsapp(SENDERS[n], said))
                headers = webhooks.headers(webhooks.MESSAGE, body)
                where = webs[(n + each) % len(webs)]
                answers.append(
                    (await client.post(f"{where}/twilio/message", content=body, headers=headers)).status_code
                )
            return answers

        return Counter(answer for many in await asyncio.gather(*map(one, range(40))) for answer in many)


def healthy(web: str) -> bool:
    try:
        return httpx.get(f"{web}/health", timeout=60).status_code == 200
    except httpx.HTTPError:
        return False


def test_a_backup_through_it_spoils_nothing_for_those_who_come_after(
    postgres: PostgreSQL, blank: str, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(pgbouncer.TOOLS), prepend=":")
    with pgbouncer.running(folder, postgres._server.data, name_of(blank), default_pool_size=1) as url:
        run = Command(url)
        run.good("person", "add", "+12025550101", "--name", "Ana", "--helper")
        assert "is whole" in run.good("backup", str(tmp_path / "all.hotline"))
        with psycopg.connect(url, autocommit=True, prepare_threshold=None) as tool:
            tool.execute("SELECT set_config('search_path', '', false)")  # as pg_dump does before anything else
        assert "Ana" in run.good("person", "list")
        assert "up to date" in run.good("migrate")
        assert "is behind a pooler" in run("doctor").output


@pytest.mark.parametrize("command", COMMANDS)
def test_statement_mode_is_refused_with_the_cure(
    postgres: PostgreSQL, blank: str, folder: Path, command: str
) -> None:
    with pgbouncer.running(folder, postgres._server.data, name_of(blank), pool_mode="statement") as url:
        done = Command(url)(*command.split())
        assert done.exit_code == 1
        assert "pool_mode = transaction" in done.output


def test_session_mode_works_too(postgres: PostgreSQL, blank: str, folder: Path) -> None:
    with pgbouncer.running(folder, postgres._server.data, name_of(blank), pool_mode="session") as url:
        run = Command(url)
        run.good("migrate")
        run.good("person", "add", "+12025550101", "--name", "Ana", "--helper")
        assert "PROBLEM" not in run.good("doctor")


def test_options_that_it_does_not_take_are_named(postgres: PostgreSQL, blank: str, folder: Path) -> None:
    with pgbouncer.running(folder, postgres._server.data, name_of(blank)) as url:
        said = Command(f"{url}&options=-csearch_path%3Dpublic")("migrate").output
        assert "The pooler before it does not take options from DATABASE_URL: leave that out" in said


def test_a_pool_without_a_free_session_says_so(postgres: PostgreSQL, blank: str, folder: Path) -> None:
    few = {"default_pool_size": 1, "query_wait_timeout": 1}
    with pgbouncer.running(folder, postgres._server.data, name_of(blank), **few) as url:
        with psycopg.connect(url, prepare_threshold=None) as other:
            other.execute("SELECT 1")  # and its transaction stays open
            said = Command(url)("migrate").output
        assert "The pooler before it had no session free in time" in said
        assert "up to date" in Command(url).good("migrate")


def test_a_database_it_does_not_know_and_a_server_it_does_not_reach(
    postgres: PostgreSQL, blank: str, folder: Path
) -> None:
    with pgbouncer.running(folder, postgres._server.data, name_of(blank)) as url:
        said = Command(url.replace(name_of(blank), "elsewhere"))("migrate").output
        assert "write the name of one that is there into DATABASE_URL" in said
    with pgbouncer.running(folder, folder / "nowhere", name_of(blank)) as url:
        said = Command(url)("doctor").output  # PgBouncer lets everybody wait
        assert "or the pooler before it does not reach it" in said
