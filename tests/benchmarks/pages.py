"""Pages on a line with 20,000 open requests and a million texts: how soon each begins to come, and how large it is.

Then thirty pages of the board stay open while neighbors text, and each fetches what is new as its script does: what
that costs the texts, and how soon the pages show them.
"""

import html
import re
import statistics
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import StrEnum
from functools import partial

from app.hotline import Hotline
from models import board_sessions
from models.store.session import Session
from tests import fakes
from tests.benchmarks.bench import WARM, Bench, Live
from tests.benchmarks.figures import Goal, say
from tests.benchmarks.lived_in import DUTY
from tests.benchmarks.reading import Glances, OpenPage, Reader, news
from tests.benchmarks.rows import Plan
from tests.benchmarks.servers import Server
from tests.benchmarks.stock import Ground

NAME = "pages"
OPEN, CLOSED, HELPERS, PEOPLE, TEXTS = 20_000, 80_000, 500, 60_000, 1_000_000
LOOKS = 20  # at each page, a round
FIRST_BYTE = 50  # milliseconds
SIZE = 60  # KB
PAGES_OPEN = 30
PACE = 10  # texts a second, while pages are open: a neighborhood after a storm
LOAD = 200  # texts, with pages open and without
NEXT = re.compile(rb'href="(/[^"]*\bafter=[^"]*)"')
CALM = 0.1  # seconds of processor time in one
PATIENCE = 120.0  # seconds for what is counted beside
LIVE = "/board/live"  # where an open page of the board hears of news


class Who(StrEnum):
    """Who looks."""

    ANYBODY = "anybody"
    VOLUNTEER = "a volunteer"
    DUTY = "duty"


@dataclass(frozen=True)
class Page:
    """A page to look at."""

    path: str
    who: Who = Who.ANYBODY

    def __str__(self) -> str:
        return self.path if self.who is Who.ANYBODY else f"{self.path}, {self.who}"


PAGES = (
    Page("/"),
    Page("/how"),
    Page("/privacy"),
    Page("/terms"),
    Page("/poster"),
    Page("/card"),
    Page("/start"),
    Page("/board", Who.VOLUNTEER),
    Page("/board", Who.DUTY),
    Page("/board?state=open&after=1.1000", Who.DUTY),
    Page("/board/requests/7", Who.VOLUNTEER),
    Page("/board/requests/7", Who.DUTY),
    Page("/board/people", Who.DUTY),
    Page("/board/people/7", Who.DUTY),
    Page("/board/duty", Who.VOLUNTEER),
    Page("/board/duty", Who.DUTY),
    Page("/board/rules", Who.DUTY),
    Page("/board/proposals", Who.VOLUNTEER),
    Page("/board/purse", Who.VOLUNTEER),
    Page("/board/me", Who.VOLUNTEER),
    Page("/board/figures", Who.DUTY),
)


def run(bench: Bench) -> None:
    """Measure it on each database."""
    for ground in bench.grounds:
        plan = Plan(
            open=bench.size(OPEN),
            closed=bench.size(CLOSED),
            helpers=max(bench.size(HELPERS), 60),
            people=bench.size(PEOPLE),
            messages=bench.size(TEXTS),
            lived_in=True,
        )
        began = time.monotonic()
        filled = ground.filled(plan)
        keys = let_in(filled)
        say(f"{ground.name}: filled in {time.monotonic() - began:.0f} s")
        _look(bench, ground, filled, plan, keys)
        _leave_open(bench, ground, filled, plan, keys)
        bench.account(NAME, ground.name, asking=False)  # so many new requests are more than its volunteers


def let_in(url: str) -> dict[Who, list[str]]:
    """Open the board to as many as leave it open, half of them on duty; the keys of their browsers."""
    hotline = Hotline(fakes.twilio_settings(url))

    def keys(session: Session, first: int, people: int) -> list[str]:
        now = hotline.clock.now()
        opened = []
        for n in range(PAGES_OPEN // 2):
            link = board_sessions.by_link(session, board_sessions.ask(session, 1, first + n % people, now), now)
            assert link is not None
            lasts = now + timedelta(days=1)
            key = board_sessions.open_(session, link, now, ends_at=lasts, duty_until=lasts)
            assert key is not None
            opened.append(key)
        return opened

    try:
        return {
            Who.DUTY: hotline.database.write(lambda session: keys(session, 1, DUTY)).result(),
            Who.VOLUNTEER: hotline.database.write(lambda session: keys(session, DUTY + 1, 20)).result(),
        }
    finally:
        hotline.stop()


@dataclass
class Looked:
    """What came of looking at one page, a value a round. Times are in milliseconds."""

    typical: list[float] = field(default_factory=list)
    slowest: list[float] = field(default_factory=list)
    ratios: list[float] = field(default_factory=list)  # to the server that does nothing
    cpu: list[float] = field(default_factory=list)  # of the server, a look; it tells the same on a busy machine
    size: float = 0.0  # KB


def _look(bench: Bench, ground: Ground, filled: str, plan: Plan, keys: dict[Who, list[str]]) -> None:
    supply = bench.texts(plan.helpers, WARM * 10)
    looked: dict[str, Looked] = {}
    for _ in bench.each_round(f"{NAME} on {ground.name}"):
        with bench.served(ground, filled, plan, supply=supply) as live, _readers(bench, live, keys) as readers:
            for page in _all_pages(live.servers[0], readers):
                found = looked.setdefault(str(page), Looked())
                times, idle = [], []
                before = live.servers[0].cpu or 0.0
                for _ in range(LOOKS):
                    took, body = readers[page.who].get(page.path)
                    times.append(took * 1e3)
                    idle.append(readers[None].get("/")[0] * 1e3)
                    found.size = len(body) / 1024
                found.cpu.append(((live.servers[0].cpu or 0.0) - before) / LOOKS * 1e3)
                found.typical.append(statistics.median(times))
                found.slowest.append(max(times))
                found.ratios.append(statistics.median(times) / statistics.median(idle))
    soon, small = Goal(f"< {FIRST_BYTE} ms", most=FIRST_BYTE), Goal(f"< {SIZE} KB", most=SIZE)
    for name, found in looked.items():
        say_of = partial(bench.report.figure, NAME, ground.name)
        say_of(f"{name}: first byte", found.typical, unit="ms", digits=1, goal=soon)
        say_of(f"{name}: slowest of {LOOKS}", found.slowest, unit="ms", digits=1)
        say_of(f"{name}: of the yardstick", found.ratios, digits=1)
        say_of(f"{name}: CPU a look", found.cpu, unit="ms", digits=1)
        say_of(f"{name}: size", [found.size], unit="KB", digits=0, goal=small)


@contextmanager
def _readers(bench: Bench, live: Live, keys: dict[Who, list[str]]) -> Iterator[dict[Who | None, Reader]]:
    """A browser of each kind; under None one at the server that does nothing."""
    port = live.servers[0].port
    readers: dict[Who | None, Reader] = {
        Who.ANYBODY: Reader(port),
        **{who: Reader(port, keys[who][0]) for who in keys},
        None: Reader(bench.yardstick.port),
    }
    yield readers
    for reader in readers.values():
        reader.close()


def _all_pages(server: Server, readers: dict[Who | None, Reader]) -> Iterator[Page]:
    """Each page, and what its link to more leads to, once what they count beside the first looks is counted."""
    found = []
    for page in PAGES:
        more = NEXT.search(readers[page.who].get(page.path)[1])
        found.append(page)
        if more and "after=" not in page.path:
            found.append(replace(page, path=html.unescape(more[1].decode())))
    for page in found:
        readers[page.who].get(page.path)
    calm(server)
    yield from found


def calm(server: Server) -> None:
    """Wait until the server has next to nothing to do. Raises RuntimeError if it never has."""
    deadline = time.monotonic() + PATIENCE
    while True:
        before = server.cpu or 0.0
        time.sleep(1)
        if (server.cpu or 0.0) - before < CALM:
            return
        if time.monotonic() > deadline:
            raise RuntimeError("the server never comes to rest")


def _leave_open(bench: Bench, ground: Ground, filled: str, plan: Plan, keys: dict[Who, list[str]]) -> None:
    count = bench.size(LOAD)
    supply = bench.texts(plan.helpers, 2 * count + WARM + 10)
    ratios, late, first_bytes, costs = [], [], [], []
    for _ in bench.each_round(f"{NAME}, {PAGES_OPEN} of them open, on {ground.name}"):
        with bench.served(ground, filled, plan, supply=supply) as live:
            alone = live.fire(count, pace=PACE)
            with ExitStack() as stack:
                port = live.servers[0].port
                opened = [OpenPage(port, key, "/board", LIVE) for several in keys.values() for key in several]
                for page in opened:
                    stack.callback(page.close)
                glances = Glances(Reader(port, keys[Who.DUTY][0]), "/board")
                watched = live.fire(count, pace=PACE)
                first_bytes.append(statistics.median(glances.end()) * 1e3)
                ratios.append(watched.p99 / alone.p99)
                costs.append(watched.cost / alone.cost)
                calm(live.servers[0])  # all that was said so far is shown
                moment = time.perf_counter()
                live.fire(2)  # a new request, and a claim
                late.append(news(opened, moment))
    say_of = partial(bench.report.figure, NAME, ground.name)
    what = f"{PAGES_OPEN} pages open, {PACE} texts a second"
    say_of(f"{what}: a text's p99, of without", ratios, goal=Goal("<= 2", most=2))
    say_of(f"{what}: CPU a text, of without", costs)
    say_of(f"{what}: all of them show it", late, unit="s", goal=Goal("<= 3 s", most=3))
    say_of(f"{what}: first byte of /board", first_bytes, unit="ms", digits=1)
