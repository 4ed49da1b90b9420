"""The folder of backups: their names, which of them are kept, how old the newest is."""

import re
from collections.abc import Callable, Hashable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy.engine import URL

STAMP = "%Y%m%dT%H%M%SZ"
ASIDE = ".aside-"  # ends the name of a database that a restore has put aside, before the moment
DRAFT = ".restoring-"  # begins that of what a restore has not put in its place yet
NAME = re.compile(r"(?P<stem>.+)-(?P<at>\d{8}T\d{6}Z)(?P<why>-before-[a-z]+)?\.(db|dump)(\.age)?")
PARTIAL = ".partial"
STALE = timedelta(hours=6)  # an unfinished one after this was left by a process that died
BEFORE_CHANGES = 3  # of those made before a migration or a restore
A_WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Backup:
    """One file in the folder."""

    path: Path
    at: datetime
    why: str = ""  # what it was made before, where it was


def stem(url: URL) -> str:
    """What the names of a database's backups begin with, so that several may share a folder."""
    name = Path(url.database or "").stem if url.get_backend_name() == "sqlite" else url.database or ""
    return re.sub(r"[^\w.-]+", "-", name) or "hotline"


def name(url: URL, now: datetime, *, sealed: bool, why: str = "") -> str:
    """The name of a backup that is made now."""
    kind = "db" if url.get_backend_name() == "sqlite" else "dump"
    return f"{stem(url)}-{now.astimezone(UTC):{STAMP}}{why}.{kind}{'.age' if sealed else ''}"


def found(folder: Path, url: URL) -> list[Backup]:
    """A database's backups, the oldest first."""
    backups = []
    with suppress(OSError):
        for path in folder.iterdir():
            named = NAME.fullmatch(path.name)
            if named and named["stem"] == stem(url) and path.is_file():
                at = datetime.strptime(named["at"], STAMP).replace(tzinfo=UTC)
                backups.append(Backup(path, at, named["why"] or ""))
    return sorted(backups, key=lambda one: (one.at, one.path.name))


def newest(folder: Path, url: URL) -> Backup | None:
    """The last backup of a database, whatever it was made before."""
    every = found(folder, url)
    return every[-1] if every else None


def kept(every: Iterable[Backup], daily: int, weekly: int, zone: ZoneInfo, now: datetime) -> list[Backup]:
    """Which of these are kept: the last one of so many days and of so many weeks, and the last made before a change.

    Those before a change go with the oldest of the others, so that nothing is kept for ever.
    """
    newest_first = sorted(every, key=lambda one: one.at, reverse=True)
    usual = [one for one in newest_first if not one.why]
    keep = _last_of(usual, lambda at: at.date(), zone, daily) + _last_of(
        usual, lambda at: at.isocalendar()[:2], zone, weekly
    )
    keep += usual[:1]  # the last one, whatever the figures say
    oldest = now - max(A_WEEK * weekly, timedelta(days=daily), A_WEEK)
    changes = [one for one in newest_first if one.why][:BEFORE_CHANGES]
    keep += [one for one in changes if one.at >= oldest]
    return sorted({one.path: one for one in keep}.values(), key=lambda one: one.at)


def _last_of(
    newest_first: list[Backup], of: Callable[[datetime], Hashable], zone: ZoneInfo, most: int
) -> list[Backup]:
    last: dict[Hashable, Backup] = {}
    for one in newest_first:
        last.setdefault(of(one.at.astimezone(zone)), one)
    return list(last.values())[:most]


def rotate(folder: Path, url: URL, daily: int, weekly: int, zone: ZoneInfo, now: datetime) -> list[Path]:
    """Remove the backups that are not kept, and what was left unfinished; returns what was removed."""
    every = found(folder, url)
    keep = {one.path for one in kept(every, daily, weekly, zone, now)}
    gone = [one.path for one in every if one.path not in keep]
    for path in folder.iterdir():
        if path.name.endswith(PARTIAL) and path.name.startswith(f".{stem(url)}-"):
            with suppress(OSError):
                if now - datetime.fromtimestamp(path.stat().st_mtime, UTC) > STALE:
                    gone.append(path)
    for path in gone:
        path.unlink(missing_ok=True)
    return gone
