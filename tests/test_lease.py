"""A claim is a lease, whatever people do or do not do: dated, quiet at night, one question at a time, and it ends."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlmodel import col, select

from app.hotline import Hotline
from app.simulator import sandbox, timelapse
from app.simulator.sandbox import Databases, Recorder, StillClock
from handlers.helping import leasing
from handlers.turn import Context
from handlers.understanding.when.resolving import Needed
from models import assignments, lines, requests
from models.assignments import Assignment
from models.assignments import State as Holding
from models.delivery.outbound import Outbound
from models.inbound import Heard
from models.lines import Channel
from models.requests import Event, Request, State, Timing, Urgency
from models.store.session import Session
from tests import fakes, neighbors
from tests.fakes import LINE

ANA, BEN, CARO = "+12025550101", "+12025550102", "+12025550103"
NEW_YORK = ZoneInfo("America/New_York")
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
UNASKED = (  # what time says by itself
    "how_is_it", "how_is_it_words", "remind_helper", "remind_helper_words", "remind_neighbor", "not_confirmed",
    "no_word_yet", "did_they_come", "did_they_come_too", "helper_silent", "lapsed",
)  # fmt: skip
NUDGES = ("how_is_it", "how_is_it_words")


class Pair:
    """Ana, who waits, Ben, who may have it, and Caro, who could take it too."""

    def __init__(self, hotline: Hotline) -> None:
        self.hotline, self.count = hotline, 0
        hotline.database.write(self._helpers).result()

    def _helpers(self, session: Session) -> None:
        line, now = lines.all_lines(session)[0], self.hotline.clock.now()
        for number, name in ((BEN, "Ben"), (CARO, "Caro")):
            neighbors.add(session, line, Channel.SMS, number, now, name=name, helper=True)

    def say(self, who: str, words: str) -> None:
        self.count += 1
        self.hotline.clock.advance(timedelta(seconds=20))
        self.hotline.receive(Heard(f"SM{self.count}", Channel.SMS, who, LINE, words)).result()

    def wait(self, by: timedelta) -> None:
        timelapse.pass_time(self.hotline, by)

    def claimed(
        self, *, urgency: Urgency | None = None, named: Timing | None = None, at: datetime | None = None
    ) -> None:
        """Ana asks for groceries, at a time where one is named, and Ben takes it."""
        self.say(ANA, "need groceries for 2, 14 oak st")
        self.wait(timedelta(minutes=1))

        def change(session: Session) -> None:
            request = requests.by_id(session, 1)
            request.urgency = urgency
            request.needed_as, request.needed_from, request.needed_until = named, at, at
            session.add(request)

        self.hotline.database.write(change).result()
        self.say(BEN, "claim 1")

    def request(self) -> Request:
        return self.hotline.database.read(lambda s: requests.by_id(s, 1))

    def held(self) -> list[Assignment]:
        active = select(Assignment).where(Assignment.state == Holding.ACTIVE)
        return list(self.hotline.database.read(lambda s: s.exec(active)))

    def texts(self) -> list[Outbound]:
        return list(self.hotline.database.read(lambda s: s.exec(select(Outbound).order_by(col(Outbound.id)))))

    def said(self, *phrases: str) -> Counter[str]:
        return Counter(text.phrase for text in self.texts() if text.phrase in (phrases or UNASKED))

    def bodies(self, phrase: str) -> list[str]:
        return [text.body for text in self.texts() if text.phrase == phrase]


@pytest.fixture
def pair(hotline: Hotline) -> Pair:
    return Pair(hotline)


@pytest.fixture(scope="module")
def empty() -> Iterator[Databases]:
    with sandbox.databases() as found:
        yield found


EVENTS = st.one_of(
    st.integers(5, 30 * 60).map(lambda minutes: timedelta(minutes=minutes)),
    st.sampled_from(["Ben omw 1", "Ben 1", "Ben almost there", "Ben not sure i can make it", "Ben info 1"]),
    st.sampled_from(["Ana is he coming?", "Ana ring twice please", "Ana status", "Ben nothome 1"]),
)
STARTS = st.sampled_from([datetime(2026, m, d, tzinfo=NEW_YORK) for m, d in ((3, 7), (10, 31), (6, 3))])


@settings(max_examples=8, phases=[Phase.generate], suppress_health_check=list(HealthCheck), deadline=None)
@given(
    day=STARTS,
    hour=st.integers(0, 23),
    urgency=st.sampled_from([None, *Urgency]),
    named=st.sampled_from([None, Timing.AT, Timing.BEFORE, Timing.AFTER, Timing.WITHIN]),
    ahead=st.integers(1, 80),
    events=st.lists(EVENTS, max_size=7),
)
def test_whatever_happens_a_claim_is_dated_quiet_at_night_and_ends(
    empty: Databases,
    day: datetime,
    hour: int,
    urgency: Urgency | None,
    named: Timing | None,
    ahead: int,
    events: list[timedelta | str],
) -> None:
    start = day.replace(hour=hour).astimezone(UTC)
    with empty.fresh() as address:
        hotline = Hotline(sandbox.settings(address), carrier=Recorder(), clock=StillClock(start))
        hotline.prepare()
        try:
            pair = Pair(hotline)
            pair.claimed(urgency=urgency, named=named, at=start + ahead * HOUR if named else None)
            nudged = 0
            for event in events:
                if isinstance(event, timedelta):
                    pair.wait(event)
                else:
                    pair.say(ANA if event.startswith("Ana") else BEN, event.partition(" ")[2])
                    if event.startswith("Ben"):
                        nudged = pair.said(*NUDGES).total()
                _is_well(pair, nudged, urgency)
                if pair.request().state is not State.CLAIMED:
                    return
            silent = timedelta(0)
            while pair.request().state is State.CLAIMED and silent < ahead * HOUR + 5 * DAY:
                silent += 4 * HOUR
                pair.wait(4 * HOUR)
            assert pair.request().state is State.OPEN
            _is_well(pair, nudged, urgency)
        finally:
            hotline.stop()


def _is_well(pair: Pair, nudged: int, urgency: Urgency | None) -> None:
    request, held = pair.request(), pair.held()
    assert len(held) == (request.state is State.CLAIMED)
    if held:
        assert request.next_action_at is not None
        assert request.next_action_at > pair.hotline.clock.now() - timedelta(minutes=1)
        assert held[0].leased_until is not None
        assert pair.said(*NUDGES).total() <= nudged + 1
    if urgency is not Urgency.URGENT:
        for text in pair.texts():
            local = (text.not_before or text.created_at).astimezone(NEW_YORK)
            assert text.phrase not in UNASKED or 8 <= local.hour < 21, (text.phrase, local)


def at(day: int, hour: int) -> datetime:
    """In March, by the clock of the line."""
    return datetime(2026, 3, day, hour, tzinfo=NEW_YORK).astimezone(UTC)


def test_both_are_reminded_the_evening_before_and_before_the_hour_once_each(pair: Pair) -> None:
    pair.claimed(named=Timing.AT, at=at(5, 16))  # it is Tuesday, the third
    pair.wait(at(4, 17) - pair.hotline.clock.now())
    assert not pair.said()
    pair.wait(2 * HOUR)
    assert pair.said() == {"remind_helper": 1, "remind_neighbor": 1}
    pair.say(BEN, "1")
    pair.wait(at(5, 15) - pair.hotline.clock.now() - timedelta(minutes=1))
    assert pair.said() == {"remind_helper": 2, "remind_neighbor": 2}
    pair.say(BEN, "yes")
    pair.wait(at(5, 16) - pair.hotline.clock.now())
    assert pair.said() == {"remind_helper": 2, "remind_neighbor": 2}
    assert "Thu 4 PM" in pair.bodies("remind_neighbor")[0]


def test_the_neighbor_hears_before_the_hour_that_nobody_said_yes_and_then_whether_they_came(pair: Pair) -> None:
    pair.claimed(named=Timing.AT, at=at(3, 16))
    pair.wait(at(3, 15) - pair.hotline.clock.now() + timedelta(minutes=1))
    assert pair.said() == {"remind_helper": 1, "remind_neighbor": 1, "not_confirmed": 1}
    pair.wait(3 * HOUR)
    assert pair.said(*NUDGES, "did_they_come") == {"how_is_it": 1, "did_they_come": 1}
    assert pair.request().state is State.CLAIMED
    pair.say(ANA, "1")
    assert pair.request().state is State.CLOSED
    assert not pair.held()


@pytest.mark.parametrize(("answer", "state"), [("3", State.OPEN), ("2", State.DELIVERED), ("thanks!", State.CLOSED)])
def test_whether_they_came_is_the_neighbors_to_say(pair: Pair, answer: str, state: State) -> None:
    pair.claimed(named=Timing.AT, at=at(3, 14))
    pair.wait(at(3, 16) - pair.hotline.clock.now() + timedelta(minutes=10))
    pair.say(ANA, answer)
    assert pair.request().state is state
    assert not pair.held()


def test_after_another_time_was_named_both_are_reminded_anew(pair: Pair) -> None:
    pair.claimed(named=Timing.AT, at=at(3, 14))
    pair.wait(at(3, 13) - pair.hotline.clock.now() - HOUR / 2)
    assert pair.said("remind_neighbor").total() == 1

    def later(session: Session) -> None:
        context = Context(session, lines.all_lines(session)[0], pair.hotline.clock.now())
        ((held, _),) = [found for found in [assignments.on(session, requests.by_id(session, 1))] if found]
        assert leasing.set_time(context, held, requests.by_id(session, 1), Needed(Timing.AT, at(4, 10), at(4, 10)))

    pair.hotline.database.write(later).result()
    pair.wait(at(3, 18) - pair.hotline.clock.now() + HOUR)
    assert pair.said("remind_neighbor").total() == 2
    assert pair.said("how_is_it").total() == 0


def test_a_reminder_that_nothing_of_ours_sent_in_time_is_not_sent_late(pair: Pair) -> None:
    pair.claimed(named=Timing.AT, at=at(3, 14))
    pair.hotline.clock.advance(at(3, 14) - pair.hotline.clock.now() + HOUR / 2)
    pair.hotline.tick()
    assert not pair.said()


def test_after_days_without_power_a_claim_is_asked_about_before_it_lapses(pair: Pair) -> None:
    pair.claimed()
    pair.hotline.clock.advance(10 * DAY)
    pair.hotline.tick()
    assert pair.said() == {"how_is_it": 1}
    assert pair.request().state is State.CLAIMED


def test_by_night_what_was_due_by_day_waits_for_the_morning(pair: Pair) -> None:
    pair.claimed()
    pair.hotline.clock.advance(at(3, 23) - pair.hotline.clock.now())
    pair.hotline.tick()
    assert not pair.said()
    assert pair.request().next_action_at == at(4, 8)


def test_a_claim_from_before_there_were_leases_gets_a_fresh_one(pair: Pair) -> None:
    pair.claimed()

    def old(session: Session) -> None:
        found = assignments.on(session, requests.by_id(session, 1))
        assert found is not None
        assert assignments.change(session, found[0], heard_at=None, leased_until=None, taken_at=at(1, 9))
        requests.schedule(session, requests.by_id(session, 1), pair.hotline.clock.now())

    pair.hotline.database.write(old).result()
    pair.hotline.tick()
    assert not pair.said()
    assert pair.held()[0].leased_until == pair.hotline.clock.now() + 6 * HOUR


def test_two_that_look_at_the_clock_at_once_let_a_claim_lapse_once(pair: Pair, database_url: str) -> None:
    pair.claimed()
    pair.wait(6 * HOUR - timedelta(minutes=1))
    pair.hotline.clock.advance(timedelta(minutes=2))
    other = Hotline(fakes.settings(database_url), carrier=Recorder(), clock=pair.hotline.clock)
    with ThreadPoolExecutor(2) as both:
        list(both.map(lambda hotline: hotline.tick(), [pair.hotline, other]))
    other.stop()
    assert pair.said("lapsed", "helper_silent") == {"lapsed": 1, "helper_silent": 1}
    lapsed = pair.hotline.database.read(lambda s: len(s.exec(select(Event).where(Event.kind == "lapsed"))))
    assert lapsed == 1


def test_a_word_of_the_volunteer_wins_over_a_lapse_that_had_not_seen_it(pair: Pair) -> None:
    pair.claimed()
    seen = pair.held()[0]
    pair.wait(HOUR)
    pair.say(BEN, "the store is packed")

    def lapse(session: Session) -> bool:
        found = assignments.on(session, requests.by_id(session, 1))
        assert found is not None
        session.set_committed(found[0], heard_at=seen.heard_at)  # as another process had read it
        now = pair.hotline.clock.now()
        return assignments.end(session, found[0], Holding.LAPSED, now, unheard=True)

    assert not pair.hotline.database.write(lapse).result()
    assert len(pair.held()) == 1


def test_a_word_after_the_lapse_renews_nothing(pair: Pair) -> None:
    pair.claimed()

    def late(session: Session) -> bool:
        request, now = requests.by_id(session, 1), pair.hotline.clock.now()
        found = assignments.on(session, request)
        assert found is not None
        assert assignments.end(session, found[0], Holding.LAPSED, now)
        return leasing.renew(Context(session, lines.all_lines(session)[0], now + HOUR), found[0], request)

    assert not pair.hotline.database.write(late).result()
    assert not pair.held()
