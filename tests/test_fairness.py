"""One phone cannot take the answer from another: what it may text at its worst, and how long others then wait.

A number at a segment a second, two on duty, thirty volunteers. One phone floods; then somebody else is in danger, a
third person says hello for the first time. `pytest -s` prints how long they waited.
Long forms: `pytest -m campaign -s tests/test_fairness.py`.
"""

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import col, select

from app.hotline import Hotline
from models import lines, people
from models.delivery.outbound import Outbound
from models.inbound import Heard
from models.lines import Channel
from models.store.session import Session
from tests import fakes
from tests.fakes import MORNING, StillClock
from tests.test_lanes import Lanes, Paced

ANA, EVA, TOM = "+12025550101", "+12025550105", "+12025550106"
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
        people.add(session, own, Channel.SMS, number, MORNING, name=f"Nel{n}", helper=True, duty=number in DUTY)


def danger(n: int) -> str:
    """Danger, in other words each time."""
    return (
        f"my father is not breathing, {WORDS[n % len(WORDS)]} {'abcdefghijklmnopqrstuvwxyz'[n % 26] * (1 + n // 26)}"
    )


ATTACKS: dict[str, list[str]] = {
    "20 long texts of danger": [f"{danger(n)} {LONG}"[:1600] for n in range(20)],
    "200 texts of danger": [danger(n) for n in range(200)],
    "danger and NEVERMIND in turn": [danger(n) if n % 2 == 0 else f"NEVERMIND {n // 2 + 1}" for n in range(80)],
    "danger with emoji": [f"{danger(n)} {'🔥🚑😱' * 20}" for n in range(60)],
    "100 needs": [f"I need groceries for {n + 2}, {n + 1} Oak St" for n in range(100)],
    "the same words of danger": ["my father is not breathing"] * 60,
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

    def __init__(self, line: Lanes) -> None:
        self.line = line
        self.sids = 0
        self.asked: dict[str, float] = {}

    @property
    def now(self) -> float:
        return (self.line.clock.now() - MORNING).total_seconds()

    def say(self, sender: str, words: str) -> None:
        self.sids += 1
        self.asked.setdefault(sender, self.now)
        self.line.hotline.receive(Heard(f"SM{self.sids:032x}", Channel.SMS, sender, fakes.LINE, words)).result()

    def waited(self, phone: str) -> float | None:
        """How long somebody waited for their first answer."""
        return next((at - self.asked[phone] for at, text in self.line.carrier.came if text.to == phone), None)

    def play(self, texts: list[str], every: float, then: float) -> Outcome:
        """One phone sends these texts; after so many seconds Eva is in danger and Tom says hello."""
        waiting, due = list(texts), 0.0
        while waiting and due <= then:
            if due <= self.now:
                self.say(ANA, waiting.pop(0))
                due += every
            else:
                self.line.pass_by(0.5, 0.5)
        self.line.hotline.sender.drain()
        while self.now < then:
            self.line.pass_by(0.5, 0.5)
        self.say(EVA, "my son is not breathing")
        self.say(TOM, "hello")
        until = self.now + 240
        while (self.waited(EVA) is None or self.waited(TOM) is None) and self.now < until:
            if waiting and due <= self.now:
                self.say(ANA, waiting.pop(0))
                due += every
            self.line.pass_by(0.5, 0.5)
        return Outcome(self.waited(EVA), self.waited(TOM), sum(row.segments for row in self.alarms(ANA)))

    def alarms(self, _: str) -> list[Outbound]:
        """The alarms that Ana caused, whether they have left or not."""
        query = select(Outbound).where(col(Outbound.to).in_(DUTY), col(Outbound.phrase).startswith("duty_emergency"))
        rows = self.line.hotline.database.read(lambda s: list(s.exec(query.order_by(col(Outbound.id)))))
        return [row for row in rows if "my son is not" not in row.body]


def holds(name: str, outcome: Outcome) -> None:
    print(f"\n{name}: emergency {outcome.emergency} s, hello {outcome.hello} s, alarms {outcome.alarms} segments")
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
