"""Pages while the database does not answer: whoever looks is told so kindly, and no text waits for who looks."""

import asyncio
import re
from pathlib import Path

import httpx
import psycopg
import pytest

from app.hotline import Hotline
from tests import webhooks
from tests.fakes import twilio_settings
from tests.postgres import PostgreSQL
from tests.serving import process, until
from tests.test_outage import kept, send
from tests.visiting import Visitor, visitor

LOOKING = 60  # browsers at once


def test_however_many_look_at_a_database_that_hangs_texts_and_health_go_on(
    postgres: PostgreSQL, tmp_path: Path
) -> None:
    url = postgres.migrated()
    with process(twilio_settings(url), tmp_path) as running, psycopg.connect(url) as held:
        until(lambda: httpx.get(f"{running.url}/health", timeout=60).status_code == 200)
        held.execute("LOCK TABLE boardsession IN ACCESS EXCLUSIVE MODE")

        async def look() -> list[int]:
            async with httpx.AsyncClient(timeout=60, limits=httpx.Limits(max_connections=LOOKING)) as client:
                cookie = {"cookie": "board=guessed"}
                looks = [
                    asyncio.create_task(client.get(f"{running.url}/board", headers=cookie)) for _ in range(LOOKING)
                ]
                await asyncio.sleep(1)
                fields = webhooks.sms("+12025550101", "hello")
                assert await asyncio.to_thread(send, running.url, fields) == 200
                assert (await client.get(f"{running.url}/health")).status_code == 200
                assert kept(url) == {"+12025550101": [fields["MessageSid"]]}  # not in the spool
                held.rollback()
                return [answer.status_code for answer in await asyncio.gather(*looks)]

        assert set(asyncio.run(look())) <= {401, 503}
    postgres.drop(url)


def test_a_page_that_is_not_there_or_was_asked_for_strangely_says_so(hotline: Hotline) -> None:
    ben: Visitor = visitor(hotline, "+12025550102", "Ben")
    nowhere = ben.get("/nowhere", **{"accept-language": "es-MX,es;q=0.9,en;q=0.8"})
    assert (nowhere.status_code, "Aquí no hay nada" in nowhere.text) == (404, True)
    assert "There is nothing here" in ben.get("/nowhere", **{"accept-language": "xx;q=zz, ,de"}).text
    assert ben.post("/board/leave", headers={}).status_code == 401  # nobody is let in yet
    ben.let_in()
    refused = ben.post("/board/leave", headers={"origin": "https://elsewhere.example"})
    assert (refused.status_code, "own pages alone" in refused.text) == (403, True)
    assert 'href="/board/me"' in refused.text
    assert ben.get("/twilio/message").headers["content-type"].startswith("application/json")


@pytest.mark.parametrize("path", ["/board/people", "/board/people/1", "/board/requests/", "/board/nowhere"])
def test_whoever_is_let_in_keeps_the_tabs_and_finds_back(hotline: Hotline, path: str) -> None:
    gil = visitor(hotline, "+12025550103", "Gil", language="es")
    outside = gil.get(path)
    assert (outside.status_code in (401, 404), 'class="bar"' in outside.text) == (True, False)
    assert re.findall(r'href="(/[a-z/]*)"', outside.text) == ["/"]
    gil.let_in()
    inside = gil.get(path, **{"accept-language": "en"})
    assert inside.status_code == 404
    assert "Volver a lo que espera" in inside.text
    assert 'href="/board/me"' in inside.text
    assert 'href="/board/people"' not in inside.text  # it is for duty
    assert "Gil" not in inside.text


def test_the_address_of_a_button_leads_to_what_waits(hotline: Hotline) -> None:
    ben = visitor(hotline, "+12025550102", "Ben").let_in()
    for path in ("/board/leave", "/board/leave?again"):
        led = ben.get(path)
        assert (led.status_code, led.headers["location"]) == (303, "/board")
    assert ben.get("/board").status_code == 200  # and nobody has left
    left = ben.post("/board/leave")
    assert "You have left" in left.text
    for shown in (left.text, ben.get("/board").text, ben.get("/b/guessed").text, ben.get("/nowhere").text):
        assert '<a class="button plain" href="/">To the first page</a>' in shown
