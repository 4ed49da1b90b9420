"""WhatsApp's window on a hotline whose carrier minds it: what leaves, by which way, and what waits."""

import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlmodel import col, select

from app.outbound import templates
from app.web import diagnosis, snapshot
from models import lines, people
from models.delivery import contents
from models.delivery.outbound import Outbound, State
from models.lines import Channel
from models.people import Address
from models.store.session import Session
from tests import neighbors
from tests.fake_twilio import Carried, Mood
from tests.fakes import MORNING
from tests.world import ANA, World

BEN, CARO, DEE = "+12025550102", "+12025550103", "+12025550104"
BRITISH = "+447700900102"  # kept free for fiction by Ofcom; no SMS goes there from a line in the US
MINUTES = timedelta(minutes=1)
DAY = timedelta(hours=24)
WAYS = pytest.mark.parametrize("refuses", [True, False], ids=["400", "callback"])


@pytest.fixture
def windowed(world: World) -> World:
    """A carrier that minds the window."""
    world.twilio.minds_window = True
    return world


def known(world: World, number: str, name: str, channel: Channel = Channel.WHATSAPP, **more: bool | str) -> None:
    def work(session: Session) -> None:
        neighbors.add(session, lines.all_lines(session)[0], channel, number, MORNING, name=name, helper=True, **more)

    world.hotline.database.write(work).result()


def approve(world: World) -> None:
    templates.submit(world.hotline.database, world.hotline.carrier, world.clock.now())
    templates.refresh(world.hotline.database, world.hotline.carrier, world.clock.now())


def say(world: World, number: str, words: str) -> None:
    assert world.twilio.text(number, words) == 200
    world.drain()


def later(world: World, by: timedelta) -> None:
    for _ in range(int(by / timedelta(minutes=10)) or 1):
        world.clock.advance(min(by, timedelta(minutes=10)))
        world.hotline.tick()
        world.drain()


def got(world: World, number: str) -> list[Carried]:
    return [text for text in world.twilio.sent if text.to.endswith(number) and not text.error_code]


def rows(world: World, *where: object) -> list[Outbound]:
    query = select(Outbound).order_by(col(Outbound.id))
    return world.hotline.database.read(lambda s: list(s.exec(query.where(*where))))  # type: ignore[arg-type]


def believes_open(world: World, number: str) -> None:
    """The hotline thinks that they have just written, and the carrier knows better."""

    def work(session: Session) -> None:
        line = lines.all_lines(session)[0]
        address = people.address_at(session, line.id, Channel.WHATSAPP, number)
        assert address is not None
        address.window_opened_at = world.clock.now()
        session.add(address)

    world.hotline.database.write(work).result()


def address_of(world: World, number: str) -> Address:
    query = select(Address).where(Address.value == number, Address.channel == Channel.WHATSAPP)
    return world.hotline.database.read(lambda s: s.exec(query).one())


# Case 03.


@WAYS
@pytest.mark.parametrize("believed", [True, False])
def test_an_alarm_whose_only_duty_has_a_closed_window_goes_by_sms(
    windowed: World, refuses: bool, believed: bool
) -> None:
    known(windowed, BEN, "Ben", duty=True)
    windowed.twilio.window_refuses = refuses
    if believed:
        believes_open(windowed, BEN)
    say(windowed, ANA, "my father is not breathing, 5 Elm St")
    alarms = [text for text in got(windowed, BEN) if "EMERGENCY" in text.body]
    assert [text.to for text in alarms] == [BEN]
    look = windowed.hotline.database.read(lambda s: snapshot.read(s, windowed.clock.now()))
    assert [finding.about for finding in diagnosis.danger(look, windowed.clock.now())] == ["danger"]


@WAYS
def test_where_no_way_is_left_others_are_called_and_the_neighbor_hears_it(windowed: World, refuses: bool) -> None:
    known(windowed, BRITISH, "Ben", duty=True)
    known(windowed, CARO, "Caro", Channel.SMS)
    windowed.twilio.window_refuses = refuses
    believes_open(windowed, BRITISH)
    say(windowed, ANA, "my father is not breathing, 5 Elm St")
    assert [text.body.split(".")[0] for text in got(windowed, CARO)] == ["Somebody needs a person on duty now"]
    assert "nobody is on duty yet" in got(windowed, ANA)[-1].body
    assert got(windowed, BRITISH) == []
    say(windowed, ANA, "STATUS")
    assert "nobody is on duty yet" in got(windowed, ANA)[-1].body
    for wait in (timedelta(hours=1), timedelta(hours=5), timedelta(hours=18)):
        later(windowed, wait)
        assert windowed.hotline.database.read(lambda s: snapshot.read(s, windowed.clock.now())).unheard
    say(windowed, f"whatsapp:{BRITISH}", "hi, what is up?")
    assert sum("EMERGENCY" in text.body for text in got(windowed, BRITISH)) == 1  # not once for every repeat


def test_an_alarm_leaves_by_its_template(windowed: World) -> None:
    known(windowed, BEN, "Ben", duty=True)
    approve(windowed)
    say(windowed, ANA, "my father is not breathing, 5 Elm St")
    (text,) = got(windowed, BEN)
    assert text.to == f"whatsapp:{BEN}"
    assert "ContentSid" in text.fields
    assert "Body" not in text.fields
    assert '"5 Elm St": "my father is not breathing, 5 Elm St"' in text.body


# Which way.


def test_an_offer_that_finds_no_way_goes_to_the_next_at_once_and_duty_hears_of_it_once(windowed: World) -> None:
    known(windowed, BRITISH, "Ben")
    known(windowed, CARO, "Caro", Channel.SMS)
    known(windowed, DEE, "Dee", Channel.SMS, duty=True)
    windowed.hotline.database.write(_one_by_one).result()
    say(windowed, ANA, "I need groceries for two, 14 Oak St")
    say(windowed, "+12025550105", "I need a ride to the clinic, 20 Oak St")
    asked = [row for row in rows(windowed, Outbound.phrase == "offer") if row.state is State.DELIVERED]
    assert {row.to for row in asked} >= {CARO}
    assert got(windowed, BRITISH) == []
    assert sum("WhatsApp lets me write to Ben" in text.body for text in got(windowed, DEE)) == 1


def _one_by_one(session: Session) -> None:
    line = lines.all_lines(session)[0]
    line.rules = {**line.rules, "waves": [1, 1, 2]}
    session.add(line)


def test_who_neither_helps_nor_waits_for_help_gets_no_sms(windowed: World) -> None:
    row = windowed.put(ANA, "hello", channel=Channel.WHATSAPP, lives=timedelta(days=3))
    windowed.clock.advance(DAY)
    windowed.drain()
    assert windowed.row(row).state is State.WAITS
    assert windowed.twilio.asked == []


def test_no_sms_goes_to_somebody_who_stopped(windowed: World) -> None:
    known(windowed, BEN, "Ben")
    windowed.twilio.text(BEN, "STOP")
    windowed.drain()
    before = len(windowed.twilio.sent)
    windowed.put(BEN, "hello", channel=Channel.WHATSAPP)
    windowed.clock.advance(DAY)
    windowed.drain()
    assert len(windowed.twilio.sent) == before


# Races.


def test_what_was_said_in_time_and_leaves_too_late_is_decided_when_it_leaves(windowed: World) -> None:
    known(windowed, BEN, "Ben")
    say(windowed, f"whatsapp:{BEN}", "hi")
    row = windowed.put(BEN, "composed in time", channel=Channel.WHATSAPP, lives=timedelta(days=2))
    windowed.hotline.database.write(lambda s: _opened(s, windowed)).result()
    leased = windowed.lease()
    assert [text.id for text in leased] == [row]
    windowed.clock.advance(DAY - timedelta(seconds=30))
    assert not windowed.hotline.sender._may_leave(leased[0])


def _opened(session: Session, world: World) -> None:
    address = people.address_at(session, 1, Channel.WHATSAPP, BEN)
    assert address is not None
    address.window_opened_at = world.clock.now()
    session.add(address)


def test_a_refusal_about_a_text_that_left_before_they_wrote_closes_nothing(windowed: World) -> None:
    known(windowed, BEN, "Ben")
    believes_open(windowed, BEN)
    windowed.twilio.window_refuses = False
    windowed.twilio.told = lambda _: []
    row = windowed.put(BEN, "hello", channel=Channel.WHATSAPP)
    windowed.drain()
    windowed.clock.advance(timedelta(minutes=1))
    say(windowed, f"whatsapp:{BEN}", "hi")
    windowed.twilio.told = list
    windowed.twilio.say(next(text for text in windowed.twilio.sent if text.body == "hello"), "undelivered")
    windowed.twilio.settle()
    windowed.drain()
    assert address_of(windowed, BEN).window_closed_at is None
    assert windowed.row(row).state is State.DELIVERED


def test_a_template_that_whatsapp_takes_back_is_not_tried_again_and_again(windowed: World) -> None:
    known(windowed, BEN, "Ben", duty=True)
    approve(windowed)
    windowed.twilio.contents.decide = lambda _: ("paused", "complaints")
    say(windowed, ANA, "my father is not breathing, 5 Elm St")
    ways = [(fields["To"], "ContentSid" in fields) for fields in windowed.twilio.asked if BEN in fields["To"]]
    assert ways == [(f"whatsapp:{BEN}", True), (BEN, False)]


def test_a_fresh_text_of_theirs_opens_it_again(windowed: World) -> None:
    known(windowed, BRITISH, "Ben")
    believes_open(windowed, BRITISH)
    row = windowed.put(BRITISH, "hello", channel=Channel.WHATSAPP)
    windowed.drain()
    assert windowed.row(row).state is State.WAITS
    assert address_of(windowed, BRITISH).window_closed_at is not None
    windowed.clock.advance(MINUTES)
    say(windowed, f"whatsapp:{BRITISH}", "hi")
    assert windowed.row(row).state is State.DELIVERED
    assert address_of(windowed, BRITISH).waits_since is None


@pytest.mark.parametrize(
    ("change", "state"),
    [
        (lambda world: world.clock.advance(timedelta(days=2)), State.EXPIRED),
        (lambda world: world.twilio.text(BRITISH, "STOP"), State.CANCELLED),
    ],
    ids=["too old", "stopped"],
)
def test_what_no_longer_matters_does_not_follow(
    windowed: World, change: Callable[[World], object], state: State
) -> None:
    known(windowed, BRITISH, "Ben")
    believes_open(windowed, BRITISH)
    row = windowed.put(BRITISH, "hello", channel=Channel.WHATSAPP, lives=timedelta(hours=12))
    windowed.clock.advance(DAY / 4)
    windowed.drain()
    change(windowed)
    windowed.twilio.text(f"whatsapp:{BRITISH}", "hi" if state is State.EXPIRED else "STOP")
    windowed.drain()
    assert windowed.row(row).state is state


# What left by a template is known again.


def test_a_template_of_which_no_answer_came_is_found_in_the_list_and_not_sent_again(windowed: World) -> None:
    known(windowed, BEN, "Ben", duty=True)
    approve(windowed)
    windowed.twilio.next(Mood.ANSWER, Mood.DROP)  # Ana's answer, then the alarm
    windowed.twilio.told = lambda _: []
    say(windowed, ANA, "my father is not breathing, 5 Elm St")
    (alarm,) = rows(windowed, Outbound.phrase == "duty_emergency")
    assert alarm.state is State.UNCERTAIN
    windowed.drain(after=timedelta(seconds=20))
    (alarm,) = rows(windowed, Outbound.phrase == "duty_emergency")
    assert alarm.state in (State.ACCEPTED, State.DELIVERED)
    assert len([text for text in windowed.twilio.sent if text.to == f"whatsapp:{BEN}"]) == 1


def test_what_a_button_sends_back_names_the_request(windowed: World) -> None:
    known(windowed, BEN, "Ben", duty=True)
    approve(windowed)
    say(windowed, ANA, "my father is not breathing, 5 Elm St")
    (text,) = got(windowed, BEN)
    assert json.loads(text.fields["ContentVariables"])["3"] == "ON IT 1"


def test_an_older_wording_that_is_approved_is_used_while_ours_waits(windowed: World) -> None:
    known(windowed, BEN, "Ben", duty=True)

    def work(session: Session) -> None:
        windowed.twilio.contents.kept["HXold"] = {
            "types": {"twilio/text": {"body": "Danger: {{1}} Look at {{2}} now."}}
        }
        windowed.twilio.contents.submitted["HXold"] = "old"
        row = contents.add(
            *(session, windowed.hotline.carrier.account_id, contents.Kind.TEMPLATE, "alarm", "en", "0"),
            names=["words", "number"],
            buttons=[],
            body="Danger: {{1}} Look at {{2}} now.",
            sid="HXold",
            now=MORNING,
        )
        row.approval = contents.Approval.APPROVED
        session.add(row)

    windowed.hotline.database.write(work).result()
    windowed.twilio.contents.decide = lambda c: ("approved" if c["types"].get("twilio/text") else "pending", "")
    say(windowed, ANA, "my father is not breathing, 5 Elm St")
    (text,) = got(windowed, BEN)
    assert text.body == 'Danger: "5 Elm St": "my father is not breathing, 5 Elm St" Look at 1 now.'


def test_words_that_were_joined_leave_by_the_template_with_all_of_them(windowed: World) -> None:
    """Danger said again and again is told once a minute, in words that change until they leave."""
    known(windowed, BEN, "Ben", duty=True)
    approve(windowed)
    for n in range(7):
        windowed.twilio.text(ANA, f"my father is not breathing {n}")
        windowed.clock.advance(timedelta(seconds=4))
        windowed.drain()
    later(windowed, timedelta(minutes=2))
    told = [text for text in got(windowed, BEN) if "breathing 6" in text.body]
    assert told
    assert all("breathing 5" in text.body for text in told[:1])
