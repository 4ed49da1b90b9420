"""Three times as much as ever for ten days: who waits in line, what they are told, and whether it comes true.

    python -m tests.benchmarks surge [--quick]

A crew of ten who are full as often as crews are: who has no time now takes it when they have, within a day, and what
is urgent all the same. With three different lucks, each beside a time without a surge; once without a line.
"""

import multiprocessing
import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import pairwise
from random import Random
from statistics import median

from sqlmodel import col, select

from app.simulator import sandbox
from models.requests import Event, Outcome, Request, Urgency
from models.store.session import Session
from tests.benchmarks import asked
from tests.benchmarks.asked import Made, Tally
from tests.benchmarks.bench import Bench
from tests.benchmarks.figures import Goal, say
from tests.benchmarks.moved_clock import Simulation
from tests.benchmarks.neighborhood import DAY, Load

NAME = "surge"
SEEDS = "a surge", "c", "d"
AS_TOLD = 0.25  # of the median wait, either way
URGENT_BY = 1.25  # times as long as in a calm time, at most: with so few of them luck alone is that much


@dataclass(frozen=True)
class Wave(Load):
    """A load of which some days bring more."""

    times: float = 3.0
    begins: int = 10
    lasts: int = 10

    def rate(self, day: int) -> float:
        """How many requests come on a day, about."""
        return self.a_day * (self.times if self.begins <= day < self.begins + self.lasts else 1)


LONG = Wave(
    *("3 a day, 9 for ten days, hands for 6", 60, 3), hands=6, chance=0.5, volunteers=10, steady=True, begins=8
)
QUICK = replace(LONG, name="3 a day, 9 for five days, hands for 6", days=36, lasts=5)


@dataclass(frozen=True)
class Waited:
    """Somebody in line: when they came, what they were told first, and when their turn was."""

    number: int
    since: datetime
    told: datetime | None
    turn: datetime | None
    urgent: bool  # it became so, and did not wait for its turn

    @property
    def days_told(self) -> float:
        """How long it would take, as they were told."""
        return ((self.told or self.since) - self.since) / DAY

    @property
    def days(self) -> float:
        """How long it took until neighbors were asked."""
        return ((self.turn or self.since) - self.since) / DAY


@dataclass
class Lived:
    """What came of it."""

    tally: Tally
    queued: list[Waited] = field(default_factory=list)
    silent: int = 0  # of them, those who heard nothing for longer than they should
    lost: int = 0  # and those whose turn never came, though they did not take it back

    @property
    def turns(self) -> list[Waited]:
        """Who was told a day and had their turn."""
        return [one for one in self.queued if one.told and one.turn and not one.urgent]

    @property
    def told(self) -> float:
        """Days, the median of what they were told."""
        return median(one.days_told for one in self.turns)

    @property
    def real(self) -> float:
        """Days, the median of what it took."""
        return median(one.days for one in self.turns)

    @property
    def inversions(self) -> int:
        """How often somebody had their turn before who had stood right ahead of them."""
        line = sorted(self.turns, key=lambda one: (one.since, one.number))
        return sum(bool(a.turn and b.turn and b.turn < a.turn) for a, b in pairwise(line))


class Watched(Simulation):
    """A neighborhood that has lived for a while already: as many hands are full as usually are."""

    def __init__(self, url: str, load: Load, rules: dict[str, object], seed: str) -> None:
        super().__init__(url, load, rules, seed)
        luck, hands = Random(f"{seed} hands"), load.hands or load.volunteers
        for volunteer in self.pretend.volunteers:
            if luck.random() < load.a_day / hands:
                volunteer.busy_until = self.clock.now() + luck.expovariate(1) * DAY * load.volunteers / hands

    def lived(self) -> Lived:
        """Live through it, and look who waited."""
        tally = self.run()
        found = Lived(tally)
        self.hotline.database.read(lambda session: _read(session, found, self.clock.now()))
        return found


def _read(session: Session, found: Lived, now: datetime) -> None:
    first: dict[int, str] = {}
    for request_id, words in session.exec(
        select(Event.request_id, Event.words).where(Event.kind == "turn_told").order_by(col(Event.id))
    ):
        first.setdefault(request_id, words or "")
    for request in session.exec(select(Request).where(col(Request.queued_at).is_not(None))):
        words = first.get(request.id, "")
        told = datetime.fromisoformat(words) if words else None
        urgent = request.urgency is Urgency.URGENT
        found.queued.append(Waited(request.number, request.queued_at or now, told, request.turn_at, urgent))
        found.silent += request.number in found.tally.unsaid
        gone = request.outcome is Outcome.WITHDRAWN or any(found.tally.claims.get(request.number, ()))
        found.lost += request.turn_at is None and request.live and not gone


def play(load: Load, *, line: bool = True, seed: str = SEEDS[0]) -> Lived:
    """Live through it; without a `line` everybody is asked about at once, as if there were hands."""
    with sandbox.databases() as places, places.fresh() as url:
        simulation = Watched(url, load, {} if line else {"queue_days": 0}, seed)
        try:
            return simulation.lived()
        finally:
            simulation.close()


@dataclass(frozen=True)
class Way:
    """One life of the neighborhood."""

    load: Load
    seed: str
    line: bool = True


def live(way: Way) -> Lived:
    """Live through it."""
    return play(way.load, line=way.line, seed=way.seed)


def run(bench: Bench) -> None:
    """Live through all, as many at once as there are cores."""
    load, seeds = (LONG, SEEDS) if bench.scale == 1 else (QUICK, SEEDS[:1])
    calm = replace(load, times=1.0)
    ways = [Way(each, seed) for seed in seeds for each in (load, calm)]
    ways.append(Way(load, seeds[0], line=False))
    say(f"{NAME}: {load.name}, {len(ways)} times")
    with ProcessPoolExecutor(len(os.sched_getaffinity(0)), multiprocessing.get_context("spawn")) as pool:
        found = list(pool.map(live, ways))
    for n, seed in enumerate(seeds):
        judge(bench, seed, found[2 * n], found[2 * n + 1])
    urgent = soon(found[-1].tally.urgent) / soon(found[1].tally.urgent)
    bench.report.figure(NAME, "SQLite", f"{seeds[0]}, and no line: urgent ones by a calm time's", [urgent], digits=2)


def judge(bench: Bench, seed: str, found: Lived, usual: Lived) -> None:
    """Say what came of it."""

    def figure(what: str, value: float, goal: Goal | None = None, digits: int = 2) -> None:
        bench.report.figure(NAME, "SQLite", f"{seed}: {what}", [value], digits=digits, goal=goal)

    figure("neighbors in line", len(found.queued), digits=0)
    figure("in line without a word for 3 days", found.silent, Goal("0", most=0), 0)
    figure("who have not had their turn in the end", found.lost, Goal("0", most=0), 0)
    figure("turns out of order", found.inversions, Goal("0", most=0), 0)
    if found.turns:
        figure("median days told", found.told)
        figure("median days until their turn", found.real)
        goal = Goal("0.75 to 1.25", 1 - AS_TOLD, 1 + AS_TOLD)
        figure("real wait by the told one", found.real / found.told, goal)
    figure("in line in a calm time", len(usual.queued), Goal("0", most=0), 0)
    figure("urgent ones, median minutes to claim", soon(found.tally.urgent), digits=1)
    ratio = soon(found.tally.urgent) / soon(usual.tally.urgent)
    figure("the same by a calm time's", ratio, Goal(f"<= {URGENT_BY}", most=URGENT_BY))
    figure("met, of 100", 100 * found.tally.met, digits=0)


def soon(made: Sequence[Made], share: float = 0.5) -> float:
    """Minutes until so many of them were taken."""
    return asked.quantile((one.waited for one in made), share)
