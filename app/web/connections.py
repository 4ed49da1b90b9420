"""What a stranger may do to a connection: take ten seconds, send a small head, and hold one of a bounded number.

uvicorn has no such limits. A few hundred requests that never end would take every descriptor, and with them the
database's, the spool's and the carrier's; one header without an end would take the memory and the time of all.
"""

import asyncio
import ipaddress
import logging
import sys
from typing import Any

import structlog
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

if sys.platform != "win32":
    import resource

log = structlog.get_logger()

PATIENCE = 10.0  # seconds for a whole request, and for reading its answer; a carrier takes milliseconds
LARGEST_HEAD = 32 * 1024  # bytes
LARGEST_REQUEST = 512 * 1024  # bytes; the pages refuse a body of more than 64 KiB themselves, and can still say so
PIECE = 16 * 1024  # bytes; as many at most are parsed before they are counted
MOST_CONNECTIONS = 1000
SPARE = 128  # descriptors for the database, the spool and the carrier
WANTED = 2 * MOST_CONNECTIONS + SPARE
SAYS_SO = 60.0  # seconds between two lines in the log

# What a stranger sends is no news: uvicorn would write a line about every request that makes no sense.
quiet = logging.getLogger("uvicorn.error.connection")
quiet.setLevel(logging.ERROR)


class Connections:
    """The open connections, and since when the other end of some keeps us waiting: for its request, whole, or for
    reading our answer.

    A newcomer beyond `most` costs the address that keeps us waiting on most connections its oldest one; of several
    such, the one that began first. So neither a carrier nor a proxy loses any, for their requests come whole, and
    neither does a phone that is slow alone.
    """

    def __init__(self, most: int, *, patience: float = PATIENCE, largest: int = LARGEST_REQUEST) -> None:
        self.most = most
        self.largest = largest  # bytes of a request
        self.patience = patience
        self.open: set[Connection] = set()
        self.late = self.crowded = 0  # how many were closed for being slow, and to make room
        self._waiting: dict[str, dict[Connection, float]] = {}  # by address; who waits for longest is first
        self._said_at = 0.0

    def add(self, new: "Connection") -> None:
        """A connection was opened."""
        self.open.add(new)
        self.wait(new)
        if len(self.open) > self.most:
            self.crowded += 1
            most = max(map(len, self._waiting.values()))
            self._drop(next(next(iter(held)) for held in self._waiting.values() if len(held) == most))

    def remove(self, old: "Connection") -> None:
        """A connection was closed."""
        self.open.discard(old)
        self.done_waiting(old)

    def wait(self, on: "Connection") -> None:
        """From now on it is the other end's turn, unless it was already."""
        if on in self.open:
            self._waiting.setdefault(on.peer, {}).setdefault(on, on.loop.time())

    def done_waiting(self, on: "Connection") -> None:
        """The other end has done its part."""
        held = self._waiting.get(on.peer, {})
        held.pop(on, None)
        if not held:
            self._waiting.pop(on.peer, None)

    def sweep(self, now: float) -> None:
        """Close what has kept us waiting for too long; to be called every second or so."""
        for held in list(self._waiting.values()):
            for connection, since in list(held.items()):
                if now - since < self.patience:
                    break
                self.late += 1
                self._drop(connection)
        if self.crowded and now - self._said_at >= SAYS_SO:
            log.warning("too_many_connections", most=self.most, closed=self.crowded, late=self.late)
            self._said_at, self.late, self.crowded = now, 0, 0

    def _drop(self, connection: "Connection") -> None:
        self.remove(connection)
        connection.give_up()
        connection.transport.abort()  # to close it politely would wait until what we wrote is read


class Connection(HttpToolsProtocol):
    """uvicorn's connection with limits. It leans on the names of its methods and on its `cycle`, the last request.

    One request at a time: who sends a second before the first is answered has it closed behind that answer, as HTTP
    allows. A packet holds thousands, and each would be made into objects before the first is looked at.
    """

    def __init__(self, connections: Connections, **given: Any) -> None:
        super().__init__(**given)
        self.all = connections
        self.peer = ""
        self.logger = quiet
        self._arrived, self._most = 0, LARGEST_HEAD  # bytes of this request, and how many it may have so far

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Somebody connects."""
        super().connection_made(transport)
        self.peer = network(self.client[0]) if self.client else ""
        self.all.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """It is closed."""
        self.all.remove(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Something arrives: up to 256 KiB at once."""
        for start in range(0, len(data), PIECE):
            piece = data[start : start + PIECE]
            super().data_received(piece)
            if self.transport.is_closing():
                return
            self._arrived += len(piece)
            if self._arrived > self._most:
                self.send_400_response("Too large.")
                return

    def on_headers_complete(self) -> None:
        """A request's head is whole. Raises ValueError, which has it refused, while another one is being answered."""
        if self.cycle is not None and not self.cycle.response_complete:
            raise ValueError("one at a time")
        self._most = self.all.largest
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """A request is whole: now it is our turn."""
        self._arrived, self._most = 0, LARGEST_HEAD
        self.all.done_waiting(self)
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """An answer is written. The other end has to read it, and may ask for more."""
        super().on_response_complete()
        self.all.wait(self)

    def pause_writing(self) -> None:
        """The other end does not read."""
        super().pause_writing()
        self.all.wait(self)

    def resume_writing(self) -> None:
        """It does again."""
        super().resume_writing()
        if not self.cycle.more_body:
            self.all.done_waiting(self)

    def send_400_response(self, msg: str) -> None:
        """Refuse what came, and close."""
        if self.cycle is None or (self.cycle.response_complete and not self.cycle.more_body):
            super().send_400_response(msg)
        elif self.cycle.more_body:  # of a request that has reached the application
            self.give_up()
            self.transport.close()
        else:
            self.cycle.keep_alive = False  # the answer to the one before it is still to be written

    def give_up(self) -> None:
        """Nobody is there to be answered any more."""
        if self.cycle is not None:
            self.cycle.disconnected = True
            self.cycle.message_event.set()


def network(address: str) -> str:
    """Whose connection it is: an address, or of the newer ones the block that one household has."""
    if ":" not in address:
        return address
    return str(ipaddress.ip_network((address.partition("%")[0], 64), strict=False))


def room() -> int:
    """How many connections this process has descriptors for, after asking the system for as many as we want.

    As many again may be accepted at the same instant before the first of them is counted.
    """
    if sys.platform == "win32":
        return MOST_CONNECTIONS
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = WANTED if hard == resource.RLIM_INFINITY else min(WANTED, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        soft = wanted
    return room_for(None if soft == resource.RLIM_INFINITY else soft)


def room_for(descriptors: int | None) -> int:
    """How many connections so many descriptors are enough for; None for any number of them."""
    return MOST_CONNECTIONS if descriptors is None else max(min(MOST_CONNECTIONS, (descriptors - SPARE) // 2), 1)
