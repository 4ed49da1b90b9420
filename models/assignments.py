"""Assignments: a volunteer who has a request in hand."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlmodel import Field, Session, SQLModel, col, func, select

from models.base import Moment, Word
from models.people import Person
from models.requests import Request


class State(StrEnum):
    """What became of it."""

    ACTIVE = "active"
    DONE = "done"
    RELEASED = "released"
    LAPSED = "lapsed"


HOLDING = (State.ACTIVE, State.DONE)


class Assignment(SQLModel, table=True):
    """One volunteer holds one request."""

    __table_args__ = (
        sa.Index("ix_assignment_person", "person_id", "state"),
        sa.Index("ix_assignment_request", "request_id", "state"),
    )

    id: int = Field(default=None, primary_key=True)
    request_id: int = Field(foreign_key="request.id")
    person_id: int = Field(foreign_key="person.id")
    state: State = Field(sa_type=Word(State))
    note: str | None = None
    taken_at: datetime = Field(sa_type=Moment)
    lease_until: datetime | None = Field(default=None, sa_type=Moment)
    on_the_way_at: datetime | None = Field(default=None, sa_type=Moment)
    ended_at: datetime | None = Field(default=None, sa_type=Moment)


def start(session: Session, request: Request, person_id: int, now: datetime, note: str = "") -> Assignment:
    """Give the request to this volunteer."""
    held = Assignment(request_id=request.id, person_id=person_id, state=State.ACTIVE, taken_at=now, note=note or None)
    session.add(held)
    session.flush()
    return held


def held_by(session: Session, person_id: int) -> list[tuple[Assignment, Request]]:
    """What this volunteer has in hand, with the requests, oldest number first."""
    query = (
        select(Assignment, Request)
        .join(Request, col(Request.id) == col(Assignment.request_id))
        .where(Assignment.person_id == person_id, col(Assignment.state) == State.ACTIVE)
    )
    return [(held, request) for held, request in session.exec(query.order_by(col(Request.number)))]


def on(session: Session, request: Request, *states: State) -> tuple[Assignment, Person] | None:
    """Who holds this request; by default also whoever said that it was delivered."""
    query = (
        select(Assignment, Person)
        .join(Person, col(Person.id) == col(Assignment.person_id))
        .where(Assignment.request_id == request.id, col(Assignment.state).in_(states or HOLDING))
        .order_by(col(Assignment.id).desc())
    )
    found = session.exec(query).first()
    return (found[0], found[1]) if found else None


def end(session: Session, held: Assignment, state: State, now: datetime) -> bool:
    """End an assignment that is still active; False if it had ended already."""
    won = session.execute(
        sa.update(Assignment)
        .where(col(Assignment.id) == held.id, col(Assignment.state) == State.ACTIVE)
        .values(state=state, ended_at=now)
        .execution_options(synchronize_session=False)
    )
    session.refresh(held)
    return bool(won.rowcount == 1)  # type: ignore[attr-defined]


def load(session: Session, person_ids: Iterable[int]) -> dict[int, int]:
    """How many requests each of these volunteers has in hand; who has none is left out."""
    query = (
        select(Assignment.person_id, func.count())
        .where(col(Assignment.person_id).in_(list(person_ids)), col(Assignment.state) == State.ACTIVE)
        .group_by(col(Assignment.person_id))
    )
    return dict(session.exec(query).all())
