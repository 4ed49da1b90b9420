"""People who mean harm, leave, come back, and a machine that dies: any story of them on a real hotline.

Hypothesis chooses what happens next. What must hold is noted outside of the database, by phone, so that neither an
erasure nor a restore can forget it; after every step tests/strangers_promises.py looks at what left and what is kept.
"""

import shutil
from collections.abc import Callable, Iterable
from contextlib import suppress
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from sqlmodel import select

from app.backups import erased, making, restoring
from app.carriers.base import Outgoing, ReceivedMessage, Sent, SentMessage, StatusUpdate, Webhook
from app.hotline import Hotline
from app.inbound.reconcile import MINIMUM_AGE
from app.simulator import timelapse
from models import joining, lines, people
from models.delivery.outbound import State as TextState
from models.inbound import Heard
from models.lines import Channel
from models.people import Address
from models.store.session import Session
from tests import fakes, neighbors, strangers_promises
from tests.fakes import LINE, Recorder, StillClock
from tests.strangers_promises import Known

TYPING = timedelta(seconds=20)
LOOKS = 8  # of half a minute each, after a restore: until every text in doubt was looked for
SPANS = [timedelta(minutes=11), *(timedelta(hours=h) for h in (1, 5, 26)), *(timedelta(days=d) for d in (4, 40))]


@dataclass(frozen=True)
class Phone:
    """Somebody, and what only they ever say."""

    number: str
    name: str
    door: str
    word: str

    @property
    def traces(self) -> list[str]:
        """By what they would be found."""
        return [self.number[-7:], self.name, self.door.split()[1], self.word]


ANA = Phone("+12025550101", "Anabel", "14 Wisteria Court", "marmalade")
BEA = Phone("+12025550102", "Beatrix", "15 Larkspur Court", "zucchini")
BEN = Phone("+12025550103", "Benedict", "16 Foxglove Court", "xylophone")
CARO = Phone("+12025550104", "Caroline", "17 Snowdrop Court", "rhubarb")
DEE = Phone("+12025550105", "Deirdre", "18 Hawthorn Court", "tangerine")
GUS = Phone("+12025550106", "Gustavo", "19 Magnolia Court", "persimmon")
NEIGHBORS, HELPERS, DUTY = [ANA, BEA], [BEN, CARO], [DEE, GUS]
PHONES = [*NEIGHBORS, *HELPERS, *DUTY]

NEEDS = ["Need groceries for two at {door}, {word} please", "necesito comida para 2 en {door}, {word}"]
OWN = "1 | 2 | 3 | STATUS | NEVERMIND | MORE {word} | @{n} {word} | PERSON {word} | it came | nobody came".split(
    " | "
)
CARRIES = "CLAIM {n} | CLAIM {n} | {n} | DONE {n} | DROP {n} | OMW {n} | @{n} {word} | LIST | MINE | INFO {n}".split(
    " | "
)
APART = "dont send {name} again | not {name} again please | no me manden a {name} otra vez".split(" | ")
OUT = (
    "BAN {id} so | BAN {id} so | UNBAN {id} | UNBAN {id} | REMOVE {id} | REVOKE {id} | VOUCH {id} | VOUCH {id}".split(
        " | "
    )
)
MOVES = "ASSIGN {n} {name} | ASSIGN {n} {name} | MERGE {n} {m} | OPEN {n} | CLOSE {n} | SHOW {n} | DUTY ON".split(
    " | "
)


class Remembering(Recorder):
    """The simulated network with a list of what it took and of what came in, as a real carrier keeps one."""

    lists_received = True

    def __init__(self, clock: StillClock) -> None:
        super().__init__()
        self.clock = clock
        self.took: list[tuple[Outgoing, str, datetime]] = []
        self.came: dict[str, Heard] = {}

    def send(self, text: Outgoing) -> Sent:
        sent = super().send(text)
        self.took.append((text, sent.sid, self.clock.now()))
        return sent

    def find(self, text: Outgoing, since: datetime) -> list[SentMessage]:
        """The same words to the same phone since then."""
        said = text.to, text.body
        return [
            SentMessage(sid, TextState.DELIVERED, at)
            for one, sid, at in self.took
            if (one.to, one.body) == said and at >= since
        ]

    def received(self, numbers: list[tuple[Channel, str]], since: datetime) -> Iterable[ReceivedMessage]:
        return [ReceivedMessage(h.id, h.at, {}) for h in self.came.values() if h.at is not None and h.at >= since]

    def as_webhook(self, message: ReceivedMessage) -> Webhook:
        return Webhook(self.name, "", "", message.sid.encode(), message.at)

    def parse(self, webhook: Webhook) -> Heard | StatusUpdate | None:
        return self.came.get(webhook.body.decode())


@dataclass
class Backup:
    """A file, and what was known when it was made."""

    file: Path
    known: Known
    at: datetime


class Strangers(RuleBasedStateMachine):
    """One story. `folder` hands out an empty folder with a migrated database."""

    database: Callable[[], str]

    def __init__(self) -> None:
        super().__init__()
        self.clock = StillClock()
        self.carrier = Remembering(self.clock)
        self.settings = fakes.settings(type(self).database(), backup_folder="off")
        self.hotline = Hotline(self.settings, carrier=self.carrier, clock=self.clock, database_timeout=60)
        self.hotline.prepare()
        self.sids = count(1)
        self.known = Known()
        self.backup: Backup | None = None
        self.seen = 0  # of what the carrier took

    def teardown(self) -> None:
        self.hotline.stop()

    @initialize()
    def begin(self) -> None:
        """Two ask, two help, two are on duty."""

        def work(session: Session) -> None:
            line = lines.all_lines(session)[0]
            loose = {"reply_limit": 0, "answers_per_day": 0, "burst_seconds": 0, "brake_requests": 0}
            line.rules = {**line.rules, **loose, "rate_sms": 1e6, "put_out_per_day": 99}
            session.add(line)
            for who in (*HELPERS, *DUTY):
                add = {"name": who.name, "helper": True, "duty": who in DUTY}
                neighbors.add(session, line, Channel.SMS, who.number, self.clock.now(), **add)

        self.hotline.database.write(work).result()
        self._look()

    # what people do

    @rule(who=st.sampled_from([*NEIGHBORS, *NEIGHBORS, *PHONES]), what=st.sampled_from(NEEDS))
    def asks(self, who: Phone, what: str) -> None:
        self._say(who, what)

    @rule(who=st.sampled_from(PHONES), what=st.sampled_from(OWN), at=st.integers(0, 2))
    def goes_on(self, who: Phone, what: str, at: int) -> None:
        self._say(who, what, at)

    @rule(who=st.sampled_from([*HELPERS, *HELPERS, *PHONES]), what=st.sampled_from(CARRIES), at=st.integers(0, 2))
    def carries(self, who: Phone, what: str, at: int) -> None:
        self._say(who, what, at)

    @rule(who=st.sampled_from([*NEIGHBORS, *PHONES]), helper=st.sampled_from([*HELPERS, *PHONES]))
    def is_helped(self, who: Phone, helper: Phone) -> None:
        """A whole match, so that there is somebody not to send again."""
        self._say(who, NEEDS[0])
        self._say(helper, "CLAIM {n}")

    @rule(
        who=st.sampled_from([*NEIGHBORS, *PHONES]),
        helper=st.sampled_from([*HELPERS, *PHONES]),
        what=st.sampled_from(APART),
    )
    def keeps_apart(self, who: Phone, helper: Phone, what: str) -> None:
        self._say(who, what, about=helper)

    @rule(who=st.sampled_from(DUTY), about=st.sampled_from([*HELPERS, *PHONES]), what=st.sampled_from(OUT))
    def puts_out(self, who: Phone, about: Phone, what: str) -> None:
        self._say(who, what, about=about)

    @rule(
        who=st.sampled_from([*DUTY, *PHONES]),
        about=st.sampled_from(HELPERS),
        what=st.sampled_from(MOVES),
        at=st.integers(0, 2),
        into=st.integers(0, 2),
    )
    def moves(self, who: Phone, about: Phone, what: str, at: int, into: int) -> None:
        self._say(who, what, at, about=about, into=into)

    @rule(who=st.sampled_from([*NEIGHBORS, *HELPERS, *PHONES]))
    def leaves(self, who: Phone) -> None:
        """FORGET ME, and the 1 that it asks for; said once more where the 1 could be an offer's number."""
        for words in ("FORGET ME", "1", "FORGET ME"):
            if words == "FORGET ME" or self._person(who) is not None:
                self._say(who, words)

    @rule(who=st.sampled_from([*HELPERS, *NEIGHBORS]), voucher=st.sampled_from(DUTY))
    def comes_in(self, who: Phone, voucher: Phone) -> None:
        """JOIN, their name, and somebody who vouches for them."""
        for words in ("JOIN", who.name, "1"):
            self._say(who, words)
        self._say(voucher, "VOUCH {id}", about=who)

    @rule(who=st.sampled_from(PHONES), what=st.sampled_from(["STOP", "START"]))
    def stops(self, who: Phone, what: str) -> None:
        self._say(who, what)

    # what the host, time and a broken machine do

    @rule(one=st.sampled_from(PHONES), other=st.sampled_from(PHONES))
    def are_one(self, one: Phone, other: Phone) -> None:
        """`hotline person merge`, where it does not refuse."""
        kept, gone = self._person(one), self._person(other)
        if kept is None or gone is None or kept == gone:
            return

        def work(session: Session) -> bool:
            pair = people.by_id(session, kept), people.by_id(session, gone)
            if joining.are_apart(session, *pair) or joining.hindered(session, *pair):
                return False
            joining.join(session, *pair, self.clock.now())
            return True

        self.hotline.database.write(work).result()
        self._look()

    @rule(by=st.sampled_from(SPANS))
    def time_passes(self, by: timedelta) -> None:
        timelapse.pass_time(self.hotline, by, self.hotline.sender.drain, together=max(timedelta(minutes=30), by / 40))
        self._look(settled=True)

    @rule()
    def is_backed_up(self) -> None:
        file = self.settings.database_file
        assert file is not None
        into = file.with_name("backup.db")
        making.make(self.settings, self.clock.now(), kept=self.hotline.database, file=into, over=True)
        self.backup = Backup(into, deepcopy(self.known), self.clock.now())

    @precondition(lambda self: self.backup is not None)
    @rule(lost=st.booleans(), after=st.sampled_from([timedelta(minutes=3), timedelta(hours=8)]))
    def is_put_back(self, lost: bool, after: timedelta) -> None:
        """The machine dies, with its disk or without, and the last backup takes its place."""
        assert self.backup is not None
        erased.note(self.settings, self.hotline.database)
        self.hotline.stop()
        file = self.settings.database_file
        assert file is not None
        if lost:
            for suffix in ("", "-wal", "-shm"):
                with suppress(FileNotFoundError):
                    file.with_name(f"{file.name}{suffix}").unlink()
        self.clock.advance(after)
        with restoring.opened(self.settings, self.backup.file, None) as (plain, _):
            restoring.put_back(self.settings, plain, self.clock.now())
        self.known.restored(self.backup.known)
        before = self.known.sent.copy()
        self.hotline = Hotline(self.settings, carrier=self.carrier, clock=self.clock, database_timeout=60)
        self.hotline.prepare()
        self.clock.advance(MINIMUM_AGE)
        self.hotline.reconciler.once()
        for _ in range(LOOKS):
            self.hotline.tick()
            self.hotline.sender.drain()
            self.clock.advance(timedelta(seconds=31))
        self._look()
        again = {text: n for text, n in (self.known.sent - before).items() if before[text]}
        assert not again, f"sent again after a restore: {again}"

    # how

    def _person(self, who: Phone) -> int | None:
        found = select(Address.person_id).where(Address.value == who.number)
        return self.hotline.database.read(lambda session: session.exec(found).first())

    def _say(self, who: Phone, what: str, at: int = 0, *, about: Phone | None = None, into: int = 0) -> None:
        numbers = self.known.live_numbers or [1]
        words = what.format(
            n=numbers[-1 - at % len(numbers)],
            m=numbers[-1 - into % len(numbers)],
            door=who.door,
            word=who.word,
            name=about.name if about else "",
            id=(about and self._person(about)) or 99,
        )
        self.clock.advance(TYPING)
        sid = f"SM{next(self.sids):032x}"
        fields = {"From": who.number, "Body": words}
        heard = Heard(sid, Channel.SMS, who.number, LINE, words, at=self.clock.now(), fields=fields)
        self.carrier.came[sid] = heard
        me = self._person(who)
        also = [one.number for one in PHONES if me is not None and self._person(one) == me]
        self.known.says(who.number, words, also)
        if about is not None and about is not who:
            self.known.mentioned[about.number] = self.clock.now()
        self.hotline.receive(heard).result()
        self.hotline.tick()
        self.hotline.sender.drain()
        self._look()

    def _look(self, *, settled: bool = False) -> None:
        new = [text for text, _, _ in self.carrier.took[self.seen :]]
        self.seen = len(self.carrier.took)
        at = self.backup.at if self.backup else None
        step = strangers_promises.Step(self.known, new, PHONES, self.clock.now(), settled, at)
        broken = self.hotline.database.read(step.look)
        assert not broken, broken


def copy_of(migrated: Path, folder: Path) -> str:
    """A migrated database of one story."""
    folder.mkdir()
    return f"sqlite:///{shutil.copy(migrated, folder / 'hotline.db')}"
