"""Whether the threads that work by themselves still do."""

import threading
from dataclasses import dataclass
from datetime import datetime


@dataclass
class Pulse:
    """A thread, and when it last came round without a fault."""

    thread: threading.Thread
    worked_at: datetime | None = None

    def beat(self, now: datetime) -> None:
        """It came round."""
        self.worked_at = now

    @property
    def alive(self) -> bool:
        """Whether it runs. One that was never started does not."""
        return self.thread.is_alive()
