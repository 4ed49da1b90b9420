"""One request on the board: who sees how much of it, and what looking uses up."""

from datetime import timedelta

import pytest

from app.hotline import Hotline
from app.simulator.sandbox import StillClock
from models import kept_apart, lines, requests
from models.store.session import Session
from tests.request_cast import DOOR, TALK, Cast, doors_seen, gather, kinds, make_newcomer, see
from tests.visiting import Visitor, visitor

TAKE = "I&#39;ll take it"


@pytest.fixture
def cast(hotline: Hotline) -> Cast:
    return gather(hotline)


def test_a_volunteer_sees_of_an_open_one_what_an_offer_says(cast: Cast) -> None:
    seen = see(cast.fay)
    assert "Groceries for 2" in seen
    assert TAKE in seen
    for hidden in ("214 ", "Oak", "twice", "Ana", "Show the place", TALK):
        assert hidden not in seen


def test_who_has_it_sees_the_door_and_the_others_what_was_done(cast: Cast) -> None:
    cast.ben.says("CLAIM 1 after 5")
    held = see(cast.ben)
    for shown in (DOOR, "ring twice", "Code word", "On my way", "Write to the neighbor", "Give it back"):
        assert shown in held
    assert "Ana" not in held
    other = see(cast.fay)
    assert "Ben took it" in other
    for hidden in ("Groceries", "214 ", "Carter", TAKE, "after 5"):
        assert hidden not in other


def test_who_has_it_and_has_seen_enough_asks_for_the_door_once_more(hotline: Hotline, cast: Cast) -> None:
    make_newcomer(hotline, cast.ben, cast.dee)
    cast.ben.says("CLAIM 1")
    assert DOOR not in see(cast.ben)
    refused = cast.ben.submit("/board/requests/1", act="place")
    assert refused.status_code == 422
    assert "as soon as they" in refused.text
    assert DOOR not in refused.text
    assert not doors_seen(hotline, cast.ben)
    make_newcomer(hotline, cast.ben, None)
    assert DOOR not in see(cast.ben)  # looking alone asks for nothing
    assert DOOR in cast.ben.submit("/board/requests/1", act="place").text
    assert len(doors_seen(hotline, cast.ben)) == 1
    assert DOOR in see(cast.ben)


def test_whoever_asked_sees_all_of_it_as_by_text(hotline: Hotline, cast: Cast) -> None:
    cast.fay.says("I need a ride to the doctor on Friday at 9 from 77 Elm St, no stairs please")
    mine = see(cast.fay, 2)
    for shown in ("You asked for this", "77 Elm St", "no stairs", "Add something"):
        assert shown in mine
    assert TAKE not in mine
    assert not doors_seen(hotline, cast.fay)


@pytest.mark.parametrize("hides", ["held", "danger", "apart", "draft", "own"])
def test_what_one_may_not_see_looks_like_what_is_not_there(hotline: Hotline, cast: Cast, hides: str) -> None:
    number = 1
    if hides == "held":
        cast.dee.says("HOLD 1")
    elif hides == "danger":
        visitor(hotline, "+12025550109", "Zoe", helper=False).says("my neighbor is having a heart attack")
        number = 2
    elif hides == "apart":
        cast.fay.says("CLAIM 1")
        cast.ana.says("please not Fay again")
    elif hides == "draft":
        visitor(hotline, "+12025550109", "Zoe", helper=False).says("I need a ride")
        number = 2
    elif hides == "own":
        hotline.database.write(lambda s: _complain(s, cast.fay)).result()
    assert cast.dee.get(f"/board/requests/{number}").status_code == 200
    there = cast.fay.get(f"/board/requests/{number}")
    nowhere = cast.fay.get("/board/requests/9")
    assert there.status_code == nowhere.status_code == 404
    assert there.text == nowhere.text.replace("#9", f"#{number}")
    for act in ("place", "talk", "claim", "note", "relay"):
        done = cast.fay.post(f"/board/requests/{number}", act=act, words="hello there", form_id=act)
        same = cast.fay.post("/board/requests/9", act=act, words="hello there", form_id=f"{act}9")
        assert done.status_code == same.status_code
        assert done.text == same.text.replace("#9", f"#{number}")


def _complain(session: Session, of: Visitor) -> None:
    request = requests.by_id(session, 1)
    request.about_person_id = of.person_id
    session.add(request)


@pytest.mark.parametrize("number", ["0", "x", "-1", "1.0", "٣", "99999999999999999999", "%3Cscript%3E"])
def test_what_is_no_number_is_not_there(cast: Cast, number: str) -> None:
    answer = cast.dee.get(f"/board/requests/{number}")
    assert answer.status_code == 404
    assert "script>" not in answer.text


def test_nobody_else_sees_anything(hotline: Hotline, cast: Cast) -> None:
    stranger = Visitor(hotline, "+12025550199")
    assert stranger.get("/board/requests/1").status_code == 401
    assert stranger.post("/board/requests/1", act="claim").status_code == 401
    assert cast.fay.post("/board/requests/1", headers={}, act="claim").status_code == 403
    assert TAKE in see(cast.fay)


def test_duty_sees_the_door_once_it_asked_and_for_a_day(hotline: Hotline, cast: Cast, clock: StillClock) -> None:
    seen = see(cast.dee)
    assert "Need groceries for two" in seen
    assert DOOR not in seen
    assert "ring twice" not in seen
    assert not doors_seen(hotline, cast.dee)
    shown = cast.dee.submit("/board/requests/1", act="place")
    assert DOOR in shown.text
    assert "ring twice" in shown.text
    assert doors_seen(hotline, cast.dee) == {1}
    assert DOOR in see(cast.dee)
    clock.advance(timedelta(days=1))
    cast.dee.let_in()
    assert DOOR not in see(cast.dee)


def test_duty_sees_so_many_doors_a_day_on_the_board_and_by_text_together(hotline: Hotline, cast: Cast) -> None:
    most = hotline.database.read(lambda s: lines.all_lines(s)[0]).policy.doors_per_day
    for n in range(most + 1):
        neighbor = visitor(hotline, f"+120255501{50 + n}", f"N{n}", helper=False)
        neighbor.says(f"need food for my family, {300 + n} Elm St apt {n + 1}")
    for n in range(2, 2 + most):
        if n % 2:
            cast.dee.says(f"SHOW {n}")
        else:
            assert cast.dee.submit(f"/board/requests/{n}", act="place").status_code == 200
    assert len(doors_seen(hotline, cast.dee)) == most
    refused = cast.dee.submit(f"/board/requests/{2 + most}", act="place")
    assert refused.status_code == 422
    assert "Elm St" not in refused.text
    assert "Elm St" in see(cast.dee, 2)  # what they have seen they may see again
    talk = cast.dee.submit(f"/board/requests/{2 + most}", act="talk")
    assert talk.status_code == 422
    assert "Elm St" not in talk.text


def test_a_newcomer_on_duty_reads_no_door_and_no_talk_that_tells_it(hotline: Hotline, cast: Cast) -> None:
    make_newcomer(hotline, cast.dee, cast.ben)
    cast.ben.says("CLAIM 1")
    assert "214 Oak" not in see(cast.dee)
    for act in ("place", "talk"):
        refused = cast.dee.submit("/board/requests/1", act=act)
        assert refused.status_code == 422
        assert "214 Oak" not in refused.text
        assert "214 Oak" not in see(cast.dee)
    assert not doors_seen(hotline, cast.dee)
    assert "talk_read" not in kinds(hotline)


def test_of_danger_duty_sees_the_door_at_once(hotline: Hotline, cast: Cast) -> None:
    zoe = visitor(hotline, "+12025550109", "Zoe", helper=False)
    zoe.says("help there is a fire in my kitchen, 77 Elm St apt 3")
    seen = see(cast.dee, 2)
    assert "77 Elm St" in seen
    assert "EMERGENCY, nobody answered" in seen
    assert "I&#39;m on it" in seen
    assert "Yes, a false alarm" in seen
    assert not doors_seen(hotline, cast.dee)
    taken = cast.dee.submit("/board/requests/2", act="on_it").text
    assert "EMERGENCY" not in taken.split('class="mark"')[1].split("</p>")[0]
    assert "I&#39;m on it" not in taken
    assert "Yes, a false alarm" in taken
    assert "I&#39;m on it" in see(visitor(hotline, "+12025550106", "Gus", duty=True).let_in(), 2)


def test_a_device_that_was_not_let_in_for_duty_shows_and_does_nothing_of_duty(
    hotline: Hotline, cast: Cast, clock: StillClock
) -> None:
    cast.fay.says("DUTY ON")
    seen = see(cast.fay)
    assert "Note something" not in seen
    for act in ("note", "close", "hold", "assign", "on_it", "false_alarm", "talk"):
        refused = cast.fay.post("/board/requests/1", act=act, words="Ben", form_id=act)
        assert refused.status_code == 422
    cast.ben.says("CLAIM 1")
    before = len(cast.ana.carried())
    assert cast.fay.post("/board/requests/1", act="relay", words="hello", form_id="r").status_code == 422
    assert len(cast.ana.carried()) == before
    assert not {"note", "closed", "held", "talk_read"} & {*kinds(hotline)}
    cast.fay.let_in()
    assert "Note something" in see(cast.fay)


def test_violence_at_home_is_for_duty_and_nothing_is_offered_that_tells_of_it(cast: Cast) -> None:
    cast.ana.says("my husband is hitting me right now")
    seen = see(cast.dee, 2)
    assert "Others may read their phone" in seen
    for absent in ('value="assign"', 'value="open"', 'value="merge"', 'value="hold"'):
        assert absent not in seen
    for offered in ('value="relay"', 'value="close"', 'value="note"', 'value="on_it"', 'value="false_alarm"'):
        assert offered in seen
    assert see(cast.fay, 2) == see(cast.fay, 9).replace("#9", "#2")
    cast.ana.says("please do not text back")
    assert "They asked for NO texts" in see(cast.dee, 2)


def test_an_act_that_cannot_be_done_keeps_what_was_typed(cast: Cast) -> None:
    for words in ("2 3 and 4", "@3 hello", "CLAIM 2"):
        answer = cast.dee.submit("/board/requests/1", act="relay", words=words)
        assert answer.status_code in (200, 422)
        if answer.status_code == 422:
            assert words in answer.text
            assert '<details class="act" open>' in answer.text


def test_the_same_form_sent_twice_is_one_act(hotline: Hotline, cast: Cast) -> None:
    for _ in range(2):
        answer = cast.dee.post("/board/requests/1", act="note", words="only once", form_id="twice")
        assert answer.status_code == 200
    assert kinds(hotline).count("note") == 1


@pytest.mark.parametrize(
    ("act", "fields", "why"),
    [
        ("assign", {}, "To whom?"),
        ("merge", {"other": "1"}, "Which other one?"),
        ("merge", {"other": "x"}, "Which other one?"),
        ("stop", {}, "cannot be done from here"),
        ("ban", {"words": "unkind"}, "cannot be done from here"),
        ("", {}, "cannot be done from here"),
    ],
)
def test_a_form_that_says_too_little_or_something_else_does_nothing(
    hotline: Hotline, cast: Cast, act: str, fields: dict[str, str], why: str
) -> None:
    before = kinds(hotline)
    answer = cast.dee.submit("/board/requests/1", act=act, **fields)
    assert answer.status_code == 422
    assert why in answer.text
    assert kinds(hotline) == before


def test_who_could_take_it_is_offered_by_name_and_number(cast: Cast) -> None:
    cast.fay.says("PASS 1")
    seen = see(cast.dee)
    assert f"Ben Carter ({cast.ben.person_id})</option>" in seen
    assert "Fay (" not in seen.split("<select")[1].split("</select>")[0]
    done = cast.dee.submit("/board/requests/1", act="assign", who=f"Ben Carter ({cast.ben.person_id})")
    assert "Ben Carter&#39;s now" in done.text
    assert "Code word" in see(cast.ben)
    assert "Ben Carter (" not in done.text.split("<select")[1].split("</select>")[0]


def test_whom_danger_was_told_though_they_are_kept_apart_sees_it_and_reads_nothing_of_theirs(
    hotline: Hotline, cast: Cast
) -> None:
    zoe = visitor(hotline, "+12025550109", "Zoe", helper=False)
    zoe.says("my neighbor is having a heart attack, 77 Elm St apt 3")

    def keep(session: Session) -> None:
        request = requests.by_id(session, 2)
        kept_apart.keep(session, request.line_id, zoe.person_id, cast.dee.person_id, hotline.clock.now())

    def tell(session: Session) -> None:
        request = requests.by_id(session, 2)
        told = str(cast.dee.person_id)
        requests.record(session, request, kept_apart.EVEN_SO, hotline.clock.now(), words=told)

    hotline.database.write(keep).result()
    assert cast.dee.get("/board/requests/2").status_code == 404
    hotline.database.write(tell).result()
    seen = see(cast.dee, 2)
    assert "77 Elm St" in seen
    assert TALK not in seen
    assert "told" not in seen.split('class="entries"')[1]
    assert cast.dee.submit("/board/requests/2", act="talk").status_code == 422
    assert "talk_read" not in kinds(hotline, 2)
