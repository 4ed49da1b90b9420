"""One text or one moment is one transaction. Everything that happens to the hotline happens through here."""

from datetime import datetime, timedelta
from enum import StrEnum

import structlog
from sqlmodel import Session

from app import outbox
from app.carriers import STATUSES
from app.database import is_passing
from handlers import followups, grammar, registry
from handlers.context import Live
from handlers.intents import Help, Intent, Start, Stop
from handlers.turn import Moment, Turn, unpack
from models import inbound, lines, outbound, people, requests
from models.inbound import Heard
from models.lines import Line
from models.people import Person

log = structlog.get_logger()

AGAIN = timedelta(hours=1)  # until a request on which we stumbled is looked at again
DUE_AT_ONCE = 50  # requests that one transaction of `tick` acts on


# What the carrier itself understood, by the keywords that the group set up there: it has answered and acted already.
BY_CARRIER: dict[str, Intent] = {"STOP": Stop(by_carrier=True), "START": Start(), "HELP": Help()}


class Taken(StrEnum):
    """What became of a text."""

    HANDLED = "handled"
    SEEN = "seen"  # it had come before: nothing changed
    NOBODYS = "nobodys"  # it was sent to a number that is no line's
    SPOOLED = "spooled"  # it is on disk, and comes to the database later


def receive(session: Session, heard: Heard, now: datetime) -> Taken:
    """Take in one text: understand it, act on it, queue the answers. The caller commits."""
    line = lines.answering(session, heard.channel, heard.to)
    if line is None:
        log.warning("unknown_number_texted")
        return Taken.NOBODYS
    inbound.hold_sender(session, line.id, heard)
    person = _sender(session, line, heard, now)
    turn = Turn(session, line, now, speaker=person, heard=heard, asked=unpack(person, now, line.policy))
    intent = BY_CARRIER.get(heard.carrier_answered or "") or grammar.parse(heard.body, Live(turn))
    inbound_id = inbound.store(session, line.id, heard, now, person_id=person.id, intent=registry.name(intent))
    if inbound_id is None:
        return Taken.SEEN
    outbox.queue(session, line, str(inbound_id), registry.respond(turn, intent), now)
    return Taken.HANDLED


def _sender(session: Session, line: Line, heard: Heard, now: datetime) -> Person:
    """Who sent the text: made known with their first, in the language of its words."""
    person, address = people.meet(session, line, heard.channel, heard.sender, now)
    address.heard_at = now
    if person.language is None:
        person.language = grammar.language_of(heard.body)
    session.add_all([address, person])
    return person


def apologise(session: Session, heard: Heard, now: datetime, error: Exception) -> Taken:
    """Keep a text that we failed to handle, say so to its sender, and tell whoever is on duty."""
    log.error("handler_failed", error=type(error).__name__, exc_info=error)
    line = lines.answering(session, heard.channel, heard.to)
    if line is None:
        return Taken.NOBODYS
    inbound.hold_sender(session, line.id, heard)
    person = _sender(session, line, heard, now)
    inbound_id = inbound.store(session, line.id, heard, now, person_id=person.id, intent="failed")
    if inbound_id is None:
        return Taken.SEEN
    moment = Moment(session, line, now)
    if heard.body.strip().upper() in grammar.CARRIER_STOP:
        # Whatever broke, a wish to be left alone is kept, and the carrier lets no answer through.
        person.opted_out_at = now
        session.add(person)
        outbound.cancel_for(session, person.id, now)
    texts = [moment.tell(person, "our_fault"), *moment.tell_duty("our_fault_duty", but=person.id, words=heard.body)]
    outbox.queue(session, line, str(inbound_id), texts, now)
    return Taken.HANDLED


def status(
    session: Session, outbound_id: int, said: str, now: datetime, *, sid: str | None = None, code: int | None = None
) -> bool:
    """Take in what the carrier says became of a text; False for a text that is not ours."""
    if not outbound.heard_of(session, outbound_id, now, said, sid=sid, code=code):
        return False
    if said in STATUSES:
        outbox.fold(session, outbound_id, STATUSES[said], now, code=code, sid=sid)
    return True


def tick(session: Session, now: datetime) -> int:
    """Let time act on what is due, a bounded number of requests; returns how many there were."""
    acted = 0
    for request in requests.due(session, now, DUE_AT_ONCE):
        seen = request.next_look_at
        if not requests.taken_up(session, request, seen, now):
            continue
        line = lines.by_id(session, request.line_id)
        key = f"tick-{request.id}-{int((seen or now).timestamp() * 1000)}"
        acted += 1
        try:
            with session.begin_nested():
                outbox.queue(session, line, key, followups.look(Moment(session, line, now), request), now)
        except Exception as error:  # a fault of ours about one request must not hold up all the others
            if is_passing(error):
                raise
            log.error("followup_failed", request=request.id, error=type(error).__name__, exc_info=error)
            requests.look_again(session, request, now + AGAIN)
    return acted
