"""Fifty volunteers, a hundred requests, two processes, one database: one winner each, and everybody answered once."""

import asyncio
import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from sqlmodel import select

from app.hotline import Hotline
from models import lines, people, requests
from models.assignments import Assignment
from models.inbound import Inbound
from models.lines import Channel
from models.outbound import Attempt, Outbound
from models.outbound import State as TextState
from models.requests import Event, Request, State
from models.session import Session
from tests import webhooks
from tests.fake_twilio import FakeTwilio
from tests.fakes import StillClock, twilio_settings
from tests.serving import process
from tests.world import World, quick

VOLUNTEERS = [f"+121255501{n:02}" for n in range(50)]
NEIGHBORS = [f"+130355501{n:02}" for n in range(100)]
RIVALS = 3  # volunteers who claim the same request at the same moment
AT_ONCE = 32


def fill(hotline: Hotline) -> None:
    def work(session: Session) -> None:
        line = lines.all_lines(session)[0]
        now = hotline.clock.now()
        for n, number in enumerate(VOLUNTEERS):
            person = people.add(session, line, Channel.SMS, number, now, name=f"Helper{n}", helper=True)
            person.max_open = len(NEIGHBORS)
            session.add(person)
        for number in NEIGHBORS:
            neighbor, _ = people.meet(session, line, Channel.SMS, number, now)
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


def claims() -> list[list[bytes]]:
    """For each request the texts of its rivals, who are different people; every volunteer sends equally many."""
    mixed = random.Random(42)
    texts = []
    for n in range(len(NEIGHBORS)):
        rivals = [VOLUNTEERS[(n + 13 * k) % len(VOLUNTEERS)] for k in range(RIVALS)]
        mixed.shuffle(rivals)
        texts.append([webhooks.form(webhooks.sms(number, f"CLAIM {n + 1}")) for number in rivals])
    return texts


async def race(urls: list[str], texts: list[list[bytes]]) -> Counter[int]:
    limits = httpx.Limits(max_connections=AT_ONCE)
    async with httpx.AsyncClient(limits=limits, timeout=httpx.Timeout(60, pool=None)) as client:

        async def send(at: int, body: bytes) -> int:
            url = f"{urls[at % len(urls)]}/twilio/message"
            answer = await client.post(url, content=body, headers=webhooks.headers(webhooks.MESSAGE, body))
            return answer.status_code

        return Counter(await asyncio.gather(*(send(at, body) for rivals in texts for at, body in enumerate(rivals))))


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    """Everybody is there, every request is open, and nothing runs yet."""
    with FakeTwilio(told=lambda words: []) as twilio:
        hotline = Hotline(twilio_settings(database_url, twilio_api_url=twilio.url))
        fill(hotline)
        hotline.database.write(quick).result()
        yield World(hotline, twilio, StillClock())
        hotline.stop()


def test_one_winner_for_each_request_and_one_answer_for_each_text(world: World, tmp_path: Path) -> None:
    hotline, settings = world.hotline, world.hotline.settings
    with process(settings, tmp_path) as one, process(settings, tmp_path) as other:
        statuses = asyncio.run(race([one.url, other.url], claims()))
    assert statuses == {200: RIVALS * len(NEIGHBORS)}
    assert one.ended_well, one.said
    assert other.ended_well, other.said
    assert [line for line in (one.said + other.said).splitlines() if "error" in line.lower()] == []
    hotline.sender.drain()  # what the two had not yet sent when they were stopped
    hotline.database.read(one_winner_each)
    hotline.database.read(one_answer_each)
    carried = Counter(text.fields["StatusCallback"] for text in world.twilio.sent)
    queued = hotline.database.read(lambda s: list(s.exec(select(Outbound.id))))
    assert set(carried.values()) == {1}
    assert len(carried) == len(queued)


def one_winner_each(session: Session) -> None:
    held = Counter(session.exec(select(Assignment.request_id)))
    numbered = list(session.exec(select(Request)))
    assert {request.state for request in numbered} == {State.CLAIMED}
    assert held == Counter(request.id for request in numbered)
    assert Counter(session.exec(select(Event.kind)))["claimed"] == len(NEIGHBORS)


def one_answer_each(session: Session) -> None:
    texts = list(session.exec(select(Inbound)))
    rows = list(session.exec(select(Outbound)))
    assert len(texts) == RIVALS * len(NEIGHBORS)
    assert {text.intent for text in texts} == {"claim"}
    answers = Counter((row.key.split(":")[0], row.person_id) for row in rows)
    assert [answers[str(text.id), text.person_id or 0] for text in texts] == [1] * len(texts)
    phrases = Counter(row.phrase for row in rows)
    assert phrases["claim_yours"] == phrases["claimed"] == len(NEIGHBORS)
    assert phrases["claim_too_late"] == (RIVALS - 1) * len(NEIGHBORS)
    assert {row.state for row in rows} == {TextState.ACCEPTED}
    assert len(list(session.exec(select(Attempt.id)))) == len(rows)
