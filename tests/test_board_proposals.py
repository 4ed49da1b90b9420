"""Proposals on the board: what stands there, for whom, and that what is pressed there is its text."""

from datetime import timedelta

import pytest

from app.hotline import Hotline
from app.simulator.sandbox import StillClock
from models import kept_apart, lines, people, proposals
from models.proposals import Proposal, Voice
from models.store.session import Session
from tests.visiting import Visitor, visitor

ANA, BEN, CARO, DEE = (f"+1202555010{n}" for n in range(1, 5))
PATH = "/board/proposals"


def street(hotline: Hotline) -> dict[str, Visitor]:
    """Three volunteers, one of them Spanish-speaking; who came a day before anything is asked."""
    found = {
        "ben": visitor(hotline, BEN, "Ben Carter"),
        "caro": visitor(hotline, CARO, "Caro Díaz", language="es"),
        "dee": visitor(hotline, DEE, "Dee Miller"),
    }
    hotline.clock.advance(timedelta(days=1))
    for each in found.values():
        each.let_in()
    return found


def made(hotline: Hotline, by: Visitor, words: str, hours: int = 72) -> int:
    def add(session: Session) -> Proposal:
        line = lines.by_id(session, 1)
        return proposals.add(session, line, by.person_id, words, hotline.clock.now(), language="en", hours=hours)

    return hotline.database.write(add).result().number


def says(hotline: Hotline, who: Visitor, number: int, voice: Voice, why: str | None = None) -> None:
    def vote(session: Session) -> None:
        found = proposals.by_number(session, 1, number)
        assert found is not None
        assert proposals.vote(session, found, who.person_id, voice, hotline.clock.now(), words=why)

    hotline.database.write(vote).result()


def over(hotline: Hotline, number: int) -> None:
    def close(session: Session) -> None:
        found = proposals.by_number(session, 1, number)
        assert found is not None
        assert proposals.close(session, found, lines.by_id(session, 1).policy, hotline.clock.now()) is not None

    hotline.database.write(close).result()


def test_how_it_stands_is_told_in_numbers_and_whoever_said_why_by_name(hotline: Hotline) -> None:
    all_ = street(hotline)
    made(hotline, all_["ben"], "Quiet from <b>ten</b> in the evening")
    says(hotline, all_["caro"], 1, Voice.AGREE)
    says(hotline, all_["dee"], 1, Voice.BLOCK, "My patients call late")
    shown = all_["dee"].get(PATH).text
    for said in (
        "Ben proposed it",
        "Quiet from &lt;b&gt;ten&lt;/b&gt; in the evening",
        "2 agree, 1 blocks",
        "It does not pass while somebody blocks.",
        "You block.",
        "<b>Dee</b> blocks:",
        "My patients call late",
    ):
        assert said in shown, said
    assert "Caro" not in shown
    assert "Carter" not in shown
    shown = all_["caro"].get(f"{PATH}/1").text
    assert "La propuso Ben" in shown
    assert "2 están de acuerdo, 1 bloquea" in shown
    assert "Estás de acuerdo." in shown


def test_whoever_came_later_has_no_buttons_for_a_voice(hotline: Hotline) -> None:
    all_ = street(hotline)
    made(hotline, all_["ben"], "We meet on Mondays")
    hotline.clock.advance(timedelta(hours=1))
    eve = visitor(hotline, "+12025550105", "Eve").let_in()
    shown = eve.get(PATH).text
    assert 'value="agree"' not in shown
    assert 'value="ask"' in shown
    assert "You became a volunteer after it was asked" in shown
    assert 'class="count"' not in shown
    shown = all_["dee"].get("/board").text
    assert '<span class="count">1<span class="sr"> proposal waits for your voice</span>' in shown


def test_the_one_who_proposed_it_alone_may_change_it_and_take_it_back(hotline: Hotline) -> None:
    all_ = street(hotline)
    made(hotline, all_["ben"], "We meet on Mondays")
    ben, dee = (all_[name].get(f"{PATH}/1").text for name in ("ben", "dee"))
    for act in ("amend", "withdraw"):
        assert f'value="{act}"' in ben
        assert f'value="{act}"' not in dee
    assert "You proposed it" in ben


def test_nobody_reads_of_who_is_kept_apart_from_them(hotline: Hotline) -> None:
    all_ = street(hotline)
    made(hotline, all_["ben"], "We meet on Mondays")
    says(hotline, all_["caro"], 1, Voice.ASIDE, "Mondays are bad")

    def work(session: Session) -> None:
        found = proposals.by_number(session, 1, 1)
        assert found is not None
        proposals.remark(session, found, all_["ben"].person_id, "At ten or at noon?", hotline.clock.now())
        proposals.remark(session, found, all_["caro"].person_id, "At noon", hotline.clock.now())

    hotline.database.write(work).result()
    assert "At ten or at noon?" in all_["dee"].get(f"{PATH}/1").text
    ids = all_["caro"].person_id, all_["ben"].person_id
    hotline.database.write(lambda s: kept_apart.keep(s, 1, *ids, hotline.clock.now())).result()
    caro, ben = (all_[name].get(f"{PATH}/1").text for name in ("caro", "ben"))
    assert "We meet on Mondays" in caro
    assert "La propuso Un voluntario" in caro
    assert "Ben" not in caro
    assert "At ten or at noon?" not in caro
    for theirs in ("Caro", "Mondays are bad", "At noon"):
        assert theirs not in ben


def test_what_is_over_is_paged_by_number(hotline: Hotline, clock: StillClock) -> None:
    all_ = street(hotline)
    for n in range(70):
        made(hotline, all_["ben"], f"Words of it {n + 1:03}", hours=1)
    made(hotline, all_["ben"], "Not over yet", hours=3000)
    clock.advance(timedelta(hours=2))
    for n in range(70):
        over(hotline, n + 1)
    path, seen, pages = PATH, list[int](), 0
    while path:
        page = all_["dee"].get(path).text.partition('id="over"')[2]
        found = [n for n in range(70, 0, -1) if f"Words of it {n:03}" in page]
        assert len(found) <= 30
        seen += found
        path = page.partition('<a class="button plain" href="')[2].partition("#")[0]
        pages += 1
    assert seen == list(range(70, 0, -1))
    assert pages == 3


def test_a_result_says_its_numbers(hotline: Hotline, clock: StillClock) -> None:
    all_ = street(hotline)
    made(hotline, all_["ben"], "We meet on Mondays")
    made(hotline, all_["dee"], "We meet on Tuesdays")
    says(hotline, all_["dee"], 1, Voice.AGREE)
    says(hotline, all_["ben"], 2, Voice.BLOCK, "Not on Tuesdays")
    clock.advance(timedelta(hours=71))
    assert "being counted" not in all_["ben"].get(PATH).text
    clock.advance(timedelta(hours=2))
    shown = all_["ben"].get(PATH).text
    assert shown.count("The voices are being counted.") == 2
    assert 'value="agree"' not in shown
    for number in (1, 2):
        over(hotline, number)
    shown = all_["ben"].get(f"{PATH}/1").text
    assert "<b>Passed</b>" in shown
    assert "2 agree, nobody blocks" in shown
    assert 'name="act"' not in shown
    shown = all_["ben"].get(f"{PATH}/2").text
    assert "<b>Did not pass</b>" in shown
    assert "1 agrees, 1 blocks" in shown
    assert "blocks: <span" in shown
    assert all_["ben"].get(PATH).text.count('data-name="Result"') == 2


@pytest.mark.parametrize("number", ["9", "0", "x", "9999999999"])
def test_a_number_of_nothing_is_no_page(hotline: Hotline, number: str) -> None:
    ben = street(hotline)["ben"]
    assert ben.get(f"{PATH}/{number}").status_code == 404
    assert ben.post(f"{PATH}/{number}", act="agree", form_id="x").status_code == 404


def test_the_page_is_for_members_alone(hotline: Hotline) -> None:
    all_ = street(hotline)
    made(hotline, all_["ben"], "We meet on Mondays")
    for path in (PATH, f"{PATH}/1"):
        assert Visitor(hotline, BEN).get(path).status_code == 401

    def ban(session: Session) -> None:
        dee = people.by_id(session, all_["dee"].person_id)
        dee.banned_at = hotline.clock.now()
        session.add(dee)

    hotline.database.write(ban).result()
    assert all_["dee"].get(PATH).status_code == 401


def test_words_in_the_address_stand_in_the_form_as_text(hotline: Hotline) -> None:
    shown = street(hotline)["ben"].get(f"{PATH}?words=UNDO+H12+%3C/textarea%3E%3Cb%3E").text
    assert "\nUNDO H12 &lt;/textarea&gt;&lt;b&gt;</textarea>" in shown


def test_words_are_shown_before_anybody_is_asked(hotline: Hotline) -> None:
    ben = street(hotline)["ben"]
    shown = ben.submit(PATH, words="We meet  on\nMondays", hours="168").text
    assert "Ask everybody this?" in shown
    assert "We meet on Mondays</blockquote>" in shown
    assert "2 other volunteers are asked" in shown
    assert '<option value="168" selected>' in shown
    assert ben.carried() == []
    assert ben.submit(PATH, words=" ", hours="0").status_code == 422
    assert ben.submit(PATH, words="We meet", hours="5").status_code == 400
