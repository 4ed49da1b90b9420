"""How we answer: not too often, and what matters never waits. Borders are in test_reach.py."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import select

from app.hotline import Hotline
from app.inbound import rate_limit
from app.inbound.rate_limit import SLACK, WINDOW
from handlers import phrasebook
from handlers.turn import Text
from handlers.understanding.intents import Free, Kind, Order, Understanding
from handlers.wording.summary import Quoted
from models import lines
from models.delivery.outbound import Lane
from models.inbound import Heard, Inbound
from models.lines import Channel, Policy
from models.people import Address, Person
from tests import fakes
from tests.answering import (
    ANA,
    BEN,
    DEE,
    LOOKS,
    add,
    bodies,
    got,
    later,
    queued,
    rule,
    say,
)
from tests.fakes import LINE, MORNING, Recorder, StillClock


@given(st.lists(st.tuples(st.floats(0, 40), st.integers(1, 3)), max_size=60), st.integers(1, 8))
def test_in_no_minute_are_there_more_answers_than_the_line_allows(texts: list[tuple[float, int]], limit: int) -> None:
    person, phone, now = person_(), address_(), MORNING
    left: list[float] = []
    for wait, several in texts:
        now += timedelta(seconds=wait)
        heard = Heard("SM1", Channel.SMS, ANA, LINE, "LIST")
        answers = [Text(person, "list", lane=Lane.REPLY) for _ in range(several)]
        kept = rate_limit.limit(Policy(reply_limit=limit), person, phone, heard, Order("list"), answers, now)
        assert len(kept.texts) + kept.withheld == several
        for text in kept.texts:
            moment = (text.not_before or now).timestamp()
            assert 0 <= moment - now.timestamp() <= WINDOW + SLACK
            left.append(moment)
        assert len(phone.reply_times) <= limit
    assert left == sorted(left)
    for n, at in enumerate(left):
        assert sum(1 for other in left[n:] if other - at <= WINDOW) <= limit


def person_() -> Person:
    return Person(id=1, line_id=1, created_at=MORNING)


def address_() -> Address:
    return Address(id=1, line_id=1, person_id=1, channel=Channel.SMS, value=ANA, reply_times=[], created_at=MORNING)


def test_a_flood_is_answered_six_times_a_minute_and_kept_whole(hotline: Hotline) -> None:
    for n in range(40):
        say(hotline, ANA, LOOKS[n % 2])
    assert len(queued(hotline, ANA)) == 12
    assert len(got(hotline, ANA)) == 6
    later(hotline, WINDOW)
    assert len(got(hotline, ANA)) == 6
    later(hotline, SLACK)
    assert len(got(hotline, ANA)) == 12
    assert hotline.database.read(lambda s: len(list(s.exec(select(Inbound.id))))) == 40
    later(hotline, WINDOW + SLACK)
    say(hotline, ANA, "LIST")
    assert len(got(hotline, ANA)) == 13


def test_the_limit_can_be_lifted(hotline: Hotline) -> None:
    rule(hotline, reply_limit=0)
    for n in range(40):
        say(hotline, ANA, LOOKS[n % 2])
    assert len(got(hotline, ANA)) == 40


def test_what_goes_to_others_does_not_count_and_does_not_wait(hotline: Hotline) -> None:
    add(hotline, BEN, "Ben")
    say(hotline, ANA, "I need groceries for two, 14 Oak St")
    later(hotline, 20)
    say(hotline, BEN, "CLAIM 1")
    words = [f"please bring {'abcdefghijklmnopqrstuvwxyz'[n] * 5} and more of it" for n in range(20)]
    for each in words:
        say(hotline, ANA, each)
    assert len(got(hotline, ANA)) <= 7
    later(hotline, 60)  # more than ten in ten minutes go together
    texts = bodies(hotline, BEN, "from_neighbor")
    assert len(texts) < 14
    assert [each for each in words if not any(each in text for text in texts)] == []


def test_whom_to_call_never_waits(hotline: Hotline) -> None:
    add(hotline, DEE, "Dee", duty=True)
    for n in range(8):
        say(hotline, ANA, LOOKS[n % 2])
    say(hotline, ANA, "my husband has chest pain and can't breathe")
    assert got(hotline, ANA)[-1] == "emergency"
    assert "duty_emergency" in got(hotline, DEE)


def test_a_claim_is_answered_however_many_there_are(hotline: Hotline) -> None:
    """Of sixteen within a minute four were not, while every neighbor was told that Ben comes."""
    add(hotline, BEN, "Ben")
    add(hotline, DEE, "Dee", duty=True)
    rule(hotline, max_open=20)
    for n in range(16):
        say(hotline, f"+121255501{n:02}", f"I need groceries for {n + 1}, 14 Oak St")
    for n in range(16):
        later(hotline, 1)
        say(hotline, BEN, f"CLAIM {n + 1}")
        assert got(hotline, BEN).count("claim_yours") == n + 1
    claimed = [row.phrase for n in range(16) for row in queued(hotline, f"+121255501{n:02}")]
    assert claimed.count("claimed") == 16
    for n in range(10):
        say(hotline, BEN, f"DROP {n + 1}")
    assert got(hotline, BEN).count("dropped") == 10
    say(hotline, BEN, "LIST")
    assert "list" not in got(hotline, BEN)  # they count: other answers wait


def test_safety_goes_before_other_answers_of_the_same_turn() -> None:
    person, phone = person_(), address_()
    now = MORNING
    phone.reply_times = [now.timestamp()] * 5
    texts = [Text(person, "first", lane=Lane.REPLY), Text(person, "second", lane=Lane.SAFETY)]
    heard = Heard("SM1", Channel.SMS, ANA, LINE, "LIST")
    kept = rate_limit.limit(Policy(), person, phone, heard, Order("list"), texts, now)
    assert [(text.phrase, text.not_before is None) for text in kept.texts] == [("first", False), ("second", True)]


def test_the_settings_say_which_countries_and_how_many(database_url: str, clock: StillClock) -> None:
    settings = fakes.settings(database_url, hotline_countries=" us, mx ", hotline_reply_limit=9)
    running = Hotline(settings, carrier=Recorder(), clock=clock)
    running.prepare()
    policy = running.database.read(lambda s: lines.all_lines(s)[0].policy)
    assert (policy.countries, policy.reply_limit) == (("US", "MX"), 9)
    running.stop()
    with pytest.raises(ValueError, match="write their two letters"):
        fakes.settings(database_url, hotline_countries="US,Atlantis")
    assert fakes.settings(database_url, hotline_countries="*").rules == {"countries": ["*"], "burst_seconds": 0}


def test_what_is_remembered_of_a_phone_holds_no_words() -> None:
    person, phone = person_(), address_()
    words = "sesquipedalian"
    meaning = Understanding(Kind.OTHER)
    heard = Heard("SM1", Channel.SMS, ANA, LINE, words)
    rate_limit.limit(Policy(), person, phone, heard, Free(words, meaning), [Text(person, "x")], MORNING)
    assert phone.recent_texts is not None
    assert words[:5] not in str(phone.recent_texts)


def test_every_language_can_tell_duty() -> None:
    for code in phrasebook.languages():
        for phrase in ("duty_machine", "duty_abroad"):
            assert "words" in phrasebook.book(code).say(phrase, {"words": Quoted("words")})


def test_a_time_far_ahead_in_what_is_kept_does_no_harm() -> None:
    person, phone = person_(), address_()
    phone.reply_times = [datetime(2030, 1, 1, tzinfo=MORNING.tzinfo).timestamp()] * 6
    kept = rate_limit.limit(
        Policy(),
        person,
        phone,
        Heard("SM1", Channel.SMS, ANA, LINE, "LIST"),
        Order("list"),
        [Text(person, "x")],
        MORNING,
    )
    assert (len(kept.texts), kept.withheld) == (1, 0)
