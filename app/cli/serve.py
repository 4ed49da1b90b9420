"""`hotline serve`: the whole hotline in one process."""

import errno
import gc
import signal
import socket
import sys
from typing import Annotated

import anyio.to_thread
import typer
from fastapi import FastAPI

from app.carriers import is_simulated, simulator
from app.cli import console, first_screen
from app.hotline import Hotline
from app.main import ANY_TEXT, create_app
from app.web.server import Server
from handlers import registry

app = typer.Typer()

YOUNG = 10_000  # objects made before the next look for garbage; a text leaves hardly any that is not gone by itself
SWITCH = 0.001  # seconds that one thread may keep the others from running; by itself it is 5 ms
EVERYWHERE = ("0.0.0.0", "::", "")
ALONE = ("127.0.0.1", "localhost", "::1")
PROXY = (
    "Only this machine reaches it: have a proxy on it, such as Caddy, pass PUBLIC_URL on to port {port}.",
    "Where the proxy is another machine, or your host's: hotline serve --host 0.0.0.0",
)


class Announced(Server):
    """Says where to look once it can be looked at."""

    def __init__(self, app: FastAPI, hotline: Hotline, where: list[str]) -> None:
        super().__init__(app)
        self.hotline = hotline
        self.where = where

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to answer."""
        await super().startup(sockets=sockets)
        screen = await anyio.to_thread.run_sync(first_screen.screen, self.hotline, len(self.where))
        typer.echo("\n".join([*screen, *self.where]))


@app.command()
def serve(
    host: Annotated[
        str, typer.Option("--host", help="Where to listen: on this machine for a proxy on it, or 0.0.0.0 for others.")
    ] = "127.0.0.1",
    port: Annotated[int | None, typer.Option("--port", min=0, max=65535, help="Instead of PORT.")] = None,
) -> None:
    """Run the hotline: answer the carrier, send, watch the clock."""
    settings = console.settings()
    with listen(host, settings.port if port is None else port) as listening:
        if is_simulated(settings):
            simulator.check_listener(settings, listening.getsockname()[0])
        console.check(settings)
        settings = settings.model_copy(update={"port": listening.getsockname()[1]})  # links lead there
        hotline = Hotline(settings)
        web = create_app(hotline=hotline)
        registry.understand(ANY_TEXT)  # so that its lists of words are there now, too
        # What is there now stays: looking through all of it for garbage would hold up texts for a tenth of a second.
        gc.collect()
        gc.freeze()
        gc.set_threshold(YOUNG)
        sys.setswitchinterval(SWITCH)
        server = Announced(web, hotline, where(hotline, host, listening.getsockname()[1]))

        def stop(*_: object) -> None:
            server.should_exit = True

        # uvicorn stops cleanly and then raises the signal again; being told to stop is no failure.
        for sign in (signal.SIGTERM, signal.SIGINT):
            signal.signal(sign, stop)
        server.run(sockets=[listening])


def listen(host: str, port: int) -> socket.socket:
    """A socket on this host and port; ends with a plain line if there can be none."""
    try:
        family, kind, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[
            0
        ]
    except (socket.gaierror, UnicodeError):
        console.fail(f"--host {host}: no such address on this machine; write 127.0.0.1 or 0.0.0.0")
    taken = socket.socket(family, kind)
    try:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(address)
        taken.listen()  # two sockets that do not listen yet may share a port
    except OSError as error:
        taken.close()
        if error.errno == errno.EADDRINUSE:
            other = f"hotline serve --port {port + 1}"
            console.fail(f"Port {port} is taken, perhaps by a hotline that already runs. Try: {other}")
        if error.errno == errno.EACCES:
            console.fail(f"Port {port} is only for administrators. Try: hotline serve --port 8000")
        console.fail(f"Cannot listen on {host}, port {port}: {error.strerror}. Write another --host or --port.")
    return taken


def where(hotline: Hotline, host: str, port: int) -> list[str]:
    """A few lines for whoever just started it: where to look, what to do next."""
    settings, stop = hotline.settings, "Stop it with Ctrl+C."
    if hotline.carrier.simulated:
        shown = "127.0.0.1" if host in EVERYWHERE else f"[{host}]" if ":" in host else host
        said = f"{settings.hotline_name} is running with a simulated phone network; no real text is sent."
        if names := sorted(settings.simulator_hosts):
            said += f" Whoever reaches it as {' or '.join(names)} can read and use every simulated phone."
        return [
            *first_screen.wrapped(said),
            "For real ones, when you are ready: hotline golive",
            f"Open http://{shown}:{port}/simulator in a browser. {stop}",
        ]
    numbers = " and ".join(
        f"{number} ({channel})"
        for number, channel in ((settings.hotline_number, "SMS"), (settings.hotline_whatsapp, "WhatsApp"))
        if number
    )
    return [
        *first_screen.wrapped(f"{settings.hotline_name} is running on port {port} for {numbers}. {stop}"),
        *filter(None, [hotline.carrier.instructions()]),  # to be copied, so in one piece
        *(part for said in PROXY if host in ALONE for part in first_screen.wrapped(said.format(port=port))),
    ]
