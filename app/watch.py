"""How the hotline is, in plain words, for /health, /metrics and `hotline doctor`. It holds nothing about anybody."""

import shutil
import threading
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from app.hotline import Hotline
from app.pulse import Pulse
from app.remedies import remedy
from models import backlog, lines, senders
from models.backlog import Rest, Spent, Waiting
from models.lines import Channel, Line
from models.outbound import Lane, State
from models.session import Session

# How long a text that could leave may wait before somebody should look; bulk goes out as fast as the number allows.
PATIENCE = {
    Lane.SAFETY: timedelta(minutes=1),
    Lane.REPLY: timedelta(minutes=3),
    Lane.NOTICE: timedelta(minutes=15),
    Lane.BULK: timedelta(hours=12),
}
NO_NEWS = timedelta(minutes=30)  # after which an uncertain text should long have been looked up
LOW = 200 * 2**20  # bytes; a busy line writes some MB a month
NAMES = {Channel.SMS: "SMS", Channel.WHATSAPP: "WhatsApp"}
CALLED = {Lane.SAFETY: "safety text", Lane.REPLY: "reply", Lane.NOTICE: "notice", Lane.BULK: "text to many"}
OTHERS = {Lane.REPLY: "replies", Lane.BULK: "texts to many"}


class Status(StrEnum):
    """How it is over all."""

    OK = "ok"
    DEGRADED = "degraded"  # it takes texts, and somebody should look
    DOWN = "down"  # it cannot take texts into the database


@dataclass(frozen=True)
class Reason:
    """Why somebody should look, and what to do."""

    about: str
    what: str
    do: str


@dataclass(frozen=True)
class Books:
    """What the database says."""

    waiting: dict[Lane, Waiting]
    unsettled: dict[State, tuple[int, datetime]]
    resting: list[Rest]
    spent: dict[int, Spent]  # today, by line
    over_budget: list[str]  # lines whose texts to many wait for tomorrow


@dataclass(frozen=True)
class Look:
    """One look at a running hotline; `books` is None where the database did not answer."""

    now: datetime
    books: Books | None
    pulses: dict[str, Pulse]
    spooled: int
    refused: int  # spooled ones that fail by a fault of ours
    free: int | None  # bytes on SQLite's disk

    def reasons(self) -> list[Reason]:
        """Everything that somebody should look at, the worst first."""
        if self.books is None:
            do = "see that it runs and that DATABASE_URL is right: hotline doctor. Texts are kept until it is back"
            down = Reason("database", "the database does not answer", do)
            return [down, *disk(self.free), *spool(self.spooled, self.refused)]
        return [
            *threads(self.pulses, self.now),
            *disk(self.free),
            *of_books(self.books, self.now),
            *spool(self.spooled, self.refused),
        ]

    @property
    def status(self) -> Status:
        """How it is over all."""
        if self.books is None:
            return Status.DOWN
        return Status.DEGRADED if self.reasons() else Status.OK


class Watch:
    """Looks at a hotline's database from a thread, so that one that hangs keeps nobody waiting.

    However many ask at once, one look is under way at a time, and all of them get what it finds.
    """

    def __init__(self, hotline: Hotline) -> None:
        self.hotline = hotline
        self._lock = threading.Lock()
        self._under_way: Future[Books] | None = None

    def books(self) -> "Future[Books]":
        """What the database says; the future may never answer."""
        with self._lock:
            if self._under_way is None or self._under_way.done():
                self._under_way = Future()
                threading.Thread(target=self._look, args=[self._under_way], name="watch", daemon=True).start()
            return self._under_way

    def look(self, books: Books | None) -> Look:
        """What is known beside the database, with what the database said. Looks at the disk."""
        hotline = self.hotline
        file = hotline.settings.database_file
        free = shutil.disk_usage(file.absolute().parent).free if file else None
        return Look(hotline.clock.now(), books, dict(hotline.pulses), hotline.spooled(), hotline.refused(), free)

    def _look(self, found: "Future[Books]") -> None:
        try:
            found.set_result(self.hotline.database.read(lambda session: read(session, self.hotline.clock.now())))
        except Exception as error:  # whatever it is, it goes to whoever asked
            found.set_exception(error)


def read(session: Session, now: datetime) -> Books:
    """What the database says, in a few statements that touch only what is unsettled."""
    every = lines.all_lines(session)
    days = {line.id: today(line, now) for line in every}
    return Books(
        backlog.waiting(session, now),
        backlog.unsettled(session),
        backlog.resting(session, now),
        backlog.spent(session, days),
        [line.name for line in every if senders.over_budget(session, line, now)],
    )


def today(line: Line, now: datetime) -> str:
    """The date on the line's own clock."""
    return now.astimezone(ZoneInfo(line.timezone)).date().isoformat()


def of_books(books: Books, now: datetime) -> list[Reason]:
    """What the database says that somebody should look at."""
    found = [rest(each, now) for each in books.resting]
    # While a number rests its texts wait, and saying so twice would hide which of the two is to be mended.
    if not found:
        found += [
            late
            for lane, held in sorted(books.waiting.items())
            if (late := overdue(lane, held, now)) and not (lane is Lane.BULK and books.over_budget)
        ]
    count, since = books.unsettled.get(State.UNCERTAIN, (0, now))
    if now - since > NO_NEWS:
        what = f"nobody knows whether {count_of(count, 'text')} arrived, the oldest for {span(now - since)}"
        do = "duty was told. If there are more and more, see status.twilio.com and the carrier in: hotline doctor"
        found.append(Reason("sending", what, do))
    return found


def rest(of: Rest, now: datetime) -> Reason:
    """Why a number sends nothing."""
    meaning = remedy(of.code)
    code = f" (error {of.code})" if of.code else ""
    since = f" for {span(now - of.since)}" if of.since else ""
    again = f"It is tried again in {span(of.until - now)}, and nothing is lost meanwhile"
    what = f"{of.line} has sent nothing by {NAMES[of.channel]}{since}: {meaning.what}{code}"
    return Reason("sending", what, f"{meaning.do}. {again}")


def overdue(lane: Lane, held: Waiting, now: datetime) -> Reason | None:
    """Why somebody should look at the queue, if they should."""
    if held.due is None or now - held.due <= PATIENCE[lane]:
        return None
    late = count_of(held.count, CALLED[lane], OTHERS.get(lane))
    what = f"{late} not sent, the oldest waiting for {span(now - held.due)}"
    return Reason("sending", what, "see that hotline serve or hotline work runs, and what its log says")


def threads(pulses: dict[str, Pulse], now: datetime) -> list[Reason]:
    """Which of the threads that work by themselves no longer does."""
    does = {
        "sender": "nothing is sent",
        "ticker": "nobody is reminded, no more volunteers are asked",
        "replay": "texts kept beside the database are not taken in",
        "catch up": "texts that never reached us are not fetched from Twilio",
    }
    found = []
    for name, pulse in pulses.items():
        effect = does.get(name, "its work is left undone")
        if not pulse.alive:
            found.append(Reason(name, f"{effect}: the {name} does not run", "restart the hotline"))
        elif pulse.idle(now) > pulse.patience:
            what = f"{effect}: the {name} has got nothing done for {span(pulse.idle(now))}"
            found.append(Reason(name, what, "read the log; if it says nothing, restart the hotline"))
    return found


def disk(free: int | None) -> list[Reason]:
    """Whether the database can grow."""
    if free is None or free >= LOW:
        return []
    return [Reason("disk", f"only {free // 2**20} MB are free", "make room: a full disk takes no texts")]


def spool(waiting: int, refused: int) -> list[Reason]:
    """Whether texts wait beside the database, or were put aside there."""
    found = []
    if waiting:
        what = f"{count_of(waiting, 'text')} came while the database was away, kept on disk and not answered yet"
        found.append(Reason("spool", what, "nothing, if the number falls; else read the log"))
    if refused:
        what = f"{count_of(refused, 'text')} could not be taken in even later; the spool keeps them aside in: refused"
        do = "read the log for spooled_text_fails, and report it. They are tried again at every start"
        found.append(Reason("spool", what, do))
    return found


def count_of(number: int, one: str, many: str | None = None) -> str:
    """`1 reply`, `2 replies`."""
    return f"{number} {one if number == 1 else many or one + 's'}"


def span(time: timedelta) -> str:
    """A time in the largest unit that is still telling."""
    seconds = max(int(time.total_seconds()), 0)
    for unit, size in (("days", 86_400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit}"
    return f"{seconds} seconds"
