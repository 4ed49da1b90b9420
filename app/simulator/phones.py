"""The simulated phones: put one on the table, type on it, read it, let time pass. No web and no terminal in here.

The page and `hotline chat` are two ways to look at the same phones; the hotline cannot tell them from real ones.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

from app.carriers.simulator import Simulator
from app.hotline import Hotline
from app.inbound.receive import Taken
from app.simulator import taps, threads, timelapse
from app.simulator.taps import Choice, NothingToTap
from app.simulator.threads import Arrival, Entry, Phone
from app.simulator.timelapse import TYPING
from handlers import phrasebook
from handlers.setup import pretend_numbers
from handlers.understanding import carrier_words
from handlers.wording import segments
from models import attachments, lines, people
from models.attachments import Piece
from models.delivery import windows
from models.delivery.outbound import State
from models.inbound import Heard
from models.lines import Area, Channel, Line
from models.store.session import Session

LONGEST_TEXT = 1600  # characters; what carriers take at most
LONGEST_NAME = 40
SHOWN = 40  # phones on the table at once
KEPT = 60  # texts shown on each
STEPS = 60  # moments at which time acts during one jump of the clock, at most

STOPPED_NOTE = "The phone company confirmed: no more texts."

NEIGHBORS = tuple("Ana Omar Mei Lucía Grace Sam Ivy Tomás Noor Pearl".split())
VOLUNTEERS = tuple("Caro Kofi Lena Marcus Yuki Jo Amir Flor Pat Nia".split())

STATES = {
    State.READY: "queued",
    State.LEASED: "queued",
    State.ACCEPTED: "sent",
    State.SENT: "sent",
    State.DELIVERED: "delivered",
    State.READ: "read",
    State.UNCERTAIN: "no answer from the carrier yet",
    State.HELD: "held back",
    State.WAITS: "waits until they write",
    State.KEPT: "kept until they ask for it",
    State.FAILED: "failed",
    State.EXPIRED: "too old, not sent",
}


class CannotDo(Exception):
    """Something the table does not allow; the message says what and is fit to be shown."""


@dataclass(frozen=True)
class Bubble:
    """A text as it stands on a phone. `at` is the line's local time; WhatsApp knows no segments."""

    id: str
    mine: bool
    channel: Channel
    body: str
    at: datetime
    state: str
    segments: int | None
    note: str | None = None
    pieces: tuple[Piece, ...] = ()  # pictures and voice messages
    choices: tuple[Choice, ...] = ()  # what can be pressed under it
    unfolds: str = ""  # what the list is called that these are in
    place: str = ""  # on a map
    template: bool = False  # it left as one, for WhatsApp's window was closed


@dataclass(frozen=True)
class Table:
    """A line, the phones around it and what is on them."""

    line: Line
    phones: list[Phone]
    threads: dict[int, list[Bubble]]
    hidden: int  # phones for which there is no room
    areas: list[Area]
    now: datetime  # the line's local time
    at: datetime  # the same moment

    def closed(self, phone: Phone) -> bool:
        """Whether WhatsApp takes nothing but templates of ours for this phone now."""
        return phone.address.channel is Channel.WHATSAPP and not windows.is_open(phone.address, self.at)

    def thread(self, phone: Phone) -> list[Bubble]:
        """What is on this phone, oldest first."""
        return self.threads.get(phone.id, [])


class Phones:
    """The phones around one hotline. `send` sends what is queued, where no thread of the hotline's does."""

    def __init__(self, hotline: Hotline, send: Callable[[], object] = lambda: None) -> None:
        self.hotline = hotline
        self.send = send

    def catch_up(self) -> None:
        """Go on from the last text: a clock moved forward would otherwise fall back when the process starts anew.

        A new hotline begins by day: whoever tries it at night wants to see more than that people sleep.
        """
        clock = self.hotline.clock
        start = self.hotline.database.read(threads.latest) or lines.waking(self.lines()[0]).next(clock.now())
        if start is not None:
            clock.advance(start - clock.now())

    def lines(self) -> list[Line]:
        """Every line, the first one made first."""
        return self.hotline.database.read(lines.all_lines)

    def table(self, line_id: int) -> Table:
        """Everything there is to see on this line."""
        return self.hotline.database.read(lambda session: self._table(session, line_id))

    def _table(self, session: Session, line_id: int) -> Table:
        line = lines.by_id(session, line_id)
        zone = ZoneInfo(line.timezone)
        shown = threads.phones(session, line_id, SHOWN)
        texts = threads.merged(session, shown, KEPT)
        return Table(
            line=line,
            phones=shown,
            threads={phone: [bubble(entry, zone) for entry in entries] for phone, entries in texts.items()},
            hidden=max(threads.count(session, line_id) - SHOWN, 0),
            areas=lines.areas(session, line_id),
            now=self.hotline.clock.now().astimezone(zone),
            at=self.hotline.clock.now(),
        )

    def all(self, line_id: int) -> list[Phone]:
        """Every phone of the line, also those for which the table has no room."""
        return self.hotline.database.read(lambda session: threads.phones(session, line_id))

    def named(self, line_id: int, name: str) -> Phone | None:
        """The first phone whose owner has this name, whatever its capitals."""
        wanted = tidy(name).casefold()
        return next((p for p in self.all(line_id) if p.name.casefold() == wanted), None)

    def add_neighbor(self, line_id: int, name: str = "", channel: Channel = Channel.SMS) -> Phone:
        """Put a phone on the table for somebody the hotline has not heard from. Raises CannotDo."""
        now = self.hotline.clock.now()

        def add(session: Session) -> Phone:
            line, number = _free(session, line_id, channel)
            known = tidy(name) or _unused(session, line_id, NEIGHBORS)
            person, address = people.get_or_create(session, line, channel, number, now, name=known)
            return Phone(address, person)

        return self.hotline.database.write(add).result()

    def add_volunteer(
        self,
        line_id: int,
        name: str = "",
        channel: Channel = Channel.SMS,
        *,
        language: str | None = None,
        duty: bool = False,
        areas: tuple[int, ...] = (),
    ) -> Phone:
        """Put a volunteer's phone on the table, vouched for already. Raises CannotDo."""
        if language is not None and language not in phrasebook.languages():
            raise CannotDo(f"The hotline speaks {', '.join(phrasebook.languages())}, but not {language}.")
        now = self.hotline.clock.now()

        def add(session: Session) -> Phone:
            line, number = _free(session, line_id, channel)
            known = [area.id for area in lines.areas(session, line_id) if area.id in areas]
            person = people.add(
                session,
                line,
                channel,
                number,
                now,
                name=tidy(name) or _unused(session, line_id, VOLUNTEERS),
                helper=True,
                duty=duty,
                language=language,
                areas=known,
            )
            return Phone(people.reply_addresses(session, [person.id])[person.id], person)

        return self.hotline.database.write(add).result()

    def put_on_duty(self, phone: Phone) -> Phone:
        """Let the owner of this phone look after the line from now on; a volunteer too, if not one yet."""
        now, at = self.hotline.clock.now(), phone.address

        def add(session: Session) -> Phone:
            line = lines.by_id(session, at.line_id)
            return Phone(at, people.add(session, line, at.channel, at.value, now, duty=True))

        return self.hotline.database.write(add).result()

    def say(self, line_id: int, phone_id: int, words: str, file: tuple[str, bytes] | None = None) -> Taken:
        """Type a text on a phone and send it to the line, with a file of this type; answers when it is on disk.

        Raises CannotDo.
        """
        return self._heard(line_id, phone_id, words, file=file)

    def tap(self, line_id: int, phone_id: int, outbound_id: int, choice_id: str) -> Taken:
        """Press a button or a row under a text of ours. Raises CannotDo."""
        return self._heard(line_id, phone_id, "", (outbound_id, choice_id))

    def _heard(
        self,
        line_id: int,
        phone_id: int,
        words: str,
        tap: tuple[int, str] | None = None,
        file: tuple[str, bytes] | None = None,
    ) -> Taken:
        if len(words) > LONGEST_TEXT:
            raise CannotDo(f"A text holds {LONGEST_TEXT:,} characters; this one has {len(words):,}.")
        line, phone = self.hotline.database.read(lambda session: _line_and_phone(session, line_id, phone_id))
        number = line.number(phone.address.channel)
        if number is None:
            raise CannotDo(f"{line.name} cannot be reached from this phone.")
        heard = Heard(
            id=f"SM{uuid4().hex}",
            channel=phone.address.channel,
            from_address=phone.address.value,
            to=number,
            body=sendable(words),
            media=self._held(file),
        )
        if tap is not None:
            try:
                heard = self.hotline.database.read(lambda session: taps.pressed(session, heard, *tap))
            except NothingToTap as error:
                raise CannotDo(str(error)) from error
        self.pass_time(TYPING)  # whoever plays all the phones at once is quicker than any neighbor
        taken = self.hotline.receive(heard).result()
        while heard.media and self.hotline.fetcher.once():
            pass
        self.pass_time(timedelta(seconds=line.policy.burst_seconds))  # then they have said all
        return taken

    def _held(self, file: tuple[str, bytes] | None) -> tuple[tuple[str, str], ...]:
        carrier = self.hotline.carrier
        if file is None or not isinstance(carrier, Simulator):
            return ()
        return ((carrier.hold(file[1]), file[0]),)

    def pass_time(self, by: timedelta) -> None:
        """Move the clock forward, stopping wherever something happens by itself on the way."""
        timelapse.pass_time(self.hotline, by, self.send, together=by / STEPS)

    def last_arrival(self) -> int:
        """A mark in time: `arrivals` after it are new."""
        return self.hotline.database.read(threads.last_attempt)

    def arrivals(self, line_id: int, after: int) -> list[Arrival]:
        """What reached phones after this mark, in the order in which it was sent."""
        return self.hotline.database.read(lambda session: threads.arrivals(session, line_id, after))


def bubble(entry: Entry, zone: ZoneInfo) -> Bubble:
    """A text as its phone shows it."""
    body = entry.body
    if entry.location:
        body = f"{body}\n[place: {entry.location}]".strip()
    if (other := entry.media - len(entry.pieces)) > 0:
        body = f"{body}\n[{other} file{'s' if other > 1 else ''}]".strip()
    stopped = entry.mine and entry.intent == "stop" and carrier_stops(entry.channel, entry.body)
    return Bubble(
        id=entry.id,
        mine=entry.mine,
        channel=entry.channel,
        body=body,
        at=entry.at.astimezone(zone),
        state="sent" if entry.state is None else STATES[entry.state],
        segments=(entry.segments or segments.count(entry.body)) if entry.channel is Channel.SMS else None,
        note=STOPPED_NOTE if stopped else None,
        pieces=tuple(piece for piece in entry.pieces if piece.state is attachments.State.KEPT and piece.size),
        choices=taps.choices(entry.form),
        unfolds=entry.form.list_title if entry.form else "",
        place=f"{entry.form.pin.latitude},{entry.form.pin.longitude}" if entry.form and entry.form.pin else "",
        template=entry.template,
    )


def carrier_stops(channel: Channel, words: str) -> bool:
    """Whether the carrier itself acts on this text and answers it: a bare STOP or its kin, by SMS."""
    return channel is Channel.SMS and words.strip().upper() in carrier_words.STOP


def reserved(line: Line) -> tuple[str, ...]:
    """The numbers for pretend phones around a line: of its country, and nobody's."""
    return pretend_numbers.of(line.country)[1:]


def tidy(name: str) -> str:
    """A name on one line and of a bearable length."""
    return " ".join(sendable(name).split())[:LONGEST_NAME].strip()


def sendable(words: str) -> str:
    """The words without what no phone sends: NUL, halves of characters, a browser's line ends."""
    plain = words.replace("\0", "").replace("\r\n", "\n").replace("\r", "\n")
    return plain.encode("utf-8", "replace").decode("utf-8")


def _line_and_phone(session: Session, line_id: int, phone_id: int) -> tuple[Line, Phone]:
    phone = threads.phone(session, line_id, phone_id)
    if phone is None:
        raise CannotDo("This phone is no longer on the table.")
    return lines.by_id(session, line_id), phone


def _free(session: Session, line_id: int, channel: Channel) -> tuple[Line, str]:
    line = lines.by_id(session, line_id)
    if line.number(channel) is None:
        raise CannotDo(f"{line.name} has no number on {'WhatsApp' if channel is Channel.WHATSAPP else 'SMS'}.")
    taken = threads.numbers(session, line_id)
    taken.update(n for each in lines.all_lines(session) for n in (each.sms, each.whatsapp) if n)
    number = next((n for n in reserved(line) if n not in taken), None)
    if number is None:
        raise CannotDo(f"All {len(reserved(line))} example numbers are in use; there is no room for another phone.")
    return line, number


def _unused(session: Session, line_id: int, names: tuple[str, ...]) -> str:
    held = {phone.person.name for phone in threads.phones(session, line_id)}
    return next((name for name in names if name not in held), "Alex")
