"""Which days `--since` and `--until` mean, and what they say of words that mean none."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.cli import spans

NEW_YORK = "America/New_York"
NOW = datetime(2026, 3, 11, 2, tzinfo=UTC)  # Tuesday the tenth in New York, two days after the clocks changed
BEGAN = date(2026, 1, 5)


@pytest.mark.parametrize(
    ("since", "until", "days"),
    [
        ("", "", "2026-01-05 2026-03-10"),
        ("2026-03-01", "", "2026-03-01 2026-03-10"),
        ("30 days", "", "2026-02-09 2026-03-10"),
        ("Last 2 weeks", "", "2026-02-25 2026-03-10"),
        ("1 month ago", "", "2026-02-11 2026-03-10"),
        ("last month", "", "2026-02-01 2026-03-10"),
        ("60 days", "31 days", "2026-01-10 2026-02-07"),
        ("last month", "last month", "2026-02-01 2026-02-28"),
        ("this month", "", "2026-03-01 2026-03-10"),
        ("this week", "", "2026-03-09 2026-03-10"),
        ("last week", "last week", "2026-03-02 2026-03-08"),
        ("last year", "last year", "2025-01-01 2025-12-31"),
        ("2026-02", "2026-02", "2026-02-01 2026-02-28"),
        ("february", "february", "2026-02-01 2026-02-28"),
        ("december", "", "2025-12-01 2026-03-10"),
        ("Dec 24", "", "2025-12-24 2026-03-10"),
        ("Monday", "", "2026-03-09 2026-03-10"),
        ("tuesday", "", "2026-03-10 2026-03-10"),
        ("yesterday", "yesterday", "2026-03-09 2026-03-09"),
        ("today", "2030-01-01", "2026-03-10 2026-03-10"),
        ("9999 years", "", "0001-01-02 2026-03-10"),
    ],
)
def test_which_days_somebody_means(since: str, until: str, days: str) -> None:
    found = spans.read(since, until, BEGAN, NEW_YORK, NOW)
    assert f"{found.since} {found.until}" == days
    assert found.span.first == min(max(found.since, BEGAN), found.until)
    assert found.span.last == found.until


@pytest.mark.parametrize(
    ("since", "until", "says"),
    [
        ("foo", "", "--since: 'foo' is not a day; write it such as 2026-10-01"),
        ("3/4/2026", "", "is not a day"),  # the fourth of March, or the third of April
        ("2026-13", "", "is not a day"),
        ("0 days", "", "no time at all"),
        ("2026-03-11", "", "is in the future; today is 2026-03-10"),
        ("2026-03-05", "2026-03-01", "--until: 2026-03-01 is before 2026-03-05"),
        ("", "soon", "--until: 'soon' is not a day"),
    ],
)
def test_what_means_no_day_is_refused_with_what_to_write(since: str, until: str, says: str) -> None:
    with pytest.raises(ValueError, match=r"[wW]rite") as error:
        spans.read(since, until, BEGAN, NEW_YORK, NOW)
    assert says in str(error.value)


@given(st.text(max_size=30) | st.text("0123456789 -/.daysweklmonth", max_size=20))
def test_any_words_mean_days_or_are_refused(words: str) -> None:
    try:
        found = spans.read(words, "", BEGAN, NEW_YORK, NOW)
    except ValueError:
        return
    assert found.since <= found.until
    assert BEGAN <= found.span.first <= found.span.last <= date(2026, 3, 10)


@pytest.mark.parametrize("day", [date(2026, 3, 8), date(2026, 11, 1)])
def test_a_day_on_which_the_clocks_change_is_as_long_as_it_is(day: date) -> None:
    span = spans.read(str(day), str(day), BEGAN, NEW_YORK, datetime(2026, 12, 1, tzinfo=UTC)).span
    assert span.until - span.since == timedelta(hours=23 if day.month == 3 else 25)
