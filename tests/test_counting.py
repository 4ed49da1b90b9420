"""What is counted beside: nobody waits for it, once at a time, kept for minutes; a fault leaves the last figures."""

import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest

from app.hotline import Hotline
from app.pages.figures.counting import AFTER_A_FAULT, FRESH, Counting
from app.settings import Settings
from tests import fakes
from tests.fakes import Recorder, StillClock

PATIENCE = 20.0  # seconds


@pytest.fixture
def counting(clock: StillClock) -> Iterator[Counting]:
    """Counts beside a hotline that nothing else happens on."""
    settings: Settings = fakes.settings("sqlite:///hotline.db")
    made = Counting(Hotline(settings, carrier=Recorder(), clock=clock))
    yield made
    made.stop()


def until(found: Callable[[], object]) -> None:
    ends = time.monotonic() + PATIENCE
    while not found():
        assert time.monotonic() < ends
        time.sleep(0.005)


class Slow:
    """Counts how often it counted, and can be kept waiting, or fail."""

    def __init__(self) -> None:
        self.times = 0
        self.may = threading.Event()
        self.may.set()
        self.broken = False

    def __call__(self, now: datetime) -> int:
        assert self.may.wait(PATIENCE)
        self.times += 1
        if self.broken:
            raise RuntimeError("the database is away")
        return self.times


def found_last(counting: Counting, work: Slow) -> int:
    found = counting.last("all", work)
    return found.found if found else 0


def test_nobody_waits_and_whoever_comes_back_finds_it(counting: Counting, clock: StillClock) -> None:
    work = Slow()
    work.may.clear()
    assert counting.last("all", work) is None
    assert counting.last("all", work) is None
    work.may.set()
    until(lambda: counting.last("all", work))
    found = counting.last("all", work)
    assert found is not None
    assert (found.found, found.at) == (1, clock.now())
    assert work.times == 1  # however many asked


def test_it_is_counted_again_after_minutes_and_the_last_is_shown_meanwhile(
    counting: Counting, clock: StillClock
) -> None:
    work = Slow()
    until(lambda: counting.last("all", work))
    clock.advance(FRESH - timedelta(seconds=1))
    assert found_last(counting, work) == 1
    time.sleep(0.05)
    assert work.times == 1
    work.may.clear()
    clock.advance(timedelta(seconds=1))
    assert found_last(counting, work) == 1
    work.may.set()
    until(lambda: found_last(counting, work) == 2)
    assert work.times == 2


def test_one_thing_after_the_other(counting: Counting) -> None:
    first, second = Slow(), Slow()
    first.may.clear()
    assert counting.last("first", first) is None
    assert counting.last("second", second) is None
    time.sleep(0.05)
    assert second.times == 0
    first.may.set()
    until(lambda: counting.last("second", second))
    assert first.times == 1


def test_a_fault_leaves_the_last_figures_and_is_tried_again(counting: Counting, clock: StillClock) -> None:
    work = Slow()
    until(lambda: counting.last("all", work))
    work.broken = True
    clock.advance(FRESH)
    counting.last("all", work)
    until(lambda: work.times == 2)
    assert found_last(counting, work) == 1
    clock.advance(AFTER_A_FAULT - timedelta(seconds=1))
    counting.last("all", work)
    time.sleep(0.05)
    assert work.times == 2  # not with every look
    work.broken = False
    clock.advance(timedelta(seconds=1))
    until(lambda: found_last(counting, work) == 3)
