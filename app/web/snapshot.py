"""A snapshot of how the hotline is, for /health, /metrics and `hotline doctor`. It holds nothing about anybody."""

import asyncio
import threading
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime

import anyio.to_thread
import structlog
from fastapi import Request

from app.carriers.base import Carrier
from app.database.engine import FileGone
from app.hotline import Hotline
from app.inbound.spool import SpoolFigures
from app.outbound import templates
from app.outbound.templates import Standing
from app.telemetry.heartbeat import Heartbeat
from app.web import measures
from app.web.address import Look, Watch
from app.web.measures import Backups, OpenFiles, Room
from app.web.proof import from_database
from models import alarms, lines, people, prefixes, surges
from models.delivery import backlog, line_numbers, windows
from models.delivery.backlog import Held, LaneBacklog, PausedNumber, Spent, Unarrived
from models.delivery.outbound import Lane, State
from models.lines import Channel, Line
from models.store.session import Session

log = structlog.get_logger()

DATABASE_TIMEOUT = 2.0  # seconds that the database has; whoever watches mostly gives up after five


@dataclass(frozen=True)
class DatabaseFigures:
    """What the database says."""

    waiting: dict[Lane, LaneBacklog]
    unsettled: dict[State, tuple[int, datetime]]
    paused: list[PausedNumber]
    held: Held
    unarrived: Unarrived
    spent: dict[int, Spent]  # today, by line
    segments: int  # of all lines, today and yesterday
    over_budget: list[str]  # lines whose texts to many wait for tomorrow
    over_ceiling: list[str] = field(default_factory=list)  # and those that ask no volunteers until then
    braked: list[str] = field(default_factory=list)  # lines whose waves are held, for more came than ever
    grown: dict[str, int] = field(default_factory=dict)  # by line, new phones of blocks of numbers that grew suddenly
    unheard: dict[str, tuple[int, datetime]] = field(
        default_factory=dict
    )  # by line, alarms nobody answered; since when
    on_duty: int = 0  # of all lines
    templates: list[Standing] | None = None  # None where nobody texts by WhatsApp
    size: int | None = None  # bytes of the database
    for_window: int = 0  # texts of all lines that wait until somebody writes by WhatsApp


@dataclass(frozen=True)
class Snapshot:
    """One look at a running hotline; `figures` is None where the database did not answer."""

    now: datetime
    carrier: Carrier
    figures: DatabaseFigures | None
    heartbeats: dict[str, Heartbeat]
    spool: SpoolFigures
    room: Room | None = None  # on SQLite's disk
    open_files: OpenFiles | None = None
    backups: Backups = field(default_factory=Backups)
    address: Look | None = None  # the last look at PUBLIC_URL
    gone: str | None = None  # what happened to SQLite's file


class HealthMonitor:
    """Looks at a hotline's database from a thread, so that one that hangs keeps nobody waiting.

    However many ask at once, one look is under way at a time, and all of them get what it finds.
    """

    def __init__(self, hotline: Hotline, *, database_timeout: float = DATABASE_TIMEOUT) -> None:
        self.hotline = hotline
        self.database_timeout = database_timeout
        self.limiter = anyio.CapacityLimiter(5)  # its own threads: all others may draw pages
        outside = hotline.settings.reached_from_outside and not hotline.carrier.simulated
        self.address = self._watch() if outside else None
        self._lock = threading.Lock()
        self._under_way: Future[DatabaseFigures] | None = None

    def _watch(self) -> Watch:
        hotline = self.hotline
        return Watch(hotline.settings.public_url or "", from_database(hotline.database), hotline.clock)

    def figures(self) -> "Future[DatabaseFigures]":
        """What the database says; the future may never answer."""
        with self._lock:
            if self._under_way is None or self._under_way.done():
                self._under_way = Future()
                threading.Thread(
                    target=self._read, args=[self._under_way], name="health monitor", daemon=True
                ).start()
            return self._under_way

    def snapshot(self, figures: DatabaseFigures | None, gone: str | None = None) -> Snapshot:
        """What is known beside the database, with what the database said. Looks at the disk."""
        hotline = self.hotline
        return Snapshot(
            hotline.clock.now(),
            hotline.carrier,
            figures,
            dict(hotline.heartbeats),
            hotline.ingest.spool.figures(),
            measures.room(hotline.settings),
            measures.open_files(),
            measures.backups(hotline.settings),
            self.address.latest if self.address else None,
            gone,
        )

    def start(self) -> None:
        """Begin to look at the public address now and then."""
        if self.address is not None:
            self.address.thread.start()

    def stop(self) -> None:
        """Look no more."""
        if self.address is not None:
            self.address.thread.stop()

    def _read(self, found: "Future[DatabaseFigures]") -> None:
        try:
            database, now, carrier = self.hotline.database, self.hotline.clock.now(), self.hotline.carrier
            figures = database.read(lambda session: read(session, now, carrier))
            database.check()  # one that can only be read takes no texts
            found.set_result(figures)
        except Exception as error:  # whatever it is, it goes to whoever asked
            found.set_exception(error)


def read(session: Session, now: datetime, carrier: Carrier | None = None) -> DatabaseFigures:
    """What the database says, in a few statements that touch only what is unsettled."""
    every = lines.all_lines(session)
    days = {line.id: lines.day(line, now) for line in every}
    before = {line.id: lines.day(line, now - backlog.DAY) for line in every}
    spent = backlog.spent(session, days)
    braked = surges.held(session)
    unheard = alarms.unheard_since(session)
    return DatabaseFigures(
        backlog.by_lane(session, now),
        backlog.unsettled(session),
        backlog.paused_numbers(session, now),
        backlog.held(session),
        backlog.unarrived(session, now),
        spent,
        sum(day.segments for day in (*spent.values(), *backlog.spent(session, before).values())),
        [line.name for line in every if line_numbers.over_budget(session, line, now)],
        [line.name for line in every if line_numbers.over_ceiling(session, line, now)],
        [line.name for line in every if line.id in braked],
        {line.name: sum(grown) for line in every if (grown := prefixes.reported(session, line.id, days[line.id]))},
        {line.name: unheard[line.id] for line in every if line.id in unheard},
        sum(len(people.on_duty(session, line.id)) for line in every),
        templates.standings(session, carrier.account_id) if carrier and _by_whatsapp(every, carrier) else None,
        database_size(session),
        sum(windows.count_waiting(session).values()),
    )


def _by_whatsapp(every: list[Line], carrier: Carrier) -> bool:
    return carrier.approves and any(line.number(Channel.WHATSAPP) is not None for line in every)


def database_size(session: Session) -> int:
    """How many bytes the whole database takes."""
    pages = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"
    whole = "SELECT pg_database_size(current_database())"
    return int(session.connection.exec_driver_sql(pages if session.dialect.name == "sqlite" else whole).scalar_one())


async def take_snapshot(request: Request) -> Snapshot:
    """One look at the hotline, within two seconds whatever the database does."""
    monitor: HealthMonitor = request.app.state.health_monitor
    figures, gone = None, None
    try:
        looking = asyncio.shield(asyncio.wrap_future(monitor.figures()))
        figures = await asyncio.wait_for(looking, monitor.database_timeout)
    except FileGone as error:
        gone = error.what
    except Exception as error:  # too late, or refused in whatever way: it does not answer
        log.warning("database_does_not_answer", error=type(error).__name__)
    return await anyio.to_thread.run_sync(monitor.snapshot, figures, gone, limiter=monitor.limiter)
