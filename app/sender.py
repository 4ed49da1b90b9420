"""Sends what is queued: leases a few texts, posts them outside any transaction, and keeps what became of them.

One thread does all bookkeeping. Each of its transactions writes down every result that came back and leases what may
go next, so a hundred texts cost a few commits; other threads post. A text is checked once more right before its POST.
"""

import threading
from collections import Counter, deque
from concurrent.futures import Future, ThreadPoolExecutor, wait
from datetime import datetime, timedelta

import structlog

from app import fates, results, verdicts
from app.carriers import Carrier, CarrierError, Outgoing, Sent
from app.carriers.errors import Action
from app.clock import Clock
from app.database import Database, is_passing
from app.gate import Gate
from app.metrics import Metrics
from app.outbox import ALLOWED_AFTER_STOP
from app.pulse import Pulse
from app.results import Back, NotPosted
from models import leases, people, uncertain
from models.leases import Lease, Terms
from models.parcels import Parcel
from models.session import Session
from models.uncertain import Lookup

log = structlog.get_logger()

LEASE = timedelta(seconds=90)  # longer than any POST may take
SPARE = timedelta(seconds=30)  # of its lease that a text must still have when its POST begins
# Texts leased, each with a thread to post it: 100 a second with a carrier that takes 0.16 seconds. More would wait
# with their attempts on disk, and if this process were killed nobody would know whether they had left.
AT_ONCE = 16
LOOKUPS = 20  # texts looked for in one round
LOOK = timedelta(seconds=1)  # between looks for texts that got lost
SWEEP = timedelta(seconds=30)  # between looks for texts that expired
IDLE = 0.5  # seconds between looks for texts that another process queued
YIELDS = 0.02  # seconds for which what comes in goes first, at most, when texts are leased
GIVES_WAY = 0.005  # and before a POST
LINGER = 0.01  # seconds that a text or a result waits for others to share its transaction


class Sender:
    """Sends what is queued, from a thread of its own."""

    def __init__(self, database: Database, carrier: Carrier, clock: Clock, metrics: Metrics | None = None) -> None:
        self.database = database
        self.carrier = carrier
        self.clock = clock
        self.metrics = metrics or Metrics()
        self.terms = Terms(LEASE, carrier.paced, ALLOWED_AFTER_STOP, verdicts.FILTERED)
        self._turns: Counter[int] = Counter()
        self._woken = threading.Event()
        self._stopped = False
        self._looked_at = self._swept_at = datetime.min.replace(tzinfo=clock.now().tzinfo)
        self._back: deque[Back] = deque()  # not yet written down
        self._under_way: set[Future[None]] = set()
        self._blind = False  # whether it could not be read who has said STOP
        self._out = 0  # texts leased and not yet back
        self._counting = threading.Lock()
        self._gate = Gate()
        self._posts = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="post")
        self._thread = threading.Thread(target=self._run, name="sender", daemon=True)
        self.pulse = Pulse(self._thread)

    def start(self) -> None:
        """Begin to send."""
        self._thread.start()

    def wake(self) -> None:
        """Something was queued: look now."""
        self._woken.set()

    def stop(self) -> None:
        """Finish the POSTs that are under way; what is leased and not posted is given back."""
        self._stopped = True
        self.wake()
        if self._thread.is_alive():
            self._thread.join()
        self._posts.shutdown()

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

    def _run(self) -> None:
        while not self._stopped:
            self._woken.clear()
            try:
                _, pause = self._exchange()
            except Exception as error:  # most likely the database is away; whatever it is, the queue must not die
                log.error("outbox_waits", error=type(error).__name__, exc_info=error)
                pause = IDLE
            if self._blind:  # nothing can be checked, so nothing leaves: do not lease it again at once
                self._blind = False
                threading.Event().wait(IDLE)
            self._woken.wait(pause)
            if not self._stopped:
                threading.Event().wait(LINGER)
                self.database.after_texts(YIELDS)
        wait(self._under_way)
        try:
            self._write(list(self._back))
        except Exception as error:  # their leases run out, and whoever sends next looks them up
            log.error("results_not_kept", texts=len(self._back), error=type(error).__name__, exc_info=error)

    def _exchange(self) -> tuple[int, float]:
        """Write down what came back and lease what may go next.

        Returns how many texts moved, and in how many seconds to look again.
        """
        back = list(self._back)
        room = AT_ONCE - self._out
        now = self.clock.now()
        try:
            lease, lookups = self.database.write(lambda s: self._in_one(s, back, room, now)).result()
        except Exception as error:
            if not back or is_passing(error):
                raise
            self._one_by_one(back)
            return len(back), 0.0
        self._forget(back)
        self.pulse.beat(now)
        self._hand_out(lease.parcels, lookups)
        self.pulse.beat(self.clock.now())
        moved = len(lease.parcels) + lease.sifted + len(lookups)
        if self._out < AT_ONCE and (lease.sifted or len(lease.parcels) == room):
            return moved, 0.0
        return moved, IDLE if lease.next_at is None else _seconds_until(lease.next_at, self.clock.now())

    def _in_one(self, session: Session, back: list[Back], room: int, now: datetime) -> tuple[Lease, list[Lookup]]:
        results.record(session, back, now)
        looks = now - self._looked_at >= LOOK
        lookups = self._lost_and_found(session, now) if looks else []
        lease = leases.lease(session, now, room, self.terms, self._turns, adopt=looks) if room > 0 else Lease()
        fates.lost(session, lease.lost, now)
        for line_id in lease.broke:
            fates.budget_spent(session, line_id, now)
        return lease, lookups

    def _lost_and_found(self, session: Session, now: datetime) -> list[Lookup]:
        if now - self._swept_at >= SWEEP:
            self._swept_at = now
            fates.expire(session, now)
        self._looked_at = now
        fates.abandon(session, now)
        return uncertain.to_look_up(session, now, LEASE, LOOKUPS)

    def _write(self, back: list[Back]) -> None:
        """Write down what came back, and lease nothing."""
        now = self.clock.now()
        self.database.write(lambda s: results.record(s, back, now)).result()
        self._forget(back)

    def _one_by_one(self, back: list[Back]) -> None:
        """One of them cannot be written down: the others must be all the same. Its lease runs out."""
        for one in back:
            try:
                self._write([one])
            except Exception as error:
                if is_passing(error):
                    raise
                log.error("result_not_kept", text=one.about.id, error=type(error).__name__, exc_info=error)
                self._forget([one])

    def _forget(self, back: list[Back]) -> None:
        for _ in back:  # the oldest: what came back since stands behind them
            self._back.popleft()

    def _hand_out(self, leased: list[Parcel], lookups: list[Lookup]) -> None:
        """Give each phone's texts to one thread: what one phone gets arrives in the order in which it was said."""
        rounds: dict[str, list[Parcel]] = {}
        for parcel in leased:
            rounds.setdefault(parcel.to, []).append(parcel)
        with self._counting:
            self._out += len(leased)
        work = [self._posts.submit(self._deliver_in_order, texts) for texts in rounds.values()]
        work += [self._posts.submit(self._look_up, lookup) for lookup in lookups]
        self._under_way = {one for one in self._under_way if not one.done()} | set(work)

    def _deliver_in_order(self, texts: list[Parcel]) -> None:
        waits = False
        for parcel in texts:
            result = NotPosted() if waits else self._deliver(parcel)
            # Those after a text that must go again later wait for it.
            waits = waits or (isinstance(result, CarrierError) and result.action is Action.AGAIN)
            self._back.append(Back(parcel, result))
            with self._counting:
                self._out -= 1
            self.wake()

    def _deliver(self, parcel: Parcel) -> Sent | CarrierError | NotPosted:
        with self._gate.through():
            self.database.after_texts(GIVES_WAY)
            try:
                if not self._may_leave(parcel):
                    return NotPosted()
            except Exception as error:  # the database is away: better late than against somebody's will
                log.error("not_checked", text=parcel.id, error=type(error).__name__, exc_info=error)
                self._blind = True
                return NotPosted()
            result = self._post(parcel)
        if isinstance(result, Sent):
            self.metrics.tried(parcel.lane, "taken")
        else:
            self.metrics.tried(parcel.lane, result.action, result.code)
        return result

    def _post(self, parcel: Parcel) -> Sent | CarrierError:
        try:
            with self.metrics.posts.time():
                return self.carrier.send(self._outgoing(parcel))
        except CarrierError as error:
            return error
        except Exception as error:  # a fault of ours after the POST may have begun
            log.error("send_broke", error=type(error).__name__, exc_info=error)
            return CarrierError(Action.LOOK_UP, type(error).__name__)

    def _may_leave(self, parcel: Parcel) -> bool:
        """The last moment: STOP, expiry, a lease that still holds. What may not is sifted out later."""
        now = self.clock.now()
        if self._stopped or now + SPARE > parcel.leased_until:
            return False
        if parcel.expires_at is not None and parcel.expires_at <= now:
            return False
        if parcel.phrase in ALLOWED_AFTER_STOP:
            return True
        return bool(self.database.look(people.STAYED, person=parcel.person_id))

    def _outgoing(self, parcel: Parcel) -> Outgoing:
        ends = parcel.expires_at
        lasts = None if ends is None else int((ends - self.clock.now()).total_seconds())
        return Outgoing(parcel.id, parcel.channel, parcel.sender, parcel.to, parcel.body, lasts)

    def _look_up(self, lookup: Lookup) -> None:
        text = Outgoing(lookup.id, lookup.channel, lookup.sender, lookup.to, lookup.body)
        try:
            found = self.carrier.find(text, lookup.since - fates.SKEW)
        except Exception as error:  # no look at all: it is made again when its lease has run out
            log.warning("not_looked_up", text=lookup.id, error=type(error).__name__)
            return
        self._back.append(Back(lookup, found))
        self.wake()


def _seconds_until(then: datetime, now: datetime) -> float:
    return min(IDLE, max((then - now).total_seconds(), 0.0))
