"""Duty on the board: the roster for everybody, and what duty alone sees; each button is its text."""

import re
from datetime import timedelta
from html import escape
from itertools import pairwise

import httpx
import pytest

from app.hotline import Hotline
from app.simulator.sandbox import StillClock
from models import kept_apart, lines, offers, people
from models.store.session import Session
from tests.by_board import same
from tests.visiting import Visitor, visitor

ANA, BEN, CARO, DEE, EVE = (f"+1202555010{n}" for n in range(1, 6))
PATH = "/board/duty"
Pair = tuple[Hotline, Hotline]


@pytest.fixture
def dee(hotline: Hotline) -> Visitor:
    return visitor(hotline, DEE, "Dee", duty=True).let_in()


@pytest.fixture
def ben(hotline: Hotline) -> Visitor:
    return visitor(hotline, BEN, "Ben").let_in()


def story(hotline: Hotline) -> Visitor:
    """Dee is on duty with Eve; Ben has a request in hand, another waits; Eve cannot come on Thursday."""
    dee = visitor(hotline, DEE, "Dee", duty=True)
    eve = visitor(hotline, EVE, "Eve", duty=True)
    ben = visitor(hotline, BEN, "Ben")

    def area(session: Session) -> None:
        lines.add_area(session, 1, "Oak Hill")

    hotline.database.write(area).result()
    for words in ("need groceries for two near Oak St", "need a ride to the clinic tomorrow from Oak St"):
        Visitor(hotline, ANA).says(words)
    ben.says("CLAIM 1")
    eve.says("SHIFT THU 18-22")
    eve.says("SHIFT CANT THU")
    dee.says("SHIFT FRI 18-22")
    return dee.let_in()


def begun(hotline: Hotline) -> Visitor:
    """The same, and Eve wants to tell many something; Dee is asked."""
    dee = story(hotline)
    Visitor(hotline, EVE).says("BROADCAST We meet on Saturday.")
    return dee


def paused(hotline: Hotline) -> Visitor:
    dee = story(hotline)
    dee.says("PAUSE LINE UNTIL FRIDAY")
    return dee


ACTS = {
    "off": (story, "DUTY OFF", {}),
    "shift": (story, "SHIFT Tuesday 18:00-22:00", {"day": "1", "from": "18", "until": "22"}),
    "shift once": (
        story,
        "SHIFT Sunday 9:00-24:00 once",
        {"day": "6", "from": "9", "once": "1"},
    ),
    "cant": (story, "SHIFT cant 2026-03-06", {"on": "2026-03-06"}),
    "out": (story, "SHIFT off 2026-03-06", {"on": "2026-03-06", "sure": "1"}),
    "cover": (story, "COVER 2026-03-05", {"on": "2026-03-05"}),
    "broadcast": (story, "BROADCAST We meet at ten.", {"words": "We meet\n at ten.", "sure": "1"}),
    "broadcast asked": (
        story,
        "BROADCAST asked Wait, please.",
        {"words": "Wait, please.", "to": "asked", "sure": "1"},
    ),
    "broadcast area": (story, "BROADCAST Oak Hill Rain!", {"words": "Rain!", "to": "1", "sure": "1"}),
    "send": (begun, "1", {"broadcast": "1"}),
    "dont": (begun, "2", {"broadcast": "1"}),
    "pause": (story, "PAUSE LINE until friday", {"until": "until friday"}),
    "resume": (paused, "RESUME LINE", {}),
    "brake_on": (story, "BRAKE ON", {}),
    "brake_off": (story, "BRAKE OFF", {}),
}


@pytest.mark.parametrize("act", ACTS)
def test_a_button_is_its_text(pair: Pair, act: str) -> None:
    before, words, fields = ACTS[act]

    def press(by: Visitor) -> httpx.Response:
        return by.submit(PATH, act=act.partition(" ")[0], **fields)

    same(pair, before, words, press)


def test_taking_the_watch_is_its_text_and_the_board_asks_for_a_new_link(pair: Pair) -> None:
    def off(hotline: Hotline) -> Visitor:
        visitor(hotline, DEE, "Dee", duty=True)
        return visitor(hotline, BEN, "Ben").let_in()

    def press(by: Visitor) -> httpx.Response:
        page = by.submit(PATH, act="on")
        assert "Text BOARD once more" in page.text
        assert ">What drags<" not in page.text  # this link was for a volunteer
        return page

    same(pair, off, "DUTY ON", press)


def test_volunteers_see_the_roster_and_nothing_else(hotline: Hotline, ben: Visitor) -> None:
    story(hotline)
    shown = ben.get(PATH).text
    assert "On duty now: Dee and Eve." in shown
    assert "Eve can&#39;t" in shown
    assert "No turn is planned:" in shown
    for heading in ("What drags", "A word to many", "The line itself", "Waits for an answer"):
        assert f">{heading}<" not in shown
    for act in ("broadcast", "send", "dont", "pause", "resume", "brake_on", "brake_off"):
        assert ben.submit(PATH, act=act, words="x", until="monday", broadcast="1", sure="1").status_code == 404
    assert ben.submit(PATH, act="nonsense").status_code == 400
    assert ben.submit(PATH, act="cant", on="never").status_code == 400
    assert ben.post(PATH, {}, act="on").status_code == 403


def test_words_to_many_are_shown_with_their_price_before_anything_is_sent(hotline: Hotline, dee: Visitor) -> None:
    for n in range(10):
        visitor(hotline, f"+1202555012{n}", "Mia", language="es" if n < 3 else "en")
    page = dee.submit(PATH, act="broadcast", words="Bring <b>chairs</b> & soup, to 12 Oak St apt 3", to="")
    assert page.status_code == 200
    assert "(Dee): &#34;Bring &lt;b&gt;chairs&lt;/b&gt; &amp; soup" in page.text
    assert "To 10 people, 10 texts, about $0.12." in page.text
    assert "<td>English</td><td>SMS</td><td>7</td><td>1</td>" in page.text
    assert "<td>Español</td><td>SMS</td><td>3</td><td>1</td>" in page.text
    assert "A place is in it" in page.text
    assert dee.carried() == []
    assert "Write what you want to tell them" in dee.submit(PATH, act="broadcast", words="  ").text
    sent = dee.submit(PATH, act="broadcast", words="Bring chairs", sure="1")
    assert "10 people (volunteers): 10 segments, about $0.12" in sent.text  # the same as by text
    assert "Yes, send it" in sent.text  # nobody else is on duty, so Dee is asked
    done = dee.submit(PATH, act="send", broadcast="1")
    assert "Sent, to 10 people." in done.text
    assert "Yes, send it" not in done.text
    assert "asked something else meanwhile" in dee.submit(PATH, act="send", broadcast="1").text


def test_a_second_person_is_shown_what_waits_for_their_yes(hotline: Hotline) -> None:
    dee = begun(hotline)
    shown = dee.get(PATH).text
    assert "Eve wants to tell volunteers this. It needs a yes by" in shown
    assert "We meet on Saturday." in shown
    eve = Visitor(hotline, EVE).let_in()
    own = eve.get(PATH).text
    assert "Dee was asked. You can do nothing more for now." in own
    assert 'value="send"' not in own
    assert "asked something else meanwhile" in eve.submit(PATH, act="send", broadcast="1").text
    assert "OK, I don&#39;t send it." in dee.submit(PATH, act="dont", broadcast="1").text
    assert "We meet on Saturday." not in eve.get(PATH).text


def test_a_digit_that_is_also_the_number_of_an_offer_is_not_sent(hotline: Hotline) -> None:
    dee = begun(hotline)
    hotline.clock.advance(timedelta(minutes=5))
    hotline.tick()
    assert 2 in hotline.database.read(lambda s: offers.pending_numbers(s, dee.person_id))
    dee.carried()
    page = dee.submit(PATH, act="dont", broadcast="1")
    assert "also the number of an offer" in page.text
    assert dee.carried() == []
    dee.says("PASS 2")
    assert "OK, I don&#39;t send it." in dee.submit(PATH, act="dont", broadcast="1").text


def test_duty_reads_what_drags_waits_and_was_noted(hotline: Hotline, clock: StillClock) -> None:
    dee = story(hotline)
    Visitor(hotline, CARO).says("PERSON")
    Visitor(hotline, CARO).says("JOIN")
    clock.advance(timedelta(hours=25))
    dee.says("NOTE 2 rings <i>twice</i>")
    dee.let_in()
    shown = dee.get(PATH).text
    assert "#2 A ride" in shown.partition("What drags")[2]
    assert "/board/requests/3" in shown.partition("Waits for an answer")[2].partition("What drags")[0]
    assert "rings &lt;i&gt;twice&lt;/i&gt;" in shown
    for words in ("PAUSE LINE UNTIL FRIDAY", "BRAKE ON"):
        dee.says(words)
    shown = dee.get(PATH).text
    assert "takes a break until Fri" in shown
    assert "new requests are asked about one by one." in shown


def test_duty_reads_all_who_come(hotline: Hotline, dee: Visitor, ben: Visitor) -> None:
    Visitor(hotline, ANA).says("need 3 people to move a couch at 12 oak st")
    ben.says("CLAIM 1")
    dee.says("CLAIM 1")
    visitor(hotline, CARO, "Caro").says("CLAIM 1")
    assert "You have it" in dee.get("/board?state=claimed").text  # though another came after them
    eve = visitor(hotline, EVE, "Eve", duty=True).let_in()
    assert "Ben, Dee, and Caro" in re.sub(r" \(\d\)", "", eve.get("/board?state=claimed").text)


def test_duty_reads_what_the_group_has(hotline: Hotline, dee: Visitor) -> None:
    assert "In stock" not in dee.get(PATH).text
    dee.says("STOCK diapers 40, soap")
    said = dee.get(PATH).text
    assert "In stock" in said
    assert "40 left" in said


def test_duty_reads_how_distributions_stand(hotline: Hotline) -> None:
    dee = story(hotline)
    assert "Distributions" not in dee.get(PATH).text
    dee.says("DISTRO friday 10-12 at Elm Hall, 9 places, for food")
    dee.says("YES")
    dee.let_in()
    shown = dee.get(PATH).text
    assert "D1 Fri Mar 6 10 AM-12 PM, Elm Hall: 0 of 9 booked" in shown.partition("Distributions")[2]


def test_what_is_kept_apart_from_somebody_on_duty_stays_hidden(hotline: Hotline) -> None:
    dee = story(hotline)

    def apart(session: Session) -> None:
        line = lines.by_id(session, 1)
        neighbor = people.by_address(session, line, lines.Channel.SMS, ANA)
        assert neighbor is not None
        now = hotline.clock.now()
        kept_apart.keep(session, 1, neighbor[0].id, dee.person_id, now)

    Visitor(hotline, EVE).says("NOTE 2 rings twice")
    hotline.clock.advance(timedelta(hours=23))
    dee.let_in()
    assert "rings twice" in dee.get(PATH).text
    ben = next(p.id for p in hotline.database.read(lambda s: people.everybody(s, 1)) if p.name == "Ben")
    assert "#1" in dee.get(f"/board/people/{ben}").text
    hotline.database.write(apart).result()
    assert "rings twice" not in dee.get(PATH).text
    assert "#2" not in dee.get(PATH).text
    one = dee.get(f"/board/people/{ben}").text
    assert "#1" not in one
    assert "1 of" not in one


def test_alarms_come_first_and_can_be_answered_there(hotline: Hotline) -> None:
    dee, ben = story(hotline), Visitor(hotline, BEN)
    Visitor(hotline, CARO).says("there is a man with a gun at 12 Oak St <i>now</i>")
    shown = dee.get(PATH).text
    alarm, _, rest = shown.partition("<h1>Duty</h1>")
    assert "#3 Emergency" in alarm
    assert "a man with a gun" in alarm
    assert "&lt;i&gt;" in alarm
    assert 'href="/board#r3"' in alarm
    assert ">What drags<" in rest
    dee.carried()
    answer = dee.submit("/board", do="on_it", number="3")
    assert answer.status_code == 200
    assert "#3 Emergency" not in dee.get(PATH).text
    ben.person_id = next(p.id for p in hotline.database.read(lambda s: people.everybody(s, 1)) if p.name == "Ben")
    Visitor(hotline, CARO).says("HELP, he is back, call 911, he shoots")
    assert "Emergency" not in ben.let_in().get(PATH).text


@pytest.mark.parametrize("until", ["next year maybe", "1; CLAIM 2", "<b>soon</b>", " "])
def test_a_break_whose_end_is_not_understood_is_asked_about_where_it_was_typed(hotline: Hotline, until: str) -> None:
    dee = story(hotline)
    page = dee.submit(PATH, act="pause", until=until)
    assert page.status_code == 422
    assert page.text.count("We did not understand until when.") == 2  # above, and at the field
    assert f'value="{escape(until.strip())}" maxlength="60"' in page.text
    assert dee.carried() == []
    assert "Until when?" not in dee.says("LIST")[0]
    assert "takes a break until Fri" in dee.submit(PATH, act="pause", until="until friday").text


def test_a_turn_leaves_the_roster_by_the_second_press(hotline: Hotline) -> None:
    dee = story(hotline)
    asked = dee.submit(PATH, act="out", on="2026-03-06")
    assert "Off the roster: Fri 6" in asked.text
    assert "This one and all to come" in asked.text
    assert dee.carried() == []
    assert 'value="2026-03-06"' in dee.get(PATH).text
    assert 'value="2026-03-06"' not in dee.submit(PATH, act="out", on="2026-03-06", sure="1").text


def test_a_day_without_a_turn_is_told_once(hotline: Hotline) -> None:
    gaps = story(hotline).get(PATH).text.partition("No turn is planned:")[2].partition("</ul>")[0]
    rows = re.findall(r"<li><b>(\w+)</b> ([^<]+)</li>", gaps)
    assert all(one != other for (one, _), (other, _) in pairwise(rows))
    assert ("Sat", "all day") in rows
    assert any("–" in hours and ":00" not in hours for _, hours in rows)
