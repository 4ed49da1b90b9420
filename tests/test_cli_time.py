"""`hotline tick` and `hotline migrate`: what runs by itself elsewhere, by hand."""

import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from models import lines, people, requests
from models.lines import Channel
from models.requests import State
from models.store.session import Session
from tests.command import Command


@pytest.fixture
def run(migrated_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    monkeypatch.chdir(tmp_path)
    return Command(f"sqlite:///{shutil.copy(migrated_file, tmp_path / 'hotline.db')}")


def wait_for(run: Command, moment: datetime) -> None:
    """An open request that time must act on at this moment."""
    run.good("line", "list")
    kept = run.database()

    def work(session: Session) -> None:
        line = lines.all_lines(session)[0]
        ana, _ = people.get_or_create(session, line, Channel.SMS, "+12025550101", moment, name="Ana")
        requests.create(
            session, line, person_id=ana.id, state=State.OPEN, now=moment, needs=["food"], next_action_at=moment
        )

    kept.write(work).result()
    kept.close()


def test_now(run: Command) -> None:
    assert run.good("tick") == "0 requests acted on\n"
    wait_for(run, datetime.now(UTC) - timedelta(minutes=1))
    assert run.good("tick") == "1 request acted on\n"
    assert run.good("tick") == "0 requests acted on\n"


@pytest.mark.parametrize(
    ("written", "acted"),
    [
        ("2031-07-01T09:59", 0),
        ("2031-07-01T10:00", 1),
        ("2031-07-01 10:00:00", 1),
        ("July 1, 2031 10 AM", 1),
        ("2031-07-01T13:59Z", 0),
        ("2031-07-01T14:00Z", 1),
        ("2031-07-01T16:00+02:00", 1),
    ],
)
def test_another_moment_is_on_the_lines_clock(run: Command, written: str, acted: int) -> None:
    wait_for(run, datetime(2031, 7, 1, 14, 0, tzinfo=UTC))
    assert run.good("tick", "--at", written) == f"{acted} request{'' if acted == 1 else 's'} acted on\n"


def test_an_hour_that_the_clocks_skip_is_the_one_after(run: Command) -> None:
    wait_for(run, datetime(2026, 3, 8, 7, 29, tzinfo=UTC))
    assert run.good("tick", "--at", "2026-03-08T02:28") == "0 requests acted on\n"
    assert run.good("tick", "--at", "2026-03-08T02:30") == "1 request acted on\n"


@pytest.mark.parametrize("written", ["soon", "", "2026-13-01", "9" * 400, "0001-01-01T00:00+14:00"])
def test_what_is_no_time(run: Command, written: str) -> None:
    done = run("tick", "--at", written)
    assert (done.exit_code, done.stderr) == (2, "--at: not a time; write it such as 2026-03-03T18:00\n")


def test_migrate_makes_and_checks_the_tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run = Command(f"sqlite:///{tmp_path}/new.db")
    done = run("migrate", "--check")
    assert (done.exit_code, done.stderr) == (1, "The database is not up to date. Run: hotline migrate\n")
    assert not (tmp_path / "new.db").exists()
    for _ in range(2):
        assert run.good("migrate") == "The database is up to date.\n"
        assert run.good("migrate", "--check").endswith("The database is up to date.\n")


def test_a_database_of_a_newer_hotline_is_left_alone(run: Command, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "hotline.db")) as newer, newer:
        newer.execute("UPDATE alembic_version SET version_num = 'ffffffffffff'")
    newer.close()
    for command in (["migrate"], ["person", "list"]):
        done = run(*command)
        assert done.exit_code == 1
        assert done.stderr.startswith("The database belongs to a newer hotline than this one.")
