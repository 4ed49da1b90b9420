"""A move of a line that has been busy for years: how long all of it takes, and how long the hotline stands still."""

import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import sqlalchemy as sa
from sqlalchemy.engine import URL

from app.database import engine, moving
from app.database.moving import Moved, Talk
from app.database.running import Presence
from models.delivery import workers
from models.inbound import Inbound
from models.requests import Request, State
from models.store.session import Session
from models.store.types import table
from tests import fakes
from tests.benchmarks.bench import Bench
from tests.benchmarks.figures import Goal, say
from tests.benchmarks.rows import Plan
from tests.benchmarks.stock import Ground

NAME = "moving"
MESSAGES, PEOPLE, OPEN, CLOSED, HELPERS = 1_000_000, 100_000, 20_000, 80_000, 5_000
SINCE = 3_000  # texts that come in while it is carried, and as many requests that change: a busy day
STANDS_STILL = 60.0  # seconds, at most


def run(bench: Bench) -> None:
    """Measure the way from each database to the next, and back; to another of its kind where there is only one."""
    grounds = [*bench.grounds, *reversed(bench.grounds[:-1])] if len(bench.grounds) > 1 else bench.grounds * 2
    for source, target in pairwise(grounds):
        _measure(bench, source, target)


def _measure(bench: Bench, source: Ground, target: Ground) -> None:
    plan = Plan(
        open=bench.size(OPEN),
        helpers=bench.size(HELPERS),
        people=bench.size(PEOPLE),
        closed=bench.size(CLOSED),
        messages=bench.size(MESSAGES),
    )
    filled = source.filled(plan)
    whole, still, rows = [], [], 0
    for _ in bench.each_round(f"{NAME} from {source.name} to {target.name}"):
        with source.copied(filled) as copy:
            began = time.perf_counter()
            done = moved_while_it_runs(copy, target.blank(), bench.size(SINCE))
            whole.append(time.perf_counter() - began)
            still.append(done.stood_still)
            rows = done.rows
    say(f"{rows:,} rows")
    where = f"to {target.name}"
    what = f"{plan.messages:,} messages, {plan.people:,} people"
    bench.report.figure(NAME, source.name, f"{where}, {what}: all of it", whole, unit="s", digits=0)
    goal = Goal(f"<= {STANDS_STILL:.0f}", most=STANDS_STILL)
    figure = f"{where}, {what}: the hotline stands still"
    bench.report.figure(NAME, source.name, figure, still, unit="s", digits=1, goal=goal)


def moved_while_it_runs(source: str, target: str, since: int) -> Moved:
    """Carry it while a hotline seems to run, which goes on for so many texts and then stops."""
    old, new = (fakes.settings(url).database for url in (source, target))
    clock = fakes.StillClock()
    clock.advance(datetime.now(UTC) - clock.now())
    presence = Presence(old)
    presence.begin()
    with closing(engine.connect(old)) as kept:
        kept.write(lambda session: workers.beat(session, "running", clock.now())).result()

    def stop(_: int) -> None:
        _change(old, since)
        presence.end()
        clock.advance(timedelta(hours=1))

    return moving.move(old, new, clock.now, Talk(lambda _: None, stop, lambda: None))


def _change(url: URL, count: int) -> None:
    """Texts come in, and requests change here and there."""

    def work(session: Session) -> None:
        texts, requests = table(Inbound), table(Request)
        last = session.execute(sa.select(sa.func.max(texts.c.id))).scalar_one()
        new = {"id": texts.c.id + last, "sid": sa.literal("new") + texts.c.sid}
        values = [new.get(column.name, column) for column in texts.c]
        copied = sa.select(*values).where(texts.c.id <= count)
        session.execute(sa.insert(texts).from_select([column.name for column in texts.c], copied))
        changed = sa.update(requests).where(requests.c.id % 7 == 0, requests.c.state == State.OPEN)
        session.execute(changed.values(wave=2))

    made = sa.create_engine(url)  # without the limits of a hotline's own statements
    with made.begin() as connection:
        work(Session(connection))
    made.dispose()
