"""What no button offers, and what no answer on the board tells: forms made by hand, devices let in long ago."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlmodel import select

from app.hotline import Hotline
from app.simulator.sandbox import StillClock
from models import requests
from models.inbound import Heard, Inbound
from models.lines import Channel
from models.requests import State
from models.store.session import Session
from tests import board_street
from tests.board_street import answer_of
from tests.serving import until
from tests.visiting import Visitor

VIOLENCE = "my husband is hitting me, 77 Elm St apt 2"


@pytest.fixture
def street(hotline: Hotline) -> dict[str, Visitor]:
    """Dee is on duty, and her device was let in for it 13 hours ago."""
    return board_street.street(hotline)


@pytest.fixture
def late(street: dict[str, Visitor], clock: StillClock) -> Visitor:
    dee = street["dee"].let_in()
    clock.advance(timedelta(hours=13))
    return dee


def state(hotline: Hotline, number: int) -> State:
    def read(session: Session) -> State:
        found = requests.by_number(session, 1, number)
        assert found is not None
        return found.state

    return hotline.database.read(read)


@pytest.mark.parametrize("do", ["on_it", "false_alarm"])
def test_a_device_not_let_in_for_duty_ends_no_alarm(
    hotline: Hotline, street: dict[str, Visitor], late: Visitor, do: str
) -> None:
    street["ana"].says(VIOLENCE)
    for path, fields in (
        ("/board", {"do": do, "number": "1"}),
        ("/board/requests/1", {"act": do}),
    ):
        answer = late.post(path, None, form_id=f"a-{len(path)}", **fields)
        assert answer.status_code == 422
    assert late.carried() == []
    assert state(hotline, 1) is State.HELD


def test_duty_on_by_a_button_reads_nothing_out_on_a_device_not_let_in_for_it(street: dict[str, Visitor]) -> None:
    ben = street["ben"].let_in()
    street["ana"].says("help my father has a heart attack, 99 Elm St apt 3")
    page = ben.submit("/board/duty", act="on")
    assert "The answer is on your phone" in answer_of(page)
    assert "heart" not in page.text
    assert "Elm" not in page.text
    assert any("99 Elm St" in text for text in ben.carried())


def test_the_answer_is_what_follows_from_the_act_and_not_what_came_meanwhile(
    hotline: Hotline, street: dict[str, Visitor]
) -> None:
    dee = street["dee"].let_in()
    street["eve"].says("I need diapers near Oak St")
    dee.carried()

    go_on = threading.Event()
    busy = hotline.database.write(lambda _: go_on.wait(60))
    with ThreadPoolExecutor(1) as aside:
        pressed = aside.submit(dee.submit, "/board/requests/1", act="note", words="call her first")
        until(lambda: hotline.database.waiting() > 0)
        sid, line = "SMmeanwhile", street["ana"].hotline.settings.numbers(simulated=True)[0] or ""
        danger = hotline.receive(Heard(sid, Channel.SMS, board_street.ANA, line, VIOLENCE))
        go_on.set()
        page = pressed.result()
    busy.result()
    danger.result()
    assert "77 Elm St" not in answer_of(page)
    assert "call her first" in page.text


@pytest.mark.parametrize("form_id", ["x" * 41, "a b", "ñ", "a\x00b"])
def test_a_form_by_an_odd_name_is_none(street: dict[str, Visitor], form_id: str) -> None:
    ben = street["ben"].let_in()
    assert ben.post("/board/me", None, form_id=form_id, act="max", most="2").status_code == 400


def test_one_form_is_one_act_and_says_so(street: dict[str, Visitor]) -> None:
    ben = street["ben"].let_in()
    street["ana"].says("Need groceries near Oak St")
    first = ben.post("/board", None, form_id="same", do="claim", number="1")
    assert "is yours" in answer_of(first)
    for do in ("claim", "omw"):
        again = ben.post("/board", None, form_id="same", do=do, number="1")
        assert "pressed already" in answer_of(again)


def test_a_form_without_a_name_is_an_act_of_its_own(street: dict[str, Visitor]) -> None:
    ben = street["ben"].let_in()
    street["ana"].says("Need groceries near Oak St")
    assert "is yours" in answer_of(ben.post("/board", None, do="claim", number="1"))
    assert "Told them" in answer_of(ben.post("/board", None, do="omw", number="1"))


def test_what_no_database_keeps_is_no_part_of_words(hotline: Hotline, street: dict[str, Visitor]) -> None:
    dee = street["dee"].let_in()
    street["ana"].says("Need groceries near Oak St")
    page = dee.submit("/board/requests/1", act="note", words="ring\x00 twice\x07")
    assert page.status_code == 200
    bodies = hotline.database.read(lambda session: list(session.exec(select(Inbound.body))))
    assert any(body.endswith("1 ring twice") for body in bodies)
