"""One person, whichever way: RCS, SMS and WhatsApp, a number in its spellings, an id in place of one."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import select

from app.hotline import Hotline
from app.inbound.receive import Taken, receive
from app.main import create_app
from models import lines, people, same_phone, spellings
from models.inbound import Heard, Inbound
from models.lines import Channel
from models.people import Person
from models.store.session import Session
from tests import neighbors, webhooks
from tests.fake_twilio import FakeTwilio, Mood
from tests.fakes import LINE, PATIENT, WHATSAPP, StillClock, twilio_settings
from tests.one_person import asked, at, person
from tests.serving import within
from tests.world import DEE, World, quick

ANA, CLEO, EVA = "+12025550101", "+12025550103", "+12025550105"
SERVICE = "MG00000000000000000000000000000001"
HIDDEN = "US.13491208655302741918"
RIGHT = "CLAIM 1"


@pytest.fixture
def eastside(database_url: str, clock: StillClock) -> Iterator[World]:
    """A hotline with a Messaging Service in whose pool an RCS agent is."""
    with FakeTwilio(clock=clock, has_rcs={ANA, CLEO}) as twilio:
        told = twilio_settings(database_url, twilio_api_url=twilio.url, twilio_messaging_service_sid=SERVICE)
        running = Hotline(told, clock=clock, database_timeout=PATIENT)
        running.prepare()
        running.database.write(quick).result()
        twilio.post = within(create_app(hotline=running))
        made = World(running, twilio, clock)
        made.duty()
        running.database.write(lambda s: helper(s, CLEO, clock)).result()
        yield made
        made.stop()


def helper(session: Session, number: str, clock: StillClock, channel: Channel = Channel.SMS) -> int:
    line = lines.all_lines(session)[0]
    return neighbors.add(session, line, channel, number, clock.now(), name="Cleo", helper=True).id


def test_by_rcs_somebody_is_who_they_are_by_sms_and_is_answered_by_rcs(eastside: World) -> None:
    twilio = eastside.twilio
    assert twilio.text(f"rcs:{ANA}", "need groceries for 2 near Oak St") == 200
    eastside.drain()
    (answer,) = [one for one in twilio.sent if one.to.endswith(ANA)]
    assert (answer.to, answer.sender) == (f"rcs:{ANA}", f"rcs:{webhooks.AGENT}")
    twilio.text(f"rcs:{CLEO}", RIGHT)
    twilio.text(ANA, "STATUS")
    eastside.drain()
    assert at(eastside, ANA) == set(asked(eastside))
    assert [one.sender for one in twilio.sent if one.to == ANA] == [LINE]  # they wrote by SMS last
    assert len(at(eastside, ANA, CLEO, DEE)) == 3


def test_who_has_no_rcs_any_more_gets_an_sms(eastside: World) -> None:
    eastside.twilio.text(f"rcs:{EVA}", "need groceries for 2 near Oak St")
    eastside.drain()
    assert [one.to for one in eastside.twilio.sent if EVA in one.to] == [EVA]


def test_one_text_that_came_by_rcs_and_by_sms_within_a_second_counts_once(eastside: World) -> None:
    for sender in (f"rcs:{ANA}", ANA):
        eastside.twilio.text(sender, "need groceries for 2 near Oak St")
    assert len(asked(eastside)) == 1


def test_danger_by_rcs_is_danger(eastside: World) -> None:
    eastside.twilio.text(f"rcs:{EVA}", "my dad is not breathing, 5 Elm st")
    eastside.drain()
    told = {one.to.removeprefix("rcs:"): one.body for one in eastside.twilio.sent}
    assert "call 911" in told[EVA]
    assert told[DEE].startswith("EMERGENCY")


def test_one_stop_is_for_rcs_and_sms(eastside: World) -> None:
    eastside.twilio.text(f"rcs:{CLEO}", "STOP")
    eastside.twilio.text(ANA, "need groceries for 2 near Oak St")
    eastside.drain()
    assert person(eastside, CLEO).opted_out_at is not None
    assert [one for one in eastside.twilio.sent if one.to.endswith(CLEO)] == []  # the carrier has confirmed


def test_a_text_to_an_agent_is_for_the_line_whether_or_not_its_service_is_named(world: World) -> None:
    fields = webhooks.rcs(ANA, "need groceries for 2 near Oak St")
    fields.pop("MessagingServiceSid")
    assert world.twilio.deliver(fields) == 200
    world.drain()
    assert [(one.to, one.sender) for one in world.twilio.sent] == [(ANA, LINE)]  # without a service: by SMS


def test_an_uncertain_text_is_found_where_the_carrier_sent_it_by_rcs(eastside: World) -> None:
    eastside.twilio.next(Mood.DROP)
    eastside.twilio.told = lambda words: []
    eastside.twilio.text(f"rcs:{ANA}", "hello")
    for _ in range(6):
        eastside.drain(after=timedelta(minutes=1))
    assert len([one for one in eastside.twilio.sent if one.to == f"rcs:{ANA}"]) == 1


def test_mexico_has_two_spellings_of_one_number(world: World) -> None:
    world.hotline.database.write(lambda s: helper(s, "+525512345678", world.clock)).result()
    everywhere(world)
    world.twilio.text(ANA, "need groceries for 2 near Oak St")
    world.twilio.text("whatsapp:+5215512345678", RIGHT)
    world.drain()
    assert len(at(world, "+525512345678", "+5215512345678")) == 1
    mine = [one.body for one in world.twilio.sent if one.to == "whatsapp:+5215512345678"]
    assert mine
    assert mine[0].startswith("#1 is yours")


def test_two_who_were_kept_before_it_was_known_become_one(world: World) -> None:
    """Rows from before: the helper as the group wrote her number, and a stranger by WhatsApp's spelling."""
    everywhere(world)

    def before(session: Session) -> None:
        line = lines.all_lines(session)[0]
        helper(session, "+525512345678", world.clock)
        people.get_or_create(session, line, Channel.WHATSAPP, "+5215512345678", world.clock.now())

    world.hotline.database.write(before).result()
    world.twilio.text("whatsapp:+5215512345678", "LIST")
    world.drain()
    assert len(at(world, "+525512345678", "+5215512345678")) == 1
    assert person(world, "+5215512345678").name == "Cleo"


def everywhere(world: World) -> None:
    """The line writes to any country."""

    def work(session: Session) -> None:
        line = lines.all_lines(session)[0]
        line.rules = {**line.rules, "countries": ["*"]}
        session.add(line)

    world.hotline.database.write(work).result()


@pytest.mark.parametrize("sender", ["262966", "Amazon", "32665", "rcs:some_agent"])
def test_short_codes_and_names_are_nobody_and_get_no_answer(world: World, sender: str) -> None:
    fields = {**webhooks.sms(ANA, "my dad is not breathing"), "From": sender}
    assert world.twilio.deliver(fields) == 200
    world.drain()
    kept = world.hotline.database.read(lambda s: [(t.person_id, t.intent) for t in s.exec(select(Inbound))])
    assert (kept, world.twilio.sent) == ([(None, "no_number")], [])
    assert world.hotline.database.read(lambda s: list(s.exec(select(Person)))) == []


def test_a_callers_id_without_plus_is_a_number(world: World) -> None:
    for sender in ("2025550101", "12025550101", ANA):
        world.twilio.deliver({**webhooks.sms(ANA, "hello"), "From": sender})
    assert len(at(world, ANA)) == 1
    assert len(world.hotline.database.read(lambda s: list(s.exec(select(Person))))) == 1


def test_another_line_is_nobody_either(world: World) -> None:
    def second(session: Session) -> None:
        lines.add(session, world.clock.now(), name="Elm", sms="+12025550190", whatsapp=None)

    world.hotline.database.write(second).result()
    assert world.twilio.text("+12025550190", "need groceries near Elm St") == 200
    world.drain()
    assert (at(world, "+12025550190"), world.twilio.sent) == (set(), [])


# Whatever arrives in whatever form: one phone is one person.


@dataclass
class Phone:
    """One phone, and every form in which a text of it may come."""

    number: str
    hidden: str
    forms: list[tuple[Channel, str, str | None, bool]] = field(default_factory=list)

    def __post_init__(self) -> None:
        for spelled in spellings.forms(self.number):
            self.forms += [(Channel.SMS, spelled, None, False), (Channel.SMS, spelled, None, True)]
            self.forms += [(Channel.WHATSAPP, spelled, each, False) for each in (None, self.hidden)]
        self.forms.append((Channel.WHATSAPP, self.hidden, self.hidden, False))


PHONES = [
    Phone("+12025550101", "US.1349120865530274"),
    Phone("+525512345678", "MX.1349120865530275"),
    Phone("+5491123456789", "AR.ENT.34912086553027"),
    Phone("+5592981234567", "BR.1349120865530277"),
    Phone("+2290197123456", "BJ.1349120865530278"),
]


@given(st.lists(st.tuples(st.sampled_from(PHONES), st.integers(0, 12)), min_size=2, max_size=14))
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_the_form_one_phone_is_one_person(hotline: Hotline, texts: list[tuple[Phone, int]]) -> None:
    now = hotline.clock.now()
    sent = [(phone, phone.forms[how % len(phone.forms)]) for phone, how in texts]

    def run(session: Session) -> None:
        line = lines.all_lines(session)[0]
        line.rules = {**line.rules, "countries": ["*"], "reply_limit": 0}
        session.add(line)
        for n, (_, (channel, value, hidden, rcs)) in enumerate(sent):
            to = WHATSAPP if channel is Channel.WHATSAPP else LINE
            heard = Heard(f"SM{n:032x}", channel, value, to, f"hello {n}", hidden_id=hidden, rcs=rcs)
            assert receive(session, heard, now + timedelta(seconds=30 * n)) is Taken.HANDLED
        for phone in {phone.number: phone for phone, _ in sent}.values():
            forms = [form for one, form in sent if one is phone]
            beside = any(hidden and value != hidden for _, value, hidden, _ in forms)
            values = [*spellings.forms(phone.number), *([phone.hidden] if beside else [])]
            known = {person.id for person, _ in same_phone.found(session, line, values)}
            assert len(known) == 1 or {form[1] for form in forms} == {phone.hidden}

    assert isinstance(hotline.database.write(lambda session: undone(session, run)).result(), Undone)


def undone(session: Session, run: Callable[[Session], None]) -> "Undone":
    """Do it, and take back what it wrote: each example begins with nobody."""
    try:
        with session.savepoint():
            run(session)
            raise Undone
    except Undone as end:
        return end


class Undone(Exception):
    """What a test wrote is taken back."""
