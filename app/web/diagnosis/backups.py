"""Backups: how old the last one is and where, whether it is whole, whether it goes elsewhere."""

import shlex
import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from app.backups import contents, drafts, folder, missing, sealing
from app.backups import elsewhere as copies
from app.backups.contents import Damaged
from app.database.postgresql_tools import ToolFailed
from app.settings import Settings
from app.telemetry.findings import Finding, Level
from app.telemetry.words import count_of, span
from app.web.measures import Backups

LATE = timedelta(hours=36)  # a night was missed
ABOUT = "backup"


def of_running(found: Backups, now: datetime) -> list[Finding]:
    """What whoever watches a running hotline should know of its backups."""
    late = []
    if found.last is not None and now - found.last > LATE:
        what = f"the last backup is {span(now - found.last)} old, though one is made each night"
        late.append(Finding(Level.WARNING, ABOUT, what, "read the log for why; to make one now: hotline backup"))
    return [*late, *elsewhere(found.no_copy_since, now)]


def elsewhere(since: datetime | None, now: datetime) -> list[Finding]:
    """Whether backups are only on this machine, though they should go elsewhere."""
    if since is None:
        return []
    what = f"for {span(now - since)} BACKUP_TO has taken no backup: what this disk loses is lost"
    do = "hotline doctor says what it answered; it is tried again each hour"
    return [Finding(Level.WARNING, "backup", what, do)]


def none_made(settings: Settings) -> list[Finding]:
    """Whether none is made by itself."""
    if settings.backups is not None:
        return []
    do = (
        "set BACKUP_FOLDER to a folder, or see that your host makes them"
        if settings.database_file is None
        else "set BACKUP_FOLDER to a folder, best on another disk"
    )
    return [Finding(Level.WARNING, ABOUT, "none is made by itself", do)]


def check(settings: Settings, now: datetime) -> Iterator[Finding]:
    """How old the last backup is; what stands in the way of the next; what a restore has put aside."""
    where, file = settings.backups, settings.database_file
    if file is not None and not file.exists():
        return
    yield from none_made(settings)
    if where is not None:
        yield _last(settings, now)
        yield from _elsewhere(settings, now)
    if file is None and shutil.which("pg_dump") is None:
        level = Level.OK if where is None else Level.PROBLEM
        do = "install PostgreSQL's client programs (Debian: apt install postgresql-client)"
        yield Finding(level, ABOUT, "there is no pg_dump here, which makes them", do)
    if where is not None and settings.backup_public_key is None and settings.backup_to is not None:
        what = "what BACKUP_TO takes elsewhere is not encrypted"
        yield Finding(Level.WARNING, ABOUT, what, "hotline backup --new-key FILE, on a machine of your own")
    for draft in drafts.left(settings, now):
        what = f"{draft} was left unfinished; it may hold people's words"
        yield Finding(
            Level.WARNING, ABOUT, what, f"it goes when the hotline starts; or: rm {shlex.quote(str(draft))}"
        )
    for aside in missing.put_aside(settings):
        what = f"{aside} is what a restore put aside; it holds people's words"
        yield Finding(Level.WARNING, ABOUT, what, f"once all is well: rm {shlex.quote(str(aside))}*")


def _elsewhere(settings: Settings, now: datetime) -> Iterator[Finding]:
    """Since when the command does not take what it should, and what it answered."""
    since = copies.failing_since(settings)
    if since is not None:
        what = f"BACKUP_TO has taken none for {span(now - since)}: {copies.noted(settings).why}"
        yield Finding(Level.PROBLEM, ABOUT, what, "mend the command; a running hotline tries again each hour")


def _last(settings: Settings, now: datetime) -> Finding:
    assert settings.backups is not None
    every = folder.found(settings.backups, settings.database)
    if not every:
        what = f"there is none yet in {settings.backups}"
        do = f"hotline backup makes one now; the hotline itself at {settings.backup_hour}:00"
        return Finding(Level.WARNING, ABOUT, what, do)
    last = every[-1]
    sealed = last.path.suffix == sealing.SUFFIX
    what = f"the last is {span(now - last.at)} old: {last.path}"
    try:
        how = "encrypted" if sealed else _opened(last.path)
    except (Damaged, OSError) as error:
        do = "do not count on it. Make another: hotline backup; then see whether the disk is sound, and not full"
        return Finding(Level.PROBLEM, ABOUT, f"{what}, but {error}", do)
    what = f"{what}, {how}; {count_of(len(every), 'file')} in all"
    if now - last.at > LATE:
        return Finding(Level.WARNING, ABOUT, what, "see that hotline serve runs at night, and what its log says")
    if settings.backup_to is None:
        do = "keep a copy on another machine: hotline backup --to COMMAND, or BACKUP_TO"
    elif sealed:
        do = "try once on another machine that your key opens it: hotline restore FILE --identity KEY"
    else:
        do = "try it once on another machine: hotline restore FILE"
    return Finding(Level.OK, ABOUT, what, do)


def _opened(file: Path) -> str:
    """What opening it tells. Raises Damaged, OSError."""
    try:
        held = contents.of(file)
    except ToolFailed:  # PostgreSQL's programs are missing here, which is said by itself
        return "not opened"
    return f"whole, with {count_of(held.requests, 'request')} and {count_of(held.texts, 'text')}"
