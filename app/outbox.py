"""The way out: texts are queued in the transaction that decided them, then sent, and what became of them is kept."""

import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import structlog

from app import segments
from app.carriers import OPTED_OUT, Carrier, CarrierError, Fault, Outgoing, Sent
from app.clock import Clock
from app.database import Database
from app.metrics import Metrics
from app.pulse import Pulse
from handlers import followups, phrasebook
from handlers.turn import Moment, Text
from models import lines, outbound, people
from models.lines import Channel, Line
from models.outbound import Outbound, Parcel, State
from models.session import Session

log = structlog.get_logger()

LONGEST = 1600  # characters; Twilio refuses more
LEASE = timedelta(seconds=90)  # longer than any POST may take
BACKOFF = (2, 10, 60, 300)  # seconds before a text that was never processed is tried again
BATCH = 10  # leased at once: as many as are posted at once, so that a STOP stops all the others
ALLOWED_AFTER_STOP = frozenset({"stopped", "you_stopped"})  # one confirmation, and an answer when they write again
AT_ONCE = BATCH  # POSTs under way; more are slower with httpx
NO_NEWS = timedelta(minutes=15)  # after which somebody is told that nobody knows whether a text arrived
LOOK = timedelta(seconds=30)  # between looks for texts that got lost, while there are others to send
IDLE = 0.5  # seconds between looks for texts that another process queued


def queue(session: Session, line: Line, key: str, texts: Iterable[Text], now: datetime) -> int:
    """Write texts into the queue under keys `key:0`, `key:1`, …, each in the language and to the phone of its reader.

    Returns how many were queued. Nobody who said STOP gets one.
    """
    wanted = [text for text in texts if text.to.opted_out_at is None or text.phrase in ALLOWED_AFTER_STOP]
    homes = people.addresses(session, [text.to.id for text in wanted]) if wanted else {}
    queued = 0
    for text in wanted:
        home = homes.get(text.to.id)
        sender = line.number(home.channel) if home else None
        if home is None or sender is None:
            log.warning("no_way_to_reach", person=text.to.id, line=line.id)
            continue
        body = phrasebook.book(text.to.speaks(line)).say(text.phrase, text.values)
        if home.channel is Channel.SMS:
            body = segments.thrifty(body)
        for part in parts(body):
            session.append(
                Outbound,
                line_id=line.id,
                person_id=text.to.id,
                request_id=text.request_id,
                key=f"{key}:{queued}",
                phrase=text.phrase,
                channel=home.channel,
                sender=sender,
                to=home.value,
                body=part,
                segments=segments.count(part),
                lane=text.lane,
                state=State.READY,
                not_before=text.not_before,
                created_at=now,
                changed_at=now,
            )
            queued += 1
    return queued


def parts(body: str) -> list[str]:
    """A text cut at spaces into pieces that the carrier accepts."""
    pieces = []
    while len(body) > LONGEST:
        cut = body.rfind(" ", LONGEST // 2, LONGEST)
        cut = cut if cut > 0 else LONGEST
        pieces.append(body[:cut].rstrip())
        body = body[cut:].lstrip()
    return [*pieces, body]


def fold(
    session: Session,
    outbound_id: int,
    state: State,
    now: datetime,
    *,
    code: int | None = None,
    sid: str | None = None,
) -> None:
    """Take in what became of a text, whatever the order in which the news comes, and act on a failure once."""
    moved = outbound.fold(session, outbound_id, state, now, code=code, sid=sid)
    if moved is None or state is not State.FAILED:
        return
    if code == OPTED_OUT:
        people.by_id(session, moved.person_id).opted_out_at = now
        outbound.cancel_for(session, moved.person_id, now)
    if moved.told_at is None:
        moved.told_at = now
        _tell(session, moved, now)


def _tell(session: Session, lost: Outbound, now: datetime) -> None:
    line = lines.by_id(session, lost.line_id)
    queue(session, line, f"failed-{lost.id}", followups.undelivered(Moment(session, line, now), lost), now)


class Sender:
    """Sends what is queued, from a thread of its own."""

    def __init__(self, database: Database, carrier: Carrier, clock: Clock, metrics: Metrics | None = None) -> None:
        self.database = database
        self.carrier = carrier
        self.clock = clock
        self.metrics = metrics or Metrics()
        self._woken = threading.Event()
        self._stopped = False
        self._looked_at = clock.now()  # when we last looked for texts that got lost
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
        """Finish what is under way."""
        self._stopped = True
        self.wake()
        if self._thread.is_alive():
            self._thread.join()
        self._posts.shutdown()

    def _run(self) -> None:
        while not self._stopped:
            self._woken.clear()
            try:
                busy = self.once()
            except Exception as error:  # most likely the database is away; whatever it is, the queue must not die
                log.error("outbox_waits", error=type(error).__name__, exc_info=error)
                busy = 0
            if not busy:
                self._woken.wait(IDLE)

    def once(self) -> int:
        """Send what is ready now; returns how many texts were tried."""
        now = self.clock.now()
        parcels = self.database.write(lambda s: outbound.lease(s, now, BATCH, LEASE)).result()
        rounds: dict[str, list[Parcel]] = {}
        for parcel in parcels:
            rounds.setdefault(parcel.outbound.to, []).append(parcel)
        list(self._posts.map(self._deliver_in_order, rounds.values()))
        if not parcels or now - self._looked_at > LOOK:
            self._looked_at = now
            self.database.write(lambda s: self._give_up_on_lost(s, self.clock.now())).result()
        self.pulse.beat(self.clock.now())
        return len(parcels)

    def drain(self) -> None:
        """Send until nothing is ready."""
        while self.once():
            pass

    def _deliver_in_order(self, parcels: list[Parcel]) -> None:
        """What one phone gets arrives in the order in which it was said."""
        for parcel in parcels:
            self._deliver(parcel)

    def _deliver(self, parcel: Parcel) -> None:
        row = parcel.outbound
        text = Outgoing(row.id, row.channel, row.sender, row.to, row.body)
        result: Sent | CarrierError
        try:
            with self.metrics.posts.time():
                result = self.carrier.send(text)
        except CarrierError as error:
            result = error
        except Exception as error:  # a fault of ours after the POST may have begun
            log.error("send_broke", error=type(error).__name__)
            result = CarrierError(Fault.UNCERTAIN, type(error).__name__)
        if isinstance(result, Sent):
            self.metrics.tried(row.lane, "taken")
        else:
            self.metrics.tried(row.lane, result.fault, result.code)
        self.database.write(lambda s: _record(s, parcel, result, self.clock.now())).result()

    def _give_up_on_lost(self, session: Session, now: datetime) -> None:
        for row in outbound.abandoned_leases(session, now):
            outbound.fold(session, row.id, State.UNCERTAIN, now)
        for row in outbound.long_uncertain(session, now - NO_NEWS):
            row.told_at = now
            _tell(session, row, now)


def _record(session: Session, parcel: Parcel, result: Sent | CarrierError, now: datetime) -> None:
    row = parcel.outbound
    if isinstance(result, Sent):
        outbound.record_attempt(session, parcel.attempt_id, now, "taken", sid=result.sid)
        fold(session, row.id, result.state, now, sid=result.sid)
        outbound.price(session, row.id, result.price)
        return
    outbound.record_attempt(session, parcel.attempt_id, now, result.fault, code=result.code)
    log.warning("not_taken", text=row.id, fault=result.fault, code=result.code, why=str(result))
    if result.fault is Fault.UNTOUCHED:
        wait = result.wait or BACKOFF[min(row.tries, len(BACKOFF)) - 1]
        outbound.again(session, row.id, now + timedelta(seconds=wait), now)
    elif result.fault is Fault.UNCERTAIN:
        outbound.fold(session, row.id, State.UNCERTAIN, now, code=result.code)
    else:
        fold(session, row.id, State.FAILED, now, code=result.code)
