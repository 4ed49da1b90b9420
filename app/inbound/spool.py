"""Webhooks that the database could not take, on disk until it can: a file each, safe from power cuts.

A phone's files lie in one of 4,096 boxes, folders named by a hash: which box says nothing about the number, and
whether older texts of a phone wait is one look at the disk. Phones that share a box wait for each other.

Others may put things here too, by mistake or not: what is in the way of a folder of ours is moved beside it, and what
is no webhook of ours is put aside. Neither may keep the others from being taken in.
"""

import errno
import hashlib
import heapq
import json
import os
import re
import secrets
import stat
from collections.abc import Container, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

from filelock import FileLock, Timeout

from app.carriers.base import Webhook

BOX = re.compile(r"[0-9a-f]{3}")
ATTEMPTS = 10  # an empty box may be cleared away while something is put into it
LOOKED_AT = timedelta(days=30)  # for so long a person may look at what was put aside
STALE = timedelta(hours=1)  # a file still being written after this was left by a process that died
LARGEST = 2**20  # bytes of a file; the largest webhook there can be takes less than half of it
# Never waits for the other end of a pipe, and follows no link; Windows has neither, and would change line ends.
CAREFULLY = os.O_RDONLY
for _flag in ("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "O_BINARY"):
    CAREFULLY |= getattr(os, _flag, 0)
# What opening says of links, sockets and files of somebody else's: it will say the same the next time.
FOR_GOOD = {errno.ELOOP, errno.ENXIO, errno.EACCES, errno.EPERM, errno.ENAMETOOLONG}
WRITING, QUARANTINE, LOCK = ".writing", "quarantine", ".emptying.lock"
ASIDE = "in-the-way-"  # what had the name of a folder of ours begins with this now


class NoWebhook(ValueError):
    """What is in this file can never be taken in."""


@dataclass(frozen=True)
class SpoolFigures:
    """How the spool is, without a word of what is in it."""

    waiting: int = 0  # webhooks
    quarantined: int = 0  # put aside, for a person to look at
    misplaced: int = 0  # files where a folder should be, and folders that cannot be read
    trouble: str | None = None  # why nothing can be kept here


@dataclass
class Spool:
    """The folder, which is made when the first webhook comes. Any number of processes may share it."""

    folder: Path
    _numbers: Iterator[int] = field(default_factory=count, repr=False)

    def put(self, webhook: Webhook, key: str) -> None:
        """Keep a webhook; when this returns it outlives a power cut. Raises OSError if it cannot be kept."""
        name = f"{int(webhook.at.timestamp() * 1e6):017d}-{next(self._numbers):06d}-{secrets.token_hex(4)}"
        made = not self.folder.exists()
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = self.folder / WRITING / name
        _make(draft.parent)
        try:
            _write(draft, _packed(webhook))
            changed = self._into_box(draft, key)
        except OSError:
            draft.unlink(missing_ok=True)
            raise
        for folder in (*changed, *([self.folder.parent] if made else [])):
            _sync(folder)

    def _into_box(self, draft: Path, key: str) -> list[Path]:
        """Move a file into its box; returns the folders that changed."""
        box = self.folder / _hash(key)
        changed = [box]
        for _ in range(ATTEMPTS):
            if _make(box):
                changed = [box, self.folder]
            with suppress(FileNotFoundError):
                draft.rename(box / draft.name)
                return changed
        raise OSError("the spool's folder changes too fast")

    def holds(self, key: str) -> bool:
        """Whether webhooks with this key may be waiting. Costs some microseconds."""
        # A Path would cost several times as much. The dot, because a file in place of a box holds nothing.
        return os.access(f"{self.folder}/{_hash(key)}/.", os.F_OK)

    def boxes(self) -> list[Path]:
        """The boxes in which something waits; none where the folder cannot be read, which `figures` tells."""
        with suppress(OSError):
            return sorted(path for path in self.folder.iterdir() if BOX.fullmatch(path.name) and _is_folder(path))
        return []

    def oldest(self, box: Path, most: int = 1, without: Container[Path] = ()) -> list[Path]:
        """The oldest files in a box, the oldest first; a box without any is cleared away. Raises OSError."""
        try:
            with os.scandir(box) as entries:
                found = heapq.nsmallest(most, (e.name for e in entries if box / e.name not in without))
        except FileNotFoundError:
            return []
        if not found:
            with suppress(OSError):
                box.rmdir()
        return [box / name for name in found]

    def read(self, file: Path) -> Webhook:
        """The webhook in a file. Raises NoWebhook where there is none; OSError if the disk does not give it now."""
        try:
            kept = json.loads(_content(file))
            carrier, path, query, body, at = (kept[name] for name in ("carrier", "path", "query", "body", "at"))
            webhook = Webhook(carrier, path, query, body.encode("latin-1"), datetime.fromisoformat(at))
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise NoWebhook from error
        if webhook.at.tzinfo is None or not all(isinstance(each, str) for each in (carrier, path, query)):
            raise NoWebhook
        return webhook

    def done(self, file: Path) -> None:
        """It is in the database now."""
        file.unlink(missing_ok=True)
        with suppress(OSError):
            file.parent.rmdir()

    def quarantine(self, file: Path) -> None:
        """Put aside what cannot be taken in, for a person to look at. Raises OSError if it cannot be moved."""
        aside = self.folder / QUARANTINE
        _make(aside)
        with suppress(FileNotFoundError):
            file.rename(aside / f"{file.parent.name}-{file.name}")
        with suppress(OSError):
            file.parent.rmdir()

    def requeue_quarantined(self) -> None:
        """Let what was put aside be tried once more."""
        for name in _names(self.folder / QUARANTINE):
            box, file = self.folder / name[:3], self.folder / QUARANTINE / name
            with suppress(OSError):  # then it stays where it is
                if BOX.fullmatch(box.name) and name[3:4] == "-" and stat.S_ISREG(file.lstat().st_mode):
                    _make(box)
                    file.rename(box / name[4:])

    def remove_old_quarantined(self, now: datetime) -> None:
        """Remove what was put aside long ago: nobody has looked at it, and somebody's words are in it."""
        for name in _names(self.folder / QUARANTINE):
            file = self.folder / QUARANTINE / name
            with suppress(OSError):
                if now - datetime.fromtimestamp(file.lstat().st_mtime, UTC) > LOOKED_AT:
                    file.unlink()

    def remove_stale_drafts(self, now: datetime) -> None:
        """Remove what a process that died had begun to write: nobody was told that it is kept."""
        for name in _names(self.folder / WRITING):
            draft = self.folder / WRITING / name
            with suppress(OSError):
                if now - datetime.fromtimestamp(draft.lstat().st_mtime, UTC) > STALE:
                    draft.unlink()

    def waiting(self) -> int:
        """How many webhooks wait."""
        return self.figures().waiting

    def quarantined(self) -> int:
        """How many webhooks were put aside."""
        return self.figures().quarantined

    def figures(self) -> SpoolFigures:
        """How the spool is. Raises nothing, whatever is on the disk."""
        waiting = misplaced = 0
        for name in _names(self.folder):
            path = self.folder / name
            if name.startswith(ASIDE):
                misplaced += 1
            elif BOX.fullmatch(name) or name in (WRITING, QUARANTINE):
                try:
                    found = sum(1 for _ in path.iterdir())
                    waiting += found if BOX.fullmatch(name) else 0
                except FileNotFoundError:
                    misplaced += path.is_symlink()
                except OSError:
                    misplaced += 1
        return SpoolFigures(waiting, len(_names(self.folder / QUARANTINE)), misplaced, _trouble(self.folder))

    @contextmanager
    def exclusive(self) -> Iterator[bool]:
        """Whether it is this process's turn to empty the spool: one does so at a time. Raises OSError."""
        lock = FileLock(self.folder / LOCK, timeout=0, mode=0o600)
        try:
            try:
                lock.acquire()
            except Timeout:  # which is an OSError too
                raise
            except OSError:
                _set_aside(self.folder / LOCK)
                lock.acquire()
        except Timeout:
            yield False
            return
        try:
            yield True
        finally:
            lock.release()


def _make(folder: Path) -> bool:
    """Make a folder of the spool's, and move out of the way what else has its name; whether it was made."""
    for _ in range(ATTEMPTS):
        try:
            folder.mkdir(mode=0o700)
        except FileExistsError:
            if _is_folder(folder):
                return False
            with suppress(FileNotFoundError, PermissionError):  # another process was faster
                _set_aside(folder)
        else:
            return True
    raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(folder))


def _set_aside(path: Path) -> None:
    aside = path.with_name(f"{ASIDE}{path.name.lstrip('.')}-{secrets.token_hex(4)}")
    if path.is_dir() and not path.is_symlink():
        path.rename(aside)
        return
    # Renaming could take away a folder that another process has just made here; these two refuse folders.
    os.link(path, aside, follow_symlinks=False)
    path.unlink()


def _names(folder: Path) -> list[str]:
    with suppress(OSError):
        return [path.name for path in folder.iterdir()]
    return []


def _is_folder(path: Path) -> bool:
    with suppress(OSError):
        return path.is_dir()
    return False


def _trouble(folder: Path) -> str | None:
    """Why nothing can be written in a folder that exists or is still to be made."""
    while not os.path.lexists(folder) and folder != folder.parent:
        folder = folder.parent
    if not _is_folder(folder):
        return "is no folder"
    return None if os.access(folder, os.R_OK | os.W_OK | os.X_OK) else "cannot be written to"


def _content(file: Path) -> bytes:
    """What is in a file that is one. (Opening a pipe would wait for its other end.)"""
    try:
        handle = os.open(file, CAREFULLY)
    except OSError as error:
        if error.errno in FOR_GOOD:
            raise NoWebhook from error
        raise
    try:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode) or status.st_size > LARGEST:
            raise NoWebhook
        return os.read(handle, LARGEST)
    finally:
        os.close(handle)


def _packed(webhook: Webhook) -> bytes:
    # Latin-1 gives every byte a character: what came is kept to the byte, and a form can be read by a person.
    body, at = webhook.body.decode("latin-1"), webhook.at.isoformat()
    return json.dumps({**asdict(webhook), "body": body, "at": at}).encode()


def _hash(key: str, digits: int = 3) -> str:
    return hashlib.blake2s(key.encode()).hexdigest()[:digits]


def _write(file: Path, content: bytes) -> None:
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as writing:
        writing.write(content)
        writing.flush()
        os.fsync(writing.fileno())


def _sync(folder: Path) -> None:
    if os.name == "nt":  # a folder cannot be opened there, and its file system keeps a journal of names
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
