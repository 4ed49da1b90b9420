"""What may have happened on a line, made up by hypothesis, and the rows that are kept of it."""

from collections.abc import Sequence
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
from models.lines import Area, Channel, Line
from models.offers import Offer
from models.offers import State as OfferState
from models.people import Person
from models.requests import Event, Outcome, Request, State
from models.store.rows import defaults
from models.store.session import Session
from models.store.types import table
from tests import fakes

MINUTE = timedelta(minutes=1)
BACK = 70 * 24 * 60  # minutes
LATELY = 25 * 60
HELPERS, NEIGHBORS = 6, 3
AREAS = ("Oak", "River")
PLACES = ("12 Oak St", "12 oak street, apt 4B", "12 Oak #4b", "14 Oak St", "the blue house")
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
    closed_before: Minutes | None = None  # and was opened again
    area: int | None = None  # of the line's, from 0
    neighbor: int = 0
    place: str | None = None
    passed: int = 0  # how many said no

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
    lost: Carried | None = None


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
    moments = st.one_of(st.integers(0, LATELY), st.integers(0, BACK)).map(lambda minutes: now - minutes * MINUTE)
    after = st.integers(0, 3 * 24 * 60)
    claims = st.builds(Claim, after, st.integers(0, HELPERS - 1), st.sampled_from([*Holding]))
    ended = st.tuples(st.just(State.CLOSED), st.sampled_from([*Outcome]))
    going = st.tuples(st.sampled_from([state for state in State if state is not State.CLOSED]), st.none())
    asked = st.builds(
        _asked,
        moments,
        st.lists(st.sampled_from(["food", "transport", "medicine", "pets", "other"]), max_size=3, unique=True),
        st.sampled_from(["en", "es", "fr"]),
        st.one_of(ended, going),
        after,
        st.lists(st.tuples(after, st.integers(1, 9)), max_size=3),
        st.lists(claims, max_size=3),
        st.booleans(),
        st.one_of(st.none(), after),
        st.tuples(
            st.sampled_from([None, *range(len(AREAS))]),
            st.integers(0, NEIGHBORS - 1),
            st.sampled_from([None, *PLACES]),
            st.integers(0, HELPERS),
        ),
    )
    texts = st.builds(
        Text,
        moments,
        st.sampled_from([*Lane]),
        st.sampled_from([*Channel]),
        st.integers(0, 2),
        st.integers(1, 4),
        st.sampled_from([None, None, Carried.FAILED, Carried.EXPIRED, Carried.UNCERTAIN]),
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


def _asked(
    at: datetime,
    needs: list[str],
    language: str,
    ended: tuple[State, Outcome | None],
    changed: Minutes,
    waves: list[tuple[Minutes, int]],
    claims: list[Claim],
    later: bool,
    before: Minutes | None,
    who: tuple[int | None, int, str | None, int],
) -> Asked:
    area, neighbor, place, passed = who
    what = at, tuple(needs), language, *ended, changed, tuple(waves), tuple(claims), later, before
    return Asked(*what, area, neighbor, place, passed)


def keep(session: Session, history: History, lines: Sequence[int] = (1,)) -> None:
    """Write it down as if it had happened on each of these lines: each table in the order of time."""
    each_line = [Rows(session, history, line_id) for line_id in lines]
    asked = sorted(history.asked, key=lambda one: one.at)
    ids = [[rows.request(number, one) for rows in each_line] for number, one in enumerate(asked, 1)]
    happened, taken = list[tuple[datetime, int, str, str | None]](), list[tuple[datetime, int, Claim]]()
    for n, one in enumerate(asked):
        happened += [(one.at + after * MINUTE, n, "wave", str(people)) for after, people in one.waves]
        happened += [(one.at + claim.after * MINUTE, n, "claimed", "after 6") for claim in one.claims]
        taken += [(one.at + claim.after * MINUTE, n, claim) for claim in one.claims]
        if one.closed_before is not None:
            happened.append((one.at + one.closed_before * MINUTE, n, "closed", None))
        if one.state is State.CLOSED:
            happened.append((one.changed_at, n, "closed", None))
    for at, n, kind, words in sorted(happened, key=lambda it: it[0]):
        for rows, request_id in zip(each_line, ids[n], strict=True):
            rows.insert(Event, at=at, request_id=request_id, kind=kind, words=words)
    for at, n, claim in sorted(taken, key=lambda it: it[0]):
        for rows, request_id in zip(each_line, ids[n], strict=True):
            helper = rows.helpers[claim.helper]
            rows.insert(Assignment, taken_at=at, request_id=request_id, person_id=helper, state=claim.state)
    for n, one in enumerate(asked):
        for rows, request_id in zip(each_line, ids[n], strict=True):
            rows.passes(one, request_id)
    for text in sorted(history.texts, key=lambda one: one.at):
        for rows in each_line:
            rows.text(text)
    for n, what in enumerate(sorted(history.duty, key=lambda one: one.at)):
        for line, rows in enumerate(each_line):
            rows.for_duty(what, ids[n][line] if n < len(ids) else None)


def clear(session: Session) -> None:
    """Nothing has ever happened."""
    for each in reversed(METADATA.sorted_tables):
        session.execute(sa.delete(each))


class Rows:
    _keys = count(1)

    def __init__(self, session: Session, history: History, line_id: int) -> None:
        self.session, self.history, self.line_id = session, history, line_id
        self.helpers: list[int] = []
        self.neighbors: list[int] = []
        self.areas: list[int] = []
        line = session.get(Line, line_id)
        if line is None:
            self._line()
        else:
            line.created_at = history.now - 800 * timedelta(days=1)
            session.add(line)
        self._people()

    def insert(self, of: type[SQLModel], /, **values: Any) -> int:
        made: Any = self.session.create(of, **values)
        return int(made.id)

    def _line(self) -> None:
        own = {
            "id": self.line_id,
            "name": f"Line {self.line_id}",
            "sms": f"{fakes.LINE}{self.line_id}",
            "timezone": self.history.zone,
            "created_at": self.history.now - 100 * timedelta(days=1),
        }
        self.session.execute(sa.insert(table(Line)).values({**defaults(Line), **own}))

    def _people(self) -> None:
        since = self.history.now - 90 * timedelta(days=1)
        base = {"line_id": self.line_id, "created_at": since}
        helps = {"helper_since": since, "vouched_at": since}
        self.helpers = [self.insert(Person, **base, **helps) for _ in range(HELPERS - 1)]
        # One who has left since: what they carried counts all the same.
        self.helpers.append(self.insert(Person, **base, erased_at=since, opted_out_at=since))
        self.neighbors = [self.insert(Person, **base) for _ in range(NEIGHBORS)]
        self.areas = [self.insert(Area, line_id=self.line_id, name=name) for name in AREAS]

    def request(self, number: int, one: Asked) -> int:
        return self.insert(
            Request,
            line_id=self.line_id,
            number=number,
            person_id=self.neighbors[one.neighbor],
            area_id=None if one.area is None else self.areas[one.area],
            place=one.place,
            state=one.state,
            outcome=one.outcome,
            needs=list(one.needs),
            text="",
            emergency=False,
            language=one.language,
            helpers_wanted=1,
            code_word="",
            wave=0,
            needed_from=one.at + MINUTE if one.later else one.at if one.neighbor else None,  # "today" is now on
            changed_at=one.changed_at,
            created_at=one.at,
        )

    def passes(self, one: Asked, request_id: int) -> None:
        for helper in self.helpers[: one.passed]:
            made = {"line_id": self.line_id, "request_id": request_id, "person_id": helper, "created_at": one.at}
            self.insert(Offer, **made, wave=1, state=OfferState.PASSED, answered_at=one.at)

    def text(self, one: Text) -> None:
        self.insert(
            Outbound,
            line_id=self.line_id,
            person_id=self.neighbors[0],
            key=f"made-up:{next(self._keys)}",
            phrase="offer",
            channel=one.channel,
            from_number=fakes.LINE,
            to="",
            body="",
            segments=one.segments,
            lane=one.lane,
            rank=one.at,
            state=one.lost or (Carried.DELIVERED if one.tries else Carried.CANCELLED),
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
                person_id=self.neighbors[0],
                kind="medical",
                words="",
                raised_at=one.at,
                step=0,
                heard_at=answered,
                ended_at=over,
            )
