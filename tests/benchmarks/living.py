"""Weeks of a neighborhood in which households ask again and share houses, told by the report that a group reads.

    python -m tests.benchmarks living [--quick] [--days N] [--with repeats --with buildings ...]

It has all traits of `neighborhood.Trait` unless some are named. The figures are those of `hotline report`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import mean

from app.pages import wording
from app.pages.figures.ledger import Teller
from app.pages.figures.sheet import Reader
from app.simulator import sandbox
from handlers.views import shared_places
from models import lines
from models.report import again, ledger, rows
from models.report.again import Shared
from models.report.ledger import Ledger
from models.report.span import Span
from models.store.session import Session
from tests.benchmarks.asked import Tally
from tests.benchmarks.bench import Bench
from tests.benchmarks.figures import Goal, say
from tests.benchmarks.moved_clock import Simulation
from tests.benchmarks.neighborhood import FIRST_DAY, ZONE, Load, Trait

NAME = "living"
SEED = "a neighborhood"
QUICK_DAYS = 4
LOAD = Load("a city group", 21, 20, hands=13)  # more is asked for than hands can carry: much is open
PLACES = {"door": shared_places.door, "house": shared_places.house}
# What the group's books say: of all asks, of what is open, of what is open.
REPEATED, SAME_DOOR, SAME_HOUSE = 0.28, 0.21, 0.51
APART = 0.06  # that what is drawn may be from it


@dataclass(frozen=True)
class Lived:
    """What has been counted of it: by the simulation, by the report, and how much of what was open shared a place."""

    tally: Tally
    ledger: Ledger
    open_each_day: Sequence[Shared]

    @property
    def same_door(self) -> float:
        """The share of what was open that shared an address, on an average day."""
        return _share([(each.door, each.placed) for each in self.open_each_day])

    @property
    def same_house(self) -> float:
        """The same of a building."""
        return _share([(each.house, each.placed) for each in self.open_each_day])


def _share(each: Sequence[tuple[int, int]]) -> float:
    return sum(some for some, _ in each) / max(sum(of for _, of in each), 1)


class Living(Simulation):
    """A simulation that looks each day at what is open."""

    open_each_day: list[Shared]

    def _look_around(self) -> None:
        super()._look_around()
        found = self.hotline.database.read(lambda session: again.shared(session, self.line.id, **PLACES))
        self.open_each_day = [*getattr(self, "open_each_day", ()), found]

    def counted(self) -> Ledger:
        """The report of all its days."""

        def read(session: Session) -> Ledger:
            line, now = lines.by_id(session, self.line.id), self.clock.now()
            span = Span(line.timezone, FIRST_DAY.date(), now.astimezone(ZONE).date())
            return ledger.read(session, line, span, now, **PLACES)

        return self.hotline.database.read(read)


def live(load: Load) -> Lived:
    """Live through it."""
    with sandbox.databases() as places, places.fresh() as url:
        simulation = Living(url, load, {}, SEED)
        try:
            tally = simulation.run()
            return Lived(tally, simulation.counted(), simulation.open_each_day)
        finally:
            simulation.close()


def run(bench: Bench) -> None:
    """One neighborhood, and its report."""
    days = bench.days or (QUICK_DAYS if bench.scale < 1 else None)
    load = replace(LOAD, traits=bench.traits or frozenset(Trait)).within(days)
    say(f"{NAME}: {load.days} days, {', '.join(sorted(load.traits))}")
    lived = live(load)
    repeats = lived.ledger.repeats

    def figure(what: str, value: float, goal: Goal | None = None, digits: int = 2) -> None:
        bench.report.figure(NAME, "SQLite", what, [value], digits=digits, goal=goal)

    figure("asked for again", repeats.share or 0, _around(REPEATED) if Trait.REPEATS in load.traits else None)
    sharing = {Trait.BUILDINGS, Trait.HOUSEHOLDS} <= load.traits
    figure("open ones that share an address", lived.same_door, _around(SAME_DOOR) if sharing else None)
    figure("open ones that share a building", lived.same_house, _around(SAME_HOUSE) if sharing else None)
    figure("open on an average day", mean(each.placed for each in lived.open_each_day), digits=0)
    figure("requests forgotten", len(lived.tally.forgotten), Goal("0", most=0), 0)
    figure("neighbors unheard for 3 days, or 7 once asked", len(lived.tally.unsaid), Goal("0", most=0), 0)
    figure("unasked texts in quiet hours", lived.tally.at_night.total(), Goal("0", most=0), 0)
    bench.report.appended.append(told(lived.ledger))


def _around(share: float) -> Goal:
    return Goal(f"{share:.2f} +- {APART}", share - APART, share + APART)


def told(found: Ledger) -> str:
    """The report as a group reads it."""
    lines_ = []
    for section in Teller(Reader(wording.of("en"), ZONE.key), public=False).sections(rows.rows(found)):
        lines_ += ["", section.title] if section.title else []
        widths = [max(map(len, column)) for column in zip(section.head, *section.rows, strict=True)]
        for row in [section.head, *section.rows] if any(section.head) else section.rows:
            lines_.append(
                "  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
            )
    return "\n".join(lines_)
