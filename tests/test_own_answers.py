"""What a group answers itself: by the command, in words that people text, before anything of ours."""

import shutil
import time
from itertools import count
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import col, select

from app.hotline import Hotline
from handlers.rules import own_answers
from models import lines, requests
from models.delivery.outbound import Outbound
from models.inbound import Heard
from models.lines import Answer, Channel, Line
from models.store.session import Session
from tests.command import Command
from tests.fakes import LINE, MORNING

ANA = "+12025550101"
PANTRY = Answer(("pantry open|hours", "when pantry"), "The pantry at St Ann is open Tue 3-6.")
DESPENSA = Answer(("despensa", "pantry hours"), "La despensa abre los martes de 3 a 6.", "es")
FREE = Answer(("free",), "All free, and bring a bag.")
sids = count(1)


@pytest.fixture
def run(migrated_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    monkeypatch.chdir(tmp_path)
    return Command(f"sqlite:///{shutil.copy(migrated_file, tmp_path / 'hotline.db')}")


def a_line(*answers: Answer) -> Line:
    line = Line(name="Oak", created_at=MORNING)
    line.set_answers(answers)
    return line


@pytest.mark.parametrize(
    "text",
    [
        "when is the pantry open",
        "is the pantry open today?",
        "PANTRY HOURS",
        "hi, what are the hours of the pantry",
        "when does the pantyr open",  # a slip of the finger
        "pantry - when?",
    ],
)
def test_a_phrase_is_heard_where_all_its_words_are_said(text: str) -> None:
    found = own_answers.find(a_line(PANTRY), text, "en")
    assert found is not None
    assert found.words == PANTRY.words


@pytest.mark.parametrize("text", ["pantry", "is it open", "opening my own business", "need food", ""])
def test_and_not_where_some_of_them_are_missing(text: str) -> None:
    assert own_answers.find(a_line(PANTRY), text, "en") is None


def test_who_speaks_a_language_gets_the_answer_in_it() -> None:
    line = a_line(PANTRY, DESPENSA)
    for language, answer in (("en", PANTRY), ("es", DESPENSA)):
        found = own_answers.find(line, "pantry hours", language)
        assert found is not None
        assert found.words == answer.words
    only = own_answers.find(line, "despensa", "en")
    assert only is not None
    assert only.words == DESPENSA.words


def test_what_else_a_text_says_is_left() -> None:
    found = own_answers.find(a_line(PANTRY), "need diapers. is the pantry open?", "en")
    assert found is not None
    assert found.rest.split() == ["need", "diapers.", "is", "the", "?"]


@given(st.text(max_size=300))
def test_no_text_breaks_it(text: str) -> None:
    own_answers.find(a_line(PANTRY, DESPENSA, FREE), text, "en")


def test_it_is_quick_with_many_answers_and_long_texts() -> None:
    line = a_line(*(Answer((f"word{n} open", f"hours word{n}"), f"Answer {n}.") for n in range(100)))
    own_answers.find(line, "once", "en")
    started = time.process_time()
    for _ in range(20):
        own_answers.find(line, "open hours " * 145, "en")
        own_answers.find(line, "is word7 open, or word8? and word9? " * 3, "en")
    assert (time.process_time() - started) / 20 < 0.05


@pytest.fixture
def answering(hotline: Hotline) -> Hotline:
    def work(session: Session) -> None:
        line = lines.all_lines(session)[0]
        line.set_answers([PANTRY, DESPENSA, FREE])
        session.add(line)

    hotline.database.write(work).result()
    return hotline


def said(hotline: Hotline, words: str) -> list[str]:
    """What Ana gets for these words."""
    query = select(Outbound.body).where(Outbound.to == ANA).order_by(col(Outbound.id))
    before = len(hotline.database.read(lambda s: list(s.exec(query))))
    hotline.receive(Heard(f"SM{next(sids):032x}", Channel.SMS, ANA, LINE, words)).result()
    return hotline.database.read(lambda s: list(s.exec(query)))[before:]


def open_needs(hotline: Hotline) -> list[list[str]]:
    return hotline.database.read(lambda s: [r.needs for r in requests.all_of(s, lines.all_lines(s)[0].id)])


def test_it_is_said_before_anything_of_ours(answering: Hotline) -> None:
    assert said(answering, "when is the pantry open?") == [PANTRY.words]
    assert said(answering, "is it free?") == [FREE.words]
    assert open_needs(answering) == []


def test_a_need_beside_it_is_taken_up(answering: Hotline) -> None:
    first, *_ = said(answering, "I need diapers size 3 at 14 Oak St. is the pantry open today?")
    assert first == PANTRY.words
    assert open_needs(answering) == [["baby"]]


def test_our_question_comes_again(answering: Hotline) -> None:
    (asked,) = said(answering, "I need groceries")
    assert said(answering, "when is the pantry open?") == [PANTRY.words, asked]


def test_danger_and_commands_come_first(answering: Hotline) -> None:
    (told,) = said(answering, "the pantry is on fire, is it open")
    assert "911" in told
    (status,) = said(answering, "STATUS")
    assert status != PANTRY.words


def test_the_command_keeps_them(run: Command) -> None:
    assert "1 segment" in run.good(
        "line", "answer", "add", "pantry open|hours", "When  pantry", "--say", PANTRY.words
    )
    run.good("line", "answer", "add", "despensa", "--say", "Los martes.", "--language", "es")
    assert run.json("line", "answer", "list") == [
        {"heard": ["pantry open|hours", "when pantry"], "say": PANTRY.words, "language": None},
        {"heard": ["despensa"], "say": "Los martes.", "language": "es"},
    ]
    run.good("line", "answer", "add", "despensa", "--say", "Los lunes.", "--language", "es")
    assert [kept["say"] for kept in run.json("line", "answer", "list")] == [PANTRY.words, "Los lunes."]
    assert "1 answer is left." in run.good("line", "answer", "remove", "1")
    assert [kept["say"] for kept in run.json("line", "answer", "list")] == ["Los lunes."]


def test_answers_belong_to_their_line(run: Command) -> None:
    run.good("line", "add", "Elm", "--sms", "+12025550190")
    run.good("line", "answer", "add", "fridge", "--say", "At the corner.", "--line", "elm")
    assert run.json("line", "answer", "list") == []


@pytest.mark.parametrize(
    ("args", "wrong"),
    [
        (["add", "fridge & door", "--say", "Yes."], "'&' is no word"),
        (["add", "", "--say", "Yes."], "a phrase needs a word"),
        (["add", "a b c d e f g", "--say", "Yes."], "at most 6 words"),
        (["add", "fridge", "--say", " "], "--say: write an answer"),
        (["add", "fridge", "--say", "x" * 301], "--say: write an answer"),
        (["add", "fridge", "--say", "Yes.", "--language", "xx"], "--language: a language we do not speak yet"),
        (["remove", "1"], "There is no answer 1"),
    ],
)
def test_what_an_answer_cannot_be(run: Command, args: list[str], wrong: str) -> None:
    done = run("line", "answer", *args)
    assert done.exit_code != 0
    assert wrong in done.output
