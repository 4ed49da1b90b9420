"""Who wrote a text: one person, by whichever way and in whichever spelling of their number it came.

A phone is the same by SMS, RCS and WhatsApp. WhatsApp may hide its number behind an id (US.1234, US.ENT.1234); an id
that came with a number once is an address of the same person from then on. Nobody is behind the line's own number,
a short code or a name.
"""

import re
from dataclasses import replace
from datetime import datetime

import phonenumbers
import structlog
from phonenumbers import NumberParseException, PhoneNumberFormat

from app.outbound import reach
from models import joining, lines, people, same_phone, spellings
from models.inbound import Heard
from models.lines import Channel, Line
from models.people import Address, Person
from models.store.session import Session

log = structlog.get_logger()

RAW = re.compile(r"\d{7,15}")  # what some carriers pass on as the caller's id; a short code has fewer digits
Found = list[tuple[Person, Address]]


def written(line: Line, heard: Heard) -> Heard:
    """The text with its author's number whole: a caller's id without + is one of the line's country."""
    value = heard.from_address
    if heard.channel is not Channel.SMS or not RAW.fullmatch(value):
        return heard
    for country, digits in ((line.country, value), (None, "+" + value)):
        try:
            number = phonenumbers.parse(digits, country)
        except NumberParseException:
            continue
        if phonenumbers.is_possible_number(number):
            return replace(heard, from_address=phonenumbers.format_number(number, PhoneNumberFormat.E164))
    return heard


def is_nobody(line: Line, heard: Heard) -> bool:
    """Whether no person is behind this address: the line's own number, or by SMS anything but a number."""
    value = spellings.canonical(heard.from_address)
    own = any(number and spellings.canonical(number) == value for number in (line.sms, line.whatsapp))
    return own or (heard.channel is Channel.SMS and not heard.from_address.startswith("+"))


def is_a_line(session: Session, heard: Heard) -> bool:
    """Whether it is the number of another line here: two that answer each other would never end."""
    return any(lines.by_number(session, channel, heard.from_address) for channel in Channel)


def of(
    session: Session, line: Line, heard: Heard, now: datetime, language: str | None
) -> tuple[Person, Address] | None:
    """Who wrote the text, and from where: made known with their first, in the language of its words; None for nobody.

    An id that comes beside a number is one more address of theirs, where the line answers numbers like this one.
    """
    near = reach.is_near(line, heard.channel, heard.from_address)
    beside = heard.hidden_id if near and heard.hidden_id != heard.from_address else None
    values = (*spellings.forms(heard.from_address), *([beside] if beside else []))
    found = _known(session, line, values, now) if len(values) > 1 else []
    if found:
        person, address = _at(session, line, heard, found, now)
    else:
        heard_at = now if near else None
        person, address = people.get_or_create(
            session, line, heard.channel, heard.from_address, now, last_heard_at=heard_at, language=language
        )
        if session.is_new(person) and is_a_line(session, heard):
            people.unmake(session, person)
            return None
    if beside and not any(known.value == beside for _, known in found):
        same_phone.give_address(session, person, Channel.WHATSAPP, beside, now)
    person.language = person.language or language
    if heard.channel is Channel.SMS:
        address.by_rcs = heard.rcs
    session.add(address)
    session.add(person)
    return person, address


def _at(session: Session, line: Line, heard: Heard, found: Found, now: datetime) -> tuple[Person, Address]:
    """Whose text it is, and their address on this channel, spelled from now on as the carrier spelled it last."""
    on_channel = [(p, a) for p, a in found if a.channel is heard.channel and a.value != heard.hidden_id]
    exact = [(p, a) for p, a in on_channel if a.value == heard.from_address]
    if not on_channel:
        person = found[0][0]
        return person, same_phone.give_address(session, person, heard.channel, heard.from_address, now)
    person, address = (exact or on_channel)[0]
    address.value = heard.from_address
    return person, address


def _known(session: Session, line: Line, values: tuple[str, ...], now: datetime) -> Found:
    """Who is known at these addresses: one person, even where two were kept before anybody could tell."""
    found = same_phone.found(session, line, values)
    by_id = {person.id: person for person, _ in found}
    kept = min(by_id, default=0)
    for other in sorted(by_id.keys() - {kept}):
        if joining.hindered(session, by_id[kept], by_id[other]):
            log.warning("not_joined", person=kept, other=other)
            return found
        joining.join(session, by_id[kept], by_id[other], now)
    return found if len(by_id) < 2 else same_phone.found(session, line, values)
