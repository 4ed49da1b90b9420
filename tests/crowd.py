"""A crowd that texts over many connections at once, whether anybody answers or not."""

import asyncio
import random
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import httpx

from tests import webhooks
from tests.benchmarks.texts import area_codes
from tests.serving import until

CONNECTIONS = 64
CLAIMING = 32  # of these; the others bring new requests
NEED = "I need groceries for two, 14 Oak St"


def numbers() -> Iterator[str]:
    """Phone numbers of nobody: the hundred reserved ones of every area code of the country but the hotline's own."""
    for area in area_codes():
        yield from (f"+1{area}55501{n:02}" for n in range(100))


@dataclass
class Crowd:
    """People who text over 64 connections, whether anybody answers or not.

    What was not answered is posted again at once by some, as the carrier does, and left open by others.
    """

    chance: random.Random
    numbers: Iterator[str]
    where: str = ""  # the server's address; it moves with every start
    pause: float = 0.15  # seconds between the texts of one connection
    texts: dict[str, dict[str, str]] = field(default_factory=dict)  # every one that was posted, by id
    answered: set[str] = field(default_factory=set)  # with 200
    others: Counter[int] = field(default_factory=Counter)  # other answers

    def __post_init__(self) -> None:
        self.volunteers = [next(self.numbers) for _ in range(CLAIMING)]
        self._asked = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._all()), name="crowd")

    @contextmanager
    def texting(self) -> Iterator[None]:
        self._thread.start()
        try:
            yield
        finally:
            self._over.set()
            self._thread.join()

    def wait_for(self, more: int) -> None:
        """Wait until so many more texts were answered with 200."""
        enough = len(self.answered) + more
        until(lambda: len(self.answered) >= enough)

    @property
    def unanswered(self) -> list[dict[str, str]]:
        return [fields for sid, fields in self.texts.items() if sid not in self.answered]

    async def _all(self) -> None:
        limits = httpx.Limits(max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS)
        async with httpx.AsyncClient(limits=limits, timeout=httpx.Timeout(16, pool=None)) as client:
            neighbors = (self._one(client, None) for _ in range(CONNECTIONS - CLAIMING))
            await asyncio.gather(*neighbors, *(self._one(client, number) for number in self.volunteers))

    async def _one(self, client: httpx.AsyncClient, volunteer: str | None) -> None:
        while not self._over.is_set():
            if volunteer is None:
                fields = webhooks.sms(next(self.numbers), NEED)
                self._asked += 1
            else:
                fields = webhooks.sms(volunteer, f"CLAIM {self.chance.randint(1, self._asked + 2)}")
            self.texts[fields["MessageSid"]] = fields
            await self._post(client, fields)
            await asyncio.sleep(self.pause * self.chance.random() * 2)

    async def _post(self, client: httpx.AsyncClient, fields: dict[str, str]) -> None:
        body = webhooks.form(fields)
        headers = webhooks.headers(webhooks.MESSAGE, body)
        while not self._over.is_set():
            try:
                answer = await client.post(f"{self.where}/twilio/message", content=body, headers=headers)
            except httpx.ConnectError:  # nobody is there
                await asyncio.sleep(0.05)
                continue
            except httpx.HTTPError:
                status = 0
            else:
                status = answer.status_code
            if status == 200:
                self.answered.add(fields["MessageSid"])
                return
            self.others[status] += 1
            if self.chance.random() < 0.5:
                return
