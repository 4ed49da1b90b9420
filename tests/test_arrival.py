"""Whether somebody's text has come, for whoever waits with the phone in hand; and where Twilio would bring it."""

from datetime import timedelta

from app.inbound import arrival
from models.lines import Channel
from tests.fake_twilio_numbers import DEMO, SERVICE, number, sender, service
from tests.fakes import LINE, PUBLIC, WHATSAPP
from tests.world import World

ANA, BEN = "+12025550111", "+12025550112"
MEXICAN, AS_WHATSAPP_HAS_IT = "+525512345678", "+5215512345678"
ELSEWHERE = "https://elsewhere.example.org/x"


def test_a_text_has_come(world: World) -> None:
    before = world.clock.now()
    assert arrival.arrived(world.hotline.database, ANA, before) is None
    world.twilio.text(BEN, "food near Oak St")
    assert arrival.arrived(world.hotline.database, ANA, before) is None
    world.clock.advance(timedelta(minutes=1))
    world.twilio.text(ANA, "hello")
    found = arrival.arrived(world.hotline.database, ANA, before)
    assert found is not None
    assert (found.channel, found.at) == (Channel.SMS, world.clock.now())
    assert arrival.arrived(world.hotline.database, ANA, world.clock.now() + timedelta(seconds=1)) is None


def test_in_another_spelling_and_by_whatsapp(world: World) -> None:
    before = world.clock.now()
    world.twilio.text(f"whatsapp:{AS_WHATSAPP_HAS_IT}", "hola")
    found = arrival.arrived(world.hotline.database, MEXICAN, before)
    assert found is not None
    assert found.channel is Channel.WHATSAPP


def test_a_text_comes_by_whatever_the_console_says(world: World) -> None:
    console, before = world.twilio.console, world.clock.now()
    world.twilio.by_console = True
    console.services[SERVICE] = service(None)
    assert world.twilio.text(ANA, "hello") == 0  # a service without a webhook keeps it
    console.services[SERVICE] = service(None, use_inbound_webhook_on_number=True)
    console.numbers[LINE] = number(sms_method="GET", sms_fallback_url=ELSEWHERE)
    assert console.webhooks(LINE) == [ELSEWHERE]
    console.numbers[LINE] = number(sms_application_sid="AP1")
    assert console.webhooks(LINE) == []
    console.senders[WHATSAPP] = sender(None)
    assert console.webhooks(f"whatsapp:{WHATSAPP}") == []
    assert arrival.arrived(world.hotline.database, ANA, before) is None
    console.services[SERVICE] = service(f"{PUBLIC}/nothing-here", inbound_method="POST")
    console.pools[SERVICE] = []
    console.numbers[LINE] = number(DEMO)
    assert console.webhooks(LINE) == [DEMO, f"{PUBLIC}/twilio/message"]
    console.pools[SERVICE] = [LINE]
    console.services[SERVICE] = service()
    assert world.twilio.text(ANA, "hello") == 200
    assert arrival.arrived(world.hotline.database, ANA, before) is not None
