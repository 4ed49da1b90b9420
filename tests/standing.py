"""A hotline that is served and stands still: its pages answer, and only the test moves its clock and sends texts."""

import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from app.hotline import Hotline
from app.main import create_app
from app.web.server import Server
from tests import fakes
from tests.fakes import Recorder, StillClock
from tests.serving import until

T = TypeVar("T")


@contextmanager
def still(migrated_file: Path, folder: Path) -> Iterator[Hotline]:
    """Such a hotline on a SQLite database of its own."""
    file = folder / "hotline.db"
    file.write_bytes(migrated_file.read_bytes())
    hotline = Hotline(fakes.settings(f"sqlite:///{file}"), carrier=Recorder(), clock=StillClock())
    hotline.prepare()
    yield hotline
    hotline.stop()


@contextmanager
def served(hotline: Hotline) -> Iterator[str]:
    """Serve its pages on a free port; where that is."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = Server(create_app(hotline=hotline))
        server.config.lifespan = "off"
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        until(lambda: server.started)
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


def aside(work: Callable[[], T]) -> T:
    """Playwright has an event loop running in this thread; visitors need their own."""
    with ThreadPoolExecutor(1) as other:
        return other.submit(work).result()
