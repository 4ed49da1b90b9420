"""What is measured on the machine for whoever watches it: the disk and how fast it fills, open files, backups."""

import sys
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from shutil import disk_usage

from app.backups import elsewhere, folder
from app.settings import Settings

if sys.platform != "win32":
    import resource

LEAST = timedelta(days=3)  # of backups, before anything is said of how fast they grow
A_DAY = timedelta(days=1)
DESCRIPTORS = (Path("/proc/self/fd"), Path("/dev/fd"))  # Linux, and others


@dataclass(frozen=True)
class Room:
    """The disk on which SQLite's file lies. What grows is the database, and each backup of it on the same disk."""

    free: int  # bytes
    growth: float | None  # bytes a day; None where it is not known

    @property
    def days_left(self) -> int | None:
        """After how many days it is full at this rate; None where that is not known, or it does not fill."""
        return int(self.free / self.growth) if self.growth else None


@dataclass(frozen=True)
class OpenFiles:
    """How many files and connections this process has open, and how many the system lets it."""

    used: int
    limit: int


@dataclass(frozen=True)
class Backups:
    """When the last backup was made, and since when none is taken elsewhere that should be."""

    last: datetime | None = None
    no_copy_since: datetime | None = None


def room(settings: Settings) -> Room | None:
    """The room on SQLite's disk; None on PostgreSQL, and where the folder itself is gone, which the database says."""
    file = settings.database_file
    if file is None:
        return None
    with suppress(OSError):
        return Room(disk_usage(file.absolute().parent).free, growth(settings))
    return None


def growth(settings: Settings) -> float | None:
    """By how many bytes a day the disk fills, as the sizes of the backups tell; None where they tell nothing yet."""
    file, where = settings.database_file, settings.backups
    if file is None or where is None:
        return None
    with suppress(OSError):
        usual = [one for one in folder.found(where, settings.database) if not one.why]
        alike = [one for one in usual if one.path.suffix == usual[-1].path.suffix]  # encrypted ones are larger
        if not alike or alike[-1].at - alike[0].at < LEAST:
            return None
        larger = alike[-1].path.stat().st_size - alike[0].path.stat().st_size
        beside = len(usual) if where.stat().st_dev == file.absolute().parent.stat().st_dev else 0
        return max(larger / ((alike[-1].at - alike[0].at) / A_DAY), 0.0) * (1 + beside)
    return None


def open_files() -> OpenFiles | None:
    """How many this process has open; None where the system does not tell, or sets no limit."""
    if sys.platform == "win32":
        return None
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    if limit == resource.RLIM_INFINITY:
        return None
    for listed in DESCRIPTORS:
        with suppress(OSError):
            return OpenFiles(sum(1 for _ in listed.iterdir()), limit)
    return None


def most_open_files() -> int | None:
    """How many a process of this user may open once it asks for as many as it can get; None for any number."""
    if sys.platform == "win32":
        return None
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    return None if hard == resource.RLIM_INFINITY else hard


def backups(settings: Settings) -> Backups:
    """How it stands with those that are made by themselves."""
    where = settings.backups
    newest = folder.newest(where, settings.database) if where is not None else None
    return Backups(newest.at if newest else None, elsewhere.failing_since(settings))
