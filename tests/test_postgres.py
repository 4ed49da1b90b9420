"""The PostgreSQL server of the tests: one for all processes, nobody's privileges, and nothing left behind."""

import os
import pwd
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from tests import postgres_server
from tests.postgres import PostgreSQL
from tests.postgres_server import Server
from tests.serving import ROOT, until

USER = """
import sys
from tests.postgres_server import Server
server = Server(sys.argv[1])
print((server.data / "postmaster.pid").read_text().split()[0], flush=True)
sys.stdin.read()
server.leave()
"""


@pytest.fixture
def name() -> Iterator[str]:
    """The name of a server of this test alone, of which nothing may remain."""
    name = uuid4().hex[:8]
    yield name
    until(lambda: not folder_of(name).exists())


def folder_of(name: str) -> Path:
    return postgres_server.temporary() / f"hotline-postgres-{name}"


@contextmanager
def using(name: str) -> "Iterator[subprocess.Popen[str]]":
    """Another process that uses the server of this name, until its input ends; it says the server's process id."""
    with subprocess.Popen(
        [sys.executable, "-c", USER, name], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as user:
        try:
            yield user
        finally:
            user.kill()


def said(user: "subprocess.Popen[str]") -> int:
    assert user.stdout is not None
    return int(user.stdout.readline())


def runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def test_processes_that_start_at_once_share_a_server_until_the_last_has_ended(name: str) -> None:
    with ExitStack() as stack:
        users = [stack.enter_context(using(name)) for _ in range(3)]
        (postmaster,) = {said(user) for user in users}
        users[0].kill()
        users[1].communicate("")
        psycopg.connect(f"host={folder_of(name) / 'data'} user=postgres").close()
        users[2].kill()
        until(lambda: not runs(postmaster))


STANDBY = """
import sys
from pathlib import Path
from tests.postgres import PostgreSQL
from tests.standby import pair
primary = PostgreSQL(durable=True)
with pair(primary) as two:
    pid = (two.folder / "standby" / "postmaster.pid").read_text().split()[0]
    print(two.folder, two._name.parent, pid, flush=True)
    sys.stdin.read()
"""


def test_a_standby_ends_with_the_process_that_is_killed(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", STANDBY], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as user:
        assert user.stdout is not None
        folder, names, postmaster = user.stdout.readline().split()
        assert runs(int(postmaster))
        user.kill()
    until(lambda: not runs(int(postmaster)))
    until(lambda: not Path(folder).exists())
    shutil.rmtree(names)  # it holds a link


def test_a_process_that_is_killed_while_the_server_starts_leaves_nothing(name: str) -> None:
    with using(name) as user:
        until((folder_of(name) / "data").exists)
        user.kill()
        user.wait()
        with using(name) as other:
            assert said(other)


def test_why_a_server_did_not_start_is_said(name: str) -> None:
    (folder_of(name) / "data").mkdir(parents=True)
    with pytest.raises(RuntimeError, match="data"):
        Server(name)


def access(path: Path) -> tuple[int, int, int]:
    status = path.stat()
    return status.st_mode, status.st_uid, status.st_gid


def test_nothing_outside_its_folder_changes_and_no_privileges_are_left(monkeypatch: pytest.MonkeyPatch) -> None:
    with tempfile.TemporaryDirectory(dir="/tmp") as closed:  # as a temporary folder in root's home
        monkeypatch.setattr(tempfile, "tempdir", closed)
        wheel = postgres_server.wheel()
        outside = [*wheel.rglob("*"), wheel, *wheel.parents]
        before = list(map(access, outside))
        server = Server()
        assert list(map(access, outside)) == before
        assert (server.folder.parent == Path(closed).resolve()) is (os.geteuid() != 0)
        assert stat.S_IMODE(server.data.stat().st_mode) == 0o700
        owner = server.data.stat().st_uid
        assert owner == os.geteuid() if os.geteuid() else pwd.getpwuid(owner).pw_name in postgres_server.UNPRIVILEGED
        server.leave()
        assert not server.folder.exists()


def test_a_temporary_folder_with_a_long_path_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    long = tmp_path / ("long" * 25)
    long.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(long))
    assert postgres_server.temporary() != long


def test_it_is_reached_through_its_socket_alone_and_does_not_wait_for_the_disk(postgres: PostgreSQL) -> None:
    url = postgres.blank()
    with psycopg.connect(url) as connection:
        for setting, wanted in postgres_server.SETTINGS.items() | postgres_server.HASTY.items():
            assert connection.execute("SELECT current_setting(%s)", [setting]).fetchone() == (wanted,)
    postgres.drop(url)


def test_databases_of_several_users_have_different_names(postgres: PostgreSQL) -> None:
    other = PostgreSQL()
    urls = [server.blank() for server in (postgres, other)]
    assert urls[0] != urls[1]
    for server, url in zip((postgres, other), urls, strict=True):
        server.drop(url)
    other.close()
