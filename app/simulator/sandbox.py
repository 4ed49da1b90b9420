"""What a hotline of its own is made of: databases to throw away, a clock that only its user moves, and nothing of
this machine's environment. Played conversations live here, and tests."""

import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from typing import Any

from sqlalchemy.engine import make_url

from app.carriers.base import Outgoing, Sent
from app.carriers.simulator import Simulator
from app.clock import Clock
from app.database import migrations
from app.settings import SIMULATED_NUMBER, Settings

MORNING = datetime(2026, 3, 3, 15, 0, tzinfo=UTC)  # a Tuesday, ten o'clock in New York
LINE = SIMULATED_NUMBER
WHATSAPP = "+12025550199"
MEMORY = Path("/dev/shm")  # files in memory, where the system has them: a commit need not wait for a disk


class StillClock(Clock):
    """A clock that stands still until somebody advances it."""

    def __init__(self, at: datetime = MORNING) -> None:
        super().__init__()
        self.at = at

    def now(self) -> datetime:
        return self.at + self.ahead


class Recorder(Simulator):
    """The simulated network, and a list of everything it carried. A story says how far WhatsApp is with templates."""

    approves = False

    def __init__(self) -> None:
        super().__init__()
        self.carried: list[Outgoing] = []
        self._lock = threading.Lock()

    def send(self, text: Outgoing) -> Sent:
        with self._lock:
            self.carried.append(text)
        return super().send(text)


def settings(database_url: str, **more: Any) -> Settings:
    """Settings in which nothing of the machine's environment shows: every one is given."""
    given = {name: field.default for name, field in Settings.model_fields.items()}
    return Settings(_env_file=None, **{**given, "database_url": database_url, **more})


class Databases:
    """Empty databases with the hotline's tables, one after the other: copies of one that was migrated once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.template = folder / "migrated.db"
        migrations.upgrade(make_url(f"sqlite:///{self.template}"))

    @contextmanager
    def fresh(self) -> Iterator[str]:
        """The address of a new one, which is gone afterwards with all that was written beside it."""
        home = Path(mkdtemp(dir=self.folder))
        try:
            yield f"sqlite:///{shutil.copy(self.template, home / 'hotline.db')}"
        finally:
            shutil.rmtree(home, ignore_errors=True)


@contextmanager
def databases() -> Iterator[Databases]:
    """A place for databases that outlive nothing."""
    where = MEMORY if os.access(MEMORY, os.W_OK) else None
    with TemporaryDirectory(prefix="hotline-play-", dir=where) as folder:
        yield Databases(Path(folder))
