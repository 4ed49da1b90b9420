"""What waits, on the board: who sees what of it, page by page, and that each button is its text."""

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from sqlmodel import select

from app.hotline import Hotline
from app.simulator.sandbox import StillClock
from models import events, kept_apart, lines, people, person_events, requests
from models.board_sessions import BoardSession
from models.lines import Area
from models.person_events import PersonEvent
from models.requests import State, Urgency
from models.store.session import Session
from tests.by_board import same
from tests.visiting import OURS, Visitor, visitor

ANA, BEN, CARO, DEE, EVE, HAL = (f"+1202555010{n}" for n in range(1, 7))
CARD = re.compile(r'<li id="r(\d+)" class="card"')
MORE = re.compile(r'class="more">\s*<a href="([^"]*)"')
HOSTILE = "<script>alert(1)</script><b>bold</b>"


def numbers(page: httpx.Response) -> list[int]:
    """The requests on the page, in order."""
    return [int(number) for number in CARD.findall(page.text)]


def street(hotline: Hotline) -> dict[str, Visitor]:
    """An area, two who ask, a volunteer, a Spanish-speaking one, and one on duty."""

    def area(session: Session) -> Area:
        line = lines.all_lines(session)[0]
        return session.create(Area, line_id=line.id, name="Oak Hill", aliases=["Oak St"])

    hotline.database.write(area).result()
    people_ = {
        "ana": visitor(hotline, ANA, "Ana Lima", helper=False),
        "eve": visitor(hotline, EVE, "Eve Moss", helper=False),
        "ben": visitor(hotline, BEN, "Ben Carter"),
        "caro": visitor(hotline, CARO, "Caro Díaz", language="es"),
        "dee": visitor(hotline, DEE, "Dee Miller", duty=True),
    }
    people_["dee"].says("DUTY ON")
    return people_


def claimed(hotline: Hotline) -> dict[str, Visitor]:
    """Groceries that Ben has in hand, and a ride that is open."""
    all_ = street(hotline)
    all_["ana"].says("Need groceries for two at 45 Oak St apt 3")
    all_["ben"].says("CLAIM 1")
    all_["eve"].says("I need a ride to the clinic from 9 Oak St")
    return all_


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


def answer_of(page: httpx.Response) -> str:
    """What is said to whoever pressed."""
    return page.text.partition('<div id="notice"')[2].partition("</div>")[0]


def columns(page: httpx.Response) -> dict[str, str]:
    """How many each column says there are."""
    return dict(re.findall(r'<h2 id="h-(\w+)">[^<]*<span class="n">([\d,]+)</span>', page.text))


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


def many(hotline: Hotline, asker: Visitor, count: int, state: State = State.OPEN) -> None:
    """So many requests; every third for a ride, every tenth of them urgent."""

    def ask(session: Session) -> None:
        line = lines.all_lines(session)[0]
        for n in range(count):
            what = {"needs": ["transport" if n % 3 == 0 else "food"]}
            requests.create(
                session,
                line,
                person_id=asker.person_id,
                state=state,
                now=hotline.clock.now(),
                urgency=Urgency.URGENT if n % 10 == 0 else None,
                **what,
            )

    hotline.database.write(ask).result()


@pytest.mark.parametrize("who", ["dee", "ben"])
def test_page_by_page_each_is_shown_once(hotline: Hotline, who: str) -> None:
    all_ = street(hotline)
    many(hotline, all_["ana"], 45)
    if who == "ben":
        all_["ben"].says("ONLY RIDES")
    me = all_[who].let_in()
    page, seen = me.get("/board"), list[int]()
    for _ in range(5):
        seen += numbers(page)
        more = MORE.search(page.text)
        if more is None:
            break
        page = me.get(unescape(more.group(1)))
    assert sorted(seen) == list(range(1, 46))
    rides = [n for n in range(1, 46) if n % 3 == 1]
    assert seen == list(range(1, 46)) if who == "dee" else seen[: len(rides)] == rides


def test_what_is_chosen_is_in_the_address_and_stays_there(hotline: Hotline) -> None:
    all_ = street(hotline)
    many(hotline, all_["ana"], 30)
    dee = all_["dee"].let_in()
    assert numbers(dee.get("/board?urgent=1")) == [1, 11, 21]
    assert numbers(dee.get("/board?need=transport&urgent=1")) == [1]
    assert numbers(dee.get("/board?area=1")) == []
    assert numbers(dee.get("/board?area=x&need=nonsense&state=closed&after=9.9")) == list(range(1, 21))
    chosen = dee.get("/board?need=transport&state=open")
    links = [unescape(link) for link in re.findall(r'href="(/board\?[^"]*)"', chosen.text)]
    assert "/board?state=open&need=transport&urgent=1" in links
    assert "/board?state=open" in links  # without the kind of help
    all_["ben"].says("CLAIM 4")
    assert numbers(all_["ben"].let_in().get("/board?mine=1")) == [4]
    assert numbers(dee.get("/board?need=transport")) == [1, *range(7, 31, 3), 4]


def test_what_waits_too_long_says_so(hotline: Hotline, clock: StillClock) -> None:
    all_ = street(hotline)
    all_["ana"].says("Need groceries for two at 45 Oak St")
    all_["eve"].says("I need a ride to the clinic on Friday at 10 from 9 Oak St")
    dee = all_["dee"].let_in()

    def ages() -> list[str]:
        return re.findall(r'id="r\d+-a" class="(\w+)"', dee.get("/board").text)

    assert ages() == ["calm", "calm"]
    clock.advance(timedelta(hours=2))
    assert ages() == ["worry", "calm"]
    clock.advance(timedelta(hours=4))
    assert ages() == ["alarm", "calm"]
    assert "too long" in dee.get("/board").text


def test_a_claim_worries_when_whoever_has_it_was_asked_and_says_nothing(hotline: Hotline) -> None:
    all_ = street(hotline)
    all_["ana"].says("URGENT: need groceries for two at 45 Oak St")
    all_["ben"].says("CLAIM 1")
    dee = all_["dee"].let_in()

    def age() -> str:
        return str(re.findall(r'id="r1-a" class="(\w+)"', dee.get("/board").text)[0])

    assert age() == "calm"
    hotline.pass_time(timedelta(minutes=61))  # half of the lease: how is it going?
    assert age() == "worry"
    hotline.pass_time(timedelta(minutes=31))  # the neighbor hears that nothing came back
    assert age() == "alarm"
    all_["ben"].says("OMW 1")
    assert age() == "calm"


def test_a_full_page_is_small_and_says_how_many_there_are(hotline: Hotline) -> None:
    all_ = street(hotline)
    for state in requests.LIVE:
        many(hotline, all_["ana"], 45, state)
    for n in range(20):
        visitor(hotline, f"+1202555013{n % 10}" if n < 10 else f"+1202555014{n % 10}", "", helper=False).says(
            "chest pain, cant breathe, 45 Oak St, please come quickly"
        )
    page = all_["dee"].let_in().get("/board")
    assert len(page.content) < 60_000
    assert page.text.count("and nobody has answered") == 20
    assert set(columns(page).values()) == {"45"}


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


def test_twenty_cost_no_more_queries_than_two(hotline: Hotline) -> None:
    all_ = street(hotline)
    many(hotline, all_["ana"], 2)
    asked_for: list[str] = []

    @sa.event.listens_for(hotline.database.engine, "checkout")
    def trace(connection: Any, *_: object) -> None:
        if hasattr(connection, "set_trace_callback"):
            connection.set_trace_callback(asked_for.append)

    me = {who: all_[who].let_in() for who in ("dee", "ben")}
    counted = []
    for _ in range(2):
        for visitor_ in me.values():
            asked_for.clear()
            visitor_.get("/board")
            counted.append(len(asked_for))
        many(hotline, all_["ana"], 18)
    assert counted[:2] == counted[2:]
