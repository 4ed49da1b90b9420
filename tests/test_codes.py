"""Errors that mean more than one text: an account set up wrongly, the hours of the night, new codes, opt-outs."""

import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from itertools import repeat
from pathlib import Path

import pytest
from sqlmodel import col, select
from structlog.testing import capture_logs

from app.carriers.twilio import remedies
from app.hotline import Hotline
from app.outbound import mornings, templates
from models import lines, people, person_events
from models.delivery import line_numbers
from models.delivery.outbound import Lane, Outbound, State
from models.lines import Channel
from models.people import Person
from models.person_events import CUT_OFF, PersonEvent
from models.store.session import Session
from tests import neighbors
from tests.fake_twilio import FakeTwilio, Mood
from tests.fakes import StillClock, twilio_settings
from tests.serving import environment
from tests.test_carrier_away import left, pass_by, put_all
from tests.test_talks import say
from tests.test_uncertain import SENDER
from tests.world import ANA, DEE, World, quick

BEN, CARO = "+12025550102", "+12025550103"
SETUP = [21606, 21659, 21660, 21661, 21712, 20008, 90010]
NEVER_HEARD_OF = 24999  # of no family that is known to be about us


def add(world: World, number: str, name: str, **known: object) -> None:
    def work(session: Session) -> None:
        line = lines.all_lines(session)[0]
        neighbors.add(session, line, Channel.SMS, number, world.clock.now(), name=name, **known)

    world.hotline.database.write(work).result()


def states(world: World) -> dict[str, State]:
    """How each text is, by its last words."""
    query = select(Outbound.phrase, Outbound.to, Outbound.state).order_by(col(Outbound.id))
    rows = world.hotline.database.read(lambda session: list(session.exec(query)))
    return {f"{phrase} {to[-3:]}": State(state) for phrase, to, state in rows}


@pytest.fixture
def street(world: World) -> World:
    """Ben helps, Dee is on duty."""
    add(world, BEN, "Ben", helper=True)
    world.duty()
    return world


@pytest.mark.parametrize("code", [*SETUP, NEVER_HEARD_OF])
def test_what_hits_every_text_at_once_costs_none(street: World, code: int) -> None:
    street.twilio.refuses = code
    with capture_logs() as logs:
        say(street, ANA, "need groceries for 2 near Oak St")
    assert street.twilio.sent == []
    street.twilio.refuses = None
    for _ in range(4):
        street.drain(after=timedelta(seconds=31))
    got = {text.to: text.body for text in street.twilio.sent}
    assert set(got) == {ANA, BEN, DEE}
    assert "Got it" in got[ANA]
    assert set(states(street).values()) == {State.DELIVERED}
    assert len(street.twilio.sent) == 3
    assert {log["code"] for log in logs if log["log_level"] == "error"} == {code}


def test_an_outage_without_a_name_lasts_as_long_as_it_likes(street: World) -> None:
    street.twilio.refuses = NEVER_HEARD_OF
    say(street, ANA, "need groceries for 2 near Oak St")
    for _ in range(60):
        street.drain(after=timedelta(minutes=1))
    assert set(states(street).values()) <= {State.READY, State.HELD}
    ((number,),) = [street.hotline.database.read(lambda s: line_numbers.of_line(s, 1))]
    assert number.pause_code == NEVER_HEARD_OF
    assert len(street.twilio.asked) < 60
    street.twilio.refuses = None
    for _ in range(3):
        street.drain(after=timedelta(minutes=5))
    assert set(states(street).values()) == {State.DELIVERED}


def test_an_evening_of_texts_is_kept_at_the_cost_of_few_posts(world: World) -> None:
    world.twilio.refuses = NEVER_HEARD_OF
    put_all(world, 60)
    pass_by(world, world.clock.now() + timedelta(minutes=10), 5)
    assert len(world.twilio.asked) < 60
    world.twilio.refuses = None
    back = world.clock.now()
    while left(world) < 60:
        world.drain(after=timedelta(seconds=5))
        assert world.clock.now() - back < timedelta(minutes=11)
    assert sorted(text.to for text in world.twilio.sent) == sorted({text.to for text in world.twilio.sent})
    assert set(states(world).values()) == {State.DELIVERED}


@pytest.mark.campaign
@pytest.mark.parametrize("code", [21660, NEVER_HEARD_OF])
def test_the_same_in_a_real_process(database_url: str, tmp_path: Path, code: int) -> None:
    """A process of its own sends by the real clock; for five seconds every POST is refused (case 10)."""
    with FakeTwilio(told=lambda words: []) as twilio:
        twilio.refuses = code
        settings = twilio_settings(database_url, twilio_api_url=twilio.url)
        hotline = Hotline(settings)
        hotline.prepare()
        hotline.database.write(quick).result()
        put_all(World(hotline, twilio, StillClock(hotline.clock.now())), 40)
        sends = subprocess.Popen([sys.executable, "-c", SENDER], env=environment(settings), cwd=tmp_path)
        try:
            time.sleep(5)
            twilio.refuses = None
            back = time.monotonic()
            while len(twilio.sent) < 40:
                time.sleep(0.1)
                assert time.monotonic() - back < 55
        finally:
            sends.terminate()
            sends.wait()
            hotline.stop()
        sys.stdout.write(f"{code}: {time.monotonic() - back:.0f} s after it was mended all had left\n")
        assert sorted(text.to for text in twilio.sent) == sorted({text.to for text in twilio.sent})


def test_whoever_runs_it_reads_what_the_carrier_said(street: World) -> None:
    remedy = remedies.remedy(NEVER_HEARD_OF)
    assert remedy.do == f"read https://www.twilio.com/docs/api/errors/{NEVER_HEARD_OF}"


def test_one_text_alone_is_given_up_and_others_go(street: World) -> None:
    street.twilio.refused[ANA] = NEVER_HEARD_OF
    say(street, ANA, "need groceries for 2 near Oak St")
    assert sorted(text.to for text in street.twilio.sent) == [BEN, DEE]
    street.drain(after=timedelta(seconds=31))
    assert [text.body for text in street.twilio.sent if text.to == DEE][-1].startswith("#1: a text to")
    assert states(street)["got_it 101"] is State.FAILED
    assert len([text for text in street.twilio.asked if text["To"] == ANA]) == 2


def test_two_odd_texts_alone_hold_up_a_third_for_seconds(street: World) -> None:
    street.twilio.refused |= {ANA: NEVER_HEARD_OF, CARO: NEVER_HEARD_OF}
    odd = [street.put(to=ANA, body="one"), street.put(to=CARO, body="two")]
    street.drain()
    street.drain(after=timedelta(seconds=31))
    good = street.put(to=BEN, body="three")
    street.drain(after=timedelta(seconds=16))
    assert street.row(good).state is State.DELIVERED
    for _ in range(3):
        street.drain(after=timedelta(seconds=31))
    assert [street.row(each).state for each in odd] == [State.FAILED, State.FAILED]


# The hours of the night.


def test_a_text_held_back_for_the_hour_goes_in_the_morning_of_its_reader(street: World) -> None:
    los_angeles = "+13105550101"
    street.clock.advance(timedelta(hours=13, minutes=30))  # 23:30 in New York, 20:30 there
    street.twilio.refused |= {ANA: 30610, los_angeles: 30610}
    here, there = street.put(to=ANA), street.put(to=los_angeles)
    street.drain()
    nine = datetime(2026, 3, 4, 13, 0, tzinfo=UTC)
    assert street.row(here).not_before == nine  # 8 AM in New York
    assert street.row(there).not_before == street.clock.now() + timedelta(hours=1)
    assert street.twilio.sent == []
    street.twilio.refused.clear()
    street.drain(after=nine - street.clock.now())
    assert {text.to for text in street.twilio.sent} == {ANA, los_angeles}


def test_held_back_again_in_the_morning_it_goes_an_hour_later(street: World) -> None:
    line = street.hotline.database.read(lambda session: lines.all_lines(session)[0])
    night = datetime(2026, 3, 4, 4, 30, tzinfo=UTC)
    first, second = (mornings.next_morning(line, ANA, night, again=again) for again in (False, True))
    assert second - first == timedelta(hours=1)


def test_what_cannot_wait_is_told_to_duty_and_still_goes(street: World) -> None:
    street.clock.advance(timedelta(hours=13))
    say(street, ANA, "hello")
    street.twilio.refused[ANA] = 30047
    row = street.put(body="whom to call", lane=Lane.SAFETY, lives=timedelta(days=2))
    street.drain()
    assert street.row(row).state is State.HELD
    assert states(street)["duty_undelivered_person 104"] is State.READY  # whoever is on duty by day may sleep


def test_nobody_is_asked_by_an_offer_of_last_night(street: World) -> None:
    street.clock.advance(timedelta(hours=13))
    street.twilio.refused[BEN] = 30610
    row = street.put(to=BEN, phrase="offer", lives=timedelta(hours=4))
    street.drain()
    assert street.row(row).state is State.FAILED


def test_answers_are_marked_as_essential_and_words_to_many_as_such(street: World) -> None:
    street.put(lane=Lane.REPLY)
    street.put(to=BEN, lane=Lane.BULK)
    street.put(to=CARO, channel=Channel.WHATSAPP)
    street.drain()
    said = {text["To"]: text.get("MessageIntent") for text in street.twilio.asked}
    assert said == {ANA: "customercare", BEN: "announcements", f"whatsapp:{CARO}": None}


# Opt-outs that only the carrier knows of.


def events_of(world: World, number: str) -> list[PersonEvent]:
    def work(session: Session) -> list[PersonEvent]:
        person, _ = people.by_address(session, lines.all_lines(session)[0], Channel.SMS, number) or (None, None)
        assert person is not None
        return person_events.happened(session, person.id, [CUT_OFF], datetime(2000, 1, 1, tzinfo=UTC))

    return world.hotline.database.read(work)


def test_a_volunteer_cut_off_gives_back_what_they_had(street: World) -> None:
    add(street, CARO, "Caro", helper=True)
    say(street, ANA, "need groceries for 2 near Oak St")
    say(street, BEN, "claim 1")
    street.twilio.refused[BEN] = 21610
    told = say(street, ANA, "ring twice please")
    assert "104 #1: the carrier lets no texts through to its helper any more. It is open again." in told
    assert any(text.startswith("103 #1 Groceries") for text in told)
    assert any(text.startswith("101 #1: your helper can't make it after all.") for text in told)
    assert [event.by_person_id for event in events_of(street, BEN)] == [None]
    assert not any(text.startswith("102") for text in told)


def test_a_neighbor_cut_off_is_told_to_duty_and_to_who_comes(street: World) -> None:
    say(street, ANA, "need groceries for 2 near Oak St")
    street.twilio.refused[ANA] = 21610
    told = say(street, BEN, "claim 1")
    assert sum(text.startswith("104 #1: the carrier lets no texts through to the neighbor") for text in told) == 1
    assert sum(text.startswith("102 #1: my texts don't get through to them") for text in told) == 1
    assert not any("could not be delivered" in text for text in told)


def test_an_idle_volunteer_cut_off_is_told_once(street: World) -> None:
    street.twilio.refused[BEN] = 21610
    street.put(to=BEN)
    street.put(to=BEN, body="another")
    street.drain()
    told = [text.body for text in street.twilio.sent if text.to == DEE]
    (words,) = [words for words in told if "carrier" in words]
    assert words.startswith("The carrier lets no texts through to Ben any more")


def test_an_opt_out_by_sms_does_not_cover_whatsapp(street: World) -> None:
    say(street, f"whatsapp:{ANA}", "hello")
    street.clock.advance(timedelta(minutes=5))
    say(street, ANA, "need groceries for 2 near Oak St")
    street.twilio.refused[ANA] = 21610
    told = say(street, BEN, "claim 1")
    assert any(text.startswith("101 Ben takes #1!") for text in told)
    assert [text.to for text in street.twilio.sent if "Ben takes" in text.body] == [f"whatsapp:{ANA}"]
    asked = len([text for text in street.twilio.asked if text["To"] == ANA])
    say(street, BEN, "on my way")
    assert len([text for text in street.twilio.asked if text["To"] == ANA]) == asked
    assert [event.words for event in events_of(street, ANA)] == ["sms"]
    everybody = street.hotline.database.read(lambda s: list(s.exec(select(Person))))
    assert all(person.opted_out_at is None for person in everybody)


def test_whoever_texts_start_is_written_to_again(street: World) -> None:
    say(street, ANA, "need groceries for 2 near Oak St")
    street.twilio.refused[ANA] = 21610
    say(street, BEN, "claim 1")
    street.twilio.refused.clear()
    street.clock.advance(timedelta(minutes=1))
    assert any(text.startswith("101 ") for text in say(street, ANA, "START"))


def test_the_moods_of_a_bad_day_together(street: World) -> None:
    street.twilio.moods = repeat(Mood.DOWN)
    say(street, ANA, "need groceries for 2 near Oak St")
    street.twilio.moods, street.twilio.refuses = repeat(Mood.ANSWER), 21660
    for _ in range(20):
        street.drain(after=timedelta(seconds=31))
    street.twilio.refuses = None
    for _ in range(12):
        street.drain(after=timedelta(minutes=1))
    assert len(street.twilio.sent) == 3
    assert set(states(street).values()) == {State.DELIVERED}


def test_an_alarm_that_sms_refuses_leaves_by_whatsapps_template(street: World) -> None:
    say(street, f"whatsapp:{DEE}", "hello")
    street.clock.advance(timedelta(days=2))
    say(street, DEE, "hello")
    templates.submit(street.hotline.database, street.hotline.carrier, street.clock.now())
    templates.refresh(street.hotline.database, street.hotline.carrier, street.clock.now())
    street.twilio.minds_window = True
    street.twilio.refused[DEE] = 30005
    say(street, ANA, "my father is not breathing, 5 Elm St")
    assert any("not breathing" in text.body for text in street.twilio.sent if text.to == f"whatsapp:{DEE}")
