"""Nobody is left waiting: what time brings to an open request, whatever people do or do not do."""

import shutil
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import select

from app.hotline import Hotline
from handlers.asking.unmet import Plan
from handlers.turn import Context
from models import lines, requests
from models.lines import Line
from models.requests import Event, Outcome, Request, State, Timing, Urgency
from models.store.session import Session
from tests import fakes
from tests.besieged import Besieged
from tests.command import Command
from tests.fakes import MORNING, Recorder, StillClock

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
ZONES = ("America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "UTC")
KINDS = ("nobody_left", "asked_again", "still_need", "time_passed", "warned", "still_needed", "held_back", "wave")
ANA, BEN = "+12025550101", "+12025550102"
NEW_YORK = ZoneInfo("America/New_York")


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """Any open request with any history, on any day of a year."""
    created = datetime(2026, 1, 1, tzinfo=UTC) + draw(st.timedeltas(timedelta(0), 400 * DAY))
    now = created + draw(st.timedeltas(timedelta(0), 60 * DAY))
    ago = st.floats(0, 1).map(lambda part: created + (now - created) * part)
    marks = {kind: draw(ago) for kind in draw(st.sets(st.sampled_from(KINDS)))}
    marks["opened"] = created
    named = draw(st.none() | st.tuples(st.timedeltas(-DAY, 30 * DAY), st.timedeltas(timedelta(0), DAY)))
    request = Request(
        id=1, line_id=1, number=1, person_id=1, state=State.OPEN, changed_at=created, created_at=created,
        urgency=draw(st.none() | st.sampled_from(Urgency)), emergency=draw(st.booleans()),
        wave=draw(st.integers(0, 4)), wanted_at=draw(st.none() | ago),
        needed_as=draw(st.sampled_from(Timing)) if named else None,
        needed_from=created + named[0] if named else None,
        needed_until=created + named[0] + named[1] if named else None,
    )  # fmt: skip
    quiet = draw(st.sampled_from([(21, 8), (22, 7), (0, 0), (23, 11)]))
    rules = {"quiet_from": quiet[0], "quiet_until": quiet[1]}
    line = Line(id=1, name="Oak", timezone=draw(st.sampled_from(ZONES)), rules=rules, created_at=created)
    return Plan(Context(None, line, now), request, marks)  # type: ignore[arg-type]


@settings(max_examples=400, suppress_health_check=list(HealthCheck))
@given(plans(), st.timedeltas(timedelta(0), 3 * DAY))
def test_whatever_has_happened_there_is_a_dated_next_step(plan: Plan, gap: timedelta) -> None:
    now, policy = plan.context.now, plan.context.line.policy
    step = plan.next(now + gap)
    assert now <= step <= now + timedelta(days=policy.still_need_every) + DAY
    if plan.round_at is not None and not plan.request.in_danger:
        assert lines.waking(plan.context.line).at(plan.round_at)
    assert lines.waking(plan.context.line).at(plan.question_at)
    over = plan.passes_at
    if plan.warning_at is not None:
        assert over is not None
        assert plan.warning_at < over


@pytest.fixture
def line(hotline: Hotline) -> Besieged:
    found = Besieged(hotline)
    found.people()
    found.rule(rate_sms=1e6, burst_seconds=0)
    return found


def needed(line: Besieged, as_: Timing, start: datetime, end: datetime) -> None:
    """The neighbor has named a time."""

    def work(session: Session) -> None:
        request = requests.by_id(session, 1)
        request.needed_as, request.needed_from, request.needed_until = as_, start, end
        requests.schedule(session, request, line.hotline.clock.now() + timedelta(minutes=30))

    line.hotline.database.write(work).result()


def sent(line: Besieged, *phrases: str) -> list[str]:
    """When a text with one of these phrases was queued, by the line's clock."""
    return [f"{row.phrase} {row.created_at.astimezone(NEW_YORK):%a %H:%M}" for row in line.texts(*phrases)]


def test_the_neighbor_hears_in_time_that_nobody_has_it_yet(line: Besieged) -> None:
    line.say("I need a ride to the hospital from 14 Oak St")
    at = datetime(2026, 3, 6, 15, 0, tzinfo=UTC)  # Friday, ten in the morning in New York
    needed(line, Timing.AT, at, at)
    line.later(days=4)
    told = sent(line, "time_near", "duty_time_near", "time_passed", "still_need")
    assert told == [
        "time_near Thu 18:00",
        "duty_time_near Thu 18:00",
        "duty_time_near Thu 18:00",
        "time_passed Fri 10:00",
    ]
    (request,) = line.requests()
    assert request.state is State.OPEN
    offered = len(line.texts("offer"))
    line.later(days=2)
    assert len(line.texts("offer")) == offered  # nobody is asked about what may be over
    line.say("STATUS")
    assert "its time is over" in line.texts("status_passed")[-1].body
    line.say("yes")
    (request,) = line.requests()
    assert (request.state, request.needed_as, request.needed_until) == (State.OPEN, None, None)
    assert len(line.texts("offer")) > offered


def test_silence_after_a_time_that_passed_ends_it(line: Besieged) -> None:
    line.say("I need a ride to the hospital from 14 Oak St")
    at = MORNING + 5 * HOUR
    needed(line, Timing.BEFORE, at, at)
    line.later(days=16)
    assert sent(line, "time_near", "time_passed", "unmet") == [
        "time_near Tue 13:00",
        "time_passed Tue 15:00",
        "time_passed Tue 16:00",
        "unmet Tue 11:00",
    ]
    assert line.requests()[0].outcome is Outcome.UNMET


WORDS = ("STATUS", "1", "2", "still need it", "MORE 1 milk", "thanks", "NEVERMIND", "nobody came", "hello")
HELPERS_WORDS = ("PASS 1", "CLAIM 1", "DROP 1", "AWAY 3D", "BACK", "yes", "no")
LIVES = st.lists(
    st.tuples(
        st.integers(1, 90), st.sampled_from([("ask", w) for w in WORDS] + [("help", w) for w in HELPERS_WORDS])
    ),
    max_size=8,
)


@settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck))
@given(LIVES)
def test_every_request_ends_or_is_asked_about(migrated_file: Path, life: list[tuple[int, tuple[str, str]]]) -> None:
    """Sixty days: whatever is said in the first forty at most, in the end nothing is open that nobody answers for."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{shutil.copy(migrated_file, Path(folder) / 'life.db')}"
        hotline = Hotline(fakes.settings(url), carrier=Recorder(), clock=StillClock())
        hotline.prepare()
        told = Besieged(hotline)
        told.people()
        told.rule(rate_sms=1e6, burst_seconds=0, reply_limit=0)
        told.say("I need groceries for two, 14 Oak St")
        for hours, (who, words) in life:
            told.later(hours=hours)
            told.say(words, by=ANA if who == "ask" else "+13125550100")
            assert all(step(request, told) for request in told.requests())
        told.later(days=40)
        for request in told.requests():
            assert step(request, told)
            assert request.state in (State.CLOSED, State.CLAIMED, State.HELD)
        hotline.stop()


def step(request: Request, told: Besieged) -> bool:
    """Whether a request has an outcome, a dated next step, or somebody who has it."""
    if request.state in (State.CLOSED, State.CLAIMED, State.HELD):
        return True
    return request.next_action_at is not None and request.next_action_at <= told.hotline.clock.now() + 15 * DAY


def test_a_pause_ends_one_after_the_other(line: Besieged) -> None:
    for n in range(3):
        line.say("I need groceries for two, 14 Oak St", by=f"+1202555012{n}")
    line.say("PAUSE LINE until friday", by="+12025550110")
    line.later(minutes=1)
    (friday,) = line.hotline.database.read(lambda s: [each.paused_until for each in lines.all_lines(s)])
    assert friday is not None
    assert friday.astimezone(NEW_YORK).strftime("%a %H:%M") == "Fri 08:00"
    assert [request.next_action_at for request in line.requests()] == [
        friday + n * timedelta(minutes=1) for n in range(3)
    ]
    assert len(line.texts("pause_waits")) == 3
    line.say("RESUME LINE", by="+12025550111")
    now = line.hotline.clock.now()
    assert [request.next_action_at for request in line.requests()] == [
        now + n * timedelta(minutes=1) for n in range(3)
    ]


def test_a_pause_tells_a_neighbor_once_and_its_end_says_so_to_duty(line: Besieged) -> None:
    for words in ("I need groceries for two, 14 Oak St", "I also need a ride to the clinic from 14 Oak St"):
        line.say(words)
    line.say("PAUSE LINE for 2 days", by="+12025550110")
    line.later(hours=40)
    assert len(line.texts("pause_waits", to=ANA)) == 1
    assert line.texts("pause_over") == []
    line.later(hours=8)  # past the morning of the second day
    assert len(line.texts("pause_over")) == 2
    assert line.hotline.database.read(lambda s: [each.paused_until for each in lines.all_lines(s)]) == [None]


def test_urgent_care_goes_out_in_a_pause(line: Besieged) -> None:
    line.say("PAUSE LINE for 2 days", by="+12025550110")
    line.say("I need groceries for two, 14 Oak St")
    assert line.texts("offer") == []
    line.say("out of insulin since yesterday, 14 Oak St", by=BEN)
    assert line.texts("offer")


def test_events_tell_all_of_it(line: Besieged) -> None:
    line.say("I need groceries for two, 14 Oak St")
    line.later(days=20)

    def kinds(session: Session) -> set[str]:
        return {event.kind for event in session.exec(select(Event))}

    assert {"nobody_left", "asked_again", "still_need", "closed"} <= line.hotline.database.read(kinds)


def test_the_command_keeps_other_help(run: Command) -> None:
    pantry = "Pantry at St Paul's, Tue 10-12, 202-555-0188"
    assert "1 segment" in run.good("line", "resource", "add", "--need", "food", "--need", "baby", pantry)
    run.good("line", "resource", "add", "--need", "food", "Despensa San Pablo", "--language", "es")
    assert run.json("line", "resource", "list") == [
        {"needs": ["food", "baby"], "words": pantry, "language": None},
        {"needs": ["food"], "words": "Despensa San Pablo", "language": "es"},
    ]
    run.good("line", "resource", "add", "--need", "water", pantry)
    assert [kept["needs"] for kept in run.json("line", "resource", "list")] == [["food"], ["water"]]
    assert "1 left." in run.good("line", "resource", "remove", "1")
    assert [kept["words"] for kept in run.json("line", "resource", "list")] == [pantry]


@pytest.mark.parametrize(
    ("args", "wrong"),
    [
        (["add", "--need", "fod", "Pantry"], "Did you mean food?"),
        (["add", "--need", "food", " "], "Write who helps"),
        (["add", "--need", "food", "x" * 161], "Write who helps"),
        (["add", "--need", "food", "Pantry", "--language", "xx"], "--language: a language we do not speak yet"),
        (["remove", "1"], "There is no number 1"),
    ],
)
def test_what_other_help_cannot_be(run: Command, args: list[str], wrong: str) -> None:
    done = run("line", "resource", *args)
    assert done.exit_code != 0
    assert wrong in done.output


@pytest.fixture
def run(migrated_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    monkeypatch.chdir(tmp_path)
    return Command(f"sqlite:///{shutil.copy(migrated_file, tmp_path / 'hotline.db')}")
