"""A database that is not where it was: nobody makes an empty one in its place, and answers people as strangers."""

from pathlib import Path

from app.backups import erased
from app.backups.folder import ASIDE, DRAFT
from app.settings import Settings


class Missing(Exception):
    """SQLite's file is gone, and what lies beside it says so. The message says what to do."""


def check(settings: Settings) -> None:
    """Raise Missing where there was a database and is none."""
    file = settings.database_file
    if file is None or file.exists() or not (left := beside(settings)):
        return
    names = ", ".join(path.name for path in left)
    raise Missing(
        f"{file} is missing, and beside it lies {names}: there was one. Put it back, or a backup in its place: "
        f"hotline restore FILE (a file that ends in {ASIDE}… is one, too). To begin anew, move these away first"
    )


def beside(settings: Settings) -> list[Path]:
    """What lies beside SQLite's file once there was one: what a restore put aside or did not end, who was erased."""
    file = settings.database_file
    if file is None:
        return []
    drafts = sorted(file.absolute().parent.glob(f"{DRAFT}*"))
    noted = erased.file_of(settings)
    return [*put_aside(settings), *drafts, *([noted] if noted.exists() else [])]


def put_aside(settings: Settings) -> list[Path]:
    """The databases that restores have put aside."""
    file = settings.database_file
    if file is None:
        return []
    there = file.absolute().parent.glob(f"{file.name}{ASIDE}*")
    return sorted(path for path in there if not path.name.endswith(("-wal", "-shm")))
