"""Admission: the line of requests that wait because hands are full, first come first; and what hands can carry.

A request takes its place with `Request.queued_at` and leaves it with `turn_at`, or with its state: what is not
open any more is not in line. Places are by when they were taken, so that nobody who comes later is ever ahead.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import sqlalchemy as sa
from sqlmodel import col, select

from models.assignments import Assignment
from models.assignments import State as AssignmentState
from models.lines import Line
from models.requests import IN_LINE, Event, Request, State, Urgency, record
from models.store.session import Session
from models.store.statements import Precompiled, in_literals
from models.store.types import UtcDateTime, table

REQUESTS, ASSIGNMENTS, EVENTS = table(Request), table(Assignment), table(Event)
LOOKED_AT = 10_000  # of the last claims, however long they reach back
CARRIED = (AssignmentState.ACTIVE, AssignmentState.DONE)  # who dropped it has carried nothing
OF_LINE = REQUESTS.c.line_id == sa.bindparam("line_id", type_=sa.Integer)
CAN_WAIT = (
    sa.func.coalesce(REQUESTS.c.urgency, Urgency.TODAY) != Urgency.URGENT,
    REQUESTS.c.emergency.is_(False),
    REQUESTS.c.danger.is_(None),
)


class Work(NamedTuple):
    """Requests that nobody has and that can wait: how many are being asked about, and how many wait in line."""

    out: int
    queued: int
    in_vain: int  # of those asked about: everybody who fits has been, and nobody has taken it

    @property
    def all(self) -> int:
        """Both."""
        return self.out + self.queued


_QUEUED = sa.and_(REQUESTS.c.queued_at.is_not(None), REQUESTS.c.turn_at.is_(None))
_OUT_SINCE = sa.func.coalesce(REQUESTS.c.turn_at, REQUESTS.c.changed_at, type_=UtcDateTime)
_OUT = sa.and_(~_QUEUED, sa.bindparam("since", type_=UtcDateTime) <= _OUT_SINCE)
_IN_VAIN = sa.exists().where(
    EVENTS.c.request_id == REQUESTS.c.id, EVENTS.c.kind == "nobody_left", EVENTS.c.at >= _OUT_SINCE
)
WORK: Precompiled[tuple[int, int, int]] = Precompiled(
    sa.select(
        sa.func.count().filter(_OUT), sa.func.count().filter(_QUEUED), sa.func.count().filter(_OUT, _IN_VAIN)
    ).where(OF_LINE, in_literals(REQUESTS.c.state, (State.OPEN,)), *CAN_WAIT)
)


def work(session: Session, line: Line, since: datetime) -> Work:
    """What waits for hands. What has been asked about since before `since` lacks something else than hands."""
    return Work(*session.fetch(WORK, line_id=line.id, since=since).one())


_AHEAD = sa.or_(
    REQUESTS.c.queued_at < sa.bindparam("queued_at", type_=UtcDateTime),
    sa.and_(
        REQUESTS.c.queued_at == sa.bindparam("queued_at", type_=UtcDateTime),
        REQUESTS.c.number < sa.bindparam("number", type_=sa.Integer),
    ),
)
AHEAD: Precompiled[int] = Precompiled(sa.select(sa.func.count()).where(OF_LINE, IN_LINE, *CAN_WAIT, _AHEAD))


def place(session: Session, request: Request) -> int:
    """Its place in line, from 1 on: only those ahead count."""
    at = request.queued_at
    return 1 + session.fetch(AHEAD, line_id=request.line_id, queued_at=at, number=request.number).one()


def let_out(session: Session, line: Line, now: datetime, most: int, gap: timedelta, longest: timedelta) -> int:
    """The turn of the first `most` in line has come: one every `gap` from now, and none later than `longest`.

    The caller holds the line's row of `surges`, so that two at once do not let out more than there is room for. What
    is urgent by now is not counted: it does not wait for its turn. Returns how many.
    """
    first = (
        sa.select(REQUESTS.c.id)
        .where(REQUESTS.c.line_id == line.id, IN_LINE, *CAN_WAIT)
        .order_by(REQUESTS.c.queued_at, REQUESTS.c.number)
        .limit(most)
        .with_for_update()
    )
    turns = 0
    for id_ in list(session.execute(first).scalars()):
        at = now + min(turns * gap, longest)
        left = sa.update(REQUESTS).where(REQUESTS.c.id == id_, IN_LINE).values(turn_at=now, next_action_at=at)
        if session.execute(left).rowcount:
            request = session.get_one(Request, id_)
            session.refresh(request)
            record(session, request, "turn", now)
            turns += 1
    return turns


def leave(session: Session, request: Request, now: datetime) -> None:
    """It waits in line no longer, whoever is ahead: it became urgent, say, or its time is near."""
    if request.queued_at is not None and request.turn_at is None:
        request.turn_at = now
        session.add(request)
        record(session, request, "turn", now)


class Taken(NamedTuple):
    """How many requests hands took since then, urgent ones aside, and when the first of them was."""

    requests: int
    first: datetime | None


def taken(session: Session, line: Line, since: datetime) -> Taken:
    """What hands carried since then."""
    counted = sa.func.count(sa.distinct(ASSIGNMENTS.c.request_id))
    first = sa.func.min(ASSIGNMENTS.c.taken_at, type_=UtcDateTime)
    query = sa.select(counted, first).select_from(_CARRIED).where(*_carried_since(line, since))
    return Taken(*session.execute(query).one())


_CARRIED = ASSIGNMENTS.join(REQUESTS, REQUESTS.c.id == ASSIGNMENTS.c.request_id)


def _carried_since(line: Line, since: datetime) -> Sequence[sa.ColumnElement[bool]]:
    last = sa.select(ASSIGNMENTS.c.id).order_by(ASSIGNMENTS.c.id.desc()).limit(LOOKED_AT)
    return (
        ASSIGNMENTS.c.id.in_(last),
        ASSIGNMENTS.c.taken_at >= since,
        in_literals(ASSIGNMENTS.c.state, CARRIED),
        REQUESTS.c.line_id == line.id,
        *CAN_WAIT,
    )


def moved(session: Session, line: Line, since: datetime) -> int:
    """How many have left the line since then, in whatever way: so fast do places get better."""
    gone = REQUESTS.c.turn_at.is_not(None) | (REQUESTS.c.state == State.CLOSED)
    query = sa.select(sa.func.count()).where(
        REQUESTS.c.line_id == line.id, REQUESTS.c.queued_at.is_not(None), gone, since <= _OUT_SINCE
    )
    return int(session.execute(query).scalar_one())


def in_line(session: Session, line: Line) -> Sequence[Request]:
    """Who waits, first come first."""
    theirs = select(Request).where(Request.line_id == line.id, IN_LINE)
    return session.exec(theirs.order_by(col(Request.queued_at), col(Request.number)))
