"""Behind a pooler in transaction mode, as PgBouncer's, everything works as without one."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import make_url

from app.database import engine
from app.hotline import Hotline
from models.inbound import Heard
from models.lines import Channel
from models.store.session import Session
from tests import fakes
from tests.command import Command
from tests.fakes import LINE, Recorder, StillClock
from tests.pooler import Pooler
from tests.postgres import PostgreSQL

SENDERS = [f"+1202555{n:04}" for n in range(110, 120)]


@pytest.fixture
def pooled(postgres: PostgreSQL) -> Iterator[str]:
    """The address of an empty database behind a pooler."""
    url = postgres.blank()
    folder = Path(tempfile.mkdtemp(dir="/tmp"))
    name = str(make_url(url).database)
    pooler = Pooler(folder, postgres._server.data / ".s.PGSQL.5432", name)
    yield f"postgresql://postgres@/{name}?host={quote(str(folder))}"
    pooler.close()
    shutil.rmtree(folder)
    postgres.drop(url)


def test_a_pooler_is_noticed_and_no_statement_is_prepared_there(pooled: str, database_url: str) -> None:
    if database_url.startswith("sqlite"):
        return
    for url, threshold in ((pooled, None), (database_url, 5)):
        held = engine.connect(fakes.settings(url).database)
        with held.engine.connect() as connection:
            assert connection.connection.driver_connection.prepare_threshold == threshold  # type: ignore[union-attr]
        held.close()


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
