"""Somebody who wants the hotline down: a process that holds and abuses connections as long as it is left to run.

`python -m tests.flood PORT KIND=COUNT …`; every connection that the hotline closes is opened again.
"""

import asyncio
import contextlib
import resource
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

HEAD = b"POST /twilio/message HTTP/1.1\r\nHost: 127.0.0.1\r\n"
ROOT = Path(__file__).parent.parent
AGAIN = 0.05  # seconds until it knocks again
FULL = 4 * 2**20  # bytes of an endless header that are sent at a time

Wire = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def _without_end(wire: Wire, begun: bytes) -> None:
    wire[1].write(begun)
    while True:
        wire[1].write(b"x" * FULL)
        await wire[1].drain()


async def half(wire: Wire) -> None:
    """A request whose headers never end."""
    wire[1].write(HEAD + b"X-Half: ")
    await wire[0].read()


async def scattered(wire: Wire) -> None:
    """The same, each from an address of its own."""
    await half(wire)


async def silent(wire: Wire) -> None:
    """Nothing at all."""
    await wire[0].read()


async def idle(wire: Wire) -> None:
    """One request in good order, and then nothing."""
    wire[1].write(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    await wire[0].read()


async def endless(wire: Wire) -> None:
    """One header as long as anybody reads it."""
    await _without_end(wire, HEAD + b"X-Endless: ")


async def slow(wire: Wire) -> None:
    """A body that comes a byte a second."""
    wire[1].write(HEAD + b"Content-Length: 60000\r\n\r\n")
    while not wire[0].at_eof():
        wire[1].write(b"x")
        await asyncio.sleep(1)
        await wire[1].drain()


async def trailer(wire: Wire) -> None:
    """A body that is over, and behind it one trailer as long as anybody reads it."""
    await _without_end(wire, HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\nX-Endless: ")


async def pipelined(wire: Wire) -> None:
    """A hundred thousand requests at once."""
    wire[1].write(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" * 100_000)
    await wire[0].read()


async def deaf(wire: Wire) -> None:
    """One request after the other, and never a look at the answers."""
    wire[1].transport.pause_reading()  # type: ignore[attr-defined]
    while True:
        wire[1].write(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" * 100)
        await wire[1].drain()
        await asyncio.sleep(0.01)


KINDS: dict[str, Callable[[Wire], Awaitable[None]]] = {
    each.__name__: each for each in (half, scattered, silent, idle, endless, slow, trailer, pipelined, deaf)
}


async def hold(port: int, kind: str, nth: int, seen: Counter[str]) -> None:
    """One connection of this kind, opened again whenever it is closed."""
    source = f"127.1.{nth // 250}.{nth % 250 + 1}" if kind == "scattered" else "127.0.0.1"
    while True:
        try:
            wire = await asyncio.open_connection("127.0.0.1", port, local_addr=(source, 0))
        except OSError:
            seen[f"{kind} refused"] += 1
        else:
            seen[f"{kind} opened"] += 1
            with contextlib.suppress(OSError):
                await KINDS[kind](wire)
            seen[f"{kind} closed"] += 1
            wire[1].transport.abort()
        await asyncio.sleep(AGAIN)


async def flood(port: int, wanted: dict[str, int]) -> None:
    """Hold as many of each kind as wanted, until told to stop; then say how it went."""
    seen: Counter[str] = Counter()
    every = [(kind, nth) for kind, count in wanted.items() for nth in range(count)]
    tasks = [asyncio.create_task(hold(port, kind, nth, seen)) for kind, nth in every]
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    await asyncio.sleep(1)
    sys.stdout.write("under way\n")
    sys.stdout.flush()
    await stopped.wait()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    sys.stdout.write(", ".join(f"{count} {what}" for what, count in sorted(seen.items())) + "\n")


@contextmanager
def flooding(port: int, **wanted: int) -> Iterator[Callable[[], str]]:
    """Attack this port from a process of its own; once it is over, what it is given tells how it went."""
    ordered = [f"{kind}={count}" for kind, count in wanted.items()]
    said: list[str] = []
    popen = subprocess.Popen(
        [sys.executable, "-m", "tests.flood", str(port), *ordered], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    try:
        assert popen.stdout is not None
        assert popen.stdout.readline() == "under way\n"
        yield lambda: said[0]
    finally:
        popen.terminate()
        said.append(popen.communicate(timeout=30)[0].strip())


if __name__ == "__main__":
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    asyncio.run(flood(int(sys.argv[1]), {k: int(n) for k, n in (each.split("=") for each in sys.argv[2:])}))
