"""How long PostgreSQL may take: short for a text, long enough for the clock, figures and commands.

PostgreSQL itself notes which limits were in force when a row was written.
"""

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from app.database import engine
from app.database.base import Database
from app.hotline import Hotline
from models.inbound import Heard
from models.lines import Channel
from models.store.session import Session
from tests import fakes
from tests.command import Command
from tests.conftest import PATIENCE
from tests.fakes import LINE, Recorder, StillClock
from tests.postgres import PostgreSQL
from tests.test_pooler import limits, pooler

NOTED = """
CREATE TABLE noted (what text, how text);
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO noted VALUES (TG_TABLE_NAME, current_setting('statement_timeout'));
  RETURN NULL;
END $$;
CREATE TRIGGER noted AFTER INSERT OR UPDATE ON person FOR EACH ROW EXECUTE FUNCTION note();
CREATE TRIGGER noted AFTER INSERT OR UPDATE ON request FOR EACH ROW EXECUTE FUNCTION note();
"""
USUAL, BACKGROUND, COMMAND = ("5s", "250ms"), ("1min", "250ms"), ("10min", "5s")


@pytest.fixture
def noting(postgres: PostgreSQL) -> Iterator[str]:
    """A database that notes it."""
    url = postgres.blank()
    assert "up to date" in Command(url).good("migrate")
    kept = engine.connect(fakes.settings(url).database)
    kept.write(lambda session: session.connection.exec_driver_sql(NOTED)).result(PATIENCE)
    kept.close()
    yield url
    postgres.drop(url)


def taken_notes(kept: Database, of: str) -> set[str]:
    """The limits in force for all that was written into a table since somebody looked last."""
    taken = sa.text("DELETE FROM noted WHERE what = :of RETURNING how")
    return kept.write(lambda session: {how for (how,) in session.execute(taken, {"of": of})}).result(PATIENCE)


def test_a_text_has_seconds_the_clock_a_minute_and_a_command_ten(noting: str) -> None:
    kept = engine.connect(fakes.settings(noting).database)
    Command(noting).good("person", "add", "+12025550102", "--name", "Ben", "--helper")
    assert taken_notes(kept, "person") == {"10min"}
    hotline = Hotline(fakes.settings(noting), carrier=Recorder(), clock=StillClock(), database_timeout=PATIENCE)
    hotline.prepare()
    hotline.receive(Heard("SM1", Channel.SMS, "+12025550101", LINE, "need groceries at Oak St")).result(PATIENCE)
    assert taken_notes(kept, "request") == {"5s"}
    hotline.clock.advance(timedelta(days=2))
    assert hotline.tick()
    assert taken_notes(kept, "request") == {"1min"}
    hotline.stop()
    kept.close()


def test_what_may_take_a_minute_leaves_no_limit_to_what_comes_after(postgres: PostgreSQL) -> None:
    direct = postgres.migrated()
    with pooler(postgres, sessions=1) as pooled:
        for url in (direct, pooled):
            kept = engine.connect(fakes.settings(url).database)
            for unhurried, expected in ((True, BACKGROUND), (False, USUAL)):
                assert kept.read(limits, unhurried=unhurried) == expected
                assert kept.read(patience, unhurried=unhurried) == (65 if unhurried else 8)
                assert kept.write(limits, unhurried=unhurried).result(PATIENCE) == expected
                assert kept.write(patience, unhurried=unhurried).result(PATIENCE) == (65 if unhurried else 8)
            kept.close()
            command = engine.connect(fakes.settings(url).database, engine.COMMAND)
            assert command.read(limits, unhurried=True) == COMMAND
            assert command.write(limits).result(PATIENCE) == COMMAND
            command.close()
    postgres.empty(direct)


def patience(session: Session) -> float | None:
    """Seconds until the server is given up that says nothing to this connection."""
    driver = session.connection.connection.driver_connection
    assert driver is not None
    found: float | None = driver.patience
    return found


def test_what_is_given_up_is_no_longer_patient(postgres: PostgreSQL) -> None:
    url = postgres.migrated()
    kept = engine.connect(fakes.settings(url).database)

    def slow(session: Session) -> None:
        session.execute(sa.text("SET LOCAL statement_timeout = '1ms'"))
        session.execute(sa.text("SELECT pg_sleep(60)"))

    with pytest.raises(OperationalError, match="statement timeout"):
        kept.write(slow, unhurried=True).result(PATIENCE)
    assert kept.write(limits).result(PATIENCE) == USUAL
    assert kept.write(patience).result(PATIENCE) == 8
    kept.close()
    postgres.empty(url)


def test_texts_do_not_wait_for_what_shares_their_turn(database_url: str) -> None:
    """What waits together is committed together, but for what may take long: that comes after."""
    kept = engine.connect(fakes.settings(database_url).database)
    order: list[str] = []
    began, go = threading.Event(), threading.Event()

    def hold(_: Session) -> None:
        began.set()
        go.wait(PATIENCE)

    held = kept.write(hold)
    began.wait(PATIENCE)
    slow = kept.write(lambda _: order.append("slow"), unhurried=True)
    text = kept.write(lambda _: order.append(f"text, answered first: {not slow.done()}"))
    other = kept.write(lambda _: order.append("text"))
    go.set()
    for each in (held, slow, text, other):
        each.result(PATIENCE)
    assert order == ["text, answered first: True", "text", "slow"]
    kept.close()
