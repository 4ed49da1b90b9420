"""Pictures that the hotline keeps: within figures, for some days, and none of whoever was forgotten."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from models import attachments, lines, own_data, people
from models.attachments import Kind, State
from models.lines import Channel
from models.store.session import Session
from tests.picture_steps import (
    ANA,
    BEN,
    JPEG,
    ROWS,
    blank,
    got,
    kept,
    look,
    matched,
    pieces,
    rule,
    send,
    settle,
)
from tests.world import World


def test_nobody_sends_more_than_their_share(world: World) -> None:
    matched(world)
    rule(world, media_per_day=2)
    for _ in range(3):
        send(world, ANA, JPEG, JPEG)
    settle(world)
    assert len(pieces(world)) == 2
    assert "I can take no more pictures today. Please write what matters in them." in [w for w, _ in got(world, ANA)]
    world.clock.advance(timedelta(hours=25))
    world.hotline.tick()
    send(world, ANA, JPEG)
    assert len(pieces(world)) == 3


def test_a_line_keeps_no_more_than_its_room(world: World) -> None:
    matched(world)
    send(world, ANA, JPEG)
    settle(world)
    rule(world, media_megabytes=1)

    def grow(session: Session) -> None:
        session.execute(sa.update(ROWS).values(size=attachments.MEGABYTE))

    world.hotline.database.write(grow).result()
    send(world, ANA, JPEG)
    assert len(pieces(world)) == 1
    assert got(world, BEN)[-1][1]


def test_after_some_days_it_is_erased(world: World) -> None:
    matched(world)
    send(world, ANA, JPEG)
    settle(world)
    world.clock.advance(timedelta(days=13))
    blank(world)
    assert kept(world) == 1
    world.clock.advance(timedelta(days=2))
    blank(world)
    assert (kept(world), pieces(world)[0][0]) == (0, State.GONE)


def test_what_belongs_to_no_request_is_erased_the_next_day(world: World) -> None:
    send(world, ANA, JPEG)
    settle(world)
    assert kept(world) == 1
    world.clock.advance(timedelta(hours=25))
    blank(world)
    assert kept(world) == 0


@pytest.mark.parametrize("fetched", [True, False])
def test_whoever_is_forgotten_leaves_no_picture(world: World, fetched: bool) -> None:
    matched(world)
    world.twilio.told = lambda words: []
    send(world, ANA, JPEG)
    if fetched:
        settle(world)
    world.twilio.text(ANA, "FORGET ME")
    world.twilio.text(ANA, "1")
    world.drain()
    assert kept(world) == 0
    urls = world.hotline.database.read(lambda s: [row[0] for row in s.execute(sa.select(ROWS.c.url))])
    assert urls == [""]
    for seen in world.twilio.media.fetched:
        assert look(world, seen.url).status == 404
    before = len(world.twilio.media.asked)
    settle(world)
    settle(world, after=timedelta(minutes=10))
    assert (kept(world), len(world.twilio.media.asked)) == (0, before)
    assert not any(along for _, along in got(world, BEN)[int(fetched) :])


def test_what_is_known_of_somebody_holds_their_pictures(world: World) -> None:
    matched(world)
    send(world, ANA, JPEG)
    settle(world)

    def known(session: Session) -> list[dict[str, object]]:
        line = lines.all_lines(session)[0]
        person, _ = people.get_or_create(session, line, Channel.SMS, ANA, world.clock.now())
        return own_data.export(session, person)["attachment"]

    [row] = world.hotline.database.write(known).result()
    assert row["content_type"] == "image/jpeg"
    assert str(row["content"]).startswith("/9j/")  # a JPEG in base64
    world.twilio.text(ANA, "MY DATA")
    world.drain()
    assert "1 picture or voice message" in got(world, ANA)[-1][0]


def test_where_the_carrier_keeps_nothing_for_long_it_keeps_no_picture_either(world: World) -> None:
    matched(world)
    send(world, ANA, JPEG)
    settle(world)
    assert world.twilio.media.left == 1
    rule(world, carrier_keeps_hours=30)
    send(world, ANA, JPEG)
    settle(world)
    assert world.twilio.media.left == 1
    assert kept(world) == 2


def test_pieces_are_read_without_their_bytes(world: World) -> None:
    matched(world)
    send(world, ANA, JPEG)
    settle(world)
    [piece] = world.hotline.database.read(lambda session: attachments.of_request(session, 1))
    assert (piece.kind, piece.state, hasattr(piece, "content")) == (Kind.PICTURE, State.KEPT, False)
