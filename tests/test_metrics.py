"""GET /metrics: figures of the host and of nobody, for whoever has the token or sits at the machine."""

import asyncio
import logging
from concurrent.futures import Future
from datetime import timedelta

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr
from starlette.types import Receive, Scope, Send

from app.hotline import Hotline
from app.inbound.receive import Taken
from app.main import create_app
from app.telemetry.metrics import Metrics, Timed
from app.web.snapshot import DatabaseFigures, HealthMonitor
from models.delivery.outbound import Lane, State
from models.lines import Channel
from tests import webhooks
from tests.fake_twilio import Mood
from tests.fakes import TOKEN, WHATSAPP
from tests.health_fakes import ask, make, pause_number, spend
from tests.world import ANA, World

pytestmark = pytest.mark.anyio

SECRET = "a-token-for-prometheus"
BEN = "+12025550102"


def figures(said: str) -> dict[str, float]:
    """Every sample as `name{label="value"}`."""
    found = {}
    for family in text_string_to_metric_families(said):
        for sample in family.samples:
            labels = ",".join(f"{name}={value}" for name, value in sorted(sample.labels.items()))
            found[f"{sample.name}{{{labels}}}" if labels else sample.name] = sample.value
    return found


def scraped(world: World) -> dict[str, float]:
    answer = asyncio.run(ask(create_app(hotline=world.hotline), "/metrics"))
    assert answer.status_code == 200
    return figures(answer.text)


def test_texts_and_webhooks_are_counted(world: World) -> None:
    fields = webhooks.sms(ANA, "I need groceries for two")
    world.twilio.deliver(fields)
    world.twilio.deliver(fields)
    body = webhooks.form(fields)
    forged = webhooks.headers(webhooks.MESSAGE, body, token="forged")
    assert world.twilio.post(webhooks.MESSAGE, body, forged) == 403
    world.drain()
    found = scraped(world)
    assert found["hotline_texts_total{taken=handled}"] == 1
    assert found["hotline_texts_total{taken=seen}"] == 1
    assert found["hotline_refused_signatures_total"] == 1
    assert found["hotline_webhook_seconds_count{status=200,webhook=message}"] == 2
    assert found["hotline_webhook_seconds_count{status=403,webhook=message}"] == 1
    assert found["hotline_webhook_seconds_count{status=204,webhook=status}"] >= 2
    assert found["hotline_sends_total{error=,lane=reply,result=taken}"] >= 1
    assert found["hotline_send_seconds_count"] >= 1
    assert found["hotline_commit_texts_count"] >= 2
    assert found["process_resident_memory_bytes"] > 0


def test_what_became_of_a_try_is_counted_with_its_class_of_error(world: World) -> None:
    world.twilio.next(Mood.DROP, Mood.BUSY)
    world.twilio.refused[BEN] = 21211
    for n, lane in enumerate((Lane.SAFETY, Lane.BULK)):
        world.put(body=f"text {n}", lane=lane)
        world.hotline.sender.once()
    world.put(to=BEN, lane=Lane.NOTICE)
    world.hotline.sender.once()
    found = scraped(world)
    tries = {name: value for name, value in found.items() if name.startswith("hotline_sends_total")}
    assert tries == {
        "hotline_sends_total{error=,lane=safety,result=look_up}": 1,
        "hotline_sends_total{error=204xx,lane=bulk,result=again}": 1,
        "hotline_sends_total{error=212xx,lane=notice,result=bad_address}": 1,
    }


def test_what_waits_what_rests_and_what_it_cost(world: World) -> None:
    now = world.clock.now()
    pause_number(world.hotline.database, now, 20003)
    pause_number(world.hotline.database, now, 20003, channel=Channel.WHATSAPP, number=WHATSAPP)
    spend(world.hotline.database, "2026-03-03", 1_250_000, 150)
    spend(world.hotline.database, "2026-03-02", 9_000_000, 900)
    world.put(lane=Lane.BULK)
    make(world.hotline.database, world.put(body="who knows"), state=State.UNCERTAIN)
    world.clock.advance(timedelta(seconds=90))
    found = scraped(world)
    told = {
        name: value for name, value in found.items() if value and name.startswith("hotline_") and "commit" not in name
    }
    assert told.pop("hotline_disk_free_bytes", 1) > 0
    assert told.pop("hotline_open_files", 1) > 0  # Linux tells how many
    assert told == {
        "hotline_database_up": 1,
        "hotline_unsent_texts{lane=bulk}": 1,
        "hotline_oldest_unsent_seconds{lane=bulk}": 90,
        "hotline_unsettled_texts{state=uncertain}": 1,
        "hotline_paused_numbers{channel=sms,error=20003}": 1,
        "hotline_paused_numbers{channel=whatsapp,error=20003}": 1,
        "hotline_spent_today{line=1}": 1.25,
        "hotline_segments_today{line=1}": 150,
        **{name: value for name, value in told.items() if name.endswith("_created")},
    }
    assert found["hotline_thread_alive{thread=sender}"] == 0


def test_no_figure_says_anything_about_anybody(world: World) -> None:
    world.duty()
    world.twilio.undelivered[BEN] = 30003
    for sender, words in ((ANA, "I need insulin at 12 Magnolia St"), (BEN, "HELP"), (ANA, "FORGET ME"), (BEN, "x")):
        world.twilio.text(sender, words)
    world.drain()
    answer = asyncio.run(ask(create_app(hotline=world.hotline), "/metrics"))
    labels = {
        (name, value)
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
        for name, value in sample.labels.items()
    }
    known = {"taken", "webhook", "status", "lane", "result", "error", "le", "thread", "state", "channel", "line"}
    assert {name for name, _ in labels} <= known
    ours = {*map(str, Taken), *world.hotline.threads}
    assert all(len(value) <= 10 for _, value in labels if value not in ours)
    for private in (ANA[2:], BEN[2:], WHATSAPP[2:], "insulin", "Magnolia", "Dee", TOKEN):
        assert private not in answer.text


class Away(HealthMonitor):
    """A database that refuses."""

    def figures(self) -> "Future[DatabaseFigures]":
        refused: Future[DatabaseFigures] = Future()
        refused.set_exception(ConnectionError())
        return refused


async def test_a_database_that_is_away_leaves_its_figures_out(hotline: Hotline) -> None:
    app = create_app(hotline=hotline)
    app.state.health_monitor = Away(hotline)
    found = figures((await ask(app, "/metrics")).text)
    assert found["hotline_database_up"] == 0
    assert found["hotline_spooled_texts"] == 0
    assert not any(name.startswith("hotline_unsent") for name in found)


@pytest.mark.parametrize(
    ("client", "headers", "code"),
    [
        ("127.0.0.1", {}, 200),
        ("::1", {}, 200),
        ("127.0.0.1", {"host": "localhost:8000"}, 200),
        ("127.0.0.1", {"host": "[::1]:8000"}, 200),
        ("192.0.2.7", {}, 403),
        ("192.0.2.7", {"x_forwarded_for": "127.0.0.1"}, 403),
        ("192.0.2.7", {"host": "localhost"}, 403),
        ("127.0.0.1", {"x_forwarded_for": "192.0.2.7"}, 403),
        ("127.0.0.1", {"x_forwarded_for": "127.0.0.1"}, 403),
        ("127.0.0.1", {"X_Forwarded_Proto": "https"}, 403),
        ("127.0.0.1", {"forwarded": "for=192.0.2.7"}, 403),
        ("127.0.0.1", {"via": "1.1 proxy"}, 403),
        ("127.0.0.1", {"x_real_ip": "127.0.0.1"}, 403),
        ("127.0.0.1", {"cf_connecting_ip": "192.0.2.7"}, 403),
        ("127.0.0.1", {"host": "hotline.example.org"}, 403),
        ("127.0.0.1", {"host": "localhost.example.org"}, 403),
        ("127.0.0.1", {"host": ""}, 403),
        ("not an address", {}, 403),
        ("127.0.0.1", {"authorization": f"Bearer {SECRET}"}, 200),  # not needed here, and no harm
    ],
)
async def test_without_a_token_only_this_machine(
    hotline: Hotline, client: str, headers: dict[str, str], code: int
) -> None:
    answer = await ask(create_app(hotline=hotline), "/metrics", client=client, patient=True, **headers)
    assert answer.status_code == code
    assert ("hotline_database_up" in answer.text) == (code == 200)


async def test_an_old_proxy_that_adds_nothing_is_not_this_machine(hotline: Hotline) -> None:
    app = create_app(hotline=hotline)

    async def older(scope: Scope, receive: Receive, send: Send) -> None:
        await app({**scope, "http_version": "1.0"}, receive, send)

    transport = httpx.ASGITransport(older)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as asking:
        assert (await asking.get("/metrics")).status_code == 403


@pytest.mark.parametrize(
    ("client", "authorization", "code"),
    [
        ("192.0.2.7", f"Bearer {SECRET}", 200),
        ("192.0.2.7", f"bearer  {SECRET} ", 200),
        ("127.0.0.1", f"Bearer {SECRET}x", 403),
        ("127.0.0.1", f"Basic {SECRET}", 403),
        ("127.0.0.1", "Bearer ", 403),
        ("127.0.0.1", "Bearer \u00e9", 403),
        ("127.0.0.1", None, 403),
    ],
)
async def test_with_a_token_only_whoever_has_it(
    hotline: Hotline, client: str, authorization: str | None, code: int
) -> None:
    hotline.settings.hotline_metrics_token = SecretStr(SECRET)
    headers = {"authorization": authorization} if authorization is not None else {}
    answer = await ask(create_app(hotline=hotline), "/metrics", client=client, patient=True, **headers)
    assert answer.status_code == code
    assert SECRET not in answer.text


async def test_a_webhook_that_breaks_is_timed_as_500() -> None:
    async def broken(scope: Scope, receive: Receive, send: Send) -> None:
        raise RuntimeError

    metrics = Metrics()
    transport = httpx.ASGITransport(
        Timed(broken, metrics, {"/twilio/message": "message"}), raise_app_exceptions=False
    )
    async with httpx.AsyncClient(transport=transport, base_url="http://hotline") as asking:
        await asking.post("/twilio/message")
        await asking.post("/elsewhere")
    count = metrics.registry.get_sample_value
    assert count("hotline_webhook_seconds_count", {"webhook": "message", "status": "500"}) == 1


def test_nothing_is_logged_about_a_scrape() -> None:
    assert logging.getLogger("uvicorn.access").level == logging.CRITICAL
