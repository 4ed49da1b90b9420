"""Phones that text for the first time, counted by block of numbers: one that suddenly grows is reported."""

from datetime import datetime

from app.outbound import outbox, reach
from handlers.turn import Context
from handlers.wording.summary import Ours
from models import prefixes
from models.inbound import Heard
from models.lines import Line, day
from models.store.session import Session

NOTICEABLE = 20  # new phones of one block on one day; fewer may be a flyer in one house


def count(session: Session, line: Line, heard: Heard, now: datetime) -> None:
    """Somebody texts for the first time. Whoever is on duty hears of a sudden growth, once a day for each block."""
    prefix = reach.block(line, heard.channel, heard.from_address)
    if prefix is None:
        return
    today = day(line, now)
    phones = prefixes.count(session, line.id, prefix, today)
    # Looked at after every so many: each look costs as much as a whole answer.
    if phones % NOTICEABLE == 0 and prefixes.grew_suddenly(session, line.id, prefix, today, phones, now):
        told = Context(session, line, now).tell_duty("duty_prefix", n=phones, prefix=Ours(prefix))
        outbox.queue(session, line, f"prefix-{line.id}-{prefix}-{today}", told, now)
