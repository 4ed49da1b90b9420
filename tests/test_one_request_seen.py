"""Who sees what of a request that is, or was, theirs; and who on duty is on an alarm."""

import pytest

from app.hotline import Hotline
from tests.request_cast import DOOR, Cast, gather, kinds, see
from tests.visiting import visitor

BROUGHT = "You brought it. We ask them whether it came."
GONE = "You had this one. What it was about is no longer shown."


@pytest.fixture
def cast(hotline: Hotline) -> Cast:
    return gather(hotline)


def test_who_brought_it_sees_that_it_is_asked_about_until_the_neighbor_answers(cast: Cast) -> None:
    places = "/board", "/board/me", "/board/requests/1"
    cast.ben.says("CLAIM 1")
    cast.ben.submit("/board/requests/1", act="done")
    for path in places:
        seen = cast.ben.get(path).text
        assert BROUGHT in seen, path
        assert "/board/requests/1" in seen or "#1" in seen, path
        for gone in ("Groceries", "rice", DOOR):
            assert gone not in seen, path
        assert BROUGHT not in cast.fay.get(path).text
    assert GONE in see(cast.ben)
    assert "What it is about is for who may come" in see(cast.fay)
    cast.ana.says("1")
    for path in places:
        assert BROUGHT not in cast.ben.get(path).text, path
    assert GONE in see(cast.ben)


def test_who_took_it_again_after_another_brought_it_in_vain_is_the_one(cast: Cast) -> None:
    cast.ben.says("CLAIM 1")
    cast.ben.says("DONE 1")
    cast.ana.says("2")  # it did not come
    cast.dee.says("ASSIGN 1 Fay")
    cast.fay.says("DONE 1")
    assert BROUGHT in cast.fay.get("/board").text
    assert BROUGHT not in cast.ben.get("/board").text


def test_who_gave_it_back_is_not_led_to_take_it_again(cast: Cast) -> None:
    assert 'class="act first"' in see(cast.ben)
    cast.ben.says("CLAIM 1")
    cast.ben.says("DROP 1")
    assert 'class="act first"' not in see(cast.ben)
    assert "Take it after all" in see(cast.ben)
    assert 'class="act first"' in see(cast.fay)


def test_it_is_joined_with_no_number_that_is_not_there(hotline: Hotline, cast: Cast) -> None:
    refused = cast.dee.submit("/board/requests/1", act="merge", other="7")
    assert refused.status_code == 422
    assert "no request with that number that can be joined" in refused.text
    assert 'required autocomplete="off" value="7"' in refused.text  # what was typed
    assert cast.dee.carried() == []
    assert "merged" not in kinds(hotline)


def test_duty_sees_who_is_on_an_alarm_until_it_is_over(hotline: Hotline, cast: Cast) -> None:
    gus = visitor(hotline, "+12025550106", "Gus", duty=True).let_in()
    cast.ana.says("help my father has a heart attack, 214 Oak St apt 3")
    assert "is on it" not in see(gus)
    cast.dee.submit("/board/requests/1", act="on_it")
    assert "Dee Smith (4) is on it, since " in see(gus)
    assert "You are on it" in see(cast.dee)
    assert "is on it, since" not in see(cast.fay)
    cast.dee.submit("/board/requests/1", act="false_alarm")
    assert "is on it, since" not in see(gus)
    assert "You are on it" not in see(cast.dee)


def test_oneself_is_me_among_those_who_could_take_it(cast: Cast) -> None:
    seen = see(cast.dee)
    assert '<option value="Dee Smith (4)">me</option>' in seen
    assert '<option value="Ben Carter (2)">Ben Carter (2)</option>' in seen
