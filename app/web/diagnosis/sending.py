"""Whether texts leave and arrive, and what to do where they do not."""

from datetime import datetime, timedelta

from app.carriers.base import Carrier
from app.telemetry.findings import Finding, Level
from app.telemetry.words import count_of, span
from app.web.snapshot import DatabaseFigures
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
NAMES = {Channel.SMS: "SMS", Channel.WHATSAPP: "WhatsApp"}
CALLED = {
    Lane.EMERGENCY: "emergency answer",
    Lane.SAFETY: "safety text",
    Lane.REPLY: "reply",
    Lane.NOTICE: "notice",
    Lane.BULK: "text to many",
}
OTHERS = {Lane.REPLY: "replies", Lane.BULK: "texts to many"}


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
