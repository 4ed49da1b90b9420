"""A hotline that is really being served, with the simulated phones around one of its lines, for tests of the page."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import uvicorn

from app.clock import Clock
from app.hotline import Hotline
from app.main import create_app
from app.simulator.phones import Phones
from app.simulator.sandbox import MORNING
from app.simulator.threads import Phone
from models.lines import Line
from models.store.session import Session


@dataclass(frozen=True)
class Site:
    """A line of a running hotline, and where its page is."""

    hotline: Hotline
    home: str
    line_id: int

    @property
    def url(self) -> str:
        return f"{self.home}/simulator?line={self.line_id}"

    @property
    def phones(self) -> Phones:
        return Phones(self.hotline)

    def neighbor(self, name: str) -> Phone:
        return self.phones.add_neighbor(self.line_id, name)

    def volunteer(self, name: str) -> Phone:
        return self.phones.add_volunteer(self.line_id, name)

    def texts(self, phone: Phone, words: str) -> None:
        self.phones.say(phone.address.line_id, phone.id, words)

    def another_line(self, name: str, number: str) -> "Site":
        """A line nobody has texted yet: what happens on one is not seen on another."""
        line = Line(name=name, sms=number, whatsapp=number, created_at=self.hotline.clock.now())

        def keep(session: Session) -> int:
            session.add(line)
            session.flush()
            return line.id

        return Site(self.hotline, self.home, self.hotline.database.write(keep).result())


def by_day() -> Clock:
    """A clock that runs, and begins with a morning: at night nobody is asked for groceries."""
    return Clock((MORNING - datetime.now(UTC)) % timedelta(days=1))


@contextmanager
def served(hotline: Hotline) -> Iterator[Site]:
    """Serve the hotline on a free port, its background work included."""
    config = uvicorn.Config(create_app(hotline=hotline), host="127.0.0.1", port=0, log_level="error", ws="none")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        assert thread.is_alive(), "the server did not start"
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield Site(hotline, f"http://127.0.0.1:{port}", Phones(hotline).lines()[0].id)
    finally:
        server.should_exit = True
        thread.join()
