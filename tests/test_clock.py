"""Clocks that jump, clocks that differ, and the nights on which a local hour is missing or comes twice."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import cycle
from typing import NamedTuple

import pytest
from sqlmodel import col, select

from app.clock import Clock
from app.hotline import Hotline
from app.inbound import tick
from handlers import phrasebook
from models import lines, requests
from models.delivery.outbound import Outbound
from models.delivery.outbound import State as TextState
from models.inbound import Heard
from models.lines import Channel
from models.offers import Offer
from models.store.session import Session
from tests import fakes, neighbors
from tests.fakes import LINE, MORNING, Recorder, StillClock
from tests.world import ANA, DEE, World

EVA, GUS = "+12025550105", "+12025550107"
HELPERS = {"Ben": "+12025550102", "Caro": "+12025550103", "Gus": GUS, "Hal": "+12025550108", "Ida": "+12025550109"}
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
GAP = 45 * MINUTE
AWAY_ENDS = 7 * MINUTE + 3 * HOUR
SKEW = timedelta(seconds=7)

EDGES = {  # minutes before an edge, in UTC
    "spring in New York": (datetime(2026, 3, 8, 6, 50, tzinfo=UTC), "America/New_York"),
    "autumn in New York": (datetime(2026, 11, 1, 5, 50, tzinfo=UTC), "America/New_York"),
    "half an hour back on Lord Howe": (datetime(2026, 4, 4, 14, 50, tzinfo=UTC), "Australia/Lord_Howe"),
    "half an hour ahead on Lord Howe": (datetime(2026, 10, 3, 15, 20, tzinfo=UTC), "Australia/Lord_Howe"),
    "midnight in India": (datetime(2026, 3, 3, 18, 25, tzinfo=UTC), "Asia/Kolkata"),
}


class JumpingClock(StillClock):
    """A clock that somebody sets, forward or back, at once or when it is next looked at for the nth time."""

    def __init__(self, at: datetime = MORNING) -> None:
        super().__init__(at)
        self._planned: tuple[int, timedelta] | None = None

    def jump(self, by: timedelta, *, after_looks: int = 0) -> None:
        if after_looks:
            self._planned = (after_looks, by)
        else:
            self.at += by

    def now(self) -> datetime:
        if self._planned is not None:
            left, by = self._planned
            self._planned = (left - 1, by) if left > 1 else None
            if left == 1:
                self.at += by
        return super().now()


class Happened(NamedTuple):
    """A text that was queued, and how long after the story's beginning."""

    after: timedelta
    phrase: str
    person_id: int


@pytest.fixture
def clock() -> JumpingClock:
    return JumpingClock()


def populate(hotline: Hotline, zone: str = "America/New_York", **rules: object) -> None:
    """Five volunteers, somebody on duty, waves of one, and no quiet hours: the story is the same at any hour."""

    def work(session: Session) -> None:
        line = lines.all_lines(session)[0]
        line.timezone = zone
        line.rules = {**line.rules, "waves": [1, 1, 10], "gap_today": GAP // MINUTE, "quiet_from": 8, **rules}
        session.add(line)
        for name, number in HELPERS.items():
            neighbors.add(
                session, line, Channel.SMS, number, hotline.clock.now(), name=name, helper=True, language="en"
            )
        neighbors.add(session, line, Channel.SMS, DEE, hotline.clock.now(), name="Dee", duty=True, language="en")

    hotline.database.write(work).result()
    hotline.tick()  # the line's timers say themselves when they are due


def say(hotline: Hotline, who: str, words: str) -> None:
    hotline.receive(Heard(f"SM{who}{words}{hotline.clock.now()}", Channel.SMS, who, LINE, words)).result()


def queued(hotline: Hotline) -> list[Outbound]:
    return hotline.database.read(lambda s: list(s.exec(select(Outbound).order_by(col(Outbound.id)))))


def wait(processes: Iterator[Hotline], hotline: Hotline, until: datetime, early: timedelta) -> None:
    """Let time pass. A moment before anything is due nothing happens; when it is due, it happens once."""
    while (due := hotline.database.read(tick.next_due)) is not None and due <= until:
        hotline.clock.advance(due - early - SECOND - hotline.clock.now())
        assert [next(processes).tick() for _ in range(2)] == [0, 0]
        hotline.clock.advance(due - hotline.clock.now())
        assert sum(next(processes).tick() for _ in range(2)) >= 1
    hotline.clock.advance(until - hotline.clock.now())


def story(*hotlines: Hotline, early: timedelta = timedelta(0)) -> list[Happened]:
    """A request from its waves to the receipt nobody gives, a question nobody answers, somebody away."""
    hotline, processes = hotlines[0], cycle(hotlines)
    began = hotline.clock.now()
    for at, who, words in [
        (0, ANA, "Need groceries for two near Oak St"),
        (5, EVA, "I need help"),
        (7, GUS, "AWAY 3H"),
        (100, HELPERS["Ben"], "CLAIM 1"),
        (110, HELPERS["Ben"], "DONE 1"),
    ]:
        wait(processes, hotline, began + at * MINUTE, early)
        say(next(processes), who, words)
    wait(processes, hotline, began + 40 * HOUR, early)
    return [Happened(text.created_at - began, text.phrase, text.person_id) for text in queued(hotline)]


def on(database_url: str, at: datetime, zone: str) -> Hotline:
    running = Hotline(fakes.settings(database_url), carrier=Recorder(), clock=JumpingClock(at))
    running.prepare()
    populate(running, zone)
    return running


PLAIN: list[tuple[int, str]] = [
    (0, "got_it"),
    (5, "ask_need"),
    (7, "away_until"),
    (25, "got_it"),
    (45, "still_looking"),
    (70, "still_looking"),
    (100, "claim_yours"),
    (100, "claimed"),
    (110, "done_thanks"),
    (110, "did_you_get_it"),
    (290, "receipt_reminder"),
    (290 + 24 * 60, "duty_unconfirmed"),
]


@pytest.mark.parametrize("edge", EDGES)
def test_an_hour_that_is_missing_or_comes_twice_changes_nothing(database_url: str, edge: str) -> None:
    hotline = on(database_url, *EDGES[edge])
    told = story(hotline)
    hotline.stop()
    once = [(t.after // MINUTE, t.phrase) for t in told if t.phrase in {phrase for _, phrase in PLAIN}]
    assert once == PLAIN
    gus = next(t.person_id for t in told if t.phrase == "away_until")
    asked_gus = [t.after for t in told if t.phrase == "offer" and t.person_id == gus and t.after > 7 * MINUTE]
    assert asked_gus
    assert min(asked_gus) >= AWAY_ENDS
    assert max(Counter((t.phrase, t.person_id, t.after) for t in told if t.phrase != "offer").values()) == 1


@pytest.mark.parametrize(
    ("moment", "zone", "shown"),
    [
        ("2026-03-08T06:59", "America/New_York", "Sun 1:59 AM"),
        ("2026-03-08T07:00", "America/New_York", "Sun 3:00 AM"),
        ("2026-11-01T05:59", "America/New_York", "Sun 1:59 AM"),
        ("2026-11-01T06:00", "America/New_York", "Sun 1:00 AM"),
        ("2026-11-01T07:00", "America/New_York", "Sun 2:00 AM"),
        ("2026-04-04T14:59", "Australia/Lord_Howe", "Sun 1:59 AM"),
        ("2026-04-04T15:00", "Australia/Lord_Howe", "Sun 1:30 AM"),
        ("2026-10-03T15:29", "Australia/Lord_Howe", "Sun 1:59 AM"),
        ("2026-10-03T15:30", "Australia/Lord_Howe", "Sun 2:30 AM"),
        ("2026-03-03T18:30", "Asia/Kolkata", "Wed 12:00 AM"),
        ("2026-03-03T18:29", "Asia/Kolkata", "Tue 11:59 PM"),
    ],
)
def test_people_see_the_clock_on_their_wall(moment: str, zone: str, shown: str) -> None:
    at = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    assert phrasebook.book("en").time(at, zone) == shown


@pytest.mark.parametrize(
    ("edge", "until"),
    [
        ("spring in New York", "today 5:50 AM"),  # 1:50 AM and three hours
        ("autumn in New York", "today 3:50 AM"),
        ("half an hour back on Lord Howe", "today 4:20 AM"),
        ("half an hour ahead on Lord Howe", "today 5:20 AM"),
        ("midnight in India", "Wed 2:55 AM"),
    ],
)
def test_away_for_three_hours_is_three_hours(database_url: str, edge: str, until: str) -> None:
    hotline = on(database_url, *EDGES[edge])
    say(hotline, GUS, "AWAY 3H")
    (text,) = queued(hotline)
    hotline.stop()
    assert until in text.body


@pytest.mark.parametrize("skew", [SKEW, -SKEW])
def test_two_processes_whose_clocks_differ_tell_one_story(database_url: str, skew: timedelta) -> None:
    one = on(database_url, MORNING, "America/New_York")
    other = Hotline(fakes.settings(database_url), carrier=Recorder(), clock=Apart(one.clock, skew))
    told = story(one, other, early=SKEW)
    one.stop()
    other.stop()
    once = [(round(t.after / MINUTE), t.phrase) for t in told if t.phrase in {phrase for _, phrase in PLAIN}]
    assert once == PLAIN
    late = [abs(t.after - round(t.after / MINUTE) * MINUTE) for t in told]
    assert max(late) <= 4 * SKEW  # each wave may add what the two clocks differ by


class Apart(StillClock):
    """Another machine's clock, some seconds off."""

    def __init__(self, of: Clock, by: timedelta) -> None:
        super().__init__()
        self._of, self._by = of, by

    def now(self) -> datetime:
        return self._of.now() + self._by


@pytest.mark.parametrize("by", [HOUR, -HOUR], ids=["forward", "back"])
def test_a_clock_that_jumps_during_work_sends_nothing_twice(world: World, clock: JumpingClock, by: timedelta) -> None:
    populate(world.hotline, reply_limit=0, rate_sms=1000.0)
    for looks in range(1, 9):
        asker = f"+130355501{looks:02}"
        clock.jump(by, after_looks=looks)
        say(world.hotline, asker, "Need groceries for two near Oak St")
        world.drain()
        clock.jump(-by, after_looks=looks)
        world.drain(after=GAP + HOUR)
        world.hotline.tick()
        world.drain(after=MINUTE)
    offered = world.hotline.database.read(lambda s: Counter(s.exec(select(Offer.request_id, Offer.person_id))))
    texts = queued(world.hotline)
    offers = Counter((t.request_id, t.person_id) for t in texts if t.phrase == "offer")
    assert offers == offered
    assert set(offers.values()) == {1}
    posted = Counter((fields["To"], fields["Body"]) for fields in world.twilio.asked)
    assert set(posted.values()) == {1}
    unposted = [t for t in texts if (t.to, t.body) not in posted]
    assert {t.state for t in unposted} <= {TextState.EXPIRED}


def test_a_clock_set_back_comes_past_the_same_due_time_again(hotline: Hotline, clock: JumpingClock) -> None:
    populate(hotline)
    say(hotline, ANA, "Need groceries for two near Oak St")
    clock.advance(GAP)
    assert hotline.tick() == 1
    clock.jump(-GAP)

    def asked_again(session: Session) -> None:
        requests.schedule(session, requests.by_id(session, 1), clock.now() + GAP)

    hotline.database.write(asked_again).result()
    clock.jump(GAP + MINUTE)
    assert hotline.tick() == 1
    assert Counter(t.phrase for t in queued(hotline))["offer"] == len(HELPERS) + 1


def test_a_clock_set_back_keeps_nobody_waiting(world: World, clock: JumpingClock) -> None:
    populate(world.hotline, rate_sms=1.0)
    for n in range(6):
        say(world.hotline, ANA, f"STATUS {n}")
    world.drain()
    before = len(world.twilio.sent)
    clock.jump(-HOUR)
    say(world.hotline, ANA, "MINE")
    say(world.hotline, ANA, "where is my insulin, 14 Oak St")
    world.put(EVA, "hello")
    for _ in range(10):
        world.drain(after=timedelta(seconds=6))
    assert {text.fields["To"] for text in world.twilio.sent[before:]} >= {ANA, EVA}
