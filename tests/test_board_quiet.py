"""The board of somebody whose phone others read: they may look at this screen too."""

from html import unescape

import pytest

from app.hotline import Hotline
from tests.board_street import answer_of, street
from tests.visiting import Visitor

CARRIED = "Groceries"


def carrying(hotline: Hotline) -> dict[str, Visitor]:
    """Ben has asked for a ride, and has somebody's groceries in hand."""
    all_ = street(hotline)
    all_["eve"].says("I need a ride to the clinic from 9 Oak St")
    all_["ben"].let_in().says("I need a ride to the store from 7 Oak St")
    all_["ana"].says("Need groceries for two at 45 Oak St apt 3")
    all_["ben"].says("CLAIM 3")
    return all_


def seen(of: Visitor) -> str:
    """All that an open browser of theirs could show."""
    pages = ("/board", "/board?mine=1", "/board?state=claimed", "/board/me", "/board/requests/2", "/board/requests/3")
    return "".join(of.get(path).text for path in pages)


@pytest.mark.parametrize("words", ["QUIET", "QUIET 9-15", "dont text me back, he reads my texts"])
def test_an_open_browser_keeps_what_the_phone_keeps(hotline: Hotline, words: str) -> None:
    ben = carrying(hotline)["ben"]
    before = seen(ben)
    for shown in (CARRIED, "You asked for", "7 Oak St", "45 Oak St apt 3", ", 1 request"):
        assert shown in before, shown
    ben.says(words)
    after = seen(ben)
    for shown in (CARRIED, "You asked for", "7 Oak St", "45 Oak St", 'id="r2"', 'id="r3"', ", 1 request"):
        assert shown not in after, shown
    assert 'id="r1"' in after
    for number in (2, 3):
        there, nowhere = (ben.get(f"/board/requests/{n}") for n in (number, 9))
        assert there.status_code == nowhere.status_code == 404
        assert there.text == nowhere.text.replace("#9", f"#{number}")
        assert ben.post(f"/board/requests/{number}", act="place", form_id="p").status_code == 404
    ben.says("QUIET OFF")
    assert seen(ben).count("7 Oak St") == before.count("7 Oak St")


def test_what_they_brought_is_kept_from_it_too(hotline: Hotline) -> None:
    ben = carrying(hotline)["ben"]
    ben.says("DONE 3")
    assert all("You brought it" in ben.get(path).text for path in ("/board", "/board/me"))
    ben.says("QUIET")
    assert not any("You brought it" in ben.get(path).text for path in ("/board", "/board/me"))


def test_what_is_pressed_there_is_answered_as_on_the_phone(hotline: Hotline) -> None:
    ben = carrying(hotline)["ben"]
    ben.says("QUIET")
    answer = unescape(answer_of(ben.post("/board", do="claim", number="1", form_id="claim")))
    assert "OK, thank you" in answer
    ben.carried()
    kept = ben.says("READ")
    assert any("9 Oak St" in text for text in kept)
    assert not any(text in answer for text in kept)
    assert "9 Oak St" not in answer


def test_no_card_tells_its_neighbor_that_they_are_in_danger(hotline: Hotline) -> None:
    all_ = street(hotline)
    for who in ("dee", "ben"):
        all_[who].let_in().says("chest pain, cant breathe")
        page = all_[who].get("/board").text
        assert 'class="danger"' not in page
        assert "chest pain" not in page
        assert 'value="on_it"' not in page
