"""Puts a backup in the place of the database. What is there is put aside, never deleted."""

import os
import secrets
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import URL

from app.backups import contents, drafts, erased, making, sealing, settling
from app.backups.contents import Contents
from app.backups.folder import ASIDE, DRAFT, STAMP
from app.backups.settling import Settled
from app.database import engine, file_lock, migrations, postgresql_tools, running, sqlite_files
from app.settings import Settings
from models import METADATA, lasting
from models.delivery import gaps
from models.delivery.gaps import GivenOut
from models.lasting import Record


class CannotRestore(Exception):
    """It is not put back, and nothing has changed. The message says why and what to do."""


@dataclass(frozen=True)
class Restored:
    """What was done."""

    aside: Path | None  # where what was there is now
    settled: Settled


@contextmanager
def opened(settings: Settings, file: Path, key_file: Path | None) -> Iterator[tuple[Path, Contents]]:
    """A backup, opened and read: the plain file and what it holds. Raises CannotRestore, Damaged, WrongKey."""
    if not file.is_file():
        raise CannotRestore(f"There is no file {file}.")
    with ExitStack() as stack:
        stack.enter_context(drafts.in_use(settings))
        plain = file
        if sealing.is_sealed(file):
            if key_file is None:
                raise CannotRestore(f"{file} is encrypted. Write the file with its key: --identity FILE")
            plain = _beside(settings, file)
            stack.callback(plain.unlink, missing_ok=True)
            sealing.unseal(file, plain, key_file)
        held = contents.of(plain)
        if held.backend != settings.database.get_backend_name():
            names = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
            ours = names[settings.database.get_backend_name()]
            raise CannotRestore(
                f"{file} is a backup of {names[held.backend]}, and DATABASE_URL is {ours}. Set it to one of its kind"
            )
        if not migrations.knows(held.revision):
            raise CannotRestore(f"{file} is of a newer hotline than this one. Install that first")
        yield plain, held


def check_nobody_runs(settings: Settings, now: datetime) -> None:
    """Raise HotlineRuns before anybody is asked anything."""
    with running.nobody_else(settings.database) as certain:
        _known(settings, now, certain)


def put_back(settings: Settings, plain: Path, now: datetime) -> Restored:
    """Put an opened backup in the place of the database, and settle what follows.

    Raises HotlineRuns where one runs on it, CannotRestore, and what databases and disks raise.
    """
    with running.nobody_else(settings.database) as certain:
        known = _known(settings, now, certain)
        if settings.database_file is not None:
            return _put_file(settings, plain, known, now)
        return _put_tables(settings, plain, known, now)


@dataclass(frozen=True)
class _Known:
    """What the database that is there can still tell."""

    records: list[Record]
    given_out: GivenOut
    noted: GivenOut  # the same from the file, where the database cannot tell
    keys: dict[int, str]


def _known(settings: Settings, now: datetime, nobody_runs: bool) -> _Known:
    """Ask the database that is put aside, if there is one that can be read. Raises HotlineRuns."""
    noted = erased.noted(settings)
    file = settings.database_file
    records, given_out, keys = noted.records, None, dict[int, str]()
    if file is not None and not file.exists():
        return _Known(records, GivenOut(), noted.given_out, keys)
    ever = datetime.min.replace(tzinfo=UTC)
    with closing(engine.connect(settings.database, engine.COMMAND)) as kept:
        with suppress(sa.exc.DBAPIError):
            if not nobody_runs:
                running.check_workers(kept, now)
        with suppress(sa.exc.DBAPIError):
            given_out = kept.read(gaps.last_numbers)
        with suppress(sa.exc.DBAPIError):
            keys = kept.read(lasting.keys)
            records += kept.read(lambda session: lasting.since(session, ever))
    if given_out is None or not given_out.requests:
        return _Known(records, GivenOut(), noted.given_out, keys)
    return _Known(records, given_out, GivenOut(), keys)


def _put_file(settings: Settings, plain: Path, known: _Known, now: datetime) -> Restored:
    """Put a file in the place of SQLite's, once all is settled in it: a hotline never meets it otherwise."""
    path = Path(sqlite_files.path_of(settings.database))
    draft = _beside(settings, path)
    aside = _free(lambda at: path.with_name(f"{path.name}{ASIDE}{at.astimezone(UTC):{STAMP}}"), now)
    try:
        _copy(plain, draft)
        settled = _settle(settings, settings.database.set(database=str(draft)), known, now)
        making.sync(draft)
        with file_lock.file_lock(settings.database):
            was_there = path.exists()
            if was_there:
                _set_aside(path, aside)
            draft.replace(path)  # whoever is killed before or after it leaves a whole database there
            making.sync(path.parent)
    finally:
        for suffix in (*sqlite_files.FILES, ".lock"):
            Path(f"{draft}{suffix}").unlink(missing_ok=True)
    return Restored(aside if was_there else None, settled)


def _set_aside(path: Path, aside: Path) -> None:
    """Give a database a second name, under which it stays as it was; and leave no log for another to be read with.

    What is in the log is brought into the file first; one that is damaged takes its log along.
    """
    if path.stat().st_size:
        with suppress(sqlite3.Error), closing(sqlite3.connect(path)) as opened:
            sqlite_files.empty_log(opened)
    for suffix in sqlite_files.FILES:
        if (file := Path(f"{path}{suffix}")).exists():
            try:
                Path(f"{aside}{suffix}").hardlink_to(file)
            except OSError:  # a disk that knows no second names
                _copy(file, Path(f"{aside}{suffix}"))
    making.sync(aside.parent)
    for suffix in sqlite_files.FILES[1:]:
        Path(f"{path}{suffix}").unlink(missing_ok=True)


def _put_tables(settings: Settings, plain: Path, known: _Known, now: datetime) -> Restored:
    """Put a dump's tables in the place of PostgreSQL's, once those are written out as a backup of their own."""
    url = settings.database
    ours = {*METADATA.tables, "alembic_version", *postgresql_tools.tables(plain), *_named_by_us(url)}
    aside: Path | None = None
    if _tables(url) & ours:
        where = settings.backups or Path()
        place = _free(lambda at: where / making.name_before_restore(settings, at), now)
        aside = making.make(settings, now, file=place).path
        _drop(url, ours)
    try:
        postgresql_tools.restore(url, plain)
        return Restored(aside, _settle(settings, url, known, now))
    except Exception as error:
        _drop(url, ours)  # a hotline must not meet it as it is
        why = str(error) if isinstance(error, postgresql_tools.ToolFailed) else "it could not be settled"
        where_now = f" What was there is in {aside}: hotline restore {aside}" if aside else ""
        raise CannotRestore(f"Not put back: {why}.{where_now}") from error


def _settle(settings: Settings, url: URL, known: _Known, now: datetime) -> Settled:
    migrations.upgrade(url)
    with closing(engine.connect(url, engine.COMMAND)) as kept:
        told = known.given_out, known.records, known.keys, known.noted
        settled = kept.write(lambda session: settling.settle(session, now, *told)).result()
        erased.note(settings, kept)  # a second restore uses no number of the first
        return settled


def _free(named: Callable[[datetime], Path], now: datetime) -> Path:
    """A name that no file has: what was put aside in the same second is not written over."""
    while named(now).exists():
        now += timedelta(seconds=1)
    return named(now)


def _tables(url: URL) -> set[str]:
    asked = sa.create_engine(url)
    try:
        return set(sa.inspect(asked).get_table_names())
    finally:
        asked.dispose()


def _named_by_us(url: URL) -> set[str]:
    """Tables whose primary key is named as all of ours are: a newer version's, which this one does not know, too.

    They would stand in the way of the next update.
    """
    asked = sa.create_engine(url)
    try:
        inspector = sa.inspect(asked)
        keys = {name: inspector.get_pk_constraint(name)["name"] for name in inspector.get_table_names()}
    finally:
        asked.dispose()
    return {name for name, key in keys.items() if key == f"pk_{name}"}


def _drop(url: URL, ours: set[str]) -> None:
    names = _tables(url) & ours
    if not names:
        return
    asked = sa.create_engine(url)
    quoted = asked.dialect.identifier_preparer.quote
    try:
        with asked.begin() as connection:
            connection.exec_driver_sql(f"DROP TABLE {', '.join(quoted(name) for name in sorted(names))} CASCADE")
    finally:
        asked.dispose()


def _beside(settings: Settings, file: Path) -> Path:
    """A place for a draft: where the database is, for a rename must not cross disks."""
    database = settings.database_file
    where = database.absolute().parent if database is not None else file.absolute().parent
    return where / f"{DRAFT}{secrets.token_hex(6)}"


def _copy(file: Path, to: Path) -> None:
    handle = os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with file.open("rb") as reading, os.fdopen(handle, "wb") as writing:
        while part := reading.read(2**20):
            writing.write(part)
        writing.flush()
        os.fsync(writing.fileno())
