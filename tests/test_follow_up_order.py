"""What may never arrive is told to a person once; where the account is at fault, texts wait instead of burning."""

from datetime import timedelta

from sqlmodel import select

from models import lines, people
from models.delivery.outbound import Outbound, State
from models.inbound import Heard
from models.lines import Channel
from models.store.session import Session
from tests.fakes import LINE
from tests.world import ANA, DEE, World

A_DAY = timedelta(days=1)


def bodies_to(world: World, number: str) -> list[str]:
    return [fields["Body"] for fields in world.twilio.asked if fields["To"] == number]


def test_where_the_account_is_refused_no_text_is_burnt(world: World) -> None:
    world.duty()
    world.twilio.refused[ANA] = 20003
    waiting = world.put()
    world.drain()
    assert world.row(waiting).state is State.READY
    world.twilio.refused.clear()
    world.drain(after=timedelta(minutes=6))
    assert world.row(waiting).state is State.DELIVERED
    assert bodies_to(world, DEE) == []


def test_an_outage_that_loses_many_texts_does_not_flood_whoever_is_on_duty(world: World) -> None:
    world.duty()
    for n in range(20):
        world.hotline.receive(Heard(f"SM{n}", Channel.SMS, f"+130355501{n:02}", LINE, "hello")).result()
    world.drain(after=2 * A_DAY)
    world.drain()
    assert {fields["To"] for fields in world.twilio.asked} == {DEE}
    assert bodies_to(world, DEE) == ["A text to somebody could not be delivered."]


def test_what_one_phone_gets_keeps_its_order(world: World) -> None:
    said = [f"text {n}" for n in range(8)]
    for words in said:
        world.put(body=words)
    world.drain()
    assert bodies_to(world, ANA) == said


def test_a_stop_word_of_the_groups_own_at_the_carrier_stops_us_too(world: World) -> None:
    heard = Heard("SM1", Channel.SMS, ANA, LINE, "basta ya con esto", carrier_answered="STOP")
    world.hotline.receive(heard).result()
    world.drain()
    assert world.twilio.asked == []

    def stopped(session: Session) -> bool:
        found = people.by_address(session, lines.all_lines(session)[0], Channel.SMS, ANA)
        return found is not None and found[0].opted_out_at is not None

    assert world.hotline.database.read(stopped)


def test_help_that_the_carrier_answered_gets_no_second_answer_but_opens_an_intake(world: World) -> None:
    world.hotline.receive(Heard("SM1", Channel.SMS, ANA, LINE, "INFORMACION", carrier_answered="HELP")).result()
    world.drain()
    assert world.twilio.asked == []
    world.hotline.receive(Heard("SM2", Channel.SMS, ANA, LINE, "1")).result()
    world.drain()
    assert "¿Donde estas?" in bodies_to(world, ANA)[0]


def test_nobody_is_flooded_by_a_text_full_of_numbers(world: World) -> None:
    numbers = " ".join(map(str, range(1, 300)))
    world.hotline.receive(Heard("SM1", Channel.SMS, ANA, LINE, f"STATUS {numbers}")).result()
    assert len(world.hotline.database.read(lambda s: s.exec(select(Outbound)))) <= 6  # five, and where it stopped
