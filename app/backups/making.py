"""Makes a backup: written beside its place, opened and read, sealed, and only then given its name."""

import errno
import os
import shutil
import sqlite3
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from filelock import FileLock
from sqlalchemy.exc import OperationalError

from app.backups import contents, drafts, elsewhere, folder, sealing
from app.backups.contents import Contents, Damaged
from app.backups.elsewhere import NotTaken
from app.backups.sealing import WrongKey
from app.clock import Clock
from app.database import engine
from app.database.engine import Database, FileGone
from app.database.postgresql_tools import ToolFailed
from app.settings import Settings

BEFORE_MIGRATION, BEFORE_RESTORE, BEFORE_REMOVAL = "-before-migration", "-before-restore", "-before-removal"
LOCK = ".lock"


class BackupFailed(Exception):
    """No backup was made, or it did not go where it should. The message says why and what to do."""


@dataclass(frozen=True)
class Made:
    """A backup: where it is, unless it was only handed on; what is in it."""

    path: Path | None
    name: str
    size: int
    sealed: bool
    contents: Contents


def make(
    settings: Settings,
    now: datetime,
    *,
    kept: Database | None = None,
    file: Path | None = None,
    to: str | None = None,
    why: str = "",
    over: bool = False,
) -> Made:
    """Make a backup into `file`, else into the folder, and give it to the command `to`. Raises BackupFailed.

    What is at `file` is written over only where that is asked for, and only if it is a backup, too.

    `kept` is the database where it is open already. What is in the folder is rotated; a file of one's own never is.
    """
    url, key = settings.database, settings.backup_public_key
    name = folder.name(url, now, sealed=key is not None, why=why)
    with ExitStack() as stack:
        try:
            place = _place(settings, file, name, over=over) if to is None or file or settings.backups else None
            stack.enter_context(drafts.in_use(settings))
            # Plain words are never in another folder, but that of plain backups.
            draft = drafts.new(settings, place.parent if place and file is None and key is None else None)
            held = _write(settings, draft, kept, stack)
            if key is not None:
                plain, draft = draft, drafts.new(settings, place.parent if place else None)
                stack.callback(draft.unlink, missing_ok=True)
                sealing.seal(plain, draft, key)
                plain.unlink()
            size = draft.stat().st_size
            sync(draft)
            if place is not None:
                _move(draft, place)
                draft = place
                sync(place.parent)
        except (ToolFailed, WrongKey) as error:
            raise BackupFailed(str(error)) from error
        except Damaged as error:
            raise BackupFailed(
                f"What was written cannot be read: {error}. Look at the disk, and try again"
            ) from error
        except FileGone as error:
            raise BackupFailed(f"The database cannot be read: {error.what}") from error
        except (OperationalError, sqlite3.Error) as error:
            raise BackupFailed(f"The database cannot be written out: {_said(error)}") from error
        except OSError as error:
            about = f"{error.filename}: " if error.filename else ""
            raise BackupFailed(f"{about}{error.strerror}. Make room, or write another place") from error
        if file is None and settings.backups is not None:
            rotate(settings, now)
        if to is not None:
            try:
                elsewhere.give(draft, to, name)
            except NotTaken as error:
                raise BackupFailed(str(error)) from error
    return Made(place, name, size, key is not None, held)


def before_migration(settings: Settings) -> None:
    """Make a backup before tables change, where backups are not switched off. Raises BackupFailed."""
    if settings.backups is None:
        return
    try:
        make(settings, Clock().now(), why=BEFORE_MIGRATION)
    except BackupFailed as failed:
        how = "to change them without one, set BACKUP_FOLDER=off this once"
        raise BackupFailed(
            f"The tables must change, and no backup could be made before. {failed}; or, {how}."
        ) from failed


def rotate(settings: Settings, now: datetime) -> list[Path]:
    """Remove the backups in the folder that need not be kept any more."""
    assert settings.backups is not None
    zone = ZoneInfo(settings.hotline_timezone)
    figures = settings.backup_keep_daily, settings.backup_keep_weekly
    with suppress(OSError):
        return folder.rotate(settings.backups, settings.database, *figures, zone, now)
    return []


def name_before_restore(settings: Settings, now: datetime) -> str:
    """The name of what is put aside when a backup is put back."""
    return folder.name(settings.database, now, sealed=settings.backup_public_key is not None, why=BEFORE_RESTORE)


def one_at_a_time(where: Path) -> FileLock:
    """A lock for those who would each make tonight's."""
    where.mkdir(mode=0o700, parents=True, exist_ok=True)
    return FileLock(where / LOCK, mode=0o600)


def _place(settings: Settings, file: Path | None, name: str, *, over: bool) -> Path:
    if file is None:
        if settings.backups is None:
            raise BackupFailed(
                "There is no folder for backups. Write a file: hotline backup FILE; or set BACKUP_FOLDER"
            )
        settings.backups.mkdir(mode=0o700, parents=True, exist_ok=True)
        return settings.backups.absolute() / name
    place = (file / name if file.is_dir() else file).absolute()
    database = settings.database_file
    if database is not None and place.resolve() == database.resolve():
        raise BackupFailed(f"{file} is the database itself. Write another file")
    if not place.parent.is_dir():
        raise BackupFailed(f"There is no folder {place.parent}. Make it, or write another place")
    if place.exists() or place.is_symlink():
        if not _is_backup(place):
            raise BackupFailed(f"{place} is there already, and is no backup that may go. Write another file")
        if not over:
            raise BackupFailed(
                f"{place} is there already. Write another file; or, to write over that backup, --force"
            )
    return place


def _is_backup(file: Path) -> bool:
    """Whether it is one; what is encrypted tells it by its name alone."""
    with suppress(OSError, Damaged, ToolFailed):
        if not file.is_file():
            return False
        if sealing.is_sealed(file):
            return file.suffixes[-2:] in ([".db", sealing.SUFFIX], [".dump", sealing.SUFFIX])
        contents.of(file)
        return True
    return False


def _move(draft: Path, place: Path) -> None:
    """Give a file its place, at once and whole, also on another disk."""
    try:
        draft.replace(place)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        beside = place.with_name(f"{draft.stem}s{folder.PARTIAL}")
        try:
            handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with draft.open("rb") as reading, os.fdopen(handle, "wb") as writing:
                shutil.copyfileobj(reading, writing, 2**20)
            sync(beside)
            beside.replace(place)
        finally:
            beside.unlink(missing_ok=True)


def _write(settings: Settings, draft: Path, kept: Database | None, stack: ExitStack) -> Contents:
    """Write out the database and read what was written."""
    file = settings.database_file
    if file is not None and not file.exists():
        raise BackupFailed(f"There is no database {file} yet")
    stack.callback(draft.unlink, missing_ok=True)
    os.close(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    if kept is None:
        kept = stack.enter_context(closing(engine.connect(settings.database)))
    kept.dump(draft)
    return contents.of(draft)


def _said(error: Exception) -> str:
    return " ".join(str(getattr(error, "orig", error)).split())[:200]


def sync(path: Path) -> None:
    """Let what was written there outlive a power cut."""
    if os.name == "nt":  # no folder can be opened there, and no file that is only read be synced
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
