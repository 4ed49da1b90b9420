"""Plays a conversation on a real hotline with the simulated network, and writes down what every phone got."""

import re
from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from zoneinfo import ZoneInfo

from dateutil import tz
from sqlmodel import col, select

from app.carriers.base import Outgoing
from app.hotline import Hotline
from app.outbound import enclosing, outbox, templates
from app.simulator import samples, sandbox, taps, timelapse
from app.simulator.sandbox import Recorder, StillClock
from app.simulator.transcript import Lists, Phone, Says, Stands, Step, Transcript, Waits, Welcomes
from handlers.members import board, welcoming
from handlers.setup import importing
from handlers.turn import Context
from handlers.understanding import needs
from models import attachments, imports, lines, people, requests
from models.assignments import HOLDING, Assignment
from models.attachments import Kind
from models.delivery.outbound import Outbound
from models.inbound import Heard, Manner
from models.lines import Area, Channel, Line
from models.people import Address, Person
from models.requests import Request, Urgency
from models.store.session import Session

NUMBER_CODES = (
    "new_number_new",
    "new_number_old",
    "new_number_either",
    "household_code",
)  # phrases with a code for somebody's other phone
DIGITS = re.compile(r"\b\d{6}\b")
# What a link to the board ends with, or one to a picture.
LINK = re.compile(rf"(?<={board.PATH}/)[\w-]+|(?<={enclosing.PATH})[\w-]+")
RECEIVED = {Kind.PICTURE: "[picture]", Kind.VOICE: "[voice note]"}
TEMPLATE = "[template] "  # before a text that WhatsApp took outside its window


@dataclass(frozen=True)
class Played:
    """A step as it really went: what every phone got as a transcript has it, and word for word."""

    step: Step
    texts: tuple[tuple[str, str], ...] = ()
    fault: Exception | None = None  # what broke, where something did


@dataclass(frozen=True)
class Standing:
    """Where a request stands. `urgent` includes emergencies; `helpers` have it in hand or have delivered it."""

    number: int
    state: str
    outcome: str | None
    needs: list[str]
    people: int | None
    urgent: bool
    helpers: list[str]


class Stage:
    """A hotline, the phones around it, and how far the story has come."""

    def __init__(self, story: Transcript, database_url: str) -> None:
        self.story = story
        more = {"hotline_number": sandbox.LINE, "hotline_whatsapp": sandbox.WHATSAPP, **story.settings}
        settings = sandbox.settings(database_url, **more)
        self.clock = StillClock(_moment(story.start, settings.hotline_timezone) if story.start else sandbox.MORNING)
        self.carrier = Recorder()
        self.hotline = Hotline(settings, carrier=self.carrier, clock=self.clock)
        self.hotline.prepare()
        self.hotline.database.write(self._set).result()
        first, self.pauses = story.pauses()
        self.clock.advance(first)
        self.sids = count(1)
        self.codes: dict[str, int] = {}  # code word -> number of the request it opens
        self.keys: list[str] = []  # the codes for other phones, in the order in which they were shown
        self._heard: list[tuple[str, str]] = []  # since the step began
        self._texts: list[tuple[str, str]] = []  # the same, word for word

    def _set(self, session: Session) -> None:
        line = lines.all_lines(session)[0]
        line.rules = dict(self.story.rules)
        line.set_other_help(self.story.resources)
        session.add(line)
        for name, aliases in self.story.areas.items():
            session.add(Area(line_id=line.id, name=name, aliases=aliases))
        if self.story.templates is not None:
            templates.keep_all(session, self.carrier, self.clock.now(), self.story.templates)
        session.flush()
        areas = {area.name: area.id for area in lines.areas(session, line.id)}
        for phone in self.story.phones.values():
            if phone.known:
                self._add(session, line, phone, areas)

    def _add(self, session: Session, line: Line, phone: Phone, areas: dict[str, int]) -> None:
        person = people.add(
            session,
            line,
            phone.channel,
            phone.value,
            self.clock.now(),
            name=phone.name,
            helper="helps" in phone.roles,
            duty="duty" in phone.roles,
            language=phone.language,
            areas=[areas[name] for name in phone.areas],
            can=[need for word in phone.can for need in needs.named(word) or (word,)],
        )
        person.max_open = phone.max_open
        person.introduced_at = None if phone.new else self.clock.now()
        session.add(person)

    def play(self) -> Transcript:
        """The story as it really went. Raises what broke on the way."""
        steps = []
        for at in range(len(self.story.steps)):
            played = self.act(at)
            if played.fault is not None:
                raise played.fault
            steps.append(played.step)
        return replace(self.story, steps=steps)

    def act(self, at: int) -> Played:
        """Play this step of the story, and what happens until the next one begins."""
        step, pause = self.story.steps[at], self.pauses[at]
        fault = None
        try:
            match step.act:
                case Says():
                    self._say(step.act)
                    self._wait(pause)
                case Waits(by):
                    self._wait(by + pause)
                case Welcomes():
                    self.hotline.database.write(self._welcome).result()
                    self._send()
                    self._wait(pause)
                case Lists():
                    self.hotline.database.write(partial(self._list, step.act)).result()
                    self._send()
                    self._wait(pause)
                case Stands(number):
                    step = replace(step, line=f"? #{number} {self._stands(number)}")
        except Exception as error:  # the hotline is still there, and people would go on texting it
            fault = error
        played = Played(replace(step, heard=tuple(self._heard)), tuple(self._texts), fault)
        self._heard, self._texts = [], []
        return played

    def _say(self, said: Says) -> None:
        for n, code in enumerate(self.keys, 1):
            said = replace(said, words=re.sub(rf"\bKEY{n}\b", code, said.words))
        heard = self._heard_of(said)
        if said.tap is not None or said.to is not None:
            heard = self.hotline.database.read(lambda session: _about_ours(session, said, heard))
        self.hotline.receive(heard).result()
        self._send()

    def _welcome(self, session: Session) -> None:
        context = Context(session, lines.all_lines(session)[0], self.clock.now())
        everybody = people.everybody(session, context.line.id)
        texts = welcoming.welcome(context, welcoming.unwelcomed(context, everybody))
        outbox.queue(session, context.line, "welcome", texts, context.now)

    def _list(self, row: Lists, session: Session) -> None:
        phone = self.story.phones[row.name]
        context = Context(session, lines.all_lines(session)[0], self.clock.now())
        person, home = people.get_or_create(
            session, context.line, phone.channel, phone.value, context.now, name=phone.name
        )
        batch = imports.begin(session, context.line.id, imports.Kind.REQUESTS, "", context.now)
        owner = importing.Owner(person, home, is_new=False)
        request, texts = importing.take_in(context, batch, 1, owner, importing.Listed(row.words), context.now)
        told = importing.tell(context, person, request) if row.told else []
        outbox.queue(session, context.line, f"list-{batch.id}", [*texts, *told], context.now)

    def _wait(self, by: timedelta) -> None:
        if by:
            timelapse.pass_time(self.hotline, by, self._send)

    def _send(self) -> None:
        """Send what may leave at this moment, and write it down in the order in which it was decided."""
        while self.hotline.fetcher.once():
            pass
        self.hotline.sender.drain()
        carried, self.carrier.carried = self.carrier.carried, []
        if carried:
            self.hotline.database.read(lambda session: self._write(session, carried))

    def _write(self, session: Session, carried: list[Outgoing]) -> None:
        ids = [text.id for text in carried]
        by_template = {text.id for text in carried if text.sent_as is not None and text.sent_as.template}
        for request in session.exec(select(Request)):
            self.codes[request.code_word] = request.number
        phones = {(phone.channel, phone.value): label for label, phone in self.story.phones.items()}
        rows = session.exec(select(Outbound).where(col(Outbound.id).in_(ids)).order_by(col(Outbound.id)))
        for row in rows:
            label = phones.get((row.channel, row.to), row.to)  # the bare number of somebody the story does not name
            mark = TEMPLATE if row.id in by_template else ""
            self._heard.append((label, mark + self._stable(session, row)))
            self._texts.append((label, taps.words(row)))

    def _stable(self, session: Session, row: Outbound) -> str:
        """The text as written into a transcript: what is chance in it shows as CODE and the number, and as KEY."""
        text = LINK.sub("KEY", self._shown(session, row).replace("\n", " / "))
        if row.phrase in NUMBER_CODES:
            self.keys += DIGITS.findall(text)
            text = DIGITS.sub(f"KEY{len(self.keys)}", text)
        about = session.get(Request, row.request_id) if row.request_id else None
        own = {about.code_word: about.number} if about else {}
        for word, number in {**self.codes, **own}.items():
            if word:
                text = re.sub(rf"\b{re.escape(word)}\b", f"CODE{number}", text)
        return text

    def _shown(self, session: Session, row: Outbound) -> str:
        """What the phone shows: a picture stands before its words, and WhatsApp shows none beside a voice message."""
        if row.attachment_id is None or row.media is None or row.media in row.body:
            return taps.shown(row)
        piece = attachments.by_id(session, row.attachment_id)
        kind = piece.kind if piece else Kind.PICTURE
        if kind is Kind.VOICE and row.channel is Channel.WHATSAPP:
            return RECEIVED[kind]
        return f"{RECEIVED[kind]} {taps.shown(row)}"

    def _heard_of(self, said: Says) -> Heard:
        content = samples.of(said.picture) if said.picture else b""
        return _heard(said, next(self.sids), self.carrier.hold(content) if content else "https://media.invalid/lost")

    def _stands(self, number: int) -> str:
        request = self.hotline.database.read(lambda s: requests.by_number(s, lines.all_lines(s)[0].id, number))
        if request is None:
            return "nothing"
        return f"{request.state} {request.outcome}" if request.outcome else str(request.state)

    def standings(self) -> list[Standing]:
        """Where every request stands, by its number."""
        return self.hotline.database.read(self._standings)

    def _standings(self, session: Session) -> list[Standing]:
        names = self._names(session)
        helpers: defaultdict[int, list[str]] = defaultdict(list)
        held = select(Assignment).where(col(Assignment.state).in_(HOLDING)).order_by(col(Assignment.id))
        for assignment in session.exec(held):
            helpers[assignment.request_id].append(names[assignment.person_id])
        return [
            Standing(
                request.number,
                request.state,
                request.outcome,
                request.needs,
                request.people,
                request.urgency is Urgency.URGENT or request.emergency,
                helpers[request.id],
            )
            for request in session.exec(select(Request).order_by(col(Request.number)))
        ]

    def _names(self, session: Session) -> dict[int, str]:
        """What the story calls everybody, by their ids: who joined by text may have told the hotline no name."""
        names = {person.id: person.name or "" for person in session.exec(select(Person))}
        called = {(phone.channel, phone.value): phone.name for phone in self.story.phones.values()}
        for address in session.exec(select(Address)):
            names[address.person_id] = called.get((address.channel, address.value), names[address.person_id])
        return names

    def close(self) -> None:
        """Let go of the hotline."""
        self.hotline.stop()


def _moment(written: datetime, zone: str) -> datetime:
    # An hour that the clocks skip in spring is the hour after it.
    return tz.resolve_imaginary(written.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC)


def _heard(said: Says, number: int, url: str) -> Heard:
    """The text as a carrier would bring it."""
    phone, sid = said.phone, f"SM{number:032x}"
    heard = Heard(sid, phone.channel, phone.value, phone.number, said.words, manner=said.manner)
    if said.picture:
        return replace(heard, media=((url, said.picture.removeprefix(samples.LOST)),))
    if said.place:
        spot = ",".join(said.place)
        return replace(heard, body="", location=f"{said.words} ({spot})" if said.words else spot)
    return heard


def _about_ours(session: Session, said: Says, heard: Heard) -> Heard:
    """The text as a press of a button of ours, or a reply or reaction to a text of ours."""
    if said.tap is not None:
        return taps.tapped(session, heard, said.tap)
    about = taps.reacted if said.manner is Manner.REACTION else taps.replied
    return about(session, heard, said.to or None)
