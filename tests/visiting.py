"""A browser without a screen, and the phone in its owner's other hand, for a hotline within this process."""

import asyncio
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count

import httpx

from app.hotline import Hotline
from app.main import create_app
from app.simulator.sandbox import Recorder
from models import lines, people
from models.inbound import Heard
from models.lines import Channel
from models.people import Person
from models.store.session import Session

HOME = "http://localhost:8000"
OURS = {"origin": HOME}  # as a browser says where a form comes from
LINK = re.compile(r"/b/[\w-]+")
BETWEEN = timedelta(seconds=20)  # two texts: the same words at once are one text that came twice
FORM_ID = re.compile(r'name="form_id" value="([\w-]+)"')

_sids: Iterator[int] = count(1)


@dataclass
class Visitor:
    """Somebody with a phone and a browser."""

    hotline: Hotline
    number: str
    person_id: int = 0
    cookies: httpx.Cookies = field(default_factory=httpx.Cookies)

    def get(self, path: str, **headers: str) -> httpx.Response:
        """Open a page; redirects are not followed."""
        return self._ask("GET", path, headers=headers)

    def post(self, path: str, headers: dict[str, str] | None = None, **fields: str | list[str]) -> httpx.Response:
        """Send a form; by default as a page of ours does."""
        return self._ask("POST", path, headers=OURS if headers is None else headers, data=fields)

    def submit(self, path: str, **fields: str | list[str]) -> httpx.Response:
        """Press a button of the page at `path`: what it would send, with the name that the page gave the form."""
        found = FORM_ID.search(self.get(path).text)
        return self.post(path, None, form_id=found.group(1) if found else "", **fields)

    def head(self, path: str) -> httpx.Response:
        """Ask for a page without its body."""
        return self._ask("HEAD", path)

    def _ask(self, method: str, path: str, **more: object) -> httpx.Response:
        async def once() -> httpx.Response:
            app = create_app(hotline=self.hotline)
            transport = httpx.ASGITransport(app)
            async with httpx.AsyncClient(transport=transport, base_url=HOME, cookies=self.cookies) as client:
                answer = await client.request(method, path, **more)  # type: ignore[arg-type]
                self.cookies = client.cookies
                app.state.counting.stop()
                return answer

        return asyncio.run(once())

    def says(self, words: str) -> list[str]:
        """Text the hotline, some seconds after the last text; everything that left because of it, to whomever."""
        self.hotline.clock.advance(BETWEEN)
        heard = Heard(f"SMvisit{next(_sids):026}", Channel.SMS, self.number, self._to(), words)
        self.hotline.receive(heard).result()
        return self.carried()

    def carried(self) -> list[str]:
        """What left since the last look."""
        self.hotline.sender.drain()
        carrier = self.hotline.carrier
        assert isinstance(carrier, Recorder)
        said, carrier.carried = [text.body for text in carrier.carried], []
        return said

    def link(self) -> str:
        """Ask for the board by text; the link that comes, without the hotline's address."""
        found = [LINK.search(text) for text in self.says("BOARD")]
        return next(link.group() for link in found if link)

    def enter(self, link: str, headers: dict[str, str] | None = None) -> httpx.Response:
        """Press the button that a link shows."""
        return self.post("/board/enter", headers, secret=link.removeprefix("/b/"))

    def let_in(self) -> "Visitor":
        """Come onto the board, as everybody does."""
        assert self.enter(self.link()).status_code == 303
        self.carried()
        return self

    def _to(self) -> str:
        return self.hotline.database.read(lambda session: lines.all_lines(session)[0].sms or "")


def visitor(
    hotline: Hotline, number: str, name: str, *, helper: bool = True, duty: bool = False, language: str = "en"
) -> Visitor:
    """A phone of somebody whom the host added, and a browser that nobody knows."""

    def add(session: Session) -> Person:
        line = lines.all_lines(session)[0]
        line.rules = {**line.rules, "burst_seconds": 0}
        session.add(line)
        person = people.add(
            session,
            line,
            Channel.SMS,
            number,
            hotline.clock.now(),
            name=name,
            helper=helper,
            duty=duty,
            language=language,
            areas=[],
            can=[],
        )
        person.introduced_at = hotline.clock.now()
        session.add(person)
        return person

    return Visitor(hotline, number, hotline.database.write(add).result().id)
