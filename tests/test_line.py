"""The line of what can wait, whatever happens: places only get better, and nobody is passed or lost."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from itertools import count, pairwise
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import col, select

from app.carriers.simulator import Simulator
from app.hotline import Hotline
from app.simulator import sandbox, timelapse
from app.simulator.sandbox import Databases, StillClock
from handlers.asking import brake, in_line
from handlers.asking.brake import Hold
from handlers.turn import Context
from models import admission, lines, people, requests, surges
from models.inbound import Heard
from models.lines import Channel
from models.requests import Event, Request, State, Urgency
from models.store.session import Session
from models.surges import Tap
from tests.besieged import ON_DUTY, VOLUNTEERS, Besieged, phone
from tests.fakes import MORNING

DEE = ON_DUTY[0]
HOUR = timedelta(hours=1)
DEEDS = st.one_of(
    st.just(("ask", 0)),
    st.just(("ask", 0)),
    st.just(("urgent", 0)),
    st.tuples(st.sampled_from(("nevermind", "claim", "cannot wait", "status")), st.integers(0, 9)),
    st.tuples(st.just("tap"), st.integers(0, 5)),
    st.tuples(st.just("hours"), st.sampled_from((1, 6, 14))),
    st.sampled_from((("pause", 0), ("resume", 0))),
)
TAPS = ("TAP OPEN", "TAP CLOSE", "TAP CLOSE", "TAP AUTO", "TAP 3", "let in 1 a day")


@pytest.fixture(scope="module")
def places() -> Iterator[Databases]:
    with sandbox.databases() as found:
        yield found


class Life:
    """A line of which duty turns the tap, and what must be true after each deed."""

    places_seen: ClassVar[int] = 0

    def __init__(self, url: str) -> None:
        self.hotline = Hotline(
            sandbox.settings(url, hotline_burst_seconds=0), carrier=Simulator(), clock=StillClock(MORNING)
        )
        self.hotline.prepare()
        self.line, self.n = Besieged(self.hotline), count(0)
        self.hotline.database.write(self._people).result()
        self.line.rule(brake_requests=0, daily_ceiling="", duty_again=100_000, waves=[1], answers_per_day=0)
        self.best: dict[int, int] = {}  # the best place of each so far

    def _people(self, session: Session) -> None:
        line, now = lines.all_lines(session)[0], MORNING
        for number in (DEE, *VOLUNTEERS[:4]):
            person = people.add(session, line, Channel.SMS, number, now, name="Vi", helper=True)
            person.on_duty_since = now if number == DEE else None
            session.add(person)

    def say(self, words: str, by: str) -> None:
        sid = f"SM{next(self.line.sids):032x}"
        self.hotline.receive(Heard(sid, Channel.SMS, by, sandbox.LINE, words)).result()

    def do(self, deed: str, n: int) -> None:
        if deed in ("ask", "urgent"):
            words = "URGENT: " if deed == "urgent" else ""
            self.say(f"{words}I need groceries, 14 Oak St", phone(next(self.n)))
            self.carry()
        elif deed == "tap":
            self.say(TAPS[n], DEE)
        elif deed == "hours":
            timelapse.pass_time(self.hotline, n * HOUR, together=timedelta(minutes=1))
        elif deed in ("pause", "resume"):
            self.say("PAUSE LINE UNTIL FRIDAY" if deed == "pause" else "RESUME LINE", DEE)
        elif (live := [r for r in self.requests() if r.state is State.OPEN]) and n < len(live):
            number = live[n].number
            said = {"nevermind": f"NEVERMIND {number}", "cannot wait": "1", "status": "STATUS"}
            if deed == "claim":
                self.say(f"CLAIM {number}", VOLUNTEERS[n % 4])
                self.say(f"DONE {number}", VOLUNTEERS[n % 4])
                self.say("1", phone(number - 1))
            else:
                self.say(said[deed], phone(number - 1))
                self.carry()

    def carry(self) -> None:
        """What is urgent is taken at once, lest all that happens is about that."""
        for request in self.requests():
            if request.state is State.OPEN and request.urgency is Urgency.URGENT:
                self.say(f"CLAIM {request.number}", VOLUNTEERS[0])
                self.say(f"DONE {request.number}", VOLUNTEERS[0])
                self.say("1", phone(request.number - 1))

    def requests(self) -> list[Request]:
        return self.hotline.database.read(
            lambda s: list(s.exec(select(Request).order_by(col(Request.id)))),
        )

    def look(self) -> None:
        def read(session: Session) -> list[tuple[Request, int]]:
            line = lines.all_lines(session)[0]
            return [(r, admission.place(session, r)) for r in admission.in_line(session, line)]

        waits = self.hotline.database.read(read)
        assert [place for _, place in waits] == list(range(1, len(waits) + 1))  # everybody has one of their own
        assert [r.queued_at for r, _ in waits] == sorted(r.queued_at for r, _ in waits if r.queued_at)
        for request, place in waits:
            assert request.urgency is not Urgency.URGENT
            assert request.wave == 0
            assert place <= self.best.get(request.number, place)  # nobody comes ahead of anybody
            self.best[request.number] = place
        Life.places_seen += len(waits)
        everybody = self.requests()
        assert all(r.next_action_at is not None for r in everybody if r.state is State.OPEN)  # nobody is lost
        turned = [r for r in everybody if r.queued_at and r.turn_at and r.urgency is not Urgency.URGENT and r.wave]
        turned = [r for r in turned if not self._claimed_in_line(r)]
        turned.sort(key=lambda r: (r.queued_at, r.number))
        assert all(a.turn_at <= b.turn_at for a, b in pairwise(turned) if a.turn_at and b.turn_at)  # first come

    def _claimed_in_line(self, request: Request) -> bool:
        """Whether somebody took it off the list while it waited: it may come back at any time."""
        kinds = self.hotline.database.read(
            lambda s: list(s.exec(select(Event.kind).where(Event.request_id == request.id).order_by(col(Event.id))))
        )
        return "claimed" in kinds and (("turn" not in kinds) or kinds.index("claimed") < kinds.index("turn"))


@settings(max_examples=3, deadline=None, suppress_health_check=list(HealthCheck))
@given(deeds=st.lists(DEEDS, min_size=6, max_size=10))
def test_places_only_get_better_and_nobody_is_passed_or_lost(places: Databases, deeds: list[tuple[str, int]]) -> None:
    with places.fresh() as url:
        life = Life(url)
        try:
            life.do("tap", 1)
            for deed, n in deeds:
                life.do(deed, n)
                life.look()
            life.do("resume", 0)
            life.do("tap", 0)
            life.do("hours", 1)  # whoever still waits is asked about
            assert not [r.number for r in life.requests() if r.in_line]
        finally:
            life.hotline.stop()


@pytest.fixture
def line(hotline: Hotline) -> Besieged:
    found = Besieged(hotline)
    found.people()
    found.rule(rate_sms=1e6, brake_requests=0, waves=[1], gap_today=240)
    return found


def ask(line: Besieged, many: int, *, since: int = 0) -> None:
    for n in range(since, since + many):
        line.say(f"I need groceries for two, {n + 1} Oak St", by=phone(n))


def context(hotline: Hotline, session: Session) -> Context:
    return Context(session, lines.all_lines(session)[0], hotline.clock.now())


def by_hands(line: Besieged, per_day: float, tap: Tap = Tap.AUTO) -> None:
    """What hands carry is known, and the line is on."""

    def work(session: Session) -> None:
        row = surges.of_line(session, lines.all_lines(session)[0])
        row.tap, row.carried, row.claims = tap, round(100 * per_day), 100
        row.queued_since = row.measured_at = row.turn_at = line.hotline.clock.now()
        session.add(row)

    line.hotline.database.write(work).result()


def test_two_processes_let_out_as_many_as_there_is_room_for(line: Besieged) -> None:
    url, clock = line.hotline.settings.database_url, line.hotline.clock
    other = Hotline(line.hotline.settings, carrier=line.hotline.carrier, clock=clock)
    assert other.settings.database_url == url
    line.rule(queue_days=1)
    try:
        for turn in range(4):
            by_hands(line, 7.0, tap=Tap.CLOSED)
            ask(line, 12, since=12 * turn)
            by_hands(line, 7.0)
            with ThreadPoolExecutor(2) as pool:
                for done in [pool.submit(_round, each) for each in (line.hotline, other)]:
                    done.result()
            mine = line.requests()[12 * turn :]
            assert [r.number for r in mine if r.turn_at] == [r.number for r in mine[:7]]  # the first, and no more
            for request in mine:
                line.say(f"NEVERMIND {request.number}", by=phone(request.number - 1))
    finally:
        other.stop()


def _round(hotline: Hotline) -> None:
    def work(session: Session) -> None:
        list(in_line.act(context(hotline, session)))

    hotline.database.write(work).result()


def test_whoever_joins_as_the_line_ends_is_asked_about(line: Besieged) -> None:
    line.say("TAP CLOSE", by=DEE)
    ask(line, 1)

    def ended(session: Session) -> None:
        row = surges.of_line(session, lines.all_lines(session)[0])
        row.queued_since, row.tap = None, Tap.AUTO
        session.add(row)

    line.hotline.database.write(ended).result()
    line.later(days=1, hours=1)
    (request,) = line.requests()
    assert request.wave
    assert "asking_now" in line.phrases(phone(0))


@pytest.mark.parametrize(
    ("rules", "paused", "why"),
    [
        ({}, False, Hold.QUEUE),
        ({"daily_ceiling": "0.000001"}, False, Hold.QUEUE),  # "tomorrow" would be too soon
        ({"brake_requests": 1}, False, Hold.QUEUE),
        ({}, True, Hold.PAUSE),
    ],
)
def test_which_reason_comes_first(line: Besieged, rules: dict[str, object], paused: bool, why: Hold) -> None:
    line.say("TAP CLOSE", by=DEE)
    line.send()
    line.rule(**rules)
    if paused:
        line.say("PAUSE LINE UNTIL FRIDAY", by=DEE)
    ask(line, 3)
    phrase = {Hold.QUEUE: "got_it_queue_closed", Hold.PAUSE: "got_it_paused"}[why]
    assert [line.phrases(phone(n)) for n in range(3)] == [[phrase]] * 3
    assert all(request.in_line for request in line.requests())
    assert not line.texts("duty_surge", "duty_surge_words", to=DEE)
    line.say("my husband has chest pain, 3 Oak St", by=phone(50))
    line.say("URGENT: baby formula, 4 Oak St", by=phone(51))
    assert not any(request.in_line for request in line.requests()[3:])


def test_what_hands_carry_says_how_long_it_takes_and_a_free_hand_lets_pass(line: Besieged) -> None:
    by_hands(line, 4.0)
    ask(line, 4)
    assert [line.phrases(phone(n)) for n in range(4)] == [["got_it"]] * 4  # a day's work is out at a time
    ask(line, 3, since=4)
    assert [line.phrases(phone(n)) for n in (4, 5, 6)] == [["got_it_queue"]] * 3

    def turns(session: Session) -> list[datetime]:
        words = session.exec(select(Event.words).where(Event.kind == "turn_told").order_by(col(Event.id)))
        return [datetime.fromisoformat(each) for each in words if each]

    first, second, third = line.hotline.database.read(turns)
    waking = lines.waking(line.hotline.database.read(lambda s: lines.all_lines(s)[0]))
    assert waking.between(line.hotline.clock.now(), first) == pytest.approx(13 * HOUR / 4, abs=timedelta(minutes=1))
    assert waking.between(first, second) == pytest.approx(13 * HOUR / 4, abs=timedelta(minutes=1))
    assert first < second < third


def test_a_line_without_a_history_and_one_that_wants_none_never_forms(line: Besieged) -> None:
    ask(line, 12)
    line.later(hours=30)
    assert not any(request.queued_at for request in line.requests())
    line.rule(queue_days=0, queue_claims=1)
    by_hands(line, 1.0)
    line.later(hours=1)
    ask(line, 1, since=20)
    assert not line.requests()[-1].queued_at
    assert line.hotline.database.read(lambda s: brake.queue(context(line.hotline, s), requests.by_id(s, 1))) is None
