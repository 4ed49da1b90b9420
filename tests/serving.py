"""The web application where a fake carrier can reach it: within this process, or as a process of its own."""

import asyncio
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from fastapi import FastAPI
from pydantic import SecretStr

from app.inbound.ingest import DATABASE_TIMEOUT
from app.settings import Settings
from tests import logscan
from tests.command import python
from tests.fake_twilio import Post
from tests.fake_twilio_media import Fetched

ROOT = Path(__file__).parent.parent

# What `hotline serve` does, on a socket that is open before the process begins, so that nobody needs to wait for it.
SERVER = """
import socket, sys
from app.hotline import Hotline
from app.main import create_app
from app.settings import Settings
from app.web.server import Server
hotline = Hotline(Settings(), database_timeout=float(sys.argv[2]))
Server(create_app(hotline=hotline)).run(sockets=[socket.socket(fileno=int(sys.argv[1]))])
"""


def within(app: FastAPI) -> Post:
    """Post webhooks to an application in this process, without a network."""

    def post(url: str, body: bytes, headers: dict[str, str]) -> int:
        async def once() -> int:
            async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as client:
                return (await client.post(url, content=body, headers=headers)).status_code

        return asyncio.run(once())

    return post


def looking_within(app: FastAPI) -> Callable[[str], Fetched]:
    """Look at an address of an application in this process, by HEAD and GET as Twilio does."""

    def look(url: str) -> Fetched:
        async def once() -> Fetched:
            async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as client:
                head = await client.head(url)
                answer = await client.get(url)
                assert head.headers.get("content-type") == answer.headers.get("content-type")
                return Fetched(url, answer.status_code, dict(answer.headers), answer.content)

        return asyncio.run(once())

    return look


SETTLED = 300  # seconds, at most, until real servers that were killed have come to rest on a busy machine


def until(true: Callable[[], bool], seconds: float = 60) -> None:
    """Wait for something to become true."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.02)


@dataclass
class Process:
    """A hotline in a process of its own."""

    url: str
    popen: "subprocess.Popen[bytes]"
    saying: Path  # a file: a pipe that nobody empties would stop it sooner or later
    said: str = ""  # everything it wrote on either output, once it has ended

    @property
    def ended_well(self) -> bool:
        """Whether it stopped by itself when asked; uvicorn then passes the signal on, so that the host sees it."""
        return self.popen.returncode in (0, -signal.SIGTERM)

    def end(self) -> None:
        """Ask it to stop, as a host does, and wait until it has finished what was under way."""
        if self.popen.returncode is None:
            self.popen.terminate()
            self.popen.wait(timeout=30)
            self.said = self.saying.read_text()


def environment(settings: Settings) -> dict[str, str]:
    """The environment that makes exactly these settings."""
    plain = {k: v.get_secret_value() if isinstance(v, SecretStr) else v for k, v in settings}
    mine = {k.upper(): str(v) for k, v in plain.items() if v is not None}
    return {**python(), "PYTHONPATH": str(ROOT), **mine}


@contextmanager
def process(settings: Settings, home: Path, *, database_timeout: float = DATABASE_TIMEOUT) -> Iterator[Process]:
    """A hotline serving in a process of its own, in the directory `home`."""
    with socket.create_server(("127.0.0.1", 0), backlog=512) as listening:
        port = listening.getsockname()[1]
        saying = home / f"said-{port}.log"
        with saying.open("wb") as said:
            popen = subprocess.Popen(
                [sys.executable, "-c", SERVER, str(listening.fileno()), str(database_timeout)],
                env=environment(settings),
                cwd=home,
                pass_fds=[listening.fileno()],
                stdout=said,
                stderr=subprocess.STDOUT,
            )
        running = Process(f"http://127.0.0.1:{port}", popen, saying)
    try:
        yield running
        running.end()
    finally:
        if popen.returncode is None:
            popen.kill()
            popen.wait()
        logscan.SCAN.hear(saying.read_text(errors="replace"))
