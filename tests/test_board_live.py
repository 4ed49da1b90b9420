"""The live board: open pages hear that something changed, and when they are over; and what that costs."""

import asyncio
import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from app.hotline import Hotline
from app.main import create_app
from app.pages.board import live
from app.pages.board.live import Listener, Live
from app.web.connections import PATIENCE, Connections
from app.web.server import Server
from models import lines, people, requests
from models.lines import Channel, Line
from models.requests import State
from models.store.session import Session
from tests import fakes
from tests.fakes import Recorder, StillClock
from tests.serving import until
from tests.visiting import Visitor, visitor

ANA, BEN, DEE = "+12025550101", "+12025550102", "+12025550104"
SOON = 20.0  # seconds; a busy machine is no failure


@contextmanager
def served(hotline: Hotline, *, patience: float = PATIENCE) -> Iterator[tuple[str, Live]]:
    """The hotline behind the server that it has in the field; its background threads are not needed here."""
    app = create_app(hotline=hotline)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = Server(app, Connections(100, patience=patience))
        server.config.lifespan = "off"
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        until(lambda: server.started)
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}", app.state.live
        finally:
            server.should_exit = True
            thread.join(timeout=SOON)
            assert not thread.is_alive()


class Ears:
    """A page that listens, in a thread of its own; `heard` are the names and versions of the events."""

    def __init__(self, url: str, by: Visitor) -> None:
        self.heard: list[tuple[str, str]] = []
        self.status = 0
        self.ended = False
        self.headers = httpx.Headers()
        self._url, self._cookies = url, by.cookies
        self._thread = threading.Thread(target=self._listen)
        self._thread.start()
        until(lambda: self.status != 0)

    def _listen(self) -> None:
        cookie = {"cookie": f"board={self._cookies['board']}"}
        with httpx.stream("GET", f"{self._url}/board/live", headers=cookie, timeout=SOON) as answer:
            self.status, self.headers = answer.status_code, answer.headers
            name = ""
            for line in answer.iter_lines():
                if line.startswith("event: "):
                    name = line.removeprefix("event: ")
                elif line.startswith("data:") and name:
                    self.heard.append((name, line.removeprefix("data:").strip()))
                    name = ""
        self.ended = True
        self._thread = threading.Thread()

    @property
    def last(self) -> tuple[str, str]:
        """What it heard last."""
        return self.heard[-1] if self.heard else ("", "")


@pytest.fixture
def ben(hotline: Hotline) -> Visitor:
    return visitor(hotline, BEN, "Ben")


def test_an_open_page_hears_that_something_changed_and_the_page_says_the_same(hotline: Hotline, ben: Visitor) -> None:
    ana = visitor(hotline, ANA, "Ana", helper=False)
    with served(hotline) as (url, _):
        ears = Ears(url, ben.let_in())
        until(lambda: len(ears.heard) == 1)
        assert f'id="version" value="{ears.last[1]}"' in ben.get("/board").text
        ana.says("Need groceries for two near Oak St")
        until(lambda: len(ears.heard) == 2)
        assert f'id="version" value="{ears.last[1]}"' in ben.get("/board").text
        assert "Ana" not in str(ears.heard)
        assert ears.headers["content-type"].startswith("text/event-stream")
        assert ears.headers["x-content-type-options"] == "nosniff"
    until(lambda: ears.ended)  # the server stopped, and did not wait for the page


@pytest.mark.parametrize("words", ["LOGOUT", "STOP"])
def test_who_is_off_the_board_hears_nothing_more(hotline: Hotline, ben: Visitor, words: str) -> None:
    other = visitor(hotline, DEE, "Dee")
    with served(hotline) as (url, pages):
        ears, others = Ears(url, ben.let_in()), Ears(url, other.let_in())
        until(lambda: bool(ears.heard and others.heard))
        ben.says(words)
        until(lambda: ears.ended)
        assert ears.last[0] == live.OVER
        assert Ears(url, ben).status == 401
        assert not others.ended
        assert len(pages.listeners) == 1


def test_who_is_banned_hears_no_more_and_who_goes_off_duty_is_told_to_look(hotline: Hotline, ben: Visitor) -> None:
    dee = visitor(hotline, DEE, "Dee", duty=True)
    dee.says("DUTY ON")
    with served(hotline) as (url, _):
        ears, hers = Ears(url, ben.let_in()), Ears(url, dee.let_in())
        until(lambda: bool(ears.heard and hers.heard))
        dee.says(f"BAN {ben.person_id} unkind")
        until(lambda: ears.last[0] == live.OVER)
        heard = len(hers.heard)
        dee.says("DUTY OFF")
        until(lambda: len(hers.heard) > heard)


def test_one_look_a_second_for_all_and_none_for_nobody(hotline: Hotline, ben: Visitor) -> None:
    others = [visitor(hotline, f"+1202555012{n}", f"Helper {n}").let_in() for n in range(6)]
    with served(hotline) as (url, pages):
        ears = [Ears(url, other) for other in others]
        until(lambda: all(each.heard for each in ears))
        before = pages.looks
        time.sleep(3)
        assert pages.looks - before <= 4
        for each in pages.listeners:
            each.stop("")
        until(lambda: not pages.listeners and all(each.ended for each in ears))
        until(lambda: not pages.watching)
        before = pages.looks
        time.sleep(1.5)
        assert pages.looks == before


def test_of_many_pages_of_one_browser_the_last_ones_listen(hotline: Hotline, ben: Visitor) -> None:
    ben.let_in()
    with served(hotline) as (url, pages):
        ears = [Ears(url, ben) for _ in range(live.MOST_OF_ONE + 2)]
        until(lambda: ears[0].ended and ears[1].ended)
        assert ears[0].last[0] == live.ELSEWHERE
        assert len(pages.listeners) == live.MOST_OF_ONE


def test_a_version_comes_from_the_database_whichever_process_took_the_text_in(hotline: Hotline, ben: Visitor) -> None:
    other = Hotline(
        fakes.settings(str(hotline.settings.database_url), hotline_whatsapp=fakes.WHATSAPP),
        carrier=Recorder(),
        clock=StillClock(),
    )
    ana = visitor(hotline, ANA, "Ana", helper=False)
    ben.let_in()
    try:
        with served(other) as (url, _):
            ears = Ears(url, ben)
            until(lambda: len(ears.heard) == 1)
            ana.says("Need groceries for two near Oak St")
            until(lambda: len(ears.heard) >= 2)
    finally:
        other.stop()


def test_a_stream_without_news_outlasts_the_patience_with_strangers(hotline: Hotline, ben: Visitor) -> None:
    ana = visitor(hotline, ANA, "Ana", helper=False)
    with served(hotline, patience=0.5) as (url, _):
        ears = Ears(url, ben.let_in())
        until(lambda: bool(ears.heard))
        time.sleep(3)
        assert not ears.ended
        heard = len(ears.heard)
        ana.says("Need groceries for two near Oak St")
        until(lambda: len(ears.heard) > heard)


def test_a_page_that_reads_late_hears_the_latest_alone() -> None:
    async def story() -> list[tuple[str, str]]:
        page, heard = Listener(1), list[tuple[str, str]]()
        for n in range(1000):
            page.hear(str(n))
        async for event in page.events(SOON):
            heard.append(event)
            if len(heard) == 1:
                page.hear("again")
                page.stop(live.OVER)
        return heard

    assert asyncio.run(story()) == [("changed", "999"), (live.OVER, "")]


def test_a_page_that_rests_hears_the_latest_afterwards_and_at_once_that_it_is_over() -> None:
    async def story() -> tuple[list[str], float]:
        page, heard, began = Listener(1), list[str](), time.monotonic()
        page.hear("1")
        async for event, version in page.events(SOON):
            heard.append(version or event)
            page.hear("2")
            page.hear("3")
            if heard == ["1"]:
                await page.rest(0.1)
            elif heard == ["1", "3"]:
                asyncio.get_running_loop().call_later(0.3, page.stop, live.OVER)
                await page.rest(SOON)
        return heard, time.monotonic() - began

    heard, took = asyncio.run(story())
    assert heard == ["1", "3", live.OVER]
    assert took < SOON / 2


def test_a_stream_ends_by_itself_after_a_while() -> None:
    async def story() -> list[tuple[str, str]]:
        return [event async for event in Listener(1).events(0.05)]

    assert asyncio.run(story()) == []


def version(of: Visitor) -> str:
    """What an open page of theirs would compare."""
    found = re.search(r'id="version" value="([^"]*)"', of.get("/board").text)
    assert found
    return found.group(1)


def test_a_version_tells_a_volunteer_of_nothing_that_they_may_not_see(hotline: Hotline, ben: Visitor) -> None:
    ana, eve, zoe = (visitor(hotline, n, "Zoe", helper=False) for n in (ANA, "+12025550108", "+12025550109"))
    dee = visitor(hotline, DEE, "Dee", duty=True)
    dee.says("DUTY ON")
    ben.let_in().says("AWAY")  # an offer of theirs that is taken back is news
    dee.let_in()
    at_first, for_duty = version(ben), version(dee)
    assert at_first != for_duty
    assert re.fullmatch("[0-9a-f]{16}", at_first)  # nothing can be counted in it
    hotline.database.write(lambda session: other_line(session, hotline)).result()
    assert (version(ben), version(dee)) == (at_first, for_duty)
    for who, words in [
        (zoe, "chest pain, cant breathe"),  # an alarm, and a request that is held
        (dee, "ON IT 1"),
        (dee, "ASSIGN 1 Dee"),
        (dee, "CLOSE 1 they are in hospital"),
        (zoe, "somebody is breaking in, help"),
        (ana, "I need a ride"),  # a draft: where from?
    ]:
        who.says(words)
        assert version(ben) == at_first, words
        assert version(dee) != for_duty, words
        for_duty = version(dee)
    ana.says("from 45 Oak St")
    assert (put_out := version(ben)) != at_first
    eve.says("Need groceries for two near Oak St")
    assert (next_out := version(ben)) != put_out
    dee.says("HOLD 3")
    dee.says("NOTE 4 she has a dog")
    assert version(ben) == next_out
    ben.says("CLAIM 4")
    assert version(ben) != next_out


def other_line(session: Session, hotline: Hotline) -> None:
    """Something is put out on another line."""
    here, now = lines.all_lines(session)[0], hotline.clock.now()
    line = session.create(Line, name="Elm Park", sms="+12025550180", timezone=here.timezone, created_at=now)
    asker = people.add(session, line, Channel.SMS, "+12025550181", now, name="Far", helper=False, duty=False)
    requests.create(session, line, person_id=asker.id, state=State.OPEN, now=now, needs=["food"])
