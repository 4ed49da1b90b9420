"""Whether a hotline can live in a database, looked at before anything is done there: one place for all commands.

`migrations` looks before it changes a table, so `migrate`, `serve`, `work`, `move` and every other command refuse the
same; `hotline doctor` asks the same question.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from alembic.migration import MigrationContext
from sqlalchemy.engine import Connection

from app.telemetry.findings import Finding, Level

OLDEST_SQLITE = (3, 35, 0)  # has RETURNING
OLDEST_POSTGRESQL = (
    130_000  # those before it have had no repairs since 2024; https://www.postgresql.org/support/versioning/
)
LOOK = """
SELECT current_setting('server_encoding'), pg_is_in_recovery(), current_setting('transaction_read_only') = 'on',
       current_schema(), coalesce(has_schema_privilege(current_schema(), 'CREATE'), false), current_database(),
       current_user
"""
# File systems of other machines, as Linux names them.
NETWORK_DISKS = frozenset(
    "9p afs beegfs ceph cifs davfs fuse.gcsfuse fuse.glusterfs fuse.rclone fuse.s3fs fuse.sshfs glusterfs lustre"
    " ncpfs nfs nfs4 smb2 smb3 smbfs virtiofs".split()
)
MOUNTS = Path("/proc/self/mounts")


class Unsuitable(Exception):
    """The hotline cannot live in this database. `what` is said of it ("is a replica …"), `do` is a sentence."""

    def __init__(self, what: str, do: str) -> None:
        super().__init__(f"The database {what}. {do}")
        self.what = what
        self.do = do


def check(connection: Connection, *, needed: str | None) -> None:
    """Look a database over that is to have the tables of the revision `needed`. Raises Unsuitable."""
    if connection.dialect.name == "sqlite":
        _check_sqlite(connection)
    else:
        _check_postgresql(connection, needed)


def notes(connection: Connection, file: Path | None, mounts: str | None = None) -> Iterator[Finding]:
    """What is worth knowing of a database that is suitable; `file` is SQLite's, `mounts` what Linux says of disks."""
    if file is not None:
        if kind := network_disk(file, mounts):
            what = f"its file is on a disk of another machine ({kind}), where SQLite can be damaged"
            do = "move it to a disk of this machine, or use PostgreSQL; never run two machines on this file"
            yield Finding(Level.WARNING, "database", what, do)
        return
    driver: Any = connection.connection.driver_connection
    if driver.prepare_threshold is None:
        yield Finding(Level.OK, "database", "is behind a pooler; the hotline works there in transaction mode")


def network_disk(file: Path, mounts: str | None = None) -> str | None:
    """The kind of file system of another machine with a file; None on a disk of this one, or where none tells."""
    if mounts is None:
        mounts = MOUNTS.read_text(errors="replace") if MOUNTS.exists() else ""
    file = file.resolve()
    longest, kind = "", ""
    for line in mounts.splitlines():
        _, where, of_kind, *_ = line.split(" ")
        where = where.replace("\\040", " ")
        if Path(where) in file.parents and len(where) >= len(longest):  # of two at one place the later one counts
            longest, kind = where, of_kind
    return kind if kind in NETWORK_DISKS else None


def _check_sqlite(connection: Connection) -> None:
    version = str(connection.exec_driver_sql("SELECT sqlite_version()").scalar_one())
    if tuple(int(part) for part in version.split(".")[:3]) < OLDEST_SQLITE:
        wanted = ".".join(map(str, OLDEST_SQLITE[:2]))
        raise Unsuitable(
            f"cannot be used by this Python: its SQLite is {version}, and the hotline needs {wanted} or newer",
            "Install a newer Python, or use PostgreSQL",
        )


def _check_postgresql(connection: Connection, needed: str | None) -> None:
    driver: Any = connection.connection.driver_connection
    version = driver.info.server_version
    if version < OLDEST_POSTGRESQL:
        raise Unsuitable(
            f"is PostgreSQL {version // 10_000}, and the hotline needs {OLDEST_POSTGRESQL // 10_000} or newer",
            "Have your host upgrade it, or make a new database and write its address into DATABASE_URL",
        )
    encoding, replica, read_only, schema, may_create, name, role = connection.exec_driver_sql(LOOK).one()
    quote = connection.dialect.identifier_preparer.quote
    if encoding != "UTF8":
        raise Unsuitable(
            f"keeps letters as {encoding}, so it cannot hold what people text",
            "Make one that can, and write it into DATABASE_URL: createdb --encoding=UTF8 --template=template0 NAME",
        )
    if replica:
        raise Unsuitable(
            "is a replica, which can only be read",
            "Write the address of the primary into DATABASE_URL; hosts also call it leader, or read-write",
        )
    if read_only:
        reset = f"ALTER DATABASE {quote(name)} RESET default_transaction_read_only; ALTER ROLE {quote(role)} RESET"
        raise Unsuitable(
            "can only be read: default_transaction_read_only is on",
            "Some hosts switch it on when the disk is full: look at your host's page, and make room. Else let its"
            f" owner run: {reset} default_transaction_read_only;",
        )
    if not may_create and MigrationContext.configure(connection).get_current_revision() != needed:
        missing = f"CREATE ON SCHEMA {quote(schema)}" if schema else "USAGE, CREATE ON SCHEMA public"
        raise Unsuitable(
            "does not let the hotline make its tables",
            f"Let its owner run: GRANT {missing} TO {quote(role)};",
        )
