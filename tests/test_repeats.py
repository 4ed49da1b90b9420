"""One text under two ids within seconds counts once, and nobody else's text does."""

from datetime import timedelta

import pytest
from sqlmodel import select

from app.hotline import Hotline
from app.inbound.receive import Taken
from models.inbound import Heard, Inbound
from models.lines import Channel
from tests.besieged import ATTACKER as ANA
from tests.besieged import VOLUNTEERS, Besieged
from tests.fakes import LINE

BEN = VOLUNTEERS[0]


@pytest.fixture
def line(hotline: Hotline) -> Besieged:
    found = Besieged(hotline)
    found.people()
    return found


def later(line: Besieged, seconds: float) -> None:
    line.hotline.clock.advance(timedelta(seconds=seconds))


def test_a_text_that_comes_twice_counts_once_and_so_does_an_answer(line: Besieged) -> None:
    """Case 19."""
    need = "need groceries for 2 near Oak St"
    assert [line.say(need), line.say(need)] == [Taken.HANDLED, Taken.SEEN]
    assert len(line.requests()) == 1
    assert line.phrases(ANA) == ["got_it"]
    later(line, 60)
    line.say("CLAIM 1", by=BEN)
    later(line, 60)
    line.say("DONE 1", by=BEN)
    later(line, 60)
    assert [line.say("1"), line.say(" 1 ")] == [Taken.HANDLED, Taken.SEEN]
    assert line.phrases(ANA)[-1] == "receipt_yes"  # the second one answers nothing
    kept = line.hotline.database.read(lambda s: list(s.exec(select(Inbound.intent))))
    assert kept.count("repeat") == 2


def test_two_answers_to_two_questions_are_two_once_they_can_have_been_read(line: Besieged) -> None:
    line.say("HELP")
    later(line, 3)
    line.say("1")
    later(line, 3)
    line.say("1")
    assert line.phrases(ANA)[:2] == ["help", "ask_place"]
    assert len(line.phrases(ANA)) == 3


def test_other_words_other_people_and_pictures_are_other_texts(line: Besieged) -> None:
    assert line.say("hello") is Taken.HANDLED
    assert line.say("hello", by=BEN) is Taken.HANDLED
    assert line.say("hello there") is Taken.HANDLED
    assert line.say("hello") is Taken.HANDLED
    for n in range(2):
        picture = Heard(f"MM{n}", Channel.SMS, ANA, LINE, "", media=(("https://example.org/1", "image/jpeg"),))
        assert line.hotline.receive(picture).result() is Taken.HANDLED


def test_texts_that_come_late_together_were_written_apart(line: Besieged) -> None:
    written = line.hotline.clock.now()
    later(line, 3600)
    for n, minutes in enumerate((0, 30)):
        text = Heard(f"SM{n}", Channel.SMS, ANA, LINE, "STATUS", at=written + timedelta(minutes=minutes))
        assert line.hotline.receive(text).result() is Taken.HANDLED
