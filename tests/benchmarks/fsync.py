"""A slow disk: what it brings that texts which wait share a commit, where each fsync takes 5 ms."""

from tests.benchmarks.bench import Bench
from tests.benchmarks.figures import Goal
from tests.benchmarks.rows import Plan
from tests.benchmarks.servers import slow_disk

NAME = "fsync"
TEXTS = 1_500
SPARE = 300
TAKES = 0.005  # seconds


def run(bench: Bench) -> None:
    """Measure one commit a text and shared commits in turn. Only SQLite shares commits."""
    count = bench.size(TEXTS)
    supply = bench.texts(200, count + bench.size(SPARE))
    plan = Plan(open=len(supply) // 2)
    for ground in bench.grounds:
        if ground.name != "SQLite":
            continue
        filled = ground.filled(plan)
        rates: dict[int | None, list[float]] = {1: [], None: []}
        for _ in bench.each_round(f"{NAME} of {TAKES * 1e3:.0f} ms"):
            for limit, several in rates.items():
                with bench.served(ground, filled, plan, supply=supply, fsync=TAKES, texts_a_commit=limit) as live:
                    several.append(live.fire(count).rate)
        ratios = [shared / single for single, shared in zip(rates[1], rates[None], strict=True)]
        how = "every fsync" if "LD_PRELOAD" in slow_disk(bench.folder, TAKES) else "every commit"
        slow = f"{how} 5 ms slower"
        bench.report.figure(NAME, ground.name, f"one commit a text, {slow}", rates[1], unit="texts/s", digits=0)
        bench.report.figure(NAME, ground.name, f"shared commits, {slow}", rates[None], unit="texts/s", digits=0)
        bench.report.figure(NAME, ground.name, "shared, of one a text", ratios, goal=Goal(">= 6", least=6), digits=1)
        bench.account(NAME, ground.name)
