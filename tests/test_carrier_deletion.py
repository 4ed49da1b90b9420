"""Where a line says so, its texts are deleted at the carrier, once nobody needs to look for them there any more."""

from datetime import timedelta

import pytest

from app.outbound.carrier_deletion import CarrierDeletion
from models import lines, sweeping
from models.inbound import BY_PAGE, Heard, Inbound
from models.lines import Channel
from models.store.session import Session
from tests import fakes
from tests.fake_twilio import Mood
from tests.world import ANA, World


def deletion(world: World) -> CarrierDeletion:
    hotline = world.hotline
    return CarrierDeletion(hotline.database, hotline.carrier, world.clock, first_wait=0.001)


def keeps(world: World, hours: int) -> None:
    def work(session: Session) -> None:
        for line in lines.all_lines(session):
            line.rules = {**line.rules, "carrier_keeps_hours": hours}
            session.add(line)

    world.hotline.database.write(work).result()


def texts(world: World) -> None:
    for n in range(3):
        world.put(body=f"text {n}")
    world.drain()
    assert len(world.twilio.carried) == 3


def test_nothing_is_deleted_unless_the_line_says_so(world: World) -> None:
    texts(world)
    world.clock.advance(timedelta(days=9))
    assert deletion(world).once() == 0
    assert len(world.twilio.carried) == 3


def test_texts_are_deleted_after_so_many_hours_and_once(world: World) -> None:
    keeps(world, 30)
    texts(world)
    world.clock.advance(timedelta(hours=29))
    assert deletion(world).once() == 0
    world.put(to=ANA, body="later")
    world.drain()
    world.clock.advance(timedelta(hours=2))
    assert deletion(world).once() == 3
    assert [text.body for text in world.twilio.carried] == ["later"]
    assert deletion(world).once() == 0


def test_what_was_done_on_the_board_never_was_at_the_carrier(world: World) -> None:
    keeps(world, 30)
    for sid in (f"{BY_PAGE}1-abc", "SM1"):
        heard = Heard(sid, Channel.SMS, ANA, fakes.LINE, f"hello {sid}", at=world.clock.now())
        world.hotline.receive(heard).result()
    world.clock.advance(timedelta(hours=31))

    def due(session: Session) -> list[tuple[int, str]]:
        line = lines.all_lines(session)[0]
        return sweeping.at_carrier(session, line, Inbound, world.clock.now(), 9)

    assert [sid for _, sid in world.hotline.database.read(due)] == ["SM1"]


@pytest.mark.parametrize("mood", [Mood.DOWN])
def test_a_carrier_that_is_away_for_a_moment_is_asked_again(world: World, mood: Mood) -> None:
    keeps(world, 30)
    texts(world)
    world.clock.advance(timedelta(hours=31))
    world.twilio.next(mood, mood)
    assert deletion(world).once() == 3
    assert world.twilio.carried == []


def test_a_carrier_that_stays_away_is_asked_in_the_next_round(world: World) -> None:
    keeps(world, 30)
    texts(world)
    world.clock.advance(timedelta(hours=31))
    world.twilio.next(*[Mood.DOWN] * 4)
    assert deletion(world).once() == 0
    assert deletion(world).once() == 3


def test_what_is_gone_there_or_refused_for_good_holds_up_no_other(world: World) -> None:
    keeps(world, 30)
    texts(world)
    del world.twilio.carried[0]
    world.twilio.carried[0].status = "queued"
    world.clock.advance(timedelta(hours=31))
    assert deletion(world).once() == 3
    assert [text.body for text in world.twilio.carried] == ["text 1"]
