"""Who waits for the database: each sender's texts in their own order, and no flood before another's first text."""

import threading
from collections import deque
from concurrent.futures import Future
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

CAPACITY = 2_000  # pieces of work that may wait; at 500 a second the last of them is still answered in time
CAPACITY_PER_KEY = 100  # of one sender


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


class JobQueue:
    """A queue for one who takes: at most one piece of work of each sender at a time, everybody in turn."""

    def __init__(self) -> None:
        self._queues: dict[object, deque[Job]] = {}
        self._count = 0
        self._external = 0  # those of senders that wait or are worked on
        self._closed = False
        self._changed = threading.Condition()
        self._idle = threading.Event()
        self._idle.set()

    def __len__(self) -> int:
        return self._count

    def put(self, job: Job) -> None:
        """Let a job wait. Raises Busy for a sender's when too many do; the hotline's own work always may."""
        with self._changed:
            line = self._queues.setdefault(job.key, deque())
            if job.by is not None and (self._count >= CAPACITY or len(line) >= CAPACITY_PER_KEY):
                if not line:
                    del self._queues[job.key]
                raise Busy
            line.append(job)
            self._count += 1
            if job.by is not None:
                self._external += 1
                self._idle.clear()
            self._changed.notify()

    def take(self, most: int) -> list[Job]:
        """The next jobs, at most so many; waits for the first. An empty list means that no more will come."""
        with self._changed:
            while not self._queues and not self._closed:
                self._changed.wait()
            jobs = []
            for key in list(islice(self._queues, most)):
                line = self._queues.pop(key)
                jobs.append(line.popleft())
                if line:
                    self._queues[key] = line  # behind everybody else who waits
            self._count -= len(jobs)
            return jobs

    def done(self, jobs: list[Job]) -> None:
        """These jobs are answered."""
        with self._changed:
            self._external -= sum(job.by is not None for job in jobs)
            if not self._external:
                self._idle.set()

    def wait_until_idle(self, most: float) -> bool:
        """Wait until no sender's work waits or is under way, at most so many seconds; whether it is so."""
        return self._idle.wait(most)

    def close(self) -> None:
        """No more will be put in; what waits is still given out."""
        with self._changed:
            self._closed = True
            self._changed.notify()
