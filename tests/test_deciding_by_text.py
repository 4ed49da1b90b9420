"""Whatever is texted and whatever the host commands, in whatever order: a rule changes only by a proposal that passed
or by the host, always with an event; and the numbers that people read are those that are kept.
"""

import random
import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlmodel import col, select

from app.hotline import Hotline
from app.inbound.receive import Taken
from handlers.rules import changing
from handlers.turn import Context
from models import line_events, lines, proposals
from models.delivery.outbound import Outbound
from models.inbound import Heard
from models.line_events import LineEvent
from models.lines import Channel, Line
from models.proposals import State
from models.store.session import Session
from tests import neighbors
from tests.fakes import LINE, StillClock

PHONES = [f"+120255501{n:02}" for n in range(2, 7)]
ACTS = [
    *("PROPOSE SET doors per day {small}", "PROPOSE SET quiet 22-{small}", "PROPOSE NAME Oak {small}"),
    *("PROPOSE AREA ADD Mill Pond", "PROPOSE AREA OFF Mill Pond", "PROPOSE ANSWER laundry: free on day {small}"),
    *("PROPOSE ANSWER laundry: off", "PROPOSE UNDO H{event}", "PROPOSE we meet on Mondays", "PROPOSE REMOVE {who}"),
    *("PROPOSE HELP food: St Paul's pantry", "PROPOSE HELP OFF St Paul", "PROPOSE READMIT {who}"),
]
VOICES = ["AGREE {n}", "AGREE {n}", "AGREE {n}", "yes", "ASIDE {n} no time", "no", "BLOCK {n} too much"]
OTHER = [
    "AMEND {n} SET doors per day {small}",
    "PROPOSAL {n} OFF",
    "ASK {n} why?",
    "SET doors per day 9",
    "PROPOSALS",
]
STEPS = 150
RESULTS = ("proposal_passed", "proposal_blocked", "proposal_too_few")
NUMBERS = re.compile(r"(\d+) (agree|aside|block|needed)\b")
KEPT = {"agree": "agreed", "aside": "aside", "block": "blocked", "needed": "needed"}


class Group:
    """Five volunteers and a host who do what chance says; every change is compared with the events at once."""

    def __init__(self, hotline: Hotline, clock: StillClock, seed: int) -> None:
        self.hotline, self.clock, self.chance = hotline, clock, random.Random(seed)
        hotline.database.write(self._begin).result()
        self.results: dict[int, Outbound] = {}
        self.is_now = self._look()
        self.last = hotline.database.read(self._newest)
        clock.advance(timedelta(minutes=1))

    def _begin(self, session: Session) -> None:
        for n, phone in enumerate(PHONES):
            neighbors.add(
                session, self._line(session), Channel.SMS, phone, self.clock.now(), name=f"Vo{n}", helper=True
            )

    @staticmethod
    def _line(session: Session) -> Line:
        return lines.by_id(session, 1)

    @staticmethod
    def _newest(session: Session) -> int:
        return max((event.id for event in line_events.latest(session, 1, 1)), default=0)

    def _look(self) -> dict[tuple[str, str], Any]:
        return self.hotline.database.read(lambda s: line_events.as_it_is(s, self._line(s)))

    def _decided(self, id_: int) -> proposals.Proposal:
        return self.hotline.database.read(lambda s: proposals.by_id(s, id_))

    def step(self) -> None:
        """Somebody texts, the host changes something, or time passes."""
        kind = self.chance.choices(["act", "voice", "other", "host", "time"], [5, 10, 1, 1, 2])[0]
        if kind == "host":
            self._by_host()
        elif kind == "time":
            self.passes(self.chance.choice([1, 12, 30, 80]))
        else:
            self._text(self.chance.choice({"act": ACTS, "voice": VOICES, "other": OTHER}[kind]))
        self._replay(by_host=kind == "host", by_time=kind == "time")

    def _text(self, words: str) -> None:
        chance = self.chance
        opened = self.hotline.database.read(lambda s: [p.number for p in proposals.open_ones(s, 1)])
        said = words.format(
            n=chance.choice(opened or [1]),
            small=chance.randint(3, 7),
            event=chance.randint(1, 9),
            who=chance.randint(1, 9),
        )
        self.clock.advance(timedelta(minutes=chance.randint(1, 20)))
        heard = Heard(uuid4().hex, Channel.SMS, chance.choice(PHONES), LINE, said)
        assert self.hotline.receive(heard).result() in (Taken.HANDLED, Taken.UNANSWERED, Taken.SEEN)

    def _by_host(self) -> None:
        value = self.chance.randint(3, 9)

        def work(session: Session) -> None:
            context = Context(session, self._line(session), self.clock.now())
            changing.set_figures(context, {"doors_per_day": value}, changing.HOST)

        self.hotline.database.write(work).result()

    def _replay(self, *, by_host: bool, by_time: bool) -> None:
        """What the events say that happened leads from what was to what is."""
        events: list[LineEvent] = self.hotline.database.read(lambda s: line_events.since(s, 1, self.last))
        told = {**self.is_now}
        for event in events:
            assert told.get((event.kind, event.name)) == event.before
            told[event.kind, event.name] = event.after
            if event.proposal_id is None:
                assert by_host
            else:
                assert by_time
                decided = self._decided(event.proposal_id)
                assert decided.state is State.PASSED
                assert decided.closed_at == event.at
                assert decided.undone_because is None
            self.last = event.id
        self.is_now = self._look()
        assert {key: value for key, value in told.items() if value is not None} == {
            key: value for key, value in self.is_now.items() if value is not None
        }

    def passes(self, hours: int) -> None:
        """Time passes; what it says is kept here, for the hotline forgets the words of texts."""
        self.clock.advance(timedelta(hours=hours))
        self.hotline.tick()
        phrases = [*RESULTS, *(f"{phrase}_short" for phrase in RESULTS)]
        wanted = select(Outbound).where(col(Outbound.phrase).in_(phrases), Outbound.body != "")
        for text in self.hotline.database.read(lambda s: list(s.exec(wanted))):
            self.results.setdefault(text.id, text)

    def results_say_what_is_kept(self) -> int:
        """Every text of a result has the numbers of its proposal; each reader has one; returns how many are over."""

        def found(session: Session) -> tuple[dict[int, proposals.Proposal], dict[int, int]]:
            every = {p.number: p for p in proposals.latest(session, 1, 1000)}
            return every, {p.number: len(proposals.votes(session, p)) for p in every.values()}

        every, voices = self.hotline.database.read(found)
        seen: set[tuple[int, str]] = set()
        for text in self.results.values():
            begun = re.search(r"Proposal (\d+)", text.body)
            assert begun is not None, text.body
            proposal = every[int(begun[1])]
            assert (proposal.number, text.to) not in seen
            seen.add((proposal.number, text.to))
            behind = text.body.split('"', 2)[2]  # its words
            said = {KEPT[name]: int(number) for number, name in NUMBERS.findall(behind)}
            assert said, text.body
            assert all(getattr(proposal, name) == number for name, number in said.items()), text.body
        over = [p for p in every.values() if p.state in (State.PASSED, State.FAILED)]
        for proposal in over:
            figures = (proposal.agreed or 0) + (proposal.aside or 0) + (proposal.blocked or 0)
            assert voices[proposal.number] == figures
            assert any(number == proposal.number for number, _ in seen)
        assert {number for number, _ in seen} == {p.number for p in over}
        return len(over)


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_rules_change_only_by_what_passed_or_the_host_and_always_with_an_event(
    hotline: Hotline, clock: StillClock, seed: int
) -> None:
    group = Group(hotline, clock, seed)
    for _ in range(STEPS):
        group.step()
    group.passes(5 * 24)
    assert group.results_say_what_is_kept() >= 3
