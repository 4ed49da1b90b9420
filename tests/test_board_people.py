"""Volunteers on the board: who sees them, what is done about them, and that it is the same as by text."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest

from app.hotline import Hotline
from app.simulator.sandbox import StillClock
from models import assignments, kept_apart, lines, people, person_events
from models.lines import Channel
from models.store.session import Session
from tests.by_board import same
from tests.visiting import Visitor, visitor

ANA, BEN, CARO, DEE, EVE = (f"+1202555010{n}" for n in range(1, 6))
Pair = tuple[Hotline, Hotline]


def joins(hotline: Hotline, number: str, name: str) -> Visitor:
    """Somebody new, by text alone: nobody has vouched for them."""
    new = Visitor(hotline, number)
    for words in ("JOIN", name, "1"):
        new.says(words)

    def found(session: Session) -> int:
        return next(p.id for p in people.everybody(session, 1) if p.name == name)

    new.person_id = hotline.database.read(found)
    return new


def change(hotline: Hotline, person_id: int, **values: Any) -> None:
    def work(session: Session) -> None:
        person = people.by_id(session, person_id)
        for name, value in values.items():
            setattr(person, name, value)
        session.add(person)

    hotline.database.write(work).result()


@pytest.fixture
def dee(hotline: Hotline) -> Visitor:
    return visitor(hotline, DEE, "Dee", duty=True).let_in()


@pytest.fixture
def ben(hotline: Hotline) -> Visitor:
    return visitor(hotline, BEN, "Ben")


def press(visitor: Visitor, number: int, act: str, **more: str) -> httpx.Response:
    """Both presses: the first shows what would be done, the second does it."""
    path = f"/board/people/{number}"
    asked = visitor.post(path, None, act=act)
    assert asked.status_code == 200
    assert 'name="sure"' in asked.text
    return visitor.submit(path, act=act, sure="1", **more)


def test_duty_sees_volunteers_and_who_waits_but_never_neighbors(hotline: Hotline, dee: Visitor, ben: Visitor) -> None:
    neighbor = Visitor(hotline, ANA)
    neighbor.says("need groceries for two near Oak St")
    new = joins(hotline, CARO, "Caro Lopez")
    shown = dee.get("/board/people").text
    assert "Waiting for somebody who knows them" in shown
    for name in ("Caro Lopez", "Ben", "Dee"):
        assert name in shown
    assert f"/board/people/{new.person_id}" in shown
    neighbor_id = hotline.database.read(lambda s: people.by_address(s, lines.by_id(s, 1), Channel.SMS, ANA))
    assert neighbor_id is not None
    unknown = dee.get("/board/people/999999")
    assert unknown.status_code == 404
    for nobody in (neighbor_id[0].id, "0", "x", "99999999999999999999", "%00"):
        found = dee.get(f"/board/people/{nobody}")
        assert (found.status_code, found.content) == (404, unknown.content)


def test_a_volunteer_finds_nothing_where_people_are(hotline: Hotline, dee: Visitor, ben: Visitor) -> None:
    ben.let_in()
    unknown = ben.get("/board/people/999999")
    assert unknown.status_code == 404
    for path in ("/board/people", f"/board/people/{dee.person_id}", f"/board/people/{ben.person_id}"):
        assert (ben.get(path).status_code, ben.get(path).content) == (404, unknown.content)
        assert ben.post(path, None, act="ban", sure="1", why="x").status_code in (404, 405)
    assert "/board/people" not in ben.get("/board").text
    stranger = Visitor(hotline, EVE)
    assert stranger.get("/board/people").status_code == 401
    dee.says("DUTY OFF")
    assert dee.get("/board/people").status_code == 404


def test_a_page_shows_no_number_of_anybody(hotline: Hotline, dee: Visitor, ben: Visitor) -> None:
    joins(hotline, CARO, "Caro")
    ben.let_in()
    for by, path in ((dee, "/board/people"), (dee, f"/board/people/{ben.person_id}"), (ben, "/board/me")):
        shown = by.get(path).text
        assert "Ben" in shown
        for number in (BEN, CARO, DEE):
            assert number[-4:] not in shown.replace(number[:-4], "")


@pytest.mark.parametrize("name", ["<b>Ben</b>", '"><script>alert(1)</script>', "{{ 7919*7927 }}", "Ben & Söhne"])
def test_names_stay_text(hotline: Hotline, dee: Visitor, name: str) -> None:
    hostile = visitor(hotline, EVE, name)
    for path in ("/board/people", f"/board/people/{hostile.person_id}"):
        shown = dee.get(path).text
        assert "<b>Ben" not in shown
        assert "<script>" not in shown
        assert "62773913" not in shown
    asked = dee.post(f"/board/people/{hostile.person_id}", None, act="ban")
    assert "<script>" not in asked.text


def test_the_first_press_does_nothing(hotline: Hotline, dee: Visitor, ben: Visitor) -> None:
    path = f"/board/people/{ben.person_id}"
    for act in ("remove", "ban", "revoke"):
        assert dee.post(path, None, act=act).status_code == 200
    missing = dee.submit(path, act="ban", sure="1", why="  ")
    assert "Please say why" in missing.text
    unclear = dee.submit(path, act="ban", sure="1", why="and 8")  # would ban two
    assert unclear.status_code == 422
    assert 'value="and 8"' in unclear.text
    assert dee.carried() == []
    assert hotline.database.read(lambda s: people.by_id(s, ben.person_id)).helps
    assert dee.post(path, {}, act="ban", sure="1", why="x").status_code == 403
    assert dee.post(path, None, act="nonsense").status_code == 404


def test_a_form_sent_twice_is_one_act(hotline: Hotline, dee: Visitor, ben: Visitor) -> None:
    path = f"/board/people/{ben.person_id}"
    for _ in range(2):
        assert dee.post(path, None, act="remove", sure="1", form_id="once").status_code == 200
    assert len(_events(hotline, ben.person_id)) == 1


def _events(hotline: Hotline, person_id: int) -> list[Any]:
    kinds = [*person_events.PUT_OUT, person_events.BACK]
    return hotline.database.read(lambda s: person_events.happened(s, person_id, kinds, people.NEVER))


def test_what_happened_to_somebody_is_told_with_who_did_it(hotline: Hotline, dee: Visitor, ben: Visitor) -> None:
    eve = visitor(hotline, EVE, "Eve", duty=True).let_in()
    banned = press(dee, ben.person_id, "ban", why="shouted at <a neighbor>")
    assert "banned" in banned.text
    assert "shouted at &lt;a neighbor&gt;" in banned.text
    assert "takes a second person" in banned.text
    assert 'value="unban"' not in banned.text
    assert "Ben" not in dee.get("/board/people").text
    assert "Ben" in dee.get("/board/people?show=out").text
    back = press(eve, ben.person_id, "unban")
    assert "let back in" in back.text
    assert hotline.database.read(lambda s: people.by_id(s, ben.person_id)).helps


ACTS: dict[str, tuple[str, dict[str, str]]] = {
    "vouch": ("VOUCH {new}", {}),
    "remove": ("REMOVE VOLUNTEER {ben} moved away", {"why": "moved away"}),
    "ban": ("BAN {ben} unkind, twice", {"why": "unkind, twice"}),
    "revoke": ("SHUT OUT {ben}", {}),
    "unban": ("UNBAN {out}", {}),
}


@pytest.mark.parametrize("act", ACTS)
def test_an_act_is_its_text(pair: Pair, act: str) -> None:
    words, more = ACTS[act]
    ids: dict[str, int] = {}

    def story(hotline: Hotline) -> Visitor:
        dee = visitor(hotline, DEE, "Dee", duty=True)
        eve = visitor(hotline, EVE, "Eve", duty=True)
        ben = visitor(hotline, BEN, "Ben")
        out = visitor(hotline, "+12025550107", "Otto")
        Visitor(hotline, ANA).says("need groceries for two near Oak St")
        ben.says("CLAIM 1")
        eve.says(f"BAN {out.person_id} rude")
        new = joins(hotline, CARO, "Caro")
        ids.update(ben=ben.person_id, new=new.person_id, out=out.person_id)
        return dee.let_in()

    whom = {"vouch": "new", "unban": "out"}.get(act, "ben")
    told: Callable[[Visitor], httpx.Response] = lambda by: press(by, ids[whom], act, **more)  # noqa: E731
    numbers = {"ben": 3, "out": 4, "new": 6}
    trace = same(pair, story, words.format(**numbers), told)
    assert ids == numbers
    assert len(trace.texts) > 1  # others hear of it


def test_filters_are_links_and_fit(hotline: Hotline, dee: Visitor, ben: Visitor, clock: StillClock) -> None:
    def area(session: Session) -> int:
        return lines.add_area(session, 1, "Oak Hill").id

    oak = hotline.database.write(area).result()
    eve = visitor(hotline, EVE, "Eve")
    change(hotline, ben.person_id, areas=[oak], can=["food"], languages=["es"])
    change(
        hotline,
        eve.person_id,
        can=["transport"],
        languages=["en"],
        unanswered=5,
        away_until=clock.now() + timedelta(days=2),
    )

    def listed(query: str) -> set[str]:
        shown = dee.get(f"/board/people?{query}").text.partition("<tbody>")[2]
        return {name for name in ("Ben", "Dee", "Eve") if f">{name}</a>" in shown}

    assert listed("") == {"Ben", "Dee", "Eve"}
    assert listed("need=food") == {"Ben", "Dee"}  # Dee does anything
    assert listed("need=transport") == {"Dee", "Eve"}
    assert listed(f"area={oak}&need=food&language=es") == {"Ben"}
    assert listed("free=1") == {"Ben", "Dee"}
    assert listed("silent=1") == {"Eve"}
    assert listed("show=out") == listed("show=new") == set()
    assert listed("need=nonsense&area=x&show=y&after=-1") == {"Ben", "Dee", "Eve"}
    shown = dee.get("/board/people").text
    assert "so I ask less for now" in shown
    assert "5 offers" not in shown  # what somebody let go by is counted for fairness, and shown of nobody
    assert "away until" in shown
    assert f"/board/people?area={oak}" in shown


def test_many_are_shown_a_page_at_a_time(hotline: Hotline, dee: Visitor) -> None:
    names = [f"V{chr(97 + n // 10)}{chr(97 + n % 10)}o" for n in range(60)]
    for n, name in enumerate(names):
        visitor(hotline, f"+12025550{120 + n}", name)
    path, seen, more = "/board/people", list[str](), ""
    for _ in range(3):
        shown = dee.get(path).text.partition("<tbody>")[2]
        seen += [name for name in names if f">{name}</a>" in shown]
        more = shown.partition('class="more"><a class="button plain" href="')[2].partition('"')[0]
        path = more or path
    assert seen == names
    assert not more


def test_duty_learns_not_who_helps_the_neighbor_they_are_kept_apart_from(
    hotline: Hotline, dee: Visitor, ben: Visitor, clock: StillClock
) -> None:
    """Two lists, of a line on which Ben has what is hidden in hand, and before: the same."""
    paths = ("/board/people", "/board/people?free=1", f"/board/people/{ben.person_id}")

    def looked() -> list[str]:
        return [re.sub(r'(name="form_id" value|/pages/)[^ ]*', "", dee.get(path).text) for path in paths]

    ben.says("MAX 1")
    before = looked()
    ana = visitor(hotline, ANA, "Ana", helper=False)
    hotline.database.write(
        lambda s: kept_apart.keep(s, 1, ana.person_id, dee.person_id, hotline.clock.now())
    ).result()
    ana.says("Need groceries for two at 45 Oak St")
    ben.says("CLAIM 1")
    assert hotline.database.read(lambda s: [r.id for _, r in assignments.held_by(s, ben.person_id)]) == [1]
    assert hotline.database.read(lambda s: people.by_id(s, ben.person_id).last_asked_at) is not None
    assert looked() == before
    eve = visitor(hotline, EVE, "Eve", helper=False)
    ben.says("MAX 2")
    eve.says("I need a ride to the clinic from 9 Oak St")
    ben.says("CLAIM 2")
    assert all(now != then for now, then in zip(looked(), before, strict=True))


def test_the_end_of_texts_and_their_return_are_in_a_persons_story(
    hotline: Hotline, dee: Visitor, ben: Visitor
) -> None:
    ben.says("STOP")
    ben.says("STOP")  # said twice, it happened once
    path = f"/board/people/{ben.person_id}"
    assert dee.get(path).text.count("wants no more texts (STOP)") == 1
    ben.says("START")
    shown = dee.get(path).text
    assert "wants texts again (START)" in shown
    assert "(STOP) by" not in shown
