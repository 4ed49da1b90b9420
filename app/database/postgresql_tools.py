"""PostgreSQL's own tools, pg_dump and pg_restore, where they are found; how to get them where they are not.

Nothing secret is on a command line, where everybody on the machine could read it: a service file holds the address.
"""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy.engine import URL

SERVICE = "hotline"
AS_OURS = ("--no-owner", "--no-privileges")  # whoever restores owns it: another host's role is not there
NOT_OURS = frozenset({"prepare_threshold", "autocommit", "cursor_factory", "row_factory"})  # the driver's own
TABLE = re.compile(r"^\d+; \d+ \d+ TABLE DATA \S+ (\S+) ", re.MULTILINE)
GET_THEM = (
    "Install PostgreSQL's client programs, of the server's version or newer (Debian: apt install postgresql-client; "
    "macOS: brew install libpq), so that {name} is found; or let your host make backups, and set BACKUP_FOLDER=off"
)


class ToolFailed(Exception):
    """A tool is not there, or did not do it. The message says what to do, and holds nothing secret."""


def dump(url: URL, file: Path) -> None:
    """Write a database into this file. Raises ToolFailed."""
    with _service(url) as env:
        _run("pg_dump", [f"--dbname=service={SERVICE}", "--format=custom", *AS_OURS, f"--file={file}"], env)


def restore(url: URL, file: Path) -> None:
    """Make the tables of a dump, all or none, in a database that has none of their names. Raises ToolFailed."""
    with _service(url) as env:
        how = ["--single-transaction", "--exit-on-error", *AS_OURS]
        _run("pg_restore", [f"--dbname=service={SERVICE}", *how, str(file)], env)


def tables(file: Path) -> list[str]:
    """The tables in a dump that hold rows. Raises ToolFailed for what is none."""
    return TABLE.findall(_run("pg_restore", ["--list", str(file)]))


def rows(file: Path, *names: str) -> Iterator[tuple[str, str]]:
    """Every row of these tables in a dump, with its table's name, as text. Raises ToolFailed."""
    program = _found("pg_restore")
    asked = [f"--table={name}" for name in names]
    reading = subprocess.Popen(
        [program, "--data-only", *asked, "--file=-", str(file)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        encoding="utf-8",
        errors="replace",
    )
    assert reading.stdout is not None
    table: str | None = None
    with reading:
        for line in reading.stdout:
            if table is None:
                begun = re.match(r'COPY \S*?\.?"?(\w+)"? \(', line)
                table = begun.group(1) if begun else None
            elif line == "\\.\n":
                table = None
            else:
                yield table, line.rstrip("\n")
    if reading.returncode:
        raise ToolFailed("pg_restore cannot read it: the file is damaged")


def read_through(file: Path) -> None:
    """Read a dump to its end. Raises ToolFailed where it is damaged."""
    _run("pg_restore", [f"--file={os.devnull}", str(file)])


def _found(name: str) -> str:
    program = shutil.which(name)
    if program is None:
        raise ToolFailed(f"There is no {name} here, which a backup of PostgreSQL needs. {GET_THEM.format(name=name)}")
    return program


def _run(name: str, args: list[str], env: dict[str, str] | None = None) -> str:
    done = subprocess.run(
        [_found(name), *args],
        env=env,
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    if done.returncode:
        said = [line.strip() for line in done.stderr.splitlines() if line.strip()]
        mismatch = next((line for line in said if "server version" in line), None)
        if mismatch:
            numbers = mismatch.partition("detail: ")[2] or mismatch
            raise ToolFailed(f"This {name} is older than the server ({numbers}). {GET_THEM.format(name=name)}")
        # Of what else they say only what is about tools and tables: a row that is quoted is somebody's.
        about = next((line for line in said if "error:" in line and "COPY" not in line), f"{name}: error")
        raise ToolFailed(f"{name} did not do it: {about.partition('DETAIL')[0][:200]}")
    return done.stdout


@contextmanager
def _service(url: URL) -> Iterator[dict[str, str]]:
    """The environment in which the tools find this database."""
    _, how = url.get_dialect()().create_connect_args(url)
    known: dict[str, Any] = {name: value for name, value in how.items() if name not in NOT_OURS}
    with tempfile.TemporaryDirectory(prefix="hotline-") as folder:  # its owner's alone
        file = Path(folder) / "service.conf"
        file.write_text(f"[{SERVICE}]\n" + "".join(f"{name}={value}\n" for name, value in known.items()), "utf-8")
        file.chmod(0o600)
        yield {**os.environ, "PGSERVICEFILE": str(file), "PGCONNECT_TIMEOUT": "10"}
