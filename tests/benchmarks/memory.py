"""Whether the server's memory stays flat over very many texts."""

from tests.benchmarks.bench import Bench
from tests.benchmarks.figures import Goal
from tests.benchmarks.rows import Plan

NAME = "memory"
MARKS = (10_000, 50_000, 100_000)  # texts after which the memory is read
HELPERS = 5_000
SPARE = 600
MOST = 1.1  # times what it was at the first mark
PATIENCE = 1_800.0  # seconds between two marks


def run(bench: Bench) -> None:
    """One long run on each database."""
    marks = [bench.size(mark) for mark in MARKS]
    helpers = bench.size(HELPERS)
    supply = bench.texts(helpers, marks[-1] + bench.size(SPARE))
    plan = Plan(open=len(supply) // 2, helpers=helpers)
    for ground in bench.grounds:
        filled = ground.filled(plan)
        held: list[float] = []
        with bench.served(ground, filled, plan, supply=supply) as live:
            for before, mark in zip((0, *marks), marks, strict=False):
                live.fire(mark - before, seconds=PATIENCE)
                held.append(live.servers[0].memory or 0.0)
                bench.report.figure(NAME, ground.name, f"after {mark:,} texts", held[-1:], unit="MB", digits=0)
        goal = Goal(f"<= {MOST}", most=MOST)
        bench.report.figure(NAME, ground.name, "the last, of the first", [held[-1] / (held[0] or 1)], goal=goal)
        bench.account(NAME, ground.name)
