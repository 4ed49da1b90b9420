"""Fetches what people send, outside any transaction, and settles it: kept and sent on, or told to both sides.

Every step is on disk before the next. A process that is killed on the way leaves a lease behind, and when that is
over another goes on; what was fetched twice is kept once.
"""

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime, timedelta

import structlog

from app.attachments import isolated
from app.attachments.converting import Unusable
from app.attachments.isolated import Made
from app.carriers.base import Carrier, CarrierError, MediaGone
from app.clock import Clock
from app.database.engine import Database
from app.outbound import enclosing, outbox
from app.outbound.sender import Sender
from app.telemetry.heartbeat import BackgroundThread
from handlers.talking import passing
from handlers.turn import Context
from models import attachments, lines, people
from models.attachments import Kind, Leased, State
from models.store.session import Session

log = structlog.get_logger()

LARGEST = 16_000_000  # bytes; WhatsApp brings no more, MMS 5 MB
LEASE = timedelta(minutes=3)  # longer than fetching and converting may take together
AT_ONCE = 6  # fetched: a slow host keeps nobody else's waiting
CONVERTED_AT_ONCE = 2  # each takes a processor, and some hundred MB for the largest
POLL_INTERVAL = 1.0  # seconds between looks
# Seconds until it is tried again; after the last the carrier is taken at its word that there is nothing.
AGAIN = (5, 20, 60, 180)
AGAIN_IF_GONE = (5,)  # a webhook may be faster than the carrier's own store

Outcome = Made | Unusable | MediaGone | CarrierError


class Fetcher:
    """A thread that fetches what has arrived."""

    def __init__(self, database: Database, carrier: Carrier, clock: Clock, sender: Sender) -> None:
        self.database = database
        self.carrier = carrier
        self.clock = clock
        self.sender = sender
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="fetch")
        self._under_way: set[Future[None]] = set()
        self._beginning = threading.Lock()
        self._converting = threading.Semaphore(CONVERTED_AT_ONCE)
        self.thread = BackgroundThread("picture worker", self._round, interval=POLL_INTERVAL)

    def start(self) -> None:
        """Begin to fetch."""
        self.thread.start()

    def stop(self) -> None:
        """Finish what is under way."""
        self.thread.stop()
        self._pool.shutdown()

    def _round(self) -> None:
        due = self.database.read(attachments.next_due)
        if due is not None and due <= self.clock.now():
            self._begin()
        with self._beginning:
            room = self._room()
        if room > 0:  # else nothing moves, and that must show
            self.thread.heartbeat.beat(self.clock.now())

    def once(self) -> int:
        """Fetch a few that are due and settle them; returns how many."""
        begun = self._begin()
        for one in begun:
            one.result()
        return len(begun)

    def _room(self) -> int:
        self._under_way = {one for one in self._under_way if not one.done()}
        return AT_ONCE - len(self._under_way)

    def _begin(self) -> "list[Future[None]]":
        """Begin to fetch what is due, as much as there is room for: none waits for the end of another."""
        with self._beginning:
            now, room = self.clock.now(), self._room()
            if room <= 0:
                return []
            leased = self.database.write(lambda session: attachments.lease(session, now, LEASE, room)).result()
            begun = [self._pool.submit(self._one, one) for one in leased]
            self._under_way.update(begun)
            return begun

    def _one(self, leased: Leased) -> None:
        try:
            self._settled(leased)
        except Exception as error:  # most likely the database is away: its lease runs out, and it is fetched again
            log.error("fetched_and_not_kept", attachment=leased.id, error=type(error).__name__, exc_info=error)
            raise
        finally:
            self.sender.wake()
            self.thread.wake()

    def _settled(self, leased: Leased) -> None:
        outcome = self._fetched(leased)
        now = self.clock.now()
        kept_there = self.database.write(lambda session: settle(session, leased, outcome, now)).result()
        if not kept_there:
            self._discard(leased)

    def _discard(self, leased: Leased) -> None:
        """The carrier keeps nothing of this line for long: what is here need not stay there."""
        try:
            self.carrier.discard(leased.url)
        except CarrierError as error:
            log.warning("attachment_not_deleted_at_carrier", action=error.action, code=error.code)

    def _fetched(self, leased: Leased) -> Outcome:
        try:
            if not leased.url:
                raise MediaGone("erased")
            content = self.carrier.fetch(leased.url, LARGEST)
            with self._converting:
                return isolated.make(content)
        except (Unusable, MediaGone, CarrierError) as error:
            log.info("attachment_not_fetched", attachment=leased.id, tries=leased.tries, error=type(error).__name__)
            return error
        except Exception as error:  # a fault of ours: the others must be fetched all the same
            log.error("fetch_broke", attachment=leased.id, error=type(error).__name__, exc_info=error)
            return MediaGone(type(error).__name__)


def settle(session: Session, leased: Leased, outcome: Outcome, now: datetime) -> bool:
    """What becomes of a piece, and of the texts that wait for it; once, however often it was fetched.

    Returns whether the carrier goes on keeping it.
    """
    if isinstance(outcome, Made):
        kind = Kind.PICTURE if outcome.content_type.startswith("image/") else Kind.VOICE
        if attachments.keep(session, leased.id, kind, outcome.content_type, outcome.content):
            return _arrived(session, leased.id, now)
        return True
    waits = AGAIN if isinstance(outcome, CarrierError) else AGAIN_IF_GONE if isinstance(outcome, MediaGone) else ()
    if leased.url and leased.tries <= len(waits):
        attachments.put_off(session, leased.id, now + timedelta(seconds=waits[leased.tries - 1]))
        return True
    lost = not isinstance(outcome, Unusable)
    if attachments.give_up(session, leased.id, State.LOST if lost else State.REFUSED):
        _missing(session, leased.id, now, lost=lost)
    return True


def _arrived(session: Session, piece_id: int, now: datetime) -> bool:
    piece = attachments.by_id(session, piece_id)
    assert piece is not None
    line = lines.by_id(session, piece.line_id)
    context = Context(session, line, now)
    late = people.by_ids(session, enclosing.arrived(session, line, piece, now))
    texts = [*passing.late(context, piece, [*late.values()])]
    outbox.queue(session, line, f"media-{piece_id}-late", texts, now, by=piece.person_id)
    return not line.policy.carrier_keeps_hours


def _missing(session: Session, piece_id: int, now: datetime, *, lost: bool) -> None:
    piece = attachments.by_id(session, piece_id)
    assert piece is not None
    context = Context(session, lines.by_id(session, piece.line_id), now)
    waiting = enclosing.missing(session, context.line, piece, now)
    readers = [*people.by_ids(session, waiting).values()]
    texts = [*passing.failed(context, piece, readers, lost=lost)]
    outbox.queue(session, context.line, f"media-{piece_id}", texts, now, by=piece.person_id)
