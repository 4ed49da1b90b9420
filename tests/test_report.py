"""The figures, against the same figures found another way: one by one, in Python, from what has happened."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from app.database.engine import Database
from app.hotline import Hotline
from models import lines
from models.assignments import HOLDING
from models.delivery import line_numbers, spending
from models.delivery.outbound import Lane
from models.lines import Channel, Line
from models.report import arithmetic, texts, whole
from models.report.arithmetic import Spread
from models.report.asked import Ending
from models.report.duty import Answered
from models.report.pressure import AGES, SHOWN, USUAL_OVER
from models.report.span import Span
from models.report.texts import Sent
from models.report.times import Waits
from models.report.whole import Report
from models.requests import LIVE, Outcome, State
from models.store.session import Session
from tests import histories, visiting
from tests.histories import MINUTE, Asked, History

CAME = (Outcome.FULFILLED, Outcome.PARTIAL)
EXAMPLES = settings(
    max_examples=40,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def report(base: Database, history: History, weeks: int) -> Report:
    """Every figure of a line on which this has happened, and the same on another line as well."""

    def keep(session: Session) -> None:
        histories.clear(session)
        histories.keep(session, history, [1, 2])

    base.write(keep).result()

    def read(session: Session) -> Report:
        line = lines.by_id(session, 1)
        return whole.read(session, line, Span.weeks_before(line, history.now, weeks), history.now)

    return base.read(read)


@given(history=histories.histories(), weeks=st.sampled_from([1, 6, 52]))
@EXAMPLES
def test_every_figure_is_what_happened(base: Database, history: History, weeks: int) -> None:
    found = report(base, history, weeks)
    by = ByHand(history, found.span)
    asked = [one for one in history.asked if by.counts(one.at)]
    check_asked(found, by, asked)
    assert found.times.claimed == by.waits(
        (one.at, one.at + min(claim.after for claim in one.claims) * MINUTE)
        for one in asked
        if one.claims and not one.later
    )
    assert found.times.helped == by.waits(
        (one.at, one.changed_at) for one in asked if one.outcome in CAME and not one.later
    )
    check_asks(found, by, history)
    check_load(found, by, history)
    check_texts(found, by, history)
    check_duty(found, by, history)
    check_now(found, history)


class ByHand:
    """Weeks and days, counted without a database."""

    def __init__(self, history: History, span: Span) -> None:
        self.span, self.zone = span, ZoneInfo(history.zone)

    def day(self, moment: datetime) -> date:
        return moment.astimezone(self.zone).date()

    def counts(self, moment: datetime) -> bool:
        return self.span.first <= self.day(moment) <= self.span.last

    def week(self, moment: datetime) -> date:
        days = (self.day(moment) - self.span.first).days
        return self.span.first + timedelta(days=days - days % self.span.step)

    def by_week(self, moments: Iterable[datetime]) -> dict[date, int]:
        counts = Counter(self.week(moment) for moment in moments if self.counts(moment))
        return {week: counts[week] for week in self.span.weeks}

    def waits(self, each: Iterable[tuple[datetime, datetime]]) -> Waits:
        took = [(self.week(began), (ended - began).total_seconds()) for began, ended in each]
        return Waits(
            {week: by_rank([seconds for at, seconds in took if at == week]) for week in self.span.weeks},
            by_rank([seconds for _, seconds in took]),
        )


def by_rank(seconds: Sequence[float]) -> Spread:
    """Median and nine of ten, as a straight line between the times of two ranks."""
    if not seconds:
        return Spread()
    ordered = sorted(seconds)

    def at(part: float) -> timedelta:
        rank = part * (len(ordered) - 1)
        below = int(rank + 1e-9)
        above = ordered[min(below + 1, len(ordered) - 1)]
        return timedelta(seconds=ordered[below] + (above - ordered[below]) * (rank - below))

    return Spread(len(ordered), _even(at(0.5)), _even(at(0.9)), _even(at(1)))


def _even(took: timedelta) -> timedelta:
    return timedelta(microseconds=round(took / timedelta(microseconds=1)))


def ending(one: Asked) -> Ending:
    if one.outcome is Outcome.UNMET:
        if one.claims:
            return Ending.FELL_THROUGH
        return Ending.NOBODY_COULD if one.waves else Ending.NOBODY_TO_ASK
    return {
        None: Ending.GOES_ON,
        Outcome.FULFILLED: Ending.HELPED,
        Outcome.PARTIAL: Ending.PARTLY,
        Outcome.UNCONFIRMED: Ending.UNCONFIRMED,
        Outcome.ABANDONED: Ending.GIVEN_UP,
        Outcome.REFERRED: Ending.REFERRED,
        Outcome.WITHDRAWN: Ending.WITHDRAWN,
        Outcome.MERGED: Ending.MERGED,
    }[one.outcome]


def check_asked(found: Report, by: ByHand, asked: Sequence[Asked]) -> None:
    assert found.asked.requests == by.by_week(one.at for one in asked)
    assert found.asked.languages == Counter(one.language for one in asked)
    assert found.asked.endings == Counter(ending(one) for one in asked)
    named = {one: one.needs or ("other",) for one in asked}
    needs = Counter((by.week(one.at), need) for one in asked for need in named[one])
    assert needs == {(week, need): n for week, each in found.asked.needs.items() for need, n in each.items()}
    ended = Counter((need, ending(one)) for one in asked for need in named[one])
    assert ended == {(need, how): n for need, each in found.asked.by_need.items() for how, n in each.items()}


def check_asks(found: Report, by: ByHand, history: History) -> None:
    waves = [(one.at + after * MINUTE, people) for one in history.asked for after, people in one.waves]
    claims = [one.at + claim.after * MINUTE for one in history.asked for claim in one.claims]
    assert {week: each.claimed for week, each in found.asks.items()} == by.by_week(claims)
    assert {week: each.asked for week, each in found.asks.items()} == by.by_week(
        at for at, people in waves for _ in range(people)
    )


def check_load(found: Report, by: ByHand, history: History) -> None:
    carried = Counter(
        claim.helper
        for one in history.asked
        for claim in one.claims
        if claim.state in HOLDING and by.counts(one.at + claim.after * MINUTE)
    )
    gone = histories.HELPERS - 1
    everybody = [carried[helper] for helper in range(gone)] + ([carried[gone]] if carried[gone] else [])
    assert list(found.load.carried) == sorted(everybody)


def check_texts(found: Report, by: ByHand, history: History) -> None:
    sent: dict[tuple[date, Lane], Sent] = {}
    for text in history.texts:
        key = by.day(text.at), text.lane
        if text.tries and key[0] in found.texts.days:
            units, price = (
                (text.tries, Decimal("0.0084"))
                if text.channel is Channel.WHATSAPP
                else (text.tries * text.segments, Decimal("0.0118"))
            )
            sent[key] = sent.get(key, Sent()) + Sent(1, text.tries * text.segments, units * price)
    assert sent == {
        (day, lane): each for day, row in found.texts.days.items() for lane, each in row.items() if each.texts
    }
    assert found.texts.whole == sum(sent.values(), Sent())
    last = by.day(history.now)
    assert [*found.texts.days] == [
        day for n in range(20, -1, -1) if (day := last - timedelta(days=n)) >= found.span.first
    ]


def check_duty(found: Report, by: ByHand, history: History) -> None:
    ordered = sorted(history.duty, key=lambda one: one.at)
    known = [one for n, one in enumerate(ordered) if not one.alarm or n < len(history.asked)]
    for alarm, answered in ((True, found.duty.alarms), (False, found.duty.tasks)):
        raised = [one for one in known if one.alarm is alarm and by.counts(one.at)]
        waiting = [one.at for one in raised if one.answered is None and one.over is None]
        assert answered == Answered(
            by.waits((one.at, one.at + one.answered * MINUTE) for one in raised if one.answered is not None),
            sum(one.answered is None and one.over is not None for one in raised),
            len(waiting),
            min(waiting, default=None),
        )


def check_now(found: Report, history: History) -> None:
    zone = ZoneInfo(history.zone)
    hours = found.surging.hours
    assert hours[-1].begins <= history.now < hours[-1].begins + timedelta(hours=1)
    assert hours[-1].begins.astimezone(zone).minute == 0
    begins = hours[0].begins
    before = [
        one.at.astimezone(zone).hour
        for one in history.asked
        if begins - timedelta(days=USUAL_OVER) <= one.at < begins
    ]
    for hour in hours:
        assert hour.new == sum(hour.begins <= one.at < hour.begins + timedelta(hours=1) for one in history.asked)
        assert hour.usual == before.count(hour.begins.astimezone(zone).hour) / USUAL_OVER
    assert len(hours) == SHOWN
    assert found.queue.states == {state: sum(one.state is state for one in history.asked) for state in LIVE}
    waited = [history.now - one.at for one in history.asked if one.state is State.OPEN]
    bounds = [timedelta(-1), *AGES, timedelta.max]
    assert list(found.queue.ages) == [sum(low < age <= high for age in waited) for low, high in pairwise(bounds)]
    assert found.queue.oldest == (history.now - max(waited) if waited else None)


@given(st.lists(st.integers(0, 40), min_size=1, max_size=30))
def test_evenness_is_the_mean_difference_between_two_people(amounts: list[int]) -> None:
    if not sum(amounts):
        assert arithmetic.gini(amounts) is None
        assert arithmetic.lorenz(amounts) == []
        return
    apart = sum(abs(one - other) for one in amounts for other in amounts)
    expected = apart / (2 * len(amounts) * sum(amounts))
    assert arithmetic.gini(amounts) == pytest.approx(expected, abs=1e-12)
    curve = arithmetic.lorenz(amounts)
    under = sum((x1 - x0) * (y0 + y1) / 2 for (x0, y0), (x1, y1) in pairwise(curve))
    assert 1 - 2 * under == pytest.approx(expected, abs=1e-12)
    assert curve[0] == (0, 0)
    assert curve[-1] == (1, 1)


def test_a_text_that_waited_in_the_spool_is_counted_on_its_day(base: Database) -> None:
    """Ids go with the time only nearly: a row that is a day late is found all the same."""
    now = datetime(2026, 3, 31, 16, tzinfo=UTC)
    hours = [300, 200, 100, 76, 99, 50, 3, 26, 1]
    sent = [histories.Text(now - timedelta(hours=ago), Lane.REPLY, Channel.SMS, 1, 1) for ago in hours]

    def keep(session: Session) -> None:
        histories.clear(session)
        rows = histories.Rows(session, History("America/New_York", now, (), (), ()), 1)
        for text in sent:
            rows.text(text)

    base.write(keep).result()
    for days in range(1, 14):

        def read(session: Session, days: int = days) -> int:
            line = lines.by_id(session, 1)
            return texts.read(session, line, Span.days_before(line, now, days)).whole.texts

        first = (now.astimezone(ZoneInfo("America/New_York")) - timedelta(days=days - 1)).date()
        expected = sum(text.at.astimezone(ZoneInfo("America/New_York")).date() >= first for text in sent)
        assert base.read(read) == expected


@pytest.mark.parametrize("weeks", [4, 12, 52])
def test_a_line_on_which_nothing_has_happened_has_its_figures_too(base: Database, weeks: int) -> None:
    found = report(base, History(histories.ZONES[0], histories.NOWS[0], (), (), ()), weeks)
    assert found.asked.total == found.queue.live == found.load.total == found.texts.whole.texts == 0
    assert found.load.gini is None
    # It began a hundred days before: nothing is shown of the time before that.
    assert len(found.asked.requests) == (4 if weeks == 52 else weeks)


def test_a_line_that_is_old_shows_the_whole_year() -> None:
    now = histories.NOWS[1]
    line = Line(name="Oak", timezone="America/New_York", created_at=now - timedelta(days=800))
    year, few = Span.weeks_before(line, now, 52), Span.weeks_before(line, now, 4)
    assert (year.first, year.last, len(year.weeks)) == (date(2025, 4, 7), date(2026, 3, 31), 13)
    assert [day.isoformat() for day in few.weeks] == ["2026-03-09", "2026-03-16", "2026-03-23", "2026-03-30"]
    line.created_at = now
    assert Span.weeks_before(line, now, 52).weeks == (date(2026, 3, 9),)
    assert Span.weeks_before(line, now, 4).weeks == (date(2026, 3, 30),)


@pytest.mark.parametrize("zone", histories.ZONES)
def test_what_came_in_the_last_day_is_not_what_is_usual(base: Database, zone: str) -> None:
    now = histories.NOWS[0]
    moments = [now - timedelta(minutes=30 * n) for n in range(2 * 26)]
    asked = tuple(Asked(at, (), "en", State.OPEN, None, 0, (), (), False) for at in moments)
    history = History(zone, now, asked, (), ())
    found = report(base, history, 1)
    check_now(found, history)
    assert found.surging.new + USUAL_OVER * found.surging.usual == pytest.approx(len(moments))


def test_money_is_what_the_line_counts_as_it_goes(hotline: Hotline) -> None:
    """By text and lane it comes to the same as what is counted while texts leave, by which the ceiling is kept."""
    ana = visiting.visitor(hotline, "+12025550101", "Ana", helper=False)
    ben = visiting.visitor(hotline, "+12025550102", "Ben", duty=True)
    for who, words in (
        (ana, "Need groceries for two near Oak St"),
        (ana, "chest pain"),
        (ben, "QUEUE"),
        (ben, "HELP"),
    ):
        who.says(words)
    now = hotline.clock.now()

    def read(session: Session) -> tuple[Decimal, int, set[Lane]]:
        (line,) = lines.all_lines(session)
        found = texts.read(session, line, Span.days_before(line, now, 1))
        used = {lane for lane in Lane if found.of_lane(lane).texts}
        return found.whole.money + found.heard_whole.money, line_numbers.spent_today(session, line, now), used

    hotline.database.write(lambda session: spending.count_heard(session, now)).result()  # as the sender does
    money, micros, used = hotline.database.read(read)
    assert money * line_numbers.MILLION == micros > 0
    assert len(used) >= 3
