"""Texts whose webhook never arrived are found in the carrier's list, once, with all they said."""

import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlmodel import col, select

from app.hotline import Hotline
from app.inbound.reconcile import MINIMUM_AGE
from app.main import create_app
from models import lines
from models.delivery.outbound import Outbound
from models.inbound import Inbound
from models.people import Person
from models.store.session import Session
from tests import webhooks
from tests.fake_twilio import FakeTwilio
from tests.fakes import ACCOUNT, LINE, TOKEN, WHATSAPP, StillClock, twilio_settings
from tests.serving import within
from tests.world import World

ANA, BEN = "+12025550101", "+12025550102"
SERVICE = "MG00000000000000000000000000000001"


def stored(hotline: Hotline) -> list[Inbound]:
    return hotline.database.read(lambda s: list(s.exec(select(Inbound).order_by(col(Inbound.id)))))


def bodies(world: World) -> list[str]:
    return [text.body for text in stored(world.hotline)]


def later(world: World, by: timedelta = MINIMUM_AGE) -> None:
    world.clock.advance(by)


def test_a_lost_text_is_taken_in_and_answered_once(world: World) -> None:
    assert world.twilio.text(ANA, "I need food for four") == 200
    world.twilio.text(BEN, "hello", lost=True)
    later(world)
    assert world.hotline.reconciler.once() == 0
    assert bodies(world) == ["I need food for four", "hello"]
    before = len(world.hotline.database.read(lambda s: list(s.exec(select(Outbound.id)))))
    later(world)
    world.hotline.reconciler.once()
    world.twilio.deliver(world.twilio.carried[1].fields)  # its webhook comes after all
    assert bodies(world) == ["I need food for four", "hello"]
    assert len(world.hotline.database.read(lambda s: list(s.exec(select(Outbound.id))))) == before


def test_it_says_all_that_its_webhook_would_have(world: World) -> None:
    lost = {**webhooks.pictures(2), "sid": "MM0000000000000000000000000000000a"}
    world.twilio.text(ANA, "ñ look 🙏", lost=True, **lost)
    world.twilio.text(f"whatsapp:{BEN}", "hola", lost=True)
    later(world)
    world.hotline.reconciler.once()
    one, two = stored(world.hotline)
    assert (one.sid, one.channel, one.from_address, one.body) == (lost["sid"], "sms", ANA, "ñ look 🙏")
    assert [content for _, content in one.media] == ["image/jpeg"] * 2
    assert all(url.startswith("https://api.twilio.com/2010-04-01/Accounts/") for url, _ in one.media)
    assert not any(url.endswith(".json") for url, _ in one.media)
    assert (two.channel, two.from_address) == ("whatsapp", BEN)


def test_what_was_lost_comes_in_the_order_in_which_it_was_said(world: World) -> None:
    for n in range(120):  # three pages and a bit
        world.twilio.text(ANA, f"STATUS {n}", lost=True)
        later(world, timedelta(seconds=10))
    later(world)
    world.hotline.reconciler.once()
    assert bodies(world) == [f"STATUS {n}" for n in range(120)]


def test_a_text_whose_webhook_may_still_come_is_left_to_it(world: World) -> None:
    world.twilio.text(ANA, "hello", lost=True)
    assert world.hotline.reconciler.once() == 1  # look again soon
    assert bodies(world) == []
    later(world)
    assert world.hotline.reconciler.once() == 0
    assert bodies(world) == ["hello"]


def test_our_own_texts_are_not_taken_for_theirs(world: World) -> None:
    world.put(to=WHATSAPP)
    world.drain()
    world.twilio.text(ANA, "hello", lost=True)
    later(world)
    world.hotline.reconciler.once()
    assert bodies(world) == ["hello"]


def test_a_night_that_was_missed_is_read_whole(world: World) -> None:
    world.twilio.text(ANA, "before")
    later(world, timedelta(minutes=5))
    for hour in range(8):
        world.twilio.text(BEN, f"STATUS {hour}", lost=True)
        later(world, timedelta(hours=1))
    world.hotline.reconciler.prepare()  # the host starts
    world.twilio.text(ANA, "after")
    world.hotline.reconciler.once()
    assert bodies(world) == ["before", "after", *(f"STATUS {hour}" for hour in range(8))]


def test_a_day_is_as_far_as_it_looks_back(world: World) -> None:
    world.twilio.text(ANA, "before")
    world.twilio.text(BEN, "too old", lost=True)
    later(world, timedelta(hours=2))
    world.twilio.text(BEN, "old", lost=True)
    later(world, timedelta(hours=23))
    world.hotline.reconciler.prepare()
    world.hotline.reconciler.once()
    assert bodies(world) == ["before", "old"]


def test_a_round_that_failed_is_made_up_for(world: World) -> None:
    later(world)
    world.hotline.reconciler.once()
    world.twilio.text(ANA, "hello", lost=True)
    later(world, timedelta(hours=3))
    url = world.twilio.url
    away: Any = world.hotline.carrier
    away.transport.api = away.transport.api._replace(netloc="127.0.0.1:1")
    with pytest.raises(Exception, match="connection"):
        world.hotline.reconciler.once()
    away.transport.api = away.transport.api._replace(netloc=url.removeprefix("http://"))
    world.hotline.reconciler.once()
    assert bodies(world) == ["hello"]


def test_an_entry_that_is_no_text_holds_up_no_other(world: World) -> None:
    world.twilio.text(ANA, "hello", lost=True)
    world.twilio.text(BEN, "hello too", lost=True)
    world.twilio.carried[0].sender = ""
    later(world)
    world.hotline.reconciler.once()
    assert bodies(world) == ["hello too"]


def test_what_was_lost_before_a_stop_undoes_nothing_and_is_not_answered(world: World) -> None:
    world.twilio.text(ANA, "hello")
    world.drain()
    for words in ("START", "I need food, 14 Oak St"):
        world.twilio.text(ANA, words, lost=True)
    later(world, timedelta(seconds=2))
    world.twilio.text(ANA, "STOP")
    world.drain()
    before = len(world.twilio.asked)
    later(world)
    world.hotline.reconciler.once()
    world.drain()
    (person,) = world.hotline.database.read(lambda s: list(s.exec(select(Person))))
    assert person.opted_out_at is not None
    assert len(bodies(world)) == 4
    assert len(world.twilio.asked) == before


def test_it_does_not_overtake_what_is_in_the_spool(world: World) -> None:
    world.twilio.text(ANA, "older", lost=True)
    fields = world.twilio.carried[0].fields
    world.hotline.ingest.spool.put(webhooks.text_webhook(fields, world.clock.now()), ANA)
    later(world)
    world.twilio.text(ANA, "newer", lost=True)
    later(world)
    world.hotline.reconciler.once()
    assert bodies(world) == []
    world.hotline.spool_worker.once()
    world.hotline.reconciler.once()
    assert bodies(world) == ["older", "newer"]


@pytest.fixture
def served(database_url: str, clock: StillClock) -> Iterator[World]:
    """A hotline with a Messaging Service that has more numbers than the line."""
    with FakeTwilio(clock=clock) as twilio:
        settings = twilio_settings(
            database_url, twilio_api_url=twilio.url, twilio_messaging_service_sid=SERVICE, hotline_whatsapp=None
        )
        running = Hotline(settings, clock=clock)
        running.prepare()
        twilio.post = within(create_app(hotline=running))
        yield World(running, twilio, clock)
        running.stop()


ANOTHER, STRANGERS = "+12025550170", "+12025550171"
STRANGERS_SERVICE = "MG0000000000000000000000000000000f"


def test_any_number_of_the_messaging_service_is_the_lines(served: World) -> None:
    assert served.twilio.text(ANA, "hello", to=ANOTHER) == 200
    assert (
        served.twilio.text(BEN, "hello", to=STRANGERS, MessagingServiceSid="MG0000000000000000000000000000000f")
        == 200
    )
    (text,) = stored(served.hotline)
    assert (text.from_address, text.fields["To"]) == (ANA, ANOTHER)
    served.drain()
    assert [fields["MessagingServiceSid"] for fields in served.twilio.asked] == [SERVICE]
    assert served.hotline.counts()["unknown_number"] == 1


def test_a_line_of_its_own_behind_the_same_service_keeps_its_texts(served: World) -> None:
    def another(session: Session) -> int:
        return lines.add(session, served.clock.now(), name="Elm Street", sms=ANOTHER).id

    elm = served.hotline.database.write(another).result()
    served.twilio.text(ANA, "hello", to=ANOTHER)
    served.twilio.text(ANA, "hello", to=LINE)
    served.twilio.text(ANA, "hello", to=STRANGERS)
    assert [text.line_id == elm for text in stored(served.hotline)] == [True, False, False]


def test_lost_texts_to_any_number_of_the_service_are_found(served: World) -> None:
    served.twilio.text(ANA, "hello", to=ANOTHER, lost=True)
    served.twilio.text(BEN, "not ours", to=STRANGERS, lost=True, MessagingServiceSid=STRANGERS_SERVICE)
    served.clock.advance(MINIMUM_AGE)
    served.hotline.reconciler.once()
    assert [text.body for text in stored(served.hotline)] == ["hello"]


def test_a_hotline_that_starts_looks_by_itself(database_url: str) -> None:
    with FakeTwilio() as twilio:
        twilio.text(ANA, "hello", lost=True)
        twilio.carried[0].created -= timedelta(minutes=1)
        running = Hotline(twilio_settings(database_url, twilio_api_url=twilio.url))
        twilio.post = within(create_app(hotline=running))
        running.prepare()
        running.start()
        until = time.monotonic() + 10
        while not stored(running) and time.monotonic() < until:
            time.sleep(0.05)
        twilio.settle()
        running.stop()
        again = Hotline(twilio_settings(database_url, twilio_api_url=twilio.url))
        assert [text.body for text in stored(again)] == ["hello"]
        again.stop()


def test_the_simulator_has_no_list(hotline: Hotline) -> None:
    assert hotline.carrier.simulated
    hotline.start()
    assert not hotline.reconciler.thread.heartbeat.alive


def test_the_fake_answers_as_twilio_would(world: World) -> None:
    world.twilio.text(ANA, "look", lost=True, **webhooks.pictures(1))
    text = world.twilio.carried[0]
    auth = httpx.BasicAuth(ACCOUNT, TOKEN)
    uri = f"{world.twilio.url}{text.resource()['subresource_uris']['media']}"  # type: ignore[index]
    assert httpx.get(uri, auth=auth).json()["media_list"][0]["content_type"] == "image/jpeg"
