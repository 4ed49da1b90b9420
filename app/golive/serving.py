"""The hotline while it goes live: one that runs already is used; where none does, it runs within this process.

So what is proved is true of a real hotline, and when this ends, or is killed, nothing is left running.
"""

import errno
import logging
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, redirect_stderr
from pathlib import Path

import httpx

from app.golive.dialog import Stop
from app.hotline import Hotline
from app.main import create_app
from app.settings import Settings
from app.web.server import Server

LOG = "golive.log"
START = 60.0  # seconds within which it answers, or something is wrong
LOOK = 0.1
HERE = "127.0.0.1"


class Serving:
    """Whoever answers at our port, from the moment at which somebody has to."""

    def __init__(self, folder: Path) -> None:
        self._log = folder / LOG
        self._server: Server | None = None
        self._thread: threading.Thread | None = None
        self._settings: Settings | None = None
        self._quiet = ExitStack()

    @property
    def is_own(self) -> bool:
        """Whether it runs within this process."""
        return self._server is not None

    def begin(self, settings: Settings) -> None:
        """Run the hotline here with these settings, unless another process listens at our port. Raises Stop."""
        if self._server is not None and settings == self._settings:
            return
        self.end()
        listening = _listen(settings.port)
        if listening is None:
            return
        self._quiet.enter_context(_into(self._log))
        server = Server(create_app(hotline=Hotline(settings)))
        thread = threading.Thread(target=server.run, args=([listening],), name="hotline", daemon=True)
        thread.start()
        deadline = time.monotonic() + START
        while not server.started:
            if not thread.is_alive() or time.monotonic() > deadline:
                listening.close()
                self.end()
                raise Stop(f"The hotline did not start; why is in {self._log}. Run hotline doctor, then this again.")
            time.sleep(LOOK)
        self._server, self._thread, self._settings = server, thread, settings

    def end(self) -> None:
        """Let it finish what is under way."""
        if self._server is not None and self._thread is not None:
            self._server.should_exit = True
            self._thread.join(START)
        self._server = self._thread = None
        self._quiet.close()


def carrier_at(port: int) -> str | None:
    """The carrier of the hotline that answers at this port of this machine; None where none does."""
    try:
        said = httpx.get(f"http://{HERE}:{port}/health", timeout=5).json()
        return str(said["carrier"])
    except (httpx.HTTPError, ValueError, KeyError, TypeError):
        return None


def _listen(port: int) -> socket.socket | None:
    """A socket at this port; None where somebody listens there already."""
    taken = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind((HERE, port))
        taken.listen()
    except OSError as error:
        taken.close()
        if error.errno == errno.EADDRINUSE:
            return None
        raise Stop(f"Cannot listen on port {port}: {error.strerror}. Write PORT=8000 into .env, say.") from error
    return taken


@contextmanager
def _into(log: Path) -> Iterator[None]:
    """What the hotline logs goes into this file meanwhile: the terminal is for talking."""
    with log.open("a", encoding="utf-8") as file, redirect_stderr(file):
        log.chmod(0o600)
        turned = [each for each in logging.getLogger().handlers if isinstance(each, logging.StreamHandler)]
        before = [handler.setStream(file) for handler in turned]
        try:
            yield
        finally:
            for handler, stream in zip(turned, before, strict=True):
                handler.setStream(stream or sys.__stderr__)
