"""Opt-outs that the carrier tells of (21610): somebody said STOP to it, or their number belongs to somebody else now.

One opt-out covers SMS, MMS and RCS of a number, and not WhatsApp (Twilio, since 2026-03; reassigned numbers arrive as
automatic opt-outs, docs/messaging/features/compliance-toolkit). So whoever can be reached by WhatsApp still is; all
others are as if they had texted STOP: what they held goes back, and whoever is on duty hears who may still wait.
"""

from datetime import datetime

import structlog

from app.outbound import outbox
from handlers import service
from handlers.safety import alarms
from handlers.turn import Turn
from models import lines, people, person_events
from models.delivery import outbound
from models.delivery.outbound import Outbound
from models.inbound import Heard
from models.lines import Channel
from models.people import Address, Person
from models.store.session import Session

log = structlog.get_logger()

CODE = 21610


def by_carrier(session: Session, row: Outbound, now: datetime) -> None:
    """Nothing more gets through to where this text went. The caller ends the text itself."""
    person = people.by_id(session, row.person_id)
    if person.opted_out_at is not None:
        outbound.cancel_for(session, person.id, now)
        return
    _close(session, person, row, now)
    if _others(session, person, row):
        log.info("opted_out_there", text=row.id, channel=row.channel)
        person_events.record(session, row.line_id, person.id, person_events.CUT_OFF, now, words=row.channel)
        _another_way(session, row, now)
        return
    log.warning("opted_out", text=row.id)
    line = lines.by_id(session, row.line_id)
    key = f"cut-off-{row.id}"
    turn = Turn(session, line, now, speaker=person, heard=Heard(key, row.channel, row.to, row.from_number, ""))
    texts = list(service.cut_off(turn))
    outbox.queue(session, line, key, texts, now)
    told = any(text.request_id == row.request_id and text.phrase.startswith("duty_") for text in texts)
    if told and row.phrase != "offer" and not row.phrase.startswith(alarms.FIRST_SAID):
        row.reported_at = row.reported_at or now  # whoever is on duty hears of it in these words


def _close(session: Session, person: Person, row: Outbound, now: datetime) -> None:
    """Nothing is sent there until they write from there: who texts START, or anything, is tried again."""
    address = people.address_at(session, row.line_id, row.channel, row.to)
    if address is not None:
        address.undeliverable_code, address.undeliverable_at = CODE, now
        session.add(address)
    session.cache.get("reply_addresses", {}).pop(person.id, None)


def _others(session: Session, person: Person, row: Outbound) -> list[Address]:
    """Where else they can be written to, which this opt-out does not cover."""
    line = lines.by_id(session, row.line_id)
    by_whatsapp = row.channel == Channel.WHATSAPP
    free = [each for each in Channel if (each == Channel.WHATSAPP) != by_whatsapp and line.number(each)]
    found = [home for channel in free for home in people.addresses_on(session, person.id, channel)]
    return [home for home in found if not home.is_dead and home.last_heard_at is not None]


def _another_way(session: Session, row: Outbound, now: datetime) -> None:
    """What waited for that phone goes to the other one, and so does this text."""
    for waiting in [row, *outbound.unsent_to(session, row.person_id, row.channel, row.to)]:
        if outbox.resend_elsewhere(session, waiting, now) and waiting is not row:
            waiting.state, waiting.changed_at = outbound.State.CANCELLED, now
            session.add(waiting)
