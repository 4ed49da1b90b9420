"""The way out: how fast a queue of texts leaves, and what that does to the texts that come in meanwhile."""

from tests.benchmarks import servers
from tests.benchmarks.bench import Bench
from tests.benchmarks.figures import Goal
from tests.benchmarks.load import Volley
from tests.benchmarks.rows import Plan

NAME = "sending"
READY = 10_000  # texts that wait to be sent
PACE = 50.0  # texts a second that come in meanwhile: 3,000 a minute, on a handful of connections
CONNECTIONS = 8
SECONDS = 8.0
SPARE = 600
LIFTED = {"rate_sms": 100_000, "rate_whatsapp": 100_000}
HELD = {"rate_sms": 0.001, "rate_whatsapp": 0.001}  # the line's numbers are so slow that nothing is sent


def run(bench: Bench) -> None:
    """Measure the webhook with nothing leaving and with everything leaving, in turn."""
    count = int(PACE * max(SECONDS * bench.scale, 2.0))
    supply = bench.texts(200, count + bench.size(SPARE))
    size = len(supply) // 2
    quiet = Plan(open=size, people=READY + size, rules=HELD)
    busy = Plan(open=size, people=READY + size, rules=LIFTED, ready=READY)
    for ground in bench.grounds:
        filled = {plan.ready: (ground.filled(plan), plan) for plan in (quiet, busy)}
        volleys: dict[int, list[Volley]] = {ready: [] for ready in filled}
        rates: list[float] = []
        doubled = 0
        for _ in bench.each_round(f"{NAME} on {ground.name}"):
            for ready, (url, plan) in filled.items():
                with bench.served(ground, url, plan, supply=supply) as live:
                    servers.tally(bench.carrier)
                    volleys[ready].append(live.fire(count, CONNECTIONS, pace=PACE))
                    posts, different, seconds = servers.tally(bench.carrier)
                    if ready:
                        rates.append(posts / max(seconds, 0.001))
                    doubled += posts - different
        still, moving = ([v.p99 * 1e3 for v in volleys[ready]] for ready in (0, READY))
        ratios = [b / a for a, b in zip(still, moving, strict=True)]
        report, name = bench.report, ground.name
        goal = Goal(">= 300", least=300)
        report.figure(NAME, name, "sent", rates, unit="texts/s", digits=0, goal=goal)
        report.figure(NAME, name, "sent twice", [doubled], digits=0, goal=Goal("0", most=0))
        report.figure(NAME, name, f"p99 of {PACE:.0f} texts/s coming in, nothing leaving", still, unit="ms")
        report.figure(NAME, name, f"p99 of {PACE:.0f} texts/s coming in, while sending", moving, unit="ms")
        report.figure(NAME, name, "while sending, of nothing leaving", ratios, goal=Goal("<= 2", most=2))
        bench.account(NAME, name)
