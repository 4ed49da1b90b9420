"""The same table for everybody: no count under five, and none to be found by subtraction.

As on the public page counts are told in steps of five, and what is seldom is counted with the next. Whatever is
reckoned from two counts is reckoned from them as they are told. None is fewer than five.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import timedelta
from decimal import Decimal

from models.report.arithmetic import Spread
from models.report.asked import CAME, Ending
from models.report.books import Books
from models.report.ledger import Ledger
from models.report.public import LEAST, OTHERS, at_least, grouped
from models.report.rows import (
    CLAIMS,
    PEOPLE,
    REQUESTS,
    SECONDS,
    SEGMENTS,
    SHARE,
    TEXTS,
    TIMES,
    UNNAMED,
    USD,
    WAVES,
    Row,
    money,
    rounded,
)
from models.report.texts import Sent

MET = "met"  # wholly or in part
SAFE = "safety"  # a kind of help of which no text tells others
NINE_OF_TEN = 10 * LEAST  # times: of so many at least five are longer than the nine of ten
MINUTE = timedelta(minutes=1)


def rows(ledger: Ledger) -> list[Row]:
    """What may be published. How soon danger is answered, and texts in danger, are not in it."""
    report, carried = ledger.report, ledger.carried
    met, texts = _endings(ledger).get(MET), at_least(carried.whole.texts)
    return [
        *_asked(ledger),
        *_took("waits", "claimed", report.times.claimed.whole),
        *_took("waits", "helped", report.times.helped.whole),
        *_volunteers(ledger),
        *_texts("", carried.whole),
        Row(TEXTS, "", SEGMENTS, at_least(carried.whole.segments) if texts else None, SEGMENTS),
        *_texts("heard", carried.heard),
        *(Row("undelivered", each.value, TEXTS, at_least(n), TEXTS) for each, n in carried.undelivered.items()),
        Row("per_met_request", "", "met", met, REQUESTS),
        Row("per_met_request", "", TEXTS, _ratio(texts, met), TEXTS),
        Row(
            "per_met_request",
            "",
            SEGMENTS,
            _ratio(at_least(carried.whole.segments) if texts else None, met),
            SEGMENTS,
        ),
        Row("per_met_request", "", "money", _each(carried.money, met) if texts else None, USD),
        *_took("duty", "tasks", report.duty.tasks.waits.whole),
        Row("queue", "", "live", at_least(report.queue.live), REQUESTS),
        *_again(ledger),
        *_books(ledger.books),
    ]


def _asked(ledger: Ledger) -> Iterator[Row]:
    asked = ledger.report.asked
    yield Row("requests", "", REQUESTS, at_least(asked.total), REQUESTS)
    needs = _counts(asked.by_first_need)
    needs[OTHERS] += needs.pop(SAFE, 0)
    families = {
        "needs": grouped(needs),
        "areas": grouped(_counts(asked.by_area)),
        "languages": grouped(_counts(asked.by_language)),
        "endings": _endings(ledger),
        "ways": grouped({way.value: count for way, count in ledger.ways.items()}),
    }
    for section, counts in families.items():
        for name, count in counts.items():
            yield Row(section, name or UNNAMED, REQUESTS, count, REQUESTS)


def _endings(ledger: Ledger) -> dict[str, int]:
    """How requests ended. Help that came in part is seldom: told beside all that came, it could be found out."""
    counts = Counter({ending.value: n for ending, n in ledger.report.asked.endings.items() if ending not in CAME})
    return grouped(counts | {MET: ledger.met})


def _counts(found: Mapping[str, Mapping[Ending, int]]) -> Counter[str]:
    return Counter({name: sum(each.values()) for name, each in found.items()})


def _volunteers(ledger: Ledger) -> Iterator[Row]:
    each = ledger.report.asks.values()
    asked, claimed = at_least(sum(week.asked for week in each)), at_least(sum(week.claimed for week in each))
    yield Row("asks", "", "asked", asked, TIMES)
    yield Row("asks", "", "claimed", claimed, CLAIMS)
    yield Row("asks", "", "asked_per_claim", _ratio(asked, claimed), TIMES)
    found, whole = ledger.waves, ledger.waves.whole
    silent = max(whole.asked - found.answered, 0)
    answers = grouped({"claimed": whole.claimed, "passed": found.passed, "silent": silent})
    waves, answered = at_least(whole.waves), grouped({"answered": found.answered, "silent": silent}).get("answered")
    yield Row("waves", "", WAVES, waves, WAVES)
    yield Row("waves", "", "asked", at_least(whole.asked), TIMES)
    yield Row("waves", "", "claimed", answers.get("claimed"), CLAIMS)
    yield Row("waves", "", "passed", answers.get("passed"), TIMES)
    yield Row("waves", "", "answers_per_wave", _ratio(answered, waves), TIMES)
    claims = ledger.claims
    yield Row("claims", "", "taken", at_least(claims.taken), CLAIMS)
    for state, count in grouped({state.value: n for state, n in claims.states.items()}).items():
        yield Row("claims", "", state, count, CLAIMS)
    load = ledger.report.load
    few = sum(carried > 0 for carried in load.carried) < LEAST
    yield Row("load", "", "volunteers", at_least(len(load.carried)), PEOPLE)
    yield Row("load", "", "carried", None if few else at_least(load.total), CLAIMS)
    yield Row("load", "", "gini", None if few else rounded(load.gini, 2), "ratio")


def _took(section: str, name: str, spread: Spread) -> Iterator[Row]:
    """In whole minutes: to the second a time is somebody's."""
    median = spread.median if spread.count >= LEAST else None
    p90 = spread.p90 if spread.count >= NINE_OF_TEN else None
    for figure, took in (("median", median), ("p90", p90)):
        yield Row(section, name, figure, None if took is None else 60 * round(took / MINUTE), SECONDS)


def _texts(name: str, found: Sent) -> Iterator[Row]:
    told = at_least(found.texts)
    yield Row(TEXTS, name, TEXTS, told, TEXTS)
    yield Row(TEXTS, name, "money", None if told is None else money(found.money), USD)


def _again(ledger: Ledger) -> Iterator[Row]:
    repeats, shared = ledger.repeats, ledger.shared
    named = at_least(repeats.named)
    repeated = grouped({"repeated": repeats.repeated, "first": repeats.named - repeats.repeated}).get("repeated")
    share = _ratio(repeated, named)
    yield Row("repeats", "", "named", named, REQUESTS)
    yield Row("repeats", "", "repeated", repeated, REQUESTS)
    yield Row("repeats", "", "share", None if share is None else min(share, 1.0), SHARE)
    parts = shared.door, shared.house - shared.door, shared.placed - shared.house
    few = any(0 < part < LEAST for part in parts)
    yield Row("places", "", "placed", at_least(shared.placed), REQUESTS)
    yield Row("places", "", "same_door", None if few else at_least(shared.door), REQUESTS)
    yield Row("places", "", "same_house", None if few else at_least(shared.house), REQUESTS)


def _books(found: Books) -> Iterator[Row]:
    """In all alone, and of five entries at least: a month of few is what one errand cost."""
    flow = found.whole
    for figure, cents, entries in (
        ("came_in", flow.came_in, flow.entries_in),
        ("paid", flow.paid, flow.entries_paid),
    ):
        yield Row("books", "", figure, None if entries < LEAST else found.units(cents), found.currency)


def _ratio(of: int | None, to: int | None) -> float | None:
    return rounded(of / to, 2) if of and to else None


def _each(amount: Decimal, to: int | None) -> float | None:
    return money(amount / to) if to else None
