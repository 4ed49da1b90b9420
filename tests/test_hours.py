"""Hours in which people are texted: nights, both changes of the clocks, and what is never."""

from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from models.hours import DAY, Hours, Waking

NEW_YORK, PHOENIX, LORD_HOWE = "America/New_York", "America/Phoenix", "Australia/Lord_Howe"
ZONES = (NEW_YORK, PHOENIX, LORD_HOWE, "Europe/Dublin", "America/Santiago", "Asia/Kathmandu", "UTC")
LINE = Hours(8 * 60, 21 * 60)  # quiet from 21 to 8
NIGHTS = Hours(22 * 60, 6 * 60)
HOUR = timedelta(hours=1)
MOST = timedelta(days=4)


def at(local: str, zone: str = NEW_YORK, *, fold: int = 0) -> datetime:
    """A moment by the clock on the wall; `fold` is the second time that it shows it."""
    return datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC)


def wall(moment: datetime, zone: str = NEW_YORK) -> str:
    return f"{moment.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}"


@pytest.mark.parametrize(
    ("hours", "asked", "answer"),
    [
        ((LINE,), "2026-03-03 07:59", "2026-03-03 08:00"),
        ((LINE,), "2026-03-03 08:00", "2026-03-03 08:00"),
        ((LINE,), "2026-03-03 20:59", "2026-03-03 20:59"),
        ((LINE,), "2026-03-03 21:00", "2026-03-04 08:00"),  # the end is outside
        ((LINE,), "2026-03-07 23:00", "2026-03-08 08:00"),  # the night that is an hour short
        ((LINE,), "2026-10-31 23:00", "2026-11-01 08:00"),  # and the one that is an hour long
        ((LINE,), "2026-12-31 21:00", "2027-01-01 08:00"),
        ((NIGHTS,), "2026-03-03 05:59", "2026-03-03 05:59"),  # since yesterday
        ((NIGHTS,), "2026-03-03 06:00", "2026-03-03 22:00"),
        ((NIGHTS,), "2026-03-08 03:30", "2026-03-08 03:30"),
        ((LINE, Hours(18 * 60, 23 * 60)), "2026-03-03 10:00", "2026-03-03 18:00"),
        ((LINE, Hours(18 * 60, 23 * 60)), "2026-03-03 21:00", "2026-03-04 18:00"),
        ((LINE, Hours(20 * 60, 9 * 60)), "2026-03-03 10:00", "2026-03-03 20:00"),  # two pieces a day are left
        ((LINE, Hours(20 * 60, 9 * 60)), "2026-03-03 22:00", "2026-03-04 08:00"),
        ((LINE, Hours(20 * 60, 9 * 60)), "2026-03-04 09:00", "2026-03-04 20:00"),
        ((), "2026-03-03 03:00", "2026-03-03 03:00"),
        ((Hours(0, 0),), "2026-03-03 00:00", "2026-03-03 00:00"),
        ((Hours(9 * 60, 9 * 60),), "2026-03-03 03:00", "2026-03-03 03:00"),
    ],
)
def test_when_somebody_is_next_awake(hours: tuple[Hours, ...], asked: str, answer: str) -> None:
    found = Waking(NEW_YORK, hours).next(at(asked))
    assert found is not None
    assert wall(found) == answer
    assert Waking(NEW_YORK, hours).at(at(asked)) is (asked == answer)


@pytest.mark.parametrize(
    ("zone", "hours", "since", "begins", "lasts"),
    [
        (NEW_YORK, Hours(0, 6 * 60), "2026-03-08 00:00", "2026-03-08 00:00", 5),
        (NEW_YORK, Hours(0, 6 * 60), "2026-11-01 00:00", "2026-11-01 00:00", 7),
        (NEW_YORK, NIGHTS, "2026-03-07 12:00", "2026-03-07 22:00", 7),
        (NEW_YORK, NIGHTS, "2026-10-31 12:00", "2026-10-31 22:00", 9),
        (LORD_HOWE, Hours(0, 6 * 60), "2026-10-04 00:00", "2026-10-04 00:00", 5.5),
        (LORD_HOWE, Hours(0, 6 * 60), "2026-04-05 00:00", "2026-04-05 00:00", 6.5),
        (PHOENIX, Hours(0, 6 * 60), "2026-03-08 00:00", "2026-03-08 00:00", 6),
        # yesterday's end in the hour that is left out, after today's beginning: counted once
        (NEW_YORK, Hours(3 * 60, 3 * 60 - 1), "2026-03-08 00:00", "2026-03-08 00:00", 20),
        # the clock goes from midnight to one: the day begins at one
        ("America/Santiago", Hours(0, 6 * 60), "2026-09-05 12:00", "2026-09-06 01:00", 5),
    ],
)
def test_a_night_is_as_long_as_it_is(zone: str, hours: Hours, since: str, begins: str, lasts: float) -> None:
    waking, evening = Waking(zone, (hours,)), at(since, zone)
    first = waking.next(evening)
    assert first is not None
    assert wall(first, zone) == begins
    assert waking.between(evening, evening + 20 * HOUR) == lasts * HOUR


def test_an_hour_that_the_clock_shows_twice_is_awake_from_its_first_time_to_its_first_time() -> None:
    twice = Waking(NEW_YORK, (Hours(60, 2 * 60),))
    begins, ends = next(twice.spans(at("2026-11-01 00:00")))
    assert (begins, ends) == (at("2026-11-01 01:00"), at("2026-11-01 02:00"))
    assert ends - begins == 2 * HOUR


def test_an_hour_that_the_clock_leaves_out_does_not_come_that_day() -> None:
    left_out = Waking(NEW_YORK, (Hours(2 * 60, 3 * 60),))
    found = left_out.next(at("2026-03-08 00:00"))
    assert found is not None
    assert wall(found) == "2026-03-09 02:00"


@pytest.mark.parametrize(
    ("start", "hours", "end"),
    [
        ("2026-03-03 10:00", 2, "2026-03-03 12:00"),
        ("2026-03-03 20:00", 2, "2026-03-04 09:00"),
        ("2026-03-03 23:00", 2, "2026-03-04 10:00"),
        ("2026-03-03 10:00", 11, "2026-03-03 21:00"),  # not a moment longer than the day
        ("2026-03-03 10:00", 26 + 11, "2026-03-05 21:00"),
        ("2026-03-07 20:00", 13, "2026-03-08 20:00"),
        ("2026-03-03 10:00", 13 * 30, "2026-04-02 10:00"),  # farther than is looked ahead at once
        ("2026-03-03 10:00", 0, "2026-03-03 10:00"),
    ],
)
def test_waking_time_passes_by_day(start: str, hours: int, end: str) -> None:
    waking = Waking(NEW_YORK, (LINE,))
    assert wall(waking.after(at(start), hours * HOUR)) == end
    assert waking.between(at(start), at(end)) == hours * HOUR


def test_who_is_never_awake_with_the_line_is_never_texted_and_nothing_waits_for_it() -> None:
    never = Waking(NEW_YORK, (LINE, NIGHTS))
    noon = at("2026-03-03 12:00")
    assert never.next(noon) is None
    assert not never.at(noon)
    assert never.after(noon, 3 * HOUR) == noon + 3 * HOUR
    assert never.between(noon, noon + MOST) == timedelta(0)


# Around both changes of the clocks of some zone, and far from any.

CHANGES = [
    at("2026-03-08 03:00"), at("2026-11-01 01:00"), at("2026-03-29 02:00", "Europe/Dublin"),
    at("2026-10-25 01:00", "Europe/Dublin"), at("2026-04-05 02:00", LORD_HOWE), at("2026-10-04 02:30", LORD_HOWE),
    at("2026-04-04 23:00", "America/Santiago"), at("2026-09-06 01:00", "America/Santiago"), at("2026-06-15 12:00"),
]  # fmt: skip
moments = st.builds(
    lambda near, off: near + timedelta(seconds=off), st.sampled_from(CHANGES), st.integers(-200_000, 200_000)
)
minutes = st.integers(0, DAY - 1)
hours_of = st.one_of(st.builds(Hours, minutes, minutes), minutes.map(lambda minute: Hours(minute, minute)))
wakings = st.builds(Waking, st.sampled_from(ZONES), st.lists(hours_of, max_size=3).map(tuple))


def inside(waking: Waking, moment: datetime) -> bool:
    """Whether all hours hold the local time, as somebody with a clock on the wall would say it."""
    local = moment.astimezone(ZoneInfo(waking.zone))
    minute = local.hour * 60 + local.minute
    return all(
        hours.begins == hours.ends or (minute - hours.begins) % DAY < (hours.ends - hours.begins) % DAY
        for hours in waking.hours
    )


@given(wakings, moments)
def test_spans_are_apart_in_order_and_not_over(waking: Waking, since: datetime) -> None:
    spans = list(waking.spans(since))
    assert all(begins < ends and ends > since for begins, ends in spans)
    assert all(before[1] <= after[0] for before, after in pairwise(spans))


@given(wakings, moments)
def test_the_next_waking_moment_is_itself_awake_and_none_before_it(waking: Waking, moment: datetime) -> None:
    found = waking.next(moment)
    assume(found is not None)
    assert found is not None
    assert found >= moment
    assert waking.next(found) == found
    assert waking.at(found)
    if found > moment:
        assert not waking.at(moment)
        assert waking.next(moment + (found - moment) / 2) == found


@given(wakings, moments, st.integers(0, int(MOST.total_seconds())))
def test_so_much_waking_time_later_so_much_has_passed(waking: Waking, start: datetime, seconds: int) -> None:
    span = timedelta(seconds=seconds)
    assume(waking.next(start) is not None)
    end = waking.after(start, span)
    assert end >= start + span
    assert waking.between(start, end) == span


@given(wakings, moments, moments, moments)
def test_waking_time_adds_up(waking: Waking, a: datetime, b: datetime, c: datetime) -> None:
    first, second, third = sorted((a, b, c))
    whole = waking.between(first, third)
    assert waking.between(first, second) + waking.between(second, third) == whole
    assert timedelta(0) <= whole <= third - first


@given(wakings, moments)
def test_a_clock_on_the_wall_says_the_same_where_no_clock_changes(waking: Waking, moment: datetime) -> None:
    """On days of 24 hours; what a changing clock does to an hour is in the tables above."""
    local = moment.astimezone(ZoneInfo(waking.zone))
    assume(len({(local + timedelta(days=n)).utcoffset() for n in (-2, -1, 0, 1, 2)}) == 1)
    assert waking.at(moment) is inside(waking, moment)


@given(wakings, moments)
def test_hours_more_are_never_more_time(waking: Waking, moment: datetime) -> None:
    longer = Waking(waking.zone, waking.hours[:-1])
    assert longer.between(moment, moment + MOST) >= waking.between(moment, moment + MOST)


@pytest.mark.parametrize(("day", "lasts"), [("2026-03-08", 23), ("2026-11-01", 25), ("2026-11-02", 24)])
def test_a_whole_day_ends_with_its_date(day: str, lasts: int) -> None:
    begins, ends = next(Waking(NEW_YORK, (Hours(0, 0),)).spans(at(day)))
    assert (begins, ends - begins) == (at(day), lasts * HOUR)


@given(st.sampled_from(ZONES), minutes, moments)
def test_equal_hours_are_the_whole_day(zone: str, minute: int, moment: datetime) -> None:
    always = Waking(zone, (Hours(minute, minute),))
    assert always.at(moment)
    assert always.between(moment, moment + MOST) == MOST
    assert all(before[1] == after[0] for before, after in islice(pairwise(always.spans(moment)), 5))
