"""Several help with one request: whatever they say, in whatever order, no place is filled twice and none is lost."""

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlmodel import col, select

from app.hotline import Hotline
from app.simulator import sandbox, timelapse
from app.simulator.sandbox import Databases, Recorder, StillClock
from models import lines, requests
from models.assignments import Assignment
from models.assignments import State as Holding
from models.delivery.outbound import Outbound
from models.inbound import Heard
from models.lines import Channel
from models.offers import PENDING, Offer
from models.requests import Request, State
from models.store.session import Session
from tests import fakes, neighbors
from tests.fakes import LINE

ANA, DUTY = "+12025550101", "+12025550104"
HELPERS = {name: f"+12025550{n}" for n, name in enumerate(("Ben", "Caro", "Gus", "Hal", "Ida", "Joe"), 110)}
START = datetime.fromisoformat("2026-03-03T15:00+00:00")
TAKES = ("claim_yours", "assigned_you")
LETS_GO = ("dropped", "given_back", "lapsed", "moved_on", "withdrawn_helper", "closed_helper", "done_thanks",
           "done_already", "receipt_yes_helper", "they_say_nobody_came", "stopped", "started")  # fmt: skip


class Street(RuleBasedStateMachine):
    """Ana asks for three people; six could come, and one is on duty."""

    databases: Databases

    @initialize()
    def begin(self) -> None:
        self.stack = ExitStack()
        address = self.stack.enter_context(self.databases.fresh())
        self.hotline = Hotline(sandbox.settings(address), carrier=Recorder(), clock=StillClock(START))
        self.hotline.prepare()
        self.count = 0

        def people(session: Session) -> None:
            line = lines.all_lines(session)[0]
            for name, number in HELPERS.items():
                neighbors.add(session, line, Channel.SMS, number, START, name=name, helper=True)
            neighbors.add(session, line, Channel.SMS, DUTY, START, name="Dee", duty=True)

        self.hotline.database.write(people).result()
        self.say(ANA, "need 3 people to move a couch saturday morning at 88 river rd")
        timelapse.pass_time(self.hotline, timedelta(minutes=1))

    def teardown(self) -> None:
        self.hotline.stop()
        self.stack.close()

    def say(self, who: str, words: str) -> None:
        self.count += 1
        self.hotline.clock.advance(timedelta(seconds=20))
        self.hotline.receive(Heard(f"SM{self.count}", Channel.SMS, who, LINE, words)).result()

    def request(self) -> Request:
        return self.hotline.database.read(lambda s: requests.by_id(s, 1))

    @rule(
        name=st.sampled_from(sorted(HELPERS)),
        words=st.sampled_from(["claim 1", "claim 1", "drop 1", "done 1", "pass 1"]),
    )
    def helper_says(self, name: str, words: str) -> None:
        self.say(HELPERS[name], words)

    @rule(
        words=st.sampled_from(
            ["need 2 more people", "can someone else also come", "2 people is enough", "status", "no"]
        )
    )
    def neighbor_says(self, words: str) -> None:
        self.say(ANA, words)

    @rule(name=st.sampled_from(sorted(HELPERS)))
    def duty_gives_it(self, name: str) -> None:
        self.say(DUTY, f"assign 1 {name}")

    @rule(words=st.sampled_from(["open 1", "show 1", "queue"]))
    def duty_says(self, words: str) -> None:
        self.say(DUTY, words)

    @rule(hours=st.integers(1, 40))
    def time_passes(self, hours: int) -> None:
        timelapse.pass_time(self.hotline, timedelta(hours=hours))

    @rule(name=st.sampled_from(sorted(HELPERS)))
    def one_stops(self, name: str) -> None:
        self.say(HELPERS[name], "stop")
        self.say(HELPERS[name], "start")

    @precondition(lambda self: self.count > 12)
    @rule(words=st.sampled_from(["nevermind 1", "done 1"]))
    def it_ends(self, words: str) -> None:
        self.say(ANA, words)

    @invariant()
    def every_place_is_somebodys(self) -> None:
        request = self.request()
        held = self.hotline.database.read(lambda s: list(s.exec(select(Assignment))))
        active = [each.person_id for each in held if each.state is Holding.ACTIVE]
        assert len(active) == len(set(active))
        assert request.helpers_have <= request.helpers_wanted
        match request.state:
            case State.CLAIMED:
                assert len(active) == request.helpers_have >= 1
                assert request.next_action_at is not None
                if request.has_room and request.needed_until and request.needed_until > self.hotline.clock.now():
                    assert request.next_wave_at is not None
            case State.DELIVERED:
                assert len(active) < request.helpers_have
            case _:
                assert active == []
        pending = self.hotline.database.read(
            lambda s: list(s.exec(select(Offer).where(col(Offer.state).in_(PENDING))))
        )
        assert not pending or request.has_room

    @invariant()
    def nobody_is_told_twice(self) -> None:
        texts = self.hotline.database.read(lambda s: list(s.exec(select(Outbound).order_by(col(Outbound.id)))))
        has = Counter[int]()
        for text in texts:
            if text.phrase in TAKES:
                has[text.person_id] += 1
            elif text.phrase in LETS_GO:
                has[text.person_id] = 0
            assert has[text.person_id] <= 1, (text.to, [t.phrase for t in texts if t.person_id == text.person_id])


@pytest.fixture(scope="module")
def empty() -> Iterator[Databases]:
    with sandbox.databases() as found:
        yield found


def test_no_place_is_filled_twice_or_lost(empty: Databases) -> None:
    run_state_machine_as_test(
        type("Street", (Street,), {"databases": empty}),
        settings=settings(
            max_examples=2,
            stateful_step_count=30,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_ten_claim_three_places_at_once(hotline: Hotline) -> None:
    numbers = [f"+1202555{n:04}" for n in range(130, 140)]
    now = hotline.clock.now()

    def people(session: Session) -> None:
        line = lines.all_lines(session)[0]
        for n, number in enumerate(numbers):
            neighbors.add(session, line, Channel.SMS, number, now, name=f"Helper{'abcdefghij'[n]}", helper=True)
        ana = neighbors.add(session, line, Channel.SMS, ANA, now)
        for _ in range(3):
            requests.create(
                session, line, person_id=ana.id, now=now, state=State.OPEN, needs=["repair"], helpers_wanted=3,
                place="14 oak st", code_word="lamp", next_action_at=now + timedelta(hours=1),
            )  # fmt: skip

    hotline.database.write(people).result()
    other = Hotline(fakes.settings(hotline.settings.database_url), carrier=Recorder(), clock=StillClock(now))
    try:
        for number in (1, 2, 3):
            said = [
                each.receive(Heard(uuid4().hex, Channel.SMS, who, LINE, f"claim {number}"))
                for pair in zip(numbers[::2], numbers[1::2], strict=True)
                for each, who in zip((hotline, other), pair, strict=True)
            ]
            for one in said:
                one.result()
    finally:
        other.stop()

    def look(session: Session) -> None:
        for number in (1, 2, 3):
            request = requests.by_id(session, number)
            active = session.exec(select(Assignment).where(Assignment.request_id == number))
            assert [each.state for each in active] == [Holding.ACTIVE] * 3
            assert (request.state, request.helpers_have, request.has_room) == (State.CLAIMED, 3, False)
            said = Counter(session.exec(select(Outbound.phrase).where(Outbound.request_id == number)))
            assert said["claim_yours"] == 3
            assert said["claim_crew_full"] == 7
            assert said["claimed_all"] == 1
            assert said["crew_full"] == 2

    hotline.database.read(look)
