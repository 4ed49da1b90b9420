"""Pledges: what people would give, things or hours, and the requests that it was matched with.

`models/offers.py` is something else: a request put to a volunteer. One conditional UPDATE takes one out of `left`.
"""

from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlmodel import JSON, Column, Field, col, select

from models.assignments import Assignment
from models.assignments import State as AssignmentState
from models.due_rows import DueRow, DueRows
from models.people import Person
from models.requests import Outcome, Request
from models.requests import State as RequestState
from models.store.session import Session
from models.store.statements import Precompiled, in_literals
from models.store.types import EnumString, Model, UtcDateTime, table

OPEN = sa.text("state = 'open'")
UNDER_WAY = sa.text("state NOT IN ('given', 'over')")


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
    TAKEN = "taken"  # the giver has claimed that request: it is kept for it
    PROMISED = "promised"  # the giver, who is no volunteer, said yes: a person brings the two together
    GIVEN = "given"
    RETURNED = "returned"  # dropped, lapsed, or needed no more: it is there for others again
    REFUSED = "refused"
    OVER = "over"  # the request ended, and it was never kept for it


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
        sa.Index("ix_pledgematch_under_way", "line_id", sqlite_where=UNDER_WAY, postgresql_where=UNDER_WAY),
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


def renew(session: Session, pledge: Pledge, now: datetime, *, count: int | None, **values: Any) -> None:
    """They said the same again: it is as they say now, less what is kept for others."""
    session.flush()
    session.exec(select(Pledge.id).where(Pledge.id == pledge.id).with_for_update())
    kept = MATCHES.c.pledge_id == pledge.id, in_literals(MATCHES.c.state, KEPT)
    ((taken,),) = session.execute(sa.select(sa.func.count()).where(*kept))
    left = None if count is None else max(count - int(taken), 0)
    for name, value in {"count": count, "left": left, "renewal_asked_at": None, "changed_at": now, **values}.items():
        setattr(pledge, name, value)
    session.add(pledge)
    session.flush()


OPEN_ON: Precompiled[tuple[Pledge, Person]] = Precompiled(
    select(Pledge, Person)
    .join(Person, col(Person.id) == col(Pledge.person_id))
    .where(
        col(Pledge.line_id) == sa.bindparam("line_id"),
        sa.text("pledge.state = 'open'"),
        col(Pledge.until) > NOW,
        col(Person.opted_out_at).is_(None),
        col(Person.banned_at).is_(None),
    )
    .order_by(col(Pledge.id))
)


def open_on(session: Session, line_id: int, now: datetime) -> list[tuple[Pledge, Person]]:
    """All that is on offer and kept for nobody, the oldest first, with whose it is."""
    if not session.fetch(OPEN_ON, line_id=line_id, now=now):
        return []
    settle(session, line_id, now)
    return [row for row in session.fetch(OPEN_ON, line_id=line_id, now=now) if row[0].left != 0]


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


def match_by_id(session: Session, match_id: int) -> PledgeMatch | None:
    """The match with this id."""
    return session.get(PledgeMatch, match_id)


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
KEPT = (MatchState.TAKEN, MatchState.PROMISED)
CAME = (Outcome.FULFILLED, Outcome.PARTIAL, Outcome.UNCONFIRMED)


def take(
    session: Session, found: PledgeMatch, pledge: Pledge, now: datetime, *, to: MatchState = MatchState.TAKEN
) -> bool:
    """One of it is kept for that request. False if there is none left, or it was kept for it already."""
    if session.modify(_moving(WAITING), match=found.id, to=to, now=now) != 1:
        return False
    if session.modify(TAKING, pledge=pledge.id) == 1:
        session.refresh(found)
        session.refresh(pledge)
        return True
    session.modify(_moving((to,)), match=found.id, to=MatchState.REFUSED, now=now)
    session.refresh(found)
    return False


def refuse(session: Session, found: PledgeMatch, now: datetime) -> bool:
    """The giver says no to that request; False if it was past that."""
    return session.modify(_moving((MatchState.ASKED,)), match=found.id, to=MatchState.REFUSED, now=now) == 1


def give_back(session: Session, found: PledgeMatch, pledge: Pledge, now: datetime) -> bool:
    """Nobody brings it to that request after all: it is there for others again. False if it was not kept."""
    if session.modify(_moving(KEPT), match=found.id, to=MatchState.RETURNED, now=now) != 1:
        return False
    session.modify(RETURNING, pledge=pledge.id)
    session.refresh(found)
    session.refresh(pledge)
    return True


def given(session: Session, found: PledgeMatch, pledge: Pledge, now: datetime) -> bool:
    """It has come. The last of a number that was named uses the pledge up."""
    if session.modify(_moving(KEPT), match=found.id, to=MatchState.GIVEN, now=now) != 1:
        return False
    waits = sa.exists().where(MATCHES.c.pledge_id == PLEDGES.c.id, in_literals(MATCHES.c.state, KEPT))
    used = PLEDGES.c.id == pledge.id, PLEDGES.c.left == 0, PLEDGES.c.state == State.OPEN, ~waits
    session.execute(sa.update(PLEDGES).where(*used).values(state=State.USED_UP, changed_at=now, next_at=None))
    session.refresh(found)
    session.refresh(pledge)
    return True


HAS_IT = sa.exists().where(
    col(Assignment.request_id) == MATCHES.c.request_id,
    col(Assignment.person_id) == MATCHES.c.person_id,
    in_literals(col(Assignment.state), (AssignmentState.ACTIVE, AssignmentState.DONE)),
)
UNSETTLED: Precompiled[Any] = Precompiled(
    sa.select(MATCHES.c.id, HAS_IT)
    .where(MATCHES.c.line_id == sa.bindparam("line_id"), UNDER_WAY)
    .order_by(MATCHES.c.id)
)


def given_since(session: Session, pledge: Pledge) -> bool:
    """Whether some came since its giver last said that they have it: without a number, it may be the last."""
    since = max(filter(None, (pledge.changed_at, pledge.renewal_asked_at)))
    gave = PledgeMatch.pledge_id == pledge.id, PledgeMatch.state == MatchState.GIVEN
    query = select(PledgeMatch.id).where(*gave, col(PledgeMatch.changed_at) > since)
    return session.exec(query.limit(1)).first() is not None


def settle(session: Session, line_id: int, now: datetime) -> None:
    """Let what is kept follow from who has what in hand, however that came: a claim, a drop, a lapse, an end.

    What a giver claims is kept; what they gave back, or fell silent about, is there for others again; what came is
    given.
    """
    for id_, has_it in session.fetch(UNSETTLED, line_id=line_id):
        found = session.get_one(PledgeMatch, id_)
        pledge, request = session.get_one(Pledge, found.pledge_id), session.get_one(Request, found.request_id)
        over = request.state is RequestState.CLOSED
        came = over and request.outcome in CAME
        if found.state in WAITING and has_it and (came or not over):
            take(session, found, pledge, now)
        if found.state is MatchState.TAKEN and not has_it:
            give_back(session, found, pledge, now)
        elif found.state in KEPT and over:
            (given if came else give_back)(session, found, pledge, now)
        if over and found.state in WAITING:
            session.modify(_moving(WAITING), match=found.id, to=MatchState.OVER, now=now)
