"""Database first, spool as fallback: what a webhook brings is on disk before anybody says 200.

Nobody overtakes themselves: while an older text of a person is in the spool, or has just failed and is on its way
there, their newer ones go to the spool too. A text that was spooled while its slow transaction still went through
comes to the database twice, and its unique id makes it one.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog

from app.carriers.base import Carrier, StatusUpdate, Webhook
from app.clock import Clock
from app.database.engine import Busy, Database, is_transient
from app.inbound import receive
from app.inbound.receive import Taken
from app.inbound.spool import Spool
from app.outbound import delivery
from app.outbound.sender import Sender
from app.telemetry.metrics import Metrics
from models.delivery import doubted
from models.inbound import Heard
from models.restores import Restore
from models.store.session import Session

log = structlog.get_logger()

DATABASE_TIMEOUT = 3.0  # seconds that a webhook waits for the database; Twilio waits 15 in all
DISK_TIMEOUT = 6.0  # seconds that it then waits for the disk
MOST_PENDING_WRITES = 500  # webhooks that wait for the disk at once
DATABASE_AWAY_FOR = 2.0  # seconds in which nobody waits for a database that has just not answered

MustWait = Callable[[], bool]


@dataclass(frozen=True)
class Incoming:
    """A webhook, and what it says."""

    webhook: Webhook
    said: Heard | StatusUpdate

    @property
    def key(self) -> str:
        """What has the same key is taken in one after the other: one phone's texts, whatever the channel."""
        return f"status:{self.said.outbound_id}" if isinstance(self.said, StatusUpdate) else self.said.from_address


@dataclass(eq=False)
class InFlight:
    """One webhook on its way in."""

    at: datetime
    failed: bool = False  # the database did not take it, and it is not in the spool yet


class Ingest:
    """Takes in what carriers bring: webhooks, what waits in the spool, what only the carrier's list knows."""

    def __init__(
        self,
        database: Database,
        carrier: Carrier,
        clock: Clock,
        spool: Spool,
        sender: Sender,
        metrics: Metrics,
        *,
        database_timeout: float = DATABASE_TIMEOUT,
    ) -> None:
        self.database = database
        self.carrier = carrier
        self.clock = clock
        self.spool = spool
        self.sender = sender
        self.metrics = metrics
        self.database_timeout = database_timeout
        self.restored: Restore | None = None  # the last time that a backup was put back
        self._in_flight: dict[str, list[InFlight]] = {}  # by key, until they are answered
        self._away_until = 0.0  # by the event loop's own clock
        self._writing = 0
        self._disk = ThreadPoolExecutor(4, thread_name_prefix="spool")

    def read(self, webhook: Webhook) -> Incoming | None:
        """A verified webhook with what it says; None if it says nothing that could be taken in."""
        said = self.carrier.parse(webhook) if webhook.carrier == self.carrier.name else None
        return None if said is None else Incoming(webhook, said)

    async def take(self, incoming: Incoming) -> Taken:
        """Take in what a webhook said; it is on disk when this returns.

        Raises Busy when the database has more than enough to do, OSError when the spool cannot be written either.
        """
        mine = InFlight(incoming.webhook.at)
        self._in_flight.setdefault(incoming.key, []).append(mine)
        try:
            behind = self.spool.holds(incoming.key)
            away = asyncio.get_running_loop().time() < self._away_until
            if not behind and not away:
                taken = await self._by_database(incoming, mine)
                if taken is not Taken.SPOOLED:
                    return taken
            try:
                await self._to_disk(incoming)
            except OSError:
                # Where the spool can no longer be written to, before its time is better than not at all.
                if not behind or away or await self._by_database(incoming, mine, overtakes=True) is Taken.SPOOLED:
                    raise
                return Taken.HANDLED
            return Taken.SPOOLED
        finally:
            self._in_flight[incoming.key].remove(mine)
            if not self._in_flight[incoming.key]:
                del self._in_flight[incoming.key]

    async def _by_database(self, incoming: Incoming, mine: InFlight, *, overtakes: bool = False) -> Taken:
        """Try the database. SPOOLED means that the webhook belongs into the spool now."""
        key = incoming.key

        def must_wait() -> bool:
            return self.is_doubtful(key) or (not overtakes and self.spool.holds(key))

        try:
            future = self.hand_over(incoming, must_wait)
        except Busy:
            if isinstance(incoming.said, Heard):
                raise
            return Taken.SPOOLED  # the carrier brings a text again, but not what became of one of ours

        def note(done: "Future[Any]") -> None:
            # In the writer's own thread, before it begins with their next text.
            mine.failed = done.cancelled() or done.exception() is not None

        future.add_done_callback(note)
        if not await _done_within(future, self.database_timeout):
            mine.failed = True
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
        if isinstance(error, TimeoutError) or (isinstance(error, Exception) and is_transient(error)):
            self._away_until = asyncio.get_running_loop().time() + DATABASE_AWAY_FOR
        return Taken.SPOOLED

    async def _to_disk(self, incoming: Incoming) -> None:
        if self._writing >= MOST_PENDING_WRITES:
            raise Busy
        self._writing += 1
        kept = self._disk.submit(self.spool.put, incoming.webhook, incoming.key)
        try:
            if not await _done_within(kept, DISK_TIMEOUT):
                kept.cancel()  # too late if it has begun: then it may yet be kept, and comes twice
                raise TimeoutError("the disk is slow")
        finally:
            self._writing -= 1
        kept.result()

    def hand_over(self, incoming: Incoming, must_wait: MustWait) -> "Future[Any]":
        """Give it to the database. Raises Busy."""
        if isinstance(incoming.said, StatusUpdate):
            return self.status(incoming.said)
        return self.receive(incoming.said, must_wait)

    def receive(self, heard: Heard, must_wait: MustWait | None = None) -> "Future[Taken]":
        """Take in a text; the future answers when it is on disk, or SPOOLED if, when its turn comes, it must wait.

        Raises Busy when too many wait already.
        """
        now = self.clock.now()

        def work(session: Session) -> Taken:
            if must_wait is not None and must_wait():
                return Taken.SPOOLED
            if self.restored is None or (heard.at or now) > self.restored.at:
                return receive.receive(session, heard, now)
            with doubted.doubting(session, self.restored.read_from):  # it may have been answered before
                return receive.receive(session, heard, now)

        def rescue(session: Session, error: Exception) -> Taken:
            return receive.handle_failure(session, heard, now, error)

        taken = self.database.write(work, rescue, by=heard.from_address)
        taken.add_done_callback(lambda _: self.sender.wake())
        return taken

    def status(self, update: StatusUpdate) -> "Future[bool]":
        """Take in what became of a text of ours; False for a text that is not ours. Raises Busy."""
        now = self.clock.now()
        return self.database.write(
            lambda session: delivery.status_received(session, update, now), by=f"status:{update.outbound_id}"
        )

    def count(self, taken: Taken) -> None:
        """Count a text for whoever watches the process."""
        self.metrics.texts.labels(taken).inc()

    def is_doubtful(self, key: str) -> bool:
        """Whether something with this key failed and is not in the spool yet."""
        return any(one.failed for one in tuple(self._in_flight.get(key, ())))

    def has_older(self, incoming: Incoming) -> bool:
        """Whether something older than this, with the same key, is still on its way in."""
        return any(one.at < incoming.webhook.at for one in tuple(self._in_flight.get(incoming.key, ())))

    def back(self) -> None:
        """The database answers again."""
        self._away_until = 0.0

    def close(self) -> None:
        """Finish what is being written."""
        self._disk.shutdown()


async def _done_within(work: "Future[Any]", seconds: float) -> bool:
    """Wait for what a thread does, at most so long; whether it is done. It goes on even if nobody waits any more."""
    waiting = asyncio.wrap_future(work)
    # Its error is looked at, or asyncio would complain of one that came too late.
    waiting.add_done_callback(lambda done: done.cancelled() or done.exception())
    await asyncio.wait([waiting], timeout=seconds)
    return work.done()
