"""Texts leave once, with everything Twilio must know, and what became of them is kept."""

import socket
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel import select

from app.hotline import Hotline
from app.outbound import saying
from app.outbound.sender import LEASE_FOR
from handlers.wording import segments
from models.delivery.outbound import Lane, Outbound, State, StatusEvent
from models.lines import Channel
from models.people import Person
from models.store.session import Session
from tests.fake_twilio import Mood, When
from tests.fakes import LINE, PUBLIC, WHATSAPP, twilio_settings
from tests.world import ANA, DEE, World

A_DAY = timedelta(days=1)


def test_an_sms_says_all_that_twilio_must_know(world: World) -> None:
    row = world.put(body="¿Qué tal? 👋")
    world.drain()
    callback = f"{PUBLIC}/twilio/status?id={row}"
    said = {"To": ANA, "From": LINE, "Body": "¿Qué tal? 👋", "StatusCallback": callback}
    assert world.twilio.asked == [{**said, "MessageIntent": "customercare"}]


def test_whatsapp_differs_only_in_its_addresses(world: World) -> None:
    world.put(channel=Channel.WHATSAPP)
    world.put("US.13491208655302741918", channel=Channel.WHATSAPP)
    world.drain()
    asked = {fields["To"]: fields for fields in world.twilio.asked}
    assert set(asked) == {f"whatsapp:{ANA}", "whatsapp:US.13491208655302741918"}
    assert {fields["From"] for fields in asked.values()} == {f"whatsapp:{WHATSAPP}"}


def test_a_messaging_service_is_named_for_sms_alone(world: World, database_url: str) -> None:
    service = "MG00000000000000000000000000000001"
    settings = twilio_settings(database_url, twilio_api_url=world.twilio.url, twilio_messaging_service_sid=service)
    world.put(channel=Channel.SMS)
    world.put(channel=Channel.WHATSAPP)
    hotline = Hotline(settings, clock=world.clock)
    hotline.sender.drain()
    hotline.stop()
    named = {fields["To"]: fields.get("MessagingServiceSid") for fields in world.twilio.asked}
    assert named == {ANA: service, f"whatsapp:{ANA}": None}


def test_what_twilio_answers_is_kept(world: World) -> None:
    world.twilio.price, world.twilio.when = "-0.00830", When.HELD
    row = world.put()
    world.drain()
    kept = world.row(row)
    sid = world.twilio.sent[0].sid
    assert (kept.state, kept.sid, kept.price, kept.tries) == (State.ACCEPTED, sid, "-0.00830", 1)
    (attempt,) = world.attempts(row)
    assert (attempt.result, attempt.sid, attempt.ended_at) == ("taken", sid, world.clock.now())
    world.twilio.release_callbacks()
    assert world.row(row).state is State.DELIVERED
    events = world.hotline.database.read(lambda s: [e.status for e in s.exec(select(StatusEvent))])
    assert events == ["sent", "delivered"]


def test_the_attempt_is_on_disk_before_the_post(world: World) -> None:
    world.twilio.next(Mood.STALL)
    world.twilio.told = lambda words: []
    row = world.put()
    with ThreadPoolExecutor() as other:
        sending = other.submit(world.drain)
        assert world.twilio.stalling.acquire(timeout=10)
        (attempt,) = world.attempts(row)
        assert (world.row(row).state, attempt.ended_at) == (State.LEASED, None)
        world.twilio.released.set()
        sending.result()
    assert world.row(row).state is State.UNCERTAIN


@pytest.mark.parametrize("mood", [Mood.DROP, Mood.BREAK])
def test_a_callback_settles_what_was_uncertain(world: World, mood: Mood) -> None:
    world.twilio.next(mood)
    row = world.put()
    world.drain()
    kept = world.row(row)
    assert (kept.state, kept.sid) == (State.DELIVERED, world.twilio.sent[0].sid)
    assert len(world.twilio.asked) == 1


def test_a_sender_that_died_after_the_attempt_leaves_it_uncertain(world: World) -> None:
    row = world.put()
    world.lease()
    world.drain()
    assert world.row(row).state is State.LEASED
    world.drain(after=LEASE_FOR + timedelta(seconds=1))
    assert world.row(row).state is State.UNCERTAIN
    assert world.twilio.asked == []


def test_when_nobody_could_be_reached_it_is_sent_later(world: World, database_url: str) -> None:
    row = world.put()
    with socket.socket() as unheard:
        unheard.bind(("127.0.0.1", 0))  # bound and not listening: a connection is refused
        nowhere = f"http://127.0.0.1:{unheard.getsockname()[1]}"
        cut_off = Hotline(twilio_settings(database_url, twilio_api_url=nowhere), clock=world.clock)
        cut_off.sender.drain()
        cut_off.stop()
    kept = world.row(row)
    assert (kept.state, kept.tries) == (State.READY, 1)
    world.drain()
    assert world.twilio.asked == []
    world.drain(after=timedelta(seconds=2))
    assert (len(world.twilio.sent), world.row(row).state, world.row(row).tries) == (1, State.DELIVERED, 2)


def test_a_busy_carrier_is_given_the_time_it_asks_for(world: World) -> None:
    world.twilio.next(Mood.BUSY)
    world.twilio.retry_after = 7
    row = world.put()
    world.drain()
    kept = world.row(row)
    assert (kept.state, world.waits(row)) == (State.HELD, 7)
    world.drain(after=timedelta(seconds=6))
    assert len(world.twilio.asked) == 1
    world.drain(after=timedelta(seconds=1))
    assert world.row(row).state is State.DELIVERED
    assert [a.result for a in world.attempts(row)] == ["returned", "taken"]


def test_patience_grows_with_every_try(world: World) -> None:
    limits = [4, 8, 16, 32, 64, 128, 256, 300, 300]
    world.twilio.next(*[Mood.BUSY] * len(limits))
    row = world.put(lane=Lane.SAFETY)
    for limit in limits:
        world.drain()
        waits = world.waits(row)
        assert 2 <= waits <= limit
        world.clock.advance(timedelta(seconds=waits))
    world.drain()
    assert world.row(row).state is State.DELIVERED


@pytest.mark.parametrize("code", [21211, 21408, 21620])
def test_what_will_never_work_is_posted_once_and_told(world: World, code: int) -> None:
    world.duty()
    world.twilio.refused[ANA] = code
    row = world.put()
    for _ in range(3):
        world.drain(after=A_DAY)
    kept = world.row(row)
    assert (kept.state, kept.error_code, kept.tries) == (State.FAILED, code, 1)
    assert [fields["To"] for fields in world.twilio.asked] == [ANA, DEE]


def test_what_twilio_would_refuse_unseen_is_refused_by_the_fake_too(world: World) -> None:
    world.put("12025550101")
    world.put(body="x" * 1601)
    world.drain()
    codes = world.hotline.database.read(lambda s: set(s.exec(select(Outbound.error_code))))
    assert codes == {21211, 21617}


def test_who_told_the_carrier_stop_is_written_to_no_more(world: World) -> None:
    world.twilio.opted_out.add((LINE, ANA))
    first = world.put(body="first")
    world.drain()
    assert (world.row(first).state, world.row(first).error_code) == (State.FAILED, 21610)
    person = world.hotline.database.read(lambda s: s.exec(select(Person)).one())
    assert person.opted_out_at == world.clock.now()


def test_what_else_was_queued_for_them_is_cancelled(world: World) -> None:
    world.twilio.opted_out.add((LINE, ANA))
    world.put(body="first")
    waiting = world.put(body="later")

    def delay(session: Session) -> None:
        row = session.get_one(Outbound, waiting)
        row.not_before = world.clock.now() + A_DAY
        session.add(row)

    world.hotline.database.write(delay).result()
    world.drain()
    assert world.row(waiting).state is State.CANCELLED
    world.drain(after=A_DAY)
    assert len(world.twilio.asked) == 1


def test_the_same_key_twice_is_one_text(world: World) -> None:
    world.put()
    with pytest.raises(IntegrityError):
        world.put()
    world.drain()
    assert len(world.twilio.sent) == 1


def test_two_senders_never_send_the_same_text(world: World, database_url: str) -> None:
    count = 60
    for n in range(count):
        world.put(body=f"text {n}")
    other = Hotline(twilio_settings(database_url, twilio_api_url=world.twilio.url), clock=world.clock)
    with ThreadPoolExecutor(2) as both:
        for done in [both.submit(world.hotline.sender.drain), both.submit(other.sender.drain)]:
            done.result()
    other.stop()
    world.twilio.settle()
    assert sorted(f["Body"] for f in world.twilio.asked) == sorted(f"text {n}" for n in range(count))
    states = world.hotline.database.read(lambda s: set(s.exec(select(Outbound.state))))
    assert states == {State.DELIVERED}


def test_safety_goes_first_and_bulk_last(world: World) -> None:
    for lane in (Lane.BULK, Lane.NOTICE, Lane.SAFETY, Lane.REPLY):
        world.put(body="hello", lane=lane)
    assert [parcel.lane for parcel in world.lease()] == [Lane.SAFETY, Lane.REPLY, Lane.NOTICE, Lane.BULK]


def test_what_is_too_long_for_one_text_is_cut_at_a_space(world: World) -> None:
    words = "groceries " * 400
    parts = saying.parts(words.strip())
    assert [len(part) <= 1600 for part in parts] == [True] * 3
    assert " ".join(parts) == words.strip()
    assert [len(part) for part in saying.parts("x" * 4000)] == [1600, 1600, 800]


def test_no_text_holds_its_number_for_longer_than_eleven_segments() -> None:
    words = "🚑 come " * 200
    parts = saying.parts(words.strip())
    assert " ".join(parts) == words.strip()
    assert [segments.count(part) for part in parts] == [11, 11, 3]
    assert saying.parts(words.strip(), Channel.WHATSAPP) == [words.strip()]
