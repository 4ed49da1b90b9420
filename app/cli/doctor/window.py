"""What `hotline doctor` says of WhatsApp's window: templates, what waits, whom an alarm would not find."""

from collections.abc import Iterator
from datetime import datetime

from app.carriers.base import Carrier
from app.cli.console import count
from app.outbound import templates, window
from app.telemetry.findings import Finding, Level
from app.web.diagnosis import templates as diagnosed
from handlers.safety import alarms
from handlers.turn import Context
from models import lines, people
from models.delivery import windows
from models.lines import Channel
from models.store.session import Session


def check(session: Session, carrier: Carrier, context: Context) -> Iterator[Finding]:
    """Of one line: nothing where nobody writes to it by WhatsApp."""
    if context.line.number(Channel.WHATSAPP) is None or not carrier.approves:
        return
    yield from diagnosed.check(templates.standings(session, carrier.account_id))
    waiting = windows.count_waiting(session).get(context.line.id)
    if waiting:
        what = f"{count(waiting, 'text waits', 'texts wait')} until somebody writes by WhatsApp: its window is closed"
        yield Finding(Level.WARNING, f"line {context.line.name}", what, "duty was told whom it is about")
    lost = [p for p in people.on_duty(session, context.line.id) if not window.finds(context, p, alarms.FIRST_SAID)]
    if lost:
        what = f"an alarm finds no way to {len(lost)} of those on duty: WhatsApp's window is closed"
        do = "have the templates approved, and let them text us today: hotline whatsapp templates --submit"
        yield Finding(Level.PROBLEM, f"line {context.line.name}", what, do)


def every(session: Session, carrier: Carrier, now: datetime) -> Iterator[Finding]:
    """Of every line; the templates once."""
    found: dict[Finding, None] = {}
    for line in lines.all_lines(session):
        found |= dict.fromkeys(check(session, carrier, Context(session, line, now)))
    yield from found
