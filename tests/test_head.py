"""HEAD, as GET without a body; and a slash too many behind an address."""

import socket
from pathlib import Path

import httpx
from sqlmodel import col, select

from app.main import create_app
from models.inbound import Inbound
from tests import webhooks
from tests.fakes import PUBLIC
from tests.serving import until, within
from tests.table import served
from tests.test_simulator_guard import simulated
from tests.world import ANA, World


def test_every_page_answers_head_as_get(tmp_path: Path) -> None:
    hotline = simulated(f"sqlite:///{tmp_path / 'hotline.db'}")
    with served(hotline) as site, httpx.Client(base_url=site.home) as client:
        until(lambda: client.get("/health").status_code == 200)
        for path in ("/", "/health", "/metrics", "/simulator", "/simulator/table", "/static/phone.css", "/nowhere"):
            whole, head = client.get(path), client.head(path)
            assert head.status_code == whole.status_code, path
            assert head.content == b""
            assert head.headers.get("content-type") == whole.headers.get("content-type"), path
        assert client.head("/twilio/message").status_code == 404  # no carrier here that would call it
        port = int(site.home.rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port)) as raw:
            raw.sendall(b"HEAD /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            said = b"".join(iter(lambda: raw.recv(65536), b""))
        assert said.startswith(b"HTTP/1.1 200 OK\r\n")
        assert said.endswith(b"\r\n\r\n")
        assert said.count(b"\r\n\r\n") == 1


def post(world: World, path: str, fields: dict[str, str], *, signed_for: str | None = None) -> int:
    body = webhooks.form(fields)
    headers = webhooks.headers(f"{PUBLIC}{signed_for or path}", body)
    return within(create_app(hotline=world.hotline))(f"{PUBLIC}{path}", body, headers)


def test_a_webhook_with_a_slash_behind_it_is_taken(world: World) -> None:
    assert post(world, "/twilio/message/", webhooks.sms(ANA, "need groceries")) == 200
    kept = world.hotline.database.read(lambda session: list(session.exec(select(col(Inbound.body)))))
    assert kept == ["need groceries"]
    said = world.row(world.put())
    assert post(world, f"/twilio/status/?id={said.id}", {"MessageSid": "SM1", "MessageStatus": "delivered"}) == 204
    assert world.row(said.id).state.value == "delivered"


def test_only_as_it_was_signed(world: World) -> None:
    with_slash, without = "/twilio/message/", "/twilio/message"
    assert post(world, with_slash, webhooks.sms(ANA, "hello"), signed_for=without) == 403
    assert post(world, without, webhooks.sms(ANA, "hello"), signed_for=with_slash) == 403


def test_what_is_spooled_and_counted_has_one_name(world: World) -> None:
    post(world, "/twilio/message/", webhooks.sms(ANA, "hello"))
    counted = world.hotline.metrics.registry.get_sample_value(
        "hotline_webhook_seconds_count", {"webhook": "message", "status": "200"}
    )
    assert counted == 1
