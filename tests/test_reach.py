"""Whom a line writes to: its own countries, its volunteers anywhere, whoever is in danger once a day. Nobody else."""

import pytest
from sqlmodel import select

from app.hotline import Hotline
from app.inbound.receive import Taken
from app.outbound import reach
from app.outbound.reach import Reach
from models import lines
from models.delivery.outbound import State
from models.inbound import Inbound
from models.lines import Channel, Line
from models.people import Person
from models.prefixes import Prefix
from models.requests import Request
from models.store.session import Session
from tests import neighbors
from tests.besieged import ATTACKER, ON_DUTY, Besieged
from tests.fakes import LINE, MORNING, WHATSAPP

DEE = ON_DUTY[0]
RIGA = "+37125550105"
STRANGER = Person(id=1, line_id=1, created_at=MORNING)
VOLUNTEER = Person(id=2, line_id=1, helper_since=MORNING, vouched_at=MORNING, created_at=MORNING)


@pytest.fixture
def line(hotline: Hotline) -> Besieged:
    found = Besieged(hotline)
    found.people()
    return found


@pytest.mark.parametrize(
    ("country", "countries", "sender", "expected"),
    [
        ("US", (), ATTACKER, Reach.ALWAYS),
        ("US", (), "+15145550101", Reach.ALWAYS),  # Canada
        ("US", (), "+17875550101", Reach.ALWAYS),  # Puerto Rico
        ("US", (), "+18765550101", Reach.DANGER),  # Jamaica
        ("US", (), "+525555550101", Reach.DANGER),
        ("US", (), RIGA, Reach.DANGER),
        ("US", ("US", "MX"), "+525555550101", Reach.ALWAYS),
        ("US", ("US", "MX"), "+15145550101", Reach.DANGER),
        ("US", ("*",), "+18765550101", Reach.ALWAYS),
        ("US", (), "262966", Reach.NEVER),  # a short code
        ("US", ("*",), "262966", Reach.NEVER),
        ("US", (), "EXAMPLE", Reach.NEVER),
        ("US", (), "+", Reach.NEVER),
        ("US", (), "+1", Reach.NEVER),
        ("US", (), "+19995550101", Reach.ALWAYS),  # an area code nobody knows may be new
        ("US", ("*",), "+19005550101", Reach.NEVER),  # premium
        ("US", (), "+19999765555", Reach.NEVER),  # premium by its exchange, in an area that is none
        ("US", (), "+15005550101", Reach.NEVER),  # personal numbers are forwarded at their caller's cost
        ("US", ("*",), "+37190012345", Reach.NEVER),
        ("GB", (), "+449012345678", Reach.NEVER),
        ("GB", (), "+447012345678", Reach.NEVER),
        ("US", ("*",), "+979123456789", Reach.NEVER),  # premium everywhere
        ("MX", (), "+525555550101", Reach.ALWAYS),
        ("MX", (), ATTACKER, Reach.DANGER),
        ("GB", (), "+447700900123", Reach.ALWAYS),
        ("DE", (), "+447700900123", Reach.DANGER),
    ],
)
def test_whom_a_line_writes_to(country: str, countries: tuple[str, ...], sender: str, expected: Reach) -> None:
    oak = Line(name="Oak", country=country, rules={"countries": list(countries)}, created_at=MORNING)
    assert reach.of(oak, STRANGER, Channel.SMS, sender) is expected
    anywhere = Reach.NEVER if expected is Reach.NEVER else Reach.ALWAYS
    assert reach.of(oak, VOLUNTEER, Channel.SMS, sender) is anywhere


def test_an_exchange_in_north_america_tells_all_of_its_numbers() -> None:
    oak = Line(name="Oak", rules={"countries": ["US"]}, created_at=MORNING)
    for exchange in range(200_976, 1_000_000, 2_711):
        found = {reach.of(oak, STRANGER, Channel.SMS, f"+1{exchange}{last:04}") for last in (0, 99, 5123, 9999)}
        whole = {reach._origin_of(f"+1{exchange}{last:04}") for last in (0, 99, 5123, 9999)}
        assert len(found) == len(whole) == 1, exchange


def test_whatsapp_is_judged_only_where_the_line_says_so() -> None:
    oak, hidden = Line(name="Oak", created_at=MORNING), "US.13491208655302741918"
    assert reach.of(oak, STRANGER, Channel.WHATSAPP, "+525555550101") is Reach.ALWAYS
    oak.rules = {"countries": ["US"]}
    assert reach.of(oak, STRANGER, Channel.WHATSAPP, "+525555550101") is Reach.DANGER
    assert reach.of(oak, STRANGER, Channel.WHATSAPP, hidden) is Reach.ALWAYS
    assert reach.of(oak, STRANGER, Channel.WHATSAPP, "+19005550101") is Reach.NEVER


def test_a_lines_own_number_is_nobody(line: Besieged) -> None:
    oak = Line(name="Oak", sms=LINE, whatsapp=WHATSAPP, created_at=MORNING)
    assert {reach.of(oak, VOLUNTEER, each, LINE) for each in Channel} == {Reach.NEVER}
    for number in (LINE, WHATSAPP):
        assert line.say("need groceries near Elm St", by=number) is Taken.UNANSWERED
        assert line.say("there is a fire", by=number, channel=Channel.WHATSAPP) is Taken.UNANSWERED
    assert line.texts() == []
    assert line.requests() == []
    kept = line.hotline.database.read(lambda s: list(s.exec(select(Inbound))))
    assert [(text.person_id, text.intent) for text in kept] == [(None, "own_number")] * 4


def test_a_stranger_abroad_is_kept_and_duty_hears_of_a_need_once_a_day(line: Besieged) -> None:
    abroad = [f"+5255555501{n:02}" for n in range(1, 5)]
    assert line.say("win a prize now", by=abroad[0]) is Taken.UNANSWERED
    assert line.texts() == []
    assert {line.say("necesito comida para cuatro", by=each) for each in abroad} == {Taken.UNANSWERED}
    assert line.phrases(DEE) == ["duty_abroad"]
    line.later(days=1)
    line.say("necesito comida", by=abroad[2])
    assert line.phrases(DEE) == ["duty_abroad"] * 2
    assert [line.texts(to=each) for each in abroad] == [[]] * 4
    assert line.requests() == []


def test_danger_abroad_is_answered_once_a_day_and_nothing_else_is(line: Besieged) -> None:
    for words in ("there is a fire", "STATUS", "I can't breathe", "HELP", "1", "I need food too, 14 Oak St"):
        line.say(words, by=RIGA)
        line.later(seconds=30)
    assert line.phrases(RIGA) == ["emergency"]
    assert line.phrases(DEE).count("duty_emergency") == 2
    line.say("@1 where are you?", by=DEE)  # what a person writes goes there
    line.say("calle 8", by=RIGA)
    assert line.phrases(RIGA) == ["emergency", "from_helper"]
    assert line.phrases(DEE)[-1] == "from_neighbor"
    line.later(days=1)
    line.say("there is a fire again", by=RIGA)
    assert line.phrases(RIGA)[2:] == ["emergency"]


def test_danger_from_a_number_that_earns_by_it_is_only_told(line: Besieged) -> None:
    for n in range(200):
        assert line.say(f"there is a fire, {n}", by="+19005550101") is Taken.UNANSWERED
    assert line.texts(to="+19005550101") == []
    told = line.phrases(DEE)
    assert set(told) == {"duty_abroad"}
    assert 20 <= len(told) <= 31  # two are on duty, and an address causes sixty texts a day
    assert line.requests() == []


def test_a_stranger_abroad_who_says_stop_is_left_alone(line: Besieged) -> None:
    for words in ("necesito comida", "basta de mensajes", "STOP"):
        line.say(words, by="+525555550101")
    line.later(hours=1)
    person = line.hotline.database.read(lambda s: s.exec(select(Person).where(Person.name == "")).one())
    assert person.opted_out_at is not None
    assert line.texts(to="+525555550101") == []


def test_a_text_by_whatsapp_opens_no_sms_abroad(line: Besieged) -> None:
    line.say("I need groceries for two, 14 Oak St", by=RIGA, channel=Channel.WHATSAPP)
    line.later(seconds=30)
    line.say("STATUS", by=RIGA)
    line.later(days=2)
    assert {row.channel for row in line.texts(to=RIGA)} == {Channel.WHATSAPP}


def test_a_block_of_numbers_that_suddenly_grows_is_reported_once_a_day(line: Besieged) -> None:
    for n in range(30):
        line.say("hello", by=f"+121255501{n:02}")
        line.say("hola", by=f"+3712555{n:04}")  # abroad it is the whole country
    told = line.texts("duty_prefix", to=DEE)
    assert [row.body.split(" texted")[0] for row in told] == [
        "20 phones whose numbers begin with +1212555",
        "20 phones whose numbers begin with +371",
    ]
    blocks = line.hotline.database.read(lambda s: list(s.exec(select(Prefix))))
    assert sorted((each.prefix, each.phones) for each in blocks) == [("+1212555", 30), ("+371", 30)]


def test_a_line_that_has_always_had_many_new_phones_is_no_surprise(line: Besieged) -> None:
    line.say("hello", by="+12125550100")

    def before(session: Session) -> None:
        session.create(Prefix, line_id=1, prefix="+1212555", day="2026-03-01", phones=10)

    line.hotline.database.write(before).result()
    for n in range(1, 40):
        line.say("hello", by=f"+121255501{n:02}")
    assert line.texts("duty_prefix") == []


def test_nothing_leaves_for_numbers_that_are_never_written_to(line: Besieged) -> None:
    """Somebody was added by hand before such numbers were known: nothing goes there whatever asks for it."""

    def work(session: Session) -> None:
        oak = lines.all_lines(session)[0]
        neighbors.add(session, oak, Channel.SMS, "+19005550101", line.hotline.clock.now(), name="Rich", helper=True)

    line.hotline.database.write(work).result()
    line.say("I need groceries for two, 14 Oak St")
    line.later(hours=12)
    line.send()
    assert line.texts(to="+19005550101") == []
    assert {row.state for row in line.texts("offer")} <= {State.DELIVERED, State.EXPIRED}
    assert line.hotline.database.read(lambda s: len(list(s.exec(select(Request))))) == 1


def test_pictures_go_where_phones_get_them() -> None:
    by_sms = ("+12025550101", "+15145550101", "+17875550101")
    assert all(reach.takes_pictures(Channel.SMS, number) for number in by_sms)
    for number in ("+447700900102", "+525512345678", RIGA, "+18765550101", "12345", "Oak Street"):
        assert not reach.takes_pictures(Channel.SMS, number), number
        assert reach.takes_pictures(Channel.WHATSAPP, number)
