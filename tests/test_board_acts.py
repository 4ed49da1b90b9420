"""What can be done on the board by one press: each button is its text."""

import re
from collections.abc import Callable
from html import unescape

import httpx
import pytest
from sqlmodel import select

from app.hotline import Hotline
from models import events, people, requests
from models.board_sessions import BoardSession
from models.requests import State
from models.store.session import Session
from tests.board_street import claimed, numbers, street
from tests.by_board import same
from tests.visiting import OURS, Visitor


def asked(hotline: Hotline) -> Visitor:
    all_ = street(hotline)
    all_["ana"].says("Need groceries for two at 45 Oak St")
    return all_["ben"].let_in()


def en_camino(hotline: Hotline) -> Visitor:
    all_ = street(hotline)
    all_["ana"].says("Need groceries for two at 45 Oak St")
    return all_["caro"].let_in()


def in_hand(hotline: Hotline) -> Visitor:
    return claimed(hotline)["ben"].let_in()


def danger(hotline: Hotline) -> Visitor:
    all_ = street(hotline)
    all_["eve"].says("chest pain, cant breathe, 9 Oak St")
    return all_["dee"].let_in()


@pytest.mark.parametrize(
    ("story", "words", "fields"),
    [
        (asked, "CLAIM 1", {"do": "claim", "number": "1"}),
        (asked, "CLAIM 1 i can come at 6", {"do": "claim", "number": "1", "words": "i can come at 6"}),
        (asked, "CLAIM 7", {"do": "claim", "number": "7"}),
        (asked, "PASS 1", {"do": "pass", "number": "1"}),
        (en_camino, "TOMO 1", {"do": "claim", "number": "1"}),
        (in_hand, "OMW 1", {"do": "omw", "number": "1"}),
        (in_hand, "DONE 1", {"do": "done", "number": "1"}),
        (danger, "ON IT 1", {"do": "on_it", "number": "1"}),
        (danger, "FALSE ALARM 1", {"do": "false_alarm", "number": "1"}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_button_does_what_its_text_does(
    pair: tuple[Hotline, Hotline], story: Callable[[Hotline], Visitor], words: str, fields: dict[str, str]
) -> None:
    shown: list[str] = []

    def press(by: Visitor) -> httpx.Response:
        answer = by.submit("/board", **fields)
        shown.append(answer.text)
        return answer

    left = same(pair, story, words, press)
    answers = [body for to, body in left.texts if to == by_number(pair[1])]
    assert answers
    assert all(answer[:20] in unescape(shown[0]) for answer in answers)


def by_number(hotline: Hotline) -> str:
    """The phone of whoever is on the board."""

    def look(session: Session) -> str:
        kept = session.exec(select(BoardSession)).one()
        return people.reply_addresses(session, [kept.person_id])[kept.person_id].value

    return hotline.database.read(look)


def test_another_site_presses_nothing_and_a_strange_button_does_nothing(hotline: Hotline) -> None:
    ben = asked(hotline)
    assert (
        ben.post("/board", headers={"origin": "https://elsewhere.example"}, do="claim", number="1").status_code == 403
    )
    for fields in ({"do": "ban", "number": "1"}, {"do": "claim"}, {"number": "1"}, {"do": "close", "number": "1"}):
        assert ben.submit("/board", **fields).status_code == 422
    assert hotline.database.read(lambda s: requests.by_id(s, 1).state) is State.OPEN


def test_a_form_sent_twice_is_one_act(hotline: Hotline) -> None:
    ben = asked(hotline)
    for _ in range(2):
        assert ben.post("/board", do="claim", number="1", form_id="same").status_code == 200
    history = hotline.database.read(lambda s: events.history(s, requests.by_id(s, 1)))
    assert [event.kind for event in history].count("claimed") == 1
    assert sum("is yours" in text for text in ben.carried()) == 1


def test_the_script_gets_only_what_can_change(hotline: Hotline) -> None:
    ben = asked(hotline)
    whole, piece = ben.get("/board"), ben.get("/board", **{"hx-request": "true"})
    assert numbers(piece) == numbers(whole) == [1]
    assert "<html" not in piece.text
    assert 'id="notice"' not in piece.text  # what was answered stays until something else is
    answer = ben.post("/board", {**OURS, "hx-request": "true"}, do="pass", number="1", form_id="x")
    assert "<html" not in answer.text
    assert 'id="notice"' in answer.text
    versions = [re.findall(r'id="version" value="([^"]+)"', page.text) for page in (whole, piece, answer)]
    assert versions[0] == versions[1] != versions[2]
