"""Many volunteers, many requests, two processes, one database: one winner each, and everybody answered once."""

import asyncio
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from sqlmodel import select

from app.hotline import Hotline
from models import lines, people, requests
from models.assignments import Assignment
from models.delivery.outbound import Attempt, Outbound, Result
from models.delivery.outbound import State as TextState
from models.inbound import Inbound
from models.lines import Channel
from models.requests import Event, Request, State
from models.store.session import Session
from tests import neighbors, webhooks
from tests.fake_twilio import FakeTwilio
from tests.fakes import StillClock, twilio_settings
from tests.serving import process
from tests.world import World, quick

AT_ONCE = 32
VOLUNTEERS_LIVE, NEIGHBORS_LIVE = (212, 213), (303, 304, 305, 307, 308)  # area codes, of a hundred numbers each


@dataclass(frozen=True)
class Crowd:
    """How many there are, and how many volunteers claim the same request at the same moment."""

    volunteers: int
    neighbors: int
    rivals: int

    @property
    def texts(self) -> int:
        return self.neighbors * self.rivals

    def helper(self, n: int) -> str:
        return f"+1{VOLUNTEERS_LIVE[n // 100]}55501{n % 100:02}"

    def asker(self, n: int) -> str:
        return f"+1{NEIGHBORS_LIVE[n // 100]}55501{n % 100:02}"

    def claims(self) -> list[list[bytes]]:
        """For each request the texts of its rivals, who are different people; every volunteer sends equally many."""
        mixed = random.Random(42)
        texts = []
        for n in range(self.neighbors):
            rivals = [self.helper((n + 13 * k) % self.volunteers) for k in range(self.rivals)]
            mixed.shuffle(rivals)
            texts.append([webhooks.form(webhooks.sms(number, f"CLAIM {n + 1}")) for number in rivals])
        return texts


SMALL = Crowd(volunteers=50, neighbors=100, rivals=3)
LARGE = Crowd(volunteers=200, neighbors=500, rivals=4)


def fill(hotline: Hotline, crowd: Crowd) -> None:
    """Everybody is there, every request is open; what one phone may be answered and how fast is lifted."""

    def work(session: Session) -> None:
        line = lines.all_lines(session)[0]
        line.rules = {**line.rules, "reply_limit": 0}
        session.add(line)
        now = hotline.clock.now()
        for n in range(crowd.volunteers):
            person = neighbors.add(session, line, Channel.SMS, crowd.helper(n), now, name=f"Helper{n}", helper=True)
            person.max_open = crowd.neighbors
            session.add(person)
        for n in range(crowd.neighbors):
            neighbor, _ = people.get_or_create(session, line, Channel.SMS, crowd.asker(n), now)
            requests.create(
                session,
                line,
                person_id=neighbor.id,
                state=State.OPEN,
                now=now,
                needs=["food"],
                language="en",
                code_word="lamp",
            )

    hotline.prepare()
    hotline.database.write(work).result()
    hotline.database.write(quick).result()


async def race(urls: list[str], texts: list[list[bytes]]) -> Counter[int]:
    turn = asyncio.Semaphore(AT_ONCE)  # the client's own queue takes quadratic time
    async with httpx.AsyncClient(timeout=60) as client:

        async def send(at: int, body: bytes) -> int:
            url = f"{urls[at % len(urls)]}/twilio/message"
            async with turn:
                answer = await client.post(url, content=body, headers=webhooks.headers(webhooks.MESSAGE, body))
            return answer.status_code

        return Counter(await asyncio.gather(*(send(at, body) for rivals in texts for at, body in enumerate(rivals))))


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    """A hotline of which nothing runs yet."""
    with FakeTwilio(told=lambda words: []) as twilio:
        hotline = Hotline(twilio_settings(database_url, twilio_api_url=twilio.url))
        yield World(hotline, twilio, StillClock())
        hotline.stop()


def test_one_winner_for_each_request_and_one_answer_for_each_text(world: World, tmp_path: Path) -> None:
    everybody_claims(world, tmp_path, SMALL)


@pytest.mark.campaign
def test_two_hundred_volunteers_on_five_hundred_requests(world: World, tmp_path: Path) -> None:
    everybody_claims(world, tmp_path, LARGE)


def everybody_claims(world: World, home: Path, crowd: Crowd) -> None:
    hotline, settings = world.hotline, world.hotline.settings
    fill(hotline, crowd)
    with process(settings, home) as one, process(settings, home) as other:
        statuses = asyncio.run(race([one.url, other.url], crowd.claims()))
    assert statuses == {200: crowd.texts}
    assert one.ended_well, one.said
    assert other.ended_well, other.said
    assert [line for line in (one.said + other.said).splitlines() if "error" in line.lower()] == []
    hotline.sender.drain()  # what the two had not yet sent when they were stopped
    hotline.database.read(lambda s: one_winner_each(s, crowd))
    hotline.database.read(lambda s: one_answer_each(s, crowd))
    carried = Counter(text.fields["StatusCallback"] for text in world.twilio.sent)
    queued = hotline.database.read(lambda s: list(s.exec(select(Outbound.id))))
    assert set(carried.values()) == {1}
    assert len(carried) == len(queued)


def one_winner_each(session: Session, crowd: Crowd) -> None:
    held = Counter(session.exec(select(Assignment.request_id)))
    numbered = list(session.exec(select(Request)))
    assert {request.state for request in numbered} == {State.CLAIMED}
    assert held == Counter(request.id for request in numbered)
    assert Counter(session.exec(select(Event.kind)))["claimed"] == crowd.neighbors


def one_answer_each(session: Session, crowd: Crowd) -> None:
    texts = list(session.exec(select(Inbound)))
    rows = list(session.exec(select(Outbound)))
    assert len(texts) == crowd.texts
    assert {text.intent for text in texts} == {"claim"}
    answers = Counter((row.key.split(":")[0], row.person_id) for row in rows)
    assert [answers[str(text.id), text.person_id or 0] for text in texts] == [1] * len(texts)
    phrases = Counter(row.phrase for row in rows)
    assert phrases["claim_yours"] == phrases["claimed"] == crowd.neighbors
    assert phrases["claim_too_late"] == crowd.texts - crowd.neighbors
    assert {row.state for row in rows} == {TextState.ACCEPTED}
    made = select(Attempt.outbound_id).where(Attempt.result != Result.NOT_MADE)  # what was leased as they stopped
    assert sorted(session.exec(made)) == sorted(row.id for row in rows)
