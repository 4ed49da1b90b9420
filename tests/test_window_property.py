"""Whatever happens in whatever order: nothing leaves outside WhatsApp's window but an approved template, and nothing
that waited is lost: it left by one way, was said to be over, or waits still."""

import shutil
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any, ClassVar

from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlmodel import select

from app.carriers.base import Action, CarrierError, Outgoing, Sent
from app.hotline import Hotline
from app.outbound import outbox
from handlers.turn import Text
from handlers.wording import layouts
from handlers.wording.summary import Quoted
from models import lines, people
from models.delivery import contents
from models.delivery.contents import Approval, Kind
from models.delivery.outbound import Lane, Outbound, State
from models.inbound import Heard
from models.lines import Channel
from models.people import Person
from models.store.session import Session
from tests import fakes, neighbors
from tests.fakes import LINE, MORNING, WHATSAPP, Recorder, StillClock, status_update

PHONES = {"Ben": "+12025550102", "Gwen": "+447700900102", "Ana": "+12025550101"}
HELPERS = ("Ben", "Gwen")
PHRASES = ("from_neighbor", "duty_wrote", "passed", "receipt_reminder", "duty_budget")
WINDOW = timedelta(hours=24)
OVER = {State.CANCELLED, State.EXPIRED, State.FAILED}


class Minding(Recorder):
    """A network that minds the window by itself, and says so by refusal or by callback."""

    def __init__(self, clock: StillClock) -> None:
        super().__init__()
        self.clock = clock
        self.wrote: dict[str, datetime] = {}
        self.approved: set[str] = set()
        self.calls_back = False
        self.shorter = timedelta(0)  # its window is by so much shorter than we think
        self.outside: list[Outgoing] = []  # words that came when the window was closed by our own count
        self.late: list[tuple[int, str]] = []  # texts taken and not delivered
        self.sids = count(1)

    def send(self, text: Outgoing) -> Sent:
        now, wrote = self.clock.now(), self.wrote.get(text.to)
        shut = text.channel is Channel.WHATSAPP and (wrote is None or now >= wrote + WINDOW)
        if shut and text.sent_as is None:
            self.outside.append(text)
        closed = text.channel is Channel.WHATSAPP and (wrote is None or now >= wrote + WINDOW - self.shorter)
        if closed and (text.sent_as is None or text.sent_as.sid not in self.approved):
            if not self.calls_back:
                raise CarrierError(Action.WINDOW, "error 63016", code=63016)
            sid = f"SM{next(self.sids):032x}"
            self.late.append((text.id, sid))
            return Sent(sid, State.ACCEPTED)
        return super().send(text)


class Window(RuleBasedStateMachine):
    """One line, two volunteers on WhatsApp of whom one is abroad, and a neighbor."""

    database_url: ClassVar[Callable[[], str]]

    def __init__(self) -> None:
        super().__init__()
        self.clock = StillClock()
        self.carrier = Minding(self.clock)
        settings = fakes.settings(type(self).database_url(), hotline_whatsapp=WHATSAPP)
        self.hotline = Hotline(settings, carrier=self.carrier, clock=self.clock)
        self.hotline.prepare()
        self.sids, self.keys = count(1), count(1)
        self.stopped: set[str] = set()  # phones that have said so once
        self.hotline.database.write(self._people).result()

    def _people(self, session: Session) -> None:
        line = lines.all_lines(session)[0]
        line.rules = {"burst_seconds": 0, "reply_limit": 0, "rate_whatsapp": 1e6, "rate_sms": 1e6}
        session.add(line)
        for name in HELPERS:
            neighbors.add(
                session, line, Channel.WHATSAPP, PHONES[name], MORNING, name=name, helper=True, duty=name == "Gwen"
            )
        neighbors.add(session, line, Channel.WHATSAPP, PHONES["Ana"], MORNING, name="Ana")
        for n, layout in enumerate(layouts.every(), 1):
            contents.add(
                *(session, self.carrier.account_id, Kind.TEMPLATE, layout.name, layout.language, layout.digest),
                names=list(layout.names),
                buttons=[button.says for button in layout.buttons],
                body=layout.numbered,
                sid=f"HX{n}",
                now=MORNING,
            )

    def teardown(self) -> None:
        self.hotline.stop()

    def _settle(self) -> None:
        self.hotline.sender.drain()
        while self.carrier.late:
            for id_, sid in self.carrier.late:
                self.hotline.ingest.status(status_update(id_, "undelivered", sid=sid, code=63016)).result()
            self.carrier.late = []
            self.hotline.sender.drain()

    @rule(
        who=st.sampled_from(sorted(PHONES)),
        words=st.sampled_from(["hi", "read", "1", "on it", "need food, 5 Elm St"]),
    )
    def writes(self, who: str, words: str) -> None:
        self.carrier.wrote[PHONES[who]] = self.clock.now()
        heard = Heard(f"SM{next(self.sids):032x}", Channel.WHATSAPP, PHONES[who], WHATSAPP, words)
        self.hotline.receive(heard).result()
        self._settle()

    @rule(words=st.sampled_from(["my father is not breathing, 5 Elm St", "STATUS", "need a ride, 5 Elm St"]))
    def by_sms(self, words: str) -> None:
        self.hotline.receive(Heard(f"SM{next(self.sids):032x}", Channel.SMS, "+12025550109", LINE, words)).result()
        self._settle()

    @rule(who=st.sampled_from(sorted(PHONES)), phrase=st.sampled_from(PHRASES), leave=st.booleans())
    def is_told(self, who: str, phrase: str, leave: bool) -> None:
        def work(session: Session) -> None:
            line = lines.all_lines(session)[0]
            person = session.exec(select(Person).where(Person.name == who)).one()
            values: dict[str, Any] = {"number": 1, "words": Quoted("ring\ntwice"), "name": None}
            text = Text(person, phrase, values, Lane.REPLY)
            outbox.queue(session, line, f"told-{next(self.keys)}", [text], self.clock.now())

        self.hotline.database.write(work).result()
        if leave:
            self._settle()

    @rule(hours=st.sampled_from([0.2, 1.0, 5.0, 23.5, 24.0, 30.0]), first=st.booleans())
    def time_passes(self, hours: float, first: bool) -> None:
        self.clock.advance(timedelta(hours=hours))
        if first:
            self.hotline.tick()
        self._settle()

    @rule(approval=st.sampled_from(list(Approval)), name=st.sampled_from(sorted(layouts.all_in("en"))))
    def whatsapp_decides(self, approval: Approval, name: str) -> None:
        def work(session: Session) -> None:
            for row in contents.all_of(session, self.carrier.account_id, Kind.TEMPLATE):
                if row.name == name:
                    contents.decide(session, row.id, approval, None, self.clock.now())
                    (self.carrier.approved.add if approval is Approval.APPROVED else self.carrier.approved.discard)(
                        row.sid
                    )

        self.hotline.database.write(work).result()

    @rule(calls_back=st.booleans(), shorter=st.sampled_from([0, 0, 6]))
    def carrier_changes(self, calls_back: bool, shorter: int) -> None:
        self.carrier.calls_back, self.carrier.shorter = calls_back, timedelta(hours=shorter)

    @rule(who=st.sampled_from(sorted(PHONES)))
    def stops_and_comes_back(self, who: str) -> None:
        self.stopped.add(PHONES[who])
        self.writes(who, "STOP")
        self.writes(who, "START")

    @invariant()
    def nothing_leaves_outside_but_an_approved_template(self) -> None:
        assert self.carrier.outside == []
        for text in self.carrier.carried:
            assert text.sent_as is None or (text.channel is Channel.WHATSAPP and text.sent_as.sid.startswith("HX"))
            if text.sent_as is not None:
                assert not any("\n" in value or not value.strip() for value in text.sent_as.variables.values())

    @invariant()
    def nothing_that_waits_is_lost(self) -> None:
        def work(session: Session) -> None:
            for row in session.exec(select(Outbound)):
                assert row.state in {State.DELIVERED, State.READY, State.HELD, State.WAITS, *OVER}, row.state
                address = people.address_at(session, row.line_id, row.channel, row.to)
                if row.state is State.WAITS:
                    assert address is not None
                    assert address.waits_since is not None, "nobody would let it go when they write"
                if row.state is State.FAILED:
                    assert row.reported_at is not None or row.phrase == "offer"
                if row.state is State.CANCELLED and row.error_code == 63016 and row.phrase == "from_neighbor":
                    copies = session.exec(select(Outbound.id).where(Outbound.key == f"{row.key}:sms"))
                    assert list(copies) or row.to in self.stopped

        self.hotline.database.read(work)


def _fresh(folder: Path, template: Path, numbers: "count[int]") -> str:
    return f"sqlite:///{shutil.copy(template, folder / f'{next(numbers)}.db')}"


def test_whatever_happens(tmp_path: Path, migrated_file: Path) -> None:
    machine = type(
        "OnSqlite", (Window,), {"database_url": staticmethod(partial(_fresh, tmp_path, migrated_file, count()))}
    )
    run_state_machine_as_test(
        machine, settings=hypothesis_settings(max_examples=25, stateful_step_count=25, deadline=None)
    )
