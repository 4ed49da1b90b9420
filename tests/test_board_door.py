"""How one comes onto the members' board: links used twice, old, forwarded, guessed; and who may not stay."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from app.hotline import Hotline
from app.simulator.sandbox import StillClock
from models import board_sessions, people
from models.people import Person
from models.store.session import Session
from tests.visiting import OURS, Visitor, visitor

BEN, DEE, ANA = "+12025550102", "+12025550104", "+12025550101"


@pytest.fixture
def ben(hotline: Hotline) -> Visitor:
    return visitor(hotline, BEN, "Ben")


@pytest.fixture
def dee(hotline: Hotline) -> Visitor:
    return visitor(hotline, DEE, "Dee", duty=True)


def test_a_link_shows_a_button_and_the_button_opens_the_board_once(hotline: Hotline, ben: Visitor) -> None:
    link = ben.link()
    shown = ben.get(link)
    assert shown.status_code == 200
    assert "Open the board" in shown.text
    assert "Ben" not in shown.text  # a link is forwarded
    assert ben.get("/board").status_code == 401  # looking at it opened nothing
    assert ben.get(link).status_code == 200
    entered = ben.enter(link)
    assert (entered.status_code, entered.headers["location"]) == (303, "/board")
    cookie = entered.headers["set-cookie"]
    assert all(part in cookie for part in ("HttpOnly", "SameSite=lax", "Path=/board"))
    assert ben.get("/board").status_code == 200
    assert any("LOGOUT" in text for text in ben.carried())
    other = Visitor(hotline, "+12025550199")
    assert other.get(link).status_code == 410
    assert other.enter(link).status_code == 410
    assert other.get("/board").status_code == 401


def test_a_link_that_was_asked_for_again_or_is_old_opens_nothing(ben: Visitor, clock: StillClock) -> None:
    first = ben.link()
    second = ben.link()
    assert ben.enter(first).status_code == 410
    clock.advance(timedelta(minutes=10))
    assert ben.get(second).status_code == 410
    assert ben.enter(second).status_code == 410
    assert ben.get("/board").status_code == 401


@pytest.mark.parametrize("guess", ["x", "A" * 22, "%00" * 10, "ñ" * 22, "B" * 4000])
def test_guesses_and_nonsense_open_nothing(ben: Visitor, guess: str) -> None:
    ben.link()
    assert ben.get(f"/b/{guess}").status_code == 410
    assert ben.enter(f"/b/{guess}").status_code == 410
    ben.cookies.set("board", guess if guess.isascii() else "x")
    assert ben.get("/board").status_code == 401


def test_another_site_opens_nothing(ben: Visitor) -> None:
    link = ben.link()
    for headers in ({}, {"origin": "https://elsewhere.example"}, {**OURS, "sec-fetch-site": "cross-site"}):
        assert ben.enter(link, headers=headers).status_code == 403
    assert ben.enter(link).status_code == 303


def test_of_two_who_open_a_link_at_once_one_is_let_in(hotline: Hotline, ben: Visitor) -> None:
    link = ben.link()
    browsers = [Visitor(hotline, BEN) for _ in range(4)]
    with ThreadPoolExecutor(len(browsers)) as at_once:
        answers = at_once.map(lambda browser: browser.enter(link).status_code, browsers)
    assert sorted(answers) == [303, 410, 410, 410]


def test_a_stranger_is_told_how_to_come_in_and_nothing_else(hotline: Hotline, ben: Visitor) -> None:
    ben.let_in()
    stranger = Visitor(hotline, ANA)
    assert stranger.get("/board/leave").headers["location"] == "/board"
    for path in ("/board", "/board/people", "/board/me"):
        assert stranger.get(path).status_code in (401, 404, 405)
        assert "Ben" not in stranger.get(path).text
    assert all("/b/" not in text for text in stranger.says("BOARD"))


@pytest.mark.parametrize("words", ["LOGOUT", "STOP"])
def test_who_says_so_is_off_the_board_everywhere(hotline: Hotline, ben: Visitor, words: str) -> None:
    ben.let_in()
    elsewhere = Visitor(hotline, BEN, ben.person_id).let_in()
    waiting = ben.link()
    assert ben.get("/board").status_code == elsewhere.get("/board").status_code == 200
    ben.says(words)
    assert ben.get("/board").status_code == elsewhere.get("/board").status_code == 401
    assert ben.enter(waiting).status_code == 410
    ben.says("START")
    assert ben.get("/board").status_code == 401


@pytest.mark.parametrize("word", ["BAN {} unkind", "REMOVE {}", "REVOKE {}"])
def test_who_is_put_out_is_off_the_board_and_stays_so_when_back(
    hotline: Hotline, ben: Visitor, dee: Visitor, word: str
) -> None:
    ben.let_in()
    waiting = ben.link()
    dee.says(word.format(ben.person_id))
    assert ben.get("/board").status_code == 401
    assert ben.enter(waiting).status_code == 410

    def back(session: Session) -> Person:
        person = people.by_id(session, ben.person_id)
        person.banned_at, person.vouched_at = None, hotline.clock.now()
        session.add(person)
        return person

    hotline.database.write(back).result()
    assert ben.get("/board").status_code == 401
    ben.let_in()
    assert ben.get("/board").status_code == 200


def test_who_is_erased_is_off_the_board(ben: Visitor) -> None:
    ben.let_in()
    ben.says("FORGET ME")
    ben.says("1")
    assert ben.get("/board").status_code == 401


def test_it_lasts_thirty_days_and_what_duty_sees_a_turn(dee: Visitor, clock: StillClock) -> None:
    dee.let_in()
    assert "/board/people" in dee.get("/board").text
    clock.advance(timedelta(hours=11, minutes=59))
    assert "/board/people" in dee.get("/board").text
    clock.advance(timedelta(minutes=1))
    assert "/board/people" not in dee.get("/board").text
    assert "Text BOARD once more" in dee.get("/board").text
    clock.advance(timedelta(days=29, hours=11))
    assert dee.get("/board").status_code == 200
    clock.advance(timedelta(hours=1))
    assert dee.get("/board").status_code == 401


def test_who_goes_off_duty_sees_at_once_what_volunteers_see(dee: Visitor) -> None:
    dee.let_in()
    dee.says("DUTY OFF")
    seen = dee.get("/board").text
    assert "/board/people" not in seen
    assert "Text BOARD once more" not in seen


def test_one_device_leaves_alone(hotline: Hotline, ben: Visitor) -> None:
    ben.let_in()
    elsewhere = Visitor(hotline, BEN, ben.person_id).let_in()
    assert ben.post("/board/leave", headers={}).status_code == 403
    assert ben.post("/board/leave").status_code == 200
    assert ben.get("/board").status_code == 401
    assert elsewhere.get("/board").status_code == 200


def test_no_page_is_kept_or_framed_or_runs_a_script_of_others(ben: Visitor) -> None:
    link = ben.link()
    for answer in (ben.get(link), ben.get("/board"), ben.let_in().get("/board")):
        assert answer.headers["cache-control"] == "no-store"
        assert "script-src 'self'" in answer.headers["content-security-policy"]
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert " style=" not in answer.text
        assert "<script>" not in answer.text


def test_a_device_that_saw_what_duty_sees_does_not_do_so_in_the_next_turn(dee: Visitor) -> None:
    dee.says("DUTY ON")
    dee.let_in()
    assert "/board/people" in dee.get("/board").text
    dee.says("DUTY ON")  # once more changes nothing
    assert "/board/people" in dee.get("/board").text
    dee.says("DUTY OFF")
    dee.submit("/board/duty", act="on")
    assert "/board/people" not in dee.get("/board").text


def test_of_many_devices_the_first_are_off_it(hotline: Hotline, ben: Visitor) -> None:
    devices = [Visitor(hotline, BEN, ben.person_id).let_in() for _ in range(board_sessions.MOST + 2)]
    answers = [device.get("/board").status_code for device in devices]
    assert answers == [401] * 2 + [200] * board_sessions.MOST


def test_a_second_link_in_one_browser_ends_what_the_first_opened(hotline: Hotline, ben: Visitor) -> None:
    ben.let_in()
    before = ben.cookies["board"]
    ben.let_in()
    other = Visitor(hotline, BEN, ben.person_id)
    other.cookies.set("board", before)
    assert other.get("/board").status_code == 401


def test_guesses_write_nothing(hotline: Hotline, ben: Visitor) -> None:
    ben.link()
    written: list[float] = []
    hotline.database.observe = written.append
    for n in range(5):
        assert ben.enter(f"/b/guess{n}").status_code == 410
    assert written == []


def test_the_shut_door_speaks_the_language_of_the_browser(ben: Visitor) -> None:
    assert "El tablero está cerrado" in ben.get("/board", **{"accept-language": "es"}).text


def test_looking_at_the_address_one_leaves_by_leaves_nothing(ben: Visitor) -> None:
    ben.let_in()
    looked = ben.get("/board/leave")
    assert (looked.status_code, looked.headers["location"]) == (303, "/board")
    assert ben.get("/board").status_code == 200


def test_a_database_too_busy_to_write_opens_nothing_and_says_so(hotline: Hotline, ben: Visitor) -> None:
    link, hotline.database_timeout = ben.link(), 1
    held, go_on = threading.Event(), threading.Event()

    def hold(_: Session) -> None:
        held.set()
        go_on.wait(60)

    busy = hotline.database.write(hold)
    held.wait(60)
    try:
        answer = ben.enter(link)
        assert (answer.status_code, "cannot look at its notes" in answer.text) == (503, True)
    finally:
        go_on.set()
        busy.result()
