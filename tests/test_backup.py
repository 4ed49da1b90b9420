"""Backups: made while the hotline runs, checked, sealed, kept in their turn, nightly and before tables change."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from alembic import command
from sqlalchemy.engine import make_url

from app.backups import contents, drafts, elsewhere, folder, making, sealing
from app.backups.elsewhere import Elsewhere, NotTaken
from app.backups.folder import Backup
from app.backups.making import BackupFailed
from app.backups.sealing import WrongKey
from app.database import migrations
from app.hotline import Hotline
from app.settings import Settings
from app.telemetry.findings import Level
from app.web import diagnosis
from app.web.diagnosis import backups
from app.web.snapshot import HealthMonitor
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


def test_nothing_is_written_over_but_a_backup_that_one_says(run: Command, tmp_path: Path) -> None:
    run.good("backup", "--new-key", "key")
    before = (tmp_path / "key").read_bytes()
    for force in ([], ["--force"]):
        done = run("backup", "key", *force)
        assert done.exit_code == 1
        assert "key is there already, and is no backup that may go" in done.stderr
    assert (tmp_path / "key").read_bytes() == before
    run.good("backup", "x.db")
    assert "over that backup, --force" in run("backup", "x.db").stderr
    run.good("person", "add", "+12025550102", "--name", "Ben")
    run.good("backup", "x.db", "--force")
    assert contents.of(tmp_path / "x.db").people == 2


def test_a_sealed_one_that_is_cut_off_is_said_to_be_damaged(run: Command, tmp_path: Path) -> None:
    public = run.good("backup", "--new-key", "key").strip().partition("=")[2]
    run.good("backup", "x.db.age", BACKUP_PUBLIC_KEY=public)
    whole = (tmp_path / "x.db.age").read_bytes()
    for cut in (len(whole) - 1, len(whole) // 2, 1000):
        (tmp_path / "x.db.age").write_bytes(whole[:cut])
        done = run("restore", "x.db.age", "--yes", "--identity", "key")
        assert done.stderr == "x.db.age: it is damaged, or was cut off. Take another backup.\n"
    assert not list(tmp_path.glob(".restoring-*"))


DYING = """
import os, sys
from app.backups import contents, making
from app.clock import Clock
from app.settings import Settings
from pathlib import Path

def die(file):
    os.kill(os.getpid(), 9)

contents.of = making.contents.of = die
file = Path(sys.argv[1]) if len(sys.argv) > 1 else None
making.make(Settings(), Clock().now(), file=file, to=None if file else "true")
"""


def test_plain_copies_of_one_that_died_lie_beside_the_database_and_go(run: Command, tmp_path: Path) -> None:
    public = run.good("backup", "--new-key", "key").strip().partition("=")[2]
    (tmp_path / "away").mkdir()
    url = f"sqlite:///{tmp_path / 'hotline.db'}"
    temporary = {"TMPDIR": str(tmp_path / "temporary")}
    (tmp_path / "temporary").mkdir()
    for args, env in ((["away/y.db.age"], {"BACKUP_PUBLIC_KEY": public}), ([], {"BACKUP_FOLDER": "off"})):
        died = subprocess.run(
            [sys.executable, "-c", DYING, *args],
            cwd=tmp_path,
            env={**os.environ, "DATABASE_URL": url, **temporary, **env},
            check=False,
        )
        assert died.returncode == -9
    (tmp_path / ".restoring-0123456789ab").write_bytes(b"words")
    assert not list((tmp_path / "away").iterdir()) + list((tmp_path / "temporary").iterdir())
    left = sorted(path.name for path in tmp_path.glob(".*") if path.name != drafts.LOCK)
    assert len(left) == 3
    assert all(oct(path.stat().st_mode & 0o777) == "0o600" for path in tmp_path.glob(".hotline-*.partial"))
    assert run.good("doctor").count("was left unfinished; it may hold people's words") == 3
    ours = settings(url)
    with drafts.in_use(ours):  # somebody writes one now
        assert drafts.clear(ours, NIGHT) == 0
    assert drafts.clear(ours, NIGHT) == 3
    assert [path.name for path in tmp_path.glob(".*")] == [drafts.LOCK]


def test_a_hotline_that_starts_clears_them_away(hotline: Hotline) -> None:
    home = drafts.home(hotline.settings)
    left = home / ".restoring-0123456789ab"
    left.write_bytes(b"words")
    hotline.prepare()
    assert not left.exists()


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


@pytest.fixture
def gives(hotline: Hotline, tmp_path: Path) -> Callable[[str], Elsewhere]:
    """A hotline whose backups are to go elsewhere by this command; the first is made."""

    def given(command: str) -> Elsewhere:
        ours = hotline.settings.model_copy(update={"backup_folder": tmp_path / "kept", "backup_to": command})
        hotline.nightly.settings = hotline.settings = ours
        hotline.elsewhere = Elsewhere(ours, hotline.clock)
        assert hotline.nightly.once(hotline.clock.now() + timedelta(days=1))
        return hotline.elsewhere

    return given


@pytest.mark.usefixtures("tools")
def test_what_is_not_taken_elsewhere_is_tried_again_and_said(
    hotline: Hotline, gives: Callable[[str], Elsewhere], tmp_path: Path
) -> None:
    """A failure keeps no old backups, is tried again hourly, for the same backup too, and whoever asks hears it."""
    there = tmp_path / "there"
    away = gives(f"cat > {there}/$HOTLINE_BACKUP_NAME")
    now, night = hotline.clock.now() + timedelta(days=1), timedelta(days=1)
    tries: list[bool | None] = []
    for day in range(60):
        hotline.nightly.once(now + day * night)
        for hour in (1, 1.5, 2):
            try:
                tries.append(away.once(now + day * night + timedelta(hours=hour)))
            except NotTaken:
                tries.append(None)
    assert tries == [None, False, None] * 60
    assert len(folder.found(tmp_path / "kept", hotline.settings.database)) <= 11
    assert elsewhere.failing_since(hotline.settings) == now + timedelta(hours=1)
    snapshot = HealthMonitor(hotline).snapshot(None)
    assert snapshot.backups.no_copy_since == now + timedelta(hours=1)
    (said,) = diagnosis.elsewhere(snapshot.backups.no_copy_since, now + 3 * night)
    assert "for 2 days BACKUP_TO has taken no backup" in said.what
    told = [one for one in backups.check(hotline.settings, now + 3 * night) if one.level is Level.PROBLEM]
    assert any("BACKUP_TO has taken none for 2 days: The command that" in one.what for one in told)
    there.mkdir()
    assert away.once(now + 61 * night)
    assert len(list(there.iterdir())) == 1
    assert elsewhere.failing_since(hotline.settings) is None
    assert not away.once(now + 61 * night)  # it has it


@pytest.mark.usefixtures("tools")
def test_a_command_that_hangs_ends_with_its_time_or_with_the_hotline(
    hotline: Hotline, gives: Callable[[str], Elsewhere], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing waits for it meanwhile, and nothing of it stays."""
    beat = tmp_path / "beat"
    away = gives(f"(while :; do echo >> {beat}; sleep 0.05; done) & wait")
    monkeypatch.setattr(away.thread, "_interval", 0.01)
    monkeypatch.setattr(away.thread, "_first_in", 0)
    began = time.monotonic()
    away.start()
    while not beat.exists():
        time.sleep(0.01)
    hotline.nightly._round()  # the list of the erased among it
    away.stop()
    assert time.monotonic() - began < 5
    size = beat.stat().st_size
    time.sleep(0.3)
    assert beat.stat().st_size == size
    assert elsewhere.failing_since(hotline.settings) is None  # nobody has to mend that
    with pytest.raises(NotTaken, match="did not end within 0 minutes"):
        elsewhere.give(beat, "sleep 777", "x", lambda: False, timedelta(seconds=0.4))


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
