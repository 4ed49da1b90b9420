"""What `hotline doctor` says of WhatsApp's window: templates, what waits, whom an alarm would not find."""

from collections.abc import Iterator
from datetime import datetime

from app.carriers.base import Carrier
from app.cli.console import count
from app.outbound import templates, window
from app.outbound.templates import Standing
from app.telemetry.findings import Finding, Level
from handlers import alarms
from handlers.turn import Context
from models import lines, people
from models.delivery import windows
from models.delivery.contents import Approval
from models.lines import Channel
from models.store.session import Session

ABOUT = "WhatsApp templates"
WAIT = "nothing, if it passes within two days; else ask Twilio's support, with the names: hotline whatsapp templates"


def check(session: Session, carrier: Carrier, context: Context) -> Iterator[Finding]:
    """Of one line: nothing where nobody writes to it by WhatsApp."""
    if context.line.number(Channel.WHATSAPP) is None or not carrier.approves:
        return
    yield from _templates(templates.standings(session, carrier.account_id))
    waiting = windows.count_waiting(session, context.line.id)
    if waiting:
        what = f"{count(waiting, 'text waits', 'texts wait')} until somebody writes by WhatsApp: its window is closed"
        yield Finding(Level.WARNING, f"line {context.line.name}", what, "duty was told whom it is about")
    lost = [p for p in people.on_duty(session, context.line.id) if not window.finds(context, p, alarms.FIRST_SAID)]
    if lost:
        what = f"an alarm finds no way to {len(lost)} of those on duty: WhatsApp's window is closed"
        do = "have the templates approved, and let them text us today: hotline whatsapp templates --submit"
        yield Finding(Level.PROBLEM, f"line {context.line.name}", what, do)


def _templates(standings: list[Standing]) -> Iterator[Finding]:
    by = {approval: [s for s in standings if s.content and s.content.approval is approval] for approval in Approval}
    missing = [s for s in standings if s.content is None] + by[Approval.NONE]
    if missing:
        what = f"{count(len(missing), 'is', 'are')} not submitted: who did not write today gets nothing by WhatsApp"
        yield Finding(Level.WARNING, ABOUT, what, "run: hotline whatsapp templates --submit")
    for each in [*by[Approval.REFUSED], *by[Approval.PAUSED]]:
        assert each.content is not None
        said = "refused" if each.content.approval is Approval.REFUSED else "paused"
        which, why = f"{each.layout.name} {each.layout.language}", each.content.reason or "no reason given"
        what = f"{which} was {said} by WhatsApp: {why}"
        yield Finding(
            Level.WARNING, ABOUT, what, "change its words in handlers/phrasebook, [templates], and submit it again"
        )
    if by[Approval.WAITS]:
        yield Finding(Level.OK, ABOUT, f"WhatsApp has not decided on {len(by[Approval.WAITS])} yet", WAIT)
    if by[Approval.APPROVED] and len(by[Approval.APPROVED]) == len(standings):
        yield Finding(Level.OK, ABOUT, f"all {len(standings)} are approved")


def every(session: Session, carrier: Carrier, now: datetime) -> Iterator[Finding]:
    """Of every line; the templates once."""
    found: dict[Finding, None] = {}
    for line in lines.all_lines(session):
        found |= dict.fromkeys(check(session, carrier, Context(session, line, now)))
    yield from found
