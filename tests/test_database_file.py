"""SQLite's file is deleted, replaced or closed to us under a running process: nothing is said to be kept that is not.

Whatever happens to the files, what was answered is in the database at the path or in the spool.
"""

import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy.engine import make_url

from app.cli.console import opened
from app.database import engine, migrations
from app.database.engine import FileGone, SQLite
from app.database.sqlite_files import DELETED, LOG_GONE, OVERWRITTEN, REPLACED
from app.inbound.spool import Spool
from models.store.session import Session
from tests import fakes, webhooks
from tests.fakes import twilio_settings
from tests.naming import add, names
from tests.serving import ROOT, Process, process, until
from tests.test_outage import SENDERS, send


@pytest.fixture
def file(migrated_file: Path, tmp_path: Path) -> Path:
    """The database of a hotline with one line."""
    (tmp_path / "data").mkdir()
    file = Path(shutil.copy(migrated_file, tmp_path / "data" / "hotline.db"))
    with opened(fakes.settings(f"sqlite:///{file}")):
        pass
    return file


@pytest.fixture
def base(file: Path) -> Iterator[SQLite]:
    """That database as a running process has it open."""
    held = SQLite(make_url(f"sqlite:///{file}"))
    held.write(add("before")).result()
    yield held
    held.close()


def on_disk(file: Path) -> list[str]:
    """The names in the files at this path, as a process would find them that starts now."""
    copies = file.parent.parent / "copies"
    shutil.rmtree(copies, ignore_errors=True)
    copies.mkdir()
    for each in (file, file.with_name(f"{file.name}-wal")):
        shutil.copy(each, copies) if each.exists() else None
    with closing(sqlite3.connect(copies / file.name)) as fresh:
        try:
            return [name for (name,) in fresh.execute("SELECT name FROM line ORDER BY id")]
        except sqlite3.DatabaseError:
            return []


def backup(file: Path) -> Path:
    """A copy as a backup program makes it."""
    with closing(sqlite3.connect(file)) as live, closing(sqlite3.connect(file.with_name("backup.db"))) as copy:
        live.backup(copy)
    return file.with_name("backup.db")


def deleted(file: Path) -> None:
    file.unlink()


def all_deleted(file: Path) -> None:
    for each in file.parent.glob("hotline.db*"):
        each.unlink()


def moved(file: Path) -> None:
    file.rename(file.with_name("old.db"))


def folder_moved(file: Path) -> None:
    file.parent.rename(file.parent.with_name("elsewhere"))


def folder_deleted(file: Path) -> None:
    shutil.rmtree(file.parent)


def emptied(file: Path) -> None:
    deleted(file)
    file.touch()


def made_anew(file: Path) -> None:
    other = file.with_name("other.db")
    with opened(fakes.settings(f"sqlite:///{other}")):
        pass
    other.replace(file)


def another_program(file: Path) -> None:
    deleted(file)
    file.write_bytes(b"\x89PNG" * 5000)


def a_folder(file: Path) -> None:
    deleted(file)
    file.mkdir()


def a_lock_that_is_a_folder(file: Path) -> None:
    file.with_name("hotline.db.lock").unlink()
    file.with_name("hotline.db.lock").mkdir()


def cut(file: Path) -> None:
    os.truncate(file, 0)
    os.truncate(file.with_name("hotline.db-wal"), 0)


DAMAGE: dict[Callable[[Path], None], str] = {
    deleted: DELETED,
    all_deleted: DELETED,
    moved: DELETED,
    emptied: REPLACED,
    made_anew: REPLACED,
    another_program: REPLACED,
    a_folder: REPLACED,
    cut: OVERWRITTEN,
    folder_moved: "its lock cannot be had: No such file or directory",
    folder_deleted: "its lock cannot be had: No such file or directory",
    a_lock_that_is_a_folder: "its lock cannot be had: Is a directory",
}


@pytest.mark.parametrize("damage", DAMAGE, ids=[damage.__name__ for damage in DAMAGE])
def test_what_would_be_in_no_file_is_acknowledged_to_nobody(base: SQLite, file: Path, damage: Any) -> None:
    damage(file)
    for n in range(3):
        with pytest.raises(FileGone) as gone:
            base.write(add(f"lost {n}")).result()
        assert gone.value.what == DAMAGE[damage]
        assert engine.is_transient(gone.value)
    if damage is not a_lock_that_is_a_folder:  # what is there can still be read
        with pytest.raises(FileGone):
            base.read(names)
    assert file.is_file() == (damage in (emptied, made_anew, another_program, cut, a_lock_that_is_a_folder))


def test_a_file_that_is_back_is_taken_up_again(base: SQLite, file: Path) -> None:
    old, elsewhere = file.with_name("old.db"), file.parent.with_name("elsewhere")
    for path, away in ((file, old), (file.parent, elsewhere)):
        path.rename(away)
        with pytest.raises(FileGone):
            base.write(add("lost")).result()
        away.rename(path)
        base.write(add(f"back from {away.name}")).result()
        assert on_disk(file)[-1] == f"back from {away.name}"
        assert base.read(names)


def test_a_file_that_was_moved_is_whole_where_it_is_now(base: SQLite, file: Path) -> None:
    moved(file)
    with pytest.raises(FileGone):
        base.write(add("lost")).result()
    made_anew(file)
    with pytest.raises(FileGone):
        base.write(add("lost")).result()
    assert on_disk(file) == ["Neighbors' Hotline"]  # not a mixture of the two
    assert on_disk(file.with_name("old.db"))[-1] == "before"


def test_a_backup_of_the_same_hotline_may_take_its_place_and_the_old_one_stays_whole(
    base: SQLite, file: Path
) -> None:
    copy = backup(file)
    base.write(add("after the backup")).result()
    moved(file)
    copy.rename(file)
    base.write(add("restored")).result()
    assert on_disk(file)[-2:] == ["before", "restored"]
    assert "after the backup" in on_disk(file.with_name("old.db"))
    assert base.read(names) == sorted(on_disk(file))


def test_another_file_copied_over_it_takes_nothing_until_it_is_right_again(base: SQLite, file: Path) -> None:
    for _ in range(5):
        for made in [base.write(add(f"filling {n}" + "x" * 2000)) for n in range(400)]:
            made.result()
    assert file.stat().st_size > 500_000
    right = backup(file)
    other = file.with_name("other.db")
    migrations.upgrade(make_url(f"sqlite:///{other}"))
    with closing(sqlite3.connect(other)) as foreign, foreign:
        foreign.execute("CREATE TABLE filling AS SELECT zeroblob(4000000) AS x")
    shutil.copyfile(other, file)
    for n in range(3):
        with pytest.raises(FileGone) as gone:
            base.write(add(f"lost {n}")).result()
        assert gone.value.what == OVERWRITTEN
    shutil.copyfile(right, file)
    base.write(add("taken")).result()
    assert on_disk(file)[-1] == "taken"


def test_what_another_program_wrote_well_is_gone_on_with(base: SQLite, file: Path) -> None:
    with closing(sqlite3.connect(file)) as shell, shell:
        shell.execute("UPDATE line SET name = 'renamed' WHERE name = 'before'")
        shell.commit()
        shell.execute("PRAGMA wal_checkpoint")
    base.write(add("after")).result()
    assert on_disk(file)[-2:] == ["renamed", "after"]


def test_a_log_that_was_deleted_costs_nothing(base: SQLite, file: Path) -> None:
    for suffix in ("-wal", "-shm"):
        base.write(add(f"in the log {suffix}")).result()
        file.with_name(f"hotline.db{suffix}").unlink()
        base.write(add(f"after {suffix}")).result()
        assert on_disk(file)[-2:] == [f"in the log {suffix}", f"after {suffix}"]


def test_what_is_lost_between_two_looks_is_acknowledged_to_nobody(base: SQLite, file: Path) -> None:
    def work(session: Session) -> None:
        add("committed")(session)
        file.with_name("hotline.db-wal").unlink()

    with pytest.raises(FileGone) as gone:
        base.write(work).result()
    assert gone.value.what == LOG_GONE
    base.write(add("after")).result()
    assert on_disk(file)[-2:] == ["committed", "after"]

    def delete(session: Session) -> None:
        add("lost")(session)
        moved(file)

    with pytest.raises(FileGone) as gone:
        base.write(delete).result()
    assert gone.value.what == DELETED


def test_a_process_that_runs_makes_no_new_database(base: SQLite, file: Path) -> None:
    base.close()
    deleted(file)
    other = SQLite(base.url)
    with pytest.raises(engine.OperationalError):
        other.write(add("lost")).result()
    with pytest.raises(engine.OperationalError):
        other.read(names)
    other.close()
    assert not file.exists()


READ_ONLY = """
import os, sys
from pathlib import Path
from sqlalchemy.engine import make_url
from app.database.engine import SQLite, is_transient
from app.inbound.spool import Spool
from tests.naming import add, names, stored
folder = Path(sys.argv[1])
if os.geteuid() == 0:  # nothing is read-only for root
    os.chown(folder, 65534, 65534)
    os.setresgid(65534, 65534, 65534)
    os.setresuid(65534, 65534, 65534)
from app.database import migrations
url = make_url(f"sqlite:///{folder}/hotline.db")
migrations.upgrade(url)
base = SQLite(url)
base.write(add("before")).result()
wanted = ["before"]
for which, mode in (("hotline.db*", 0o444), ("hotline.db", 0o444), ("hotline.db.lock", 0o000), (".", 0o555)):
    paths = [folder] if which == "." else list(folder.glob(which))
    for path in paths:
        path.chmod(mode)
    said = "taken"
    try:
        wanted.append(base.write(add(which)).result())
    except Exception as error:
        assert is_transient(error), error
        said = "refused"
    for path in paths:
        path.chmod(0o700 if which == "." else 0o600)
    assert stored(base) == sorted(wanted), (which, said)
    wanted.append(base.write(add(f"after {which}")).result())
    print(which, said)
assert stored(base) == sorted(wanted)
base.close()
"""


def test_files_made_read_only_take_either_nothing_or_what_is_on_disk() -> None:
    folder = Path(tempfile.mkdtemp(dir="/tmp"))
    try:
        command = [sys.executable, "-c", READ_ONLY, str(folder)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
        assert done.returncode == 0, done.stderr
        assert done.stdout.splitlines()[0] == "hotline.db* refused"
    finally:
        shutil.rmtree(folder)


def modes(folder: Path) -> dict[str, str]:
    return {path.name: oct(path.stat().st_mode & 0o777) for path in folder.iterdir() if path.is_file()}


def test_nobody_but_their_owner_reads_the_files_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        url = make_url(f"sqlite:///{tmp_path}/hotline.db")
        migrations.upgrade(url)
        held = SQLite(url)
        held.write(add("oak")).result()
        wanted = dict.fromkeys(("hotline.db", "hotline.db-wal", "hotline.db-shm", "hotline.db.lock"), "0o600")
        assert modes(tmp_path) == wanted
        held.close()
        for path in tmp_path.iterdir():  # as an older version made them
            path.chmod(0o644)
        held = SQLite(url)
        held.write(add("elm")).result()
        assert modes(tmp_path) == wanted
        held.close()
    finally:
        os.umask(before)


def test_a_served_hotline_whose_file_is_taken_away_keeps_every_text_and_says_so(file: Path, tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool")
    settings = twilio_settings(f"sqlite:///{file}", hotline_spool=spool.folder, twilio_api_url="http://127.0.0.1:1")
    taken: list[str] = []
    with process(settings, tmp_path) as running:
        text(running, taken)
        copy, early = backup(file), len(taken)
        moved(file)
        text(running, taken)
        assert_down(running, "the database is not used: its file was deleted or moved while the hotline runs.")
        assert spool.waiting() == len(taken) - early
        made_anew(file)
        text(running, taken)
        assert_down(running, "the database is not used: another file was put in the place of its file")
        assert spool.waiting() == len(taken) - early
        copy.replace(file)
        until(lambda: spool.waiting() == 0)
        until(lambda: httpx.get(f"{running.url}/health", timeout=16).status_code == 200)
        text(running, taken)
        running.end()
    assert sorted(sids(file)) == sorted(taken)


def assert_down(running: Process, why: str) -> None:
    answer = httpx.get(f"{running.url}/health", timeout=16)
    assert (answer.status_code, answer.json()["status"]) == (503, "down")
    (said, *_) = answer.json()["reasons"]
    assert said.startswith(why)
    assert "put it back where it was, or restart the hotline" in said


def text(running: Process, taken: list[str]) -> None:
    """Three texts, each of which must be taken."""
    for n in range(3):
        fields = webhooks.sms(SENDERS[n], f"STATUS {len(taken)}")
        assert send(running.url, fields) == 200
        taken.append(fields["MessageSid"])


def sids(file: Path) -> list[str]:
    with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as fresh:
        return [sid for (sid,) in fresh.execute("SELECT sid FROM inbound")]
