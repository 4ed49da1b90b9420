"""What `hotline doctor` says of backups: how old the last one is and where, or that there is none."""

import shlex
import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta

from app.backups import drafts, elsewhere, folder, missing
from app.cli import console
from app.settings import Settings
from app.telemetry.findings import Finding, Level
from app.web import diagnosis

LATE = timedelta(hours=36)  # a night was missed
ABOUT = "backup"


def check(settings: Settings, now: datetime) -> Iterator[Finding]:
    """How old the last backup is; what stands in the way of the next; what a restore has put aside."""
    where, file = settings.backups, settings.database_file
    if file is not None and not file.exists():
        return
    if where is None:
        do = (
            "set BACKUP_FOLDER to a folder, or see that your host makes them"
            if file is None
            else "set BACKUP_FOLDER to a folder, best on another disk"
        )
        yield Finding(Level.WARNING, ABOUT, "none is made by itself", do)
    else:
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
    since = elsewhere.failing_since(settings)
    if since is not None:
        what = f"BACKUP_TO has taken none for {diagnosis.span(now - since)}: {elsewhere.noted(settings).why}"
        yield Finding(Level.PROBLEM, ABOUT, what, "mend the command; a running hotline tries again each hour")


def _last(settings: Settings, now: datetime) -> Finding:
    assert settings.backups is not None
    every = folder.found(settings.backups, settings.database)
    if not every:
        what = f"there is none yet in {settings.backups}"
        return Finding(
            Level.WARNING,
            ABOUT,
            what,
            f"hotline backup makes one now; the hotline itself at {settings.backup_hour}:00",
        )
    last = every[-1]
    sealed = ", encrypted" if last.path.suffix == ".age" else ""
    age, all_of_them = diagnosis.span(now - last.at), console.count(len(every), "file")
    what = f"the last is {age} old: {last.path}{sealed}; {all_of_them} in all"
    if now - last.at > LATE:
        return Finding(Level.WARNING, ABOUT, what, "see that hotline serve runs at night, and what its log says")
    return Finding(Level.OK, ABOUT, what, "keep a copy on another machine: hotline backup --to COMMAND, or BACKUP_TO")
