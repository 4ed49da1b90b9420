"""A quick carrier gets one POST at a time, so that whoever texts is answered; a slow one gets many."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from sqlmodel import select

from app.carriers.base import Outgoing, Sent
from app.carriers.simulator import Simulator
from app.outbound.pacer import Pacer
from app.outbound.sender import CONCURRENCY, Sender
from models.delivery.outbound import Outbound, State
from tests.world import World

NEVER, SOON = 3_600.0, 0.001


def test_one_begins_when_the_one_before_has_ended() -> None:
    gate, inside, most = Pacer(NEVER), 0, 0

    def post(_: int) -> None:
        nonlocal inside, most
        with gate.through():
            inside += 1
            most = max(most, inside)
            time.sleep(0.001)
            inside -= 1

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(post, range(40), timeout=30))
    assert most == 1


def test_one_that_takes_long_holds_up_nobody() -> None:
    gate, all_here = Pacer(SOON), threading.Barrier(8)

    def post(_: int) -> None:
        with gate.through():
            all_here.wait(30)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(post, range(8), timeout=30))


def test_one_that_breaks_has_ended_too() -> None:
    gate = Pacer(NEVER)

    def post(_: int) -> None:
        with gate.through():
            raise OSError

    with ThreadPoolExecutor(4) as pool:
        posts = [pool.submit(post, n) for n in range(12)]
        assert all(isinstance(one.exception(timeout=30), OSError) for one in posts)


class Overlaps(Simulator):
    """A carrier that notes with how many others under way each POST began."""

    def __init__(self, takes: Callable[[], object]) -> None:
        self.takes = takes
        self.others: list[int] = []
        self._under_way = 0
        self._counting = threading.Lock()

    def send(self, text: Outgoing) -> Sent:
        with self._counting:
            self.others.append(self._under_way)
            self._under_way += 1
        self.takes()
        with self._counting:
            self._under_way -= 1
        return super().send(text)


def sent_by(world: World, carrier: Overlaps, count: int) -> list[int]:
    for n in range(count):
        world.put(f"+1202555{n:04}")
    sender = Sender(world.hotline.database, carrier, world.clock)
    sender.drain()
    sender.stop()
    return carrier.others


def test_the_sender_posts_to_a_quick_carrier_one_by_one(world: World) -> None:
    others = sent_by(world, Overlaps(lambda: time.sleep(0.002)), 60)
    assert len(others) == 60
    assert others.count(0) > 40, "nearly all alone, but for those that a busy machine held up"


def test_the_sender_has_as_many_under_way_as_a_slow_carrier_needs_and_no_more_leased(world: World) -> None:
    query, leased = select(Outbound.id).where(Outbound.state == State.LEASED), []

    def look() -> None:
        leased.append(world.hotline.database.read(lambda session: len(session.exec(query))))

    all_here = threading.Barrier(CONCURRENCY, look)
    others = sent_by(world, Overlaps(lambda: all_here.wait(60)), 2 * CONCURRENCY)
    assert max(others) == CONCURRENCY - 1
    assert leased == [CONCURRENCY, CONCURRENCY]
