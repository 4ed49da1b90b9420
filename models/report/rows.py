"""A ledger as one tidy table: each figure a row of its section, of whom or what, its name, its value and its unit.

The names are documented in docs/report.md and stay as they are: programs read them. What texts cost is in US dollars,
the books are in the currency of the purse, to the cent; times are in seconds, a share is between 0 and 1. None is
what nothing was measured for.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from models.delivery.outbound import Lane
from models.report import arithmetic
from models.report.arithmetic import Spread
from models.report.asked import CAME, NOT_MET, Ending
from models.report.books import Books
from models.report.duty import Answered
from models.report.ledger import Ledger
from models.report.pressure import Queue
from models.report.texts import Sent

REQUESTS, PEOPLE, TEXTS, SEGMENTS, SECONDS, USD, SHARE, TIMES, WAVES, CLAIMS = (
    *("requests", "people", "texts", "segments", "seconds", "USD", "share", "times", "waves", "claims"),
)
# In the order in which they are told.
SECTIONS = (
    *(
        "requests",
        "needs",
        "areas",
        "languages",
        "endings",
        "ways",
        "waits",
        "asks",
        "waves",
        "claims",
        "load",
        "texts",
    ),
    *("undelivered", "per_met_request", "duty", "queue", "repeats", "places", "books"),
)
AGES = ("under_1_hour", "under_6_hours", "under_1_day", "under_3_days", "under_1_week", "over_1_week")
UNNAMED = "(none)"  # of a request in no area
TENTHS = range(10, 101, 10)
Value = int | float | Decimal | None


@dataclass(frozen=True)
class Row:
    """One figure. `name` is empty where it is of the whole section."""

    section: str
    name: str
    figure: str
    value: Value
    unit: str


def rows(ledger: Ledger) -> list[Row]:
    """Everything; for the group itself."""
    report, carried = ledger.report, ledger.carried
    return [
        *_asked(ledger),
        *_spread("waits", "claimed", report.times.claimed.whole, REQUESTS),
        *_spread("waits", "helped", report.times.helped.whole, REQUESTS),
        *_shared_out(ledger),
        *_sent("", carried.whole),
        *_heard(carried.heard),
        *(row for lane in Lane for row in _sent(lane.name.lower(), carried.lanes[lane])),
        *(Row("undelivered", state.value, TEXTS, n, TEXTS) for state, n in carried.undelivered.items()),
        *_per_met(ledger.met, carried.whole, carried.money),
        *_duty("alarms", report.duty.alarms),
        *_duty("tasks", report.duty.tasks),
        *_queue(report.queue, report.at),
        Row("repeats", "", "named", ledger.repeats.named, REQUESTS),
        Row("repeats", "", "repeated", ledger.repeats.repeated, REQUESTS),
        Row("repeats", "", "share", rounded(ledger.repeats.share, 3), SHARE),
        Row("places", "", "placed", ledger.shared.placed, REQUESTS),
        Row("places", "", "same_door", ledger.shared.door, REQUESTS),
        Row("places", "", "same_house", ledger.shared.house, REQUESTS),
        *_books(ledger.books),
    ]


def _asked(ledger: Ledger) -> Iterator[Row]:
    asked = ledger.report.asked
    yield Row("requests", "", REQUESTS, asked.total, REQUESTS)
    for section, found in (("needs", asked.by_need), ("areas", asked.by_area), ("languages", asked.by_language)):
        for name in sorted(found, key=lambda name: (-sum(found[name].values()), name)):
            yield Row(section, name or UNNAMED, REQUESTS, sum(found[name].values()), REQUESTS)
            yield Row(section, name or UNNAMED, "met", _of(found[name], CAME), REQUESTS)
            yield Row(section, name or UNNAMED, "unmet", _of(found[name], NOT_MET), REQUESTS)
    for ending in Ending:
        yield Row("endings", ending.value, REQUESTS, asked.endings.get(ending, 0), REQUESTS)
    for way, count in ledger.ways.items():
        yield Row("ways", way.value, REQUESTS, count, REQUESTS)


def _of(found: Mapping[Ending, int], endings: Iterable[Ending]) -> int:
    return sum(found.get(ending, 0) for ending in endings)


def _shared_out(ledger: Ledger) -> Iterator[Row]:
    """What volunteers were asked, took and carried."""
    asked = sum(each.asked for each in ledger.report.asks.values())
    claimed = sum(each.claimed for each in ledger.report.asks.values())
    yield Row("asks", "", "asked", asked, TIMES)
    yield Row("asks", "", "claimed", claimed, CLAIMS)
    yield Row("asks", "", "asked_per_claim", rounded(asked / claimed, 2) if claimed else None, TIMES)
    waves, whole = ledger.waves, ledger.waves.whole
    yield Row("waves", "", WAVES, whole.waves, WAVES)
    yield Row("waves", "", "asked", whole.asked, TIMES)
    yield Row("waves", "", "claimed", whole.claimed, CLAIMS)
    yield Row("waves", "", "passed", waves.passed, TIMES)
    yield Row("waves", "", "answers_per_wave", rounded(waves.answers_a_wave, 2), TIMES)
    for rank, wave in waves.by_rank.items():
        name = f"{rank}_and_later" if rank == max(waves.by_rank) else str(rank)
        yield Row("waves", name, WAVES, wave.waves, WAVES)
        yield Row("waves", name, "asked", wave.asked, TIMES)
        yield Row("waves", name, "claimed", wave.claimed, CLAIMS)
    yield Row("claims", "", "taken", ledger.claims.taken, CLAIMS)
    for state, count in ledger.claims.states.items():
        yield Row("claims", "", state.value, count, CLAIMS)
    yield Row("claims", "", "lapsed_share", rounded(ledger.claims.lapsed_share, 3), SHARE)
    load = ledger.report.load
    yield Row("load", "", "volunteers", len(load.carried), PEOPLE)
    yield Row("load", "", "carried", load.total, CLAIMS)
    yield Row("load", "", "gini", rounded(load.gini, 3), "ratio")
    curve = arithmetic.lorenz(load.carried)
    for part in TENTHS:
        share = arithmetic.share_of(curve, part / 100) if curve else None
        yield Row("load", f"least_loaded_{part}_percent", "share", rounded(share, 3), SHARE)


def _spread(section: str, name: str, spread: Spread, unit: str) -> Iterator[Row]:
    yield Row(section, name, "count", spread.count, unit)
    yield Row(section, name, "median", seconds(spread.median), SECONDS)
    yield Row(section, name, "p90", seconds(spread.p90), SECONDS)
    yield Row(section, name, "longest", seconds(spread.longest), SECONDS)


def _duty(name: str, answered: Answered) -> Iterator[Row]:
    yield from _spread("duty", name, answered.waits.whole, TIMES)
    yield Row("duty", name, "unanswered", answered.unanswered, TIMES)
    yield Row("duty", name, "waiting", answered.waiting, TIMES)


def _sent(name: str, found: Sent) -> Iterator[Row]:
    """Texts that left."""
    section = TEXTS
    yield Row(section, name, TEXTS, found.texts, TEXTS)
    yield Row(section, name, SEGMENTS, found.segments, SEGMENTS)
    yield Row(section, name, "money", money(found.money), USD)


def _heard(found: Sent) -> Iterator[Row]:
    """Texts that came in."""
    yield Row("texts", "heard", TEXTS, found.texts, TEXTS)
    yield Row("texts", "heard", "money", money(found.money), USD)


def _per_met(met: int, whole: Sent, cost: Decimal) -> Iterator[Row]:
    """What a request that was met took."""
    yield Row("per_met_request", "", "met", met, REQUESTS)
    for figure, amount, unit in ((TEXTS, whole.texts, TEXTS), (SEGMENTS, whole.segments, SEGMENTS)):
        yield Row("per_met_request", "", figure, rounded(amount / met, 2) if met else None, unit)
    yield Row("per_met_request", "", "money", money(cost / met) if met else None, USD)


def _queue(found: Queue, now: datetime) -> Iterator[Row]:
    """What is not over now."""
    yield Row("queue", "", "live", found.live, REQUESTS)
    yield Row("queue", "", "oldest_open", seconds(now - found.oldest) if found.oldest else None, SECONDS)
    yield Row("queue", "", "in_line", found.in_line, REQUESTS)
    yield Row("queue", "", "longest_in_line", seconds(now - found.queued) if found.queued else None, SECONDS)
    yield Row("queue", "", "booked", found.booked, REQUESTS)
    for state, count in found.states.items():
        yield Row("queue", state.value, REQUESTS, count, REQUESTS)
    for age, count in zip(AGES, found.ages, strict=True):
        yield Row("queue", f"open_{age}", REQUESTS, count, REQUESTS)


def _books(found: Books) -> Iterator[Row]:
    """The purse, in all and by month."""
    for name, flow in [("", found.whole), *((f"{first:%Y-%m}", flow) for first, flow in found.months.items())]:
        yield Row("books", name, "came_in", found.units(flow.came_in), found.currency)
        yield Row("books", name, "paid", found.units(flow.paid), found.currency)


def seconds(time_taken: timedelta | None) -> int | None:
    """Whole seconds."""
    return None if time_taken is None else round(time_taken.total_seconds())


def rounded(value: float | None, digits: int) -> float | None:
    """So many digits after the point."""
    return None if value is None else round(value, digits)


def money(amount: Decimal) -> float:
    """To a hundredth of a cent."""
    return float(round(amount, 4))
