"""What everybody may know: no count below five is told, and none can be found out from what is."""

from collections import Counter, defaultdict
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import combinations, product
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from app.database.engine import Database
from models import lines
from models.assignments import State as Holding
from models.report import public
from models.report.public import LEAST, OTHERS, Month
from models.report.span import Span
from models.requests import Outcome, State
from models.store.session import Session
from tests import histories
from tests.histories import Asked, Claim, History
from tests.test_report import EXAMPLES

NEEDS = ["food", "transport", "medicine", "safety", OTHERS]
CAME = (Outcome.FULFILLED, Outcome.PARTIAL)


@given(st.dictionaries(st.sampled_from(NEEDS), st.integers(0, 60)), st.integers(0, 30))
def test_nothing_is_told_of_fewer_than_five(needs: dict[str, int], helpers: int) -> None:
    told = public.told(needs, helpers)
    total = sum(needs.values())
    named = {need: count for need, count in told.by_need.items() if need != OTHERS}
    for said, count in [(told.helped, total), (told.helpers, helpers), *((n, needs[of]) for of, n in named.items())]:
        assert (said is None) is (count < LEAST)
        if said is not None:
            assert said % LEAST == 0
            assert count - LEAST < said <= count
    # Even whoever knew every count that is told exactly, and not only in fives, finds no count below five.
    rest = total - sum(needs[need] for need in named)
    assert rest == 0 or rest >= LEAST or total < LEAST
    assert told.by_need.get(OTHERS, 0) == public.in_fives(rest)


def test_whoever_knows_how_it_is_told_finds_no_few_either() -> None:
    """All counts of four kinds of help, by what is told of them: what is told fits others that are not few."""
    kinds = ("food", "transport", "medicine", OTHERS)
    fits: defaultdict[tuple[object, ...], list[tuple[int, ...]]] = defaultdict(list)
    for counts in product(range(10), range(10), range(10), range(40)):
        told = public.told(dict(zip(kinds, counts, strict=True)), 0)
        fits[told.helped, *sorted(told.by_need.items())].append(counts)
    assert len(fits) > 20
    for all_that_fit in fits.values():
        if max(counts[-1] for counts in all_that_fit) > 30:
            continue  # more would fit, which are not tried
        for size in range(1, len(kinds)):
            for some in combinations(range(len(kinds)), size):
                sums = {sum(counts[n] for n in some) for counts in all_that_fit}
                assert not sums <= {*range(1, LEAST)}, (all_that_fit[0], some)


@given(history=histories.histories())
@EXAMPLES
def test_a_month_is_what_neighbors_said_that_came(base: Database, history: History) -> None:
    """Of a span, found one by one."""

    def keep(session: Session) -> None:
        histories.clear(session)
        histories.keep(session, history, [1, 2])

    base.write(keep).result()
    zone = ZoneInfo(history.zone)
    last = history.now.astimezone(zone).date() - timedelta(days=1)
    span = Span(history.zone, last.replace(day=1), last)
    came = [
        one
        for one in history.asked
        if one.outcome in CAME and span.first <= one.changed_at.astimezone(zone).date() <= span.last
    ]
    helpers = {claim.helper for one in came for claim in one.claims if claim.state is Holding.DONE}
    needs, people = base.read(lambda session: public.helped(session, 1, span))
    assert needs == Counter(one.needs[0] if one.needs else OTHERS for one in came)
    assert people == len(helpers)


def helped(at: datetime, helper: int) -> Asked:
    claim = Claim(5, helper, Holding.DONE)
    return Asked(at, ("food",), "en", State.CLOSED, Outcome.FULFILLED, 60, (), (claim,), False)


def told_of(base: Database, history: History) -> Month:
    def keep(session: Session) -> None:
        histories.clear(session)
        histories.keep(session, history)

    base.write(keep).result()
    return base.read(lambda session: public.month(session, lines.by_id(session, 1), history.now))


def test_only_a_month_that_is_over_is_told_and_no_day_adds_to_it(base: Database) -> None:
    now = datetime(2026, 3, 30, 16, 20, tzinfo=UTC)
    february = [helped(now - timedelta(days=32 + n), n % 5) for n in range(7)]
    march = [helped(now - timedelta(days=1 + n), n % 5) for n in range(12)]
    zone = histories.ZONES[0]
    found = told_of(base, History(zone, now, tuple(february), (), ()))
    assert (found.first, found.through) == (date(2026, 2, 1), date(2026, 2, 28))
    assert (found.told.helped, found.told.by_need, found.told.helpers) == (5, {"food": 5}, 5)
    assert told_of(base, History(zone, now, (*february, *march), (), ())) == found
    # What neighbors said in that month, and took back, and say again now, is of this one.
    again = replace(helped(now - timedelta(days=1), 1), closed_before=30, changed=24 * 60 - 30)
    assert told_of(base, History(zone, now, (*february, *march, again), (), ())) == found
    april = now + timedelta(days=3)
    found = told_of(base, History(zone, april, (*february, *march), (), ()))
    assert (found.first, found.through) == (date(2026, 3, 1), date(2026, 3, 31))
    assert found.told.helped == 10
    few = told_of(base, History(zone, april, (*february, *march[:4]), (), ()))
    assert few.told.helped is None
