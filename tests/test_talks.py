"""Words that went to the other side and never arrived: their author hears it, who was told that they go there."""

from datetime import timedelta

import pytest

from models import lines
from models.lines import Channel
from models.store.session import Session
from tests import neighbors
from tests.world import ANA, DEE, World

BEN = "+12025550102"
LANDLINE = 30006


@pytest.fixture
def talk(world: World) -> World:
    """Ana and Ben in a match, and Dee on duty."""

    def people(session: Session) -> None:
        line = lines.all_lines(session)[0]
        neighbors.add(session, line, Channel.SMS, BEN, world.clock.now(), name="Ben", helper=True)

    world.hotline.database.write(people).result()
    for by, words in ((ANA, "need groceries for 2, 14 oak st"), (BEN, "claim 1"), (ANA, "ring twice"), (BEN, "ok")):
        say(world, by, words)
    world.duty()
    return world


def say(world: World, by: str, words: str) -> list[str]:
    """Text it; what everybody gets because of it."""
    before = len(world.twilio.sent)
    world.twilio.text(by, words)
    world.drain(after=timedelta(seconds=1))
    return [f"{text.to[-3:]} {text.body}" for text in world.twilio.sent[before:]]


def test_what_is_passed_on_is_confirmed_once(talk: World) -> None:
    assert say(talk, ANA, "third floor") == ['102 From #1: "third floor"']
    assert say(talk, BEN, "see you") == ['101 Ben (#1): "see you"']


@pytest.mark.parametrize("by", ["post", "callback"])
def test_words_that_never_arrive_are_told_to_who_wrote_them(talk: World, by: str) -> None:
    (talk.twilio.refused if by == "post" else talk.twilio.undelivered)[BEN] = LANDLINE
    told = [text for text in say(talk, ANA, "third floor") if not text.startswith("102")]
    assert sorted(told) == [
        "101 #1: what you sent last could not be delivered to Ben. The person on duty knows.",
        "104 #1: a text to Ben could not be delivered. SHOW 1",
    ]


def test_a_helper_hears_it_without_a_name_and_duty_but_once(talk: World) -> None:
    talk.twilio.refused[ANA] = LANDLINE
    assert sorted(say(talk, BEN, "I am at the corner")) == [
        "102 #1: what you sent last could not be delivered. The person on duty knows.",
        "104 #1: a text to somebody could not be delivered. SHOW 1",
    ]
    assert say(talk, DEE, "@1 are you well?") == [
        "104 Passed on to #1.",
        "104 #1: a text to somebody could not be delivered. SHOW 1",
    ]
