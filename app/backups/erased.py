"""Who was erased, in a file beside the database: it outlives the database, and whoever restores reads it.

A line is a moment and a person's number in the database, nothing about anybody.
"""

import os
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from app.database.engine import Database
from app.settings import Settings
from models import erasing

Erased = tuple[int, datetime]


def file_of(settings: Settings) -> Path:
    """Where they are noted."""
    database = settings.database_file
    if database is not None:
        return database.with_name(f"{database.name}.erased")
    return settings.spool.absolute().parent / f"{settings.database.database}.erased"


def noted(settings: Settings) -> list[Erased]:
    """All that the file says; a line that cannot be read says nothing."""
    found = []
    with suppress(OSError):
        for line in file_of(settings).read_text("utf-8").splitlines():
            with suppress(ValueError):
                at, person = line.split()
                found.append((int(person), datetime.fromisoformat(at)))
    return found


def note(settings: Settings, kept: Database) -> int:
    """Write down whoever the database says was erased and the file does not; returns how many."""
    known = noted(settings)
    last = max((at for _, at in known), default=datetime.fromisoformat("2000-01-01T00:00:00+00:00"))
    new = [one for one in kept.read(lambda session: erasing.since(session, last)) if one not in known]
    if new:
        handle = os.open(file_of(settings), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(handle, "a", encoding="utf-8") as writing:
            writing.writelines(f"{at.isoformat()} {person}\n" for person, at in new)
            writing.flush()
            os.fsync(writing.fileno())
    return len(new)
