"""The simulated phones, without a page: numbers, threads, time, and the guided story on any hotline."""

from dataclasses import replace
from datetime import timedelta

import pytest

from app.carriers.base import Action, CarrierError, Outgoing, Sent
from app.hotline import Hotline
from app.simulator import story
from app.simulator.phones import SHOWN, STOPPED_NOTE, CannotDo, Phones
from app.simulator.story import Story
from app.simulator.threads import Phone
from handlers.setup import pretend_numbers
from models import lines, people
from models.lines import Area, Channel
from models.requests import Outcome
from models.store.session import Session
from tests import fakes
from tests.fakes import Recorder, StillClock

RESERVED = pretend_numbers.of("US")[1:]


@pytest.fixture
def phones(hotline: Hotline) -> Phones:
    return Phones(hotline)


@pytest.fixture
def line_id(phones: Phones) -> int:
    return phones.lines()[0].id


def texted(phones: Phones, phone: Phone, words: str) -> None:
    phones.say(phone.address.line_id, phone.id, words)
    phones.hotline.sender.drain()


def bodies(phones: Phones, phone: Phone) -> list[str]:
    table = phones.table(phone.address.line_id)
    return [text.body for text in table.thread(phone)]


def told(phones: Phones, line_id: int) -> Story:
    telling = story.begin(phones, line_id)
    while not telling.over:
        telling = story.tell(phones, telling)
        phones.hotline.sender.drain()
        assert telling.sentence
    return telling


def test_each_new_phone_has_the_next_free_number(phones: Phones, line_id: int) -> None:
    first, second = phones.add_neighbor(line_id, "Ana"), phones.add_volunteer(line_id, "Ben")
    assert [first.address.value, second.address.value] == [RESERVED[0], RESERVED[1]]


def test_a_number_on_one_channel_is_taken_on_the_other(phones: Phones, line_id: int) -> None:
    sms = phones.add_neighbor(line_id, "Ana")
    whatsapp = phones.add_neighbor(line_id, "Ana", Channel.WHATSAPP)
    assert sms.person.id != whatsapp.person.id
    assert whatsapp.address.value == RESERVED[1]


def test_a_neighbor_is_a_stranger_who_has_not_texted(phones: Phones, line_id: int) -> None:
    phone = phones.add_neighbor(line_id, "Ana")
    assert not phone.person.helps
    assert phone.address.last_heard_at is None


def test_a_volunteer_is_vouched_for_and_known(phones: Phones, line_id: int) -> None:
    def area(session: Session) -> int:
        oak = Area(line_id=line_id, name="Oak")
        session.add(oak)
        session.flush()
        return oak.id

    oak = phones.hotline.database.write(area).result()
    phone = phones.add_volunteer(line_id, " Ben \n K ", language="es", duty=True, areas=(oak, 999))
    assert phone.person.helps
    assert phone.person.on_duty
    assert (phone.name, phone.person.language, phone.person.areas) == ("Ben K", "es", [oak])


def test_nameless_people_get_different_names(phones: Phones, line_id: int) -> None:
    names = {phones.add_neighbor(line_id).name for _ in range(3)} | {phones.add_volunteer(line_id).name}
    assert len(names) == 4
    assert all(names)


def test_when_the_numbers_run_out_it_says_so(phones: Phones, line_id: int, hotline: Hotline) -> None:
    def fill(session: Session) -> None:
        line = lines.by_id(session, line_id)
        for number in RESERVED:
            people.get_or_create(session, line, Channel.SMS, number, hotline.clock.now())

    hotline.database.write(fill).result()
    with pytest.raises(CannotDo, match="no room"):
        phones.add_neighbor(line_id, "Ana")


def test_a_line_without_whatsapp_takes_no_whatsapp_phone(phones: Phones, hotline: Hotline) -> None:
    def sms_only(session: Session) -> int:
        return lines.add(session, hotline.clock.now(), name="Plain", sms="+12025550199").id

    plain = hotline.database.write(sms_only).result()
    with pytest.raises(CannotDo, match="WhatsApp"):
        phones.add_neighbor(plain, "Ana", Channel.WHATSAPP)


@pytest.mark.parametrize("words", ["x" * 1601, "é" * 5000])
def test_a_phone_does_not_send_more_than_a_text_holds(phones: Phones, line_id: int, words: str) -> None:
    ana = phones.add_neighbor(line_id, "Ana")
    with pytest.raises(CannotDo, match="1,600"):
        phones.say(line_id, ana.id, words)


def test_nobody_types_on_a_phone_that_is_not_there(phones: Phones, line_id: int) -> None:
    for phone_id in (0, 4711, 2**31, 2**70):
        with pytest.raises(CannotDo):
            phones.say(line_id, phone_id, "hello")


def test_a_thread_shows_both_sides_in_order(phones: Phones, line_id: int) -> None:
    ana = phones.add_neighbor(line_id, "Ana")
    phones.add_volunteer(line_id)
    phones.say(line_id, ana.id, "need groceries for two near Oak St")
    (mine, answer) = phones.table(line_id).thread(ana)
    assert (mine.mine, mine.body, mine.state) == (True, "need groceries for two near Oak St", "sent")
    assert (answer.mine, answer.state, answer.segments) == (False, "queued", 1)
    phones.hotline.sender.drain()
    assert phones.table(line_id).thread(ana)[1].state == "delivered"


def test_a_thread_is_cut_to_the_last_texts(phones: Phones, line_id: int) -> None:
    ana = phones.add_neighbor(line_id, "Ana")
    for n in range(40):
        texted(phones, ana, f"need groceries near Oak St, {n}")
    assert 0 < len(bodies(phones, ana)) <= 60
    assert any(", 39" in body for body in bodies(phones, ana))


def test_whatsapp_costs_no_segments(phones: Phones, line_id: int) -> None:
    ana = phones.add_neighbor(line_id, "Ana", Channel.WHATSAPP)
    texted(phones, ana, "need groceries for two near Oak St")
    assert {text.segments for text in phones.table(line_id).thread(ana)} == {None}
    assert {text.channel for text in phones.table(line_id).thread(ana)} == {Channel.WHATSAPP}


def test_what_no_phone_sends_is_left_out(phones: Phones, line_id: int) -> None:
    ana = phones.add_neighbor(line_id, "Ana")
    texted(phones, ana, "need\0 groceries\r\nfor two \ud800 near Oak St")
    assert bodies(phones, ana)[0] == "need groceries\nfor two ? near Oak St"


def test_the_phone_company_answers_stop(phones: Phones, line_id: int) -> None:
    ana, ben = phones.add_neighbor(line_id, "Ana"), phones.add_neighbor(line_id, "Ben", Channel.WHATSAPP)
    texted(phones, ana, "Stop")
    texted(phones, ben, "Stop")
    table = phones.table(line_id)
    assert table.thread(ana)[0].note == STOPPED_NOTE
    assert table.thread(ben)[0].note is None  # WhatsApp has no phone company, so we answer ourselves
    assert len(table.thread(ana)) == 1


class Refusing(Recorder):
    """A network on which nothing gets through."""

    def send(self, text: Outgoing) -> Sent:
        raise CarrierError(Action.BAD_ADDRESS, "no such phone", code=30005)


def test_a_text_that_fails_says_so(database_url: str, clock: StillClock) -> None:
    hotline = Hotline(fakes.settings(database_url), clock=clock, carrier=Refusing())
    hotline.prepare()
    phones = Phones(hotline)
    ana = phones.add_neighbor(phones.lines()[0].id, "Ana")
    texted(phones, ana, "need groceries for two near Oak St")
    assert phones.table(ana.address.line_id).thread(ana)[1].state == "failed"
    hotline.stop()


def test_time_stops_at_everything_that_happens_on_the_way(phones: Phones, line_id: int) -> None:
    def three_waves(session: Session) -> None:
        line = lines.by_id(session, line_id)
        line.rules = {**line.rules, "waves": [3, 4, 5], "gap_today": 45}

    phones.hotline.database.write(three_waves).result()
    for _ in range(12):
        phones.add_volunteer(line_id)
    ana = phones.add_neighbor(line_id, "Ana")
    texted(phones, ana, "need groceries for two today near Oak St")
    before = phones.hotline.clock.now()
    phones.pass_time(timedelta(hours=4))
    phones.hotline.sender.drain()
    table = phones.table(line_id)
    moments = sorted({text.at for phone in table.phones if phone.id != ana.id for text in table.thread(phone)})
    assert phones.hotline.clock.now() - before == timedelta(hours=4)
    assert [at - moments[0] for at in moments[:3]] == [timedelta(minutes=m) for m in (0, 45, 90)]


def test_the_clock_goes_on_where_it_was_when_the_process_starts_anew(
    phones: Phones, line_id: int, database_url: str
) -> None:
    ana = phones.add_neighbor(line_id, "Ana")
    phones.pass_time(timedelta(days=3))
    texted(phones, ana, "need groceries for two near Oak St")
    later = Hotline(fakes.settings(database_url), clock=StillClock())
    again = Phones(later)
    again.catch_up()
    assert later.clock.now() == phones.hotline.clock.now()
    again.catch_up()
    assert later.clock.now() == phones.hotline.clock.now()
    later.stop()


def test_arrivals_come_in_the_order_they_were_sent(phones: Phones, line_id: int) -> None:
    ben = phones.add_volunteer(line_id, "Ben")
    ana = phones.add_neighbor(line_id, "Ana")
    mark = phones.last_arrival()
    texted(phones, ana, "need groceries for two near Oak St")
    arrived = phones.arrivals(line_id, mark)
    assert [text.to for text in arrived] == [ana.address.value, ben.address.value]
    assert phones.arrivals(line_id, arrived[-1].attempt_id) == []


def test_a_full_table_shows_the_phones_that_stirred_last(phones: Phones, line_id: int) -> None:
    ana = phones.add_neighbor(line_id, "Ana")
    for _ in range(SHOWN + 5):
        phones.pass_time(timedelta(minutes=1))
        phones.add_neighbor(line_id)
    assert phones.table(line_id).hidden == 6
    assert ana.id not in [p.id for p in phones.table(line_id).phones]
    phones.pass_time(timedelta(minutes=1))
    texted(phones, ana, "hello")
    assert phones.table(line_id).phones[0].id == ana.id


def test_the_story_goes_from_ask_to_fulfilled(phones: Phones, line_id: int) -> None:
    telling = told(phones, line_id)
    assert telling.outcome is Outcome.FULFILLED
    assert "fulfilled" in telling.sentence
    assert telling.asked == ("Ben", "Dee")
    rosa, (ben, dee) = telling.neighbor, telling.volunteers
    numbers = {p.address.value for p in (rosa, ben, dee)}
    for phone in (rosa, ben, dee):
        assert not any(number in body for body in bodies(phones, phone) for number in numbers)
    assert any("24 Oak St" in body for body in bodies(phones, ben))
    assert not any("24 Oak St" in body or "Rosa" in body for body in bodies(phones, dee))


def test_told_again_the_same_people_play_with_a_new_number(phones: Phones, line_id: int) -> None:
    first, second = told(phones, line_id), told(phones, line_id)
    assert second.outcome is Outcome.FULFILLED
    assert (first.number, second.number) == (1, 2)
    assert len(phones.all(line_id)) == 3


def test_the_story_works_where_others_are_busy_already(phones: Phones, line_id: int) -> None:
    for name in ("Ben", "Caro", "Kofi", "Lena"):
        phones.add_volunteer(line_id, name)
    rosa = phones.add_neighbor(line_id, "Rosa")
    texted(phones, rosa, "need a ride to the clinic today near Pine St")
    texted(phones, phones.add_neighbor(line_id, "Omar"), "need diapers near Pine St")
    phones.pass_time(timedelta(days=1))
    ben = phones.named(line_id, "ben")
    assert ben is not None
    texted(phones, ben, "CLAIM 1")
    telling = told(phones, line_id)
    assert telling.outcome is Outcome.FULFILLED
    assert telling.number == 3
    assert telling.neighbor.name == "Vera"


def test_a_helper_with_two_matches_writes_to_the_right_one(phones: Phones, line_id: int) -> None:
    telling = story.begin(phones, line_id)
    omar = phones.add_neighbor(line_id, "Omar")
    texted(phones, omar, "need diapers near Pine St")
    texted(phones, telling.volunteers[0], "CLAIM 1")
    while not telling.over:
        telling = story.tell(phones, telling)
        phones.hotline.sender.drain()
        if telling.told == 1:
            telling = Story(**{**telling.__dict__, "helper": telling.volunteers[0]})
    assert telling.outcome is Outcome.FULFILLED
    assert not any("there at 5" in body for body in bodies(phones, omar))


@pytest.mark.parametrize(("waits", "by_night"), [(9, False), (10.5, True), (14, True), (21.5, True), (23, False)])
def test_begun_at_night_it_is_told_in_the_morning(phones: Phones, line_id: int, waits: float, by_night: bool) -> None:
    phones.pass_time(timedelta(hours=waits))  # since ten in the morning
    telling = told(phones, line_id)
    assert telling.outcome is Outcome.FULFILLED
    assert telling.asked == ("Ben", "Dee")
    assert ("to the morning" in replace(telling, told=0).sentence) is by_night
    assert (phones.table(line_id).now.hour == 8) is by_night


def test_a_story_that_somebody_disturbs_ends_kindly(phones: Phones, line_id: int) -> None:
    telling = story.tell(phones, story.begin(phones, line_id))
    phones.hotline.sender.drain()
    texted(phones, telling.neighbor, f"NEVERMIND {telling.number}")
    while not telling.over:
        telling = story.tell(phones, telling)
    assert telling.outcome is Outcome.WITHDRAWN
    assert "withdrawn" in telling.sentence
