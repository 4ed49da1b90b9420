"""Two processes beside the test's own, each a hotline on the same database that does nothing until it is told.

What they do at once is looked at from the test's process: who holds a request, and who was told that they do.
"""

import random
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from multiprocessing import get_context
from typing import Any
from uuid import uuid4

from sqlmodel import col, select

from app.hotline import Hotline
from app.inbound.receive import Taken
from handlers.asking import waves
from handlers.helping import leasing
from handlers.turn import Context
from handlers.understanding.intents import Question
from models import assignments, lines, people, requests
from models.assignments import Assignment
from models.assignments import State as Holding
from models.delivery.outbound import Outbound
from models.inbound import Heard, Inbound
from models.lines import Channel
from models.people import Address
from models.requests import LIVE, Event, Outcome, Request, State, Urgency
from models.store.session import Session
from tests import fakes, neighbors
from tests.fakes import LINE, Recorder, StillClock

Deed = tuple[str, str]  # who texts, and what
TICK: Deed = ("", "")  # nobody does: time acts
APART = 0.008  # seconds, at most, between the beginnings of two deeds: less than one takes

ANA, BEN, CARO, DEE, ELI = (f"+120255501{n:02}" for n in range(1, 6))
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
HAS_IT = (
    "claim_yours", "assigned_you", "omw_thanks", "going_well", "comes_told", "how_is_it", "remind_helper",
    "rescheduled_helper",
)  # fmt: skip
HAS_IT_NOT = (
    "lapsed", "dropped", "moved_on", "done_thanks", "done_already", "claim_too_late", "claim_over", "merged_helper",
    "merged_helper_room", "withdrawn_helper", "closed_helper", "receipt_yes_helper",
)  # fmt: skip

running: dict[str, Hotline] = {}  # in each of the two, by the address of its database


def act(url: str, now: datetime, deed: Deed, late: float) -> None:
    """Take in a text, or let time act, as one of several processes does."""
    if url not in running:
        running[url] = Hotline(fakes.settings(url), carrier=Recorder(), clock=StillClock(now))
    hotline, (who, words) = running[url], deed
    hotline.clock.advance(now - hotline.clock.now())
    time.sleep(late)
    if deed == TICK:
        hotline.tick()
    else:
        taken = hotline.receive(Heard(uuid4().hex, Channel.SMS, who, LINE, words)).result()
        assert taken is Taken.HANDLED, taken


def leave(url: str) -> None:
    """Let go of a database."""
    if url in running:
        running.pop(url).stop()


@dataclass
class Racers:
    """The two processes."""

    pools: list[ProcessPoolExecutor]
    chance: random.Random

    def at_once(self, url: str, now: datetime, *deeds: Deed) -> None:
        """Let each do one thing, now the one a moment earlier and now the other."""
        pairs = zip(self.pools, deeds, strict=True)
        doing = [pool.submit(act, url, now, deed, self.chance.uniform(0, APART)) for pool, deed in pairs]
        for one in doing:
            one.result()

    def leave(self, url: str) -> None:
        """Let go of a database whose test is over."""
        for pool in self.pools:
            pool.submit(leave, url).result()


@contextmanager
def racers() -> Iterator[Racers]:
    """Two processes that live as long as the tests that need them."""
    with ExitStack() as stack:
        pools = [stack.enter_context(ProcessPoolExecutor(1, get_context("spawn"))) for _ in range(2)]
        yield Racers(pools, random.Random(7))


@dataclass
class Story:
    """What is known of one request."""

    request: Request
    held: list[Assignment]
    texts: list[Outbound]
    events: Counter[str]
    phones: dict[int, str]

    @property
    def holders(self) -> set[str]:
        """Who has it."""
        return {self.phones[held.person_id] for held in self.held if held.state is Holding.ACTIVE}

    def said(self, *phrases: str) -> list[Outbound]:
        """The texts about it that say one of these."""
        return [text for text in self.texts if text.phrase in phrases]

    def believers(self, before: set[str]) -> set[str]:
        """Who must think that they have it after all that they were told, if these had it before."""
        believe = {*before}
        for text in self.texts:
            if text.phrase in HAS_IT:
                believe.add(text.to)
            elif text.phrase in HAS_IT_NOT:
                believe.discard(text.to)
        return believe

    def __str__(self) -> str:
        return "\n".join(f"{text.to} {text.phrase}: {text.body}" for text in self.texts)


class Course:
    """A line on which Ana asks, and Ben or Caro helps. Every race has a day of its own, lest they tire."""

    def __init__(self, hotline: Hotline, both: Racers) -> None:
        self.hotline, self.both, self.days = hotline, both, 0
        hotline.clock.advance(5 * HOUR)  # it is three in the afternoon
        self.begins = hotline.clock.now()
        self.add(BEN, "Ben", helper=True)
        self.add(CARO, "Caro", helper=True)

    @property
    def now(self) -> datetime:
        return self.hotline.clock.now()

    def add(self, number: str, name: str, **known: Any) -> None:
        """Make somebody known."""

        def work(session: Session) -> None:
            line = lines.all_lines(session)[0]
            neighbors.add(session, line, Channel.SMS, number, self.now, name=name, **known)

        self.hotline.database.write(work).result()

    def context(self, session: Session) -> Context:
        """This moment."""
        return Context(session, lines.all_lines(session)[0], self.now)

    def asked(self, **known: Any) -> int:
        """Ana has asked for something; returns its number."""

        def work(session: Session) -> int:
            line = lines.all_lines(session)[0]
            ana, _ = people.get_or_create(session, line, Channel.SMS, ANA, self.now)
            what = {"state": State.OPEN, "needs": ["food"], "code_word": "lamp", "place": "14 oak st", **known}
            return requests.create(session, line, person_id=ana.id, now=self.now, **what).number

        return self.hotline.database.write(work).result()

    def claimed(self, so_far: dict[str, Any] | None = None, **known: Any) -> int:
        """The same, and Ben took it three hours ago and was asked how it goes; `so_far` is of his assignment."""
        number = self.asked(state=State.CLAIMED, urgency=Urgency.TODAY, next_action_at=self.now, **known)

        def work(session: Session) -> None:
            context, request = self.context(session), requests.by_number(session, 1, number)
            found = people.by_address(session, context.line, Channel.SMS, BEN)
            assert request is not None
            assert found is not None
            held = assignments.start_now(session, leasing.draw_up(context, request, found[0].id))
            then = self.now - 3 * HOUR
            assert assignments.change(session, held, taken_at=then, heard_at=then, **(so_far or {}))
            context.ask(found[0], Question.GOING, request, options=3)

        self.hotline.database.write(work).result()
        return number

    def story(self, number: int) -> Story:
        """What is known of the request with this number."""

        def work(session: Session) -> Story:
            request = requests.by_number(session, 1, number)
            assert request is not None
            held = select(Assignment).where(Assignment.request_id == request.id).order_by(col(Assignment.id))
            texts = select(Outbound).where(Outbound.request_id == request.id).order_by(col(Outbound.id))
            events = Counter(session.exec(select(Event.kind).where(Event.request_id == request.id)))
            phones = {address.person_id: address.value for address in session.exec(select(Address))}
            return Story(request, list(session.exec(held)), list(session.exec(texts)), events, phones)

        return self.hotline.database.read(work)

    def race(self, number: int, *deeds: Deed) -> Story:
        """Both at once. Whatever comes of it, every text was answered, and who thinks that they have it has it."""
        before = self.story(number).holders
        self.both.at_once(self.hotline.settings.database_url, self.now, *deeds)
        story = self.story(number)
        texts = self.hotline.database.read(lambda s: list(s.exec(select(Inbound))))
        answered = self.hotline.database.read(lambda s: {key.split(":")[0] for key in s.exec(select(Outbound.key))})
        assert [(text.intent, text.body) for text in texts if str(text.id) not in answered] == [], story
        assert "failed" not in {text.intent for text in texts}
        assert len(story.holders) == (story.request.state is State.CLAIMED), story
        assert story.believers(before) == story.holders, story
        return story

    def over(self) -> None:
        """Put everything away, and go on the next day."""

        def work(session: Session) -> None:
            context = self.context(session)
            for request in requests.in_state(session, context.line.id, *LIVE):
                waves.close(context, request, Outcome.REFERRED)
                waves.released(context, request)
            for person in people.everybody(session, context.line.id):
                context.unask(person)

        self.hotline.database.write(work).result()
        self.days += 1
        self.hotline.clock.advance(self.begins + self.days * DAY - self.now)
        self.hotline.tick()
