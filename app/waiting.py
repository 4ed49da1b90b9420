"""Who waits for the database: each sender's texts in their own order, and no flood before another's first text."""

import threading
from collections import deque
from concurrent.futures import Future
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

MOST = 2_000  # pieces of work that may wait; at 500 a second the last of them is still answered in time
MOST_EACH = 100  # of one sender


class Busy(Exception):
    """Too many wait already; come back later."""


@dataclass(eq=False)
class Job:
    """Work on its way into the database, and where its result is awaited. `by` is whose it is, if order matters."""

    work: Any
    rescue: Any = None
    by: str | None = None
    future: "Future[Any]" = field(default_factory=Future)

    @property
    def key(self) -> object:
        """Jobs of one key are done one after the other."""
        return self if self.by is None else self.by


class Waiting:
    """A queue for one who takes: at most one piece of work of each sender at a time, everybody in turn."""

    def __init__(self) -> None:
        self._lines: dict[object, deque[Job]] = {}
        self._count = 0
        self._guests = 0  # those of senders that wait or are worked on
        self._closed = False
        self._changed = threading.Condition()
        self._calm = threading.Event()
        self._calm.set()

    def __len__(self) -> int:
        return self._count

    def put(self, job: Job) -> None:
        """Let a job wait. Raises Busy for a sender's when too many do; the hotline's own work always may."""
        with self._changed:
            line = self._lines.setdefault(job.key, deque())
            if job.by is not None and (self._count >= MOST or len(line) >= MOST_EACH):
                if not line:
                    del self._lines[job.key]
                raise Busy
            line.append(job)
            self._count += 1
            if job.by is not None:
                self._guests += 1
                self._calm.clear()
            self._changed.notify()

    def take(self, most: int) -> list[Job]:
        """The next jobs, at most so many; waits for the first. An empty list means that no more will come."""
        with self._changed:
            while not self._lines and not self._closed:
                self._changed.wait()
            jobs = []
            for key in list(islice(self._lines, most)):
                line = self._lines.pop(key)
                jobs.append(line.popleft())
                if line:
                    self._lines[key] = line  # behind everybody else who waits
            self._count -= len(jobs)
            return jobs

    def done(self, jobs: list[Job]) -> None:
        """These jobs are answered."""
        with self._changed:
            self._guests -= sum(job.by is not None for job in jobs)
            if not self._guests:
                self._calm.set()

    def calm(self, most: float) -> bool:
        """Wait until no sender's work waits or is under way, at most so many seconds; whether it is so."""
        return self._calm.wait(most)

    def close(self) -> None:
        """No more will be put in; what waits is still given out."""
        with self._changed:
            self._closed = True
            self._changed.notify()
