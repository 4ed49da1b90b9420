"""The nightly backup, from a thread of its own; and the list of who was erased, each minute."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import structlog
from filelock import Timeout

from app.backups import erased, folder, making
from app.backups.making import BackupFailed
from app.clock import Clock
from app.database.engine import Database
from app.settings import Settings
from app.telemetry.heartbeat import BackgroundThread
from models import lines
from models.lines import Line
from models.store.session import Session

log = structlog.get_logger()

INTERVAL = 60.0  # seconds between looks at the clock
AGAIN = timedelta(hours=1)  # after one that failed
STALE_AFTER = timedelta(hours=3)  # without a look that went well, after which somebody should see why
A_DAY = timedelta(days=1)


class Nightly:
    """Makes a backup each night, or as soon as it can after a night in which it could not."""

    def __init__(self, settings: Settings, database: Database, clock: Clock) -> None:
        self.settings = settings
        self.database = database
        self.clock = clock
        self._not_before: datetime | None = None  # the last one failed
        self.thread = BackgroundThread("nightly backup", self._round, interval=INTERVAL, stale_after=STALE_AFTER)

    def start(self) -> None:
        """Begin to look at the clock."""
        self.thread.start()

    def stop(self) -> None:
        """Look no more; one that is being made is finished."""
        self.thread.stop()

    def due(self, now: datetime) -> bool:
        """Whether last night's is missing. A hotline that began after it waits for its first night."""
        where = self.settings.backups
        if where is None or (self._not_before is not None and now < self._not_before):
            return False
        last = folder.newest(where, self.settings.database)
        since = last.at if last else self.database.read(_began)
        return since is not None and since < self._night(now)

    def once(self, now: datetime) -> bool:
        """Make tonight's backup, if it is due and no other process makes it; whether it was made."""
        if not self.due(now):
            return False
        assert self.settings.backups is not None
        try:
            with making.one_at_a_time(self.settings.backups).acquire(timeout=0):
                if not self.due(now):
                    return False
                made = making.make(self.settings, now, kept=self.database)
        except Timeout:
            return False
        except (BackupFailed, OSError):
            self._not_before = now + AGAIN
            raise
        log.info("backed_up", size=made.size, texts=made.contents.texts)
        return True

    def _night(self, now: datetime) -> datetime:
        """When the last one was due, on the line's own clock."""
        local = now.astimezone(ZoneInfo(self.settings.hotline_timezone))
        tonight = local.replace(hour=self.settings.backup_hour, minute=0, second=0, microsecond=0)
        return tonight if tonight <= local else tonight - A_DAY

    def _round(self) -> None:
        now = self.clock.now()
        erased.note(self.settings, self.database)
        if self._not_before is not None and now < self._not_before:
            return  # and no heartbeat: whoever watches shall see that there is none
        self.once(now)
        self._not_before = None
        self.thread.heartbeat.beat(self.clock.now())


def _began(session: Session) -> datetime | None:
    every: list[Line] = lines.all_lines(session)
    return min((line.created_at for line in every), default=None)
