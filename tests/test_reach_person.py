"""Reaching a person: what goes to duty and to nobody else, how often, and where duty's own words go."""

from collections import Counter
from datetime import timedelta
from itertools import count

import pytest
from sqlmodel import col, select

from app.hotline import Hotline
from models import lines, requests
from models.delivery.outbound import Outbound
from models.inbound import Heard
from models.lines import Channel
from models.requests import State
from models.store.session import Session
from tests import neighbors
from tests.fakes import LINE, MORNING

ANA, BEN, EVA, DEE, GUS = (f"+1202555010{n}" for n in (1, 2, 5, 4, 7))
sids = count(1)


def say(hotline: Hotline, sender: str, words: str, *, after: float = 20) -> list[tuple[str, str]]:
    """Somebody texts; returns who got which phrase by it."""
    query = select(Outbound).order_by(col(Outbound.id))
    before = len(hotline.database.read(lambda s: list(s.exec(query))))
    hotline.clock.advance(timedelta(seconds=after))
    hotline.receive(Heard(f"SM{next(sids):032x}", Channel.SMS, sender, LINE, words)).result()
    return [(row.to, row.phrase) for row in hotline.database.read(lambda s: list(s.exec(query)))[before:]]


def helped_by(hotline: Hotline, *on_duty: str) -> Hotline:
    def work(session: Session) -> None:
        line = lines.all_lines(session)[0]
        neighbors.add(session, line, Channel.SMS, BEN, MORNING, name="Ben", helper=True, language="en")
        for number in on_duty:
            name = {DEE: "Dee", GUS: "Gus"}[number]
            neighbors.add(session, line, Channel.SMS, number, MORNING, name=name, duty=True, language="en")

    hotline.database.write(work).result()
    return hotline


@pytest.fixture
def watched(hotline: Hotline) -> Hotline:
    return helped_by(hotline, DEE, GUS)


@pytest.fixture
def unwatched(hotline: Hotline) -> Hotline:
    return helped_by(hotline)


FEARS = ("who is Ben is he safe", "can it be a woman instead", "i dont trust him", "le tengo miedo a ese hombre")


@pytest.mark.parametrize("words", FEARS)
def test_what_is_said_about_a_helper_never_reaches_the_helper(watched: Hotline, words: str) -> None:
    say(watched, ANA, "need groceries, 14 oak st")
    say(watched, BEN, "claim 1")
    for text in (words, "im alone with the kids", words):
        told = say(watched, ANA, text)
        assert BEN not in [to for to, _ in told]
        assert {DEE, GUS} <= {to for to, _ in told}


def test_not_even_a_helper_who_is_on_duty(watched: Hotline) -> None:
    say(watched, ANA, "need groceries, 14 oak st")
    say(watched, DEE, "claim 1")
    for text in ("who is this person is she safe", "she scares me"):
        told = say(watched, ANA, text)
        assert [to for to, _ in told].count(DEE) == 0
        assert GUS in [to for to, _ in told]


def test_sixty_questions_are_not_sixty_texts(watched: Hotline) -> None:
    told: Counter[str] = Counter()
    for n in range(60):
        for to, _ in say(watched, ANA, f"do they take back a fax machine number {n}?", after=15):
            told[to] += 1
    assert told[DEE] <= 5 + 15 + 2  # one by one, then one a minute


def test_a_number_to_call_is_no_claim(watched: Hotline) -> None:
    say(watched, ANA, "can someone call me please")
    for number in ("202 555 0177", "(202) 555-0177", "+1 202 555 0177", "2025550177"):
        assert (DEE, "duty_wrote") in say(watched, ANA, number)


def test_the_watch_is_asked_for_once_in_hours(unwatched: Hotline) -> None:
    assert (BEN, "watch_call") in say(unwatched, ANA, "can i talk to someone")
    assert BEN not in [to for to, _ in say(unwatched, EVA, "i want to talk to a person")]
    assert BEN not in [to for to, _ in say(unwatched, ANA, "i want to talk to a person", after=3600)]
    assert (BEN, "watch_call") in say(unwatched, EVA, "i want to talk to a person", after=6 * 3600)


def test_words_of_duty_go_to_the_one_who_waits_and_nowhere_else(watched: Hotline) -> None:
    say(watched, ANA, "can i talk to someone")
    assert (ANA, "from_helper") in say(watched, DEE, "hi, what is it about?")
    say(watched, EVA, "i need to talk to a person")
    assert say(watched, DEE, "hi, what is it about?") == [(DEE, "to_which")]
    assert (EVA, "from_helper") in say(watched, DEE, "@2 hi, what is it about?")
    assert say(watched, DEE, "hi, what is it about?", after=16 * 60) == [(DEE, "to_which")]


def test_a_need_of_dutys_own_is_not_told_to_others(watched: Hotline) -> None:
    say(watched, ANA, "can i talk to someone")
    assert ANA not in [to for to, _ in say(watched, DEE, "i need groceries for two, 9 elm st")]


def test_dutys_own_danger_is_not_only_told_to_others(watched: Hotline) -> None:
    say(watched, ANA, "can i talk to someone")
    assert (GUS, "duty_emergency") in say(watched, DEE, "help my kitchen is on fire")


def test_a_plea_and_a_need_are_taken_up_while_they_wait_for_duty(watched: Hotline) -> None:
    say(watched, ANA, "can i talk to someone")
    assert (ANA, "ask_need") in say(watched, ANA, "please can somebody help me")
    assert (BEN, "offer") in say(watched, ANA, "groceries for 2, 14 oak st")
    states = watched.database.read(lambda s: [r.state for r in requests.all_of(s, lines.all_lines(s)[0].id)])
    assert states == [State.HELD, State.OPEN]


def test_an_offer_of_legal_help_is_an_offer(watched: Hotline) -> None:
    told = say(watched, ANA, "i am a lawyer and i can help with eviction papers for free")
    assert told == [(ANA, "pledge_kept")]
