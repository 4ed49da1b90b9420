"""What webhooks bring, on disk before anybody says 200: in the database, or else in the spool until the database can.

Nobody overtakes themselves: while an older text of a sender is in the spool, or has just failed and is on its way
there, their newer ones go to the spool too. A text that was spooled while its slow transaction still went through
comes to the database twice, and its unique id makes it one.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import structlog

from app.carriers.twilio import form
from app.clock import Clock
from app.database.engine import Busy, is_passing
from app.inbound.receive import Taken
from app.inbound.spool import Spool, SpooledWebhook
from models.inbound import Heard

log = structlog.get_logger()

DATABASE_TIMEOUT = 3.0  # seconds that a webhook waits for the database; Twilio waits 15 in all
DISK_TIMEOUT = 6.0  # seconds that it then waits for the disk
MOST_PENDING_WRITES = 500  # slips that wait for the disk at once
DATABASE_AWAY_FOR = 2.0  # seconds in which nobody waits for a database that has just not answered

MustWait = Callable[[], bool]


class Inner(Protocol):
    """Who takes things in once they are through the door."""

    clock: Clock

    def receive(self, heard: Heard, waits: MustWait | None = None) -> "Future[Taken]":
        """Take in a text, unless `waits` says, when its turn comes, that an older one must come first."""
        ...

    def status(self, outbound_id: int, said: str, *, sid: str | None, code: int | None) -> "Future[bool]":
        """Take in what became of a text of ours."""
        ...

    def count(self, taken: Taken) -> None:
        """Count a text by what became of it."""
        ...


@dataclass(eq=False)
class InFlight:
    """One webhook on its way in."""

    at: datetime
    failed: bool = False  # the database did not take it, and it is not in the spool yet


class Ingest:
    """The door for webhooks."""

    def __init__(self, inner: Inner, spool: Spool) -> None:
        self.inner = inner
        self.spool = spool
        self._visits: dict[str, list[InFlight]] = {}  # by key, until they are answered
        self._away_until = 0.0  # by the event loop's own clock
        self._writing = 0
        self._disk = ThreadPoolExecutor(4, thread_name_prefix="spool")

    async def take(self, slip: SpooledWebhook) -> Taken:
        """Take in what a webhook said; it is on disk when this returns.

        Raises Busy when the database has more than enough to do, OSError when the spool cannot be written either.
        """
        visit = InFlight(slip.at)
        self._visits.setdefault(slip.key, []).append(visit)
        try:
            if not self.spool.holds(slip.key) and asyncio.get_running_loop().time() >= self._away_until:
                taken = await self._by_database(slip, visit)
                if taken is not Taken.SPOOLED:
                    return taken
            await self._to_disk(slip)
            return Taken.SPOOLED
        finally:
            self._visits[slip.key].remove(visit)
            if not self._visits[slip.key]:
                del self._visits[slip.key]

    async def _by_database(self, slip: SpooledWebhook, visit: InFlight) -> Taken:
        """Try the database. SPOOLED means that the slip belongs into the spool now."""
        try:
            future = self.hand_over(slip, lambda: self.is_doubtful(slip.key) or self.spool.holds(slip.key))
        except Busy:
            if slip.about is None:
                raise
            return Taken.SPOOLED  # the carrier brings a text again, but not what became of one of ours

        def note(done: "Future[Any]") -> None:
            # In the writer's own thread, before it begins with their next text.
            visit.failed = done.cancelled() or done.exception() is not None

        future.add_done_callback(note)
        if not await _done_within(future, DATABASE_TIMEOUT):
            visit.failed = True
            future.cancel()  # too late if it has begun: then it may yet go through
            return self._spooled(TimeoutError("the database is slow"))
        error = CancelledError() if future.cancelled() else future.exception()
        if error is not None:
            return self._spooled(error)
        self._away_until = 0.0
        taken = future.result()
        return taken if isinstance(taken, Taken) else Taken.HANDLED

    def _spooled(self, error: BaseException) -> Taken:
        log.warning("database_did_not_take", error=type(error).__name__, exc_info=error)
        if isinstance(error, TimeoutError) or (isinstance(error, Exception) and is_passing(error)):
            self._away_until = asyncio.get_running_loop().time() + DATABASE_AWAY_FOR
        return Taken.SPOOLED

    async def _to_disk(self, slip: SpooledWebhook) -> None:
        if self._writing >= MOST_PENDING_WRITES:
            raise Busy
        self._writing += 1
        kept = self._disk.submit(self.spool.put, slip)
        try:
            if not await _done_within(kept, DISK_TIMEOUT):
                kept.cancel()  # too late if it has begun: then it may yet be kept, and comes twice
                raise TimeoutError("the disk is slow")
        finally:
            self._writing -= 1
        kept.result()

    def hand_over(self, slip: SpooledWebhook, waits: MustWait) -> "Future[Any]":
        """Give a slip to the database. Raises Busy, and ValueError for one that is no text."""
        said = slip.said
        if slip.about is not None:
            word = said.get("MessageStatus") or said.get("SmsStatus") or ""
            code = form.figure(said.get("ErrorCode"))
            return self.inner.status(slip.about, word, sid=form.handle(said.get("MessageSid")), code=code)
        return self.inner.receive(form.heard_from(said, slip.at), waits)

    def is_doubtful(self, key: str) -> bool:
        """Whether a slip with this key failed and is not in the spool yet."""
        return any(visit.failed for visit in tuple(self._visits.get(key, ())))

    def has_older(self, slip: SpooledWebhook) -> bool:
        """Whether something older than this slip, with the same key, is still on its way in."""
        return any(visit.at < slip.at for visit in tuple(self._visits.get(slip.key, ())))

    def back(self) -> None:
        """The database answers again."""
        self._away_until = 0.0

    def close(self) -> None:
        """Finish what is being written."""
        self._disk.shutdown()


async def _done_within(work: "Future[Any]", seconds: float) -> bool:
    """Wait for what a thread does, at most so long; whether it is done. It goes on even if nobody waits any more."""
    loop = asyncio.get_running_loop()
    woken = loop.create_future()

    def wake() -> None:
        if not woken.done():
            woken.set_result(None)

    def wake_from_there(_: "Future[Any]") -> None:
        with suppress(RuntimeError):  # the loop has ended, and nobody waits in it
            loop.call_soon_threadsafe(wake)

    timer = loop.call_later(seconds, wake)
    try:
        work.add_done_callback(wake_from_there)
        await woken
    finally:
        timer.cancel()
    return work.done()
