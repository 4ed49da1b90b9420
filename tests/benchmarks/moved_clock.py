"""A hotline among pretend people, on a clock that is moved: weeks in minutes, through the real code.

Every text is received, every moment at which time acts is ticked, every text that leaves is read by whoever it is to.
Only two things are not real: people are what `neighborhood` draws, and the wire is reckoned instead of waited for,
one segment a second as from one number.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush
from itertools import count
from typing import Any

import sqlalchemy as sa
from sqlmodel import col

from app.carriers.simulator import Simulator
from app.hotline import Hotline
from app.simulator import threads
from app.simulator.sandbox import LINE, StillClock, settings
from models import lines, people
from models.delivery.handover import OUT
from models.delivery.outbound import State, is_in
from models.inbound import Heard
from models.lines import Channel
from models.people import Person
from models.requests import Request, Urgency
from models.store.session import Session
from models.store.statements import Precompiled
from models.store.types import UtcDateTime
from tests.benchmarks import texts
from tests.benchmarks.asked import Arrived, Tally
from tests.benchmarks.neighborhood import DAY, FIRST_DAY, Load
from tests.benchmarks.pretend import Pretend

A_SEGMENT = timedelta(seconds=1)  # on the wire
AFTERWARDS = DAY  # for which it goes on when nobody asks any more
ON_DUTY = "Dee"
RULES = {"burst_seconds": 0, "daily_ceiling": "", "rate_sms": 1_000_000.0}


LEAVES = (
    is_in(State.READY),
    sa.or_(OUT.c.not_before.is_(None), OUT.c.not_before <= sa.bindparam("now", type_=UtcDateTime)),
)
LEAVING: Precompiled[Any] = Precompiled(
    sa.select(
        *(OUT.c.to, OUT.c.phrase, OUT.c.lane, OUT.c.segments, OUT.c.body),
        *(col(Request.number), col(Request.urgency), col(Request.emergency), col(Person.pending_question)),
    )
    .join(Person, col(Person.id) == OUT.c.person_id)
    .outerjoin(Request, col(Request.id) == OUT.c.request_id)
    .where(*LEAVES)
    .order_by(OUT.c.lane, OUT.c.id)
)
LEFT: Precompiled[int] = Precompiled(
    sa.update(OUT).where(*LEAVES).values(state=State.DELIVERED, tries=1).returning(OUT.c.id)
)


class Simulation:
    """One neighborhood over its days, under one set of rules."""

    def __init__(self, url: str, load: Load, rules: dict[str, object], seed: str) -> None:
        self.load = load
        self.clock = StillClock(FIRST_DAY.astimezone(UTC))
        self.hotline = Hotline(settings(url, hotline_burst_seconds=0), carrier=Simulator(), clock=self.clock)
        self.hotline.prepare()
        self.pretend = Pretend(load, seed, self.clock.now, self.at, self._say)
        self.tally = Tally()
        self.steps: list[tuple[datetime, int, Callable[[], None]]] = []
        self.ids = count(1)
        self.free_at = self.clock.now()  # the wire
        self.due: datetime | None = self.clock.now()
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
            person.digest_since = now if volunteer.digest else None
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
        while min(self.steps[0][0] if self.steps else until, self.due or until) < until:
            first = self.steps[0][0] if self.steps else until
            if self.due is not None and self.due <= first:
                self._move_to(self.due)
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
        arrived, self.due = self.hotline.database.write(self._carry).result()
        for text in arrived:
            self.tally.arrives(text, self.waking)
            self.pretend.reads(text)

    def _carry(self, session: Session) -> tuple[list[Arrived], datetime | None]:
        """The texts that leave now, and when something happens next. What sending costs, `sending` measures."""
        now = self.clock.now()
        rows = session.fetch(LEAVING, now=now)
        if rows:
            session.fetch(LEFT, now=now)
        found = []
        for to, phrase, lane, size, body, number, how_soon, emergency, asked in rows:
            self.free_at = max(self.free_at, now) + size * A_SEGMENT
            urgency = Urgency.URGENT if emergency else how_soon or Urgency.TODAY
            question = asked["question"] if asked else None
            volunteer = to in self.pretend.by_phone
            found.append(
                Arrived(now, self.free_at, to, volunteer, phrase, lane, size, number, urgency, question, body)
            )
        return found, threads.next_moment(session, now)
