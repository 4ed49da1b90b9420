"""Unfinished copies of the database: they hold all words in plain, so they lie beside it, its owner's alone.

Whoever writes one holds a lock beside them. What lies there while nobody does was left by one that died, and goes.
"""

import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from app.backups import folder
from app.database import file_lock
from app.settings import Settings

LOCK = ".hotline-drafts.lock"


def home(settings: Settings) -> Path:
    """Where they lie."""
    file = settings.database_file
    return (file if file is not None else settings.spool).absolute().parent


def new(settings: Settings, where: Path | None = None) -> Path:
    """A name for one."""
    name = f".{folder.stem(settings.database)}-{secrets.token_hex(6)}{folder.PARTIAL}"
    return (where or home(settings)) / name


@contextmanager
def in_use(settings: Settings) -> Iterator[None]:
    """Nobody clears them away meanwhile."""
    with suppress(OSError):
        home(settings).mkdir(mode=0o700, parents=True, exist_ok=True)
    handle = file_lock.open_lock(str(home(settings) / LOCK))
    try:
        if handle is not None:
            file_lock.share(handle)
        yield
    finally:
        if handle is not None:
            os.close(handle)


def left(settings: Settings, now: datetime) -> list[Path]:
    """Those that nobody writes any more."""
    if not _found(settings, now, old_only=False):
        return []
    with _alone(settings) as alone:
        return _found(settings, now, old_only=not alone)


def clear(settings: Settings, now: datetime) -> int:
    """Remove those that nobody writes any more; returns how many."""
    if not _found(settings, now, old_only=False):
        return 0
    with _alone(settings) as alone:
        gone = _found(settings, now, old_only=not alone)
        for path in gone:
            with suppress(OSError):
                path.unlink(missing_ok=True)
    return len(gone)


@contextmanager
def _alone(settings: Settings) -> Iterator[bool]:
    """Whether it is sure that nobody writes one now."""
    handle = file_lock.open_lock(str(home(settings) / LOCK))
    try:
        yield handle is not None and file_lock.take_alone(handle)
    finally:
        if handle is not None:
            os.close(handle)


def _found(settings: Settings, now: datetime, *, old_only: bool) -> list[Path]:
    ours = re.compile(rf"\.{re.escape(folder.stem(settings.database))}-[0-9a-f]{{12}}s?{re.escape(folder.PARTIAL)}")
    found = []
    for where in {home(settings), (settings.backups or home(settings)).absolute()}:
        with suppress(OSError):
            for path in where.iterdir():
                restoring = where == home(settings) and path.name.startswith(folder.DRAFT)
                if (restoring or ours.fullmatch(path.name)) and not (old_only and _is_new(path, now)):
                    found.append(path)
    return sorted(found)


def _is_new(path: Path, now: datetime) -> bool:
    with suppress(OSError):
        return now - datetime.fromtimestamp(path.stat().st_mtime, UTC) < folder.STALE
    return True
