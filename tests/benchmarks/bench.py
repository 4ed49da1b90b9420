"""What every benchmark works with: the two small servers, the databases, the report, and how much of everything."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from tests.benchmarks import checks, load, servers, texts
from tests.benchmarks.figures import Goal, Report, say
from tests.benchmarks.load import Volley
from tests.benchmarks.neighborhood import Trait
from tests.benchmarks.rows import Plan
from tests.benchmarks.servers import Server
from tests.benchmarks.stock import Ground, OnPostgreSQL, OnSQLite
from tests.benchmarks.texts import Prepared
from tests.postgres import PostgreSQL

CONNECTIONS = 32
YARDSTICK = 8_000  # texts, a round
WARM = 200  # texts before the clock starts: a server that has just begun still imports and compiles
LONGEST = 30.0  # seconds that one volley may take; what is not sent by then stays unsent


@dataclass
class Live:
    """A hotline that is being served from a fresh copy of a database, and what the load has sent to it."""

    url: str
    servers: list[Server]
    supply: Iterator[Prepared]
    taken: list[Prepared] = field(default_factory=list)

    def fire(
        self,
        count: int,
        connections: int = CONNECTIONS,
        *,
        seconds: float = LONGEST,
        pace: float | None = None,
    ) -> Volley:
        """Send the next texts, spread over all servers."""
        texts = list(islice(self.supply, count))
        volley = fire(texts, self.servers, connections, seconds=seconds, pace=pace)
        self.taken += volley.taken
        return volley


def fire(
    texts: Sequence[Prepared],
    servers: Sequence[Server],
    connections: int = CONNECTIONS,
    *,
    seconds: float = LONGEST,
    pace: float | None = None,
) -> Volley:
    """Send texts to servers, and note what that cost them."""
    before = [server.cpu for server in servers]
    ports = [server.port for server in servers]
    volley = load.fire(texts, ports, connections=connections, seconds=seconds, pace=pace)
    after = [server.cpu for server in servers]
    volley.cpu = sum((b or 0.0) - (a or 0.0) for a, b in zip(before, after, strict=True))
    return volley


@dataclass
class Bench:
    """One run."""

    folder: Path
    yardstick: Server
    carrier: Server
    grounds: list[Ground]
    report: Report
    rounds: int
    scale: float = 1.0  # of the full size
    days: int | None = None  # that a simulated neighborhood lives through at most
    traits: frozenset[Trait] = frozenset()  # that it has
    tallied: list[checks.Kept] = field(default_factory=list)
    _supplies: dict[int, list[Prepared]] = field(default_factory=dict)

    def size(self, full: int) -> int:
        """So many in a full run, fewer in a quick one."""
        return max(1, round(full * self.scale))

    def each_round(self, what: str) -> Iterator[int]:
        """The rounds, told as they begin."""
        for n in range(self.rounds):
            say(f"{what}, round {n + 1} of {self.rounds}")
            yield n

    def texts(self, helpers: int, count: int) -> list[Prepared]:
        """The texts of a volley, prepared once: every round sends the same to a fresh copy of the same database."""
        known = self._supplies.setdefault(helpers, [])
        if len(known) < count:
            known[:] = islice(texts.mixed(helpers), count)
        return known[:count]

    def measure_yardstick(self) -> Volley:
        """The server that does nothing, under the same load."""
        known = self.texts(200, self.size(YARDSTICK))
        fire(known[:WARM], [self.yardstick])
        return fire(known, [self.yardstick])

    @contextmanager
    def served(
        self,
        ground: Ground,
        filled: str,
        plan: Plan,
        *,
        processes: int = 1,
        fsync: float = 0.0,
        texts_a_commit: int | None = None,
        supply: Sequence[Prepared],
    ) -> Iterator[Live]:
        """A hotline on a fresh copy, warmed up. Afterwards the copy is checked and counted in `tallied`."""
        with ground.copied(filled) as url, tempfile.TemporaryDirectory(dir=self.folder) as home:
            with ExitStack() as running:
                started = [
                    running.enter_context(
                        servers.hotline(url, Path(home), self.carrier, fsync=fsync, texts_a_commit=texts_a_commit)
                    )
                    for _ in range(processes)
                ]
                live = Live(url, started, iter(supply))
                live.fire(min(WARM, len(supply) // 10))
                yield live
                servers.settled(started)
            self.tallied.append(checks.kept(url, live.taken, prepared=plan.open + plan.closed))
            self.tallied[-1].complaints += [line for server in started for line in server.troubles[:1]]

    def account(self, benchmark: str, database: str, *, asking: bool = True) -> None:
        """Report whether every text since the last account was kept once and answered, and volunteers were asked."""
        complaints = [complaint for kept in self.tallied for complaint in kept.complaints]
        right, taken = sum(k.right for k in self.tallied), sum(k.taken for k in self.tallied)
        self.report.count(benchmark, database, right, taken, complaints)
        if asking:
            unasked = [float(kept.unasked) for kept in self.tallied]
            words = "requests no volunteer was asked about"
            self.report.figure(benchmark, database, words, [max(unasked)], digits=0, goal=Goal("0", most=0))
        self.tallied.clear()


@contextmanager
def opened(
    databases: Sequence[str],
    rounds: int,
    scale: float,
    home: Path | None,
    days: int | None = None,
    traits: frozenset[Trait] = frozenset(),
) -> Iterator[Bench]:
    """A run with its servers; everything it wrote is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="hotline-benchmark-", dir=home) as named, ExitStack() as stack:
        folder = Path(named)
        grounds: list[Ground] = []
        if "sqlite" in databases:
            grounds.append(OnSQLite(folder))
        if "postgresql" in databases:
            server = PostgreSQL(durable=True)
            stack.callback(server.close)
            grounds.append(OnPostgreSQL(server))
        yardstick = stack.enter_context(servers.module("yardstick", folder))
        carrier = stack.enter_context(servers.module("carrier", folder))
        yield Bench(folder, yardstick, carrier, grounds, Report(), rounds, scale, days, traits)
