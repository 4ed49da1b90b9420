"""Invitations: which households a distribution invites, what they say, and what became of each.

What becomes of one is decided by one conditional UPDATE; that nobody is invited twice, by the table itself.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import col, select

from models import distributions
from models.distributions import HOLDS, NUMBERS, Distribution, Invitation, State
from models.people import Person
from models.requests import Request
from models.requests import State as RequestState
from models.store.session import Session
from models.store.types import table

# Of two invitations of one household, by what became of them.
SAYS_LESS = (
    State.CALLED_OFF,
    State.GONE,
    State.EXPIRED,
    State.INVITED,
    State.DECLINED,
    State.NO_SHOW,
    State.BOOKED,
    State.CAME,
)
OF, INVITED, ASKED, PEOPLE = (table(of_) for of_ in (Distribution, Invitation, Request, Person))


def of(session: Session, distribution: Distribution, *states: State) -> list[Invitation]:
    """Who was invited, or of them those in these states, in order."""
    session.flush()
    found = select(Invitation).where(Invitation.distribution_id == distribution.id)
    if states:
        found = found.where(col(Invitation.state).in_(states))
    return session.exec(found.order_by(col(Invitation.id)))


def by_id(session: Session, invitation_id: int) -> Invitation:
    """The one with this id, which must exist."""
    return session.get_one(Invitation, invitation_id)


def of_person(session: Session, person_id: int, *states: State) -> list[Invitation]:
    """What somebody was invited to, in these states, the last first."""
    session.flush()
    found = select(Invitation).where(Invitation.person_id == person_id, col(Invitation.state).in_(states))
    return session.exec(found.order_by(col(Invitation.id).desc()))


def tagged(session: Session, distribution: Distribution, tag: int) -> Invitation | None:
    """Whose number this is at the table."""
    session.flush()
    found = Invitation.distribution_id == distribution.id, Invitation.tag == min(tag, NUMBERS)
    return session.exec(select(Invitation).where(*found)).first()


def with_names(session: Session, distribution: Distribution) -> list[tuple[Invitation, Person]]:
    """Everybody who has a number at its table, by slot, with who they are."""
    session.flush()
    found = (
        select(Invitation, Person)
        .join(Person, col(Person.id) == col(Invitation.person_id))
        .where(Invitation.distribution_id == distribution.id, col(Invitation.tag).is_not(None))
    )
    return list(session.exec(found.order_by(col(Invitation.slot), col(Invitation.tag))))


def invite(
    session: Session, distribution: Distribution, request: Request, batch: int, now: datetime, until: datetime
) -> Invitation:
    """One more household: that nobody is invited twice is the table's own rule."""
    return session.create(
        Invitation,
        line_id=distribution.line_id,
        distribution_id=distribution.id,
        person_id=request.person_id,
        request_id=request.id,
        state=State.INVITED,
        batch=batch,
        invited_at=now,
        answer_until=until,
        changed_at=now,
    )


def settle(
    session: Session, one: Invitation, to: State, out_of: Collection[State], now: datetime, **values: Any
) -> bool:
    """What became of it, if it is still in one of these states; True for exactly one of those who say so at once."""
    session.flush()
    change = sa.update(INVITED).where(INVITED.c.id == one.id, INVITED.c.state.in_(list(out_of)))
    won = session.execute(change.values(state=to, changed_at=now, **values)).rowcount == 1
    session.refresh(one)
    return won


def merge(session: Session, kept: int, gone: int) -> None:
    """Where two people who are one were both invited, one invitation stays: the one that says more."""
    session.flush()
    for theirs in session.exec(select(Invitation).where(col(Invitation.person_id) == gone)):
        same = Invitation.distribution_id == theirs.distribution_id, Invitation.person_id == kept
        if (mine := session.exec(select(Invitation).where(*same)).first()) is None:
            continue
        less = min((mine, theirs), key=lambda each: SAYS_LESS.index(each.state))
        if less.state in HOLDS and less.slot is not None:
            distributions.give_back(session, distributions.by_id(session, less.distribution_id), less.slot)
        session.execute(sa.delete(Invitation).where(col(Invitation.id) == less.id))


def reslot(session: Session, one: Invitation, slot: int, now: datetime) -> bool:
    """Another slot of who is booked, if they are still in the one that we know of."""
    session.flush()
    same = INVITED.c.id == one.id, INVITED.c.state == State.BOOKED, INVITED.c.slot == one.slot
    moved = sa.update(INVITED).where(*same).values(slot=slot, booked_at=now, evening_at=None, soon_at=None)
    won = session.execute(moved).rowcount == 1
    session.refresh(one)
    return won


def next_tag(session: Session, distribution: Distribution) -> int:
    """The next number at its table; two at once get two numbers."""
    session.flush()
    more = sa.update(OF).where(OF.c.id == distribution.id).values(last_tag=OF.c.last_tag + 1)
    (tag,) = session.execute(more.returning(OF.c.last_tag)).one()
    session.refresh(distribution)
    return int(tag)


def _meets(needs: Sequence[str]) -> sa.ColumnElement[bool]:
    words = sa.cast(ASKED.c.needs, sa.String)
    return sa.or_(*(words.like(f'%"{need}"%') for need in needs))


def _waiting(distribution: Distribution, now: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    """Requests that it meets, of who may be texted, is invited to nothing else and not yet to this one."""
    invited = sa.select(INVITED.c.id).where(
        INVITED.c.person_id == ASKED.c.person_id,
        sa.or_(INVITED.c.distribution_id == distribution.id, INVITED.c.state == State.INVITED),
    )
    return (
        ASKED.c.line_id == distribution.line_id,
        ASKED.c.state == RequestState.OPEN,
        ~ASKED.c.emergency,
        ASKED.c.danger.is_(None),
        sa.or_(ASKED.c.booked_until.is_(None), ASKED.c.booked_until <= now),
        _meets(distribution.needs),
        PEOPLE.c.opted_out_at.is_(None),
        PEOPLE.c.banned_at.is_(None),
        PEOPLE.c.silent_since.is_(None),
        ~sa.exists(invited),
    )


def waiting(session: Session, distribution: Distribution, now: datetime, most: int) -> list[Request]:
    """Whose open need it meets and who was not invited, the oldest need first; each person once."""
    session.flush()
    by_person = sa.func.min(ASKED.c.id).label("first")
    who = PEOPLE.c.id == ASKED.c.person_id
    first = sa.select(by_person).join(PEOPLE, who).where(*_waiting(distribution, now)).group_by(ASKED.c.person_id)
    ids = list(session.execute(first.order_by(by_person).limit(most)).scalars())
    return session.exec(select(Request).where(col(Request.id).in_(ids)).order_by(col(Request.id)))


def count_waiting(session: Session, distribution: Distribution, now: datetime) -> int:
    """How many people have an open need that it meets."""
    session.flush()
    who = PEOPLE.c.id == ASKED.c.person_id
    people = sa.select(sa.func.count(sa.distinct(ASKED.c.person_id))).join(PEOPLE, who)
    return int(session.execute(people.where(*_waiting(distribution, now))).scalar_one())


def any_of(session: Session, distribution: Distribution, person_ids: Collection[int]) -> bool:
    """Whether one of these was invited to it."""
    session.flush()
    theirs = Invitation.distribution_id == distribution.id, col(Invitation.person_id).in_(list(person_ids))
    return session.exec(select(Invitation.id).where(*theirs).limit(1)).first() is not None


def let_go(session: Session, distribution: Distribution) -> list[Invitation]:
    """Who is invited or booked and will not come: what they asked for is over, or they want no texts any more."""
    session.flush()
    found = (
        select(Invitation)
        .join(Request, col(Request.id) == col(Invitation.request_id))
        .join(Person, col(Person.id) == col(Invitation.person_id))
        .where(
            Invitation.distribution_id == distribution.id,
            col(Invitation.state).in_((State.INVITED, State.BOOKED, State.FULL)),
            sa.or_(
                col(Request.state) == RequestState.CLOSED,
                col(Person.opted_out_at).is_not(None),
                col(Person.banned_at).is_not(None),
            ),
        )
    )
    return list(session.exec(found.order_by(col(Invitation.id))))


def booking(session: Session, request: Request) -> tuple[Distribution, Invitation] | None:
    """The place at a distribution that its neighbor has for it."""
    session.flush()
    found = (
        select(Distribution, Invitation)
        .join(Invitation, col(Invitation.distribution_id) == col(Distribution.id))
        .where(Invitation.request_id == request.id, Invitation.state == State.BOOKED)
    )
    return next(iter(session.exec(found.order_by(col(Invitation.id).desc()).limit(1))), None)


def missed_before(session: Session, one: Invitation) -> bool:
    """Whether they did not come the last time either."""
    before = select(Invitation.state).where(
        Invitation.person_id == one.person_id,
        Invitation.id < one.id,
        col(Invitation.state).in_((State.CAME, State.NO_SHOW)),
    )
    return session.exec(before.order_by(col(Invitation.id).desc()).limit(1)).first() is State.NO_SHOW
