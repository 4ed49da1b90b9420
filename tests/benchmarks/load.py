"""Texts fired at a server over kept connections, and how long each answer took."""

import asyncio
import gc
import math
import statistics
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import cast

import uvloop

from tests.benchmarks.texts import Prepared

ANSWERED = b"HTTP/1.1 200 "
ANSWER = b"<Response/>"
PATIENCE = 60.0  # seconds for the last answers


@dataclass
class Volley:
    """What came of some texts. Times are in seconds."""

    taken: list[Prepared] = field(default_factory=list)  # answered 200: the server says that they are on disk
    refused: int = 0
    times: list[float] = field(default_factory=list)
    lasted: float = 0.0
    cpu: float | None = None  # seconds for which the servers kept a core busy

    @property
    def cost(self) -> float:
        """Seconds of the servers' own CPU for a text; it tells the same on a busy machine."""
        return (self.cpu or 0.0) / len(self.times)

    @property
    def rate(self) -> float:
        """Texts answered in a second."""
        return len(self.taken) / self.lasted

    @property
    def median(self) -> float:
        """Half of the answers came sooner."""
        return statistics.median(self.times)

    @property
    def p99(self) -> float:
        """One answer of a hundred came later."""
        return sorted(self.times)[math.ceil(len(self.times) * 0.99) - 1]

    @property
    def longest(self) -> float:
        """The last answer of all."""
        return max(self.times)


class Caller(asyncio.Protocol):
    """One kept connection: says a text, waits for the answer, says the next."""

    def __init__(self, texts: Iterator[tuple[Prepared, float]], until: float, volley: Volley) -> None:
        self.texts = texts
        self.until = until
        self.volley = volley
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.text: Prepared | None = None
        self.began = 0.0
        self.heard = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's own is no subclass
        self.next()

    def next(self) -> None:
        """Say the next text, when its time has come."""
        text, due = next(self.texts, (None, 0.0))
        now = time.perf_counter()
        if text is None or max(now, due) > self.until:
            self.text = None
            self.transport.close()
            if not self.done.done():
                self.done.set_result(None)
        elif due > now:
            asyncio.get_running_loop().call_later(due - now, self.say, text)
        else:
            # A text that had to wait for its connection counts from when it was due: slowness must not hide itself.
            self.say(text, due)

    def say(self, text: Prepared, due: float = 0.0) -> None:
        """Put it on the wire."""
        self.text = text
        self.began = due or time.perf_counter()
        self.transport.write(text.wire)

    def data_received(self, data: bytes) -> None:
        self.heard += data
        head, blank, body = self.heard.partition(b"\r\n\r\n")
        if not blank or len(body) < _length(head):
            return
        assert self.text is not None, "an answer that nobody waited for"
        self.volley.times.append(time.perf_counter() - self.began)
        if head.startswith(ANSWERED) and body == ANSWER:
            self.volley.taken.append(self.text)
        else:
            self.volley.refused += 1
        self.heard = b""
        self.next()

    def connection_lost(self, error: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(error or ConnectionError("the server hung up in the middle of a text"))


def _length(head: bytes) -> int:
    at = head.find(b"content-length: ")
    return int(head[at + 16 :].split(b"\r", 1)[0]) if at >= 0 else 0


def fire(
    texts: Sequence[Prepared],
    ports: Sequence[int],
    *,
    connections: int,
    seconds: float = math.inf,
    pace: float | None = None,
) -> Volley:
    """Send the texts, or as many as `seconds` allow, and wait for every answer.

    Without `pace` each connection sends its next text as soon as it has its answer; with it, all connections
    together begin so many texts a second, however slow the answers are.
    """
    volley = Volley()
    gc.collect()
    gc.disable()
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_fire(texts, ports, connections, seconds, pace, volley))
    finally:
        gc.enable()
    return volley


async def _fire(
    texts: Sequence[Prepared],
    ports: Sequence[int],
    connections: int,
    seconds: float,
    pace: float | None,
    volley: Volley,
) -> None:
    loop = asyncio.get_running_loop()
    began = time.perf_counter()
    times = (began + n / pace if pace else 0.0 for n in range(len(texts)))
    shared = zip(texts, times, strict=True)
    callers = [Caller(shared, began + seconds, volley) for _ in range(connections)]
    for n, each in enumerate(callers):
        await loop.create_connection(lambda each=each: each, "127.0.0.1", ports[n % len(ports)])  # type: ignore[misc]
    async with asyncio.timeout(None if math.isinf(seconds) else seconds + PATIENCE):
        await asyncio.gather(*(each.done for each in callers))
    volley.lasted = time.perf_counter() - began
