"""A real PgBouncer between the hotline and PostgreSQL, where one is installed (Debian: apt install pgbouncer).

tests/pooler.py does the same for what every machine must test; this one has the habits that nobody thought of.
"""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

import psycopg

from tests import postgres_server
from tests.serving import until

PROGRAM = shutil.which("pgbouncer", path="/usr/sbin:/usr/bin:/usr/local/bin:/opt/homebrew/bin")
MISSING = "no pgbouncer on this machine (Debian: apt install pgbouncer)"
TOOLS = postgres_server.wheel() / "pginstall" / "bin"
PORT = 6432  # the socket's name


@contextmanager
def running(folder: Path, server: Path, database: str, **options: object) -> Iterator[str]:
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
    started = subprocess.Popen(
        [PROGRAM, "--quiet", file],
        stdin=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        user=None if who is None else who.pw_uid,
        group=None if who is None else who.pw_gid,
        extra_groups=None if who is None else [],
    )
    try:
        until(lambda: started.poll() is not None or (folder / f".s.PGSQL.{PORT}").exists())
        assert started.poll() is None, (folder / "pgbouncer.log").read_text()
        yield url
    finally:
        started.terminate()
        started.wait(timeout=30)
        with suppress(FileNotFoundError):
            (folder / f".s.PGSQL.{PORT}").unlink()


def leftovers(url: str, sessions: int) -> list[tuple[str, str, str]]:
    """What whoever was there before has left set in each of the pool's sessions: path, statement and lock timeout."""
    shown = (
        "SELECT current_setting('search_path'), current_setting('statement_timeout'), current_setting('lock_timeout')"
    )
    found = []
    with ExitStack() as stack:  # each keeps its transaction open, so that the next gets another session
        for _ in range(sessions):
            connection = stack.enter_context(psycopg.connect(url, prepare_threshold=None))
            found += connection.execute(shown).fetchall()
    return found
