"""How we answer: not too often, not to machines, not across every border; and a person is never taken for one."""

from datetime import datetime, timedelta
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import col, select

from app.hotline import Hotline
from app.inbound import rate_limit
from app.inbound.rate_limit import MUTE_AFTER, SLACK, WINDOW
from app.inbound.receive import Taken
from app.inbound.repeats import WITHIN
from handlers import phrasebook
from handlers.summary import Quoted
from handlers.turn import Text
from handlers.understanding.intents import Free, Kind, Order, Understanding
from models import lines, people
from models.delivery.outbound import Lane, Outbound, State
from models.inbound import Heard, Inbound
from models.lines import Channel, Policy
from models.people import Address, Person
from models.requests import Request
from models.store.session import Session
from tests import fakes
from tests.fakes import LINE, MORNING, Recorder, StillClock

ANA, BEN, DEE, BOT = "+12025550101", "+12025550102", "+12025550104", "+12025550166"
OUT_OF_OFFICE = "Example Pizza: the oven is cold and warm again at 9. You are number {n} in the row."
LOOKS = "LIST", "STATUS"  # in turn: the same words within seconds are one text
sids = count(1)


def say(hotline: Hotline, sender: str, words: str, *, to: str = LINE, channel: Channel = Channel.SMS) -> Taken:
    return hotline.receive(Heard(f"SM{next(sids):032x}", channel, sender, to, words)).result()


def add(hotline: Hotline, number: str, name: str, *, duty: bool = False) -> None:
    def work(session: Session) -> None:
        line = lines.all_lines(session)[0]
        people.add(session, line, Channel.SMS, number, hotline.clock.now(), name=name, helper=True, duty=duty)

    hotline.database.write(work).result()


def rule(hotline: Hotline, **rules: object) -> None:
    def work(session: Session) -> None:
        line = lines.all_lines(session)[0]
        line.rules = {**line.rules, **rules}
        session.add(line)

    hotline.database.write(work).result()


def queued(hotline: Hotline, to: str) -> list[Outbound]:
    query = select(Outbound).where(Outbound.to == to).order_by(col(Outbound.id))
    return hotline.database.read(lambda s: list(s.exec(query)))


def got(hotline: Hotline, to: str) -> list[str]:
    """What reached a phone, by phrase."""
    hotline.sender.drain()
    return [row.phrase for row in queued(hotline, to) if row.state is State.DELIVERED]


def address(hotline: Hotline, value: str) -> Address:
    return hotline.database.read(lambda s: s.exec(select(Address).where(Address.value == value)).one())


def later(hotline: Hotline, seconds: float) -> None:
    hotline.clock.advance(timedelta(seconds=seconds))


# How often.


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
    for n in range(20):
        say(hotline, ANA, f"please bring {'abcdefghijklmnopqrstuvwxyz'[n] * 5} and more of it")
    assert got(hotline, BEN).count("from_neighbor") == 20
    assert len(got(hotline, ANA)) <= 7


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


def test_danger_from_a_muted_phone_is_answered_within_the_limit(hotline: Hotline) -> None:
    """New words of danger each time were all answered, without a limit."""
    add(hotline, DEE, "Dee", duty=True)
    bounce(hotline, OUT_OF_OFFICE, after=2)
    later(hotline, 120)
    for n in range(60):
        say(hotline, BOT, f"my father is not breathing {'abcdefghij'[n % 10] * (n + 1)}")
    assert 1 <= got(hotline, BOT).count("emergency") <= 7
    later(hotline, 180)
    say(hotline, BOT, "my mother is not breathing either")
    assert "emergency" in got(hotline, BOT)[-2:]  # and, its day being used up, that it answers again tomorrow


def test_safety_goes_before_other_answers_of_the_same_turn() -> None:
    person, phone = person_(), address_()
    now = MORNING
    phone.reply_times = [now.timestamp()] * 5
    texts = [Text(person, "first", lane=Lane.REPLY), Text(person, "second", lane=Lane.SAFETY)]
    heard = Heard("SM1", Channel.SMS, ANA, LINE, "LIST")
    kept = rate_limit.limit(Policy(), person, phone, heard, Order("list"), texts, now)
    assert [(text.phrase, text.not_before is None) for text in kept.texts] == [("first", False), ("second", True)]


# Machines.


def bounce(hotline: Hotline, words: str, *, after: float, times: int = 40) -> int:
    """A machine that answers whatever it gets; returns how many answers it got."""
    seen = 0
    say(hotline, BOT, words.format(n=0))
    for n in range(1, times):
        arrived = len(got(hotline, BOT))
        if arrived == seen:
            break
        for _ in range(arrived - seen):
            later(hotline, after)
            say(hotline, BOT, words.format(n=n))
        seen = arrived
    return len(got(hotline, BOT))


@pytest.mark.parametrize("after", [0, 2, 9, 45, 300])
@pytest.mark.parametrize(
    "words",
    [
        OUT_OF_OFFICE,
        "The oven speaks. Sent {n} seconds ago",
        "El horno de la pizzeria te saluda",
        "If this is a medical emergency hang up and call 911. Chest pain, stroke: call 911.",
        "ok",
        "beep boop",
    ],
)
def test_a_machine_is_noticed_within_five_answers(hotline: Hotline, words: str, after: float) -> None:
    add(hotline, DEE, "Dee", duty=True)
    assert 0 < bounce(hotline, words, after=after) <= MUTE_AFTER
    # The same words within seconds are one text: then there is no loop, and nothing to notice.
    noticed = "{n}" in words or after >= WITHIN.total_seconds()
    assert got(hotline, DEE).count("duty_machine") == noticed
    say(hotline, BOT, words.format(n=99))
    assert got(hotline, DEE).count("duty_machine") == noticed  # once


@pytest.mark.parametrize("after", [0, 3, 8])
def test_haste_is_no_sign_of_a_machine_and_costs_six_answers_a_minute(hotline: Hotline, after: float) -> None:
    """Six short texts of somebody in panic were taken for a machine's, and met with an hour of silence."""
    letters = iter("abcdefghijklmnopqrstuvwxyz" * 2)
    for _ in range(12):
        later(hotline, after)
        say(hotline, BOT, f"zxcv {next(letters) * 9} {next(letters) * 7}")
    assert address(hotline, BOT).muted_until is None
    assert len(got(hotline, BOT)) <= 6 * (1 + 12 * after // 60)


def test_what_a_muted_phone_says_anew_reaches_duty_once_in_ten_minutes(hotline: Hotline) -> None:
    add(hotline, DEE, "Dee", duty=True)
    bounce(hotline, OUT_OF_OFFICE, after=20)
    before = len(got(hotline, DEE))
    for words in ("it is me, Ana", "that was my phone", "is anybody there", OUT_OF_OFFICE, "I wait outside"):
        later(hotline, 30)
        say(hotline, BOT, words)
    assert got(hotline, DEE)[before:].count("duty_muted") <= 1
    later(hotline, 600)
    told = [row.body for row in queued(hotline, DEE) if row.phrase == "duty_muted" and row.state is State.READY]
    assert len(got(hotline, DEE)[before:]) >= 1
    assert all("wait outside" in body for body in told)


@pytest.mark.parametrize("after", [0, 4])
def test_two_hotlines_do_not_text_each_other_for_ever(hotline: Hotline, after: float) -> None:
    other = "+12025550150"

    def another(session: Session) -> None:
        lines.add(session, hotline.clock.now(), name="Elm Street", sms=other)

    hotline.database.write(another).result()
    say(hotline, other, "hello")
    passed = 0
    for _ in range(100):
        hotline.sender.drain()
        assert isinstance(hotline.carrier, Recorder)
        fresh = hotline.carrier.carried[passed:]
        if not fresh:
            break
        passed += len(fresh)
        for text in fresh:
            later(hotline, after)
            say(hotline, text.from_number, text.body, to=text.to)
    assert passed <= 2 * MUTE_AFTER + 1
    assert len(queued(hotline, other)) <= MUTE_AFTER


def test_a_machine_on_one_side_of_a_match_does_not_loop(hotline: Hotline) -> None:
    add(hotline, BEN, "Ben")
    add(hotline, DEE, "Dee", duty=True)
    say(hotline, ANA, "I need groceries for two, 14 Oak St")
    later(hotline, 60)
    say(hotline, BEN, "CLAIM 1")
    seen = len(got(hotline, ANA))
    for _ in range(40):
        later(hotline, 3)
        say(hotline, ANA, "The oven is cold today and it will be warm again by tomorrow.")
        if (now := len(got(hotline, ANA))) == seen:
            break
        seen = now
    assert got(hotline, ANA).count("passed_on_to") <= MUTE_AFTER
    assert got(hotline, BEN).count("from_neighbor") <= MUTE_AFTER + 1
    assert got(hotline, DEE).count("duty_machine") == 1
    say(hotline, BEN, "are you there?")
    assert got(hotline, ANA)[-1] == "from_helper"  # what people write still reaches the phone


def test_after_an_hour_it_is_heard_again_and_duty_told_anew(hotline: Hotline) -> None:
    add(hotline, DEE, "Dee", duty=True)
    bounce(hotline, OUT_OF_OFFICE, after=2)
    before = len(got(hotline, BOT))
    say(hotline, BOT, "STATUS")
    assert len(got(hotline, BOT)) == before
    later(hotline, 3600)
    say(hotline, BOT, "STATUS")
    assert len(got(hotline, BOT)) == before + 1
    bounce(hotline, OUT_OF_OFFICE, after=2)
    assert got(hotline, DEE).count("duty_machine") == 2


def test_what_a_muted_phone_says_is_kept_and_acted_on_and_danger_is_answered(hotline: Hotline) -> None:
    add(hotline, DEE, "Dee", duty=True)
    bounce(hotline, OUT_OF_OFFICE, after=2)
    later(hotline, 120)
    say(hotline, BOT, "my father fell and is not breathing, 14 Oak St")
    assert got(hotline, BOT)[-1] == "emergency"
    assert "duty_emergency" in got(hotline, DEE)
    assert hotline.database.read(lambda s: s.exec(select(Request.emergency).order_by(col(Request.id))))[-1]


@pytest.mark.parametrize("apart", [1, 5, 12])
def test_a_person_in_a_hurry_is_no_machine(hotline: Hotline, apart: float) -> None:
    for words in ("HELP", "HELP", "HELP", "1", "14 Oak St", "STATUS", "MORE 1 and milk", "STATUS", "HELP", "HELP"):
        later(hotline, apart)
        say(hotline, ANA, words)
    assert address(hotline, ANA).muted_until is None


def test_a_long_text_that_comes_in_pieces_is_no_machine(hotline: Hotline) -> None:
    for words in ("hello my name is Ana", "I live at 14 Oak St", "we are four", "and need groceries", "by tonight"):
        say(hotline, ANA, words)
        later(hotline, 0.5)
    assert address(hotline, ANA).muted_until is None


def test_an_album_is_no_machine(hotline: Hotline) -> None:
    for n in range(10):
        heard = Heard(f"MM{n}", Channel.SMS, ANA, LINE, "", media=(("https://example.org/1", "image/jpeg"),))
        hotline.receive(heard).result()
        later(hotline, 1)
    assert address(hotline, ANA).muted_until is None


def test_two_people_who_talk_through_the_line_are_no_machines(hotline: Hotline) -> None:
    add(hotline, BEN, "Ben")
    say(hotline, ANA, "I need groceries for two, 14 Oak St")
    later(hotline, 60)
    say(hotline, BEN, "CLAIM 1")
    talk = "hi|hi|rice?|yes|ok|ok|the big bag?|yes|ok|thanks|ok|ok|ok|😊|😊|see you|see you|ok|thanks|bye".split("|")
    for n, words in enumerate(talk * 3):
        later(hotline, 2)
        say(hotline, (ANA, BEN)[n % 2], words)
    assert address(hotline, ANA).muted_until is None
    assert address(hotline, BEN).muted_until is None
    assert got(hotline, BEN).count("from_neighbor") == len(talk) * 3 // 2


def test_a_thumb_up_after_every_word_of_the_other_side_is_no_machines(hotline: Hotline) -> None:
    add(hotline, BEN, "Ben")
    say(hotline, ANA, "I need groceries for two, 14 Oak St")
    later(hotline, 60)
    say(hotline, BEN, "CLAIM 1")
    for n in range(12):
        later(hotline, 4)
        say(hotline, BEN, f"then turn {'left' if n % 2 else 'right'} at the {'abcdefghijkl'[n] * 4} house")
        later(hotline, 4)
        say(hotline, ANA, "👍")
    assert address(hotline, ANA).muted_until is None
    assert got(hotline, BEN).count("from_neighbor") == 12


def test_a_volunteer_who_takes_one_after_the_other_is_no_machine(hotline: Hotline) -> None:
    add(hotline, BEN, "Ben")
    rule(hotline, max_open=20)
    for n in range(8):
        say(hotline, f"+121255501{n:02}", f"I need groceries for {n + 1}, 14 Oak St")
    for n in range(8):
        later(hotline, 2)
        say(hotline, BEN, f"CLAIM {n + 1}")
    assert address(hotline, BEN).muted_until is None


# Borders are in test_reach.py.


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
