"""A POST without an answer is never sent again blindly: a callback settles it, else a look at the carrier's list.

Long forms: `pytest -m campaign tests/test_uncertain.py`.
"""

import random
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import pairwise, repeat
from pathlib import Path

import pytest
from sqlmodel import select

from app.carriers.twilio.account import Account
from app.carriers.twilio.carrier import Twilio
from app.clock import Clock
from app.hotline import Hotline
from app.outbound.sender import LEASE_FOR
from models.delivery.outbound import Lane, State
from models.delivery.outbound import Outbound as Row
from tests.fake_twilio import Carried, FakeTwilio, Mood, When
from tests.fake_twilio_errors import Refused
from tests.fakes import ACCOUNT, PUBLIC, TOKEN, StillClock, status_update, twilio_settings
from tests.serving import environment
from tests.world import ANA, DEE, World, quick

A_DAY = timedelta(days=1)
STEP = timedelta(seconds=5)
SHORT = [pytest.param(40, id="short"), pytest.param(1_000, id="full", marks=pytest.mark.campaign)]


def some(bad: Mood, share: float, seed: int = 4) -> Iterator[Mood]:
    """This share of the POSTs is taken in a bad mood."""
    dice = random.Random(seed)
    while True:
        yield bad if dice.random() < share else Mood.ANSWER


def unsettled(world: World) -> int:
    states = (State.READY, State.LEASED, State.HELD, State.UNCERTAIN)
    query = select(Row.state)
    return sum(state in states for state in world.hotline.database.read(lambda s: s.exec(query)))


def settle(world: World, lasts: timedelta = timedelta(hours=1)) -> None:
    """Let time pass until every text has come to its end."""
    until = world.clock.now() + lasts
    while unsettled(world) and world.clock.now() < until:
        world.drain(after=STEP)
    world.twilio.settle()


def fill(world: World, count: int) -> list[int]:
    """Texts to many phones; every fourth has the very words of the one before it."""
    return [
        world.put(to=f"+1202555{n % 40:02d}{n % 40:02d}", body=f"text {n - (n % 4 == 3)}", phrase=f"test{n}")
        for n in range(count)
    ]


def once_each(world: World, rows: list[int]) -> None:
    """Every text reached the carrier exactly once, and we know under which id."""
    carried = Counter((text.to, text.body) for text in world.twilio.sent)
    kept = [world.row(row) for row in rows]
    assert carried == Counter((row.to, row.body) for row in kept)
    assert {row.state for row in kept} <= {State.ACCEPTED, State.DELIVERED}
    assert {row.sid for row in kept} == {text.sid for text in world.twilio.sent}


def late(world: World, by: timedelta) -> Callable[[list[Carried]], list[Carried]]:
    """A list that shows a text only after a while."""
    return lambda texts: [text for text in texts if world.clock.now() - text.created >= by]


@pytest.mark.parametrize("count", SHORT)
@pytest.mark.parametrize("mood", [Mood.DROP, Mood.BREAK])
def test_a_fifth_taken_without_an_answer_nor_callback_is_found(world: World, count: int, mood: Mood) -> None:
    """Proof 4: accept-then-drop and accept-then-500, callbacks lost, a list that lags: none lost, none doubled."""
    world.twilio.moods, world.twilio.told = some(mood, 0.2), lambda words: []
    world.twilio.listed = late(world, timedelta(seconds=90))
    rows = fill(world, count)
    settle(world)
    once_each(world, rows)
    assert len(world.twilio.asked) == count


@pytest.mark.parametrize("count", SHORT)
@pytest.mark.parametrize("mood", [Mood.LOSE, Mood.DOWN, Mood.BUSY])
def test_a_fifth_dropped_before_it_was_taken_is_sent_again(world: World, count: int, mood: Mood) -> None:
    """Proof 4: drop-before-accept, 503 and 429: all arrive once."""
    world.twilio.moods = some(mood, 0.2)
    rows = fill(world, count)
    world.drain()
    world.twilio.moods = repeat(Mood.ANSWER)  # who is unlucky twice in a row is told to duty: see below
    settle(world)
    once_each(world, rows)
    assert len(world.twilio.asked) > count


@pytest.mark.parametrize("when", [When.AFTER, When.EARLY, When.HELD])
def test_a_callback_settles_it_without_a_look(world: World, when: When) -> None:
    """Proof 4: with callbacks, however late, nothing is sent twice and the list need not be asked."""
    world.twilio.moods, world.twilio.when = some(Mood.DROP, 0.25), when
    world.twilio.listed = lambda texts: []
    rows = fill(world, 20)
    for _ in range(11):  # some drops in a row make the number pause; and before three minutes nothing goes again
        world.drain(after=timedelta(seconds=15))
    world.twilio.release_callbacks()
    once_each(world, rows)
    assert {world.row(row).state for row in rows} == {State.DELIVERED}


def test_a_storm_of_429_is_waited_for(world: World) -> None:
    """Proof 4: with four of five POSTs refused as too many, all arrive once."""
    world.twilio.moods = some(Mood.BUSY, 0.8)
    rows = fill(world, 40)
    settle(world, timedelta(hours=3))
    once_each(world, rows)


@pytest.fixture
def hasty(world: World) -> Iterator[World]:
    """A hotline that waits for an answer no longer than a moment."""
    carrier = Twilio(Account(ACCOUNT, (TOKEN,), world.twilio.url, PUBLIC), timeout=0.3)
    hotline = Hotline(world.hotline.settings, carrier=carrier, clock=world.clock)
    yield World(hotline, world.twilio, world.clock)
    hotline.stop()


@pytest.mark.parametrize(("mood", "posts"), [(Mood.STALL, 1), (Mood.HANG, 2)])
def test_a_stall_is_looked_up(hasty: World, mood: Mood, posts: int) -> None:
    """Proof 4: a carrier that says nothing; whether it took the text or not, it arrives once."""
    hasty.twilio.next(mood)
    hasty.twilio.told = lambda words: []
    row = hasty.put()
    hasty.hotline.sender.drain()
    assert hasty.row(row).state is State.UNCERTAIN
    hasty.twilio.released.set()
    settle(hasty)
    once_each(hasty, [row])
    assert len(hasty.twilio.asked) == posts


def test_a_stalled_post_holds_up_nobody_else(world: World) -> None:
    world.twilio.next(Mood.STALL)
    rows = [world.put(to=f"+120255501{n}") for n in range(10, 30)]
    world.hotline.sender.start()
    for _ in range(400):
        arrived = Counter(world.row(row).state for row in rows)
        if arrived[State.DELIVERED] == len(rows) - 1:
            break
        threading.Event().wait(0.02)
    world.twilio.released.set()
    assert (arrived[State.DELIVERED], arrived[State.LEASED]) == (len(rows) - 1, 1)


def test_a_list_that_repeats_shuffles_and_shows_others_misleads_nobody(world: World) -> None:
    """Equal words to one person, before and after, and doubled entries: two texts are two texts."""
    world.twilio.told = lambda words: []
    earlier = world.put(body="your turn", phrase="a")
    world.drain()
    world.twilio.text(ANA, "your turn")  # their own words, in the same list
    world.twilio.next(Mood.DROP, Mood.LOSE)
    dice = random.Random(7)
    world.twilio.listed = lambda texts: dice.sample(texts * 3, len(texts) * 3)
    rows = [world.put(body="your turn", phrase="b"), world.put(body="your turn", phrase="c")]
    settle(world)
    sent = [text for text in world.twilio.sent if text.to == ANA and text.body == "your turn"]
    assert len(sent) == 3
    assert {world.row(row).sid for row in [earlier, *rows]} == {text.sid for text in sent}


def test_a_callback_corrects_what_the_list_let_us_believe(world: World) -> None:
    """Of two equal texts the first was lost and found the second's entry; then the second's callback comes."""
    world.twilio.next(Mood.LOSE, Mood.DROP)
    world.twilio.when = When.HELD
    rows = [world.put(body="your turn", phrase="a")]
    world.drain()
    world.clock.advance(timedelta(seconds=10))
    rows.append(world.put(body="your turn", phrase="b"))
    world.drain()
    world.drain(after=timedelta(seconds=6))
    assert world.row(rows[0]).sid == world.twilio.sent[0].sid
    world.twilio.release_callbacks()
    assert (world.row(rows[0]).state, world.row(rows[1]).state) == (State.UNCERTAIN, State.DELIVERED)
    world.twilio.when = When.AFTER
    settle(world)
    once_each(world, rows)


def test_two_looks_find_nothing_before_it_is_sent_again(world: World) -> None:
    """Twilio's list may lag: it is sent again only after three minutes and three looks."""
    world.twilio.next(Mood.LOSE)
    looks: list[float] = []
    began = world.clock.now()

    def looked(texts: list[Carried]) -> list[Carried]:
        looks.append((world.clock.now() - began).total_seconds())
        return texts

    world.twilio.listed = looked
    world.put()
    settle(world)
    assert [round(at, -1) for at in looks] == [20, 60, 180]
    assert len(world.twilio.asked) == 2


def test_after_a_long_absence_there_are_still_two_looks_apart(world: World) -> None:
    world.twilio.next(Mood.LOSE)
    row = world.put()
    world.drain()
    world.drain(after=timedelta(hours=1))
    assert (world.row(row).state, len(world.twilio.asked)) == (State.UNCERTAIN, 1)
    world.drain(after=timedelta(seconds=31))
    assert world.row(row).state is State.DELIVERED


def test_a_carrier_that_cannot_be_asked_has_not_been_looked_at(world: World) -> None:
    world.twilio.next(Mood.LOSE)
    row = world.put()
    world.drain()
    world.twilio.listed = broken
    for _ in range(20):
        world.drain(after=timedelta(minutes=2))
    assert (world.row(row).state, len(world.twilio.asked)) == (State.UNCERTAIN, 1)
    world.twilio.listed = list
    settle(world)
    assert world.row(row).state is State.DELIVERED


def broken(texts: list[Carried]) -> list[Carried]:
    raise Refused(20500)


def to_the_next_look(world: World, row: int) -> None:
    """Let time pass until something is to be done about this text."""
    due = world.row(row).not_before or world.clock.now()
    world.drain(after=max(due - world.clock.now(), timedelta(0)) + timedelta(seconds=1))


def losing(world: World, to: str) -> Iterator[Mood]:
    """No text to this phone is ever taken."""
    while True:
        yield Mood.LOSE if world.twilio.asked[-1]["To"] == to else Mood.ANSWER


def test_that_several_were_lost_is_told_once_and_what_is_lost_afterwards_anew(world: World) -> None:
    world.duty()
    world.twilio.moods = losing(world, ANA)

    def told_when_lost(row: int) -> list[str]:
        while world.row(row).state is not State.EXPIRED:
            to_the_next_look(world, row)
        return [fields["Body"] for fields in world.twilio.asked if fields["To"] == DEE]

    told = "A text to somebody could not be delivered."
    first = world.put(body="first", lives=timedelta(hours=1))
    world.drain(after=timedelta(minutes=10))
    second = world.put(body="second", lives=timedelta(hours=1))
    assert told_when_lost(first) == [told]
    assert told_when_lost(second) == [told]
    assert told_when_lost(world.put(body="afterwards", lives=timedelta(hours=1))) == [told, told]


def test_it_is_sent_again_as_long_as_somebody_wants_it_and_told_once(world: World) -> None:
    world.duty()
    world.twilio.moods = losing(world, ANA)
    row = world.put(lives=timedelta(hours=4))
    while world.row(row).state is not State.EXPIRED:
        to_the_next_look(world, row)
    told = [fields["Body"] for fields in world.twilio.asked if fields["To"] == DEE]
    assert told == ["A text to somebody could not be delivered."]
    began = [attempt.started_at for attempt in world.attempts(row)]
    waits = [round((b - a) / timedelta(minutes=1)) for a, b in pairwise(began)]
    assert waits == [3, 4, 8, 18, *[33] * (len(waits) - 4)]
    assert len(waits) >= 8


def test_two_refusals_in_a_row_leave_nobody_without_an_answer(world: World) -> None:
    world.duty()
    world.twilio.moods = losing(world, ANA)
    row = world.put()
    for _ in range(7):
        to_the_next_look(world, row)
    world.twilio.moods = repeat(Mood.ANSWER)
    for _ in range(3):
        to_the_next_look(world, row)
    assert (world.row(row).state, world.row(row).tries) == (State.DELIVERED, 3)
    assert [text.to for text in world.twilio.sent] == [DEE, ANA]


def test_an_id_of_an_older_attempt_still_says_that_it_arrived(world: World) -> None:
    """The list hid it, so it went twice; whichever arrives first, the text is delivered."""
    world.twilio.next(Mood.DROP)
    world.twilio.when, world.twilio.listed = When.HELD, lambda texts: []
    row = world.put()
    for _ in range(40):
        world.drain(after=STEP)
    assert len(world.twilio.sent) == 2
    first, _ = world.twilio.sent
    world.hotline.ingest.status(status_update(row, "delivered", sid=first.sid, code=None)).result()
    world.hotline.ingest.status(status_update(row, "undelivered", sid=first.sid, code=30005)).result()
    assert world.row(row).state is State.DELIVERED
    world.twilio.release_callbacks()
    assert world.row(row).state is State.DELIVERED
    assert [attempt.sid for attempt in world.attempts(row)] == [text.sid for text in world.twilio.sent]


def test_a_failure_of_an_older_attempt_does_not_undo_the_later(world: World) -> None:
    world.twilio.next(Mood.DROP)
    world.twilio.when, world.twilio.listed = When.HELD, lambda texts: []
    row = world.put()
    for _ in range(40):
        world.drain(after=STEP)
    first, _ = world.twilio.sent
    world.hotline.ingest.status(status_update(row, "undelivered", sid=first.sid, code=30005)).result()
    assert world.row(row).state is State.ACCEPTED


def test_it_is_looked_for_from_its_own_last_attempt(world: World) -> None:
    """Attempts are counted in another order than texts: one is not taken for the other."""
    rows = [world.put(body="first"), world.put("+12025550102", "second", lane=Lane.SAFETY)]
    assert [parcel.id for _ in rows for parcel in world.lease(room=1)] == rows[::-1]
    world.drain(after=LEASE_FOR + timedelta(seconds=1))
    settle(world)
    once_each(world, rows)


def test_a_failure_told_before_the_answer_is_about_the_try_under_way(world: World) -> None:
    """The first try never left; the second's callbacks are faster than its answer."""
    world.duty()
    world.twilio.next(Mood.LOSE)
    world.twilio.when, world.twilio.undelivered = When.EARLY, {ANA: 30006}
    row = world.put()
    settle(world)
    assert (world.row(row).state, world.row(row).error_code) == (State.FAILED, 30006)
    assert [attempt.sid for attempt in world.attempts(row)] == [None, world.twilio.sent[0].sid]
    assert world.row(row).reported_at is not None


# A process that is killed while its POST is under way.

SENDER = """
import sys, threading
from app.hotline import Hotline
from app.settings import Settings
hotline = Hotline(Settings())
hotline.start()
threading.Event().wait(60)
"""


@pytest.mark.parametrize(("mood", "posts"), [(Mood.STALL, 1), (Mood.HANG, 2)])
def test_a_sender_killed_between_attempt_and_result_loses_and_doubles_nothing_and_is_soon_settled(
    database_url: str, tmp_path: Path, mood: Mood, posts: int
) -> None:
    """A real process, killed with SIGKILL while the carrier says nothing: taken or not, the text arrives once."""
    clock = Clock()
    with FakeTwilio(clock=clock, told=lambda words: []) as twilio:
        settings = twilio_settings(database_url, twilio_api_url=twilio.url)
        hotline = Hotline(settings, clock=clock)
        hotline.prepare()
        hotline.database.write(quick).result()
        world = World(hotline, twilio, StillClock(clock.now()))
        row = world.put()
        twilio.next(mood)
        killed = subprocess.Popen([sys.executable, "-c", SENDER], env=environment(settings), cwd=tmp_path)
        assert twilio.stalling.acquire(timeout=30)
        killed.kill()
        killed.wait()
        twilio.released.set()
        assert world.row(row).state is State.LEASED
        while world.row(row).state not in (State.ACCEPTED, State.DELIVERED):
            clock.advance(timedelta(seconds=1) if posts == 1 else STEP)
            hotline.sender.drain()
        took = (clock.now() - world.attempts(row)[0].started_at).total_seconds()
        sys.stdout.write(f"{mood}: settled {took:.0f} s after the attempt of the process that was killed\n")
        sid = world.row(row).sid
        hotline.stop()
        assert (len(twilio.sent), len(twilio.asked)) == (1, posts)
        assert sid == twilio.sent[0].sid
        assert took < (60 if posts == 1 else 190)  # some 15 on a machine that has nothing else to do
