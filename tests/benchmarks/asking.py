"""Whom the hotline asks, when, and what comes of it: weeks of a neighborhood, beside two simpler ways to ask.

    python -m tests.benchmarks asking [--quick] [--days N]

All three ways go through the same code, and its other rules hold for each of them: quiet hours, one unanswered offer
at a time, the daily limit. Everybody at once is one wave of all who fit; fixed waves are 3, 6, 12 and all.
"""

import multiprocessing
import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from typing import Any

from app.simulator import sandbox
from tests.benchmarks import asked
from tests.benchmarks.asked import Made, Tally
from tests.benchmarks.bench import Bench
from tests.benchmarks.figures import Goal, say
from tests.benchmarks.moved_clock import Simulation
from tests.benchmarks.neighborhood import Load

NAME = "asking"
SEED = "a neighborhood"
QUICK_DAYS = 4
EVERYBODY, FIXED, OWN = "everybody at once", "fixed waves", "this hotline"
WAYS: dict[str, dict[str, Any]] = {
    EVERYBODY: {"waves": [10_000], "offers_per_day": 0},
    FIXED: {"waves": [3, 6, 12, 10_000], "gap_urgent": 10, "gap_today": 45, "gap_anytime": 240},
    OWN: {},
}
LOADS = (
    Load("10 a day", 21, 10),
    Load("10 a day, yes .05", 14, 10, chance=0.05),
    Load("10 a day, yes .25", 14, 10, chance=0.25),
    Load("10 a day, yes .47", 14, 10, chance=0.47),
    Load("200 a day, hands for 30", 60, 200, hands=30, compared=False),
    Load("one day of 25 times", 9, 10, rush=25),
)


COLUMNS = (
    "load",
    "way",
    "urgent: median",
    "p90",
    "others: median",
    "p90",
    "asks a claim",
    "x p",
    "texts a met one",
    "Gini",
    "met",
    "forgotten",
    "unsaid",
    "at night",
)
NOTE = (
    "minutes, for others waking ones; x p: times the chance to say yes; unsaid: live requests whose neighbor heard "
    "nothing for three days, or seven once asked whether they still need it; at night: "
    "unasked texts in quiet hours, urgent ones aside"
)


@dataclass(frozen=True)
class Run:
    """One neighborhood under one way to ask."""

    load: Load
    way: str


def play(run: Run) -> Tally:
    """Live through it."""
    with sandbox.databases() as places, places.fresh() as url:
        simulation = Simulation(url, run.load, WAYS[run.way], SEED)
        try:
            return simulation.run()
        finally:
            simulation.close()


def run(bench: Bench) -> None:
    """Every load under every way to ask, as many at once as there are cores."""
    days = bench.days or (QUICK_DAYS if bench.scale < 1 else None)
    loads = [load.within(days) for load in (LOADS if bench.scale == 1 else LOADS[:1])]
    runs = [Run(load, way) for load in loads for way in WAYS if way == OWN or load.compared]
    say(f"{NAME}: {len(runs)} neighborhoods")
    with ProcessPoolExecutor(len(os.sched_getaffinity(0)), multiprocessing.get_context("spawn")) as pool:
        tallies = dict(zip(runs, pool.map(play, runs), strict=True))
    for load in loads:
        _judge(bench, load, {run.way: tally for run, tally in tallies.items() if run.load is load})
    bench.report.appended.append(_table(tallies))


def _judge(bench: Bench, load: Load, by_way: dict[str, Tally]) -> None:
    own, everybody = by_way[OWN], by_way.get(EVERYBODY)

    def figure(what: str, value: float, goal: Goal, digits: int = 2) -> None:
        bench.report.figure(NAME, "SQLite", f"{load.name}: {what}", [value], digits=digits, goal=goal)

    if everybody is not None:
        ratio = _soon(own.urgent, 0.5) / _soon(everybody.urgent, 0.5)
        figure("urgent, median time to claim of everybody's", ratio, Goal("<= 2", most=2))
        ratio = own.texts_a_met_one / everybody.texts_a_met_one
        figure("texts a met request, of everybody's", ratio, Goal("<= 0.25", most=0.25))
    if load.hands is None:
        figure("others, asks a claim x p", asked.a_claim(own.others) * load.chance, Goal("<= 1.7", most=1.7))
        figure("others, median waking minutes", _soon(own.others, 0.5), Goal("<= 45", most=45), 0)
    for what, count in (
        ("requests forgotten", len(own.forgotten)),
        ("neighbors unheard for 3 days, or 7 once asked", len(own.unsaid)),
        ("unasked texts in quiet hours", own.at_night.total()),
    ):
        figure(what, count, Goal("0", most=0), 0)


def _soon(made: Sequence[Made], share: float) -> float:
    return asked.quantile((one.waited for one in made), share)


def _table(tallies: dict[Run, Tally]) -> str:
    rows = [COLUMNS, *(_row(run, tally) for run, tally in tallies.items())]
    widths = [max(len(row[n]) for row in rows) for n in range(len(COLUMNS))]
    shown = ["  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
    return "\n".join(["", *shown, NOTE])


def _row(run: Run, tally: Tally) -> tuple[str, ...]:
    a_claim = asked.a_claim(tally.others)
    return (
        *(run.load.name, run.way),
        *(f"{_soon(made, share):,.1f}" for made in (tally.urgent, tally.others) for share in (0.5, 0.9)),
        *(f"{a_claim:.1f}", f"{a_claim * run.load.chance:.2f}", f"{tally.texts_a_met_one:.1f}"),
        *(f"{tally.gini:.2f}", f"{tally.met:.0%}"),
        *(f"{len(tally.forgotten)}", f"{len(tally.unsaid)}", f"{tally.at_night.total()}"),
    )
