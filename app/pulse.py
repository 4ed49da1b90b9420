"""Whether the threads that work by themselves still do."""

import threading
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass
class Pulse:
    """A thread, when it last came round without a fault, and after how long without one somebody should look."""

    thread: threading.Thread
    patience: timedelta = timedelta(minutes=2)  # most come round within seconds; a slow carrier may take up a minute
    began_at: datetime | None = None
    worked_at: datetime | None = None

    def idle(self, now: datetime) -> timedelta:
        """For how long it has got nothing done."""
        return now - (self.worked_at or self.began_at or now)

    def beat(self, now: datetime) -> None:
        """It came round."""
        self.worked_at = now

    @property
    def alive(self) -> bool:
        """Whether it runs. One that was never started does not."""
        return self.thread.is_alive()
