"""What is decided on the board and by text ends in the same transcripts: each form is its text."""

from collections.abc import Callable
from datetime import timedelta

import httpx
import pytest

from app.hotline import Hotline
from tests.by_board import same
from tests.test_board_proposals import BEN, CARO, DEE, PATH
from tests.visiting import Visitor, visitor

PURSE = "/board/purse"


def people_of(hotline: Hotline) -> dict[str, Visitor]:
    all_ = {
        "ben": visitor(hotline, BEN, "Ben Carter"),
        "caro": visitor(hotline, CARO, "Caro Díaz", language="es"),
        "dee": visitor(hotline, DEE, "Dee Miller"),
    }
    hotline.clock.advance(timedelta(days=1))
    return all_


def asked(who: str, language: str = "en") -> Callable[[Hotline], Visitor]:
    """Ben has proposed something; somebody is on the board."""

    def story(hotline: Hotline) -> Visitor:
        all_ = people_of(hotline)
        all_["ben"].says("PROPOSE We meet on Mondays at ten")
        return all_[who].let_in()

    return story


def nothing_yet(who: str) -> Callable[[Hotline], Visitor]:
    return lambda hotline: people_of(hotline)[who].let_in()


def laid_out(who: str) -> Callable[[Hotline], Visitor]:
    """Ben has spent something."""

    def story(hotline: Hotline) -> Visitor:
        all_ = people_of(hotline)
        all_["ben"].says("SPENT $31.50 ice")
        return all_[who].let_in()

    return story


ACTS: dict[str, tuple[Callable[[Hotline], Visitor], str, str, dict[str, str]]] = {
    "propose": (nothing_yet("ben"), "PROPOSE We buy a fridge", PATH, {"words": "We buy a fridge", "hours": "0"}),
    "propose long": (
        nothing_yet("ben"),
        "PROPOSE 2 weeks We buy a fridge",
        PATH,
        {"words": "We buy a fridge", "hours": "336"},
    ),
    "propose es": (
        nothing_yet("caro"),
        "PROPONGO 3 días Compramos una nevera",
        PATH,
        {"words": "Compramos una nevera", "hours": "72"},
    ),
    "agree": (asked("dee"), "AGREE 1", f"{PATH}/1", {"act": "agree"}),
    "agree es": (asked("caro"), "ACUERDO 1", f"{PATH}/1", {"act": "agree"}),
    "aside": (asked("dee"), "ASIDE 1", f"{PATH}/1", {"act": "aside"}),
    "aside why": (asked("dee"), "ASIDE 1 I work then", f"{PATH}/1", {"act": "aside", "words": "I work then"}),
    "block": (asked("dee"), "BLOCK 1 too early", f"{PATH}/1", {"act": "block", "words": "too early"}),
    "ask": (asked("dee"), "ASK 1 where would it be?", f"{PATH}/1", {"act": "ask", "words": "where would it be?"}),
    "answer": (asked("ben"), "ASK 1 in the church", f"{PATH}/1", {"act": "ask", "words": "in the church"}),
    "amend": (
        asked("ben"),
        "AMEND 1 We meet on Sundays",
        f"{PATH}/1",
        {"act": "amend", "words": "We meet on Sundays"},
    ),
    "withdraw": (asked("ben"), "PROPOSAL 1 off", f"{PATH}/1", {"act": "withdraw"}),
    "ok": (laid_out("dee"), "OK S1", PURSE, {"act": "ok", "entry": "S1"}),
    "why": (
        laid_out("caro"),
        "POR QUE S1 was it for two?",
        PURSE,
        {"act": "why", "entry": "S1", "words": "was it for two?"},
    ),
}


@pytest.mark.parametrize("act", ACTS)
def test_a_form_is_its_text(pair: tuple[Hotline, Hotline], act: str) -> None:
    before, words, path, fields = ACTS[act]

    def press(by: Visitor) -> httpx.Response:
        return by.submit(path, sure="1", **fields)

    same(pair, before, words, press)


def test_the_same_form_sent_twice_is_one_voice(hotline: Hotline) -> None:
    dee = asked("dee")(hotline)
    first = dee.post(f"{PATH}/1", act="block", words="too early", form_id="same")
    texts = dee.carried()
    assert first.status_code == 200
    assert texts
    dee.post(f"{PATH}/1", act="block", words="too early", form_id="same")
    assert dee.carried() == []


def test_a_block_without_a_why_is_asked_for_it_and_nobody_is_told(hotline: Hotline) -> None:
    dee = asked("dee")(hotline)
    dee.carried()
    shown = dee.submit(f"{PATH}/1", act="block", words=" ")
    assert shown.status_code == 422
    assert "Please say why you block" in shown.text
    assert dee.carried() == []
