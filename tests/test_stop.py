"""STOP at the last moment: nothing leaves once it is on disk, whatever is queued, leased or under way."""

import threading
import time
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError
from sqlmodel import select

from app.database.base import T, Work
from app.database.engine import SQLite
from app.outbound.sender import Sender
from models.delivery.outbound import Lane, Outbound, State
from models.inbound import Heard
from models.lines import Channel
from models.people import Person
from models.store.session import Session
from models.store.statements import Precompiled
from tests.fake_twilio import Mood, When
from tests.fakes import LINE, MORNING, status_update
from tests.world import ANA, World

ENDED = {State.CANCELLED, State.DELIVERED, State.ACCEPTED}


def stop(world: World) -> None:
    heard = Heard("SM1", Channel.SMS, ANA, LINE, "STOP", carrier_answered="STOP")
    world.hotline.receive(heard).result()


def posts(world: World) -> int:
    return sum(fields["To"] == ANA for fields in world.twilio.asked)


def quiet(world: World) -> None:
    """Wait until everything has come to its end."""
    for _ in range(500):
        states = set(world.hotline.database.read(lambda s: s.exec(select(Outbound.state))))
        if states <= ENDED:
            return
        threading.Event().wait(0.02)
    raise AssertionError("it never comes to rest")


def test_stop_while_fifty_are_queued(world: World) -> None:
    """Proof 7: the sender is in the middle of one; that one was on its way, none of the others leaves."""
    for n in range(50):
        world.put(body=f"text {n}")
    world.twilio.next(*[Mood.ANSWER] * 5, Mood.STALL)
    world.hotline.sender.start()
    assert world.twilio.stalling.acquire(timeout=20)
    stop(world)
    world.twilio.released.set()
    quiet(world)
    assert posts(world) == 6
    states = list(world.hotline.database.read(lambda s: s.exec(select(Outbound.state))))
    assert states.count(State.CANCELLED) == 44


@pytest.mark.parametrize("after", [1, 8, 20])
def test_stop_while_the_sender_is_at_it(world: World, after: int) -> None:
    """Proof 7: at full speed; what was being posted as it was committed may still arrive, and no more."""
    for n in range(50):
        world.put(body=f"text {n}", lane=Lane(n % 4))
    world.hotline.sender.start()
    while posts(world) < after:
        time.sleep(0.001)
    stop(world)
    left = posts(world)
    quiet(world)
    assert posts(world) <= left + len(Lane)  # of each lane one may have been on its way
    assert posts(world) < 50


def test_a_text_that_was_leased_before_stop_does_not_leave(world: World) -> None:
    """Between its lease and its POST a text is looked at once more."""
    row = world.put()
    (parcel,) = world.lease()
    stop(world)
    sender = world.hotline.sender
    sender._hand_out([parcel], [])
    sender.drain()
    assert world.twilio.asked == []
    assert (world.row(row).state, world.row(row).tries) == (State.CANCELLED, 0)
    assert [attempt.result for attempt in world.attempts(row)] == ["not_made"]


def test_a_text_queued_to_somebody_who_stopped_is_cancelled(world: World) -> None:
    world.put(body="before")
    world.drain()
    stop(world)
    row = world.put(body="after")
    confirmation = world.put(body="You get no more texts.", phrase="stopped")
    world.drain()
    assert (world.row(row).state, world.row(confirmation).state) == (State.CANCELLED, State.DELIVERED)


@pytest.mark.parametrize("code", [30008, 30003, 30023])
def test_what_comes_back_after_stop_is_not_kept_for_later(world: World, code: int) -> None:
    """It was on its way when they said it, and the carrier could not deliver it."""
    world.twilio.when = When.HELD
    row = world.put()
    world.drain()
    stop(world)
    world.hotline.ingest.status(status_update(row, "undelivered", sid=world.twilio.sent[0].sid, code=code)).result()
    assert world.row(row).state is State.CANCELLED
    world.clock.advance(timedelta(hours=1))
    world.drain()
    assert posts(world) == 1


def test_who_said_stop_is_known_the_moment_it_is_on_disk(world: World) -> None:
    """However often it was asked a moment before."""
    world.put()
    (parcel,) = world.lease()
    for _ in range(20):
        world.hotline.database.write(opted(in_again=True)).result()
        assert world.hotline.sender._may_leave(parcel)
        world.hotline.database.write(opted(in_again=False)).result()
        assert not world.hotline.sender._may_leave(parcel)


class Hiccup(SQLite):
    """A database that fails the first who looks."""

    looks = 0

    def lookup(self, statement: Precompiled[T], **values: Any) -> list[T]:
        self.looks += 1
        if self.looks == 1:
            raise OperationalError("a statement", {}, ConnectionError("gone"))
        return super().lookup(statement, **values)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_text_that_cannot_be_checked_waits(world: World) -> None:
    row = world.put()
    hiccup = Hiccup(world.hotline.database.url)
    sender = Sender(hiccup, world.hotline.carrier, world.clock)
    sender.once()
    assert (world.twilio.asked, world.row(row).state, world.row(row).tries) == ([], State.READY, 0)
    sender.drain()
    assert (posts(world), world.row(row).tries) == (1, 1)
    sender.stop()
    hiccup.close()


def opted(*, in_again: bool) -> Work[None]:
    """What STOP and START leave on disk, in no time."""

    def work(session: Session) -> None:
        for person in session.exec(select(Person)):
            person.opted_out_at = None if in_again else MORNING

    return work
