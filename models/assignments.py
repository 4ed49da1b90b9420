"""Assignments: a volunteer who has a request in hand."""

from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache

import sqlalchemy as sa
from sqlmodel import Field, col, select

from models.people import Person
from models.requests import Request
from models.store.session import Session
from models.store.statements import Precompiled, in_literals
from models.store.types import EnumString, Model, UtcDateTime


class State(StrEnum):
    """State of an assignment."""

    ACTIVE = "active"
    DONE = "done"
    RELEASED = "released"
    LAPSED = "lapsed"


HOLDING = (State.ACTIVE, State.DONE)


class Assignment(Model, table=True):
    """One volunteer holds one request."""

    __table_args__ = (
        sa.Index("ix_assignment_person", "person_id", "state"),
        sa.Index("ix_assignment_request", "request_id", "state"),
    )

    id: int = Field(default=None, primary_key=True)
    request_id: int = Field(foreign_key="request.id")
    person_id: int = Field(foreign_key="person.id")
    state: State = Field(sa_type=EnumString(State))
    note: str | None = None
    taken_at: datetime = Field(sa_type=UtcDateTime)
    leased_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    comes_at: datetime | None = Field(default=None, sa_type=UtcDateTime)  # when they said that they would come
    nudged_at: datetime | None = Field(default=None, sa_type=UtcDateTime)  # asked how it goes, in this lease
    on_the_way_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


def start(
    session: Session,
    request: Request,
    person_id: int,
    now: datetime,
    note: str = "",
    *,
    comes_at: datetime | None = None,
) -> None:
    """Give the request to this volunteer, who may have said when they come."""
    session.insert_later(
        Assignment,
        request_id=request.id,
        person_id=person_id,
        state=State.ACTIVE,
        taken_at=now,
        note=note or None,
        comes_at=comes_at,
    )


HELD_BY = Precompiled(
    select(Assignment, Request)
    .join(Request, col(Request.id) == col(Assignment.request_id))
    .where(col(Assignment.person_id) == sa.bindparam("person_id"), col(Assignment.state) == State.ACTIVE)
    .order_by(col(Request.number))
)


def held_by(session: Session, person_id: int) -> list[tuple[Assignment, Request]]:
    """What this volunteer has in hand, with the requests, oldest number first."""
    return session.fetch(HELD_BY, person_id=person_id)


@cache
def _on(states: tuple[State, ...]) -> Precompiled[tuple[Assignment, Person]]:
    return Precompiled(
        select(Assignment, Person)
        .join(Person, col(Person.id) == col(Assignment.person_id))
        .where(col(Assignment.request_id) == sa.bindparam("request_id"), in_literals(col(Assignment.state), states))
        .order_by(col(Assignment.id).desc())
        .limit(1)
    )


DONE_BY = Precompiled(
    select(Request)
    .join(Assignment, col(Request.id) == col(Assignment.request_id))
    .where(
        col(Assignment.person_id) == sa.bindparam("person_id"),
        col(Assignment.state) == State.DONE,
        col(Assignment.ended_at) > sa.bindparam("since"),
    )
    .order_by(col(Assignment.ended_at).desc())
    .limit(5)
)


def done_by(session: Session, person_id: int, since: datetime) -> list[Request]:
    """What this volunteer said was done since then, the last first."""
    return list(session.fetch(DONE_BY, person_id=person_id, since=since))


def on(session: Session, request: Request, *states: State) -> tuple[Assignment, Person] | None:
    """Who holds this request; by default also whoever said that it was delivered."""
    return session.fetch(_on(states or HOLDING), request_id=request.id).first()


def waits(session: Session, line_id: int, since: datetime, most: int) -> list[timedelta]:
    """How long neighbors waited until somebody took what they had asked for, the last ones since then."""
    query = (
        select(Assignment.taken_at, Request.created_at)
        .join(Request, col(Request.id) == col(Assignment.request_id))
        .where(Request.line_id == line_id, col(Assignment.taken_at) >= since)
        .order_by(col(Assignment.id).desc())
        .limit(most)
    )
    return [taken - asked for taken, asked in session.exec(query)]


def end(session: Session, held: Assignment, state: State, now: datetime) -> bool:
    """End an assignment that is still active; False if it had ended already."""
    won = session.execute(
        sa.update(Assignment)
        .where(col(Assignment.id) == held.id, col(Assignment.state) == State.ACTIVE)
        .values(state=state, ended_at=now)
    )
    session.refresh(held)
    return won.rowcount == 1
