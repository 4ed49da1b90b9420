"""Behind a pooler in transaction mode, as PgBouncer's, everything works as without one."""

import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
import pytest
import sqlalchemy as sa
from sqlalchemy.engine import make_url
from sqlmodel import select

from app.database import engine
from app.hotline import Hotline
from app.inbound.receive import Taken
from app.telemetry.findings import Level
from app.web import diagnosis
from models.inbound import Heard, Inbound
from models.lines import Channel
from models.store.session import Session
from tests import fakes
from tests.command import Command
from tests.conftest import PATIENCE
from tests.fakes import LINE, Recorder, StillClock
from tests.pooler import Pooler
from tests.postgres import PostgreSQL

SENDERS = [f"+1202555{n:04}" for n in range(110, 120)]


@contextmanager
def pooler(postgres: PostgreSQL, **how: Any) -> Iterator[str]:
    """The address of an empty database behind a pooler."""
    url = postgres.blank()
    folder = Path(tempfile.mkdtemp(dir="/tmp"))
    name = str(make_url(url).database)
    running = Pooler(folder, postgres._server.data / ".s.PGSQL.5432", name, **how)
    yield f"postgresql://postgres@/{name}?host={quote(str(folder))}"
    running.close()
    shutil.rmtree(folder)
    postgres.drop(url)


@pytest.fixture
def pooled(postgres: PostgreSQL) -> Iterator[str]:
    """Such an address."""
    with pooler(postgres) as url:
        yield url


def test_a_pooler_is_noticed_and_no_statement_is_prepared_there(pooled: str, database_url: str) -> None:
    if database_url.startswith("sqlite"):
        return
    for url, threshold in ((pooled, None), (database_url, 5)):
        held = engine.connect(fakes.settings(url).database)
        with held.engine.connect() as connection:
            assert connection.connection.driver_connection.prepare_threshold == threshold  # type: ignore[union-attr]
        held.close()


POISON = "SET search_path = ''; SET statement_timeout = '700ms'; SET lock_timeout = '1ms'"


def test_what_others_left_in_a_session_of_the_pool_is_none_of_ours(postgres: PostgreSQL) -> None:
    with pooler(postgres, sessions=1) as url:
        with psycopg.connect(url, autocommit=True, prepare_threshold=None) as other:
            other.execute(POISON)
        run = Command(url)
        assert "up to date" in run.good("migrate")
        run.good("person", "add", "+12025550101", "--name", "Ana", "--helper")
        assert "Ana" in run.good("person", "list")
        held = run.database()
        assert held.read(limits) == ("5s", "250ms")
        held.close()
        with psycopg.connect(url, autocommit=True, prepare_threshold=None) as other:
            left = [other.execute(f"SHOW {name}").fetchone() for name in ("search_path", "statement_timeout")]
        assert left == [('""',), ("700ms",)]  # and we have left nothing to others


def test_every_transaction_behind_a_pooler_has_its_limits(pooled: str) -> None:
    held = engine.connect(fakes.settings(pooled).database)
    assert held.read(limits) == ("5s", "250ms")
    assert held.write(limits).result(PATIENCE) == ("5s", "250ms")
    held.close()


def limits(session: Session) -> tuple[str, str]:
    shown = sa.text("SELECT current_setting('statement_timeout'), current_setting('lock_timeout')")
    statement, lock = session.execute(shown).one()
    return statement, lock


def test_a_pooler_that_does_not_show_itself_costs_no_text(postgres: PostgreSQL) -> None:
    with pooler(postgres, sessions=1, hidden=True) as url:
        assert "up to date" in Command(url).good("migrate")
        settings = fakes.settings(url, hotline_reply_limit=0)
        both = [Hotline(settings, carrier=Recorder(), clock=StillClock()) for _ in range(2)]
        for hotline in both:
            hotline.prepare()
        for n in range(24):  # each prepares what it says often, under the same names
            heard = Heard(f"SM{n}", Channel.SMS, SENDERS[n % 8], LINE, f"STATUS {n}")
            assert both[n % 2].receive(heard).result(PATIENCE) is Taken.HANDLED
        meant = both[0].database.read(lambda s: Counter(s.exec(select(Inbound.intent))))
        assert meant == {"status": 24}
        for hotline in both:
            hotline.stop()


def test_what_is_worth_knowing_of_a_database_is_among_what_is_said_at_the_start(pooled: str) -> None:
    Command(pooled).good("migrate")
    hotline = Hotline(fakes.settings(pooled), carrier=Recorder(), clock=StillClock())
    hotline.prepare()
    found = hotline.database.read(lambda s: diagnosis.at_start(hotline.settings, hotline.carrier, s, fakes.MORNING))
    assert [each.level for each in found if each.about == "database" and "behind a pooler" in each.what] == [Level.OK]
    hotline.stop()


def test_a_server_that_is_too_old_is_refused(postgres: PostgreSQL) -> None:
    with pooler(postgres, says="12.22") as url:
        for command in ("migrate", "doctor", "serve --port 0", "work"):
            done = Command(url)(*command.split())
            assert done.exit_code == 1
            assert "is PostgreSQL 12, and the hotline needs 13 or newer" in done.output
            assert "upgrade it" in done.output


@pytest.mark.campaign  # its pooler lends few sessions and may stand still on a busy machine
def test_a_hotline_behind_a_pooler_migrates_takes_in_and_answers(pooled: str) -> None:
    run = Command(pooled)
    assert "up to date" in run.good("migrate")
    settings = fakes.settings(pooled, hotline_reply_limit=0)
    carriers = [Recorder(), Recorder()]
    both = [Hotline(settings, carrier=carrier, clock=StillClock()) for carrier in carriers]
    for hotline in both:
        hotline.prepare()
    taken = [
        hotline.receive(Heard(f"SM{n}{sender}", Channel.SMS, sender, LINE, body))
        for n, body in enumerate(["I need groceries for two, 14 Oak St", "STATUS", "MORE milk", "INFO 1", "HELP"])
        for sender in SENDERS
        for hotline in both[n % 2 :][:1]
    ]
    assert {future.result(60).value for future in taken} == {"handled"}
    for hotline in both:
        hotline.sender.drain()
        hotline.tick()
    assert sum(len(carrier.carried) for carrier in carriers) >= len(taken)
    assert both[0].database.read(prepared) == 0
    for hotline in both:
        hotline.stop()
    assert "answers and is up to date" in run("doctor").output


def prepared(session: Session) -> int:
    return int(session.execute(sa.text("SELECT count(*) FROM pg_prepared_statements")).scalar_one())
