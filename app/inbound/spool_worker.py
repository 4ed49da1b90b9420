"""Spool worker: once the database answers, what waits is taken in, each phone's texts in their own order."""

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, wait
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto
from pathlib import Path
from typing import Any

import structlog

from app.database.engine import Busy, is_transient
from app.inbound.ingest import Incoming, Ingest, MustWait
from app.inbound.receive import Taken
from app.inbound.spool import NoWebhook
from app.telemetry.heartbeat import BackgroundThread

log = structlog.get_logger()

INTERVAL = 1.0  # seconds between looks into the spool
BATCH = 256  # files handed to the database together: those of several phones share its commits
PER_BOX = 32  # files from one box, one after the other
STOP_POLL = 0.2  # seconds between looks whether we are to stop
TRIES = 5  # of what the database does not take although it answers
BACKOFF_BASE = 4  # seconds until such a file is tried again, four times as long every time: six minutes in all


class DrainOutcome(Enum):
    """What became of a file in the spool."""

    TAKEN_IN = auto()
    AWAY = auto()  # the database did not answer
    LEFT = auto()  # not now: there is none, or it has to wait


@dataclass(frozen=True)
class Backoff:
    """A file that failed by a fault of ours: how often, and until when it is left alone."""

    tries: int
    until: datetime


class SpoolWorker:
    """A thread that looks into the spool. Several processes may share one; they take turns."""

    def __init__(self, ingest: Ingest) -> None:
        self.ingest = ingest
        self.spool = ingest.spool
        self.clock = ingest.clock
        self._backoffs: dict[Path, Backoff] = {}
        self._failed: set[Path] = set()  # boxes whose first file the database did not take last time
        self._stuck: set[Path] = set()  # files that can be neither taken in nor moved
        self.thread = BackgroundThread("spool worker", self._look, interval=INTERVAL)

    def start(self) -> None:
        """Begin to look."""
        self.spool.remove_stale_drafts(self.clock.now())
        self.spool.remove_old_quarantined(self.clock.now())
        self.spool.requeue_quarantined()  # the fault may have been mended since
        self.thread.start()

    def stop(self) -> None:
        """Leave what is still there for the next start."""
        self.thread.stop()

    def _look(self) -> None:
        if taken := self.once():
            log.info("spool_taken_in", texts=taken)
        self.thread.heartbeat.beat(self.clock.now())

    def once(self) -> int:
        """Take in what is there; returns how much went through."""
        boxes = self.spool.boxes()
        if not boxes:
            return 0
        with self.spool.exclusive() as ours:
            return self._empty(boxes) if ours else 0

    def _empty(self, boxes: list[Path]) -> int:
        # What failed last time comes last, lest it hold up everybody else.
        rounds = deque(sorted(boxes, key=lambda box: (box in self._failed, box)))
        self._failed = set()
        taken, most = 0, 1  # the first one goes alone: it shows whether the database is back
        while rounds and not self.thread.stopping:
            now = [rounds.popleft() for _ in range(min(most, len(rounds)))]
            outcomes = self._round(now, 1 if most == 1 else min(PER_BOX, max(most // len(now), 1)))
            through = {box: many for box, (many, _) in outcomes.items() if many}
            away = [box for box, (_, outcome) in outcomes.items() if outcome is DrainOutcome.AWAY]
            self._failed.update(away)
            if through:
                self.ingest.back()
                most = BATCH
            elif away:
                break
            rounds.extend(through)  # there may be more in these
            taken += sum(through.values())
        return taken

    def _round(self, boxes: list[Path], each: int) -> dict[Path, tuple[int, DrainOutcome]]:
        """Hand over the first files of every box and wait until all are settled; how many of each went through."""
        under_way = {box: self._hand_over(box, each) for box in boxes}
        while wait([future for handed in under_way.values() for _, future in handed[0]], STOP_POLL).not_done:
            if self.thread.stopping:
                break
        outcomes: dict[Path, tuple[int, DrainOutcome]] = {}
        for box, (handed, outcome) in under_way.items():
            settled = [self._settle(file, future) for file, future in handed]
            worst = next((each for each in settled if each is not DrainOutcome.TAKEN_IN), outcome)
            outcomes[box] = settled.count(DrainOutcome.TAKEN_IN), worst
        return outcomes

    def _hand_over(self, box: Path, most: int) -> tuple[list[tuple[Path, "Future[Any]"]], DrainOutcome]:
        """Give what is oldest in a box to the database, which does what has one key in this order."""
        handed: list[tuple[Path, Future[Any]]] = []
        last: dict[str, Future[Any]] = {}
        for file, incoming in self._oldest(box, most):
            # Who is still at the door may bring something older than what is in the spool.
            if incoming is None or self.ingest.has_older(incoming):
                return handed, DrainOutcome.LEFT
            key = incoming.key
            try:
                future = self.ingest.hand_over(incoming, self._must_wait(key, last.get(key)))
            except Busy:
                return handed, DrainOutcome.AWAY
            handed.append((file, future))
            last[key] = future
        return handed, DrainOutcome.LEFT

    def _must_wait(self, key: str, before: "Future[Any] | None") -> MustWait:
        """Asked when its turn comes: whether it must not go yet, because the one before it did not."""
        return lambda: self.ingest.is_doubtful(key) or (before is not None and not _went_through(before))

    def _settle(self, file: Path, future: "Future[Any]") -> DrainOutcome:
        if future.cancel() or not future.done():
            return DrainOutcome.AWAY
        error = future.exception()
        if error is None:
            taken = future.result()
            if taken is Taken.SPOOLED:
                return DrainOutcome.LEFT
            try:
                self.spool.done(file)
            except OSError as stuck:
                self._leave(file, stuck)
            self._backoffs.pop(file, None)
            if isinstance(taken, Taken):
                self.ingest.count(taken)
            return DrainOutcome.TAKEN_IN
        if isinstance(error, Exception) and is_transient(error):
            log.warning("spool_waits", error=type(error).__name__, exc_info=error)
            return DrainOutcome.AWAY
        self._fault(file, error)
        return DrainOutcome.LEFT

    def _oldest(self, box: Path, most: int) -> Iterator[tuple[Path, Incoming | None]]:
        """The oldest files in a box and what they say, None where that has to wait; what is bad is put aside."""
        while True:
            try:
                files = self.spool.oldest(box, most, self._stuck)
            except OSError as error:  # a box that the disk does not give holds up no other
                log.error("spool_unreadable", error=type(error).__name__, exc_info=error)
                return
            good = False
            for file in files:
                if self._backs_off(file):
                    yield file, None
                    return
                try:
                    incoming = self._read(file)
                except OSError as error:  # what the disk does not give now it may give the next time
                    self._fault(file, error)
                    yield file, None
                    return
                if incoming is not None:
                    good = True
                    yield file, incoming
            if good or not files:
                return

    def _read(self, file: Path) -> Incoming | None:
        """What a file says; None for one that is gone, or put aside. Raises OSError."""
        try:
            incoming = self.ingest.read(self.spool.read(file))
            if incoming is None:
                raise NoWebhook("nothing that our carrier could have said")
        except FileNotFoundError:
            return None
        except OSError:
            raise
        except Exception as error:  # also a carrier's own: one file must not stop the others
            log.error("spool_unreadable", error=type(error).__name__, exc_info=error)
            self._quarantine(file)
            return None
        return incoming

    def _quarantine(self, file: Path) -> None:
        try:
            self.spool.quarantine(file)
        except OSError as error:
            self._leave(file, error)

    def _leave(self, file: Path, error: OSError) -> None:
        """What can be neither moved nor removed is passed over until the next start."""
        log.error("spool_stuck", error=type(error).__name__, exc_info=error)
        self._stuck.add(file)

    def _backs_off(self, file: Path) -> bool:
        backoff = self._backoffs.get(file)
        return backoff is not None and self.clock.now() < backoff.until

    def _fault(self, file: Path, error: BaseException) -> None:
        """Neither the text nor our apology for it could be kept: try again a few times, then put it aside."""
        backoff = self._backoffs.pop(file, None)
        tries = backoff.tries + 1 if backoff else 1
        log.error("spooled_text_fails", tries=tries, error=type(error).__name__, exc_info=error)
        if tries < TRIES:
            self._backoffs[file] = Backoff(tries, self.clock.now() + timedelta(seconds=BACKOFF_BASE**tries))
        else:
            self._quarantine(file)


def _went_through(before: "Future[Any]") -> bool:
    return (
        before.done()
        and not before.cancelled()
        and before.exception() is None
        and before.result() is not Taken.SPOOLED
    )
