"""What in a snapshot somebody should look at, and what to do about it: for /health and `hotline doctor`."""

from datetime import datetime, timedelta
from enum import StrEnum

from app.carriers.base import Carrier
from app.inbound.spool import SpoolFigures
from app.telemetry.findings import Finding, Level
from app.telemetry.heartbeat import Heartbeat
from app.web.snapshot import DatabaseFigures, Snapshot
from models.delivery.backlog import LaneBacklog, PausedNumber
from models.delivery.outbound import Lane, State
from models.lines import Channel

# How long a text that could leave may wait before somebody should look; bulk goes out as fast as the number allows.
OVERDUE_AFTER = {
    Lane.EMERGENCY: timedelta(minutes=1),
    Lane.SAFETY: timedelta(minutes=1),
    Lane.REPLY: timedelta(minutes=3),
    Lane.NOTICE: timedelta(minutes=15),
    Lane.BULK: timedelta(hours=12),
}
UNCERTAIN_AFTER = timedelta(minutes=30)  # after which an uncertain text should long have been looked up
ASKED_TO_WAIT = timedelta(minutes=3)  # of which the carrier may ask, as long as a reply may wait
HELD_AFTER = timedelta(hours=1)  # after which a phone that was out of reach has had all its retries
# Some numbers are always wrong, and a callback gets lost now and then. What makes somebody look is a few in a day
# that are also a share of all that left in two: then it is not them, it is the words, the number or the address.
FEW = 5
FAILED_SHARE, UNREPORTED_SHARE = 0.05, 0.1
LOW_DISK = 200 * 2**20  # bytes; a busy line writes some MB a month
NAMES = {Channel.SMS: "SMS", Channel.WHATSAPP: "WhatsApp"}
CALLED = {
    Lane.EMERGENCY: "emergency answer",
    Lane.SAFETY: "safety text",
    Lane.REPLY: "reply",
    Lane.NOTICE: "notice",
    Lane.BULK: "text to many",
}
OTHERS = {Lane.REPLY: "replies", Lane.BULK: "texts to many"}


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
    beside = [*disk(snapshot.free), *spool(snapshot.spool)]
    if snapshot.gone:
        do = "put it back where it was, or restart the hotline to go on with what is there. Texts are kept until then"
        return [Finding(Level.PROBLEM, "database", f"the database is not used: {snapshot.gone}", do), *beside]
    if snapshot.figures is None:
        do = "see that it runs and that DATABASE_URL is right: hotline doctor. Texts are kept until it is back"
        return [Finding(Level.PROBLEM, "database", "the database does not answer", do), *beside]
    return [
        *danger(snapshot.figures, snapshot.now),
        *threads(snapshot.heartbeats, snapshot.now),
        *disk(snapshot.free),
        *sending(snapshot.figures, snapshot.carrier, snapshot.now),
        *too_much(snapshot.figures),
        *elsewhere(snapshot.no_copy_since, snapshot.now),
        *spool(snapshot.spool),
    ]


def danger(figures: DatabaseFigures, now: datetime) -> list[Finding]:
    """Whether somebody is in danger and nobody on duty has answered."""
    return [
        Finding(
            Level.PROBLEM,
            "danger",
            f"{name}: nobody has answered {count_of(count, 'alarm')}, the oldest for {span(now - since)}",
            "somebody who is in must text DUTY ON and read it: QUEUE",
        )
        for name, (count, since) in figures.unheard.items()
    ]


def sending(figures: DatabaseFigures, carrier: Carrier, now: datetime) -> list[Finding]:
    """What the database says that somebody should look at."""
    found = [paused_number(each, carrier, now) for each in figures.paused]
    # While a number is paused its texts wait, and saying so twice would hide which of the two is to be mended.
    if not found:
        found += [
            late
            for lane, held in sorted(figures.waiting.items())
            if (late := overdue(lane, held, now)) and not (lane is Lane.BULK and figures.over_budget)
        ]
    count, since = figures.unsettled.get(State.UNCERTAIN, (0, now))
    if now - since > UNCERTAIN_AFTER:
        what = f"nobody knows whether {count_of(count, 'text')} arrived, the oldest for {span(now - since)}"
        do = "duty was told. If there are more and more, see the carrier in: hotline doctor"
        found.append(Finding(Level.PROBLEM, "sending", what, do))
    return [*found, *held(figures, now), *unarrived(figures, carrier)]


def held(figures: DatabaseFigures, now: datetime) -> list[Finding]:
    """Whether texts are held for longer than is usual."""
    found = []
    count = count_of(figures.unsettled.get(State.HELD, (0, now))[0], "text is", "texts are")
    patience, others = figures.held.asked_to_wait, figures.held.others
    if patience is not None and now - patience > ASKED_TO_WAIT:
        what = f"the carrier asks for patience: {count} held, the oldest for {span(now - patience)}"
        do = "nothing, if it passes by itself: they leave then. Else see the carrier in: hotline doctor"
        found.append(Finding(Level.PROBLEM, "sending", what, do))
    if others is not None and now - others > HELD_AFTER:
        what = f"{count} held because they could not be delivered yet, the oldest for {span(now - others)}"
        do = "nothing, if the number falls: they are tried again by themselves. Else read the log for not_delivered"
        found.append(Finding(Level.WARNING, "sending", what, do))
    return found


def unarrived(figures: DatabaseFigures, carrier: Carrier) -> list[Finding]:
    """Whether more texts than usual did not arrive within a day, or nobody hears what becomes of them."""
    found = []
    failed, unreported = figures.unarrived.failed, figures.unarrived.unreported
    if failed >= max(FEW, FAILED_SHARE * figures.segments):
        what = f"{count_of(failed, 'text')} failed within a day"
        do = "duty was told of each. Read the log for not_taken and not_delivered with their codes: hotline doctor"
        found.append(Finding(Level.PROBLEM, "sending", what, do))
    if carrier.reports_delivery and unreported >= max(FEW, UNREPORTED_SHARE * figures.segments):
        what = f"the carrier never said what became of {count_of(unreported, 'text')} of the last day"
        do = "see that PUBLIC_URL is how the carrier reaches this machine: hotline doctor"
        found.append(Finding(Level.WARNING, "sending", what, do))
    return found


def too_much(figures: DatabaseFigures) -> list[Finding]:
    """Which lines ask no volunteers, or one by one, and whether somebody seems to want to cost them money."""
    found = []
    for name in figures.over_ceiling:
        what = f"{name} has spent what it may today, so it asks no volunteers until midnight, but for danger"
        found.append(Finding(Level.WARNING, "money", what, "to allow more: hotline line rule daily_ceiling"))
    for name in figures.braked:
        what = f"{name} had more new requests at once than ever, so it asks about one after the other"
        do = "whoever is on duty texts BRAKE OFF to go on at full speed; else it ends by itself"
        found.append(Finding(Level.WARNING, "brake", what, do))
    for name, phones in figures.grown.items():
        what = f"{phones} phones with numbers much alike texted {name} for the first time today, far more than ever"
        do = "duty was told which. If nobody knows why, somebody may want to cost you money: ask the carrier"
        found.append(Finding(Level.WARNING, "numbers", what, do))
    return found


def paused_number(of: PausedNumber, carrier: Carrier, now: datetime) -> Finding:
    """Why a number sends nothing."""
    meaning = carrier.remedy(of.code)
    code = f" (error {of.code})" if of.code else ""
    since = f" for {span(now - of.since)}" if of.since else ""
    again = f"It is tried again in {span(of.until - now)}, and nothing is lost meanwhile"
    what = f"{of.line} has sent nothing by {NAMES[of.channel]}{since}: {meaning.what}{code}"
    return Finding(Level.PROBLEM, "sending", what, f"{meaning.do}. {again}")


def overdue(lane: Lane, held: LaneBacklog, now: datetime) -> Finding | None:
    """Why somebody should look at the queue, if they should."""
    if held.due is None or now - held.due <= OVERDUE_AFTER[lane]:
        return None
    late = count_of(held.count, CALLED[lane], OTHERS.get(lane))
    what = f"{late} not sent, the oldest waiting for {span(now - held.due)}"
    return Finding(
        Level.PROBLEM, "sending", what, "see that hotline serve or hotline work runs, and what its log says"
    )


def threads(heartbeats: dict[str, Heartbeat], now: datetime) -> list[Finding]:
    """Which of the threads that work by themselves no longer does."""
    does = {
        "sender": "nothing is sent",
        "ticker": "nobody is reminded, no more volunteers are asked",
        "spool worker": "texts kept beside the database are not taken in",
        "picture worker": "pictures and voice messages are not passed on",
        "nightly backup": "no backup is made",
        "backup elsewhere": "no backup goes elsewhere",
        "layouts": "what WhatsApp shows as buttons is said in words",
        "templates": "what WhatsApp decides on its templates is not heard",
        "deletion": "texts stay at the carrier for longer than the line says",
        "reconciler": "texts that never reached us are not fetched from the carrier",
    }
    found = []
    for name, heartbeat in heartbeats.items():
        effect = does.get(name, "its work is left undone")
        if not heartbeat.alive:
            found.append(Finding(Level.PROBLEM, name, f"{effect}: the {name} does not run", "restart the hotline"))
        elif heartbeat.idle(now) > heartbeat.stale_after:
            what = f"{effect}: the {name} has got nothing done for {span(heartbeat.idle(now))}"
            found.append(Finding(Level.PROBLEM, name, what, "read the log; if it says nothing, restart the hotline"))
    return found


def disk(free: int | None) -> list[Finding]:
    """Whether the database can grow."""
    if free is None or free >= LOW_DISK:
        return []
    return [
        Finding(Level.WARNING, "disk", f"only {free // 2**20} MB are free", "make room: a full disk takes no texts")
    ]


def elsewhere(since: datetime | None, now: datetime) -> list[Finding]:
    """Whether backups are only on this machine, though they should go elsewhere."""
    if since is None:
        return []
    what = f"for {span(now - since)} BACKUP_TO has taken no backup: what this disk loses is lost"
    do = "hotline doctor says what it answered; it is tried again each hour"
    return [Finding(Level.WARNING, "backup", what, do)]


def spool(figures: SpoolFigures) -> list[Finding]:
    """Whether texts can be kept beside the database, wait there, or were put aside."""
    found = []
    if figures.trouble:
        what = f"texts could not be kept while the database is away: the spool's folder {figures.trouble}"
        do = "make it a folder in which the hotline may write, or set HOTLINE_SPOOL to one"
        found.append(Finding(Level.PROBLEM, "spool", what, do))
    if figures.waiting:
        what = (
            f"{count_of(figures.waiting, 'text')} came while the database was away, kept on disk and not answered yet"
        )
        found.append(Finding(Level.WARNING, "spool", what, "nothing, if the number falls; else read the log"))
    if figures.quarantined:
        texts = count_of(figures.quarantined, "text")
        what = f"{texts} could not be taken in even later; the spool keeps them aside in: quarantine"
        do = "read the log for spooled_text_fails, and report it. They are tried again at every start"
        found.append(Finding(Level.WARNING, "spool", what, do))
    if figures.misplaced:
        what = f"{count_of(figures.misplaced, 'thing')} in the spool's folder should not be there, or cannot be read"
        do = "look at its files that have the name of a folder, or begin with in-the-way, and move them elsewhere"
        found.append(Finding(Level.WARNING, "spool", what, do))
    return found


def count_of(number: int, one: str, many: str | None = None) -> str:
    """`1 reply`, `2 replies`."""
    return f"{number} {one if number == 1 else many or one + 's'}"


def span(time: timedelta) -> str:
    """A time in the largest unit that is still telling."""
    seconds = max(int(time.total_seconds()), 0)
    for unit, size in (("days", 86_400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit}"
    return f"{seconds} seconds"
