"""Reading pages over a kept connection as a browser does, and open pages that wait for news."""

import socket
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPResponse

from app.pages.members import COOKIE

PATIENCE = 60.0  # seconds for an answer
NEWS = b"data:"  # begins a line of the stream that says something; comments only keep it open


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

    def get(self, path: str) -> tuple[float, bytes]:
        """Seconds until the first byte of the answer, and all of the page. Raises RuntimeError if there is none."""
        if self.connection.sock is None:
            self.connection.connect()
        began = time.perf_counter()
        self.connection.request("GET", path, headers=self.headers)
        assert self.connection.sock is not None
        self.connection.sock.recv(1, socket.MSG_PEEK)
        first = time.perf_counter() - began
        answer = self.connection.getresponse()
        page = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{path} answers {answer.status}")
        return first, page

    def close(self) -> None:
        """Hang up."""
        self.connection.close()


@dataclass
class OpenPage:
    """A page that somebody left open: it hears of news until it is closed."""

    port: int
    key: str
    path: str
    heard: list[float] = field(default_factory=list)  # when
    failed: Exception | None = None

    def __post_init__(self) -> None:
        self.reader = Reader(self.port, self.key)
        self.reader.connection.request("GET", self.path, headers=self.reader.headers)
        answer = self.reader.connection.getresponse()
        if answer.status != 200:
            raise RuntimeError(f"{self.path} answers {answer.status}")
        self.thread = threading.Thread(target=self._listen, args=[answer], daemon=True)
        self.thread.start()

    def _listen(self, answer: HTTPResponse) -> None:
        try:
            while line := answer.readline():
                if line.startswith(NEWS):
                    self.heard.append(time.perf_counter())
        except (OSError, ValueError, AttributeError) as error:
            self.failed = error

    def hears_after(self, moment: float) -> float | None:
        """Seconds from this moment until the first news after it; None if there were none yet."""
        return next((at - moment for at in self.heard if at > moment), None)

    def close(self) -> None:
        """Leave."""
        sock = self.reader.connection.sock
        if sock is not None:
            sock.shutdown(socket.SHUT_RDWR)
        self.thread.join(PATIENCE)
        self.reader.close()


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
    """Seconds until the last of these pages hears of news after this moment. Raises RuntimeError if one never."""
    deadline = time.perf_counter() + PATIENCE
    while any(page.hears_after(moment) is None for page in pages):
        if time.perf_counter() > deadline:
            raise RuntimeError("an open page hears nothing")
        time.sleep(0.01)
    return max(page.hears_after(moment) or 0.0 for page in pages)
