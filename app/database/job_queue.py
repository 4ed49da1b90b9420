"""Fair per-key queue for the writer thread: each key's jobs in their order, the keys in turn (round robin).

The key is the address that texts; a flood from one does not delay another's first text.
"""

import threading
from collections import deque
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

CAPACITY = 2_000  # jobs that may wait; at 500 a second the last of them is still answered in time
CAPACITY_PER_KEY = 100  # jobs of one key that may wait


class Busy(Exception):
    """The queue is full; come back later."""


# What who waits for a job gets instead of its result: it was not done in time, and may yet be done.
NOT_DONE = (Busy, TimeoutError, CancelledError)


@dataclass(eq=False)
class Job:
    """A unit of work and the future of its result. `by` is its key, if order matters; the hotline's own has none."""

    work: Any
    rescue: Any = None
    by: str | None = None
    unhurried: bool = False  # it may take a minute, so it shares no commit
    future: "Future[Any]" = field(default_factory=Future)

    @property
    def key(self) -> object:
        """Jobs of one key are done one after the other."""
        return self if self.by is None else self.by


class JobQueue:
    """A queue with one consumer, who gets at most one job of each key at a time."""

    def __init__(self) -> None:
        self._queues: dict[object, deque[Job]] = {}
        self._count = 0
        self._external = 0  # jobs with a key that wait or are worked on
        self._closed = False
        self._changed = threading.Condition()
        self._idle = threading.Event()
        self._idle.set()

    def __len__(self) -> int:
        return self._count

    def put(self, job: Job) -> None:
        """Queue a job. Raises Busy for one with a key when too many wait; the hotline's own are always taken."""
        with self._changed:
            queue = self._queues.setdefault(job.key, deque())
            if job.by is not None and (self._count >= CAPACITY or len(queue) >= CAPACITY_PER_KEY):
                if not queue:
                    del self._queues[job.key]
                raise Busy
            queue.append(job)
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
                queue = self._queues.pop(key)
                jobs.append(queue.popleft())
                if queue:
                    self._queues[key] = queue  # behind everybody else who waits
            self._count -= len(jobs)
            return jobs

    def done(self, jobs: list[Job]) -> None:
        """These jobs are answered."""
        with self._changed:
            self._external -= sum(job.by is not None for job in jobs)
            if not self._external:
                self._idle.set()

    def wait_until_idle(self, most: float) -> bool:
        """Wait until no job with a key waits or is worked on, at most so many seconds; whether it is so."""
        return self._idle.wait(most)

    def close(self) -> None:
        """No more will be put in; what waits is still given out."""
        with self._changed:
            self._closed = True
            self._changed.notify()
