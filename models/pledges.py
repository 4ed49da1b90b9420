"""Pledges: what people would give, things or hours, and the requests that it was matched with.

`models/offers.py` is something else: a request put to a volunteer. One conditional UPDATE takes one out of `left`.
"""

from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlmodel import JSON, Column, Field, col, select

from models.due_rows import DueRow, DueRows
from models.people import Person
from models.requests import Outcome, Request
from models.requests import State as RequestState
from models.store.session import Session
from models.store.statements import Precompiled, in_literals
from models.store.types import EnumString, Model, UtcDateTime, table

OPEN = sa.text("state = 'open'")


class Kind(StrEnum):
    """What is given."""

    GOODS = "goods"
    TIME = "time"


class State(StrEnum):
    """State of a pledge."""

    OPEN = "open"
    USED_UP = "used_up"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


class MatchState(StrEnum):
    """What became of a pledge and a request that were matched."""

    ASKED = "asked"
    TAKEN = "taken"  # the giver said yes: it is kept for that request
    GIVEN = "given"
    RETURNED = "returned"  # dropped, lapsed, or needed no more: it is there for others again
    REFUSED = "refused"


class Pledge(DueRow, table=True):
    """Something that somebody would give. `text` and `place` are theirs; `next_at` is when time looks at it."""

    __table_args__ = (
        sa.Index("ix_pledge_open", "line_id", sqlite_where=OPEN, postgresql_where=OPEN),
        sa.Index("ix_pledge_person", "person_id", "state"),
        sa.Index("ix_pledge_due", "next_at"),
    )

    person_id: int = Field(foreign_key="person.id")
    kind: Kind = Field(sa_type=EnumString(Kind))
    state: State = Field(default=State.OPEN, sa_type=EnumString(State))
    text: str = ""
    thing: str = ""  # what it is, in as few of their words as say it: others may read it
    needs: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    things: list[str] = Field(
        default_factory=list, sa_column=Column(JSON, nullable=False)
    )  # by name, in any language
    count: int | None = None  # None: they named no number
    left: int | None = None  # kept for nobody yet; None: as often as they say yes
    days: list[int] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))  # Monday 0; empty: any
    begins: int | None = None  # minute of the local day
    ends: int | None = None
    area_id: int | None = Field(default=None, foreign_key="area.id")
    vicinity: str | None = None
    place: str | None = None  # exact, and shown to nobody by itself
    language: str = "en"
    until: datetime = Field(sa_type=UtcDateTime)
    renewal_asked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    changed_at: datetime = Field(sa_type=UtcDateTime)
    created_at: datetime = Field(sa_type=UtcDateTime)


class PledgeMatch(Model, table=True):
    """A pledge and a request that it would meet: its giver was asked first."""

    __table_args__ = (
        sa.UniqueConstraint("pledge_id", "request_id"),
        sa.Index("ix_pledgematch_request", "request_id"),
    )

    id: int = Field(default=None, primary_key=True)
    line_id: int = Field(foreign_key="line.id")
    pledge_id: int = Field(foreign_key="pledge.id")
    request_id: int = Field(foreign_key="request.id")
    person_id: int = Field(foreign_key="person.id")  # the giver
    state: MatchState = Field(sa_type=EnumString(MatchState))
    at: datetime = Field(sa_type=UtcDateTime)
    changed_at: datetime = Field(sa_type=UtcDateTime)


DUE_ROWS = DueRows(Pledge)
PLEDGES, MATCHES = table(Pledge), table(PledgeMatch)
NOW = sa.bindparam("now", type_=UtcDateTime)


def keep(session: Session, line_id: int, person_id: int, now: datetime, **values: Any) -> Pledge:
    """Keep what somebody would give."""
    left = values.get("count")
    who = {"line_id": line_id, "person_id": person_id, "left": left}
    return session.create(Pledge, **who, changed_at=now, created_at=now, **values)


OPEN_ON = Precompiled(
    select(Pledge)
    .where(
        col(Pledge.line_id) == sa.bindparam("line_id"),
        OPEN,
        col(Pledge.until) > NOW,
        sa.or_(col(Pledge.left).is_(None), col(Pledge.left) > 0),
    )
    .order_by(col(Pledge.id))
)


def open_on(session: Session, line_id: int, now: datetime) -> list[Pledge]:
    """All that is on offer and kept for nobody, the oldest first."""
    return list(session.fetch(OPEN_ON, line_id=line_id, now=now))


def with_givers(session: Session, line_id: int, now: datetime) -> list[tuple[Pledge, Person]]:
    """The same with whose it is."""
    return [(pledge, session.get_one(Person, pledge.person_id)) for pledge in open_on(session, line_id, now)]


def of(session: Session, person_id: int) -> list[Pledge]:
    """What this person would give still, the oldest first."""
    theirs = Pledge.person_id == person_id, Pledge.state == State.OPEN
    return session.exec(select(Pledge).where(*theirs).order_by(col(Pledge.id)))


def by_id(session: Session, pledge_id: int) -> Pledge | None:
    """The pledge with this id."""
    return session.get(Pledge, pledge_id)


def end(session: Session, pledge: Pledge, to: State, now: datetime) -> bool:
    """It is on offer no more; False if it was over already. What is kept for somebody stays so."""
    change = sa.update(PLEDGES).where(PLEDGES.c.id == pledge.id, PLEDGES.c.state == State.OPEN)
    won = session.execute(change.values(state=to, changed_at=now, next_at=None)).rowcount == 1
    session.refresh(pledge)
    return won


def end_all(session: Session, person_id: int, now: datetime) -> None:
    """Nothing of theirs is on offer any more: they said STOP, or are gone."""
    theirs = PLEDGES.c.person_id == person_id, PLEDGES.c.state == State.OPEN
    session.execute(sa.update(PLEDGES).where(*theirs).values(state=State.WITHDRAWN, changed_at=now, next_at=None))


def match(session: Session, pledge: Pledge, request: Request, now: datetime) -> PledgeMatch | None:
    """Note that its giver is asked about this request; None if they were before."""
    known = PledgeMatch.pledge_id == pledge.id, PledgeMatch.request_id == request.id
    if session.exec(select(PledgeMatch.id).where(*known)).first() is not None:
        return None
    who = {"line_id": pledge.line_id, "person_id": pledge.person_id}
    ids = {"pledge_id": pledge.id, "request_id": request.id}
    return session.create(PledgeMatch, **ids, **who, state=MatchState.ASKED, at=now, changed_at=now)


def matched(session: Session, request_id: int, *, person_id: int | None = None) -> list[tuple[PledgeMatch, Pledge]]:
    """What a request was matched with, of one giver or of all."""
    query = (
        select(PledgeMatch, Pledge)
        .join(Pledge, col(Pledge.id) == col(PledgeMatch.pledge_id))
        .where(PledgeMatch.request_id == request_id)
    )
    if person_id is not None:
        query = query.where(PledgeMatch.person_id == person_id)
    return list(session.exec(query.order_by(col(PledgeMatch.id))))


def kept_for(session: Session, pledge: Pledge) -> list[tuple[PledgeMatch, Request]]:
    """The requests for which some of it is kept."""
    return list(
        session.exec(
            select(PledgeMatch, Request)
            .join(Request, col(Request.id) == col(PledgeMatch.request_id))
            .where(PledgeMatch.pledge_id == pledge.id, PledgeMatch.state == MatchState.TAKEN)
        )
    )


@cache
def _moving(out_of: tuple[MatchState, ...]) -> Precompiled[None]:
    state = sa.bindparam("to", type_=MATCHES.c.state.type)
    which = MATCHES.c.id == sa.bindparam("match"), in_literals(MATCHES.c.state, out_of)
    return Precompiled(sa.update(MATCHES).where(*which).values(state=state, changed_at=NOW))


TAKING: Precompiled[None] = Precompiled(
    sa.update(PLEDGES)
    .where(PLEDGES.c.id == sa.bindparam("pledge"), OPEN, sa.or_(PLEDGES.c.left.is_(None), PLEDGES.c.left > 0))
    .values(left=PLEDGES.c.left - 1)
)
RETURNING: Precompiled[None] = Precompiled(
    sa.update(PLEDGES)
    .where(PLEDGES.c.id == sa.bindparam("pledge"), PLEDGES.c.left.is_not(None), PLEDGES.c.left < PLEDGES.c.count)
    .values(left=PLEDGES.c.left + 1)
)
WAITING = (MatchState.ASKED, MatchState.REFUSED, MatchState.RETURNED)


def take(session: Session, found: PledgeMatch, pledge: Pledge, now: datetime) -> bool:
    """The giver says yes: one of it is kept for that request. False if there is none, or it was kept already."""
    if session.modify(_moving(WAITING), match=found.id, to=MatchState.TAKEN, now=now) != 1:
        return False
    if session.modify(TAKING, pledge=pledge.id) == 1:
        session.refresh(found)
        session.refresh(pledge)
        return True
    session.modify(_moving((MatchState.TAKEN,)), match=found.id, to=MatchState.REFUSED, now=now)
    session.refresh(found)
    return False


def refuse(session: Session, found: PledgeMatch, now: datetime) -> bool:
    """The giver says no to that request; False if it was past that."""
    return session.modify(_moving((MatchState.ASKED,)), match=found.id, to=MatchState.REFUSED, now=now) == 1


def give_back(session: Session, found: PledgeMatch, pledge: Pledge, now: datetime) -> bool:
    """Nobody brings it to that request after all: it is there for others again. False if it was not kept."""
    if session.modify(_moving((MatchState.TAKEN,)), match=found.id, to=MatchState.RETURNED, now=now) != 1:
        return False
    session.modify(RETURNING, pledge=pledge.id)
    session.refresh(found)
    session.refresh(pledge)
    return True


def given(session: Session, found: PledgeMatch, pledge: Pledge, now: datetime) -> bool:
    """It has come. The last of a number that was named uses the pledge up."""
    if session.modify(_moving((MatchState.TAKEN,)), match=found.id, to=MatchState.GIVEN, now=now) != 1:
        return False
    waits = sa.exists().where(MATCHES.c.pledge_id == PLEDGES.c.id, MATCHES.c.state == MatchState.TAKEN)
    used = PLEDGES.c.id == pledge.id, PLEDGES.c.left == 0, PLEDGES.c.state == State.OPEN, ~waits
    session.execute(sa.update(PLEDGES).where(*used).values(state=State.USED_UP, changed_at=now, next_at=None))
    session.refresh(found)
    session.refresh(pledge)
    return True


def settle(session: Session, pledge: Pledge, now: datetime) -> None:
    """What is kept for requests that are over is given, or there again, as they ended."""
    for found, request in kept_for(session, pledge):
        if request.state is RequestState.CLOSED:
            came = request.outcome in (Outcome.FULFILLED, Outcome.PARTIAL, Outcome.UNCONFIRMED)
            (given if came else give_back)(session, found, pledge, now)
