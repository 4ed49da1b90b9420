"""HEAD, as GET without a body; and a slash too many behind an address."""

import asyncio
import re
import socket
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx
from sqlmodel import col, select
from starlette.types import Message

from app.hotline import Hotline
from app.main import create_app
from models.inbound import Inbound
from tests import webhooks
from tests.fakes import PUBLIC
from tests.serving import until, within
from tests.table import served
from tests.test_simulator_guard import simulated
from tests.visiting import visitor
from tests.world import ANA, World

SOON = 20.0  # seconds; a busy machine is no failure
MAY_DIFFER = {"date", "set-cookie"}
FILLED = {
    "number": "1",
    "picture": "1",
    "key": "nothing",
    "secret": "nothing",
    "name": "S1",
    "nonce": "n" * 43,
    "language": "es",
}
FILES = (
    "/static/phone.css",
    "/pages/board.css",
    "/vendored/nowhere.js",
    "/nowhere",
    "/simulator/nowhere",
    "/health/",
)


def paths(routes: Sequence[Any]) -> Iterator[str]:
    """Every path that an application has a route for, with something in the place of what varies."""
    for route in routes:
        if inner := getattr(route, "original_router", None):
            yield from paths(inner.routes)
        elif path := getattr(route, "path", None):
            yield re.sub(r"{(\w+)(:\w+)?}", lambda part: FILLED[part[1]], path)


def test_every_path_there_is_answers_head_as_get(tmp_path: Path) -> None:
    """The same status and the same headers, the length of the body too, and no body: redirects and errors as well."""
    hotline = simulated(f"sqlite:///{tmp_path / 'hotline.db'}")
    with served(hotline) as site, httpx.Client(base_url=site.home) as client:
        until(lambda: client.get("/health").status_code == 200)
        every = sorted({*paths(create_app(hotline=hotline).routes), *FILES})
        assert {"/", "/health", "/metrics", "/board/live", "/simulator", "/media/nothing", "/b/nothing"} < set(every)
        for path in every:
            whole, head = client.get(path), client.head(path)
            assert head.status_code == whole.status_code, path
            assert head.content == b"", path
            if path not in ("/health", "/metrics"):  # whose figures change from one look to the next
                assert same(head) == same(whole), path
            else:
                assert same(head).keys() == same(whole).keys(), path
        assert client.head("/twilio/message").status_code == 404  # no carrier here that would call it
        port = int(site.home.rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port)) as raw:
            raw.sendall(b"HEAD /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            said = b"".join(iter(lambda: raw.recv(65536), b""))
        assert said.startswith(b"HTTP/1.1 200 OK\r\n")
        assert said.endswith(b"\r\n\r\n")
        assert said.count(b"\r\n\r\n") == 1


def same(answer: httpx.Response) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name not in MAY_DIFFER}


def test_a_stream_ends_where_it_would_begin(hotline: Hotline) -> None:
    """`/board/live` never ends by itself; whoever asks for its head alone has it at once, and nobody listens then."""
    app = create_app(hotline=hotline)
    ben = visitor(hotline, "+12025550102", "Ben Carter").let_in()
    cookie = "; ".join(f"{name}={value}" for name, value in ben.cookies.items())
    sent: list[Message] = []

    async def ask() -> None:
        asked = asyncio.Event()

        async def receive() -> Message:
            if asked.is_set():
                await asyncio.Event().wait()  # who asks stays, and says no more
            asked.set()
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Message) -> None:
            sent.append(message)

        scope: dict[str, Any] = {"type": "http", "method": "HEAD", "path": "/board/live", "raw_path": b"/board/live"}
        scope["headers"] = [(b"host", b"localhost:8000"), (b"cookie", cookie.encode())]
        scope |= {"query_string": b"", "scheme": "http", "server": ("localhost", 8000), "client": ("127.0.0.1", 4242)}
        scope |= {"http_version": "1.1", "root_path": "", "asgi": {"version": "3.0", "spec_version": "2.3"}}
        await asyncio.wait_for(app(scope, receive, send), SOON)
        while app.state.live.watching:  # its last look is made by a thread
            await asyncio.sleep(0.05)

    asyncio.run(ask())
    start, body = sent
    assert start["status"] == 200
    assert dict(start["headers"])[b"content-type"].startswith(b"text/event-stream")
    assert body == {"type": "http.response.body", "body": b""}
    assert app.state.live.listeners == []


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
