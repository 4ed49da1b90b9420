"""A real PgBouncer between the hotline and PostgreSQL, where one is installed (Debian: apt install pgbouncer).

tests/pooler.py does the same for what every machine must test; this one has the habits that nobody thought of.
"""

import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import psycopg

from tests import postgres_server

PROGRAM = shutil.which("pgbouncer", path="/usr/sbin:/usr/bin:/usr/local/bin:/opt/homebrew/bin")
MISSING = "no pgbouncer on this machine (Debian: apt install pgbouncer)"
PORT = 6432  # the socket's name


@contextmanager
def pgbouncer(folder: Path, server: Path, database: str, **options: object) -> Iterator[str]:
    """The address of a database behind a PgBouncer of its own, with five sessions in transaction mode unless told."""
    assert PROGRAM is not None
    who = postgres_server.unprivileged()
    said = {"pool_mode": "transaction", "default_pool_size": 5, "auth_type": "any", **options}
    file = folder / "pgbouncer.ini"
    file.write_text(
        f"[databases]\n{database} = host={server} dbname={database} user=postgres\n[pgbouncer]\nlisten_addr =\n"
        f"listen_port = {PORT}\nunix_socket_dir = {folder}\nlogfile = {folder}/pgbouncer.log\n"
        + "".join(f"{name} = {value}\n" for name, value in said.items())
    )
    folder.chmod(0o777)  # PgBouncer does not run as root either
    file.chmod(0o644)
    url = f"postgresql://postgres@/{database}?host={quote(str(folder))}&port={PORT}"
    running = subprocess.Popen(
        [PROGRAM, "--quiet", file],
        stdin=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        user=None if who is None else who.pw_uid,
        group=None if who is None else who.pw_gid,
        extra_groups=None if who is None else [],
    )
    try:
        wait_for(folder / f".s.PGSQL.{PORT}", running)
        yield url
    finally:
        running.terminate()
        running.wait(timeout=30)


def wait_for(socket: Path, running: "subprocess.Popen[bytes]") -> None:
    """Wait until it listens."""
    deadline = time.monotonic() + 30
    while not socket.exists():
        assert running.poll() is None, "pgbouncer did not start"
        assert time.monotonic() < deadline, "pgbouncer does not listen"
        time.sleep(0.02)


def leftovers(url: str) -> dict[str, str]:
    """What whoever was there before has left set in a session of the pool."""
    names = ("search_path", "statement_timeout", "lock_timeout", "row_security")
    with psycopg.connect(url, prepare_threshold=None) as connection:
        return {name: str(connection.execute(f"SHOW {name}").fetchone()[0]) for name in names}  # type: ignore[index]
