"""Real processes killed between any two lines, under 64 connections, again and again: nothing lost, nothing twice.

The short form takes seconds; `pytest -m campaign tests/test_crash.py` kills a hundred times on each database.
"""

import asyncio
import random
import sqlite3
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import cycle
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa
from sqlmodel import col, select

from app.clock import Clock
from app.hotline import Hotline
from app.main import create_app
from app.outbound.sender import LEASE_FOR
from app.settings import Settings
from models import METADATA, lines
from models.assignments import Assignment
from models.delivery.outbound import Attempt, Outbound, Result
from models.delivery.outbound import State as TextState
from models.inbound import Inbound
from models.lines import Channel
from models.requests import Request, State
from models.store.session import Session
from tests import neighbors, webhooks
from tests.command import HOTLINE
from tests.crowd import CONNECTIONS, NEED, Crowd, numbers
from tests.fake_twilio import FakeTwilio
from tests.fakes import PUBLIC, twilio_settings
from tests.serving import environment, process
from tests.world import quick

WAITS_LONG = timedelta(hours=3)  # a reply is wanted for four
GOES_ON = (TextState.READY, TextState.LEASED, TextState.UNCERTAIN, TextState.HELD)
ARRIVES = (TextState.ACCEPTED, TextState.SENT, TextState.DELIVERED)


@dataclass
class Victims:
    """The hotline's two processes, which die together or one by one."""

    settings: Settings
    home: Path
    stack: ExitStack
    running: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)
    where: str = ""

    def start(self) -> None:
        """Start what is not running."""
        if "web" not in self.running:
            web = self.stack.enter_context(process(self.settings, self.home))
            self.running["web"], self.where = web.popen, web.url
        if "worker" not in self.running:
            self.running["worker"] = self.stack.enter_context(worker(self.settings, self.home))

    def kill(self, *names: str) -> None:
        """End these without a warning."""
        for name in names:
            self.running[name].kill()
        for name in names:
            assert self.running.pop(name).wait() == -9


@contextmanager
def worker(settings: Settings, home: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """`hotline work` as a process of its own."""
    with (home / "worker.log").open("ab") as said:
        popen = subprocess.Popen(
            [HOTLINE, "work"], env=environment(settings), cwd=home, stdout=said, stderr=subprocess.STDOUT
        )
    try:
        yield popen
    finally:
        popen.kill()
        popen.wait()


def fill(session: Session, crowd: Crowd) -> None:
    """Make the volunteers known."""
    line = lines.all_lines(session)[0]
    for n, number in enumerate(crowd.volunteers):
        person = neighbors.add(session, line, Channel.SMS, number, Clock().now(), name=f"Helper{n}", helper=True)
        person.max_open = 100_000
        session.add(person)
    quick(session)


def killed_again_and_again(settings: Settings, home: Path, twilio: FakeTwilio, crowd: Crowd, *, kills: int) -> None:
    """Kill web, worker or both at random moments while the crowd texts, and start again what was killed."""
    chance = crowd.chance
    whom = cycle([("web",), ("web", "worker"), ("worker",)])
    callbacks = httpx.Client(timeout=15)

    def call_back(url: str, body: bytes, headers: dict[str, str]) -> int:
        return callbacks.post(url.replace(PUBLIC, crowd.where), content=body, headers=headers).status_code

    with callbacks, ExitStack() as stack:
        victims = Victims(settings, home, stack)
        victims.start()
        crowd.where = victims.where
        twilio.post = call_back
        twilio.told = lambda words: chance.choice([[], words, words[::-1], [words[-1]] * 2])
        with crowd.texting():
            for kill in range(kills):
                if chance.random() < 0.2:
                    time.sleep(chance.uniform(0, 2))  # most likely while they start
                else:
                    crowd.wait_for(chance.randint(10, 60))
                    time.sleep(chance.uniform(0, 0.1))
                last = kill == kills - 1
                victims.kill(*(tuple(victims.running) if last else next(whom)))
                if not last:
                    victims.start()
                    crowd.where = victims.where
        twilio.settle()


def settle(hotline: Hotline, twilio: FakeTwilio) -> None:
    """Send what can be sent, let every lease run out and every text be looked for, until nothing is under way."""
    passed = timedelta(0)
    step = timedelta(seconds=15)
    while passed < WAITS_LONG:
        while hotline.spool_worker.once():
            pass
        hotline.sender.drain()
        twilio.settle()
        if passed > LEASE_FOR and hotline.ingest.spool.waiting() == 0 and not hotline.database.read(under_way):
            return
        hotline.clock.advance(step)
        passed += step
    raise AssertionError(
        f"{hotline.ingest.spool.waiting()} texts wait in the spool, {hotline.database.read(under_way)} to leave"
    )


def under_way(session: Session) -> int:
    """Texts that may still go."""
    return len(session.exec(select(Outbound.id).where(col(Outbound.state).in_(GOES_ON))))


async def again(hotline: Hotline, texts: list[dict[str, str]]) -> set[int]:
    """Post these once more, as the carrier does; returns the answers."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(create_app(hotline=hotline))) as client:
        bodies = [webhooks.form(fields) for fields in texts]
        signed = [(body, webhooks.headers(webhooks.MESSAGE, body)) for body in bodies]
        posts = [client.post(webhooks.MESSAGE, content=body, headers=headers) for body, headers in signed]
        return {answer.status_code for answer in await asyncio.gather(*posts)}


def assert_every_text_is_there_once(hotline: Hotline, crowd: Crowd) -> None:
    kept = Counter(hotline.database.read(lambda s: list(s.exec(select(Inbound.sid)))))
    assert set(crowd.others) <= {0, 503}
    assert set(kept.values()) == {1}
    assert crowd.answered <= set(kept) <= set(crowd.texts)
    assert asyncio.run(again(hotline, crowd.unanswered)) == {200}
    while hotline.spool_worker.once():  # hundreds at once may be more than the database takes in three seconds
        pass
    assert hotline.database.read(lambda s: sorted(s.exec(select(Inbound.sid)))) == sorted(crowd.texts)
    assert hotline.ingest.spool.waiting() == hotline.ingest.spool.quarantined() == 0


def assert_every_text_did_what_it_says_once(session: Session) -> None:
    texts = list(session.exec(select(Inbound)))
    requests = list(session.exec(select(Request)))
    asked = [text.person_id or 0 for text in texts if text.body == NEED]
    assert sorted(asked) == sorted(request.person_id for request in requests)
    assert sorted(request.number for request in requests) == list(range(1, len(requests) + 1))
    assert {request.state for request in requests} <= {State.OPEN, State.CLAIMED}
    held = list(session.exec(select(Assignment.request_id)))
    assert sorted(held) == sorted(request.id for request in requests if request.state is State.CLAIMED)

    rows = list(session.exec(select(Outbound)))
    sets: dict[str, list[Outbound]] = {}
    for row in rows:
        sets.setdefault(row.key.rsplit(":", 1)[0], []).append(row)
    for replies in sets.values():
        assert sorted(int(row.key.rsplit(":", 1)[1]) for row in replies) == list(range(len(replies)))
    repeats = [text for text in texts if text.intent == "repeat"]  # the same claim twice within three seconds
    assert not [text for text in repeats if str(text.id) in sets or text.body == NEED]
    for text in set(texts) - set(repeats):
        assert [row.person_id for row in sets[str(text.id)]].count(text.person_id or 0) == 1
    phrases = Counter(row.phrase for row in rows)
    assert phrases["claim_yours"] == phrases["claimed"] == len(held)


def assert_every_reply_left_once(session: Session, twilio: FakeTwilio) -> None:
    carried = Counter(int(text.fields["StatusCallback"].rsplit("=", 1)[1]) for text in twilio.sent)
    taken = Counter(session.exec(select(Attempt.outbound_id).where(Attempt.result == Result.TAKEN)))
    over = set(session.exec(select(Request.id).where(Request.state != State.OPEN)))
    for row in session.exec(select(Outbound)):
        arrives = row.state in ARRIVES
        superseded = row.state in (TextState.CANCELLED, TextState.EXPIRED) and row.phrase == "offer"
        assert arrives or (superseded and row.request_id in over), (row.id, row.phrase, row.state)
        assert (carried[row.id], taken[row.id]) == (arrives, arrives), (row.id, row.phrase, row.state)
    assert list(session.exec(select(Attempt.id).where(col(Attempt.result).is_(None)))) == []


def assert_intact(hotline: Hotline) -> None:
    """Ask SQLite itself, and either database for rows that point at nothing."""
    file = hotline.settings.database_file
    if file is not None:
        with closing(sqlite3.connect(file)) as connection, connection:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        connection.close()
    with hotline.database.engine.connect() as reading:
        for table in METADATA.sorted_tables:
            for key in table.foreign_keys:
                there = key.column.table.alias("there")
                lost = sa.select(table).where(
                    key.parent.is_not(None), ~sa.exists().where(there.c[key.column.name] == key.parent)
                )
                assert reading.execute(lost).all() == []


@dataclass
class Story:
    """What happened, in figures."""

    texts: int
    unanswered: int
    replies: int
    uncertain: int  # replies whose sender died between attempt and result
    sent_again: int  # of these, because the carrier had never got them


def told(session: Session, crowd: Crowd) -> Story:
    """What happened until all was settled."""
    results: dict[int, list[str | None]] = {}
    for id_, result in session.exec(select(Attempt.outbound_id, Attempt.result)):
        results.setdefault(id_, []).append(result)
    uncertain = [made for made in results.values() if Result.UNCERTAIN in made]
    again = [made for made in uncertain if Result.TAKEN in made]
    return Story(len(crowd.texts), len(crowd.unanswered), len(results), len(uncertain), len(again))


@contextmanager
def running(settings: Settings) -> Iterator[Hotline]:
    """A hotline in this process whose threads are not running."""
    hotline = Hotline(settings)
    hotline.prepare()
    try:
        yield hotline
    finally:
        hotline.stop()


def story(url: str, home: Path, *, kills: int, seed: int) -> Story:
    """Kill so many times, let everything settle, and look whether all is well."""
    chance = random.Random(seed)
    crowd = Crowd(chance, numbers())
    with FakeTwilio() as twilio:
        settings = twilio_settings(
            url, hotline_spool=home / "spool", hotline_reply_limit=0, twilio_api_url=twilio.url
        )
        with running(settings) as before:
            before.database.write(lambda session: fill(session, crowd)).result()
        killed_again_and_again(settings, home, twilio, crowd, kills=kills)
        twilio.told = lambda words: []  # from now on the answers and the list must do
        with running(settings) as after:
            settle(after, twilio)
            assert_every_text_is_there_once(after, crowd)
            settle(after, twilio)
            after.database.read(assert_every_text_did_what_it_says_once)
            after.database.read(lambda session: assert_every_reply_left_once(session, twilio))
            assert_intact(after)
            return after.database.read(lambda session: told(session, crowd))


def test_killed_at_any_moment_nothing_is_lost_and_nothing_comes_twice(database_url: str, tmp_path: Path) -> None:
    figures = story(database_url, tmp_path, kills=4, seed=4)
    assert min(figures.texts, figures.replies) > CONNECTIONS
    assert figures.unanswered > 0


@pytest.mark.campaign
def test_however_often_it_is_killed(
    database_url: str, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """A hundred kills, some minutes."""
    for name, figure in vars(story(database_url, tmp_path, kills=100, seed=100)).items():
        record_property(name, figure)
