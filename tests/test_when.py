"""Times as people write them: a table of what only sounds like one (tests/when.tab), and what holds always."""

import csv
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers import phrasebook
from handlers.understanding import needs, when
from handlers.understanding.when.expression import Clock, Day, DayKind, Part, TimeExpression
from handlers.understanding.when.resolving import Needed, resolve
from handlers.understanding.words import clean, split
from handlers.wording import due
from models.requests import Timing
from tests.examples import every

TABLE = Path(__file__).with_name("when.tab").read_text(encoding="utf-8").splitlines()
ROWS = [row for row in csv.reader(TABLE, delimiter="\t", quoting=csv.QUOTE_NONE) if row and row[0][0] != "#"]
NEW_YORK = ZoneInfo("America/New_York")
ZONES = ["America/New_York", "America/Los_Angeles", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kolkata", "UTC"]


def shown(needed: Needed | None, zone: ZoneInfo = NEW_YORK) -> str:
    if needed is None:
        return "over"
    start, end = (moment.astimezone(zone).strftime("%a %m-%d %H:%M") for moment in (needed.start, needed.end))
    return f"{needed.as_} {start}" if needed.start == needed.end else f"{needed.as_} {start} / {end}"


@pytest.mark.parametrize(("text", "now", "expected"), ROWS, ids=[f"{row[0]} ({row[1]})" for row in ROWS])
def test_the_time_that_a_text_names(text: str, now: str, expected: str) -> None:
    said = when.read(clean(text), split(clean(text)))
    at = datetime.fromisoformat(now).replace(tzinfo=NEW_YORK)
    assert (shown(resolve(said.time, at, NEW_YORK)) if said else "-") == expected


def test_the_table_has_enough_of_both() -> None:
    missed = [row for row in ROWS if row[2] == "-"]
    assert len(ROWS) >= 150
    assert len(missed) >= 60


CLOCKS = st.builds(Clock, st.integers(0, 24), st.integers(0, 59), st.booleans())
DAYS = st.one_of(
    st.builds(Day, st.just(DayKind.AHEAD), st.integers(0, 99)),
    st.builds(Day, st.sampled_from([DayKind.WEEKDAY, DayKind.WEEKDAY_NEXT]), st.integers(0, 6)),
    st.builds(Day, st.just(DayKind.DATE), st.integers(1, 28), st.integers(1, 12)),
    st.builds(Day, st.just(DayKind.NUMERIC), st.integers(1, 12), st.integers(1, 28)),
    st.builds(Day, st.just(DayKind.OF_MONTH), st.integers(1, 31)),
    st.builds(Day, st.sampled_from([DayKind.WEEKEND, DayKind.WEEK]), st.integers(0, 1)),
)
TIMES = st.builds(
    TimeExpression,
    st.sampled_from(Timing),
    day=st.none() | DAYS,
    last_day=st.none() | DAYS,
    part=st.none() | st.sampled_from(Part),
    clock=st.none() | CLOCKS,
    until=st.none() | CLOCKS,
    minutes=st.none() | st.integers(1, 9999),
    strictly=st.booleans(),
)
MOMENTS = st.builds(
    lambda minutes: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes), st.integers(0, 1_000_000)
)
# a day before and after each change of the clocks in 2026, in some of the zones
CHANGES = st.sampled_from([datetime(2026, m, d, tzinfo=UTC) for m, d in ((3, 8), (3, 29), (4, 4), (10, 25), (11, 1))])
NEAR_CHANGES = st.builds(lambda day, minutes: day + timedelta(minutes=minutes), CHANGES, st.integers(-2880, 2880))


@given(TIMES, MOMENTS | NEAR_CHANGES, st.sampled_from(ZONES), st.sampled_from(["US", "DE"]))
def test_no_time_is_past_or_ends_before_it_begins(
    said: TimeExpression, now: datetime, zone: str, country: str
) -> None:
    needed = resolve(said, now, ZoneInfo(zone), country)
    if needed is not None:
        assert needed.start <= needed.end
        assert needed.end >= now
        assert needed.as_ is not Timing.AT or needed.start >= now
        for language in phrasebook.languages():
            assert due.Due(needed, zone, now).in_words(phrasebook.book(language))


@given(CLOCKS.filter(lambda clock: clock.sure and clock.hour < 24), NEAR_CHANGES, st.sampled_from(ZONES))
def test_an_hour_of_a_day_with_a_change_of_the_clocks_is_that_hour(clock: Clock, now: datetime, zone: str) -> None:
    place = ZoneInfo(zone)
    needed = resolve(TimeExpression(Timing.AT, Day(DayKind.AHEAD, 1), clock=clock), now, place)
    assert needed is not None
    local = needed.start.astimezone(place)
    assert local.date() == now.astimezone(place).date() + timedelta(days=1)
    skipped = timedelta(hours=local.hour - clock.hour, minutes=local.minute - clock.minute)
    assert timedelta(0) <= skipped <= timedelta(hours=1)


@given(st.text(max_size=60))
def test_any_text_can_be_read(text: str) -> None:
    words = split(clean(f"tomorrow {text} at 5"))
    said = when.read(clean(f"tomorrow {text} at 5"), words)
    assert said is None or (said.words and max(said.words) < len(words))


@pytest.mark.parametrize(("country", "expected"), [("US", "within Sat 04-04"), ("DE", "within Sat 04-04")])
def test_a_date_in_figures_is_read_as_in_the_lines_country(country: str, expected: str) -> None:
    said = when.of("court on 4/4")
    assert said is not None
    assert shown(resolve(said, datetime(2026, 3, 3, tzinfo=NEW_YORK), NEW_YORK, country)).startswith(expected)
    said = when.of("on 5/4")
    assert said is not None
    day = resolve(said, datetime(2026, 3, 3, tzinfo=NEW_YORK), NEW_YORK, country)
    assert day is not None
    assert day.start.astimezone(NEW_YORK).strftime("%d.%m.") == ("04.05." if country == "US" else "05.04.")


@pytest.mark.parametrize(
    ("text", "people", "place"),
    [
        ("need a ride to dialysis tomorrow at 7, 14 oak st", None, "14 oak st"),
        ("groceries for 3 by friday at 5, 14 oak st", 3, "14 oak st"),
        ("comida para 4 el jueves a las 6", 4, None),
    ],
)
def test_an_hour_counts_nobody_and_is_no_door(text: str, people: int | None, place: str | None) -> None:
    said = needs.understand(text)
    assert (said.people, said.place) == (people, place)
    assert said.when is not None


@pytest.mark.parametrize(
    ("words", "english", "spanish"),
    [
        ("today 3pm", "today 3 PM", "hoy 15:00"),
        ("tomorrow at 10:30", "Wed 10:30 AM", "mié 10:30"),
        ("thursday after 4", "Thu after 4 PM", "jue después de las 16:00"),
        ("by friday noon", "by Fri 12 PM", "hasta vie 12:00"),
        ("by friday", "by Fri", "hasta vie"),
        ("thursday", "Thu", "jue"),
        ("today", "today", "hoy"),
        ("tonight", "tonight", "esta noche"),
        ("friday morning", "Fri morning", "vie en la mañana"),
        ("this weekend", "Sat-Sun", "sáb-dom"),
        ("march 13 at 5:30am", "Fri Mar 13 5:30 AM", "vie 13 mar 5:30"),
        ("friday between 2 and 5", "Fri 2 PM-5 PM", "vie 14:00-17:00"),
    ],
)
def test_how_a_time_is_said(words: str, english: str, spanish: str) -> None:
    now = datetime(2026, 3, 3, 10, tzinfo=NEW_YORK)
    said = when.of(words)
    assert said is not None
    needed = resolve(said, now, NEW_YORK)
    assert needed is not None
    told = due.Due(needed, "America/New_York", now)
    assert [told.in_words(phrasebook.book(code)) for code in ("en", "es")] == [english, spanish]


@every(
    [
        ("until the end of may", "2026-05-31"),
        ("til end of the month", "2026-03-31"),
        ("hasta fin de mes", "2026-03-31"),
        ("a finales de junio", "2026-06-30"),
        ("hasta el último día de febrero", "2027-02-28"),
        ("until the end of next week", "2026-03-15"),
        ("hasta el fin de semana", "2026-03-08"),
    ]
)
def test_a_month_ends_where_a_day_is_asked_for(words: str, last: str) -> None:
    said = when.of(words, month_ends=True)
    assert said is not None
    needed = resolve(said, datetime(2026, 3, 3, 15, tzinfo=UTC), NEW_YORK)
    assert needed is not None
    assert str((needed.end - timedelta(minutes=1)).astimezone(NEW_YORK).date()) == last


def test_who_is_out_of_food_at_the_end_of_the_month_names_no_day() -> None:
    assert when.of("we run out of food at the end of the month") is None
    assert when.of("se nos acaba a fin de mes") is None
