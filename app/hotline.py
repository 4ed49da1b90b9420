"""The running hotline: its settings, clock, database and carrier, and the two threads that work by themselves."""

from concurrent.futures import Future
from dataclasses import replace
from datetime import timedelta

import structlog

from app.carriers.base import Carrier
from app.carriers.simulator import Simulator
from app.carriers.twilio.client import Twilio
from app.clock import Clock
from app.database import engine, migrations
from app.inbound import receive
from app.inbound.ingest import Ingest, MustWait
from app.inbound.receive import Taken
from app.inbound.reconcile import Reconciler
from app.inbound.spool import Spool
from app.inbound.spool_worker import SpoolWorker
from app.outbound.sender import Sender
from app.settings import Settings
from app.telemetry.heartbeat import BackgroundThread
from app.telemetry.metrics import Metrics
from models import lines
from models.inbound import Heard
from models.lines import Channel
from models.store.session import Session

log = structlog.get_logger()

TICK = 2.0  # seconds between looks for what time alone triggers


def carrier_for(settings: Settings) -> Carrier:
    """Twilio where its credentials are set, else the simulator."""
    if settings.twilio_account_sid is None:
        return Simulator()
    return Twilio(
        account=settings.twilio_account_sid,
        token=settings.tokens[0],
        api=settings.twilio_api_url,
        callback=f"{settings.public_url}/twilio/status",
        service=settings.twilio_messaging_service_sid,
    )


class Hotline:
    """Everything that one process needs to be a hotline."""

    def __init__(self, settings: Settings, *, carrier: Carrier | None = None, clock: Clock | None = None) -> None:
        self.settings = settings
        self.clock = clock or Clock()
        self.database = engine.connect(settings.database)
        self.carrier = carrier or carrier_for(settings)
        self.metrics = Metrics()
        self.registry = self.metrics.registry
        self.sender = Sender(self.database, self.carrier, self.clock, self.metrics)
        self.ingest = Ingest(self, Spool(settings.spool))
        self.spool_worker = SpoolWorker(self.ingest)
        self.reconciler = Reconciler(self.ingest, self.database, self.carrier)
        self.ticker = BackgroundThread("ticker", self._tick_on, interval=TICK)
        self.threads = {"sender": self.sender.thread, "ticker": self.ticker, "spool worker": self.spool_worker.thread}
        if not settings.simulated:
            self.threads["reconciler"] = self.reconciler.thread
        self.heartbeats = {name: thread.heartbeat for name, thread in self.threads.items()}
        self.database.observe = self.metrics.batches.observe

    def prepare(self) -> None:
        """Bring the tables up to date and make the line that the settings describe."""
        migrations.upgrade(self.settings.database)
        self.database.write(self._first_line).result()
        self.reconciler.prepare()

    def _first_line(self, session: Session) -> None:
        line = lines.from_settings(session, self.clock.now(), **self.settings.line)
        line.rules = {**line.rules, **self.settings.rules}
        session.add(line)

    def start(self) -> None:
        """Begin to send and to watch the clock."""
        for pulse in self.heartbeats.values():
            pulse.began_at = self.clock.now()
        self.sender.start()
        self.spool_worker.start()
        self.ticker.start()
        if not self.settings.simulated:
            self.reconciler.start()

    def stop(self) -> None:
        """Finish what is under way and let go of everything."""
        self.reconciler.stop()
        self.spool_worker.stop()
        self.ingest.close()
        self.ticker.stop()
        self.sender.stop()
        self.carrier.close()
        self.database.close()

    def receive(self, heard: Heard, waits: MustWait | None = None) -> "Future[Taken]":
        """Take in a text; the future answers when it is on disk, or SPOOLED if `waits` says that it has to wait.

        Raises Busy when too many wait already.
        """
        now = self.clock.now()

        def work(session: Session) -> Taken:
            if waits is not None and waits():
                return Taken.SPOOLED
            return receive.receive(session, self._to_a_line(session, heard), now)

        def rescue(session: Session, error: Exception) -> Taken:
            return receive.handle_failure(session, self._to_a_line(session, heard), now, error)

        taken = self.database.write(
            work,
            rescue,
            by=heard.from_address,  # whatever the channel: one phone has both
        )
        taken.add_done_callback(lambda _: self.sender.wake())
        return taken

    def _to_a_line(self, session: Session, heard: Heard) -> Heard:
        """A text to another number of our Messaging Service is for the line of the settings."""
        ours, settings = heard.fields.get("MessagingServiceSid"), self.settings
        if ours is None or ours != settings.twilio_messaging_service_sid or settings.sms in (None, heard.to):
            return heard
        if lines.by_number(session, heard.channel, heard.to) is not None or heard.channel is not Channel.SMS:
            return heard
        return replace(heard, to=str(settings.sms), fields={**heard.fields, "To": heard.to})

    def status(self, outbound_id: int, said: str, *, sid: str | None, code: int | None) -> "Future[bool]":
        """Take in what became of a text of ours."""
        now = self.clock.now()
        return self.database.write(
            lambda session: receive.status(session, outbound_id, said, now, sid=sid, code=code),
            by=f"status:{outbound_id}",
        )

    def tick(self) -> int:
        """Let time act on everything that is due; returns on how many requests."""
        acted = 0
        while more := self.database.write(lambda session: receive.tick(session, self.clock.now())).result():
            acted += more
        if acted:
            self.sender.wake()
        self.ticker.heartbeat.beat(self.clock.now())
        return acted

    def pass_time(self, by: timedelta) -> None:
        """Move the simulator's clock forward and let time act."""
        self.clock.advance(by)
        self.tick()

    def count(self, taken: Taken) -> None:
        """Count a text for whoever watches the process."""
        self.metrics.texts.labels(taken).inc()

    def counts(self) -> dict[str, int]:
        """How many texts came in since the start, by what became of them."""
        return self.metrics.counts([taken.value for taken in Taken])

    def spooled(self) -> int:
        """How many texts and callbacks wait on disk for the database."""
        return self.ingest.spool.waiting()

    def quarantined(self) -> int:
        """How many of these could not be taken in even so, and wait for a person to look."""
        return self.ingest.spool.quarantined()

    def _tick_on(self) -> None:
        self.tick()
