"""Webhooks that the database could not take, on disk until it can: a file each, safe from power cuts.

A phone's files lie in one of 4,096 boxes, folders named by a hash: which box says nothing about the number, and
whether older texts of a phone wait is one look at the disk. Phones that share a box wait for each other.
"""

import hashlib
import heapq
import json
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

from filelock import FileLock, Timeout

from app.carriers.base import Webhook

BOX = re.compile(r"[0-9a-f]{3}")
ATTEMPTS = 10  # an empty box may be cleared away while something is put into it
STALE = timedelta(hours=1)  # a file still being written after this was left by a process that died


@dataclass
class Spool:
    """The folder, which is made when the first webhook comes. Any number of processes may share it."""

    folder: Path
    _numbers: Iterator[int] = field(default_factory=count, repr=False)

    def put(self, webhook: Webhook, key: str) -> None:
        """Keep a webhook; when this returns it outlives a power cut. Raises OSError if it cannot be kept."""
        name = f"{int(webhook.at.timestamp() * 1e6):017d}-{next(self._numbers):06d}-{secrets.token_hex(4)}"
        writing = self.folder / ".writing"
        made = not self.folder.exists()
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        writing.mkdir(mode=0o700, exist_ok=True)
        draft = writing / name
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
            try:
                box.mkdir(mode=0o700)
                changed = [box, self.folder]
            except FileExistsError:
                pass
            with suppress(FileNotFoundError):
                draft.rename(box / draft.name)
                return changed
        raise OSError("the spool's folder changes too fast")

    def holds(self, key: str) -> bool:
        """Whether webhooks with this key may be waiting. Costs some microseconds."""
        return os.access(f"{self.folder}/{_hash(key)}", os.F_OK)  # a Path would cost several times as much

    def boxes(self) -> list[Path]:
        """The boxes in which something waits."""
        try:
            return sorted(path for path in self.folder.iterdir() if BOX.fullmatch(path.name))
        except FileNotFoundError:
            return []

    def oldest(self, box: Path, most: int = 1) -> list[Path]:
        """The oldest files in a box, the oldest first; a box without any is cleared away."""
        try:
            with os.scandir(box) as entries:
                found = heapq.nsmallest(most, (entry.name for entry in entries))
        except FileNotFoundError:
            return []
        if not found:
            with suppress(OSError):
                box.rmdir()
        return [box / name for name in found]

    def read(self, file: Path) -> Webhook:
        """The webhook in a file. Raises ValueError, TypeError, KeyError where there is none; FileNotFoundError."""
        kept = json.loads(file.read_bytes())
        body, at = kept["body"].encode("latin-1"), datetime.fromisoformat(kept["at"])
        return Webhook(kept["carrier"], kept["path"], kept["query"], body, at)

    def done(self, file: Path) -> None:
        """It is in the database now."""
        file.unlink(missing_ok=True)
        with suppress(OSError):
            file.parent.rmdir()

    def quarantine(self, file: Path) -> None:
        """Put aside what cannot be taken in, for a person to look at."""
        aside = self.folder / "quarantine"
        aside.mkdir(mode=0o700, exist_ok=True)
        with suppress(FileNotFoundError):
            file.rename(aside / f"{file.parent.name}-{file.name}")
        with suppress(OSError):
            file.parent.rmdir()

    def requeue_quarantined(self) -> None:
        """Let what was put aside be tried once more."""
        for file in self._quarantined():
            box = self.folder / file.name[:3]
            box.mkdir(mode=0o700, exist_ok=True)
            with suppress(FileNotFoundError):
                file.rename(box / file.name[4:])

    def remove_stale_drafts(self, now: datetime) -> None:
        """Remove what a process that died had begun to write: nobody was told that it is kept."""
        with suppress(FileNotFoundError):
            for draft in (self.folder / ".writing").iterdir():
                if now - datetime.fromtimestamp(draft.stat().st_mtime, UTC) > STALE:
                    draft.unlink(missing_ok=True)

    def waiting(self) -> int:
        """How many webhooks wait."""
        found = 0
        for box in self.boxes():
            with suppress(FileNotFoundError):
                found += sum(1 for _ in box.iterdir())
        return found

    def quarantined(self) -> int:
        """How many webhooks were put aside."""
        return len(self._quarantined())

    def _quarantined(self) -> list[Path]:
        try:
            return [file for file in (self.folder / "quarantine").iterdir() if BOX.fullmatch(file.name[:3])]
        except FileNotFoundError:
            return []

    @contextmanager
    def exclusive(self) -> Iterator[bool]:
        """Whether it is this process's turn to empty the spool: one does so at a time."""
        try:
            with FileLock(self.folder / ".emptying.lock", timeout=0):
                yield True
        except Timeout:
            yield False


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
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
