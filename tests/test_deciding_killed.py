"""Two processes killed while what was decided is counted and done: it is done once, and told once to each."""

import random
import time
from collections import Counter
from contextlib import ExitStack
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from sqlmodel import col, select

from app.clock import Clock
from app.hotline import Hotline
from models import lines, proposals, timers
from models.delivery.outbound import Outbound
from models.line_events import LineEvent
from models.lines import Channel
from models.proposals import State, Voice
from models.store.session import Session
from tests import fakes, neighbors
from tests.fake_twilio import FakeTwilio
from tests.serving import until
from tests.test_crash import running, settle, worker
from tests.world import quick

PHONES = [f"+120255501{n:02}" for n in range(2, 8)]
RESULTS = ("proposal_passed", "proposal_passed_short")
FIGURE = "doors_per_day"
HOURS = 24
SOON = timedelta(seconds=3)


def begin(session: Session, now: datetime) -> None:
    """Six volunteers on a line that is never quiet."""
    quick(session)
    line = lines.all_lines(session)[0]
    line.rules = {**line.rules, "quiet_from": 0, "quiet_until": 0}
    session.add(line)
    for n, phone in enumerate(PHONES):
        person = neighbors.add(session, line, Channel.SMS, phone, now, name=f"Helper{n}", helper=True)
        person.vouched_at = person.helper_since = now - timedelta(days=60)
        session.add(person)


def decide(session: Session, now: datetime, value: int) -> int:
    """All agree on a figure, and its time is up soon; returns the proposal's id."""
    asked = now + SOON - timedelta(hours=HOURS)
    does = {"kind": "set", "figures": {FIGURE: value}}
    line = lines.all_lines(session)[0]
    made = proposals.add(session, line, 1, f"SET {FIGURE} {value}", asked, language="en", hours=HOURS, effect=does)
    for person in range(2, len(PHONES) + 1):
        assert proposals.vote(session, made, person, Voice.AGREE, asked)
    timers.bring_forward(session, line.id, timers.DECIDING, made.closes_at)
    return made.id


def is_over(hotline: Hotline, made: int) -> bool:
    return hotline.database.read(lambda s: not proposals.by_id(s, made).is_open)


@pytest.mark.parametrize("seed", [3])
def test_killed_around_the_closing_moment_it_is_done_once_and_told_once(
    database_url: str, tmp_path: Path, seed: int
) -> None:
    chance, made = random.Random(seed), list[int]()
    with FakeTwilio() as twilio:
        twilio.told = lambda words: []
        settings = fakes.twilio_settings(database_url, hotline_spool=tmp_path / "spool", twilio_api_url=twilio.url)
        with running(settings) as watching:
            watching.database.write(lambda s: begin(s, Clock().now())).result()
            for value, counted in enumerate((False, True, True), start=3):
                with ExitStack() as stack:
                    workers = [stack.enter_context(worker(settings, tmp_path)) for _ in range(2)]
                    time.sleep(chance.uniform(1, 2))  # while they start, or soon after
                    made.append(watching.database.write(partial(decide, now=Clock().now(), value=value)).result())
                    if counted:  # just now: what all shall hear waits, or is on its way
                        until(lambda: is_over(watching, made[-1]))
                    else:
                        time.sleep(SOON.total_seconds())
                    time.sleep(chance.uniform(0, 0.1))
                    for one in workers:
                        one.kill()
        with running(settings) as after:
            after.clock.advance(SOON)
            after.tick()
            settle(after, twilio)

            def found(session: Session) -> tuple[list[tuple[object, object]], list[State], Counter[str], int]:
                events = session.exec(select(LineEvent).where(col(LineEvent.proposal_id).is_not(None)))
                states = [proposals.by_id(session, id_).state for id_ in made]
                queued = Counter(session.exec(select(Outbound.to).where(col(Outbound.phrase).in_(RESULTS))))
                now = lines.all_lines(session)[0].policy.doors_per_day
                return [(event.proposal_id, event.after) for event in events], states, queued, now

            events, states, queued, figure = after.database.read(found)
    assert sorted(events) == [(id_, value) for value, id_ in enumerate(made, start=3)]
    assert set(states) == {State.PASSED}
    assert queued == Counter({phone: len(made) for phone in PHONES})
    told = Counter((text.to, text.body.split(" passed")[0]) for text in twilio.sent if " passed" in text.body)
    assert set(told.values()) == {1}
    assert len(told) == len(made) * len(PHONES)
    assert figure == 5
