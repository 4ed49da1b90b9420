"""Assignments: a volunteer who has a request in hand."""

from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import aliased
from sqlmodel import Field, col, select

from models.people import Person
from models.requests import Event, Outcome, Request, Timing
from models.requests import State as RequestState
from models.store.bulk import bindparams
from models.store.session import Session
from models.store.statements import Precompiled, in_literals
from models.store.types import EnumString, Model, UtcDateTime, table


class State(StrEnum):
    """State of an assignment."""

    ACTIVE = "active"
    DONE = "done"
    RELEASED = "released"
    LAPSED = "lapsed"


HOLDING = (State.ACTIVE, State.DONE)
AT_FIRST = ("request_id", "person_id", "state", "note", "taken_at", "heard_at", "leased_until",
            "comes_as", "comes_from", "comes_until", "place_shown_at")  # fmt: skip


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
    leased_until: datetime | None = Field(default=None, sa_type=UtcDateTime)  # None: claimed before there were leases
    heard_at: datetime | None = Field(default=None, sa_type=UtcDateTime)  # when they last said a word about it
    comes_as: Timing | None = Field(default=None, sa_type=EnumString(Timing))  # how they named the time below
    comes_from: datetime | None = Field(default=None, sa_type=UtcDateTime)  # when they said that they would come
    comes_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    reminded_at: datetime | None = Field(default=None, sa_type=UtcDateTime)  # both sides, of the time that was named
    nudged_at: datetime | None = Field(default=None, sa_type=UtcDateTime)  # asked how it goes, since their last word
    warned_at: datetime | None = Field(default=None, sa_type=UtcDateTime)  # the neighbor, that nothing came back
    at_door_at: datetime | None = Field(default=None, sa_type=UtcDateTime)  # they stand there, and nobody answers
    on_the_way_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    place_shown_at: datetime | None = Field(default=None, sa_type=UtcDateTime)  # they may see the exact place
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


def start(session: Session, held: Assignment) -> None:
    """Give a request to a volunteer on these terms (handlers/helping/leasing.py draws them up)."""
    session.insert_later(Assignment, **{name: getattr(held, name) for name in AT_FIRST})


def start_now(session: Session, held: Assignment) -> Assignment:
    """The same, where more is done with it at once."""
    return session.create(Assignment, **{name: getattr(held, name) for name in AT_FIRST})


BY, TO = sa.bindparam("by", type_=sa.Integer), sa.bindparam("to", type_=sa.Integer)
THEIRS = sa.exists().where(col(Assignment.request_id) == col(Request.id), col(Assignment.person_id).in_((BY, TO)))
SAID_BETWEEN: Precompiled[tuple[datetime, str]] = Precompiled(
    sa.select(col(Event.at), sa.func.coalesce(col(Event.words), ""))
    .join(Request, col(Request.id) == col(Event.request_id))
    .where(
        col(Request.person_id) == sa.bindparam("neighbor_id", type_=sa.Integer),
        sa.or_(col(Request.id) == sa.bindparam("request_id", type_=sa.Integer), THEIRS),
        col(Event.kind) == sa.bindparam("kind", type_=sa.String),
        col(Event.by_person_id) == BY,
        col(Event.at) >= sa.bindparam("since", type_=UtcDateTime),
    )
    .order_by(col(Event.id))
)


def said_between(
    session: Session, request: Request, kind: str, by: int, to: int, since: datetime
) -> list[tuple[datetime, str]]:
    """When one side did this to the other since then, with the words kept of it, in order.

    Whatever request of that neighbor it was about, if one of the two ever had it in hand.
    """
    about = {"neighbor_id": request.person_id, "request_id": request.id}
    return list(session.fetch(SAID_BETWEEN, **about, kind=kind, by=by, to=to, since=since))


def has_lapsed(session: Session, request: Request, person_id: int) -> bool:
    """Whether this volunteer had the request, and fell silent."""
    theirs = Assignment.request_id == request.id, Assignment.person_id == person_id
    query = select(Assignment.id).where(*theirs, Assignment.state == State.LAPSED)
    return session.exec(query.limit(1)).first() is not None


def ever_on(session: Session, request: Request) -> set[int]:
    """Who has it in hand, or ever had."""
    return set(session.exec(select(Assignment.person_id).where(Assignment.request_id == request.id)))


HELD_BY = Precompiled(
    select(Assignment, Request)
    .join(Request, col(Request.id) == col(Assignment.request_id))
    .where(col(Assignment.person_id) == sa.bindparam("person_id"), col(Assignment.state) == State.ACTIVE)
    .order_by(col(Request.number))
)


def held_by(session: Session, person_id: int) -> list[tuple[Assignment, Request]]:
    """What this volunteer has in hand, with the requests, oldest number first."""
    return session.fetch(HELD_BY, person_id=person_id)


def at_building(session: Session, request: Request) -> list[tuple[int, Request]]:
    """Who has something in hand at the building of this request, by id, with what that is, the oldest claim first."""
    if request.building is None:
        return []
    # Written out, so that the partial index of what is at some building serves it.
    there = (
        sa.text("request.state <> 'closed' AND request.building IS NOT NULL"),
        Request.building == request.building,
    )
    taken = Assignment.state == State.ACTIVE, Request.line_id == request.line_id, col(Request.id) != request.id
    query = select(Assignment.person_id, Request).join(Request, col(Request.id) == col(Assignment.request_id))
    return list(session.exec(query.where(*there, *taken).order_by(col(Assignment.id))))


LATER = aliased(Assignment)
BROUGHT_BY = Precompiled(
    select(Assignment, Request)
    .join(Request, col(Request.id) == col(Assignment.request_id))
    .where(
        col(Assignment.person_id) == sa.bindparam("person_id"),
        col(Assignment.state) == State.DONE,
        col(Request.state) == RequestState.DELIVERED,
        ~sa.exists().where(col(LATER.request_id) == col(Assignment.request_id), col(LATER.id) > col(Assignment.id)),
    )
    .order_by(col(Request.number))
)


def brought_by(session: Session, person_id: int) -> list[tuple[Assignment, Request]]:
    """What this volunteer says is done while its neighbor has not said so yet, oldest number first."""
    return session.fetch(BROUGHT_BY, person_id=person_id)


@cache
def _on(states: tuple[State, ...]) -> Precompiled[tuple[Assignment, Person]]:
    return Precompiled(
        select(Assignment, Person)
        .join(Person, col(Person.id) == col(Assignment.person_id))
        .where(col(Assignment.request_id) == sa.bindparam("request_id"), in_literals(col(Assignment.state), states))
        .order_by(col(Assignment.id).desc())
        .limit(1)
    )


@cache
def _all_on(states: tuple[State, ...]) -> Precompiled[tuple[Assignment, Person]]:
    return Precompiled(
        select(Assignment, Person)
        .join(Person, col(Person.id) == col(Assignment.person_id))
        .where(col(Assignment.request_id) == sa.bindparam("request_id"), in_literals(col(Assignment.state), states))
        .order_by(col(Assignment.id))
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


HELPERS_OF: Precompiled[Person] = Precompiled(
    select(Person)
    .join(Assignment, col(Assignment.person_id) == col(Person.id))
    .join(Request, col(Request.id) == col(Assignment.request_id))
    .where(col(Request.person_id) == sa.bindparam("neighbor_id", type_=sa.Integer))
    .order_by(col(Assignment.id).desc())
    .limit(sa.bindparam("most", type_=sa.Integer))
)


def last_done_for(session: Session, helper_id: int, neighbor_id: int) -> int | None:
    """The number of what this helper did last for this neighbor."""
    theirs = (
        select(Request.number)
        .join(Assignment, col(Assignment.request_id) == col(Request.id))
        .where(Assignment.person_id == helper_id, Assignment.state == State.DONE, Request.person_id == neighbor_id)
    )
    return session.exec(theirs.order_by(col(Assignment.id).desc()).limit(1)).first()


def helpers_of(session: Session, neighbor_id: int, most: int) -> list[Person]:
    """Who had something of this neighbor's in hand, the last one first, each once."""
    found = session.fetch(HELPERS_OF, neighbor_id=neighbor_id, most=most)
    return list({person.id: person for person in found}.values())


def completed_by_anybody() -> "sa.Select[int]":
    """How many claims ended with a neighbor who says that it came."""
    return (
        sa.select(sa.func.count())
        .select_from(Assignment)
        .join(Request, col(Request.id) == col(Assignment.request_id))
        .where(
            col(Assignment.state) == State.DONE,
            in_literals(col(Request.outcome), (Outcome.FULFILLED, Outcome.PARTIAL)),
        )
    )


COMPLETED: Precompiled[int] = Precompiled(
    completed_by_anybody().where(col(Assignment.person_id) == sa.bindparam("person_id"))
)


def completed(session: Session, person_id: int) -> int:
    """How often a neighbor has said that what this volunteer brought came."""
    return int(session.fetch(COMPLETED, person_id=person_id).one())


def on(session: Session, request: Request, *states: State) -> tuple[Assignment, Person] | None:
    """Who holds this request; by default also whoever said that it was delivered."""
    return session.fetch(_on(states or HOLDING), request_id=request.id).first()


def all_on(session: Session, request: Request, *states: State) -> list[tuple[Assignment, Person]]:
    """Everybody who has this request in hand, the first to take it first; by default only those.

    Of DONE ones also those who had it before it came back.
    """
    return list(session.fetch(_all_on(states or (State.ACTIVE,)), request_id=request.id))


def holding(session: Session, request: Request) -> list[tuple[Assignment, Person]]:
    """Who has this request in hand, or said that it was delivered; of several all, the first to take it first."""
    if not request.several:
        holder = on(session, request)
        return [holder] if holder else []
    found = all_on(session, request, *HOLDING)
    return list({person.id: (held, person) for held, person in found if _holds(request, held)}.values())


def _holds(request: Request, held: Assignment) -> bool:
    # Of one that some have, who said before that it was done was told that it was not.
    return held.state is State.ACTIVE or request.state is not RequestState.CLAIMED


def holders(session: Session, line_id: int) -> dict[int, list[tuple[Assignment, Person]]]:
    """Who has each of the line's requests in hand, or said that it was delivered, by its id, the first first."""
    theirs = Request.line_id == line_id, in_literals(col(Assignment.state), HOLDING)
    query = select(Assignment, Person).join(Person, col(Person.id) == col(Assignment.person_id))
    query = query.join(Request, col(Request.id) == col(Assignment.request_id)).where(*theirs)
    found: dict[int, list[tuple[Assignment, Person]]] = {}
    for held, person in session.exec(query.order_by(col(Assignment.id))):
        found.setdefault(held.request_id, []).append((held, person))
    return found


def who_holds(request: Request, held: list[tuple[Assignment, Person]]) -> list[Person]:
    """The same people as `holding` finds, of what `holders` has found for this request."""
    if not request.several:
        return [held[-1][1]] if held else []
    return list({person.id: person for each, person in held if _holds(request, each)}.values())


def held_of(session: Session, request: Request, person_id: int, *states: State) -> tuple[Assignment, Person] | None:
    """What this volunteer has of it, or says is done; None if it is not theirs, or not theirs any more."""
    if request.several:
        theirs = [pair for pair in all_on(session, request, *(states or HOLDING)) if pair[1].id == person_id]
        return theirs[-1] if theirs else None
    holder = on(session, request, *states)
    return holder if holder is not None and holder[1].id == person_id else None


LOOKED_AT = 200  # of the last claims, however long they reach back: a question costs no more on an old line


class Wait(NamedTuple):
    """From when to when a neighbor waited until somebody took what they had asked for, and what that was."""

    asked: datetime
    taken: datetime
    needs: list[str]


def waits(session: Session, line_id: int, since: datetime) -> list[Wait]:
    """How neighbors waited for the last claims since then, the last one first.

    Not for what they needed later; "today" is from when they asked.
    """
    last = sa.select(col(Assignment.id)).order_by(col(Assignment.id).desc()).limit(LOOKED_AT)
    query = (
        select(Request.created_at, Assignment.taken_at, Request.needs)
        .join(Request, col(Request.id) == col(Assignment.request_id))
        .where(
            col(Assignment.id).in_(last),
            Request.line_id == line_id,
            col(Assignment.taken_at) >= since,
            sa.or_(col(Request.needed_from).is_(None), col(Request.needed_from) <= col(Request.created_at)),
        )
        .order_by(col(Assignment.id).desc())
    )
    return [Wait(asked, taken, list(needs)) for asked, taken, needs in session.exec(query)]


@cache
def _changing(names: tuple[str, ...], *, unheard: bool) -> Precompiled[None]:
    of = table(Assignment)
    fits = [of.c.id == sa.bindparam("id_"), of.c.state == sa.literal(State.ACTIVE, of.c.state.type)]
    if unheard:
        fits.append(of.c.heard_at == sa.bindparam("seen_", type_=UtcDateTime))
    return Precompiled(sa.update(of).where(*fits).values(bindparams(Assignment, names)))


def change(session: Session, held: Assignment, *, unheard: bool = False, **values: Any) -> bool:
    """Give an active assignment these values; False if it has ended meanwhile.

    With `unheard` also if the volunteer has said a word since it was read: one conditional UPDATE decides, so that
    what they say and what time does to them cannot both win.
    """
    seen = {"seen_": held.heard_at} if unheard else {}
    if not session.modify(_changing(tuple(values), unheard=unheard), id_=held.id, **seen, **values):
        session.refresh(held)
        return False
    session.set_committed(held, **values)
    return True


def end(session: Session, held: Assignment, state: State, now: datetime, *, unheard: bool = False) -> bool:
    """End an assignment that is still active; False if it had ended already, or with `unheard` as in `change`."""
    return change(session, held, unheard=unheard, state=state, ended_at=now)
