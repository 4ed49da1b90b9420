"""A morning on which everything that is open is due at once: how long others wait for it, and when it is through."""

import statistics
import time
from datetime import UTC, datetime

import sqlalchemy as sa

from app.hotline import Hotline
from app.inbound import tick
from models.requests import Request, State
from models.store.session import Session
from tests import fakes
from tests.benchmarks.bench import Bench
from tests.benchmarks.figures import Goal, say
from tests.benchmarks.rows import Plan

NAME = "morning"
OPEN, HELPERS, PEOPLE = 20_000, 5_000, 100_000
MOST_SECONDS = 1.0  # for one tick, in which texts that come in wait


def run(bench: Bench) -> None:
    """Measure it on each database: of requests up to three months old, a third was never asked about again."""
    for ground in bench.grounds:
        plan = Plan(open=bench.size(OPEN), helpers=bench.size(HELPERS), people=bench.size(PEOPLE))
        url = ground.filled(plan)
        slowest, typical, whole = [], [], []
        for _ in bench.each_round(f"{NAME} on {ground.name}"):
            with ground.copied(url) as copy:
                ticks = pass_morning(copy)
            say(f"{ground.name}: {len(ticks):,} ticks")
            slowest.append(max(ticks))
            typical.append(statistics.median(ticks))
            whole.append(sum(ticks))
        what = f"{plan.open:,} requests due at once"
        goal = Goal(f"<= {MOST_SECONDS}", most=MOST_SECONDS)
        bench.report.figure(NAME, ground.name, f"{what}: the slowest tick", slowest, unit="s", goal=goal)
        bench.report.figure(NAME, ground.name, f"{what}: a tick", [t * 1e3 for t in typical], unit="ms")
        bench.report.figure(NAME, ground.name, f"{what}: all of them", whole, unit="s")


def pass_morning(url: str) -> list[float]:
    """Let time act until nothing is due; how long each tick took, in seconds."""
    hotline = Hotline(fakes.twilio_settings(url))
    now = datetime.now(UTC)

    def all_due(session: Session) -> None:
        session.execute(sa.update(Request).where(Request.state == State.OPEN).values(next_action_at=now))  # type: ignore[arg-type]

    try:
        hotline.database.write(all_due).result()
        ticks: list[float] = []
        while True:
            began = time.perf_counter()
            acted = hotline.database.write(lambda session: tick.tick(session, now)).result()
            ticks.append(time.perf_counter() - began)
            if not acted:
                return ticks
    finally:
        hotline.stop()
