"""The copy on another machine: each backup in the folder is given to BACKUP_TO, until the command has taken it.

What became of it is noted beside the backups, so that whoever looks hears of a copy that is missing, also after a
restart. The command is a process group of its own, which ends when its time is over or the hotline stops.
"""

import json
import os
import signal
import subprocess
import tempfile
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path

import structlog
from filelock import FileLock, Timeout

from app.backups import folder
from app.backups.folder import Backup
from app.clock import Clock
from app.settings import Settings
from app.telemetry.heartbeat import BackgroundThread

log = structlog.get_logger()

NAME_OF = "HOTLINE_BACKUP_NAME"  # what a command that is given a backup finds its name in
INTERVAL = 60.0  # seconds between looks into the folder
LIMIT = timedelta(hours=1)  # that a command has
AGAIN = timedelta(hours=1)  # after one that failed
STALE_AFTER = LIMIT + timedelta(hours=1)
LOOK, GRACE = 0.2, 5.0  # seconds between looks at a command, and that it has to end once it is told to


class NotTaken(Exception):
    """The command did not take it. The message says why."""


@dataclass
class Noted:
    """What became of it."""

    taken: str = ""  # the name of the last that was taken
    failing_since: str | None = None
    why: str = ""

    @property
    def since(self) -> datetime | None:
        """Since when none is taken."""
        return datetime.fromisoformat(self.failing_since) if self.failing_since else None


def noted(settings: Settings) -> Noted:
    """What is noted; nothing where there is no such file, or it cannot be read."""
    with suppress(OSError, ValueError, TypeError):
        found = Noted(**json.loads(_file(settings).read_text("utf-8")))
        return found if found.since else Noted(found.taken)
    return Noted()


def failing_since(settings: Settings) -> datetime | None:
    """Since when a copy elsewhere is missing, where there should be one."""
    return noted(settings).since if settings.backup_to is not None and settings.backups is not None else None


def give(
    file: Path, command: str, name: str, stopping: Callable[[], bool] | None = None, limit: timedelta = LIMIT
) -> None:
    """Give a file to a command's standard input. Raises NotTaken where it ends with anything but 0.

    With `stopping` nobody sits there: it is ended as soon as that says so, or after the limit.
    """
    alone = stopping is not None
    with file.open("rb") as reading, tempfile.TemporaryFile() as saying:
        env = {**os.environ, NAME_OF: name}
        # The operator's own line, with whatever the shell makes of it.
        running = subprocess.Popen(
            *(command,),
            shell=True,
            stdin=reading,
            stdout=subprocess.DEVNULL,
            stderr=saying,
            env=env,
            start_new_session=alone,
        )
        try:
            why = _wait(running, stopping, limit) if stopping is not None else None
            if stopping is None:
                running.wait()
        finally:
            if running.poll() is None:
                _end(running, alone=alone)
        if why is not None:
            raise NotTaken(why)
        if running.returncode:
            saying.seek(0)
            said = saying.read().decode(errors="replace").strip().splitlines()
            because = f": {said[-1][:200]}" if said else ""
            raise NotTaken(f"The command that was to take it ended with {running.returncode}{because}")


def _wait(running: "subprocess.Popen[bytes]", stopping: Callable[[], bool], limit: timedelta) -> str | None:
    """Wait for its end; why it is not waited for any longer."""
    for _ in range(int(limit.total_seconds() / LOOK)):
        with suppress(subprocess.TimeoutExpired):
            running.wait(LOOK)
            return None
        if stopping():
            return "The hotline stopped before the command had taken it"
    return f"The command that was to take it did not end within {int(limit.total_seconds() // 60)} minutes"


def _end(running: "subprocess.Popen[bytes]", *, alone: bool) -> None:
    """End it, and all that it has begun."""
    for how in (signal.SIGTERM, getattr(signal, "SIGKILL", signal.SIGTERM)):
        with suppress(ProcessLookupError, PermissionError):
            if alone and hasattr(os, "killpg"):
                os.killpg(running.pid, how)
            else:
                running.send_signal(how)
        with suppress(subprocess.TimeoutExpired):
            running.wait(GRACE)


class Elsewhere:
    """Gives the newest backup away, in a thread of its own: nothing else waits for a command that hangs."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self.settings = settings
        self.clock = clock
        self._stop = threading.Event()
        self._not_before: datetime | None = None  # the last try failed
        self.thread = BackgroundThread("backup elsewhere", self._round, interval=INTERVAL, stale_after=STALE_AFTER)

    def start(self) -> None:
        """Begin to look into the folder."""
        self.thread.start()

    def stop(self) -> None:
        """Look no more, and end the command that runs."""
        self._stop.set()
        self.thread.stop()

    def once(self, now: datetime) -> bool:
        """Give the newest away, unless it was or another process does; whether it was taken now. Raises NotTaken."""
        where, command = self.settings.backups, self.settings.backup_to
        if where is None or command is None or (self._not_before is not None and now < self._not_before):
            return False
        if (newest := self._missing(where)) is None:
            return False
        try:
            with FileLock(_file(self.settings).with_suffix(".lock"), mode=0o600).acquire(timeout=0):
                if (newest := self._missing(where)) is None:
                    return False
                give(newest.path, command, newest.path.name, self._stop.is_set)
                _write(self.settings, Noted(newest.path.name))
        except Timeout:
            return False
        except (NotTaken, OSError) as failed:
            if self._stop.is_set():
                return False
            self._not_before = now + AGAIN
            before = noted(self.settings)
            since = before.failing_since or now.isoformat()
            with suppress(OSError):
                _write(self.settings, Noted(before.taken, since, str(failed)))
            raise
        self._not_before = None
        log.info("backed_up_elsewhere", size=newest.path.stat().st_size)
        return True

    def _missing(self, where: Path) -> Backup | None:
        """The newest of those made night by night or by hand, unless it was taken."""
        usual = [one for one in folder.found(where, self.settings.database) if not one.why]
        return usual[-1] if usual and usual[-1].path.name != noted(self.settings).taken else None

    def _round(self) -> None:
        try:
            self.once(self.clock.now())
        finally:  # what failed is said by what is noted
            self.thread.heartbeat.beat(self.clock.now())


def _file(settings: Settings) -> Path:
    assert settings.backups is not None
    return settings.backups / f".{folder.stem(settings.database)}-elsewhere.json"


def _write(settings: Settings, what: Noted) -> None:
    file = _file(settings)
    draft = file.with_suffix(folder.PARTIAL)
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as writing:
        json.dump(asdict(what), writing)
    draft.replace(file)
