"""Deletes texts at the carrier, where a line says so, once nobody needs to look for them there any more."""

from datetime import timedelta

import structlog
import tenacity
from sqlmodel import SQLModel

from app.carriers.base import Action, Carrier, CarrierError
from app.clock import Clock
from app.database.engine import Database
from app.telemetry.heartbeat import BackgroundThread
from models import lines, sweeping
from models.delivery.outbound import Outbound
from models.inbound import Inbound
from models.lines import Line
from models.store.session import Session

log = structlog.get_logger()

INTERVAL = 300.0  # seconds between rounds
BATCH = 50  # texts of each kind and line in one round's part
TRIES = 4  # of one text, before the rest waits for the next round
LONGEST_WAIT = 8.0  # seconds between two tries
PASSING = frozenset({Action.AGAIN, Action.AWAY, Action.LOOK_UP, Action.QUEUE_FULL, Action.QUOTA, Action.ACCOUNT})


class CarrierDeletion:
    """A thread that deletes, in the order in which texts came and went. How far it got is kept with the line."""

    def __init__(self, database: Database, carrier: Carrier, clock: Clock, *, first_wait: float = 1.0) -> None:
        self.database = database
        self.carrier = carrier
        self.clock = clock
        self._retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception(lambda e: isinstance(e, CarrierError) and e.action in PASSING),
            wait=tenacity.wait_random_exponential(multiplier=first_wait, max=LONGEST_WAIT),
            stop=tenacity.stop_after_attempt(TRIES),
            reraise=True,
        )
        self.thread = BackgroundThread("deletion", self._round, interval=INTERVAL)

    def start(self) -> None:
        """Begin to delete."""
        self.thread.start()

    def stop(self) -> None:
        """Delete no more."""
        self.thread.stop()

    def _round(self) -> None:
        while self.once() and not self.thread.stopping:
            self.thread.heartbeat.beat(self.clock.now())
        self.thread.heartbeat.beat(self.clock.now())

    def once(self) -> int:
        """Delete a few texts of every line that wants it; returns how many are gone."""
        wanted = [line for line in self.database.read(lines.all_lines) if line.policy.carrier_keeps_hours]
        return sum(self._part(line, of) for line in wanted for of in (Inbound, Outbound))

    def _part(self, line: Line, of: type[SQLModel]) -> int:
        now = self.clock.now()
        before = now - timedelta(hours=line.policy.carrier_keeps_hours)
        due = self.database.read(lambda session: sweeping.at_carrier(session, line, of, before, BATCH))
        gone, up_to = 0, 0
        for id_, sid in due:
            if self.thread.stopping or not self._deleted(sid):
                break
            gone, up_to = gone + 1, id_
        if gone:

            def work(session: Session) -> None:
                sweeping.deleted_at_carrier(session, lines.by_id(session, line.id), of, up_to)

            self.database.write(work).result()
        return gone

    def _deleted(self, sid: str) -> bool:
        """Whether the text is gone, or never will be: what the carrier refuses for good holds up no other."""
        try:
            self._retrying(self.carrier.delete, sid)
        except CarrierError as error:
            log.warning("not_deleted_at_carrier", action=error.action, code=error.code)
            return error.action not in PASSING
        return True
