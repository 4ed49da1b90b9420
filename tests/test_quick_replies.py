"""Buttons, lists and pins at Twilio: sent by layouts that it keeps, and in words where it keeps none."""

from datetime import timedelta

import pytest
from sqlmodel import col, select

from app.carriers.twilio import quick_replies
from handlers.understanding.button_ids import read
from handlers.understanding.intents import Pressed, Verb
from handlers.wording import buttons
from models.delivery.contents import Content, Kind
from models.delivery.outbound import Outbound, State
from models.delivery.shown import Shape
from models.lines import Channel, all_lines
from models.requests import Request
from models.store.session import Session
from tests import fake_twilio_content, neighbors, webhooks
from tests.fake_twilio import Carried, Mood
from tests.fake_twilio_content import AnythingTaken, Contents, NothingKept
from tests.fakes import LINE
from tests.world import World

ANA, BEN = "+12025550181", "+12025550182"
NEEDS = "1 food, 2 medicine, 3 a ride, 4 something else."


def wa(number: str) -> str:
    return f"whatsapp:{number}"


@pytest.fixture
def town(world: World) -> World:
    """Ben is a volunteer on WhatsApp, and has written there today. The carrier keeps our layouts."""

    def work(session: Session) -> None:
        line = all_lines(session)[0]
        neighbors.add(session, line, Channel.WHATSAPP, BEN, world.clock.now(), name="Ben", helper=True)

    world.hotline.database.write(work).result()
    world.quicken()
    world.twilio.minds_window = True
    world.hotline.shapes.once()
    say(world, BEN, "MINE")
    return world


def say(world: World, by: str, words: str, **more: str) -> None:
    """Somebody writes by WhatsApp, and what follows leaves."""
    world.clock.advance(timedelta(minutes=1))
    world.twilio.contents.wrote[wa(by)] = world.clock.now()
    world.twilio.deliver(webhooks.whatsapp(by, words, **more))
    world.clock.advance(timedelta(minutes=1))
    world.drain()


def sent_to(world: World, number: str) -> list[Carried]:
    return [text for text in world.twilio.sent if text.to == wa(number)]


def beside(world: World, text: Carried) -> list[tuple[str, str]]:
    """What can be pressed under a text: ids and titles."""
    return fake_twilio_content.shown(world.twilio.contents, text.fields).beside


def row_of(world: World, text: Carried) -> Outbound:
    query = select(Outbound).where(col(Outbound.sid) == text.sid)
    found = world.hotline.database.read(lambda s: s.exec(query).first())
    assert found is not None
    return found


def test_every_layout_is_made_once(town: World) -> None:
    wanted = {shape.digest for _, shape in buttons.shapes()}
    kept = town.hotline.database.read(lambda s: list(s.exec(select(Content).where(Content.kind != Kind.TEMPLATE))))
    assert {content.digest for content in kept} == wanted
    assert len(kept) == len(buttons.shapes()) == len(town.twilio.contents.kept)
    assert town.hotline.shapes.once() == 0


@pytest.mark.parametrize(("language", "shape"), buttons.shapes())
def test_every_layout_keeps_the_rules(language: str, shape: Shape) -> None:
    assert fake_twilio_content.wrong(quick_replies.resource(shape, language)) == []


def test_a_need_and_an_offer_are_pressed(town: World) -> None:
    say(town, ANA, "hi")
    hello = sent_to(town, ANA)[-1]
    assert "Body" not in hello.fields
    assert NEEDS not in hello.body
    food, title = beside(town, hello)[0]
    assert (read(food), title) == (Pressed(Verb.NEED, 0, "food"), "Food")
    say(town, ANA, title, ListId=food, OriginalRepliedMessageSid=hello.sid)
    say(town, ANA, "14 Oak St")
    offer = sent_to(town, BEN)[-1]
    assert [(read(id_), name) for id_, name in beside(town, offer)] == [
        (Pressed(Verb.CLAIM, 1), "Claim"),
        (Pressed(Verb.PASS, 1), "Pass"),
    ]
    assert "CLAIM" not in offer.body
    say(town, BEN, "Claim", ButtonPayload="h1-claim-1", ButtonText="Claim", OriginalRepliedMessageSid=offer.sid)
    assert town.hotline.database.read(lambda s: s.exec(select(Request.state)).first()) == "claimed"


def test_by_sms_it_is_said_in_words(town: World) -> None:
    town.twilio.text(ANA, "hi")
    town.clock.advance(timedelta(minutes=1))
    town.drain()
    (hello,) = [text for text in town.twilio.sent if text.to == ANA]
    assert NEEDS in hello.fields["Body"]
    assert hello.sender == LINE


@pytest.mark.parametrize("contents", [NothingKept(), AnythingTaken()], ids=["nothing", "anything"])
def test_where_none_is_kept_it_is_said_in_words(world: World, contents: Contents) -> None:
    world.twilio.contents = contents
    assert world.hotline.shapes.once() == 0
    say(world, ANA, "hi")
    (hello,) = sent_to(world, ANA)
    assert NEEDS in hello.fields["Body"]


def test_a_layout_that_is_gone_costs_no_text(town: World) -> None:
    town.twilio.contents.kept.clear()
    say(town, ANA, "hi")
    town.drain(after=timedelta(minutes=1))
    (hello,) = sent_to(town, ANA)
    assert NEEDS in hello.fields["Body"]
    assert row_of(town, hello).state is State.DELIVERED


def test_without_an_answer_it_is_found_again_and_not_sent_twice(town: World) -> None:
    town.twilio.told = lambda words: []
    town.twilio.next(Mood.DROP)
    say(town, ANA, "hi")
    for _ in range(20):
        town.drain(after=timedelta(seconds=30))
    (hello,) = sent_to(town, ANA)
    assert NEEDS not in hello.body
    assert NEEDS in row_of(town, hello).body


def test_a_shared_place_is_a_place_on_the_map(town: World) -> None:
    say(town, ANA, "need groceries for two")
    say(town, ANA, "", Latitude="38.9072", Longitude="-77.0369")
    say(town, BEN, "CLAIM 1")
    pins = [text.fields["PersistentAction"] for text in sent_to(town, BEN) if "PersistentAction" in text.fields]
    assert pins == ["geo:38.9072,-77.0369|#1"]
