"""What may have happened on a line, made up by hypothesis, and the rows that are kept of it."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import sqlalchemy as sa
from hypothesis import strategies as st
from sqlmodel import SQLModel

from models import METADATA
from models.alarms import Alarm
from models.assignments import Assignment
from models.assignments import State as Holding
from models.delivery.outbound import Lane, Outbound
from models.delivery.outbound import State as Carried
from models.duty_tasks import DutyTask
from models.lines import Channel, Line
from models.people import Person
from models.requests import Event, Outcome, Request, State
from models.store.session import Session
from tests import fakes

MINUTE = timedelta(minutes=1)
BACK = 70 * 24 * 60  # minutes
HELPERS, NEIGHBORS = 6, 3
# New York's clock goes forward and back near these; Kathmandu's midnight is at no full hour of UTC.
ZONES = ("America/New_York", "Asia/Kathmandu", "Pacific/Auckland")
NOWS = tuple(datetime(2026, month, day, 16, 20, tzinfo=UTC) for month, day in ((3, 8), (3, 31), (11, 3)))

Minutes = int  # after it was asked, or raised


@dataclass(frozen=True)
class Claim:
    after: Minutes
    helper: int
    state: Holding


@dataclass(frozen=True)
class Asked:
    at: datetime
    needs: tuple[str, ...]
    language: str
    state: State
    outcome: Outcome | None
    changed: Minutes
    waves: tuple[tuple[Minutes, int], ...]
    claims: tuple[Claim, ...]
    later: bool  # they named a time from which they need it

    @property
    def changed_at(self) -> datetime:
        return self.at + self.changed * MINUTE


@dataclass(frozen=True)
class Text:
    at: datetime
    lane: Lane
    channel: Channel
    tries: int
    segments: int


@dataclass(frozen=True)
class ForDuty:
    """An alarm or a task: raised, and then answered, over without an answer, or waiting still."""

    at: datetime
    alarm: bool
    answered: Minutes | None
    over: Minutes | None


@dataclass(frozen=True)
class History:
    zone: str
    now: datetime
    asked: tuple[Asked, ...]
    texts: tuple[Text, ...]
    duty: tuple[ForDuty, ...]


def histories() -> st.SearchStrategy[History]:
    """Histories of some weeks, at one of a few moments in one of a few places."""
    return st.tuples(st.sampled_from(ZONES), st.sampled_from(NOWS)).flatmap(lambda at: _history(*at))


def _history(zone: str, now: datetime) -> st.SearchStrategy[History]:
    moments = st.integers(0, BACK).map(lambda minutes: now - minutes * MINUTE)
    after = st.integers(0, 3 * 24 * 60)
    claims = st.builds(Claim, after, st.integers(0, HELPERS - 1), st.sampled_from([*Holding]))
    ended = st.tuples(st.just(State.CLOSED), st.sampled_from([*Outcome]))
    going = st.tuples(st.sampled_from([state for state in State if state is not State.CLOSED]), st.none())
    asked = st.tuples(
        moments,
        st.lists(st.sampled_from(["food", "transport", "medicine", "pets", "other"]), max_size=3, unique=True),
        st.sampled_from(["en", "es", "fr"]),
        st.one_of(ended, going),
        after,
        st.lists(st.tuples(after, st.integers(1, 9)), max_size=3),
        st.lists(claims, max_size=2),
        st.booleans(),
    ).map(lambda it: Asked(it[0], tuple(it[1]), it[2], *it[3], it[4], tuple(it[5]), tuple(it[6]), it[7]))
    texts = st.builds(
        Text,
        moments,
        st.sampled_from([*Lane]),
        st.sampled_from([*Channel]),
        st.integers(0, 2),
        st.integers(1, 4),
    )
    how = st.one_of(
        st.tuples(st.integers(1, 3000), st.none()), st.tuples(st.none(), st.one_of(st.none(), st.integers(1, 3000)))
    )
    duty = st.tuples(moments, st.booleans(), how).map(lambda it: ForDuty(it[0], it[1], *it[2]))
    return st.builds(
        History,
        st.just(zone),
        st.just(now),
        st.lists(asked, max_size=12).map(tuple),
        st.lists(texts, max_size=12).map(tuple),
        st.lists(duty, max_size=8).map(tuple),
    )


def keep(session: Session, history: History, *, line_id: int = 1) -> None:
    """Write it down as if it had happened on this line: each table in the order of time, whose ids follow it."""
    rows = _Rows(session, history, line_id)
    rows.people()
    asked = sorted(history.asked, key=lambda one: one.at)
    ids = [rows.request(number, one) for number, one in enumerate(asked, 1)]
    happened, taken = list[tuple[datetime, dict[str, Any]]](), list[tuple[datetime, dict[str, Any]]]()
    for request_id, one in zip(ids, asked, strict=True):
        about = {"request_id": request_id}
        happened += [
            (one.at + after * MINUTE, {**about, "kind": "wave", "words": str(people)}) for after, people in one.waves
        ]
        for claim in one.claims:
            at = one.at + claim.after * MINUTE
            happened.append((at, {**about, "kind": "claimed", "words": "after 6"}))
            taken.append((at, {**about, "person_id": rows.helpers[claim.helper], "state": claim.state}))
        if one.state is State.CLOSED:
            happened.append((one.changed_at, {**about, "kind": "closed", "words": None}))
    for at, values in sorted(happened, key=lambda it: it[0]):
        rows.insert(Event, at=at, **values)
    for at, values in sorted(taken, key=lambda it: it[0]):
        rows.insert(Assignment, taken_at=at, **values)
    for text in sorted(history.texts, key=lambda one: one.at):
        rows.text(text)
    for n, one in enumerate(sorted(history.duty, key=lambda one: one.at)):
        rows.for_duty(one, None if n >= len(ids) else ids[n])


def clear(session: Session) -> None:
    """Nothing has ever happened."""
    for each in reversed(METADATA.sorted_tables):
        session.execute(sa.delete(each))


class _Rows:
    _keys = count(1)

    def __init__(self, session: Session, history: History, line_id: int) -> None:
        self.session, self.history, self.line_id = session, history, line_id
        self.helpers: list[int] = []
        self.neighbor = 0

    def insert(self, of: type[SQLModel], /, **values: Any) -> int:
        made: Any = self.session.create(of, **values)
        return int(made.id)

    def people(self) -> None:
        self.insert(
            Line,
            id=self.line_id,
            name=f"Line {self.line_id}",
            sms=f"{fakes.LINE}{self.line_id}",
            timezone=self.history.zone,
            created_at=self.history.now - 100 * timedelta(days=1),
        )
        since = self.history.now - 90 * timedelta(days=1)
        base = {"line_id": self.line_id, "created_at": since}
        helps = {"helper_since": since, "vouched_at": since}
        self.helpers = [self.insert(Person, **base, **helps) for _ in range(HELPERS - 1)]
        # One who has left since: what they carried counts all the same.
        self.helpers.append(self.insert(Person, **base, erased_at=since, opted_out_at=since))
        self.neighbor = self.insert(Person, **base)

    def request(self, number: int, one: Asked) -> int:
        return self.insert(
            Request,
            line_id=self.line_id,
            number=number,
            person_id=self.neighbor,
            state=one.state,
            outcome=one.outcome,
            needs=list(one.needs),
            text="",
            emergency=False,
            language=one.language,
            helpers_wanted=1,
            code_word="",
            wave=0,
            needed_from=one.at + MINUTE if one.later else None,
            changed_at=one.changed_at,
            created_at=one.at,
        )

    def text(self, one: Text) -> None:
        self.insert(
            Outbound,
            line_id=self.line_id,
            person_id=self.neighbor,
            key=f"made-up:{next(self._keys)}",
            phrase="offer",
            channel=one.channel,
            from_number=fakes.LINE,
            to="",
            body="",
            segments=one.segments,
            lane=one.lane,
            rank=one.at,
            state=Carried.DELIVERED if one.tries else Carried.CANCELLED,
            tries=one.tries,
            retries=0,
            created_at=one.at,
            changed_at=one.at,
        )

    def for_duty(self, one: ForDuty, request_id: int | None) -> None:
        answered = None if one.answered is None else one.at + one.answered * MINUTE
        over = None if one.over is None else one.at + one.over * MINUTE
        if not one.alarm:
            self.insert(
                DutyTask,
                line_id=self.line_id,
                request_id=request_id,
                phrase="duty_question",
                raised_at=one.at,
                said=1,
                taken_by_person_id=self.helpers[0] if answered else None,
                ended_at=answered or over,
            )
        elif request_id is not None:
            self.insert(
                Alarm,
                line_id=self.line_id,
                request_id=request_id,
                person_id=self.neighbor,
                kind="medical",
                words="",
                raised_at=one.at,
                step=0,
                heard_at=answered,
                ended_at=over,
            )
