"""WhatsApp's templates where they fail: not taken, paused, or not needed any more; nobody believes what is not so."""

from datetime import timedelta

import pytest

from models import lines, people
from models.delivery.outbound import Outbound, State
from models.lines import Channel
from models.store.session import Session
from tests import neighbors
from tests.fake_twilio import Mood
from tests.fakes import MORNING
from tests.test_window import BEN, BRITISH, CARO, DEE, WAYS, approve, got, known, later, rows, say
from tests.world import ANA, World


@pytest.fixture
def windowed(world: World) -> World:
    """A carrier that minds the window."""
    world.twilio.minds_window = True
    return world


def has_in_hand(world: World, number: str) -> None:
    """Ana's request is in their hands, and their window closes."""
    say(world, f"whatsapp:{number}", "hi")
    say(world, ANA, "I need a ride to the clinic on Thursday at 3 pm, 14 Oak St")
    say(world, f"whatsapp:{number}", "claim 1")
    later(world, timedelta(hours=25))


def test_a_knock_that_whatsapp_does_not_take_leaves_nobody_believing_that_it_was_heard(windowed: World) -> None:
    approve(windowed)
    known(windowed, BRITISH, "Ben")
    known(windowed, DEE, "Dee", Channel.SMS, duty=True)
    has_in_hand(windowed, BRITISH)
    windowed.twilio.contents.decide = lambda _: ("paused", "")  # and we have not heard of it yet
    say(windowed, ANA, "ring twice")
    assert "WhatsApp won't let me through to Ben" in got(windowed, ANA)[-1].body
    assert any("WhatsApp lets me write to Ben only" in text.body for text in got(windowed, DEE))
    say(windowed, f"whatsapp:{BRITISH}", "here I am")
    assert any("ring twice" in text.body for text in got(windowed, BRITISH))


@WAYS
def test_a_template_that_is_paused_goes_by_sms(windowed: World, refuses: bool) -> None:
    approve(windowed)
    known(windowed, BEN, "Ben", duty=True)
    if refuses:
        windowed.twilio.contents.refuses = 63041
    else:
        windowed.twilio.undelivered[f"whatsapp:{BEN}"] = 63041
    say(windowed, ANA, "my father is not breathing, 5 Elm St")
    assert [text.to for text in got(windowed, BEN) if "EMERGENCY" in text.body] == [BEN]


def test_no_words_go_to_whoever_has_the_number_now(windowed: World) -> None:
    known(windowed, BEN, "Ben")

    def another(session: Session) -> None:
        line = lines.all_lines(session)[0]
        other = neighbors.add(session, line, Channel.SMS, CARO, MORNING, name="Caro")
        address = people.get_or_create(session, line, Channel.SMS, BEN, MORNING)[1]
        address.person_id = other.id
        session.add(address)

    windowed.hotline.database.write(another).result()
    say(windowed, ANA, "Need groceries for two near Oak St")
    assert [text for text in windowed.twilio.sent if text.to == BEN] == []


def test_what_goes_in_words_after_all_is_no_template_any_more(windowed: World) -> None:
    approve(windowed)
    known(windowed, BEN, "Ben")
    windowed.twilio.next(Mood.ANSWER, Mood.BUSY)
    say(windowed, ANA, "Need groceries for two near Oak St")
    say(windowed, f"whatsapp:{BEN}", "MINE")
    later(windowed, timedelta(minutes=10))
    (offer,) = rows(windowed, Outbound.phrase == "offer")
    assert offer.state in (State.ACCEPTED, State.DELIVERED)
    assert (offer.form or {}).get("sent") is None
    assert offer.form is not None
    assert offer.form["template"]


def test_a_template_that_is_gone_from_the_account_goes_by_sms_at_once(windowed: World) -> None:
    approve(windowed)
    known(windowed, BEN, "Ben", duty=True)
    windowed.twilio.contents.kept.clear()
    say(windowed, ANA, "my father is not breathing, 5 Elm St")
    assert [text.to for text in got(windowed, BEN) if "EMERGENCY" in text.body] == [BEN]
