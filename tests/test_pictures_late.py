"""Pictures that come late: whoever left the request, was erased or sleeps meanwhile; and what a picture costs."""

import time
from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlmodel import col, select

from app.attachments import fetching
from app.attachments.fetching import LEASE, Fetcher
from app.attachments.isolated import Made
from models import attachments, lines, prices
from models.attachments import State
from models.delivery import attached
from models.delivery.outbound import Outbound
from models.delivery.outbound import State as TextState
from models.lines import Channel
from models.store.session import Session
from models.store.types import table
from tests.picture_steps import ANA, BEN, DEE, JPEG, got, kept, matched, pieces, send, settle
from tests.world import World

OUT = table(Outbound)
MADE = Made("image/jpeg", b"\xff\xd8\xff made")


def leased(world: World) -> attachments.Leased:
    now = world.clock.now()
    [one] = world.hotline.database.write(lambda s: attachments.lease(s, now, LEASE, 5)).result()
    return one


def arrives(world: World, piece: attachments.Leased) -> None:
    now = world.clock.now()
    world.hotline.database.write(lambda s: fetching.settle(s, piece, MADE, now)).result()
    world.drain()


def texts(world: World) -> list[Outbound]:
    return world.hotline.database.read(
        lambda s: list(s.exec(select(Outbound).where(col(Outbound.attachment_id).is_not(None))))
    )


def test_who_is_erased_while_it_is_fetched_leaves_nothing(world: World) -> None:
    matched(world)
    send(world, ANA, JPEG)
    piece = leased(world)
    world.twilio.text(ANA, "FORGET ME")
    world.twilio.text(ANA, "1")
    world.drain()
    arrives(world, piece)
    assert kept(world) == 0
    settle(world, after=LEASE + timedelta(seconds=1))
    assert (kept(world), pieces(world)[0][0]) == (0, State.LOST)
    assert not any(along for _, along in got(world, BEN))


@pytest.mark.parametrize("leaves", ["DROP 1", "dont send Ben again"])
@pytest.mark.parametrize("body", ["", "this is the door"])
def test_who_left_it_meanwhile_gets_no_picture(world: World, leaves: str, body: str) -> None:
    matched(world)
    send(world, ANA, JPEG, body=body)
    piece = leased(world)
    if body:
        world.drain(after=attached.WORDS_WAIT + timedelta(seconds=1))
        assert got(world, BEN)[-1] == ('From #1: "this is the door"', False)
    world.twilio.text(BEN if leaves.startswith("DROP") else ANA, leaves)
    world.drain()
    arrives(world, piece)
    settle(world)
    assert not any(along for _, along in got(world, BEN))
    assert kept(world) == 1


def test_a_text_that_its_number_holds_back_still_leaves(world: World) -> None:
    matched(world)
    send(world, ANA, JPEG, body="look")
    piece, later = leased(world), world.clock.now() + timedelta(minutes=5)

    def hold(session: Session) -> None:
        here = OUT.c.attachment_id.is_not(None), OUT.c.body.contains("look")
        session.execute(sa.update(OUT).where(*here).values(state=TextState.HELD, not_before=later))

    world.hotline.database.write(hold).result()
    arrives(world, piece)
    assert got(world, BEN) == []
    world.drain(after=timedelta(minutes=6))
    assert ('From #1: "look"', True) in got(world, BEN)


def test_what_waits_for_whatsapp_has_its_picture_when_they_write(world: World) -> None:
    matched(world)
    send(world, ANA, JPEG, body="look")
    piece = leased(world)

    def wait(session: Session) -> None:
        here = OUT.c.attachment_id.is_not(None), OUT.c.body.contains("look")
        session.execute(sa.update(OUT).where(*here).values(state=TextState.WAITS))

    world.hotline.database.write(wait).result()
    arrives(world, piece)
    [row] = [text for text in texts(world) if "look" in text.body]
    assert (row.state, row.media is not None) == (TextState.WAITS, True)


def test_a_receipt_wakes_nobody_on_duty_by_night(world: World) -> None:
    matched(world)
    world.duty()
    world.drain()
    world.clock.advance(timedelta(hours=14))
    world.hotline.tick()
    world.drain()
    world.twilio.carried.clear()
    before = len(got(world, DEE))
    send(world, BEN, JPEG, body="done 1")
    settle(world)
    [row] = [text for text in texts(world) if text.to == DEE]
    assert row.not_before is not None
    assert row.media is not None
    assert len([words for words, _ in got(world, DEE)[before:] if "receipt" in words or "picture" in words]) == 0


@pytest.mark.parametrize("after", [False, True])
def test_a_picture_costs_what_mms_costs(world: World, after: bool) -> None:
    matched(world)
    if after:  # kept before anybody has it: enqueued with its key
        world.twilio.text(BEN, "drop 1")
    send(world, ANA, JPEG)
    settle(world)
    if after:
        world.clock.advance(timedelta(minutes=61))  # others came first
        world.twilio.text(BEN, "claim 1")
        settle(world)
    [row] = [text for text in texts(world) if text.to == BEN and text.media]
    policy = world.hotline.database.read(lambda s: lines.all_lines(s)[0].policy)
    mms = prices.sent(policy, Channel.SMS, BEN, 1, media=True)
    assert row.cost == mms != prices.sent(policy, Channel.SMS, BEN, 1)


def test_a_slow_host_keeps_nobody_elses_picture_waiting(world: World) -> None:
    matched(world)
    world.twilio.media.holds = True
    hotline = world.hotline
    fetcher = Fetcher(hotline.database, hotline.carrier, hotline.clock, hotline.sender)
    try:
        fetcher.start()
        send(world, ANA, JPEG, body="slow")
        assert soon(lambda: bool(world.twilio.media.unlocked))
        world.twilio.media.holds = False  # the next ones are answered
        send(world, ANA, JPEG, body="quick")
        assert soon(lambda: kept(world) == 1)
        world.drain()
        assert got(world, BEN) == [('From #1: "quick"', True)]
        assert world.twilio.media.let_go.is_set() is False
    finally:
        world.twilio.media.let_go.set()
        fetcher.stop()


def soon(holds: Callable[[], bool]) -> bool:
    """Whether it comes true while the other is still waited for."""
    until = time.monotonic() + 4
    while not holds() and time.monotonic() < until:
        time.sleep(0.02)
    return holds()


def test_what_is_slow_is_fetched_after_what_is_new(world: World) -> None:
    matched(world)
    world.twilio.media.statuses = [503]
    send(world, ANA, JPEG)
    settle(world)
    world.clock.advance(timedelta(minutes=1))
    send(world, ANA, JPEG)
    now = world.clock.now()
    [first] = world.hotline.database.write(lambda s: attachments.lease(s, now, LEASE, 1)).result()
    assert (first.id, first.tries) == (2, 1)
