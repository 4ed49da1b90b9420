"""WhatsApp hides numbers behind ids: an id that came with a number once is the same person from then on."""

from datetime import timedelta

import pytest
from sqlmodel import select

from app.inbound.receive import Taken, receive
from models.inbound import Heard
from models.people import Address, Person
from tests import webhooks
from tests.one_person import asked, at, person
from tests.world import ANA, DEE, World

HIDDEN = "US.13491208655302741918"


def test_an_id_that_came_with_a_number_is_the_same_person_afterwards(world: World) -> None:
    world.duty()
    twilio = world.twilio
    twilio.text(f"whatsapp:{ANA}", "need groceries for 2 near Oak St", ExternalUserId=HIDDEN)
    twilio.text(f"whatsapp:{HIDDEN}", "STATUS", ExternalUserId=HIDDEN)
    world.drain()
    assert [one.body[:2] for one in twilio.sent if one.to == f"whatsapp:{HIDDEN}"] == ["#1"]
    assert at(world, ANA, HIDDEN) == set(asked(world))
    twilio.text(f"whatsapp:{HIDDEN}", "STOP", ExternalUserId=HIDDEN)
    assert person(world, ANA).opted_out_at is not None
    before = len(twilio.sent)
    twilio.text(DEE, "CLAIM 1")
    world.drain()
    assert {one.to for one in twilio.sent[before:]} == {DEE}


def test_a_new_number_brings_a_new_id_and_both_are_theirs(world: World) -> None:
    twilio = world.twilio
    twilio.text(f"whatsapp:{HIDDEN}", "need groceries for 2 near Oak St", ExternalUserId=HIDDEN)
    twilio.text(ANA, "hello")
    assert len(at(world, HIDDEN, ANA)) == 2  # nobody can tell yet
    twilio.text(f"whatsapp:{ANA}", "STATUS", ExternalUserId=HIDDEN)
    assert at(world, HIDDEN, ANA) == set(asked(world))
    twilio.text(f"whatsapp:{ANA}", "STATUS", ExternalUserId="US.ENT.99120865530274191")
    assert at(world, HIDDEN, ANA, "US.ENT.99120865530274191") == set(asked(world))


@pytest.mark.parametrize("first", [f"whatsapp:{ANA}", f"whatsapp:{HIDDEN}"])
def test_who_said_stop_and_was_erased_is_not_texted_whatever_shows_of_them(world: World, first: str) -> None:
    for words in ("hello", "STOP", "FORGET ME"):
        world.twilio.text(first, words, ExternalUserId=HIDDEN)
        world.drain(after=timedelta(seconds=30))
    assert at(world, ANA, HIDDEN) == set()
    world.twilio.opted_out.clear()  # WhatsApp keeps none
    before = len(world.twilio.sent)
    world.twilio.text(f"whatsapp:{ANA}", "hello again", ExternalUserId=HIDDEN)
    world.drain()
    (known,) = at(world, ANA, HIDDEN)
    assert world.hotline.database.read(lambda s: s.get_one(Person, known)).opted_out_at is not None
    assert all("START" in one.body for one in world.twilio.sent[before:])  # how to come back, and nothing else


def test_a_late_copy_of_an_erased_persons_text_makes_nobody_known(world: World) -> None:
    for words in ("hello", "FORGET ME", "1"):
        world.twilio.text(f"whatsapp:{ANA}", words, ExternalUserId=HIDDEN)
        world.clock.advance(timedelta(seconds=30))
    late = webhooks.whatsapp(ANA, "hello", ExternalUserId=HIDDEN)
    long_ago = world.clock.now() - timedelta(hours=1)
    heard = world.hotline.carrier.parse(webhooks.text_webhook(late, long_ago))
    assert isinstance(heard, Heard)
    assert world.hotline.database.write(lambda s: receive(s, heard, world.clock.now())).result() is Taken.SEEN
    assert at(world, ANA, HIDDEN) == set()


@pytest.mark.parametrize("said", ["", "+12025550177", "us.1", "US.", "US.1234; DROP", "US." + "9" * 200])
def test_what_is_no_id_is_nobodys_address(world: World, said: str) -> None:
    world.twilio.text(f"whatsapp:{ANA}", "hello", ExternalUserId=said)
    found = world.hotline.database.read(lambda s: [a.value for a in s.exec(select(Address))])
    assert found == [ANA]
