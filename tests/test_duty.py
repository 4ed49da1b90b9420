"""Duty in turns: who of two has it, who of two covers, who of two confirms; and which hours a turn has."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import count
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import col, select

from app.hotline import Hotline
from app.simulator.timelapse import pass_time
from handlers import registry
from handlers.understanding import shift_words
from handlers.understanding.intents import Order
from models import lines, people, shifts
from models.broadcasts import Broadcast
from models.delivery.outbound import Outbound
from models.duty_tasks import DutyTask
from models.hours import Hours
from models.inbound import Heard
from models.lines import Channel
from models.requests import Request, State
from models.shifts import Shift
from models.store.session import Session
from tests import neighbors
from tests.fakes import LINE, MORNING, settings

ANA, BEN, DEE, EVA, GUS = (f"+1202555010{n}" for n in (1, 2, 4, 5, 7))
ZONE = ZoneInfo("America/New_York")
sids = count(1)


def heard(sender: str, words: str) -> Heard:
    return Heard(f"SM{next(sids):032x}", Channel.SMS, sender, LINE, words)


def say(hotline: Hotline, sender: str, words: str) -> None:
    hotline.clock.advance(timedelta(seconds=20))
    hotline.receive(heard(sender, words)).result()


def at_once(hotline: Hotline, database_url: str, *said: tuple[str, str]) -> None:
    """Texts in the same instant, by turns in two processes where the database lets two write."""
    others = [hotline]
    if not database_url.startswith("sqlite"):
        others.append(Hotline(settings(database_url), carrier=hotline.carrier, clock=hotline.clock))
    hotline.clock.advance(timedelta(seconds=20))
    taken = [others[n % len(others)].receive(heard(*each)) for n, each in enumerate(said)]
    for each in taken:
        each.result()
    for other in others[1:]:
        other.stop()


def told(hotline: Hotline) -> Counter[str]:
    return Counter(hotline.database.read(lambda s: list(s.exec(select(Outbound.phrase)))))


@pytest.fixture
def watched(hotline: Hotline) -> Hotline:
    def work(session: Session) -> None:
        line = lines.all_lines(session)[0]
        neighbors.add(session, line, Channel.SMS, BEN, MORNING, name="Ben", helper=True, language="en")
        neighbors.add(session, line, Channel.SMS, EVA, MORNING, name="Eva", helper=True, language="en")
        for number, name in ((DEE, "Dee"), (GUS, "Gus")):
            neighbors.add(session, line, Channel.SMS, number, MORNING, name=name, duty=True, language="en")

    hotline.database.write(work).result()
    return hotline


def test_of_two_on_duty_who_answer_at_once_one_has_it(watched: Hotline, database_url: str) -> None:
    for n in range(1, 6):
        say(watched, f"+1202555012{n}", "can i talk to a person")
        at_once(watched, database_url, (DEE, f"@{n} hello, Dee here"), (GUS, f"@{n} hello, Gus here"))
        assert told(watched)["duty_has_it"] == n
    tasks = watched.database.read(lambda s: list(s.exec(select(DutyTask))))
    assert len(tasks) == 5
    assert all(task.ended_at is not None and task.taken_by_person_id is not None for task in tasks)
    assert all(task.next_at is None for task in tasks)


def test_of_two_who_cover_at_once_one_does(watched: Hotline, database_url: str) -> None:
    say(watched, DEE, "SHIFT FRI 18-22")
    say(watched, DEE, "SHIFT CANT FRI")
    at_once(watched, database_url, (BEN, "COVER"), (EVA, "cover fri"))
    found = told(watched)
    assert (found["cover_thanks"], found["cover_too_late"] + found["cover_nothing"]) == (1, 1)
    planned = watched.database.read(lambda s: list(s.exec(select(Shift).order_by(col(Shift.starts_at)))))
    assert [shift.weekly for shift in planned] == [False, True]  # this once; and Dee's own, a week later
    local = [f"{shift.starts_at.astimezone(ZONE):%m-%d %H:%M}" for shift in planned]
    assert local == ["03-06 18:00", "03-13 18:00"]  # the clocks change between the two


def test_of_two_who_confirm_at_once_one_sends(watched: Hotline, database_url: str) -> None:
    say(watched, EVA, "DUTY ON")
    say(watched, DEE, "BROADCAST we meet at 6")
    at_once(watched, database_url, (GUS, "1"), (EVA, "1"))
    found = told(watched)
    assert found["broadcast"] == 3  # to Ben, Eva and Gus, once each
    assert found["broadcast_over"] == 1
    kept = watched.database.read(lambda s: list(s.exec(select(Broadcast))))
    assert [each.sent_at is not None and each.confirmed_by_person_id is not None for each in kept] == [True]


def test_its_author_does_not_confirm_where_another_can(watched: Hotline) -> None:
    say(watched, DEE, "BROADCAST we meet at 6")
    say(watched, DEE, "1")
    assert told(watched)["broadcast"] == 0


def test_words_to_many_reach_all_of_them_and_use_up_nobodys_day(watched: Hotline) -> None:
    def work(session: Session) -> None:
        line = lines.all_lines(session)[0]
        line.rules = {**line.rules, "answers_per_day": 4}
        session.add(line)
        for n in range(30):
            neighbors.add(session, line, Channel.SMS, f"+121255501{n:02}", MORNING, name="Hal", helper=True)

    watched.database.write(work).result()
    say(watched, DEE, "BROADCAST we meet at 6")
    say(watched, GUS, "1")
    say(watched, GUS, "ROSTER")
    found = told(watched)
    assert (found["broadcast"], found["roster_empty"], found["enough_today"]) == (33, 1, 0)


@pytest.mark.parametrize("begun", ["can i talk to a person", "preciso de ajuda", "my husband collapsed, 14 oak st"])
def test_what_nobody_looks_after_is_read_to_whoever_comes(hotline: Hotline, begun: str) -> None:
    """Nobody is ever on duty: it is never closed, always dated, and the first who comes hears it."""

    def work(session: Session) -> None:
        line = lines.all_lines(session)[0]
        neighbors.add(session, line, Channel.SMS, BEN, MORNING, name="Ben", helper=True, language="en")

    hotline.database.write(work).result()
    say(hotline, ANA, begun)
    for _ in range(2):
        pass_time(hotline, timedelta(days=5))
        request = hotline.database.read(lambda s: s.exec(select(Request)).first())
        assert request is not None
        assert request.state is State.HELD
        assert request.next_action_at is not None
    before = told(hotline)
    say(hotline, BEN, "DUTY ON")
    new = told(hotline) - before
    assert any(phrase.startswith(("duty_held", "duty_foreign", "duty_emergency")) for phrase in new)


@pytest.mark.parametrize(
    ("words", "begins", "ends"),
    [
        ("tue 18-22", 18, 22),
        ("tue 6pm-10pm", 18, 22),
        ("tue 6-10pm", 18, 22),
        ("tue 9-1", 9, 13),
        ("tue 9-1pm", 9, 13),
        ("tue 9am to 1pm", 9, 13),
        ("tue 22-6", 22, 6),
        ("tue 10pm-2am", 22, 2),
        ("tue 8 - 20", 8, 20),
        ("mar de 18 a 22", 18, 22),
        ("mar 18:00-22:00", 18, 22),
        ("tue 11-12pm", 11, 12),
        ("tue 20-24", 20, 24),
    ],
)
def test_hours_of_a_turn(words: str, begins: int, ends: int) -> None:
    found = shift_words.read(words)
    assert (found.days, found.begins, found.ends) == ((1,), begins * 60, ends * 60)


@pytest.mark.parametrize("words", ["tue", "tue 25-30", "tue 5-5", "whenever", "tue 18", "tue 13pm-15pm"])
def test_no_hours_of_a_turn(words: str) -> None:
    assert shift_words.read(words).begins is None


@pytest.mark.parametrize(
    ("words", "days"),
    [
        ("mon-fri 9-17", (0, 1, 2, 3, 4)),
        ("sat and sun 9-17", (5, 6)),
        ("fri-mon 9-17", (4, 5, 6, 0)),
        ("tuesdays 9-17", (1,)),
        ("every day 9-17", (0, 1, 2, 3, 4, 5, 6)),
        ("weekdays 9-17", (0, 1, 2, 3, 4)),
        ("lunes a viernes 9-17", (0, 1, 2, 3, 4)),
        ("sáb y dom 9-17", (5, 6)),
        ("miercoles 9-17", (2,)),
    ],
)
def test_days_of_a_turn(words: str, days: tuple[int, ...]) -> None:
    assert shift_words.read(words).days == days


@pytest.mark.parametrize(
    ("words", "verb"),
    [
        ("SHIFT TUE 18-22", "add"),
        ("shift off tuesday", "off"),
        ("SHIFT CANT TUE", "cant"),
        ("shift can't", "cant"),
        ("turno no martes", "off"),
        ("turno no puedo el martes", "cant"),
        ("turno falto", "cant"),
        ("my shift tue 6pm-10pm", "add"),
    ],
)
def test_what_is_said_of_a_turn(words: str, verb: str) -> None:
    intent = registry.understand(words).intent
    assert isinstance(intent, Order)
    assert (intent.command, intent.argument.verb) == ("shift", verb)


@pytest.mark.parametrize(
    "words", ["shift my appointment to tuesday please", "cover my rent please", "who can drive me"]
)
def test_what_only_begins_like_it_is_no_command(words: str) -> None:
    assert not isinstance(registry.understand(words).intent, Order)


@given(st.text())
def test_reading_a_turn_never_raises(words: str) -> None:
    shift_words.read(words)


@given(
    day=st.dates(date(2026, 1, 1), date(2027, 12, 31)),
    begins=st.integers(0, 23),
    length=st.integers(1, 23),
)
def test_a_turn_is_as_long_as_its_hours_but_where_clocks_change(day: date, begins: int, length: int) -> None:
    hours = Hours(begins * 60, (begins + length) % 24 * 60)
    starts, ends = hours.on(day, ZONE)
    off = ends - starts - timedelta(hours=length)
    changes = {date(2026, 3, 8), date(2026, 11, 1), date(2027, 3, 14), date(2027, 11, 7)}
    near = {starts.astimezone(ZONE).date(), ends.astimezone(ZONE).date(), day}
    assert off == timedelta(0) or (abs(off) == timedelta(hours=1) and near & changes)


def test_a_weekly_turn_keeps_its_hour_over_both_changes(watched: Hotline) -> None:
    def work(session: Session) -> list[str]:
        line = lines.all_lines(session)[0]
        dee = people.on_duty(session, line.id)[0]
        now = datetime(2026, 1, 4, 12, tzinfo=UTC)
        shift = shifts.add(session, line, dee.id, date(2026, 1, 4), Hours(150, 300), now, weekly=True)  # 2:30 to 5
        hours = set()
        for _ in range(60):
            shift = shifts.next_week(session, line, shift, dee.id, now)
            hours.add(f"{shift.starts_at.astimezone(ZONE):%a %H:%M}-{shift.ends_at.astimezone(ZONE):%H:%M}")
        return sorted(hours)

    # On 8 March there is no 2:30; the Sundays after it begin then again.
    assert watched.database.write(work).result() == ["Sun 02:30-05:00", "Sun 03:30-05:00"]
