"""A hotline among pretend people, on a clock that is moved: weeks in minutes, through the real code.

Every text is received, every moment at which time acts is ticked, every text that leaves is read by whoever it is to.
Only two things are not real: people are what `neighborhood` draws, and the wire is reckoned instead of waited for, one
segment a second as from one number.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush
from itertools import count

import sqlalchemy as sa
from sqlmodel import col, select

from app.carriers.base import Outgoing, Sent
from app.carriers.simulator import Simulator
from app.hotline import Hotline
from app.inbound import tick
from app.simulator.sandbox import LINE, StillClock, settings
from models import lines, people
from models.delivery.outbound import Outbound
from models.inbound import Heard
from models.lines import Channel, Line
from models.people import Person
from models.requests import Request, Urgency
from models.store.session import Session
from tests.benchmarks import neighborhood, texts
from tests.benchmarks.asked import Arrived, Tally
from tests.benchmarks.neighborhood import DAY, FIRST_DAY, Load
from tests.benchmarks.pretend import Pretend

A_SEGMENT = timedelta(seconds=1)  # on the wire
AFTERWARDS = DAY  # for which it goes on when nobody asks any more
ON_DUTY = "Dee"
RULES = {"burst_seconds": 0, "daily_ceiling": "", "rate_sms": 1_000_000.0}


class Post(Simulator):
    """Hands every text over to be read."""

    def __init__(self) -> None:
        self.left: list[int] = []

    def send(self, text: Outgoing) -> Sent:
        self.left.append(text.id)
        return super().send(text)


class Simulation:
    """One neighborhood over its days, under one set of rules."""

    def __init__(self, url: str, load: Load, rules: dict[str, object], seed: str) -> None:
        self.load = load
        self.clock = StillClock(FIRST_DAY.astimezone(UTC))
        self.post = Post()
        self.hotline = Hotline(settings(url, hotline_burst_seconds=0), carrier=self.post, clock=self.clock)
        self.hotline.prepare()
        self.pretend = Pretend(load, seed, self.clock.now, self.at, self._say)
        self.tally = Tally()
        self.steps: list[tuple[datetime, int, Callable[[], None]]] = []
        self.ids = count(1)
        self.free_at = self.clock.now()  # the wire
        self.hotline.database.write(lambda session: self._move_in(session, rules)).result()
        self.pretend.begin()

    def _move_in(self, session: Session, rules: dict[str, object]) -> None:
        line, now = lines.all_lines(session)[0], self.clock.now()
        line.rules = {**RULES, **rules}
        session.add(line)
        areas = {name: lines.add_area(session, line.id, name) for name in texts.AREAS}
        for name, area in areas.items():
            area.aliases = [texts.AREAS[name]]
            session.add(area)
        session.flush()
        self.line, self.waking = line, lines.waking(line)
        for volunteer in self.pretend.volunteers:
            channel, value = texts.helper(volunteer.n)
            person = people.add(
                *(session, line, channel, value, now),
                name=f"Vol{volunteer.n}",
                helper=True,
                language=volunteer.languages[0],
                areas=[areas[name].id for name in volunteer.areas],
                can=volunteer.can,
            )
            person.languages, person.max_open = volunteer.languages, volunteer.max_open
            person.hours_from, person.hours_until = volunteer.hours or (None, None)
            person.wake_since = now if volunteer.wakes else None
            session.add(person)
        people.add(session, line, *texts.phone(texts.CALLERS), now, name=ON_DUTY, duty=True)

    # time

    def at(self, moment: datetime, act: Callable[[], None]) -> None:
        """Let this happen then."""
        heappush(self.steps, (moment, next(self.ids), act))

    def run(self) -> Tally:
        """Live through all days, and count."""
        until = self.clock.now() + self.load.days * DAY + AFTERWARDS
        looks = [self.clock.now() + n * DAY for n in range(1, self.load.days + 1)]
        for moment in looks:
            self.at(moment, self._look_around)
        while True:
            due = self.hotline.database.read(tick.next_due)
            first = self.steps[0][0] if self.steps else until
            if min(first, due or until) >= until:
                break
            if due is not None and due <= first:
                self._move_to(due)
                self.hotline.tick()
                self._deliver()
            else:
                moment, _, act = heappop(self.steps)
                self._move_to(moment)
                act()
        self._move_to(until)
        self._look_around()
        self.hotline.database.read(lambda session: self.tally.read_ends(session, self.waking))
        return self.tally

    def close(self) -> None:
        """Let go of the hotline."""
        self.hotline.stop()

    def _move_to(self, moment: datetime) -> None:
        self.clock.advance(max(moment - self.clock.now(), timedelta(0)))

    def _look_around(self) -> None:
        self.hotline.database.read(lambda session: self.tally.look(session, self.clock.now()))

    # texts

    def _say(self, who: tuple[Channel, str], words: str) -> None:
        self.tally.spoke_at[who[1]] = self.clock.now()
        sid = f"SM{next(self.ids):032x}"
        self.hotline.receive(Heard(sid, who[0], who[1], LINE, words)).result()
        self._deliver()

    def _deliver(self) -> None:
        """Whatever may leave is read by whoever it is to, as soon as the wire has carried it."""
        self.hotline.sender.drain()
        left, self.post.left = sorted(self.post.left), []
        for start in range(0, len(left), 500):
            part = left[start : start + 500]
            for arrived in self.hotline.database.read(lambda session, ids=part: self._arrivals(session, ids)):
                self.tally.arrives(arrived, self.waking)
                self.pretend.reads(arrived)

    def _arrivals(self, session: Session, ids: list[int]) -> list[Arrived]:
        rows = session.execute(
            sa.select(
                *(Outbound.to, Outbound.phrase, Outbound.lane, Outbound.segments, Outbound.body),
                *(Request.number, Request.urgency, Request.emergency, Person.pending_question),
            )
            .join(Person, col(Person.id) == col(Outbound.person_id))
            .outerjoin(Request, col(Request.id) == col(Outbound.request_id))
            .where(col(Outbound.id).in_(ids))
            .order_by(col(Outbound.lane), col(Outbound.id))
        ).all()
        found, now = [], self.clock.now()
        for to, phrase, lane, size, body, number, urgency, emergency, asked in rows:
            self.free_at = max(self.free_at, now) + size * A_SEGMENT
            urgency = Urgency.URGENT if emergency else urgency or Urgency.TODAY
            question = asked["question"] if asked else None
            volunteer = to in self.pretend.by_phone
            found.append(
                Arrived(now, self.free_at, to, volunteer, phrase, lane, size, number, urgency, question, body)
            )
        return found
