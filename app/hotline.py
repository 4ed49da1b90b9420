"""The running hotline: wires settings, clock, database, carrier and the background threads together."""

from concurrent.futures import Future
from contextlib import ExitStack
from datetime import timedelta
from functools import partial
from secrets import token_hex

import structlog

from app import hosts
from app.attachments.fetching import Fetcher
from app.backups import drafts, making, missing
from app.backups.elsewhere import Elsewhere
from app.backups.nightly import Nightly
from app.carriers import carrier_for, simulator
from app.carriers.base import Carrier
from app.clock import Clock
from app.database import engine, migrations
from app.database.running import Presence
from app.inbound import tick
from app.inbound.ingest import DATABASE_TIMEOUT, Ingest
from app.inbound.receive import Taken
from app.inbound.reconcile import Reconciler
from app.inbound.spool import Spool
from app.inbound.spool_worker import SpoolWorker
from app.outbound import outbox, templates
from app.outbound.carrier_deletion import CarrierDeletion
from app.outbound.sender import Sender
from app.outbound.shapes import Shapes
from app.outbound.templates import Approvals
from app.settings import Settings
from app.telemetry.heartbeat import BackgroundThread
from app.telemetry.metrics import Metrics
from handlers import rounds
from handlers.rules import changing
from handlers.turn import Context
from models import line_events, lines, marks, moves
from models.delivery import contents
from models.delivery.contents import Approval
from models.inbound import Heard
from models.store.session import Session

log = structlog.get_logger()

TICK = 0.5  # seconds between looks for what time alone triggers; most find nothing, and write nothing
CATCHING_UP = timedelta(minutes=1)  # for which time waits, at most, until the carrier's list was read after a restore
SIMULATED_BURST = 1  # seconds that an answer waits for more words, where one person types for everybody


class Hotline:
    """Everything that one process needs to be a hotline. Raises SimulatorRefused where only a carrier may run."""

    def __init__(
        self,
        settings: Settings,
        *,
        carrier: Carrier | None = None,
        clock: Clock | None = None,
        database_timeout: float = DATABASE_TIMEOUT,
    ) -> None:
        self.settings = settings
        self.database_timeout = database_timeout  # seconds that whoever waits for an answer gives the database
        self.clock = clock or Clock()
        self.carrier = carrier or carrier_for(settings)
        if self.carrier.simulated:
            simulator.check_address(settings)
        self.database = engine.connect(settings.database)
        self.metrics = Metrics()
        self.sender = Sender(self.database, self.carrier, self.clock, self.metrics)
        spool = Spool(settings.spool)
        self.ingest = Ingest(
            *(self.database, self.carrier, self.clock, spool, self.sender, self.metrics),
            database_timeout=database_timeout,
        )
        self.spool_worker = SpoolWorker(self.ingest)
        self.reconciler = Reconciler(self.ingest)
        self.deletion = CarrierDeletion(self.database, self.carrier, self.clock)
        self.fetcher = Fetcher(self.database, self.carrier, self.clock, self.sender)
        self.shapes = Shapes(self.database, self.carrier, self.clock)
        self.approvals = Approvals(self.database, self.carrier, self.clock)
        self.ticker = BackgroundThread("ticker", self._tick_on, interval=TICK)
        self.nightly = Nightly(settings, self.database, self.clock)
        self.elsewhere = Elsewhere(settings, self.clock)
        self.presence = Presence(settings.database)
        self.threads = {"sender": self.sender.thread, "ticker": self.ticker, "spool worker": self.spool_worker.thread}
        self.threads["picture worker"] = self.fetcher.thread
        if settings.backups is not None:
            self.threads["nightly backup"] = self.nightly.thread
            if settings.backup_to is not None:
                self.threads["backup elsewhere"] = self.elsewhere.thread
        if self.carrier.lists_received:
            self.threads["reconciler"] = self.reconciler.thread
        if self.carrier.deletes:
            self.threads["deletion"] = self.deletion.thread
        if self.carrier.keeps_layouts:
            self.threads["layouts"] = self.shapes.thread
        if self.carrier.approves and not self.carrier.simulated:
            self.threads["templates"] = self.approvals.thread
        self.heartbeats = {name: thread.heartbeat for name, thread in self.threads.items()}
        self.database.observe = self.metrics.batches.observe

    def prepare(self) -> None:
        """Bring the tables up to date and make the line that the settings describe. Raises SimulatorRefused.

        Raises DiskIsLost on a host that would throw the database away, MovedAway and HalfMoved where another database
        is the hotline's.
        """
        hosts.check(self.settings)
        self.presence.begin()
        missing.check(self.settings)
        drafts.clear(self.settings, Clock().now())
        migrations.upgrade(self.settings.database, before=lambda: making.before_migration(self.settings))
        self.database.write(self._first_line).result()
        self.reconciler.prepare()

    def _first_line(self, session: Session) -> None:
        if self.carrier.simulated:
            simulator.check_people(session)
        contents.forget_others(session, self.carrier.account_id)
        now = self.clock.now()
        if self.carrier.simulated and self.carrier.approves:
            templates.keep_all(session, self.carrier, now, Approval.APPROVED)
        known = [Context(session, line, now) for line in lines.all_lines(session)]
        with ExitStack() as recorded:
            # A new one begins with what the settings say of it.
            told = [recorded.enter_context(changing.by_host(each)) for each in known]
            for each in known:
                recorded.enter_context(changing.recorded(each, changing.HOST))
            self._as_in_settings(session)
        for each, heard in zip(known, told, strict=True):
            outbox.queue(session, each.line, f"host-start-{token_hex(8)}", heard.texts, now)
        for line in lines.all_lines(session):
            marks.give_key(session, line)
            rounds.begin(Context(session, line, now))
        moves.check(session)  # last: had a move just ended, what was written here would have waited for it

    def _as_in_settings(self, session: Session) -> None:
        said, rules = self.settings.line(simulated=self.carrier.simulated), self.settings.rules
        known = lines.of_settings(session)
        if known is not None:  # what all have decided since the settings were last changed holds
            decided = partial(line_events.decided_since, session, known.id)
            said |= {"name": known.name} if decided(line_events.SETTING, "name", said["name"]) else {}
            rules = {name: v for name, v in rules.items() if not decided(line_events.RULE, name, v)}
        line = lines.from_settings(session, self.clock.now(), **said)
        for each in lines.all_lines(session):
            each.web_address = self.settings.web_address(simulated=self.carrier.simulated)
            if each.carrier is None:  # until now it was only played with
                played = {"burst_seconds": SIMULATED_BURST}
                own = {name: figure for name, figure in each.rules.items() if played.get(name) != figure}
                each.rules = {**played, **own} if self.carrier.simulated else own
            each.carrier = each.carrier if self.carrier.simulated else self.carrier.name
            session.add(each)
        line.rules = {**line.rules, **rules}

    def start(self) -> None:
        """Begin to send and to watch the clock."""
        for heartbeat in self.heartbeats.values():
            heartbeat.began_at = self.clock.now()
        self.sender.start()
        self.spool_worker.start()
        self.fetcher.start()
        self.ticker.start()
        if self.settings.backups is not None:
            self.nightly.start()
            if self.settings.backup_to is not None:
                self.elsewhere.start()
        if self.carrier.lists_received:
            self.reconciler.start()
        if self.carrier.deletes:
            self.deletion.start()
        if self.carrier.keeps_layouts:
            self.shapes.start()
        if "templates" in self.threads:
            self.approvals.start()

    def stop(self) -> None:
        """Finish what is under way and let go of everything."""
        self.shapes.stop()
        self.approvals.stop()
        self.deletion.stop()
        self.elsewhere.stop()
        self.nightly.stop()
        self.reconciler.stop()
        self.spool_worker.stop()
        self.ingest.close()
        self.ticker.stop()
        self.sender.stop()
        self.fetcher.stop()  # last: it may take a minute, and what the sender knows must be on disk by then
        self.carrier.close()
        self.database.close()
        self.presence.end()

    def receive(self, heard: Heard) -> "Future[Taken]":
        """Take in a text; the future answers when it is on disk. Raises Busy when too many wait already."""
        return self.ingest.receive(heard)

    def tick(self) -> int:
        """Let time act on everything that is due; returns on how many things."""
        acted = 0
        while more := self._act():
            acted += more
        if acted:
            self.sender.wake()
        self.ticker.heartbeat.beat(self.clock.now())
        return acted

    def _act(self) -> int:
        # A week's summary may be counted in it: were that given up, so would be the alarms, again and again.
        return self.database.write(lambda session: tick.tick(session, self.clock.now()), unhurried=True).result()

    def pass_time(self, by: timedelta) -> None:
        """Move the simulator's clock forward and let time act."""
        self.clock.advance(by)
        self.tick()

    def counts(self) -> dict[str, int]:
        """How many texts came in since the start, by what became of them."""
        return self.metrics.counts([taken.value for taken in Taken])

    def _tick_on(self) -> None:
        now = self.clock.now()
        due = self.database.read(tick.next_due)
        # What came in since a backup that was put back may answer what time would ask. Danger waits for no list long.
        waits = self.reconciler.catching_up and self.ticker.heartbeat.idle(now) < CATCHING_UP
        if waits:
            return
        if due is not None and due <= now:
            self.tick()
        self.ticker.heartbeat.beat(now)
