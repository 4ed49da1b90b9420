"""Pages while the database does not answer: whoever looks is told so kindly, and no text waits for who looks."""

import asyncio
from pathlib import Path

import httpx
import psycopg

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
    assert ben.get("/twilio/message").headers["content-type"].startswith("application/json")
