"""Backups: made while the hotline runs, checked, sealed, kept in their turn, nightly and before tables change."""

import os
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from alembic import command
from sqlalchemy.engine import make_url

from app.backups import contents, folder, making, sealing
from app.backups.folder import Backup
from app.backups.making import BackupFailed
from app.backups.sealing import WrongKey
from app.database import migrations
from app.hotline import Hotline
from app.settings import Settings
from tests.command import Command
from tests.fakes import settings
from tests.put_back import tools

__all__ = ["tools"]
NIGHT = datetime(2026, 11, 26, 8, 30, tzinfo=UTC)
URL = make_url("sqlite:///hotline.db")


@pytest.fixture
def run(migrated_file: Path, tmp_path: Path) -> Command:
    running = Command(f"sqlite:///{shutil.copy(migrated_file, tmp_path / 'hotline.db')}")
    running.good("person", "add", "+12025550101", "--name", "Ana")
    return running


def days(*ago: float, why: str = "") -> list[Backup]:
    return [Backup(Path(f"{n}{why}"), NIGHT - timedelta(days=n), why) for n in ago]


def test_so_many_days_and_weeks_are_kept_and_nothing_for_ever() -> None:
    every = days(*range(60)) + days(1.5, 2.5, 10.5, 11.5, 50.5, why="-before-migration")
    kept = folder.kept(every, 7, 4, ZoneInfo("America/New_York"), NIGHT)
    usual = sorted((NIGHT - one.at).days for one in kept if not one.why)
    assert usual[:7] == list(range(7))
    assert len(usual) == 9  # the last of this week and of the one before are among the seven
    assert max(usual) < 28
    assert len([one for one in kept if one.why]) == 3
    assert folder.kept(days(100), 0, 0, ZoneInfo("UTC"), NIGHT) == days(100)  # never the last one


def test_a_file_is_its_owners_alone_and_whole(run: Command, tmp_path: Path) -> None:
    said = run.good("backup", "x.db")
    assert "1 person, 0 requests, 0 texts" in said
    assert oct((tmp_path / "x.db").stat().st_mode & 0o777) == "0o600"
    assert contents.of(tmp_path / "x.db").people == 1
    assert not list(tmp_path.glob("*.partial")) + list(tmp_path.glob(".*.partial"))


def test_what_was_deleted_is_not_taken_along(run: Command, tmp_path: Path) -> None:
    kept = run.database()
    kept.write(lambda session: session.execute(sa.text("UPDATE person SET name = 'Zebulon Quist'"))).result()
    kept.write(lambda session: session.execute(sa.text("UPDATE person SET name = ''"))).result()
    kept.close()
    run.good("backup", "x.db")
    assert b"Zebulon" not in (tmp_path / "x.db").read_bytes()


def test_sealed_to_a_public_key_it_is_opened_by_the_other_alone(run: Command, tmp_path: Path) -> None:
    public = run.good("backup", "--new-key", "key").strip().partition("=")[2]
    assert oct((tmp_path / "key").stat().st_mode & 0o777) == "0o600"
    assert run("backup", "--new-key", "key").exit_code == 1
    run.good("backup", "x.age", BACKUP_PUBLIC_KEY=public)
    assert b"SQLite" not in (tmp_path / "x.age").read_bytes()
    assert "encrypted" in run("restore", "x.age", "--yes").stderr
    sealing.new_key(tmp_path / "another")
    with pytest.raises(WrongKey):
        sealing.unseal(tmp_path / "x.age", tmp_path / "plain", tmp_path / "another")
    assert run("restore", "x.age", "--yes", "--identity", "another").exit_code == 1
    run.good("restore", "x.age", "--yes", "--identity", "key")
    assert "Ana" in run.good("person", "list")


def test_a_command_takes_it_or_it_is_said_that_it_did_not(run: Command, tmp_path: Path) -> None:
    run.good("backup", "--to", "cat > elsewhere-$HOTLINE_BACKUP_NAME", BACKUP_FOLDER="")
    (taken,) = tmp_path.glob("elsewhere-*")
    assert contents.of(taken).people == 1
    assert not (tmp_path / "backups").exists()
    done = run("backup", "x.db", "--to", "echo no room >&2; exit 3")
    assert (done.exit_code, done.stderr) == (1, "The command that was to take it ended with 3: no room.\n")


def test_the_database_itself_is_never_written_over(run: Command) -> None:
    assert "is the database itself" in run("backup", "hotline.db").stderr
    assert "Ana" in run.good("person", "list")


@pytest.mark.parametrize(("said", "off"), [("", True), ("off", True), ("elsewhere", False), (None, False)])
def test_an_empty_folder_means_none(
    said: str | None, off: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    if said is not None:
        monkeypatch.setenv("BACKUP_FOLDER", said)
    assert (Settings(_env_file=None).backups is None) == off
    monkeypatch.delenv("BACKUP_FOLDER", raising=False)
    (tmp_path / ".env").write_text("" if said is None else f"BACKUP_FOLDER={said}\n")
    assert (Settings().backups is None) == off


@pytest.mark.usefixtures("tools")
def test_one_a_night_by_itself(hotline: Hotline, tmp_path: Path) -> None:
    ours = hotline.settings.model_copy(update={"backup_folder": tmp_path / "kept"})
    hotline.nightly.settings = ours
    now = hotline.clock.now()
    assert not hotline.nightly.once(now)  # its first night is to come
    assert hotline.nightly.once(now + timedelta(days=1))
    assert not hotline.nightly.once(now + timedelta(days=1, hours=5))
    assert hotline.nightly.once(now + timedelta(days=2))
    assert len(folder.found(tmp_path / "kept", ours.database)) == 2


def test_before_tables_change_and_not_otherwise(run: Command, tmp_path: Path) -> None:
    assert not (tmp_path / "backups").exists()
    run.database().close()  # its tables are made
    with migrations._migrating(make_url(f"sqlite:///{tmp_path / 'hotline.db'}")) as connection:
        command.downgrade(migrations.alembic_config(connection), "ee746e6ded85")
    (tmp_path / "backups").write_text("in the way")
    done = run("migrate")
    assert done.exit_code == 1
    assert "no backup could be made before" in done.stderr
    (tmp_path / "backups").unlink()
    run.good("migrate")
    (made,) = (tmp_path / "backups").glob("*-before-migration.db")
    assert contents.of(made).revision == "ee746e6ded85"
    run.good("restore", str(made), "--yes")  # an older one is brought up to date
    assert "Ana" in run.good("person", "list")


def test_doctor_says_how_old_the_last_one_is(run: Command) -> None:
    assert "warning  backup: there is none yet in" in run.good("doctor")
    run.good("backup")
    assert "ok       backup: the last is" in run.good("doctor")
    assert "warning  backup: none is made by itself" in run.good("doctor", BACKUP_FOLDER="")


def test_without_pg_dump_it_is_said_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, base: object, database_url: str
) -> None:
    if not database_url.startswith("postgresql"):
        pytest.skip("SQLite needs no program")
    monkeypatch.setenv("PATH", os.devnull)
    with pytest.raises(BackupFailed, match=r"no pg_dump here.*apt install postgresql-client"):
        making.make(settings(database_url), NIGHT, file=tmp_path / "x")
