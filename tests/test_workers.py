"""Processes that send know of each other who is alive, and one that is taken for dead and is not does no harm."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlmodel import select

from app.hotline import Hotline
from app.outbound.sender import LEASE_FOR, LEASE_MARGIN
from models.delivery import workers
from models.delivery.outbound import State
from models.delivery.workers import BEAT, DEAD_AFTER, FORGOTTEN_AFTER, Worker
from tests.fake_twilio import FakeTwilio, Mood
from tests.world import ANA, World

SECOND = timedelta(seconds=1)


def known(world: World) -> list[str]:
    return world.hotline.database.read(lambda s: list(s.exec(select(Worker.id))))


@pytest.fixture
def other(world: World) -> Iterator[World]:
    """Another process on the same database."""
    hotline = Hotline(world.hotline.settings, clock=world.clock)
    yield World(hotline, world.twilio, world.clock)
    hotline.stop()


def test_a_worker_shows_that_it_lives_and_says_when_it_ends(world: World, other: World) -> None:
    assert known(world) == []
    world.hotline.sender.drain()
    other.hotline.sender.drain()
    assert sorted(known(world)) == sorted([world.hotline.sender.worker, other.hotline.sender.worker])
    other.hotline.sender.stop()
    assert known(world) == [world.hotline.sender.worker]


def test_one_that_died_is_forgotten_after_a_while(world: World) -> None:
    world.hotline.database.write(lambda s: workers.beat(s, "dead", world.clock.now())).result()
    world.hotline.sender.drain()
    world.clock.advance(FORGOTTEN_AFTER + SECOND)
    world.hotline.sender.drain()
    assert known(world) == [world.hotline.sender.worker]


def test_the_lease_of_one_that_lives_is_left_alone(world: World, other: World) -> None:
    """However long its POST takes, within its lease."""
    other.hotline.sender.drain()
    row = world.put()
    other.lease()
    for _ in range(LEASE_FOR // BEAT):
        world.hotline.sender.drain()
        other.hotline.sender.drain()
        assert world.row(row).state is State.LEASED
        world.clock.advance(BEAT)
    world.clock.advance(BEAT)
    world.hotline.sender.drain()
    assert world.row(row).state is State.UNCERTAIN


def test_the_lease_of_one_that_is_not_seen_any_more_is_looked_up_fifteen_seconds_after_its_attempt(
    world: World, other: World
) -> None:
    other.hotline.sender.drain()
    rows = [world.put(body=f"text {n}") for n in range(3)]
    (taken, *_) = other.lease()
    world.twilio.take({"To": taken.to, "Body": taken.body})  # and its process died before it could say so
    world.drain(after=DEAD_AFTER - SECOND)
    assert {world.row(row).state for row in rows} == {State.LEASED}
    world.drain(after=SECOND)
    assert {world.row(row).state for row in rows} == {State.UNCERTAIN}
    world.drain(after=5 * SECOND)
    assert [world.row(row).state for row in rows] == [State.ACCEPTED, State.UNCERTAIN, State.UNCERTAIN]
    for _ in range(18):
        world.drain(after=10 * SECOND)
    assert Counter(text.body for text in world.twilio.sent) == Counter(f"text {n}" for n in range(3))


def test_after_an_hour_in_which_nobody_ran_it_takes_two_looks(world: World, other: World) -> None:
    row = world.put()
    other.lease()
    world.drain(after=timedelta(hours=1))
    assert (world.row(row).state, len(world.twilio.asked)) == (State.UNCERTAIN, 0)
    world.drain(after=31 * SECOND)
    assert world.row(row).state is State.DELIVERED


# How long a process stands still while the first of four texts to one phone is posted. The carrier takes that one;
# the others are leased and not posted. Another process finds the first, and sends the others if it is for long.
STILL = [12, 45, 61, 250, *(pytest.param(n, marks=pytest.mark.campaign) for n in (2, 20, 59, 75, 95, 170, 185, 1000))]


@pytest.mark.parametrize("seconds", STILL)
def test_one_that_stood_still_and_goes_on_sends_nothing_twice(world: World, other: World, seconds: int) -> None:
    twilio: FakeTwilio = world.twilio
    twilio.next(Mood.STALL)
    twilio.told = lambda words: []
    rows = [world.put(ANA, f"text {n}") for n in range(4)]
    began = world.clock.now()
    with ThreadPoolExecutor() as threads:
        stands_still = threads.submit(world.hotline.sender.once)
        assert twilio.stalling.acquire(timeout=10)
        while world.clock.now() < began + seconds * SECOND:
            other.hotline.sender.drain()
            world.clock.advance(min(5 * SECOND, began + seconds * SECOND - world.clock.now()))
        before = len(twilio.sent)
        twilio.released.set()
        stands_still.result()
    after = len(twilio.sent)
    assert (after > before) == (seconds * SECOND <= LEASE_FOR - LEASE_MARGIN)
    for _ in range(25):
        other.hotline.sender.drain()
        world.hotline.sender.drain()
        world.clock.advance(10 * SECOND)
    assert Counter(text.body for text in twilio.sent) == Counter(f"text {n}" for n in range(4))
    assert {world.row(row).state for row in rows} <= {State.ACCEPTED, State.DELIVERED}
