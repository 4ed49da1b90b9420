"""Machines that text back are noticed within a few answers, and no person is ever taken for one."""

import pytest
from sqlmodel import col, select

from app.hotline import Hotline
from app.inbound.rate_limit import MUTE_AFTER
from app.inbound.repeats import WITHIN
from models import lines
from models.delivery.outbound import State
from models.inbound import Heard
from models.lines import Channel
from models.requests import Request
from models.store.session import Session
from tests.answering import ANA, BEN, BOT, DEE, OUT_OF_OFFICE, add, address, bodies, got, later, queued, rule, say
from tests.fakes import LINE, Recorder


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
    seen = len(got(hotline, BEN))
    for _ in range(40):
        later(hotline, 3)
        say(hotline, ANA, "The oven is cold today and it will be warm again by tomorrow.")
        if (now := len(got(hotline, BEN))) == seen:
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
    later(hotline, 60)  # more than ten in ten minutes go together
    said = " / ".join(text.split('"')[1] for text in bodies(hotline, BEN, "from_neighbor")).split(" / ")
    assert {*said} == {*(talk * 3)[::2]}  # within a minute nothing twice


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
    later(hotline, 60)
    assert " ".join(bodies(hotline, BEN, "from_neighbor")).count("👍") >= 11  # within a minute nothing twice


def test_a_volunteer_who_takes_one_after_the_other_is_no_machine(hotline: Hotline) -> None:
    add(hotline, BEN, "Ben")
    rule(hotline, max_open=20)
    for n in range(8):
        say(hotline, f"+121255501{n:02}", f"I need groceries for {n + 1}, 14 Oak St")
    for n in range(8):
        later(hotline, 2)
        say(hotline, BEN, f"CLAIM {n + 1}")
    assert address(hotline, BEN).muted_until is None


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
