"""Whom the hotline asks, when, and what comes of it: weeks of a neighborhood, beside two simpler ways to ask.

    python -m tests.benchmarks asking [--quick] [--days N]

All three ways go through the same code, and its other rules hold for each of them: quiet hours, one unanswered offer
at a time, the daily limit. Everybody at once is one wave of all who fit; fixed waves are 3, 6, 12 and all.
"""

from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from typing import Any

from app.simulator import sandbox
from tests.benchmarks import asked
from tests.benchmarks.asked import Tally
from tests.benchmarks.bench import Bench
from tests.benchmarks.figures import Goal
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
    Load("10 a day", 28, 10),
    Load("10 a day, yes .05", 28, 10, chance=0.05),
    Load("10 a day, yes .25", 28, 10, chance=0.25),
    Load("10 a day, yes .47", 28, 10, chance=0.47),
    Load("200 a day, hands for 30", 60, 200, hands=30),
    Load("one day of 25 times", 9, 10, rush=25),
)


@dataclass(frozen=True)
class Run:
    """One neighborhood under one way to ask."""

    load: Load
    way: str

    def play(self) -> Tally:
        """Live through it."""
        with sandbox.databases() as places, places.fresh() as url:
            simulation = Simulation(url, self.load, WAYS[self.way], SEED)
            try:
                return simulation.run()
            finally:
                simulation.close()


def play(run: Run) -> Tally:
    """The same for a process of its own."""
    return run.play()
