"""A member's own page: how they want to be asked, what is kept of them; each form is its text."""

from datetime import timedelta
from html import escape

import httpx
import pytest

from app.hotline import Hotline
from app.pages.board import acting, saying
from app.simulator.sandbox import StillClock
from handlers.understanding.intents import Need
from models import lines, people
from models.people import Person
from models.store.session import Session
from tests.by_board import same
from tests.visiting import Visitor, visitor

ANA, BEN, CARO = "+12025550101", "+12025550102", "+12025550103"
PATH = "/board/me"


def story(hotline: Hotline, language: str = "en") -> Visitor:
    """Ben is on the board; something waits that fits whoever asks for groceries in Oak Hill."""
    ben = visitor(hotline, BEN, "Ben", language=language)

    def areas(session: Session) -> None:
        for name in ("Oak Hill", "Elm Park"):
            lines.add_area(session, 1, name)

    hotline.database.write(areas).result()
    Visitor(hotline, ANA).says("need groceries for two in Oak Hill")
    return ben.let_in()


def in_spanish(hotline: Hotline) -> Visitor:
    return story(hotline, "es")


def gone(hotline: Hotline) -> Visitor:
    ben = story(hotline)
    ben.says("AWAY")
    ben.says("DIGEST")
    ben.says("WAKE ON")
    return ben


Fields = dict[str, str | list[str]]
ACTS: dict[str, tuple[object, str, Fields]] = {
    "only": (story, "ONLY ride, groceries", {"need": ["food", "transport"]}),
    "only anything": (gone, "ONLY all", {}),
    "only es": (in_spanish, "SOLO transporte, comida", {"need": ["food", "transport"]}),
    "area": (story, "AREA Oak Hill", {"area": "1"}),
    "area any": (story, "AREA all", {"area": "0"}),
    "hours": (story, "HOURS 9:00-18:00", {"from": "9", "until": "18"}),
    "hours any": (story, "HOURS all", {"from": "9", "until": "18", "every": "1"}),
    "max": (story, "MAX 2", {"most": "2"}),
    "away": (story, "AWAY", {"until": " "}),
    "away days": (story, "AWAY 3 days", {"until": "3 days"}),
    "away es": (in_spanish, "AUSENTE hasta el viernes", {"until": "hasta el viernes"}),
    "back": (gone, "BACK", {}),
    "digest": (story, "DIGEST", {"on": "1"}),
    "digest off": (gone, "DIGEST OFF", {"on": "0"}),
    "wake": (story, "WAKE ON", {"on": "1"}),
    "wake off": (gone, "WAKE OFF", {"on": "0"}),
    "language": (story, "ESPANOL", {"language": "es"}),
    "language back": (in_spanish, "ENGLISH", {"language": "en"}),
}


@pytest.mark.parametrize("act", ACTS)
def test_a_form_is_its_text(pair: tuple[Hotline, Hotline], act: str) -> None:
    before, words, fields = ACTS[act]

    def press(by: Visitor) -> httpx.Response:
        return by.submit(PATH, act=act.partition(" ")[0], **fields)

    same(pair, before, words, press)  # type: ignore[arg-type]


@pytest.mark.parametrize("language", ["en", "es"])
def test_every_kind_of_help_that_is_offered_can_be_said(language: str) -> None:
    known = list(saying.need_words(language))
    assert set(Need) - set(known) == {Need.OTHER}
    for chosen in ([*known], *([need] for need in known), *(known[n : n + 3] for n in range(len(known) - 2))):
        acting.text_of(saying.only(chosen, language), language)  # raises CannotDo


def test_the_page_shows_what_was_said(hotline: Hotline, clock: StillClock) -> None:
    ben = story(hotline)
    for words in ("need a ride to the clinic", "Oak St", "CLAIM 1"):
        ben.says(words)
    page = ben.submit(PATH, act="only", need=["food"])
    assert "The answer:" in page.text
    assert 'value="food" checked' in page.text
    ben.submit(PATH, act="area", area="2")
    ben.submit(PATH, act="hours", **{"from": "10", "until": "17"})
    ben.submit(PATH, act="max", most="2")
    ben.submit(PATH, act="away", until="3 days")
    shown = ben.get(PATH).text
    assert '<option value="2" selected>Elm Park' in shown
    assert "10 AM to 5 PM" in shown
    assert 'value="2" required' in shown
    assert "You are away until Fri" in shown
    assert "#1</a> Groceries for 2, Oak Hill" in shown
    assert "#2</a> A ride" in shown.partition("What you asked for")[2]
    assert "We keep your name (Ben), your language (English)" in shown
    assert BEN[-4:] not in shown
    clock.advance(timedelta(days=4))
    assert "You are away" not in ben.get(PATH).text
    assert "Tú" in ben.submit(PATH, act="language", language="es").text


def test_words_that_mean_something_else_do_nothing(hotline: Hotline) -> None:
    ben = story(hotline)
    for until in ("when hell freezes over and pigs fly", "1; CLAIM 1", "<script>alert(1)</script>"):
        page = ben.submit(PATH, act="away", until=until)
        assert page.status_code == 422
        assert page.text.count("We did not understand until when.") == 2  # above, and at the field
        assert f'value="{escape(until)}" maxlength="60"' in page.text
        assert "<script>" not in page.text
    assert ben.carried() == []
    for fields in ({"act": "ban"}, {"act": "max", "most": "x"}, {"act": "language", "language": "xx"}, {"area": "1"}):
        assert ben.submit(PATH, **fields).status_code == 400
    assert ben.submit(PATH, act="area", area="77").status_code == 400
    assert ben.post(PATH, {}, act="back").status_code == 403


def test_what_would_answer_a_question_on_their_phone_is_not_sent(hotline: Hotline) -> None:
    ben = story(hotline)
    asked = ben.says("need a ride to the clinic")
    assert any("?" in text for text in asked)
    page = ben.submit(PATH, act="area", area="2")
    assert page.status_code == 422
    assert "Your phone was asked something" in page.text
    assert ben.carried() == []
    ben.says("Oak St")
    assert ben.submit(PATH, act="area", area="2").status_code == 200


def test_who_logs_out_is_off_the_board_everywhere(hotline: Hotline) -> None:
    ben = story(hotline)
    elsewhere = Visitor(hotline, BEN, ben.person_id).let_in()
    page = ben.submit(PATH, act="logout")
    assert "You have left the board" in page.text
    assert ben.get(PATH).status_code == elsewhere.get(PATH).status_code == 401
    assert any("2" in text for text in ben.carried())


def test_somebody_who_is_put_out_meanwhile_can_do_nothing(hotline: Hotline) -> None:
    ben = story(hotline)
    visitor(hotline, CARO, "Caro", duty=True).says(f"REMOVE VOLUNTEER {ben.person_id}")
    assert ben.post(PATH, None, act="max", most="9", form_id="x").status_code == 401

    def read(session: Session) -> Person:
        return people.by_id(session, ben.person_id)

    assert hotline.database.read(read).max_open is None
