"""What an attacker gets: texts and segments by one phone, by a hundred, by PERSON, by danger, from abroad.

`pytest -s -m "campaign or not campaign" tests/test_costs.py` prints the figures.
"""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.cli.doctor import worst_case
from app.cli.doctor.worst_case import Group
from app.hotline import Hotline
from models.lines import OfferShows, Policy
from tests import fakes
from tests.besieged import ATTACKER, ON_DUTY, Besieged, phone, report
from tests.fakes import Recorder, StillClock

DEAR = "ж"  # a letter for which a text costs more than twice as much
NEED = f"urgent: need childcare, an elder sitter, power, a missing person found, for 99, near {DEAR * 37} St"
POLICY = Policy(offer_shows=OfferShows.STREET)  # the dearest
LETTERS = "abcdefghijklmnopqrstuvwxyz"


@pytest.fixture(params=[0, Policy().burst_seconds])
def siege(
    request: pytest.FixtureRequest, tmp_path: Path, migrated_file: Path, clock: StillClock
) -> Iterator[Besieged]:
    """On SQLite alone: what is counted does not depend on the database, and an attack takes many texts."""
    file = shutil.copy(migrated_file, tmp_path / "siege.db")
    running = Hotline(
        fakes.settings(f"sqlite:///{file}", hotline_whatsapp=fakes.WHATSAPP), carrier=Recorder(), clock=clock
    )
    running.prepare()
    line = Besieged(running)
    line.rule(burst_seconds=request.param, offer_shows="street")
    line.people()
    yield line
    running.stop()


def test_one_phones_hundred_texts_in_an_hour(siege: Besieged) -> None:
    """It was 50 requests and 1,762 texts."""
    for n in range(50):
        siege.say("HELP")
        siege.later(seconds=36)
        siege.say(f"urgent: I need groceries for {n + 2}, {n + 1} Oak St")
        siege.later(seconds=36)
    texts = len(siege.texts())
    requests, segments = len(siege.requests()), siege.segments()
    report(f"100 texts of one phone in an hour: {requests} requests, {texts} texts, {segments} segments")
    assert len(siege.requests()) <= Policy().most_open_requests
    assert texts <= 350


def test_a_hundred_phones_with_one_text_each(siege: Besieged) -> None:
    """It was 100 offers to every volunteer."""
    for n in range(100):
        siege.say(f"I need groceries for two, {n + 1} Oak St", by=phone(n))
        siege.later(seconds=5)
    at_once = max(siege.offers().values())
    siege.later(hours=1)
    most = max(siege.offers().values())
    report(f"100 phones with a text each: {at_once} offers at most to a volunteer at once, {most} in the day")
    assert at_once <= 5
    assert most <= Policy().offers_per_day
    assert len(siege.requests()) == 100  # and nobody is refused
    assert all(request.state == "open" for request in siege.requests())


def test_sixty_times_person(siege: Besieged) -> None:
    """It was 120 alarms."""
    for _ in range(60):
        siege.say("PERSON")
        siege.later(seconds=10)
    alarms = len(siege.texts("duty_wants_person"))
    report(f"60 times PERSON in ten minutes: {alarms} texts to two on duty")
    assert alarms == 2


def test_danger_from_abroad(siege: Besieged) -> None:
    """It was 8,883 answers a day to one number."""
    for n in range(60):
        siege.say(f"there is a fire {LETTERS[n % 26] * (n // 26 + 5)}", by="+37125550105")
        siege.later(minutes=24)
    answers = len(siege.texts(to="+37125550105"))
    alarms = len(siege.texts("duty_emergency"))
    report(f"60 texts about danger from +371 in a day: {answers} answers, {alarms} alarms to two on duty")
    assert answers <= 2  # the day of the line's own clock ends in between


def all_day(siege: Besieged, *attackers: str, talk: int = 60, alarms: int = 240) -> None:
    """What brings phones the most: dear requests that everybody is asked about, dear answers, danger again."""

    def all_say(words: str) -> None:
        for attacker in attackers:
            siege.say(words, by=attacker)

    for _ in range(Policy().requests_per_day + 1):
        all_say("HELP")
        all_say(NEED)
        siege.later(minutes=50)
        all_say("NEVERMIND")
    all_say("PERSON")
    for n in range(5):
        all_say(f"{LETTERS[n] * 9} {DEAR * 135}")
        siege.later(seconds=30)
    for request in siege.requests():
        if request.state == "held":
            siege.say(f"@{request.number} what is it?", by=ON_DUTY[0])
    for n in range(talk):
        all_say(f"{LETTERS[n % 26] * (n // 26 + 5)} {DEAR * 50}")
        siege.later(seconds=30)
    for n in range(alarms):
        all_say(f"chest pain {LETTERS[n % 26] * (n // 26 + 5)}")
        siege.later(minutes=1)


def test_the_bound_of_one_phone_holds_and_is_not_far_from_what_it_can_do(siege: Besieged) -> None:
    all_day(siege, ATTACKER)
    most = worst_case.of(Group(POLICY, on_duty=2, volunteers=30)).phone
    spent = siege.segments()
    report(f"one phone in a day: {spent} segments, at most {most} ({worst_case.money(Policy(), 'US', most or 0)})")
    assert most is not None
    assert most / 5 <= spent <= most  # four hours of alarms; in a day there would be as many again, five times


def test_the_bound_of_one_text_holds_and_is_not_far_from_what_it_can_do(siege: Besieged) -> None:
    siege.say(NEED)
    for _ in range(24 * 4):
        siege.later(minutes=15)
    most = worst_case.of(Group(POLICY, on_duty=2, volunteers=30)).text
    spent = siege.segments()
    report(f"one text: {spent} segments, at most {most} ({worst_case.money(Policy(), 'US', most)})")
    assert most / 2 <= spent <= most


@pytest.mark.campaign
def test_the_bound_of_many_phones_holds(siege: Besieged) -> None:
    all_day(siege, *(phone(n) for n in range(20)), talk=120, alarms=240)
    most = worst_case.of(Group(replace(POLICY, rate_sms=100), on_duty=2, volunteers=30)).hundred_phones
    spent, dearest = siege.segments(), worst_case.money(Policy(), "US", most or 0)
    report(f"20 phones in a day: {spent} segments; a hundred at most {most} ({dearest}) if the number is that fast")
    assert most is not None
    assert most / 20 <= spent <= most / 5 + (worst_case.of(Group(POLICY, 2, 30)).waves or 0)


def test_a_lifted_figure_bounds_nothing() -> None:
    assert worst_case.of(Group(Policy(answers_per_day=0), on_duty=1, volunteers=3)).phone is None
