"""What somebody should look at, and what to do about it: one list for /health, `hotline doctor` and the first screen.

Each part yields findings and changes nothing. What a running hotline alone knows comes from a snapshot of it.
"""

from datetime import datetime
from enum import StrEnum

from app.carriers.base import Carrier
from app.database import suitable
from app.inbound.spool import Spool
from app.settings import Settings
from app.telemetry.findings import Finding, Level
from app.web import measures
from app.web.diagnosis import people, templates
from app.web.diagnosis.backups import elsewhere, none_made, of_running
from app.web.diagnosis.host import disk, open_files, private, spool, threads
from app.web.diagnosis.people import danger, too_much
from app.web.diagnosis.sending import sending
from app.web.diagnosis.templates import not_allowed
from app.web.snapshot import Snapshot, read
from models import lines
from models.store.session import Session


class Status(StrEnum):
    """How it is over all."""

    OK = "ok"
    DEGRADED = "degraded"  # it takes texts, and somebody should look
    DOWN = "down"  # it cannot take texts into the database


def status(snapshot: Snapshot) -> Status:
    """How the hotline is over all."""
    if snapshot.figures is None:
        return Status.DOWN
    return Status.DEGRADED if findings(snapshot) else Status.OK


def findings(snapshot: Snapshot) -> list[Finding]:
    """Everything that somebody should look at, the worst first."""
    beside = [
        *disk(snapshot.room),
        *open_files(snapshot.open_files),
        *spool(snapshot.spool),
        *of_running(snapshot.backups, snapshot.now),
        *(snapshot.address.wrong if snapshot.address else ()),
    ]
    if snapshot.gone:
        do = "put it back where it was, or restart the hotline to go on with what is there. Texts are kept until then"
        return _worst_first(
            Finding(Level.PROBLEM, "database", f"the database is not used: {snapshot.gone}", do), *beside
        )
    if snapshot.figures is None:
        do = "see that it runs and that DATABASE_URL is right: hotline doctor. Texts are kept until it is back"
        return _worst_first(Finding(Level.PROBLEM, "database", "the database does not answer", do), *beside)
    return _worst_first(
        *danger(snapshot.figures, snapshot.now),
        *threads(snapshot.heartbeats, snapshot.now),
        *sending(snapshot.figures, snapshot.carrier, snapshot.now),
        *too_much(snapshot.figures),
        *not_allowed(snapshot.figures.templates),
        *beside,
    )


def at_start(settings: Settings, carrier: Carrier, session: Session, now: datetime) -> list[Finding]:
    """What can be found at once, without asking anybody by a network: the worst first."""
    figures = read(session, now, carrier)
    every = [] if carrier.simulated else lines.all_lines(session)  # pretend phones bring their people along
    return _worst_first(
        *danger(figures, now),
        *suitable.notes(session.connection, settings.database_file),
        *spool(Spool(settings.spool).figures()),
        *disk(measures.room(settings)),
        *(each for line in every for each in people.line(session, line, now)),
        *templates.check(figures.templates or []),
        *none_made(settings),
        *of_running(measures.backups(settings), now),
        *too_much(figures),
        *private(settings),
    )


def _worst_first(*found: Finding) -> list[Finding]:
    return sorted(found, key=lambda each: each.level is not Level.PROBLEM)


__all__ = [
    "Status",
    "at_start",
    "danger",
    "disk",
    "elsewhere",
    "findings",
    "sending",
    "spool",
    "status",
    "threads",
    "too_much",
]
