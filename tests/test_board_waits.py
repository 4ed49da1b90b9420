"""What waits, on the board: who sees what of it, as by text."""

import re
from datetime import timedelta
from html import unescape

import httpx
import pytest
from sqlmodel import select

from app.hotline import Hotline
from models import kept_apart, lines, people, person_events, requests
from models.person_events import PersonEvent
from models.requests import State, Urgency
from models.store.session import Session
from tests.board_street import HAL, answer_of, claimed, columns, many, numbers, street
from tests.visiting import visitor

HOSTILE = "<script>alert(1)</script><b>bold</b>"


@pytest.mark.parametrize(("who", "words"), [("dee", "QUEUE"), ("ben", "LIST"), ("caro", "LISTA")])
def test_the_board_says_what_the_text_says_in_the_same_order(hotline: Hotline, who: str, words: str) -> None:
    all_ = street(hotline)
    all_["eve"].says("i need money for rent, 9 Oak St")
    all_["ana"].says("Need groceries for two at 45 Oak St")
    all_["eve"].says("I need a ride to the clinic on Friday at 10 from 9 Oak St")
    visitor(hotline, HAL, "Hal Orr", helper=False).says("chest pain, cant breathe")
    all_["ana"].says("could somebody walk my dog? 45 Oak St")
    all_["ben"].says("ONLY RIDES")
    me = all_[who].let_in()
    said = [int(number) for number in re.findall(r"^#(\d+)", "\n".join(me.says(words)), re.MULTILINE)]
    assert said
    assert numbers(me.get("/board")) == said


def test_whoever_is_on_duty_sees_all_of_it_worst_first_and_no_exact_place(hotline: Hotline) -> None:
    all_ = claimed(hotline)
    all_["eve"].says("no hurry: i need money for rent")
    visitor(hotline, HAL, "Hal Orr", helper=False).says("chest pain, cant breathe")
    page = all_["dee"].let_in().get("/board")
    assert numbers(page) == [4, 3, 2, 1]
    assert "Ben Carter (3) has it" in page.text
    assert "chest pain, cant breathe" in unescape(page.text)
    assert "They were told to call for help." in page.text
    assert not any(hidden in page.text for hidden in ("+1202", "45 Oak St", "9 Oak St", "Ana", "Eve", "12025550"))
    assert columns(page) == {"held": "1", "open": "1", "draft": "0", "delivered": "0", "claimed": "1"}


def test_a_volunteer_sees_what_is_open_and_what_they_have_and_nothing_else(hotline: Hotline) -> None:
    all_ = claimed(hotline)
    all_["eve"].says("no hurry: i need money for rent")
    mine = all_["ben"].let_in().get("/board")
    assert numbers(mine) == [1, 2]
    assert "You have it" in mine.text
    assert "45 Oak St apt 3" in unescape(mine.text)  # which came with CLAIM
    assert "9 Oak St" not in mine.text
    others = all_["caro"].let_in().get("/board")
    assert numbers(others) == [2]
    assert not any(hidden in others.text for hidden in ("45 Oak St", "9 Oak St", "Ben", "Eve", "Ana"))
    for path in ("/board?state=held", "/board?state=claimed", "/board?mine=1"):
        assert numbers(all_["caro"].get(path)) == []


def test_what_a_volunteer_does_comes_first_and_their_own_need_is_not_offered_to_them(hotline: Hotline) -> None:
    all_ = street(hotline)
    all_["ana"].says("Need groceries for two at 45 Oak St")
    all_["eve"].says("I need a ride to the clinic from 9 Oak St")
    all_["ben"].says("I need a ride to the store from 7 Oak St")
    assert numbers(all_["caro"].let_in().get("/board")) == [1, 2, 3]
    all_["caro"].says("SOLO TRANSPORTE")
    assert numbers(all_["caro"].get("/board")) == [2, 3, 1]
    own = all_["ben"].let_in().get("/board")
    assert numbers(own) == [1, 2, 3]
    assert own.text.index("You asked for") < own.text.index('id="r3"')


def test_nobody_sees_what_is_kept_from_them_nor_that_it_is_there(hotline: Hotline) -> None:
    all_ = claimed(hotline)

    def apart(session: Session) -> None:
        line = lines.all_lines(session)[0]
        for who in ("dee", "caro"):
            kept_apart.keep(session, line.id, all_["eve"].person_id, all_[who].person_id, hotline.clock.now())

    hotline.database.write(apart).result()
    page = all_["dee"].let_in().get("/board")
    assert numbers(page) == [1]
    assert columns(page)["open"] == "0"
    assert numbers(all_["caro"].let_in().get("/board")) == []
    assert "#2" not in all_["caro"].get("/board").text
    hidden, missing = (all_["caro"].post("/board", do="claim", number=n, form_id=n) for n in ("2", "9"))
    assert answer_of(hidden) == answer_of(missing).replace("9", "2")
    assert hotline.database.read(lambda s: requests.by_id(s, 2).state) is State.OPEN


def test_a_complaint_is_not_shown_to_whom_it_is_about(hotline: Hotline) -> None:
    all_ = claimed(hotline)

    def complains(session: Session) -> None:
        request = requests.by_id(session, 2)
        request.about_person_id = all_["dee"].person_id
        session.add(request)

    hotline.database.write(complains).result()
    page = all_["dee"].let_in().get("/board")
    assert (numbers(page), columns(page)["open"]) == ([1], "0")


def test_to_look_uses_up_no_door(hotline: Hotline) -> None:
    all_ = claimed(hotline)
    before = hotline.database.read(doors_seen)
    for who in ("ben", "caro", "dee"):
        all_[who].let_in().get("/board")
        all_[who].get("/board?state=open")
    assert hotline.database.read(doors_seen) == before


def doors_seen(session: Session) -> int:
    return len(list(session.exec(select(PersonEvent).where(PersonEvent.kind == person_events.SAW_PLACE))))


def test_words_and_names_stay_text(hotline: Hotline) -> None:
    all_ = street(hotline)
    hotline.database.write(lambda s: rename(s, all_["ben"].person_id)).result()
    all_["ana"].says(f"chest pain {HOSTILE}")
    all_["ana"].says("Need groceries for two at 45 Oak St")
    page = all_["dee"].let_in().get("/board")
    assert "<script>alert" not in page.text
    assert "<b>bold" not in page.text
    assert HOSTILE in unescape(page.text)


def rename(session: Session, person_id: int) -> None:
    person = people.by_id(session, person_id)
    person.name = HOSTILE
    session.add(person)


def test_nothing_tells_a_volunteer_which_of_two_is_about_danger(hotline: Hotline) -> None:
    """Two that are alike but for that: the same card, and the same filters find them."""
    all_ = street(hotline)
    many(hotline, all_["eve"], 3)

    def danger(session: Session) -> None:
        safe, one, other = (requests.by_id(session, n) for n in (1, 2, 3))
        safe.urgency, one.danger, other.needs = Urgency.URGENT, "heat", one.needs
        for request in (safe, one, other):
            request.created_at = hotline.clock.now() - timedelta(minutes=40)
            session.add(request)

    hotline.database.write(danger).result()
    for who in ("ben", "caro"):
        me = all_[who].let_in()
        page = me.get("/board").text
        assert 'class="danger"' not in page
        one, other = (re.sub(f"(#|r|requests/){n}", "", card(page, n)) for n in (2, 3))
        assert one == other
        assert numbers(me.get("/board?urgent=1")) == [1]
        assert numbers(me.get("/board?unasked=1")) == [1, 2, 3]
    duty = all_["dee"].let_in()
    assert 'class="danger"' in card(duty.get("/board").text, 2)
    assert numbers(duty.get("/board?urgent=1")) == [1, 2]


def card(page: str, number: int) -> str:
    """What is said on a card."""
    return page.partition(f'<li id="r{number}" class="card"')[2].partition("<form")[0]


def test_who_is_on_an_alarm_stays_to_be_seen_and_danger_is_red(hotline: Hotline) -> None:
    all_ = street(hotline)
    kim = visitor(hotline, "+12025550117", "Kim Roe", duty=True, language="es")
    kim.says("GUARDIA SI")
    all_["eve"].says("chest pain, cant breathe, 9 Oak St")
    all_["dee"].says("ON IT 1")
    mine, theirs = card_of(all_["dee"].let_in().get("/board")), card_of(kim.let_in().get("/board"))
    assert re.search(r"You are on it\. Write to them, or it is said again at \d+:\d\d [AP]M\.", mine)
    assert 'href="/board/requests/1#relay-words"' in mine
    assert re.search(r"Dee Miller \(\d\) lo atiende, desde las? \d+:\d\d\.", theirs)
    assert "relay" not in theirs
    for card in (mine, theirs):
        assert 'class="alarm"' in card
        assert "Nobody asked yet" not in card
        assert "Todavía no se preguntó" not in card
    all_["dee"].says("#1 help is on the way, hold on")
    assert "You are on it, since" in card_of(all_["dee"].get("/board"))
    all_["dee"].says("FALSE ALARM 1")
    assert numbers(all_["dee"].get("/board")) == []


def card_of(page: httpx.Response, number: int = 1) -> str:
    """A card on the page, as it stands there."""
    return unescape(page.text.partition(f'<li id="r{number}" class="card"')[2].partition("</form>")[0])


def test_every_page_says_to_duty_how_many_alarms_nobody_has_answered(hotline: Hotline) -> None:
    all_ = street(hotline)
    dee, ben = all_["dee"].let_in(), all_["ben"].let_in()
    pages = ("/board", "/board/people", "/board/duty", "/board/figures", "/board/rules", "/board/me")
    assert {mark(dee.get(path)) for path in pages} == {""}
    all_["eve"].says("chest pain, cant breathe, 9 Oak St")
    visitor(hotline, HAL, "Hal Orr", helper=False).says("he has a gun, help")
    assert {mark(dee.get(path)) for path in pages} == {"2"}
    assert {mark(ben.get(path)) for path in pages if path != "/board/people"} == {""}
    assert "1 alarm" not in ben.get("/board").text
    dee.says("ON IT 1")
    assert {mark(dee.get(path)) for path in (*pages, "/board/requests/1")} == {"1"}


def mark(page: httpx.Response) -> str:
    """The number at the first tab; empty where there is none."""
    assert page.status_code == 200
    found = re.search(r'id="mark" class="mark">(\d+)', page.text)
    return found.group(1) if found else ""


def test_volunteers_read_of_no_danger(hotline: Hotline) -> None:
    all_ = street(hotline)
    all_["eve"].says("chest pain, cant breathe, 9 Oak St")
    all_["dee"].says("OPEN 1")
    assert numbers(all_["ben"].let_in().get("/board")) == [1]
    assert 'class="danger"' not in all_["ben"].get("/board").text
    assert 'class="danger"' in all_["dee"].let_in().get("/board").text


def test_what_a_card_says_of_the_time(hotline: Hotline) -> None:
    all_ = claimed(hotline)
    all_["ben"].says("DONE 1")
    hotline.clock.advance(timedelta(hours=5))
    page = all_["dee"].let_in().get("/board").text
    assert "Waits 5 hours, rather long" in page  # the ride
    assert "No answer for 5 hours, rather long" in page  # whether the groceries came


def test_what_is_for_a_time_waits_for_that(hotline: Hotline) -> None:
    all_ = street(hotline)
    all_["ana"].says("I need a ride to the clinic on Friday at 10 from 45 Oak St")
    assert "its time" not in all_["dee"].let_in().get("/board").text
    hotline.clock.advance(timedelta(days=8))
    assert re.search(r"Asked \d (week|days?) ago, and its time has passed", all_["dee"].let_in().get("/board").text)
