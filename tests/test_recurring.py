"""Needs that come again: each occurrence once, at its hour, whatever the clocks, the processes and the breaks do."""

import random
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import col, select

from app.hotline import Hotline
from handlers.repeating import occurrences, recurring
from handlers.turn import Context, Text
from handlers.understanding.when.repeating import Repetition
from handlers.wording.every import rule_of
from models import lines, people, requests
from models import recurring as needs
from models.lines import Channel, Line
from models.recurring import DAY, Fate, Occurrence, RecurringNeed
from models.requests import Request, State, Timing
from models.store.session import Session
from tests.fakes import MORNING
from tests.racing import TICK, Course

ZONES = [
    "America/New_York",
    "America/Los_Angeles",
    "Europe/Berlin",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "UTC",
]
RULES = st.one_of(
    st.builds(Repetition, st.just("DAILY"), st.integers(1, 12)),
    st.builds(
        Repetition,
        st.just("WEEKLY"),
        st.integers(1, 12),
        st.lists(st.integers(0, 6), unique=True).map(lambda days: tuple(sorted(days))),
    ),
    st.builds(Repetition, st.just("MONTHLY"), st.integers(1, 12), st.just(()), st.none() | st.integers(1, 31)),
)
HOURS = st.one_of(st.just((0, DAY)), st.integers(0, DAY - 1).map(lambda minute: (minute, minute)))
SCENARIOS = 12


def need_of(rule: str, first: date, hours: tuple[int, int]) -> RecurringNeed:
    whole = hours == (0, DAY)
    return RecurringNeed(
        line_id=1,
        person_id=1,
        rule=rule,
        starts_on=first.isoformat(),
        needed_as=Timing.WITHIN if whole else Timing.AT,
        begins=hours[0],
        ends=hours[1],
        created_at=MORNING,
    )


@given(RULES, st.dates(date(2024, 1, 1), date(2030, 1, 1)), st.sampled_from(ZONES), HOURS)
def test_no_date_is_doubled_or_left_out_and_each_opens_in_time(
    repeats_: Repetition, first: date, zone: str, hours: tuple[int, int]
) -> None:
    """Openings go on in the order of their dates, none after it is over, each at its hour on the wall."""
    line = Line(id=1, name="line", timezone=zone, created_at=MORNING)
    context, clock = Context(Session.__new__(Session), line, MORNING), ZoneInfo(zone)
    need = need_of(rule_of(repeats_, first), first, hours)
    day, last, opened = needs.first(need.rule, first), None, datetime.min.replace(tzinfo=UTC)
    for _ in range(12):
        if day is None:
            break
        begins, ends = need.needed(day, clock)
        opens = recurring.opens_at(context, need, day, last)
        assert opened <= opens <= ends
        assert begins.astimezone(clock).date() == day
        wall = begins.astimezone(clock)
        there = wall.hour * 60 + wall.minute == hours[0]
        assert there or wall.utcoffset() != (wall - timedelta(hours=3)).astimezone(clock).utcoffset()
        opened, last, day = opens, day, need.after(day)
        assert day is None or day > last
        assert day is None or need.before(day) == last


def scene(session: Session, zone: str, repeats_: Repetition, now: datetime) -> tuple[Context, RecurringNeed]:
    """A neighbor whose need comes again, of which the first occurrence is open."""
    line = lines.add(session, now, name="another line", sms="+12025550150", timezone=zone)
    context = Context(session, line, now)
    asker, _ = people.get_or_create(session, line, Channel.SMS, "+12025550101", now)
    request = requests.create(session, line, person_id=asker.id, state=State.OPEN, now=now, needs=["food"])
    recurring.note(context, request, repeats_)
    assert [text.phrase for text in recurring.begin(context, request)] == ["recurring_begins"]
    (need,) = needs.of_person(session, asker.id)
    return context, need


def fates(session: Session, need: RecurringNeed) -> Counter[str]:
    """How often each date was dealt with."""
    return Counter(session.exec(select(Occurrence.day).where(Occurrence.recurring_id == need.id)))


@pytest.mark.parametrize("seed", range(SCENARIOS))
def test_over_breaks_and_changes_of_the_clock_every_date_is_dealt_with_once(hotline: Hotline, seed: int) -> None:
    """Time acts late, skips are said in between: of several that were missed only the latest opens."""
    dice = random.Random(seed)

    def work(session: Session) -> None:
        zone = ZONES[seed % len(ZONES)]
        days = tuple(sorted(dice.sample(range(7), dice.choice([1, 2, 3]))))
        said = dice.choice([Repetition("DAILY"), Repetition("WEEKLY", dice.choice([1, 2]), days)])
        context, need = scene(session, zone, said, datetime(2026, dice.choice([3, 10]), 20, 15, tzinfo=UTC))
        need.review_at = None
        recurring.schedule(context, need, recurring.before(need))
        for _ in range(25):
            assert need.next_at is not None
            late = dice.choice([timedelta(), timedelta(minutes=3), timedelta(days=2), timedelta(days=16)])
            now = max(need.next_at, context.now) + late
            context = Context(session, context.line, now)
            before = session.exec(select(Request.id).where(Request.person_id == need.person_id))
            texts = list(occurrences.act(context, need))
            after = session.exec(select(Request.id).where(Request.person_id == need.person_id))
            assert len(list(after)) - len(list(before)) <= 1
            assert told(texts) <= 1
            if dice.random() < 0.2:
                recurring.skip_next(context, need)
        dealt = fates(session, need)
        assert set(dealt.values()) == {1}
        expected, day = [], needs.first(need.rule, date.fromisoformat(need.starts_on))
        while day is not None and need.next_on is not None and day.isoformat() < need.next_on:
            expected.append(day.isoformat())
            day = need.after(day)
        assert sorted(dealt) == expected

    hotline.database.write(work).result()


def told(texts: list[Text]) -> int:
    """How many texts tell the neighbor of an occurrence."""
    return sum(text.phrase.startswith("recurring_") for text in texts)


def test_after_a_break_of_weeks_the_latest_alone_is_opened_and_the_neighbor_hears_of_the_others(
    hotline: Hotline,
) -> None:
    def work(session: Session) -> None:
        now = datetime(2026, 3, 3, 15, tzinfo=UTC)
        context, need = scene(session, "America/New_York", Repetition("WEEKLY", 1, (1,)), now)
        later = Context(session, context.line, datetime(2026, 3, 23, 15, tzinfo=UTC))  # a Monday
        (text,) = [t for t in occurrences.act(later, need) if t.phrase.startswith("recurring_opens")]
        assert "before" in text.values
        rows = {row.day: row.fate for row in session.exec(select(Occurrence).order_by(col(Occurrence.day)))}
        assert rows == {
            "2026-03-03": Fate.OPENED,
            "2026-03-10": Fate.MISSED,
            "2026-03-17": Fate.MISSED,
            "2026-03-24": Fate.OPENED,
        }
        over = Context(session, context.line, datetime(2026, 4, 1, 15, tzinfo=UTC))  # a day after the 31st
        assert [t.phrase for t in occurrences.act(over, need)] == ["recurring_missed_all"]
        assert need.next_on == "2026-04-07"

    hotline.database.write(work).result()


@pytest.mark.parametrize(
    ("state", "danger", "opens", "says"),
    [
        (State.HELD, None, 0, "recurring_waits"),
        (State.OPEN, "urgent_care", 0, "recurring_waits"),
        (State.OPEN, None, 1, "recurring_opens_later"),
        (State.CLAIMED, None, 1, "recurring_opens_later"),
        (State.CLOSED, None, 1, "recurring_opens_later"),
    ],
)
def test_what_is_still_open_is_not_doubled_in_silence(
    hotline: Hotline, state: State, danger: str | None, opens: int, says: str
) -> None:
    def work(session: Session) -> None:
        now = datetime(2026, 3, 3, 15, tzinfo=UTC)
        context, need = scene(session, "America/New_York", Repetition("WEEKLY", 1, (1,)), now)
        first = requests.last_of(session, need.person_id)
        assert first is not None
        requests.move(session, first, state, now, kind="moved", out_of=(State.OPEN,))
        first.danger = danger
        session.add(first)
        assert need.next_at is not None
        texts = list(occurrences.act(Context(session, context.line, need.next_at), need))
        assert [t.phrase for t in texts if t.phrase.startswith("recurring_")] == [says]
        known = list(session.exec(select(Request).where(Request.person_id == need.person_id)))
        assert len(known) == 1 + opens
        session.refresh(first)
        assert first.live == (state is not State.CLOSED and not (state is State.OPEN and danger is None))

    hotline.database.write(work).result()


@pytest.mark.parametrize("words", ["", "skip", "nomore"])
def test_two_processes_deal_with_one_occurrence_once(course: Course, words: str) -> None:
    """Time acts in both, or in one while the neighbor says SKIP or NOMORE in the other."""
    for _ in range(8):
        number = course.asked(state=State.CLOSED, repeats="FREQ=WEEKLY;BYDAY=FR")

        def begin(session: Session, number: int = number) -> int:
            request = requests.by_number(session, 1, number)
            assert request is not None
            today = course.now.date()
            rule = rule_of(Repetition("WEEKLY"), today)
            need = needs.create(session, request, rule, today - timedelta(days=7), course.now)
            need.next_on, need.next_at = today.isoformat(), course.now
            session.add(need)
            return need.id

        id_ = course.hotline.database.write(begin).result()
        other = TICK if not words else ("+12025550101", words)
        course.both.at_once(course.hotline.settings.database_url, course.now, TICK, other)

        def look(session: Session, id_: int = id_) -> tuple[list[Occurrence], list[Request], RecurringNeed]:
            rows = list(session.exec(select(Occurrence).where(Occurrence.recurring_id == id_)))
            ids = [row.request_id for row in rows]
            found = list(session.exec(select(Request).where(col(Request.id).in_(ids))))
            return rows, found, session.get_one(RecurringNeed, id_)

        rows, found, need = course.hotline.database.read(look)
        assert set(Counter(row.day for row in rows).values()) == {1}
        opened = [request for request in found if request.number != number]
        assert len(opened) <= 1
        if not words:
            assert len(opened) == 1
        elif words == "skip":
            assert len(rows) in (2, 3)
            assert need.ended_at is None
        else:
            assert need.ended_at is not None
            assert need.next_at is None

        def end(session: Session, id_: int = id_) -> None:
            needs.end(session, session.get_one(RecurringNeed, id_), course.now)

        course.hotline.database.write(end).result()
        course.over()


def test_its_words_are_gone_when_it_has_ended(hotline: Hotline) -> None:
    def work(session: Session) -> None:
        context, need = scene(session, "UTC", Repetition("WEEKLY"), MORNING)
        need.text, need.place = "need groceries", "14 oak st"
        session.add(need)
        assert needs.end(session, need, context.now)
        assert not any([need.text, need.place, need.vicinity, need.next_at, need.next_on])
        assert not needs.end(session, need, context.now)
        assert recurring.skip_next(context, need) is None

    hotline.database.write(work).result()
