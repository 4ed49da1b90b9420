"""Pacer: when the next POST may begin. With a quick carrier one after the other, with a slow one many at once."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

SPACING = 0.01  # seconds between the beginnings of two POSTs, if the first takes longer: 100 a second


class Pacer:
    """Lets POSTs begin: each when the one before has ended, or `spacing` seconds after it began.

    A POST takes a millisecond of Python from whoever waits for an answer, so a carrier that answers in milliseconds
    gets one at a time; one that takes long, as many at once as keep up the pace and as there are threads that post.
    """

    def __init__(self, spacing: float = SPACING) -> None:
        self._spacing = spacing
        self._next = threading.Lock()  # held by the one whose turn is next; the others wait without looking
        self._ended = threading.Condition()
        self._under_way = 0
        self._began_at = 0.0

    @contextmanager
    def through(self) -> Iterator[None]:
        """Wait for the turn to begin; the POST lasts until the end of the block."""
        with self._next, self._ended:
            while self._under_way and (early := self._began_at + self._spacing - time.monotonic()) > 0:
                self._ended.wait(early)
            self._under_way += 1
            self._began_at = time.monotonic()
        try:
            yield
        finally:
            with self._ended:
                self._under_way -= 1
                self._ended.notify()
