"""A line that has been busy for years: what a text and the choice of a wave cost there, beside an empty one."""

import statistics
import time
from datetime import timedelta
from typing import Any

from app.hotline import Hotline
from handlers.asking import waves
from handlers.turn import Context
from models import lines, requests
from tests import fakes
from tests.benchmarks.bench import Bench
from tests.benchmarks.figures import Goal, say
from tests.benchmarks.rows import Plan
from tests.benchmarks.stock import Ground

NAME = "scale"
TEXTS = 3_000
SPARE = 600
WAVES = 20  # a round: after many more, all of the 200 volunteers of the empty line would have an offer to answer
HELPERS = 5_000  # of the 100,000


def run(bench: Bench) -> None:
    """Measure the empty and the full database in turn."""
    for ground in bench.grounds:
        _measure(bench, ground)


def _measure(bench: Bench, ground: Ground) -> None:
    count = bench.size(TEXTS)
    few, many = (bench.texts(helpers, count + bench.size(SPARE)) for helpers in (200, bench.size(HELPERS)))
    empty = Plan(open=len(few) // 2)
    full = Plan(
        open=bench.size(20_000),
        helpers=bench.size(HELPERS),
        people=bench.size(100_000),
        closed=bench.size(80_000),
        messages=bench.size(1_000_000),
    )
    began = time.monotonic()
    filled = {plan.messages: (ground.filled(plan), plan, supply) for plan, supply in ((empty, few), (full, many))}
    say(f"{ground.name}: filled in {time.monotonic() - began:.0f} s")
    times: dict[int, list[float]] = {messages: [] for messages in filled}
    choosing: dict[int, list[float]] = {messages: [] for messages in filled}
    for _ in bench.each_round(f"{NAME} on {ground.name}"):
        for messages, (url, plan, supply) in filled.items():
            with bench.served(ground, url, plan, supply=supply) as live:
                times[messages].append(1 / live.fire(count).rate)
            with ground.copied(url) as copy:
                choosing[messages].append(wave(copy, WAVES))
    stock = f"{full.messages:,} messages, {full.people:,} people, {full.open:,} open requests"
    for what, measured, most in (("a text", times, 1.3), ("choosing a wave", choosing, 2.0)):
        lean, rich = measured[0], measured[full.messages]
        ratios = [b / a for a, b in zip(lean, rich, strict=True)]
        bench.report.figure(NAME, ground.name, f"{what}, empty", [t * 1e3 for t in lean], unit="ms")
        bench.report.figure(NAME, ground.name, f"{what}, {stock}", [t * 1e3 for t in rich], unit="ms")
        goal = Goal(f"<= {most}", most=most)
        bench.report.figure(NAME, ground.name, f"{what}, full of empty", ratios, goal=goal)
    bench.account(NAME, ground.name)


def wave(url: str, count: int) -> float:
    """How long it takes to choose and note down the next wave of a request, in seconds; the median of so many."""
    hotline = Hotline(fakes.twilio_settings(url))
    now = hotline.clock.now() + timedelta(hours=1)

    def choose(session: Any, number: int) -> float:
        request = requests.by_number(session, 1, number)
        assert request is not None
        moment = Context(session, lines.by_id(session, 1), now)
        began = time.perf_counter()
        chosen = waves.ask_next(moment, request)
        session.flush()
        took = time.perf_counter() - began
        assert waves.asked(chosen), "nobody was left to ask"
        return took

    try:
        return statistics.median(
            hotline.database.write(lambda session, n=n: choose(session, n)).result()  # type: ignore[misc]
            for n in range(1, count + 1)
        )
    finally:
        hotline.stop()
