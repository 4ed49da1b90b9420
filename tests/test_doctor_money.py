"""`hotline doctor` on money and on errors: a month at today's use, prices that are estimates, texts that wait."""

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.carriers.twilio.carrier import Twilio
from app.cli.doctor import money
from models import lines
from models.delivery import spending
from models.store.session import Session
from tests.command import Command
from tests.test_talks import say
from tests.world import ANA, World


@pytest.fixture
def run(tmp_path: Path, migrated_file: Path) -> Command:
    """`hotline` on a database of its own, whose line is made already."""
    made = Command(f"sqlite:///{shutil.copy(migrated_file, tmp_path / 'hotline.db')}")
    made.good("tick")
    return made


def use(run: Command, days: int, micros: int) -> None:
    """So many days on each of which so much was spent on texts out."""
    kept = run.database()

    def work(session: Session) -> None:
        line, now = lines.all_lines(session)[0], datetime.now(UTC)
        for n in range(days + 1):
            spending.spend(session, line, 100, micros, now - timedelta(days=n))

    kept.write(work).result()
    kept.close()


def test_a_month_is_told_by_the_last_weeks(run: Command) -> None:
    use(run, 40, 500_000)
    said = run("doctor").stdout
    assert "a month at today's use costs about 15.00: 15.00 for texts out and 0.00 for texts in" in said
    assert "by the last 28 days" in said


def test_too_few_days_tell_nothing(run: Command) -> None:
    use(run, 1, 500_000)
    said = run("doctor").stdout
    assert "has sent too little yet to say what a month costs" in said
    assert "a month at today's use" not in said


def test_estimates_are_named_until_the_line_knows_better(run: Command) -> None:
    assert "0.0118 sms out" in run("doctor").stdout
    run.good("line", "price", "US", "sms", "out", "0.0121")
    assert "sms out" not in run("doctor").stdout.partition("estimates, so")[0].rpartition("\n")[2]


def test_texts_that_wait_because_of_an_error_are_explained(world: World) -> None:
    world.twilio.refuses = 21660
    say(world, ANA, "hello")
    carrier = world.hotline.carrier
    assert isinstance(carrier, Twilio)
    found = world.hotline.database.read(lambda s: list(money.kept(s, carrier, world.clock.now())))
    (only,) = found
    assert only.what.startswith("1 text waits because of error 21660")
    assert "Messaging Service" in only.what
    assert only.do is not None
    assert "HOTLINE_NUMBER" in only.do
    world.twilio.refuses = None
    world.drain(after=timedelta(minutes=5))
    assert world.hotline.database.read(lambda s: list(money.kept(s, carrier, world.clock.now()))) == []
