"""Sender: leases a few queued texts, posts them outside any transaction, and records what became of them.

One thread does all bookkeeping. Each of its transactions writes down every result that came back and leases what may
go next, so a hundred texts cost a few commits; other threads post. A text is checked once more right before its POST.
"""

import secrets
import threading
import time
from collections import Counter, deque
from concurrent.futures import Future, ThreadPoolExecutor, wait
from datetime import datetime, timedelta

import structlog

from app.carriers.base import Action, CannotTell, Carrier, CarrierError, Outgoing, Sent, SentMessage
from app.clock import Clock
from app.database.engine import Database, is_transient
from app.outbound import delivery, enclosing, results, window
from app.outbound.breaker import Breaker
from app.outbound.discretion import ALLOWED_IN_SILENCE
from app.outbound.outbox import ALLOWED_AFTER_STOP
from app.outbound.pacer import Pacer
from app.outbound.results import NotPosted, SendOutcome
from app.telemetry.heartbeat import BackgroundThread
from app.telemetry.metrics import Metrics
from models import people
from models.delivery import forms, leases, spending, uncertain, workers
from models.delivery.handover import LeasedText
from models.delivery.leases import Lease, LeaseTerms
from models.delivery.outbound import Lane
from models.delivery.uncertain import Lookup
from models.store.session import Session

log = structlog.get_logger()

LEASE_FOR = timedelta(seconds=90)  # longer than any POST may take
LEASE_MARGIN = timedelta(seconds=30)  # of its lease that a text must still have when its POST begins
# Texts leased, each with a thread to post it: 100 a second with a carrier that takes 0.16 seconds. More would wait
# with their attempts on disk, and if this process were killed nobody would know whether they had left.
CONCURRENCY = 16
PROBE_FOR = timedelta(seconds=20)  # the same for a probe: whoever makes it may die, and a number must not wait
LOOKUP_BATCH = 20  # texts looked for at once
LOOKUPS_AT_ONCE = 4  # of these, each with a thread: they never keep a POST waiting
LOOKUP_INTERVAL = timedelta(seconds=1)  # between looks for texts that got lost
EXPIRY_INTERVAL = timedelta(seconds=30)  # between looks for texts that expired
POLL_INTERVAL = 0.5  # seconds between looks for texts that another process queued
YIELD_BEFORE_LEASE = 0.02  # seconds for which what comes in goes first, at most, when texts are leased
YIELD_BEFORE_POST = 0.005  # and before a POST
WAITED_FOR = frozenset({Action.AGAIN, Action.AWAY, Action.QUEUE_FULL, Action.QUOTA, Action.ACCOUNT, Action.UNKNOWN})
LINGER = 0.01  # seconds that a text or a result waits for others to share its transaction


class Sender:
    """Sends what is queued, from a thread of its own."""

    def __init__(self, database: Database, carrier: Carrier, clock: Clock, metrics: Metrics | None = None) -> None:
        self.database = database
        self.carrier = carrier
        self.clock = clock
        self.metrics = metrics or Metrics()
        self.worker = secrets.token_hex(8)
        self.terms = LeaseTerms(
            *(self.worker, LEASE_FOR, PROBE_FOR, carrier.paced),
            *(ALLOWED_AFTER_STOP, carrier.codes(Action.FILTERED)),
        )
        self.breaker = Breaker(clock)
        self._turns: Counter[int] = Counter()
        self._looked_at = self._swept_at = datetime.min.replace(tzinfo=clock.now().tzinfo)
        self._seen_at: datetime | None = None  # when the others were last shown that this process lives
        self._back: deque[SendOutcome] = deque()  # not yet written down
        self._under_way: set[Future[None]] = set()
        self._blind = False  # whether it could not be read who has said STOP
        self._out = 0  # texts leased and not yet back
        self._looking = 0  # texts being looked for
        self._counting = threading.Lock()
        self._pacer = Pacer()
        self._posts = ThreadPoolExecutor(CONCURRENCY, thread_name_prefix="post")
        self._looks = ThreadPoolExecutor(LOOKUPS_AT_ONCE, thread_name_prefix="look")
        self.thread = BackgroundThread(
            "sender", self._round, interval=POLL_INTERVAL, first_in=0.0, before=self._linger
        )

    def start(self) -> None:
        """Begin to send."""
        self.thread.start()

    def wake(self) -> None:
        """Something was queued: look now."""
        self.thread.wake()

    def stop(self) -> None:
        """Finish the POSTs that are under way; what is leased and not posted is given back."""
        self.thread.stop()
        wait(self._under_way)
        try:
            if self._back:
                self._write(list(self._back))
            if self._seen_at is not None:
                self.database.write(lambda session: workers.leave(session, self.worker)).result()
        except Exception as error:  # it is soon taken for dead, and whoever sends next looks its texts up
            log.error("results_not_kept", texts=len(self._back), error=type(error).__name__, exc_info=error)
        self._posts.shutdown()
        self._looks.shutdown()

    def once(self) -> int:
        """Send what may leave now and wait for the end of it; returns how many texts moved."""
        moved, _ = self._exchange()
        wait(self._under_way)
        back = list(self._back)
        if back:
            self._write(back)
        return moved + sum(isinstance(one.result, NotPosted) for one in back)

    def drain(self) -> None:
        """Send until nothing more may leave now."""
        while self.once():
            pass

    def _linger(self) -> None:
        """Let a few texts and results share the next transaction, and what comes in go first."""
        time.sleep(LINGER)
        self.database.wait_until_idle(YIELD_BEFORE_LEASE)

    def _round(self) -> float:
        _, pause = self._exchange()
        if self._blind:  # nothing can be checked, so nothing leaves: do not lease it again at once
            self._blind = False
            time.sleep(POLL_INTERVAL)
        return pause

    def _exchange(self) -> tuple[int, float]:
        """Write down what came back and lease what may go next.

        Returns how many texts moved, and in how many seconds to look again.
        """
        back = list(self._back)
        room = CONCURRENCY - self._out
        now = self.clock.now()
        try:
            lease, lookups = self.database.write(lambda s: self._in_one(s, back, room, now)).result()
        except Exception as error:
            if not back or is_transient(error):
                raise
            self._one_by_one(back)
            return len(back), 0.0
        self._forget(back)
        self._seen_at = now if self._beat_due(now) else self._seen_at
        self.thread.heartbeat.beat(now)
        self._hand_out(lease.texts, lookups)
        self.thread.heartbeat.beat(self.clock.now())
        moved = len(lease.texts) + lease.rejected + len(lookups)
        if self._out < CONCURRENCY and (lease.rejected or len(lease.texts) == room):
            return moved, 0.0
        return moved, POLL_INTERVAL if lease.next_at is None else _seconds_until(lease.next_at, self.clock.now())

    def _in_one(
        self, session: Session, back: list[SendOutcome], room: int, now: datetime
    ) -> tuple[Lease, list[Lookup]]:
        results.record(session, back, now)
        if self._beat_due(now):
            workers.beat(session, self.worker, now)
        looks = now - self._looked_at >= LOOKUP_INTERVAL
        lookups = self._lost_and_found(session, now) if looks else []
        lease = leases.lease(session, now, room, self.terms, self._turns, discover=looks) if room > 0 else Lease()
        delivery.gave_up(session, lease.lost, now)
        window.shut(session, lease.shut, now)
        for line_id in lease.over_budget:
            delivery.budget_spent(session, line_id, now)
        return lease, lookups

    def _beat_due(self, now: datetime) -> bool:
        return self._seen_at is None or now - self._seen_at >= workers.BEAT

    def _lost_and_found(self, session: Session, now: datetime) -> list[Lookup]:
        if now - self._swept_at >= EXPIRY_INTERVAL:
            self._swept_at = now
            delivery.expire(session, now)
            spending.count_heard(session, now)
            workers.clear(session, now)
        self._looked_at = now
        delivery.abandon(session, self.worker, now)
        room = self.breaker.looks(LOOKUP_BATCH - self._looking)
        return uncertain.lease_lookups(session, now, LEASE_FOR, room) if room > 0 else []

    def _write(self, back: list[SendOutcome]) -> None:
        """Write down what came back, and lease nothing."""
        now = self.clock.now()
        self.database.write(lambda s: results.record(s, back, now)).result()
        self._forget(back)

    def _one_by_one(self, back: list[SendOutcome]) -> None:
        """One of them cannot be written down: the others must be all the same. Its lease runs out."""
        for one in back:
            try:
                self._write([one])
            except Exception as error:
                if is_transient(error):
                    raise
                log.error("result_not_kept", text=one.about.id, error=type(error).__name__, exc_info=error)
                self._forget([one])

    def _forget(self, back: list[SendOutcome]) -> None:
        for _ in back:  # the oldest: what came back since stands behind them
            self._back.popleft()

    def _hand_out(self, leased: list[LeasedText], lookups: list[Lookup]) -> None:
        """Give each phone's texts to one thread: what one phone gets arrives in the order in which it was said."""
        self.breaker.leased(leased)
        rounds: dict[str, list[LeasedText]] = {}
        for text in leased:
            rounds.setdefault(text.to, []).append(text)
        with self._counting:
            self._out += len(leased)
            self._looking += len(lookups)
        work = [self._posts.submit(self._deliver_in_order, texts) for texts in rounds.values()]
        work += [self._looks.submit(self._look_up, lookup) for lookup in lookups]
        self._under_way = {one for one in self._under_way if not one.done()} | set(work)

    def _deliver_in_order(self, texts: list[LeasedText]) -> None:
        waits = False
        for text in texts:
            result = NotPosted() if waits else self._deliver(text)
            # Those after a text that must go again later wait for it.
            waits = waits or (isinstance(result, CarrierError) and result.action in WAITED_FOR)
            outage = not isinstance(result, NotPosted) and self.breaker.note(text, result)
            self._back.append(SendOutcome(text, result, outage))
            with self._counting:
                self._out -= 1
            self.wake()

    def _deliver(self, text: LeasedText) -> Sent | CarrierError | NotPosted:
        with self._pacer.through():
            self.database.wait_until_idle(YIELD_BEFORE_POST)
            try:
                if not self._may_leave(text):
                    return NotPosted()
            except Exception as error:  # the database is away: better late than against somebody's will
                log.error("not_checked", text=text.id, error=type(error).__name__, exc_info=error)
                self._blind = True
                return NotPosted()
            result = self._post(text)
        if isinstance(result, Sent):
            self.metrics.tried(text.lane, "taken")
        else:
            self.metrics.tried(text.lane, result.action, result.code)
        return result

    def _post(self, text: LeasedText) -> Sent | CarrierError:
        try:
            with self.metrics.posts.time():
                return self.carrier.send(self._outgoing(text))
        except CarrierError as error:
            return error
        except Exception as error:  # a fault of ours after the POST may have begun
            log.error("send_broke", error=type(error).__name__, exc_info=error)
            return CarrierError(Action.LOOK_UP, type(error).__name__)

    def _may_leave(self, text: LeasedText) -> bool:
        """The last moment: STOP, expiry, a lease that still holds. What may not is sifted out later."""
        now = self.clock.now()
        if self.thread.stopping or self.breaker.holds_back(text):
            return False
        if text.expires_at is not None and text.expires_at <= now:
            return False
        if text.window_until is not None and text.window_until <= now:  # it closed since: looked at anew
            return False
        wanted = text.phrase in ALLOWED_AFTER_STOP | ALLOWED_IN_SILENCE or bool(
            self.database.lookup(people.NOT_OPTED_OUT, person=text.person_id)
        )
        # Asked last: a process that stood still meanwhile must not post what was looked up and sent by another.
        return wanted and self.clock.now() + LEASE_MARGIN <= text.leased_until

    def _outgoing(self, text: LeasedText) -> Outgoing:
        ends = text.expires_at
        lasts = None if ends is None else int((ends - self.clock.now()).total_seconds())
        return Outgoing(
            text.id,
            text.channel,
            text.from_number,
            text.to,
            text.body,
            lasts,
            by_rcs=text.by_rcs,
            essential=text.lane != Lane.BULK,
            media=enclosing.path(text),
            form=forms.unpack(text.form),
            sent_as=text.sent_as,
        )

    def _look_up(self, lookup: Lookup) -> None:
        form = forms.unpack(lookup.form)
        text = Outgoing(lookup.id, lookup.channel, lookup.from_number, lookup.to, lookup.body, form=form)
        found: list[SentMessage] | CannotTell | CarrierError
        try:
            found = self.carrier.find(text, lookup.since - delivery.CLOCK_SKEW)
        except (CannotTell, CarrierError) as error:
            found = error
        except Exception as error:  # a fault of ours, and no look at all
            log.error("look_broke", text=lookup.id, error=type(error).__name__, exc_info=error)
            found = CarrierError(Action.UNKNOWN, type(error).__name__)
        if isinstance(found, CarrierError):
            log.warning("not_looked_up", text=lookup.id, action=found.action, code=found.code)
        self.breaker.note_look(found)
        self._back.append(SendOutcome(lookup, found))
        with self._counting:
            self._looking -= 1
        self.wake()


def _seconds_until(then: datetime, now: datetime) -> float:
    return min(POLL_INTERVAL, max((then - now).total_seconds(), 0.0))
