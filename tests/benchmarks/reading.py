"""Reading pages over a kept connection as a browser does, and open pages that wait for news."""

import re
import select
import socket
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPResponse

from app.pages.board.members import COOKIE

PATIENCE = 60.0  # seconds for an answer
NEWS = b"data:"  # begins a line of the stream that says something; comments only keep it open
VERSION = re.compile(rb'id="version"[^>]*value="([^"]*)"')


@dataclass
class Reader:
    """A browser at one server; with a key it is on the board."""

    port: int
    key: str = ""

    def __post_init__(self) -> None:
        self.connection = HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)

    @property
    def headers(self) -> dict[str, str]:
        """What it sends."""
        return {"Accept-Language": "en", **({"Cookie": f"{COOKIE}={self.key}"} if self.key else {})}

    def get(self, path: str, **more: str) -> tuple[float, bytes]:
        """Seconds until the first byte of the answer, and all of the page. Raises RuntimeError if there is none."""
        self._connect()
        began = time.perf_counter()
        self.connection.request("GET", path, headers=self.headers | more)
        assert self.connection.sock is not None
        self.connection.sock.recv(1, socket.MSG_PEEK)
        first = time.perf_counter() - began
        answer = self.connection.getresponse()
        page = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{path} answers {answer.status}")
        return first, page

    def _connect(self) -> None:
        """A connection that is open: after some seconds of silence the server has closed the last one."""
        sock = self.connection.sock
        if sock is not None and select.select([sock], [], [], 0)[0]:
            self.connection.close()
        if self.connection.sock is None:
            self.connection.connect()

    def close(self) -> None:
        """Hang up."""
        self.connection.close()


@dataclass
class OpenPage:
    """A page of the board that somebody left open: at news it asks for what can change, as its script does."""

    port: int
    key: str
    path: str
    stream: str  # where it hears of news
    shown: list[float] = field(default_factory=list)  # when something new had come
    failed: Exception | None = None

    def __post_init__(self) -> None:
        self.reader = Reader(self.port, self.key)
        self.version = self._version(self.reader.get(self.path)[1])
        self.listening = Reader(self.port, self.key)
        self.listening.connection.request("GET", self.stream, headers=self.listening.headers)
        answer = self.listening.connection.getresponse()
        if answer.status != 200:
            raise RuntimeError(f"{self.stream} answers {answer.status}")
        self.thread = threading.Thread(target=self._listen, args=[answer], daemon=True)
        self.thread.start()

    def _version(self, html: bytes) -> bytes:
        found = VERSION.search(html)
        assert found is not None, "the page does not say its version"
        return found[1]

    def _listen(self, answer: HTTPResponse) -> None:
        try:
            while line := answer.readline():
                if line.startswith(NEWS) and line.removeprefix(NEWS).strip() != self.version:
                    self.version = self._version(self.reader.get(self.path, **{"HX-Request": "true"})[1])
                    self.shown.append(time.perf_counter())
        except (OSError, ValueError, AttributeError, AssertionError, RuntimeError) as error:
            self.failed = error

    def shows_after(self, moment: float) -> float | None:
        """Seconds from this moment until it shows something new; None if it does not yet."""
        return next((at - moment for at in self.shown if at > moment), None)

    def close(self) -> None:
        """Leave. Raises what went wrong meanwhile."""
        failed = self.failed  # what closing does to the stream is no failure
        sock = self.listening.connection.sock
        if sock is not None:
            sock.shutdown(socket.SHUT_RDWR)
        self.thread.join(PATIENCE)
        self.reader.close()
        self.listening.close()
        if failed:
            raise failed


@dataclass
class Glances:
    """Somebody who looks at a page once a second, until `end`."""

    reader: Reader
    path: str
    times: list[float] = field(default_factory=list)  # seconds until each first byte
    failed: Exception | None = None

    def __post_init__(self) -> None:
        self.reader.get(self.path)
        self.over = threading.Event()
        self.thread = threading.Thread(target=self._look, daemon=True)
        self.thread.start()

    def _look(self) -> None:
        try:
            while not self.over.wait(1):
                self.times.append(self.reader.get(self.path)[0])
        except (OSError, RuntimeError) as error:
            self.failed = error

    def end(self) -> list[float]:
        """Stop; what was measured. Raises what went wrong."""
        self.over.set()
        self.thread.join(PATIENCE)
        self.reader.close()
        if self.failed:
            raise self.failed
        return self.times


def news(pages: Sequence[OpenPage], moment: float) -> float:
    """Seconds from this moment until each of these pages shows something new. Raises RuntimeError if one does not."""
    deadline = time.perf_counter() + PATIENCE
    while any(page.shows_after(moment) is None for page in pages):
        if time.perf_counter() > deadline:
            raise RuntimeError("an open page shows nothing new")
        time.sleep(0.01)
    return max(page.shows_after(moment) or 0.0 for page in pages)
