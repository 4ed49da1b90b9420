"""The board as a list: by keys, filtered by its address, small, and quick however much waits."""

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
import sqlalchemy as sa

from app.hotline import Hotline
from app.simulator.sandbox import StillClock
from models import listing, requests
from models.listing import Place, Taste
from models.requests import State
from models.store.session import Session
from tests.board_street import columns, many, numbers, street
from tests.plans import plan
from tests.visiting import visitor

MORE = re.compile(r'class="more">\s*<a href="([^"]*)"')


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


@pytest.mark.fresh
def test_each_query_for_a_page_reads_an_index_in_its_order(hotline: Hotline) -> None:
    plans: list[str] = []

    def work(session: Session) -> None:
        seen: list[tuple[str, object]] = []

        @sa.event.listens_for(session.connection, "before_cursor_execute")
        def note(_: object, __: object, statement: str, parameters: object, *___: object) -> None:
            if statement.startswith("SELECT"):
                seen.append((statement, parameters))

        listing.worst_first(session, 1, State.OPEN, listing.ALL, (), Place(0, 0), 21)
        listing.fitting_first(session, 1, 7, Taste(), listing.ALL, (), Place(0, 5), 21)
        listing.counts(session, 1, ())
        plans.extend(plan(session, *each) for each in list(seen))

    hotline.database.read(work)
    indexes = ["emergency", "live", "live", "live"]
    assert [name for name, said in zip(indexes, plans, strict=True) if f"ix_request_{name}" not in said] == []
    assert not any("SORT" in said.upper() or "B-TREE" in said for said in plans[:3])
