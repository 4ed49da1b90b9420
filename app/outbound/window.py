"""What follows where WhatsApp takes nothing of ours: its window is closed, and the text has no approved template.

It goes by SMS to the same phone; else it waits until they write, and an offer or an alarm goes to somebody else at
once. Whoever is on duty hears of it, once a day for each person.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from app.outbound import discretion, outbox, reach
from handlers import followups, phrasebook
from handlers.safety import alarms, vigil
from handlers.talking import talks
from handlers.turn import Context, Texts, Turn
from handlers.wording import layouts, templates
from handlers.wording.summary import Ours, Said
from models import alarms as kept_alarms
from models import lines, people, requests
from models.delivery import contents, forms, outbound, windows
from models.delivery import discretion as delivery_discretion
from models.delivery.outbound import Outbound, State
from models.delivery.windows import KNOCK, Gate
from models.lines import Channel
from models.people import Address, Person
from models.store.session import Session

log = structlog.get_logger()

CLOSED = 63016  # why a text waits: the carriers' own number for it
KEPT_FOR = timedelta(days=7)  # words of people, while they wait
FOLLOWS_WITHIN = timedelta(hours=4)  # what waited is wanted so long, at least, once they have written
A_DAY = timedelta(days=1)


def wrote(turn: Turn, address: Address) -> None:
    """They have written by WhatsApp: the window is open for a day since then."""
    at = min(turn.heard.at or turn.now, turn.now)
    if address.window_opened_at is None or address.window_opened_at < at:
        address.window_opened_at = at


def shut(session: Session, ids: list[int], now: datetime) -> None:
    """These were to leave by WhatsApp and may not; each waits by now."""
    for row in outbound.by_ids(session, ids) if ids else []:
        _decide(session, row, now)


def refused(session: Session, row: Outbound, now: datetime) -> None:
    """The carrier says that the window is closed, whatever we had counted. The row is ours again.

    What they have written since it left opens the window anew; then it goes again, as it does by a template.
    """
    address = people.address_at(session, row.line_id, row.channel, row.to)
    by_template = forms.sent_by(row.form) is not None
    left = row.changed_at
    row.form = forms.unsent(row.form, template=not by_template)
    row.sid = row.leased_until = row.cost = None
    if address is not None and not by_template and (address.window_opened_at or left) <= left:
        address.window_closed_at = now
        session.add(address)
    open_ = address is not None and windows.is_open(address, now) and not by_template
    form = forms.unpack(row.form)
    if open_ or (form is not None and Gate(session, now).sent_as(form) is not None):
        row.state, row.error_code, row.changed_at = State.READY, CLOSED, now
        session.add(row)
    else:
        _decide(session, row, now)


def _decide(session: Session, row: Outbound, now: datetime) -> None:
    row.error_code, row.changed_at, row.leased_until, row.not_before = CLOSED, now, None, None
    row.state = State.WAITS
    session.add(row)
    context = Context(session, lines.by_id(session, row.line_id), now)
    person = people.by_id(session, row.person_id)
    address = people.address_at(session, row.line_id, row.channel, row.to)
    open_ = address is not None and windows.is_open(address, now)
    if row.phrase == KNOCK:
        row.state = State.CANCELLED
        if address is not None and not open_:
            _not_knocked(context, person, address)
    elif open_:  # they have written at this very moment
        row.state = State.READY
    elif not outbox.is_wanted(person, row.phrase):
        row.state = State.CANCELLED
    elif row.phrase in templates.KNOCKS and address is not None and _knocked(context, person, row, address):
        _wait(session, row, address, now)
    else:
        _without_template(context, person, row, address)


def by_sms(context: Context, person: Person, to: str) -> Iterator[str]:
    """Where an SMS may go instead: to their SMS addresses, then to the phone that has this WhatsApp.

    To volunteers, and to those who wait for help; never outside the line's countries.
    """
    session, line = context.session, context.line
    if line.sms is None or not (person.helps or person.on_duty or requests.live_of(session, person.id)):
        return
    known = people.addresses_on(session, person.id, Channel.SMS)
    for address in known:
        if address.undeliverable_at is None and reach.is_near(line, Channel.SMS, address.value):
            yield address.value
    if all(address.value != to for address in known) and reach.is_near(line, Channel.SMS, to):
        yield to


def _phones(context: Context, person: Person, to: str) -> Iterator[Address]:
    for value in by_sms(context, person, to):
        whose, address = people.get_or_create(context.session, context.line, Channel.SMS, value, context.now)
        if whose.id == person.id:  # another may have got that number since
            yield address


def finds(context: Context, person: Person, phrase: str) -> bool:
    """Whether a text by this phrase would find a way to them now: by SMS, by WhatsApp or instead of it."""
    home = people.reply_addresses(context.session, [person.id]).get(person.id)
    if home is None or home.undeliverable_at is not None:
        return False
    if home.channel is not Channel.WHATSAPP or windows.is_open(home, context.now):
        return True
    book = phrasebook.book(person.speaks(context.line), context.line.language)
    layout = layouts.of(templates.TEMPLATES[phrase].template, book)
    if contents.approved(context.session, layout.name, layout.language):
        return True
    return next(by_sms(context, person, home.value), None) is not None


def _wait(session: Session, row: Outbound, address: Address, now: datetime) -> None:
    if row.phrase in templates.KEPT_FOR_DAYS:
        row.expires_at = now + KEPT_FOR
    address.waits_since = address.waits_since or now
    session.add(address)


def _knocked(context: Context, person: Person, row: Outbound, address: Address) -> bool:
    """Whether they have been told by a template that something waits for them; once until they write."""
    if address.knocked_at is not None:
        return True
    session, line = context.session, context.line
    book = phrasebook.book(person.speaks(line), line.language)
    text = context.tell(person, KNOCK, lane=outbound.Lane(row.lane), line=Ours(line.name))
    form = templates.form(book, line, text)
    if form is None or Gate(session, context.now).sent_as(form) is None:
        return False
    address.knocked_at = context.now
    session.add(address)
    text = replace(text, expires_at=context.now + A_DAY)
    outbox.queue(session, line, f"knock-{address.id}-{context.now.timestamp():.6f}", [text], context.now)
    return True


def _not_knocked(context: Context, person: Person, address: Address) -> None:
    """The template that was to tell them that something waits did not go: all that waits is decided without it."""
    address.knocked_at = None
    context.session.add(address)
    for row in windows.waiting(context.session, person.id, address.value):
        if row.phrase in templates.KNOCKS and row.reported_at is None:
            _without_template(context, person, row, address)


def _without_template(context: Context, person: Person, row: Outbound, address: Address | None) -> None:
    """By SMS, else there is no way to them."""
    if outbox.resend(context.session, row, context.now, _phones(context, person, row.to)):
        row.state = State.CANCELLED
        log.info("by_sms_instead", text=row.id)
    else:
        _cannot(context, person, row, address)


def _cannot(context: Context, person: Person, row: Outbound, address: Address | None) -> None:
    """There is no way to them now: it waits, or somebody else is asked; whoever is on duty hears of it once a day."""
    session, now = context.session, context.now
    texts: Texts = iter(())
    if row.phrase in templates.ELSEWHERE:
        row.state = State.FAILED
        texts = followups.undelivered(context, row) if row.phrase == "offer" else vigil.not_called(context, person)
    elif address is not None:
        _wait(session, row, address, now)
        texts = _author_told(context, person, row)
        if row.phrase.startswith(alarms.FIRST_SAID):
            address.cut_off_at = address.cut_off_at or now
            session.flush()
            texts = vigil.undelivered(context, row)
    row.reported_at = now
    session.add(row)
    log.warning("window_closed", text=row.id, line=row.line_id, state=row.state)
    outbox.queue(session, context.line, f"window-{row.id}", [*texts, *_told(context, person, row, address)], now)


def _author_told(context: Context, person: Person, row: Outbound) -> Texts:
    """Whoever wrote to the other side, and was told that it goes there, hears that it is not read yet, once."""
    author = talks.author_of(context, row)
    if author is None or row.request_id is None or windows.waits_already(context.session, row):
        return
    request = requests.by_id(context.session, row.request_id)
    delivery_discretion.cancel_waiting(context.session, author.id, talks.ONCE, context.now, about=request.id)
    name = context.name(person) if person.id != request.person_id else None
    yield context.tell(author, "words_wait", about=request, name=name or Said("the_neighbor"))


def _told(context: Context, person: Person, row: Outbound, address: Address | None) -> Texts:
    if address is None or (address.waits_told_at is not None and context.now - address.waits_told_at < A_DAY):
        return
    address.waits_told_at = context.now
    context.session.add(address)
    request = requests.by_id(context.session, row.request_id) if row.request_id else None
    name = context.name(person) or Said("somebody")
    if request is None:
        yield from context.tell_duty("duty_window_person", but=person.id, name=name)
    else:
        yield from context.tell_duty("duty_window", about=request, but=person.id, name=name)


def opened(turn: Turn, address: Address) -> int:
    """They have written: what waited for that follows in its order, but what matters no more; returns how many."""
    if address.waits_since is None and address.cut_off_at is None and address.knocked_at is None:
        return 0
    session, now = turn.session, turn.now
    address.waits_since = address.cut_off_at = address.knocked_at = None
    session.add(address)
    session.flush()
    waiting = windows.waiting(session, turn.speaker.id, address.value)
    if len(waiting) == windows.MOST_WAITING:  # the rest follows with their next text
        address.waits_since = now
    last = {row.request_id: row.id for row in waiting if _is_alarm(row)}  # it is said again and again: once is enough
    follow = 0
    for row in waiting:
        row.state, row.changed_at = _then(turn, row, last.get(row.request_id)), now
        row.expires_at = max(row.expires_at or now, now + FOLLOWS_WITHIN)
        session.add(row)
        follow += row.state is State.READY
    log.info("window_opened", waited=len(waiting), follow=follow)
    return follow


def _is_alarm(row: Outbound) -> bool:
    return row.phrase.startswith(alarms.FIRST_SAID)


def _then(turn: Turn, row: Outbound, last_alarm: int | None) -> State:
    """What becomes of a text that waited."""
    if not outbox.is_wanted(turn.speaker, row.phrase):
        return State.CANCELLED
    if row.expires_at is not None and row.expires_at <= turn.now:
        return State.EXPIRED
    request = requests.by_id(turn.session, row.request_id) if row.request_id else None
    if _is_alarm(row) and request is not None:
        alarm = kept_alarms.of(turn.session, request)
        if row.id != last_alarm or alarm is None or not alarm.unheard:
            return State.CANCELLED  # somebody else has it, or it is over
    elif request is not None and not request.live and row.phrase not in templates.KNOCKS:
        return State.CANCELLED  # it is over
    return State.READY if discretion.may_see(turn.speaker, row.phrase, row.lane) else State.KEPT
