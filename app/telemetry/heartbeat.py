"""Background threads and their heartbeats: whether each still does its work."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

log = structlog.get_logger()

STALE_AFTER = timedelta(minutes=2)  # most come round within seconds; a slow carrier may take up a minute
ROUNDS_MISSED = 3  # before somebody should look at one that comes round more seldom


@dataclass
class Heartbeat:
    """A thread, when it last came round without a fault, and after how long without one somebody should look."""

    thread: threading.Thread
    stale_after: timedelta = STALE_AFTER
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


class BackgroundThread:
    """Calls `work` again and again until it is told to stop; a fault is logged, and the next round comes anyway.

    `work` returns in how many seconds it wants the next round, or None for `interval`. `before` is called each time
    it wakes up, ahead of the round: what wakes it until that ends belongs to the same round. Unless said otherwise
    somebody should look when it has got nothing done for `ROUNDS_MISSED` rounds, but for two minutes at least.
    """

    def __init__(
        self,
        name: str,
        work: Callable[[], float | None],
        *,
        interval: float,
        first_in: float | None = None,
        before: Callable[[], object] | None = None,
        stale_after: timedelta | None = None,
    ) -> None:
        self._name = name
        self._work = work
        self._interval = interval
        self._first_in = interval if first_in is None else first_in
        self._before = before
        self._woken = threading.Event()
        self.stopping = False
        self.thread = threading.Thread(target=self._run, name=name, daemon=True)
        seldom = max(STALE_AFTER, ROUNDS_MISSED * timedelta(seconds=interval))
        self.heartbeat = Heartbeat(self.thread, stale_after or seldom)

    def start(self) -> None:
        """Begin."""
        self.thread.start()

    def wake(self) -> None:
        """Let the next round come now."""
        self._woken.set()

    def stop(self) -> None:
        """Begin no further round, and wait for the end of this one."""
        self.stopping = True
        self.wake()
        if self.thread.is_alive():
            self.thread.join()

    def _run(self) -> None:
        wait = self._first_in
        while not self.stopping:
            if wait > 0:
                self._woken.wait(wait)
            if self.stopping:
                return
            wait = self._interval
            try:
                if self._before is not None:
                    self._before()
                self._woken.clear()
                said = self._work()
                wait = self._interval if said is None else said
            except Exception as error:  # most likely the database is away; whatever it is, the work must not end
                log.error("background_work_failed", thread=self._name, error=type(error).__name__, exc_info=error)
