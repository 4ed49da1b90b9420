"""Figures that take too long to count while somebody waits: counted beside, kept for minutes, shown meanwhile."""

import threading
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

import structlog

from app.hotline import Hotline

log = structlog.get_logger()

T = TypeVar("T")

FRESH = timedelta(minutes=5)  # for which what was counted is not counted again
AFTER_A_FAULT = timedelta(seconds=30)


@dataclass(frozen=True)
class Counted(Generic[T]):
    """What was counted, and when."""

    at: datetime
    found: T


class Counting:
    """Counts one thing at a time in a thread of its own, however many ask, and keeps the last of each kind.

    `fresh` is for how long it is not counted again. What cannot be counted is logged, and the last one stays.
    """

    def __init__(self, hotline: Hotline, *, fresh: timedelta = FRESH) -> None:
        self._hotline = hotline
        self._fresh = fresh
        self._lock = threading.Lock()
        self._kept: dict[Hashable, Counted[Any]] = {}
        self._not_before: dict[Hashable, datetime] = {}  # when each is counted again, at the soonest
        self._under_way: set[Hashable] = set()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="figures")

    def last(self, key: Hashable, count: Callable[[datetime], T]) -> Counted[T] | None:
        """What was counted last under this key, if it ever was; it is counted again if it is old.

        There must be few keys, and one for each kind of thing: nothing is ever thrown away.
        """
        now = self._hotline.clock.now()
        with self._lock:
            due = self._not_before.get(key)
            if key not in self._under_way and (due is None or due <= now):
                self._under_way.add(key)
                self._thread.submit(self._count, key, count)
            return self._kept.get(key)

    def stop(self) -> None:
        """Begin nothing more, and wait for what is under way."""
        self._thread.shutdown(cancel_futures=True)

    def _count(self, key: Hashable, count: Callable[[datetime], object]) -> None:
        now, wait = self._hotline.clock.now(), AFTER_A_FAULT
        try:
            found = Counted(now, count(now))
            wait = self._fresh
        except Exception as error:  # most likely the database is away: whoever looks next finds the last figures
            log.error("figures_not_counted", error=type(error).__name__, exc_info=error)
            found = None
        with self._lock:
            if found is not None:
                self._kept[key] = found
            self._not_before[key] = now + wait
            self._under_way.discard(key)
