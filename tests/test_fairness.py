"""One phone cannot take the answer from another: what it may text at its worst, and how long others then wait.

A number at a segment a second, two on duty, thirty volunteers. One phone floods; then somebody else is in danger, a
third person says hello for the first time. `pytest -s` prints how long they waited.
Long forms: `pytest -m campaign -s tests/test_fairness.py`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import col, select

from app.hotline import Hotline
from models import lines
from models.delivery.outbound import Outbound
from models.inbound import Heard
from models.lines import Channel
from models.store.session import Session
from tests import fakes, neighbors
from tests.fakes import MORNING, StillClock
from tests.test_lanes import Lanes, Paced

ANA, BEN = "+12025550101", "+12125550130"
DUTY = ["+12025550104", "+12025550107"]
EMERGENCY_WITHIN, REPLY_WITHIN = 5.0, 30.0  # seconds
FOR_EACH_OTHER = 2.0  # seconds more for everybody else in danger at that moment

LONG = "My husband has chest pain and can't breathe at 14 Oak St. " + "Please come, he is on the floor. 🚑" * 60
WORDS = [
    "he fell",
    "still not breathing",
    "it is my chest",
    "please hurry",
    "help us",
    "there is smoke",
    "he is blue",
]


@pytest.fixture
def line(database_url: str, clock: StillClock) -> Iterator[Lanes]:
    """A number at a segment a second, two on duty, thirty volunteers."""
    carrier = Paced(clock)
    hotline = Hotline(fakes.twilio_settings(database_url), carrier=carrier, clock=clock)
    hotline.prepare()
    hotline.database.write(crew).result()
    yield Lanes(hotline, None, clock, carrier)  # type: ignore[arg-type]
    hotline.stop()


def crew(session: Session) -> None:
    own = lines.all_lines(session)[0]
    for n, number in enumerate([*DUTY, *[f"+1212555{n:04}" for n in range(130, 160)]]):
        neighbors.add(session, own, Channel.SMS, number, MORNING, name=f"Nel{n}", helper=True, duty=number in DUTY)


Said = str | tuple[str, str]  # by the phone that floods, or by somebody else


def danger(n: int) -> str:
    """Danger, in other words each time."""
    return (
        f"my father is not breathing, {WORDS[n % len(WORDS)]} {'abcdefghijklmnopqrstuvwxyz'[n % 26] * (1 + n // 26)}"
    )


TAKEN: list[Said] = ["I need groceries for two, 14 Oak St", (BEN, "CLAIM 1")]
ATTACKS: dict[str, list[Said]] = {
    "20 long texts of danger": [f"{danger(n)} {LONG}"[:1600] for n in range(20)],
    "200 texts of danger": [danger(n) for n in range(200)],
    "danger and NEVERMIND in turn": [danger(n) if n % 2 == 0 else f"NEVERMIND {n // 2 + 1}" for n in range(80)],
    "danger with emoji": [f"{danger(n)} {'🔥🚑😱' * 20}" for n in range(60)],
    "100 needs": [f"I need groceries for {n + 2}, {n + 1} Oak St" for n in range(100)],
    "the same words of danger": ["my father is not breathing"] * 60,
    "long words to the other side": [*TAKEN, *[f"{n} then left at {WORDS[n % 7]} {'🏠🏡' * 700}" for n in range(60)]],
    "danger in a match": [*TAKEN, *[f"{danger(n)} {LONG}"[:1600] for n in range(60)]],
    "a volunteer who takes and drops": [*TAKEN, *[(BEN, f"{'CLAIM' if n % 2 else 'DROP'} 1") for n in range(100)]],
    "a little of all": [
        words
        for n in range(25)
        for words in (
            danger(n),
            f"need a ride for {n + 2} at {n + 1} Elm St",
            "LIST",
            f"{danger(n + 40)} {LONG}"[:1600],
        )
    ],
}


@dataclass
class Outcome:
    """How long others waited, in seconds; None for somebody who got nothing in time."""

    emergency: float | None
    hello: float | None
    alarms: int  # segments of alarms queued because of the flood


class Flood:
    """One hotline under one phone's texts, and the two people who need it meanwhile."""

    def __init__(self, line: Lanes, day: int = 0) -> None:
        self.line = line
        self.sids = day * 1_000_000
        self.asked: dict[str, float] = {}
        self.began = line.clock.now()
        self.eva, self.tom = f"+1312555{day:04}", f"+1415555{day:04}"
        line.carrier.came.clear()

    @property
    def now(self) -> float:
        return (self.line.clock.now() - self.began).total_seconds()

    def say(self, sender: str, words: str) -> None:
        self.sids += 1
        self.asked.setdefault(sender, self.now)
        self.line.hotline.receive(Heard(f"SM{self.sids:032x}", Channel.SMS, sender, fakes.LINE, words)).result()

    def text(self, words: Said) -> None:
        """The next text of the flood."""
        self.say(*((ANA, words) if isinstance(words, str) else words))

    def waited(self, phone: str) -> float | None:
        """How long somebody waited for their first answer."""
        ahead = (self.began - MORNING).total_seconds()
        came = (at - ahead for at, text in self.line.carrier.came if text.to == phone)
        return next((at - self.asked[phone] for at in came), None)

    def play(self, texts: Sequence[Said], every: float, then: float) -> Outcome:
        """One phone sends these texts; after so many seconds Eva is in danger and Tom says hello."""
        waiting, due = list(texts), 0.0
        while waiting and due <= then:
            if due <= self.now:
                self.text(waiting.pop(0))
                due += every
            else:
                self.line.pass_by(0.5, 0.5)
        self.line.hotline.sender.drain()
        while self.now < then:
            self.line.pass_by(0.5, 0.5)
        self.say(self.eva, "my son is not breathing")
        self.say(self.tom, "hello")
        until = self.now + 240
        while (self.waited(self.eva) is None or self.waited(self.tom) is None) and self.now < until:
            if waiting and due <= self.now:
                self.text(waiting.pop(0))
                due += every
            self.line.pass_by(0.5, 0.5)
        return Outcome(self.waited(self.eva), self.waited(self.tom), sum(row.segments for row in self.alarms()))

    def alarms(self) -> list[Outbound]:
        """The alarms that the flood caused, whether they have left or not."""
        alarm = col(Outbound.phrase).startswith("duty_emergency"), Outbound.created_at >= self.began
        query = select(Outbound).where(col(Outbound.to).in_(DUTY), *alarm).order_by(col(Outbound.id))
        rows = self.line.hotline.database.read(lambda s: list(s.exec(query)))
        return [row for row in rows if "my son is not" not in row.body]


def holds(name: str, outcome: Outcome) -> None:
    print(f"\n{name}: emergency {outcome.emergency} s, hello {outcome.hello} s, alarms {outcome.alarms} segments")  # noqa: T201
    assert outcome.emergency is not None
    assert outcome.emergency <= EMERGENCY_WITHIN
    assert outcome.hello is not None
    assert outcome.hello <= REPLY_WITHIN


@pytest.mark.parametrize("name", ["20 long texts of danger", "a little of all"])
def test_one_phone_does_not_delay_anothers_first_answer(line: Lanes, name: str) -> None:
    holds(name, Flood(line).play(ATTACKS[name][:40], every=0, then=1))


@pytest.mark.campaign
@pytest.mark.parametrize("then", [1, 20, 90])
@pytest.mark.parametrize("every", [0, 0.5, 2])
@pytest.mark.parametrize("name", ATTACKS)
def test_no_flood_from_one_phone_delays_anothers_first_answer(
    line: Lanes, name: str, every: float, then: float
) -> None:
    holds(f"{name}, one every {every} s, others after {then} s", Flood(line).play(ATTACKS[name], every, then))


PIECES = st.one_of(
    st.integers(0, 50).map(danger),
    st.integers(0, 50).map(lambda n: f"{danger(n)} {LONG}"[:1600]),
    st.integers(1, 5).map(lambda n: f"NEVERMIND {n}"),
    st.integers(1, 50).map(lambda n: f"I need groceries for {n}, {n} Oak St"),
    st.sampled_from(["LIST", "HELP", "STATUS", "PERSON", "hello", "JOIN", "1", "2", "🔥" * 300, "what do you do?"]),
    st.tuples(st.just(BEN), st.sampled_from(["CLAIM 1", "DROP 1", "@1 " + "🚑" * 500, "OMW 1", "LIST"])),
)


@pytest.mark.parametrize("examples", [pytest.param(2, id="short"), pytest.param(60, marks=pytest.mark.campaign)])
def test_whatever_one_phone_sends_the_bounds_hold(line: Lanes, examples: int) -> None:
    """One after the other on the same line, a day apart; Eva and Tom are others each time."""
    begin = [0]

    @settings(max_examples=examples, suppress_health_check=[HealthCheck.too_slow])
    @given(st.lists(PIECES, min_size=10, max_size=80), st.sampled_from([0, 0.5, 1.5]), st.sampled_from([1, 7, 40]))
    def play(texts: list[Said], every: float, then: float) -> None:
        begin[0] += 1
        line.clock.advance(timedelta(days=1))
        line.pass_by(4, 1)
        holds("a day", Flood(line, begin[0]).play(texts, every, then))

    play()


@pytest.mark.parametrize("others", [pytest.param(8, id="short"), pytest.param(60, marks=pytest.mark.campaign)])
def test_several_in_danger_at_once_wait_two_seconds_more_for_each(line: Lanes, others: int) -> None:
    flood = Flood(line)
    for n in range(others):
        flood.say(f"+1617555{n:04}", "my father is not breathing")
        if n % 3 == 0:
            flood.say(ANA, danger(n))
    flood.say(flood.eva, "my son is not breathing")
    flood.say(flood.tom, "hello")
    line.pass_by(EMERGENCY_WITHIN + FOR_EACH_OTHER * (others + 1), 1)
    waited = flood.waited(flood.eva)
    print(f"\n{others + 1} others in danger: emergency {waited} s")  # noqa: T201
    assert waited is not None
    assert waited <= EMERGENCY_WITHIN + FOR_EACH_OTHER * (others + 1)
