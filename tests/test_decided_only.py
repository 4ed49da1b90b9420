"""What is for all to decide the host can still set: all volunteers hear of it in the morning, and how to undo it."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import select

from app.hotline import Hotline
from app.simulator.sandbox import Recorder, StillClock
from handlers.rules import figures
from handlers.wording import segments
from models import line_events, lines
from models.delivery.outbound import Outbound
from models.lines import Policy
from models.store.session import Session
from tests import fakes
from tests.command import Command

ANA, BEN, CARO = "+12025550101", "+12025550102", "+12025550103"
OLD = timedelta(days=60)


@pytest.fixture
def run(database_url: str, tmp_path: Path) -> Command:
    """A line with two volunteers that began two months ago."""
    command = Command(database_url)
    command.good("person", "add", BEN, "--name", "Ben", "--helper")
    command.good("person", "add", CARO, "--name", "Caro", "--helper", "--language", "es")
    command.good("person", "add", ANA, "--name", "Ana")
    kept = command.database()
    kept.write(_older).result()
    kept.close()
    return command


def _older(session: Session) -> None:
    for line in lines.all_lines(session):
        line.created_at -= OLD
        session.add(line)


def _all_decide_on_settings(session: Session) -> None:
    line = lines.by_id(session, 1)
    line.rules = {**line.rules, "decided_only": ["reply_limit", "countries"]}
    session.add(line)


def told(run: Command) -> list[Outbound]:
    """What was said of changes by the host, in order."""
    kept = run.database()
    found = kept.read(lambda s: [row for row in s.exec(select(Outbound)) if row.phrase == "host_changed"])
    kept.close()
    return sorted(found, key=lambda row: row.id)


def test_a_change_by_the_host_is_told_to_all_who_would_decide(run: Command) -> None:
    done = run("line", "rule", "doors_per_day", "10")
    assert done.exit_code == 0
    assert done.stderr == (
        "doors_per_day is for the whole group to decide. If this changes it, every volunteer hears of it in the "
        "morning, and how to take it back.\n"
    )
    kept = run.database()
    event = kept.read(lambda s: line_events.latest(s, 1, 1))[0]
    line = kept.read(lambda s: lines.by_id(s, 1))
    kept.close()
    assert (event.by_person_id, event.proposal_id, event.after) == (None, None, 10)
    ben, caro = told(run)
    said = (
        "The host changed Exact places a day from 6 places to 10 places. "
        f"PROPOSE UNDO H{event.id} asks all to take it back."
    )
    assert ben.body.splitlines()[-1] == said
    assert f"PROPONGO DESHACER H{event.id}" in caro.body
    # Above it stands who writes: it is the first text that they ever get.
    assert [segments.count(row.body.splitlines()[-1]) for row in (ben, caro)] == [1, 1]
    for row in (ben, caro):
        assert row.not_before is not None
        assert row.not_before >= lines.morning(line, row.created_at)


def test_what_is_the_hosts_own_is_told_to_nobody(run: Command) -> None:
    done = run("line", "rule", "reply_limit", "10")
    assert (done.exit_code, done.stderr) == (0, "")
    run.good("line", "rule", "doors_per_day")
    run.good("line", "rule", "doors_per_day", "6")  # as it was, but for being the line's own
    run.good("line", "rule", "doors_per_day", "6")
    assert told(run) == []
    kept = run.database()
    changed = kept.read(lambda s: [e.name for e in line_events.latest(s, 1, 10)])
    kept.close()
    assert changed == ["doors_per_day", "reply_limit"]


def test_a_line_that_begins_has_nobody_who_would_decide(database_url: str) -> None:
    run = Command(database_url)
    run.good("person", "add", BEN, "--name", "Ben", "--helper")
    done = run("line", "rule", "doors_per_day", "10")
    assert (done.exit_code, done.stderr, told(run)) == (0, "", [])


def test_the_list_itself_cannot_be_emptied_in_silence(run: Command) -> None:
    run.good("line", "rule", "decided_only", "none")
    assert len(told(run)) == 2
    run.good("line", "rule", "doors_per_day", "10")
    assert len(told(run)) == 2  # all have heard that it is the host's now
    run.good("line", "rule", "decided_only", "reply_limit")
    run.good("line", "rule", "reply_limit", "10")
    assert len(told(run)) == 6


def test_what_the_settings_change_is_told_once_however_much_it_is(database_url: str, clock: StillClock) -> None:
    carrier = Recorder()

    def start(**more: object) -> None:
        running = Hotline(fakes.settings(database_url, **more), carrier=carrier, clock=clock)
        running.prepare()
        running.stop()

    start()
    run = Command(database_url)
    run.good("person", "add", BEN, "--name", "Ben", "--helper")
    kept = run.database()
    kept.write(_older).result()
    kept.write(_all_decide_on_settings).result()
    kept.close()
    start(hotline_reply_limit=9, hotline_countries="US,MX")
    start(hotline_reply_limit=9, hotline_countries="US,MX")
    (row,) = told(run)
    assert ", and 1 more rule." in row.body


def test_which_figures_are_for_all_to_decide() -> None:
    policy = Policy()
    assert figures.decided_only(policy, "doors_per_day")
    assert figures.decided_only(policy, "keep_words_days")
    assert figures.decided_only(policy, "decide_quorum")
    assert figures.decided_only(policy, "danger_numbers")
    assert not figures.decided_only(policy, "quiet_from")
    none = Policy(decided_only=())
    assert [name for name in figures.UNITS if figures.decided_only(none, name)] == ["decided_only"]
