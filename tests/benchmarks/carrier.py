"""A carrier that takes every text at once and costs next to nothing: Twilio's API below the level of a framework."""

import asyncio
import re
import sys
import time
from itertools import count
from typing import cast

import uvloop

OURS = re.compile(rb"id%3D(\d+)")  # our row's id, in the address for callbacks
LENGTH = re.compile(rb"content-length: (\d+)", re.I)


class Tally:
    """What the carrier took."""

    def __init__(self) -> None:
        self.sids = count(1)
        self.begin()

    def begin(self) -> None:
        """Count from nothing."""
        self.count = 0
        self.rows: set[bytes] = set()
        self.first = self.last = 0.0

    def take(self, body: bytes) -> bytes:
        """Take one text; returns Twilio's answer."""
        self.last = time.perf_counter()
        self.first = self.first or self.last
        self.count += 1
        self.rows.update(OURS.findall(body))
        return b'{"sid": "SM%032x", "status": "queued", "price": null}' % next(self.sids)

    def told(self) -> bytes:
        """How many texts, how many different ones, and over how many seconds; then the count begins anew."""
        took = self.last - self.first
        said = b'{"count": %d, "different": %d, "seconds": %.6f}' % (self.count, len(self.rows), took)
        self.begin()
        return said


class Api(asyncio.Protocol):
    """One connection."""

    def __init__(self, tally: Tally) -> None:
        self.tally = tally
        self.heard = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's own is no subclass

    def data_received(self, data: bytes) -> None:
        self.heard += data
        head, blank, body = self.heard.partition(b"\r\n\r\n")
        found = LENGTH.search(head)
        length = int(found[1]) if found else 0
        if not blank or len(body) < length:
            return
        self.heard = body[length:]
        if head.startswith(b"POST"):
            self.answer(b"201 Created", self.tally.take(body[:length]))
        elif head.startswith(b"GET /tally"):
            self.answer(b"200 OK", self.tally.told())
        else:  # nobody asks here for more than the list of messages, and there are none
            self.answer(b"200 OK", b'{"messages": [], "page": 0, "page_size": 50, "next_page_uri": null}')

    def answer(self, status: bytes, body: bytes) -> None:
        """Say it and keep the connection."""
        self.transport.write(
            b"HTTP/1.1 %b\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"
            % (status, len(body), body)
        )


async def _serve() -> None:
    tally = Tally()
    server = await asyncio.get_running_loop().create_server(lambda: Api(tally), "127.0.0.1", 0, backlog=512)
    sys.stdout.write(f"port {server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve())
