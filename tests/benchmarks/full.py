"""The full path: signature, dedupe, grammar, CLAIM or a new request, offers queued, a durable commit."""

from tests.benchmarks.bench import Bench
from tests.benchmarks.figures import Goal
from tests.benchmarks.load import Volley
from tests.benchmarks.rows import Plan
from tests.benchmarks.stock import Ground

NAME = "full"
TEXTS = 4_000  # by 32 connections, a round
ALONE = 400  # by one connection, a round
SPARE = 600  # for the warming up
HANDS = 4  # volunteers a text: each new request asks three who are free

LEAST = {"SQLite": 0.25, "PostgreSQL": 0.15}
HOPE = {"SQLite": 0.35}
NOISE = 0.05


def run(bench: Bench) -> None:
    """Measure each database in turn, the yardstick before every volley."""
    for ground in bench.grounds:
        processes = (1, 2) if ground.name == "PostgreSQL" else (1,)
        _measure(bench, ground, processes)


def _measure(bench: Bench, ground: Ground, processes: tuple[int, ...]) -> None:
    count, alone = bench.size(TEXTS), bench.size(ALONE)
    supply = bench.texts(200, count + alone + bench.size(SPARE))
    plan = Plan(open=len(supply) // 2, helpers=HANDS * len(supply))  # nobody has two offers to answer
    filled = ground.filled(plan)
    yardstick: list[Volley] = []
    ratios: dict[int, list[float]] = {n: [] for n in processes}
    volleys: dict[int, list[Volley]] = {n: [] for n in processes}
    singles: list[Volley] = []
    for _ in bench.each_round(f"{NAME} path on {ground.name}"):
        for n in processes:
            yardstick.append(bench.measure_yardstick())
            with bench.served(ground, filled, plan, processes=n, supply=supply) as live:
                volleys[n].append(live.fire(count))
                if n == 1:
                    singles.append(live.fire(alone, 1))
            ratios[n].append(volleys[n][-1].rate / yardstick[-1].rate)
    _report(bench, ground, yardstick, ratios, volleys, singles)
    bench.account(NAME, ground.name)


def _report(
    bench: Bench,
    ground: Ground,
    yardstick: list[Volley],
    ratios: dict[int, list[float]],
    volleys: dict[int, list[Volley]],
    singles: list[Volley],
) -> None:
    def figure(what: str, values: list[float], **more: object) -> None:
        bench.report.figure(NAME, ground.name, what, values, **more)  # type: ignore[arg-type]

    figure("yardstick, 32 connections", [v.rate for v in yardstick], unit="texts/s", digits=0)
    figure("yardstick, CPU a text", [v.cost * 1e3 for v in yardstick], unit="ms")
    least = LEAST[ground.name]
    words = f">= {least}" + (f", hope {HOPE[ground.name]}" if ground.name in HOPE else "")
    for n, several in volleys.items():
        where = "" if n == 1 else f", {n} processes"
        figure(f"texts, 32 connections{where}", [v.rate for v in several], unit="texts/s", digits=0)
        figure(f"CPU a text{where}", [v.cost * 1e3 for v in several], unit="ms")
        figure(f"of the yardstick{where}", ratios[n], goal=Goal(words, least=least))
        figure(f"p99{where}", [v.p99 * 1e3 for v in several], unit="ms", digits=1, goal=Goal("< 100 ms", most=100))
        longest = max(v.longest for v in several)
        figure(f"longest{where}", [longest * 1e3], unit="ms", digits=0, goal=Goal("< 1 s", most=1000))
    if 2 in ratios:
        gain = [two / one for one, two in zip(ratios[1], ratios[2], strict=True)]
        figure("2 processes, of one", gain, goal=Goal(f">= 1, less {NOISE:.0%} for noise", least=1 - NOISE))
    figure("median, 1 connection", [v.median * 1e3 for v in singles], unit="ms", goal=Goal("< 3 ms", most=3))
