"""Whether the machine serves: threads, disk, open files, the spool, and who else can read or write here."""

import os
import shlex
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from app.backups import folder
from app.inbound.spool import SpoolFigures
from app.settings import Settings
from app.telemetry.findings import Finding, Level
from app.telemetry.heartbeat import Heartbeat
from app.telemetry.words import count_of, size, span
from app.web import connections
from app.web.measures import OpenFiles, Room

LOW_DISK = 200 * 2**20  # bytes; a busy line writes some MB a month
SOON_FULL = 30  # days, in which somebody should have made room
LONG = 3650  # days; more say no more
MANY_OPEN = 0.8  # of the files that a process may have open
FEW_CONNECTIONS = 100  # a carrier and some open boards take a few dozen
MORE_FILES = "with systemd set LimitNOFILE=4096 (hotline systemd prints a unit); in a container --ulimit nofile=4096"


def threads(heartbeats: dict[str, Heartbeat], now: datetime) -> list[Finding]:
    """Which of the threads that work by themselves no longer does."""
    does = {
        "sender": "nothing is sent",
        "ticker": "nobody is reminded, no more volunteers are asked",
        "spool worker": "texts kept beside the database are not taken in",
        "picture worker": "pictures and voice messages are not passed on",
        "nightly backup": "no backup is made",
        "backup elsewhere": "no backup goes elsewhere",
        "layouts": "what WhatsApp shows as buttons is said in words",
        "templates": "what WhatsApp decides on its templates is not heard",
        "deletion": "texts stay at the carrier for longer than the line says",
        "reconciler": "texts that never reached us are not fetched from the carrier",
    }
    found = []
    for name, heartbeat in heartbeats.items():
        effect = does.get(name, "its work is left undone")
        if not heartbeat.alive:
            found.append(Finding(Level.PROBLEM, name, f"{effect}: the {name} does not run", "restart the hotline"))
        elif heartbeat.idle(now) > heartbeat.stale_after:
            what = f"{effect}: the {name} has got nothing done for {span(heartbeat.idle(now))}"
            found.append(Finding(Level.PROBLEM, name, what, "read the log; if it says nothing, restart the hotline"))
    return found


def disk(room: Room | None) -> list[Finding]:
    """Whether the database can grow, and for how long."""
    if room is None:
        return []
    if room.free < LOW_DISK:
        what = f"only {size(room.free)} are free"
        return [Finding(Level.WARNING, "disk", what, "make room: a full disk takes no texts")]
    if room.days_left is not None and room.days_left < SOON_FULL:
        what = f"{size(room.free)} are free, which at this rate last for about {count_of(room.days_left, 'day')}"
        do = "make room: a full disk takes no texts. Backups take their part: BACKUP_KEEP_DAILY, BACKUP_KEEP_WEEKLY"
        return [Finding(Level.WARNING, "disk", what, do)]
    return []


def disk_in_order(room: Room) -> Finding:
    """How much room there is, where there is enough."""
    if room.growth is None:
        until = "how fast it fills is not known before backups of three days"
    elif room.days_left is None or room.days_left >= LONG:
        until = "which last for years at this rate"
    else:
        until = f"which last for about {count_of(room.days_left, 'day')} at this rate"
    return Finding(Level.OK, "disk", f"can be written to, {size(room.free)} free; {until}")


def open_files(files: OpenFiles | None) -> list[Finding]:
    """Whether this process has nearly as many files and connections open as the system lets it."""
    if files is None or files.used < MANY_OPEN * files.limit:
        return []
    what = f"{files.used} of the {files.limit} files are open that it may have: soon it can take no more texts"
    return [Finding(Level.PROBLEM, "open files", what, f"{MORE_FILES}. Then restart the hotline")]


def connections_at_once(limit: int | None) -> Finding:
    """How many connections a hotline can hold that the system lets open so many files; None for any number."""
    most = connections.room_for(limit)
    what = f"the system lets a hotline hold {count_of(most, 'connection')} at once"
    if most < FEW_CONNECTIONS:
        return Finding(Level.WARNING, "open files", what, f"that is few; {MORE_FILES}")
    return Finding(Level.OK, "open files", what)


def spool(figures: SpoolFigures) -> list[Finding]:
    """Whether texts can be kept beside the database, wait there, or were put aside."""
    found = []
    if figures.trouble:
        what = f"texts could not be kept while the database is away: the spool's folder {figures.trouble}"
        do = "make it a folder in which the hotline may write, or set HOTLINE_SPOOL to one"
        found.append(Finding(Level.PROBLEM, "spool", what, do))
    if figures.waiting:
        what = (
            f"{count_of(figures.waiting, 'text')} came while the database was away, kept on disk and not answered yet"
        )
        found.append(Finding(Level.WARNING, "spool", what, "nothing, if the number falls; else read the log"))
    if figures.quarantined:
        texts = count_of(figures.quarantined, "text")
        what = f"{texts} could not be taken in even later; the spool keeps them aside in: quarantine"
        do = "read the log for spooled_text_fails, and report it. They are tried again at every start"
        found.append(Finding(Level.WARNING, "spool", what, do))
    if figures.misplaced:
        what = f"{count_of(figures.misplaced, 'thing')} in the spool's folder should not be there, or cannot be read"
        do = "look at its files that have the name of a folder, or begin with in-the-way, and move them elsewhere"
        found.append(Finding(Level.WARNING, "spool", what, do))
    return found


def private(settings: Settings) -> Iterator[Finding]:
    """Whether others who use this machine can read what is kept here, or put something else in its place."""
    if os.name != "posix":  # Windows has no such permissions
        return
    where = settings.backups
    made = [one.path for one in folder.found(where, settings.database)] if where is not None else []
    for path in (Path(".env"), *_database(settings), settings.spool, *made):
        if (found := _stat(path)) and found.st_mode & 0o077:
            do = f"chmod {'go-rwx' if path.is_dir() else '600'} {shlex.quote(str(path))}"
            yield Finding(Level.WARNING, "private", f"others who use this machine can read {path}", do)
    for path, why in _changeable(settings):
        what = f"others who use this machine can write in {path}, {why}"
        yield Finding(Level.WARNING, "private", what, f"chmod o-w {shlex.quote(str(path))}")
    yield from owners(settings)


def owners(settings: Settings) -> Iterator[Finding]:
    """Whether everything here is one user's. What root has made, the hotline's own user cannot write to."""
    file = settings.database_file
    if os.name != "posix" or file is None or not file.exists():
        return
    home = file.absolute().parent
    owner = _owner(home)
    for path in (*_database(settings), settings.spool, *([settings.backups] if settings.backups else [])):
        if (found := _stat(path)) and found.st_uid != home.stat().st_uid:
            what = f"{path} belongs to {_owner(path)}, its folder to {owner}: one of them cannot write to it"
            do = f"chown -R {owner} {shlex.quote(str(path))}, if the hotline runs as {owner}"
            yield Finding(Level.WARNING, "private", what, do)


def user(uid: int) -> list[Finding]:
    """What to say to whoever looks as root."""
    if uid != 0:
        return []
    do = "hotline systemd prints a unit with a user of its own; start no other command as root in its folder"
    return [Finding(Level.OK, "user", "you are root; the hotline itself need not be", do)]


def _database(settings: Settings) -> list[Path]:
    file = settings.database_file
    return [file.with_name(file.name + suffix) for suffix in ("", "-wal", "-shm")] if file else []


def _changeable(settings: Settings) -> Iterator[tuple[Path, str]]:
    """Folders in which anybody can put other files in the place of ours. (/tmp lets nobody touch another's.)"""
    file = settings.database_file
    folders = [(file.absolute().parent, "where the database lies")] if file else []
    folders += [(Path(), "where .env is read"), (Path(__file__).parents[2], "where the program lies")]
    seen = set()
    for path, why in folders:
        found = _stat(path)
        if found and found.st_mode & 0o002 and not found.st_mode & 0o1000 and path.resolve() not in seen:
            seen.add(path.resolve())
            yield path, why


def _stat(path: Path) -> os.stat_result | None:
    with suppress(OSError):  # what lies beside the database comes and goes
        return path.stat()
    return None


def _owner(path: Path) -> str:
    try:
        return path.owner()
    except KeyError:  # a user of another machine, as in a volume
        return str(path.stat().st_uid)
