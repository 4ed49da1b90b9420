"""The story of a request, for whoever is on duty: what happened, which texts left, and who reads along."""

import re
import tomllib
from datetime import timedelta

import pytest

from app.hotline import Hotline
from app.pages.wording import FOLDER
from app.simulator.sandbox import StillClock
from handlers.views import story
from models.delivery import about
from models.delivery.outbound import Outbound
from models.delivery.outbound import State as TextState
from models.store.session import Session
from tests.plans import plan
from tests.request_cast import TALK, Cast, doors_seen, gather, kinds, see
from tests.visiting import visitor


@pytest.fixture
def cast(hotline: Hotline) -> Cast:
    return gather(hotline)


def test_the_talk_is_open_to_who_asked_for_it_for_an_hour_and_all_see_that(
    hotline: Hotline, cast: Cast, clock: StillClock
) -> None:
    gus = visitor(hotline, "+12025550106", "Gus", duty=True).let_in()
    cast.ben.says("CLAIM 1")
    cast.ana.says("thank you, the bell is broken")
    cast.ben.says("I bring oranges as well")
    secret = ("bell is broken", "oranges")
    seen = see(cast.dee)
    assert "Ben Carter" in seen
    assert "delivered" in seen
    assert all(words not in seen for words in secret)
    assert all(words in cast.dee.submit("/board/requests/1", act="talk").text for words in secret)
    assert doors_seen(hotline, cast.dee) == {1}  # who has it was told the door
    assert all(words not in see(gus) for words in secret)
    assert "read what was written" in see(gus)
    assert any("Dee read the talk" in text for text in cast.fay.says("WHO 1"))
    assert "Dee read the talk" in see(cast.fay)
    clock.advance(timedelta(minutes=59))
    cast.dee.submit("/board/requests/1", act="talk")
    assert all(words in see(cast.dee) for words in secret)
    clock.advance(timedelta(minutes=1, seconds=1))
    assert all(words not in see(cast.dee) for words in secret)
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
    assert TALK not in see(cast.dee, number)
    refused = cast.dee.submit(f"/board/requests/{number}", act="talk")
    assert refused.status_code == 422
    assert "rude" not in refused.text
    assert "angry" not in refused.text


def test_words_that_are_gone_are_said_to_be(hotline: Hotline, cast: Cast, clock: StillClock) -> None:
    cast.ben.says("CLAIM 1")
    cast.dee.says("NOTE 1 knows the way")
    cast.ana.says("DONE 1")
    clock.advance(timedelta(days=31))
    for _ in range(40):
        hotline.tick()
    cast.dee.let_in()
    seen = see(cast.dee)
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
            at = template.created_at + timedelta(minutes=2 * n + 2)
            values = template.model_dump(exclude={"id"}) | {"key": f"s{n}", "state": state, "created_at": at}
            session.create(Outbound, **values)

    hotline.database.write(spread).result()
    seen = see(cast.dee)
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


def test_the_story_is_told_in_its_order(cast: Cast) -> None:
    cast.ben.says("CLAIM 1")
    cast.ben.says("OMW 1")
    cast.ben.says("DROP 1 flat tire")
    seen = re.sub(r"<[^>]+>", "", see(cast.dee))
    at = [seen.index(words) for words in ("asked for this", "took it", "is on the way", "gave it back")]
    assert at == sorted(at)
    assert "flat tire" not in seen


def plain(page: str) -> str:
    """What is read on a page."""
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def test_what_left_is_told_in_sentences_and_what_says_nothing_more_in_one(cast: Cast) -> None:
    cast.ben.says("CLAIM 1")
    cast.ben.says("OMW 1")
    cast.ben.says("@1 I bring oranges")
    seen = plain(see(cast.dee))
    assert "The hotline asked 3 volunteers" in seen
    assert "lets volunteers be asked" not in seen
    assert "Ben Carter (2), Fay (3), and Dee Smith (4) are asked whether they can take it. All delivered." in seen
    assert "Ben Carter (2) reads that it is theirs, and where. Delivered." in seen
    assert "2 texts went out, to Ben Carter (2) and the neighbor. All delivered." in seen
    assert "Ben Carter (2), to the neighbor not shown" in seen
    assert "oranges" not in seen


def test_why_duty_ended_it_is_for_duty_and_why_its_neighbor_did_is_not(hotline: Hotline, cast: Cast) -> None:
    gus = visitor(hotline, "+12025550106", "Gus", duty=True).let_in()
    cast.dee.says("CLOSE 1 the church went")
    cast.ana.says("I need somebody to fix the lamp in my hallway at 77 Elm St")
    cast.ana.says("NEVERMIND 2 my sister can")
    assert all("the church went" in see(who) for who in (cast.dee, gus))
    assert "my sister can" not in see(gus, 2)


def test_there_is_nothing_to_read_before_anybody_wrote(cast: Cast) -> None:
    assert TALK not in see(cast.dee)
    cast.ben.says("CLAIM 1")
    cast.ben.says("@1 I bring oranges")
    assert TALK in see(cast.dee)


def test_a_merged_one_leads_to_where_it_goes_on(cast: Cast) -> None:
    cast.fay.says("please groceries for my neighbor at 214 Oak St apt 3")
    cast.dee.submit("/board/requests/2", act="merge", other="1")
    gone = see(cast.dee, 2)
    assert 'href="/board/requests/1"' in gone
    assert "is the same as #1" in gone
    assert "#2 is the same as this" in see(cast.dee, 1)
    assert 'href="/board/requests/1"' in see(cast.fay, 2)  # it was theirs, and the other is open
    cast.dee.says("HOLD 1")
    assert 'href="/board/requests/1"' not in see(cast.fay, 2)


HOSTILE = "<img src=x onerror=alert(1)> </textarea><script>alert(2)</script> & {{ 7919*7927 }} \u202eevil"


def test_words_and_names_are_text(hotline: Hotline, cast: Cast) -> None:
    eve = visitor(hotline, "+12025550108", "<script>Eve</script>", helper=True)
    cast.ana.says(f"I need a lamp fixed at 77 Elm St {HOSTILE}")
    eve.says(f"CLAIM 2 {HOSTILE}")
    cast.dee.says(f"NOTE 2 {HOSTILE}")
    pages = [see(cast.dee, 2), cast.dee.submit("/board/requests/2", act="talk").text, see(eve.let_in(), 2)]
    pages.append(cast.dee.post("/board/requests/2", act="note", words=f"1 2 3 {HOSTILE}", form_id="h").text)
    for page in pages:
        assert "<script" not in page
        assert "<img" not in page
        assert "62773913" not in page
        assert page.count("</textarea>") == page.count("<textarea")
    assert "&lt;img src=x" in pages[0]


def test_a_phone_that_others_read_is_said_and_what_waits_there(cast: Cast) -> None:
    cast.ana.says("QUIET")
    cast.ben.says("CLAIM 1")
    seen = see(cast.dee)
    assert "Others may read their phone" in seen
    assert "Kept back" in seen


@pytest.mark.fresh
def test_the_texts_about_a_request_are_found_without_reading_all_others(hotline: Hotline, cast: Cast) -> None:
    asked = {"request_id": 999, "since": about.EVER, "before": about.NEVER, "most": story.TEXTS}

    def work(session: Session) -> str:
        compiled = about.LAST.on(session.dialect)
        bound = compiled.parameters(asked)
        return plan(session, compiled.sql, tuple(bound) if compiled.positional else bound)

    found = hotline.database.read(work)
    assert "ix_outbound_request" in found
    assert "SCAN outbound" not in found
    assert "TEMP B-TREE" not in found
    assert "Sort" not in found
