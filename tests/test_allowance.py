"""How much one person asks for, and how much one phone causes in a day: nothing is refused, nothing is lost."""

import pytest

from app.hotline import Hotline
from app.inbound.daily_cap import MORE_FOR_TALK
from models.delivery.outbound import Lane
from models.lines import Policy
from tests.besieged import ATTACKER as ANA
from tests.besieged import ON_DUTY, VOLUNTEERS, Besieged, phone

BEN, DEE = VOLUNTEERS[0], ON_DUTY[0]


@pytest.fixture
def line(hotline: Hotline) -> Besieged:
    found = Besieged(hotline)
    found.people()
    return found


def ask(line: Besieged, what: str) -> None:
    line.say("HELP")
    line.later(seconds=20)
    line.say(f"I need {what}, 14 Oak St")
    line.later(seconds=20)


def test_what_is_too_many_joins_the_last_and_whoever_has_it_hears_it(line: Besieged) -> None:
    line.rule(most_open_requests=1)
    ask(line, "groceries")
    line.say("CLAIM 1", by=BEN)
    ask(line, "a ride to the clinic")
    assert len(line.requests()) == 1
    assert line.requests()[0].text.endswith("I need a ride to the clinic, 14 Oak St")
    assert line.phrases(ANA)[-1] == "joined_last"
    assert line.phrases(BEN)[-1] == "from_neighbor"


def test_danger_is_never_too_much(line: Besieged) -> None:
    line.rule(most_open_requests=1, requests_per_day=1)
    ask(line, "groceries")
    line.say("NEVERMIND 1")
    line.say("my husband has chest pain, 14 Oak St")
    assert line.phrases(ANA)[-1] == "emergency"
    assert line.requests()[-1].emergency


def test_a_day_is_a_day(line: Besieged) -> None:
    line.rule(requests_per_day=1)
    ask(line, "groceries")
    line.say("NEVERMIND 1")
    ask(line, "a ride to the clinic")
    assert [request.state for request in line.requests()] == ["closed", "held"]
    line.say("NEVERMIND 2")
    line.later(days=1)
    ask(line, "a ride to the clinic")
    assert line.requests()[-1].state == "open"


def test_one_phones_day_ends_and_begins_again(line: Besieged) -> None:
    for n in range(Policy().answers_per_day + 10):
        line.say(("LIST", "STATUS")[n % 2])
        line.later(seconds=30)
    got = line.phrases(ANA)
    assert got.count("enough_today") == 1
    assert len(got) == Policy().answers_per_day + 1
    assert line.phrases(DEE) == ["duty_enough"]
    line.later(hours=15)
    line.say("STATUS")
    assert line.phrases(ANA)[-1] != "enough_today"


def test_claims_and_what_people_tell_each_other_go_on(line: Besieged) -> None:
    line.rule(answers_per_day=2)
    ask(line, "groceries")
    for _ in range(2):
        line.say("CLAIM 1", by=BEN)
        line.later(seconds=20)
        line.say("DROP 1", by=BEN)
        line.later(minutes=61)  # whoever gave it back takes it again after an hour
    for n in range(3):
        line.say(("LIST", "MINE")[n % 2], by=BEN)
        line.later(seconds=20)
    for n in range(5):
        line.say("LIST" if n % 2 else "MINE", by=BEN)
        line.later(seconds=20)
    assert "enough_today" in line.phrases(BEN)
    line.say("CLAIM 1", by=BEN)
    assert line.phrases(BEN)[-1] == "claim_yours"
    assert line.phrases(ANA)[-1] == "claimed"
    line.later(seconds=20)
    line.say("please knock, the bell is broken")  # Ana's own day has long ended
    assert line.phrases(BEN)[-1] == "from_neighbor"
    assert "passed_on_to" not in line.phrases(ANA)


def test_words_for_somebody_end_too(line: Besieged) -> None:
    line.rule(answers_per_day=4)
    ask(line, "groceries")
    line.say("CLAIM 1", by=BEN)
    for n in range(30):
        line.later(seconds=30)
        line.say(f"turn left at the {'abcdefghijklmnopqrstuvwxyzabcd'[n] * 4} house")
    carried = line.phrases(BEN).count("from_neighbor")
    assert 4 <= carried <= 4 * MORE_FOR_TALK


def test_stop_is_always_confirmed(line: Besieged) -> None:
    line.rule(answers_per_day=1)
    for words in ("STATUS", "LIST", "MINE", "please stop texting me"):
        line.say(words)
        line.later(seconds=20)
    assert line.phrases(ANA)[-1] == "stopped"


def test_no_reply_limit_means_no_daily_one(line: Besieged) -> None:
    line.rule(reply_limit=0, answers_per_day=3)
    for n in range(10):
        line.say(("LIST", "STATUS")[n % 2])
    assert len(line.phrases(ANA)) == 10


def test_danger_beyond_a_phones_day_is_answered_once_in_ten_minutes_and_always_told(line: Besieged) -> None:
    line.rule(answers_per_day=1)
    line.say("STATUS")
    for n in range(6):
        line.later(minutes=5)
        line.say(f"chest pain {'abcdef'[n] * 6}")
    assert line.phrases(ANA).count("emergency") == 3
    assert line.phrases(DEE).count("duty_emergency") + line.phrases(DEE).count("duty_emergency_again") == 6
    assert all(row.lane <= Lane.SAFETY for row in line.texts("emergency", "duty_emergency"))


def test_danger_and_what_follows_it_is_heard_on_a_phone_whose_day_is_used_up(line: Besieged) -> None:
    """Five texts of somebody in hiding reached nobody, because she had talked much with her helper that day."""
    line.rule(answers_per_day=3)
    for n in range(6):
        line.say(("LIST", "STATUS")[n % 2])
        line.later(seconds=30)
    line.say("he is hitting me")
    assert line.phrases(ANA)[-1] == "emergency_at_home"
    for words in ("I am hiding in the bathroom", "12 Oak St apartment 3", "please hurry he has a knife"):
        line.later(seconds=20)
        line.say(words)
    told = " ".join(text.body for text in line.texts(to=DEE))
    assert all(words in told for words in ("hiding in the bathroom", "12 Oak St apartment 3", "he has a knife"))


def test_stop_said_again_tells_nobody_again(line: Besieged) -> None:
    ask(line, "groceries")
    line.say("CLAIM 1", by=BEN)
    for _ in range(20):
        line.say("STOP")
        line.later(seconds=30)
    assert line.phrases(BEN).count("asker_stopped") == 1
    assert line.phrases(DEE).count("duty_asker_stopped") == 1


def test_one_phone_does_not_use_up_the_offers_of_a_day(line: Besieged) -> None:
    """Ten requests of one phone had every volunteer asked ten times, and nobody was asked for anybody else."""
    line.rule(offers_per_day=4, gap_urgent=1)
    for n in range(6):
        line.say(f"urgent: I need groceries for {n + 2}, {n + 1} Oak St")
        line.later(minutes=15)
        line.say("NEVERMIND")
        line.later(minutes=1)
    line.say("I need a ride, 9 Pine St", by=phone(1))
    assert line.texts("offer")[-1].body.startswith("#7 ")


def test_urgent_care_is_asked_about_whatever_saves_texts(line: Besieged) -> None:
    """No insulin: whoever could help hears of it at once, though the day's money and offers are spent."""
    line.rule(daily_ceiling="0.01", offers_per_day=1, brake_requests=1)
    ask(line, "groceries")
    line.say("my son has no insulin left, 12 Pine St", by=phone(1))
    asked = [text for text in line.texts("offer") if "#2 " in text.body]
    assert len(asked) == 3
