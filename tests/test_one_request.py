"""One request on the board: who sees how much of it, and what looking uses up."""

import re
import tomllib
from datetime import timedelta
from typing import NamedTuple

import pytest

from app.hotline import Hotline
from app.pages.wording import FOLDER
from app.simulator.sandbox import StillClock
from handlers.views import story
from models import events, lines, people, person_events, requests
from models.delivery.outbound import Outbound
from models.delivery.outbound import State as TextState
from models.store.session import Session
from tests.visiting import Visitor, visitor

DOOR = "214 Oak St apt 3"
ASKS = f"Need groceries for two and rice, {DOOR}, ring twice please"
TALK = "Read what they wrote to each other"


class Cast(NamedTuple):
    """Who is there."""

    ana: Visitor  # asks
    ben: Visitor
    fay: Visitor
    dee: Visitor  # on duty


@pytest.fixture
def cast(hotline: Hotline) -> Cast:
    ana = visitor(hotline, "+12025550101", "Ana Lopez", helper=False)
    ben = visitor(hotline, "+12025550102", "Ben Carter")
    fay = visitor(hotline, "+12025550105", "Fay")
    dee = visitor(hotline, "+12025550104", "Dee Smith", duty=True)
    ana.says(ASKS)
    for one in (ben, fay, dee):
        one.let_in()
    return Cast(ana, ben, fay, dee)


def one(of: Visitor, number: int = 1) -> str:
    """What they see of a request."""
    answer = of.get(f"/board/requests/{number}")
    assert answer.status_code in (200, 404)
    return answer.text


def make_newcomer(hotline: Hotline, who: Visitor, by: Visitor | None) -> None:
    """Somebody vouched for them by text; nobody, where the host added them."""

    def vouched(session: Session) -> None:
        person = people.by_id(session, who.person_id)
        person.vouched_by_person_id = by.person_id if by else None
        session.add(person)

    hotline.database.write(vouched).result()


def doors_seen(hotline: Hotline, who: Visitor) -> set[int]:
    since = hotline.clock.now() - timedelta(days=1)
    return hotline.database.read(lambda s: person_events.places(s, who.person_id, person_events.SAW_PLACE, since))


def test_a_volunteer_sees_of_an_open_one_what_an_offer_says(cast: Cast) -> None:
    seen = one(cast.fay)
    assert "Groceries for 2" in seen
    assert "I take it" in seen
    for hidden in ("214", "Oak", "twice", "Ana", "Show the place", TALK):
        assert hidden not in seen


def test_who_has_it_sees_the_door_and_the_others_what_was_done(cast: Cast) -> None:
    cast.ben.says("CLAIM 1 after 5")
    held = one(cast.ben)
    for shown in (DOOR, "ring twice", "Code word", "I am on my way", "Write to the neighbor", "Give it back"):
        assert shown in held
    assert "Ana" not in held
    other = one(cast.fay)
    assert "Ben took it" in other
    for hidden in ("Groceries", "214", "Carter", "I take it", "after 5"):
        assert hidden not in other


def test_who_has_it_and_has_seen_enough_asks_for_the_door_once_more(hotline: Hotline, cast: Cast) -> None:
    make_newcomer(hotline, cast.ben, cast.dee)
    cast.ben.says("CLAIM 1")
    assert DOOR not in one(cast.ben)
    refused = cast.ben.submit("/board/requests/1", act="place")
    assert refused.status_code == 422
    assert "as soon as they" in refused.text
    assert DOOR not in refused.text
    assert not doors_seen(hotline, cast.ben)
    make_newcomer(hotline, cast.ben, None)
    assert DOOR not in one(cast.ben)  # looking alone asks for nothing
    assert DOOR in cast.ben.submit("/board/requests/1", act="place").text
    assert len(doors_seen(hotline, cast.ben)) == 1
    assert DOOR in one(cast.ben)


def test_whoever_asked_sees_all_of_it_as_by_text(hotline: Hotline, cast: Cast) -> None:
    cast.fay.says("I need a ride to the doctor on Friday at 9 from 77 Elm St, no stairs please")
    mine = one(cast.fay, 2)
    for shown in ("You asked for this", "77 Elm St", "no stairs", "Add something"):
        assert shown in mine
    assert "I take it" not in mine
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
    assert "I take it" in one(cast.fay)


def test_duty_sees_the_door_once_it_asked_and_for_a_day(hotline: Hotline, cast: Cast, clock: StillClock) -> None:
    seen = one(cast.dee)
    assert "Need groceries for two" in seen
    assert DOOR not in seen
    assert "ring twice" not in seen
    assert not doors_seen(hotline, cast.dee)
    shown = cast.dee.submit("/board/requests/1", act="place")
    assert DOOR in shown.text
    assert "ring twice" in shown.text
    assert doors_seen(hotline, cast.dee) == {1}
    assert DOOR in one(cast.dee)
    clock.advance(timedelta(days=1))
    cast.dee.let_in()
    assert DOOR not in one(cast.dee)


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
    assert "Elm St" in one(cast.dee, 2)  # what they have seen they may see again
    talk = cast.dee.submit(f"/board/requests/{2 + most}", act="talk")
    assert talk.status_code == 422
    assert "Elm St" not in talk.text


def test_a_newcomer_on_duty_reads_no_door_and_no_talk_that_tells_it(hotline: Hotline, cast: Cast) -> None:
    make_newcomer(hotline, cast.dee, cast.ben)
    cast.ben.says("CLAIM 1")
    assert "214" not in one(cast.dee)
    for act in ("place", "talk"):
        refused = cast.dee.submit("/board/requests/1", act=act)
        assert refused.status_code == 422
        assert "214" not in refused.text
        assert "214" not in one(cast.dee)
    assert not doors_seen(hotline, cast.dee)
    assert "talk_read" not in kinds(hotline)


def kinds(hotline: Hotline, request_id: int = 1) -> list[str]:
    return hotline.database.read(lambda s: [event.kind for event in events.history(s, requests.by_id(s, request_id))])


def test_of_danger_duty_sees_the_door_at_once(hotline: Hotline, cast: Cast) -> None:
    zoe = visitor(hotline, "+12025550109", "Zoe", helper=False)
    zoe.says("help there is a fire in my kitchen, 77 Elm St apt 3")
    seen = one(cast.dee, 2)
    assert "77 Elm St" in seen
    assert "I am on it" in seen
    assert "It was a false alarm" in seen
    assert not doors_seen(hotline, cast.dee)


def test_the_talk_is_open_to_who_asked_for_it_for_an_hour_and_all_see_that(
    hotline: Hotline, cast: Cast, clock: StillClock
) -> None:
    gus = visitor(hotline, "+12025550106", "Gus", duty=True).let_in()
    cast.ben.says("CLAIM 1")
    cast.ana.says("thank you, the bell is broken")
    cast.ben.says("I bring oranges as well")
    secret = ("bell is broken", "oranges")
    seen = one(cast.dee)
    assert "Ben Carter" in seen
    assert "delivered" in seen
    assert all(words not in seen for words in secret)
    assert all(words in cast.dee.submit("/board/requests/1", act="talk").text for words in secret)
    assert doors_seen(hotline, cast.dee) == {1}  # who has it was told the door
    assert all(words not in one(gus) for words in secret)
    assert "read what was written" in one(gus)
    assert any("Dee read the talk" in text for text in cast.fay.says("WHO 1"))
    assert "Dee read the talk" in one(cast.fay)
    clock.advance(timedelta(minutes=59))
    cast.dee.submit("/board/requests/1", act="talk")
    assert all(words in one(cast.dee) for words in secret)
    clock.advance(timedelta(minutes=1, seconds=1))
    assert all(words not in one(cast.dee) for words in secret)
    assert kinds(hotline).count("talk_read") == 1


@pytest.mark.parametrize("side", ["helper", "was_helper", "neighbor"])
def test_who_has_a_part_in_it_does_not_read_what_others_wrote_to_duty(cast: Cast, side: str) -> None:
    number = 1
    if side == "neighbor":
        cast.dee.says("I need somebody to fix the lamp in my hallway at 77 Elm St")
        number = 2
        cast.ben.says("CLAIM 2")
        cast.ben.says("PROBLEM 2 she was rude to me")
    else:
        cast.dee.says("CLAIM 1")
        cast.ana.says("PROBLEM 1 she looks angry")
        if side == "was_helper":
            cast.dee.says("DROP 1")
    assert TALK not in one(cast.dee, number)
    refused = cast.dee.submit(f"/board/requests/{number}", act="talk")
    assert refused.status_code == 422
    assert "rude" not in refused.text
    assert "angry" not in refused.text


def test_a_device_that_was_not_let_in_for_duty_shows_and_does_nothing_of_duty(
    hotline: Hotline, cast: Cast, clock: StillClock
) -> None:
    cast.fay.says("DUTY ON")
    seen = one(cast.fay)
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
    assert "Note something" in one(cast.fay)


HOSTILE = "<img src=x onerror=alert(1)> </textarea><script>alert(2)</script> & {{ 7*7 }} \u202eevil"


def test_words_and_names_are_text(hotline: Hotline, cast: Cast) -> None:
    eve = visitor(hotline, "+12025550108", "<script>Eve</script>", helper=True)
    cast.ana.says(f"I need a lamp fixed at 77 Elm St {HOSTILE}")
    eve.says(f"CLAIM 2 {HOSTILE}")
    cast.dee.says(f"NOTE 2 {HOSTILE}")
    pages = [one(cast.dee, 2), cast.dee.submit("/board/requests/2", act="talk").text, one(eve.let_in(), 2)]
    pages.append(cast.dee.post("/board/requests/2", act="note", words=f"1 2 3 {HOSTILE}", form_id="h").text)
    for page in pages:
        assert "<script" not in page
        assert "<img" not in page
        assert "49" not in page
        assert page.count("</textarea>") == page.count("<textarea")
    assert "&lt;img src=x" in pages[0]


def test_a_merged_one_leads_to_where_it_goes_on(cast: Cast) -> None:
    cast.fay.says("please groceries for my neighbor at 214 Oak St apt 3")
    cast.dee.submit("/board/requests/2", act="merge", other="1")
    gone = one(cast.dee, 2)
    assert 'href="/board/requests/1"' in gone
    assert "is the same as #1" in gone
    assert "#2 is the same as this" in one(cast.dee, 1)
    assert 'href="/board/requests/1"' in one(cast.fay, 2)  # it was theirs, and the other is open
    cast.dee.says("HOLD 1")
    assert 'href="/board/requests/1"' not in one(cast.fay, 2)


def test_violence_at_home_is_for_duty_and_nothing_is_offered_that_tells_of_it(cast: Cast) -> None:
    cast.ana.says("my husband is hitting me right now")
    seen = one(cast.dee, 2)
    assert "Others may read their phone" in seen
    for absent in ('value="assign"', 'value="open"', 'value="merge"', 'value="hold"'):
        assert absent not in seen
    for offered in ('value="relay"', 'value="close"', 'value="note"', 'value="on_it"', 'value="false_alarm"'):
        assert offered in seen
    assert one(cast.fay, 2) == one(cast.fay, 9).replace("#9", "#2")


def test_a_phone_that_others_read_is_said_and_what_waits_there(cast: Cast) -> None:
    cast.ana.says("QUIET")
    cast.ben.says("CLAIM 1")
    seen = one(cast.dee)
    assert "Others may read their phone" in seen
    assert "kept back" in seen


def test_words_that_are_gone_are_said_to_be(hotline: Hotline, cast: Cast, clock: StillClock) -> None:
    cast.ben.says("CLAIM 1")
    cast.dee.says("NOTE 1 knows the way")
    cast.ana.says("DONE 1")
    clock.advance(timedelta(days=31))
    for _ in range(40):
        hotline.tick()
    cast.dee.let_in()
    seen = one(cast.dee)
    assert "are gone since April" in seen
    for gone in ("knows the way", "ring twice", "214"):
        assert gone not in seen
    assert "Show the place" not in seen


def test_where_a_text_is_and_why_it_did_not_arrive(hotline: Hotline, cast: Cast) -> None:
    states = {state: words for state, words in _states().items() if state is not TextState.READY}

    def spread(session: Session) -> None:
        texts = [t for n in range(1, 40) if (t := session.get(Outbound, n)) and t.request_id == 1]
        template = texts[0]
        for n, state in enumerate(states):
            values = template.model_dump(exclude={"id"}) | {"key": f"s{n}", "state": state}
            session.create(Outbound, **values)

    hotline.database.write(spread).result()
    seen = one(cast.dee)
    for words in states.values():
        assert words in seen, words


def _states() -> dict[TextState, str]:
    words = tomllib.loads((FOLDER / "en" / "one_request.toml").read_text(encoding="utf-8"))
    return {state: words[f"s_{state}"] for state in TextState}


def test_a_long_story_is_told_in_parts_that_leave_nothing_out(hotline: Hotline, cast: Cast) -> None:
    for n in range(70):
        cast.dee.says(f"NOTE 1 remark {n:02} of many")
    path, told, parts = "/board/requests/1", "", 0
    while path:
        page = cast.dee.get(path).text
        assert len(page) < 60_000
        told += page.split('class="entries"')[1]
        parts += 1
        found = re.search(r'href="(\?before=\d+)#story"', page)
        path = f"/board/requests/1{found.group(1)}" if found else ""
    assert parts == 3
    assert [told.count(f"remark {n:02}") for n in range(70)] == [1] * 70
    assert told.count("asked for this") == 1


def test_every_kind_of_event_has_words(hotline: Hotline) -> None:
    told = story.OF_THE_LINE | story.OF_PEOPLE | {story.OTHER}
    for code in ("en", "es"):
        words = tomllib.loads((FOLDER / code / "one_request.toml").read_text(encoding="utf-8"))
        assert {f"e_{kind}" for kind in told} == {key for key in words if key.startswith("e_")}
        about = {*story.ABOUT.values(), story.PLAIN} - {"from_neighbor", "from_helper"}
        assert {f"t_{each}" for each in about} == {key for key in words if key.startswith("t_")}


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
    seen = one(cast.dee)
    assert f"Ben Carter ({cast.ben.person_id})</option>" in seen
    assert "Fay (" not in seen.split("<select")[1].split("</select>")[0]
    done = cast.dee.submit("/board/requests/1", act="assign", who=f"Ben Carter ({cast.ben.person_id})")
    assert "Ben Carter&#39;s now" in done.text
    assert "Code word" in one(cast.ben)
    assert "Ben Carter (" not in done.text.split("<select")[1].split("</select>")[0]


def test_the_story_is_told_in_its_order(cast: Cast) -> None:
    cast.ben.says("CLAIM 1")
    cast.ben.says("OMW 1")
    cast.ben.says("DROP 1 flat tire")
    seen = re.sub(r"<[^>]+>", "", one(cast.dee))
    at = [seen.index(words) for words in ("asked for this", "took it", "is on the way", "gave it back")]
    assert at == sorted(at)
    assert "flat tire" not in seen
