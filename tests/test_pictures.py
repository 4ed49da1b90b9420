"""Pictures on their way through the hotline: fetched once, shown under an address that soon opens nothing, erased."""

from datetime import timedelta
from threading import Barrier, Thread

import pytest
from sqlmodel import col, select

from app.attachments import fetching
from app.attachments.fetching import LEASE, Fetcher
from app.attachments.isolated import Made
from app.outbound.enclosing import LINK_LASTS
from models import attachments, lines
from models.attachments import State
from models.delivery import attached
from models.delivery.outbound import Outbound
from models.delivery.outbound import State as TextState
from models.store.session import Session
from tests.fake_twilio_media import Fetched
from tests.picture_steps import (
    ANA,
    BEN,
    DEE,
    JPEG,
    OGG,
    got,
    kept,
    look,
    matched,
    pieces,
    send,
    settle,
)
from tests.world import World


def test_a_picture_goes_to_the_other_side_and_back(world: World) -> None:
    matched(world)
    send(world, ANA, JPEG, body="this is the door")
    assert got(world, BEN) == []  # it is fetched first, and never while the webhook waits
    settle(world)
    assert got(world, BEN) == [('From #1: "this is the door"', True)]
    send(world, BEN, OGG)
    settle(world)
    assert got(world, ANA)[-1] == ("Ben (#1): a voice message", True)
    first, second = world.twilio.media.fetched
    assert (first.headers["content-type"], second.headers["content-type"]) == ("image/jpeg", "audio/mpeg")
    assert b"Example phone" in JPEG[1]
    assert b"Example phone" not in first.content
    assert first.url.startswith("https://hotline.example.org/media/")


def test_whatsapp_shows_no_words_beside_a_voice_message(world: World) -> None:
    matched(world, ben=f"whatsapp:{BEN}")
    send(world, ANA, OGG)
    settle(world)
    said = "From #1: a voice message"
    assert got(world, f"whatsapp:{BEN}") == [(said, False), (said, True)]


def test_the_address_opens_nothing_soon_after(world: World) -> None:
    matched(world)
    send(world, ANA, JPEG)
    settle(world)
    [fetched] = world.twilio.media.fetched
    assert look(world, fetched.url).status == 404  # Twilio has said that it arrived
    assert look(world, fetched.url[:-1]).status == 404
    for wrong in ("", "x", "%2e%2e", "%00", "a" * 65, "é"):
        assert look(world, f"https://hotline.example.org/media/{wrong}").status == 404


def test_while_its_text_is_on_the_way_it_is_shown_for_an_hour(world: World) -> None:
    world.twilio.told = lambda words: []  # nothing is said of it
    matched(world)
    send(world, ANA, JPEG)
    settle(world)
    [fetched] = world.twilio.media.fetched
    assert fetched.headers["x-content-type-options"] == "nosniff"
    assert fetched.headers["cache-control"] == "no-store"
    assert "default-src 'none'" in fetched.headers["content-security-policy"]
    assert "image.jpg" in fetched.headers["content-disposition"]
    world.clock.advance(timedelta(minutes=59))
    assert look(world, fetched.url).status == 200
    world.clock.advance(timedelta(minutes=2))
    assert look(world, fetched.url).status == 404


def test_a_link_opens_for_a_day(world: World) -> None:
    def abroad(session: Session) -> None:
        line = lines.all_lines(session)[0]
        line.country, line.rules = "GB", {**line.rules, "countries": ["GB", "US"]}
        session.add(line)

    world.hotline.database.write(abroad).result()
    british = "+447700900102"
    matched(world, ben=british)
    send(world, ANA, JPEG)
    settle(world)
    [(body, along)] = got(world, british)
    assert not along
    link = body.rsplit(" ", 1)[1]
    assert look(world, link).status == 200
    world.clock.advance(LINK_LASTS - timedelta(minutes=1))
    assert look(world, link).status == 200
    world.clock.advance(timedelta(minutes=2))
    assert look(world, link).status == 404


def test_what_cannot_be_fetched_is_told_to_both_once(world: World) -> None:
    matched(world)
    world.twilio.media.statuses = [404] * 20
    send(world, ANA, JPEG)
    settle(world)
    assert got(world, BEN) == got(world, ANA) == []  # the carrier may be slow: it is asked once more
    settle(world, after=timedelta(seconds=6))
    for _ in range(5):
        settle(world, after=timedelta(minutes=5))
    assert [words for words, _ in got(world, BEN)] == [
        "#1: they sent a picture that did not get through. Just ask here what it says."
    ]
    [(told, _)] = got(world, ANA)
    assert told.startswith("#1: I could not get your picture from the phone company")
    assert len(world.twilio.media.asked) == 2


def test_a_carrier_that_is_away_is_asked_again_and_again(world: World) -> None:
    matched(world)
    world.twilio.media.statuses = [503, 429, 500]
    send(world, ANA, JPEG, body="look")
    for seconds in (0, 6, 21, 61):
        settle(world, after=timedelta(seconds=seconds))
    assert got(world, BEN) == [('From #1: "look"', True)]


def test_words_do_not_wait_long_and_the_picture_follows(world: World) -> None:
    matched(world)
    world.twilio.media.statuses = [503] * 3
    send(world, ANA, JPEG, body="look")
    settle(world)
    assert got(world, BEN) == []
    settle(world, after=attached.WORDS_WAIT + timedelta(seconds=1))
    assert got(world, BEN) == [('From #1: "look"', False)]
    for _ in range(3):
        settle(world, after=timedelta(minutes=1))
    assert got(world, BEN) == [('From #1: "look"', False), ("From #1: a picture", True)]
    settle(world, after=timedelta(minutes=10))
    assert len(got(world, BEN)) == 2


def test_words_that_left_without_a_picture_that_never_comes_are_followed_by_that(world: World) -> None:
    matched(world)
    world.twilio.media.statuses = [503] * 9
    send(world, ANA, JPEG, body="look")
    for _ in range(8):
        settle(world, after=timedelta(minutes=2))
    assert [words for words, _ in got(world, BEN)] == [
        'From #1: "look"',
        "#1: they sent a picture that did not get through. Just ask here what it says.",
    ]


def test_words_of_danger_wait_for_no_picture(world: World) -> None:
    matched(world)
    send(world, ANA, JPEG, body="he fell and is not breathing")
    world.drain()
    assert any("not breathing" in words for words, _ in got(world, BEN))
    settle(world)
    assert got(world, BEN)[-1] == ("From #1: a picture", True)


def test_what_it_is_tells_the_file_and_not_its_name(world: World) -> None:
    matched(world)
    send(world, ANA, ("application/pdf", b"%PDF-1.7"), named="image/jpeg")
    settle(world)
    assert [words for words, _ in got(world, BEN)] == [
        "#1: they sent a picture that did not get through. Just ask here what it says."
    ]
    assert got(world, ANA)[-1][0].startswith("#1: I could not open your picture")
    send(world, ANA, JPEG, named="audio/ogg")
    settle(world)
    assert pieces(world)[-1][0] is State.KEPT
    assert world.twilio.media.fetched[-1].headers["content-type"] == "image/jpeg"


def test_a_process_that_dies_while_it_fetches_leaves_it_to_another(world: World) -> None:
    matched(world)
    send(world, ANA, JPEG)
    now = world.clock.now()
    world.hotline.database.write(lambda s: attachments.lease(s, now, LEASE, 5)).result()  # and then nothing
    settle(world)
    assert got(world, BEN) == []
    settle(world, after=LEASE)
    assert [along for _, along in got(world, BEN)] == [True]
    assert pieces(world)[0][0] is State.KEPT


def test_two_that_fetched_the_same_send_it_once(world: World) -> None:
    matched(world)
    send(world, ANA, JPEG)
    now = world.clock.now()
    database = world.hotline.database
    [leased] = database.write(lambda s: attachments.lease(s, now, LEASE, 5)).result()
    made = Made("image/jpeg", b"\xff\xd8\xff made")
    for _ in range(2):
        database.write(lambda s: fetching.settle(s, leased, made, now)).result()
    world.drain()
    assert [along for _, along in got(world, BEN)] == [True]


def test_two_processes_at_once_fetch_each_piece_once(world: World) -> None:
    matched(world)
    for _ in range(6):
        send(world, ANA, JPEG)
    hotline, start = world.hotline, Barrier(2)
    others = [Fetcher(hotline.database, hotline.carrier, hotline.clock, hotline.sender) for _ in range(2)]

    def run(fetcher: Fetcher) -> None:
        start.wait()
        while fetcher.once():
            pass

    threads = [Thread(target=run, args=(fetcher,)) for fetcher in others]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    world.drain()
    assert len(world.twilio.media.asked) == 6
    assert [along for _, along in got(world, BEN)] == [True] * 6


def test_a_webhook_that_comes_twice_brings_one_picture(world: World) -> None:
    matched(world)
    send(world, ANA, JPEG)
    assert world.twilio.deliver(world.twilio.carried[-1].fields) == 200
    settle(world)
    assert [along for _, along in got(world, BEN)] == [True]
    assert len(pieces(world)) == 1


def test_who_is_kept_apart_or_stopped_gets_nothing(world: World) -> None:
    matched(world)
    world.twilio.text(BEN, "STOP")
    world.drain()
    send(world, ANA, JPEG)
    settle(world)
    assert not any(along for _, along in got(world, BEN))
    assert kept(world) == 1


def test_what_was_asked_to_stop_while_it_was_fetched_does_not_leave(world: World) -> None:
    matched(world)
    send(world, ANA, JPEG, body="look")
    world.twilio.text(BEN, "STOP")
    settle(world)
    assert not any(along for _, along in got(world, BEN))


def test_a_picture_that_the_carrier_cannot_fetch_is_told_to_duty(world: World) -> None:
    matched(world)
    world.duty()
    world.twilio.media.look = lambda url: Fetched(url, 503, {}, b"")
    send(world, ANA, JPEG)
    settle(world)
    row = world.hotline.database.read(
        lambda s: s.exec(select(Outbound).where(col(Outbound.media).is_not(None))).one()
    )
    assert (row.state, row.error_code) == (TextState.FAILED, 11200)
    assert any(text.to == DEE for text in world.twilio.sent)


def test_no_key_and_no_address_is_in_the_log(world: World, caplog: pytest.LogCaptureFixture) -> None:
    matched(world)
    send(world, ANA, JPEG)
    world.twilio.media.statuses = [503]
    settle(world)
    settle(world, after=timedelta(seconds=10))
    [fetched] = world.twilio.media.fetched
    key = fetched.url.rsplit("/", 1)[1]
    assert key not in caplog.text
    assert "/Media/" not in caplog.text


def test_danger_beside_a_picture_alarms_at_once_and_duty_sees_it(world: World) -> None:
    world.duty()
    send(world, ANA, JPEG, body="he is not breathing, 14 Oak St")
    world.drain()
    assert "call 911 now" in got(world, ANA)[0][0]
    assert got(world, DEE)[0][0].startswith("EMERGENCY #1")
    settle(world)
    assert got(world, DEE)[-1] == ("From #1: a picture", True)


def test_a_picture_waits_with_the_words_of_whoever_is_quiet(world: World) -> None:
    matched(world)
    world.twilio.text(ANA, "QUIET")
    world.drain()
    world.twilio.carried.clear()
    send(world, BEN, JPEG, body="is this the door?")
    settle(world)
    assert got(world, ANA) == []
    world.twilio.text(ANA, "READ")
    world.drain()
    assert ('Ben (#1): "is this the door?"', True) in got(world, ANA)


def test_who_stopped_is_texted_no_picture_later(world: World) -> None:
    matched(world)
    world.twilio.media.statuses = [503]
    send(world, ANA, JPEG)
    settle(world)
    world.twilio.text(ANA, "NEVERMIND 1")
    world.twilio.text(BEN, "STOP")
    settle(world, after=timedelta(seconds=10))
    assert not any(along for _, along in got(world, BEN))


def test_what_whatsapp_no_longer_takes_goes_by_sms_with_its_picture(world: World) -> None:
    matched(world)
    phone = f"whatsapp:{BEN}"
    world.twilio.text(phone, "on my way")  # the same person, and from now on there
    world.drain()
    world.twilio.undelivered[phone] = 63016
    send(world, ANA, JPEG, body="this is the door")
    settle(world)
    assert got(world, BEN)[-1] == ('From #1: "this is the door"', True)
