"""Offers: a request put to one volunteer in one wave."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlmodel import Field, Session, SQLModel, col, select

from models.assignments import Assignment
from models.base import Moment, Word
from models.people import Person
from models.requests import Request


class State(StrEnum):
    """What became of an offer."""

    QUEUED = "queued"
    SENT = "sent"
    PASSED = "passed"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"
    UNDELIVERED = "undelivered"
    ACCEPTED = "accepted"


WAITING = (State.QUEUED, State.SENT)


class Offer(SQLModel, table=True):
    """One volunteer asked about one request."""

    __table_args__ = (
        sa.UniqueConstraint("request_id", "person_id"),
        sa.Index("ix_offer_waiting", "person_id", "state"),
        sa.Index("ix_offer_line", "line_id", "state"),
    )

    id: int = Field(default=None, primary_key=True)
    line_id: int = Field(foreign_key="line.id")
    request_id: int = Field(foreign_key="request.id")
    person_id: int = Field(foreign_key="person.id")
    wave: int
    state: State = Field(sa_type=Word(State))
    created_at: datetime = Field(sa_type=Moment)
    answered_at: datetime | None = Field(default=None, sa_type=Moment)


def candidates(
    session: Session, line_id: int, now: datetime, *, asker_id: int, request_id: int, limit: int
) -> list[Person]:
    """Vouched volunteers who could be asked about this request: the least recently asked, then the never asked.

    Left out: who asked for it, who was already asked about it or had it, who is away or opted out.
    The rest is matching's to judge.
    """
    asked_already = select(Offer.person_id).where(Offer.request_id == request_id)
    had_it = select(Assignment.person_id).where(Assignment.request_id == request_id)
    fit = select(Person).where(
        Person.line_id == line_id,
        Person.id != asker_id,
        col(Person.vouched_at).is_not(None),
        col(Person.helper_since).is_not(None),
        col(Person.opted_out_at).is_(None),
        sa.or_(col(Person.away_until).is_(None), col(Person.away_until) <= now),
        col(Person.id).not_in(asked_already),
        col(Person.id).not_in(had_it),
    )
    before = fit.where(col(Person.last_asked_at).is_not(None)).order_by(col(Person.last_asked_at), col(Person.id))
    never = fit.where(col(Person.last_asked_at).is_(None)).order_by(col(Person.id))
    return [*session.exec(before.limit(limit)), *session.exec(never.limit(limit))]


def make(session: Session, request: Request, helpers: Iterable[Person], wave: int, now: datetime) -> None:
    """Note that these volunteers are asked now."""
    for helper in helpers:
        helper.last_asked_at = now
        session.add(helper)
        session.add(
            Offer(
                line_id=request.line_id,
                request_id=request.id,
                person_id=helper.id,
                wave=wave,
                state=State.QUEUED,
                created_at=now,
            )
        )
    session.flush()


def settle(
    session: Session,
    request_id: int,
    to: State,
    now: datetime,
    *,
    person_id: int | None = None,
    out_of: tuple[State, ...] = WAITING,
) -> list[int]:
    """Answer one volunteer's offer of a request, or everybody's; returns whose offers changed."""
    change = sa.update(Offer).where(col(Offer.request_id) == request_id, col(Offer.state).in_(out_of))
    if person_id is not None:
        change = change.where(col(Offer.person_id) == person_id)
    changed = session.execute(
        change.values(state=to, answered_at=now)
        .returning(col(Offer.person_id))
        .execution_options(synchronize_session=False)
    )
    return list(changed.scalars())


def waiting_of(session: Session, person_id: int) -> list[int]:
    """The numbers of the requests that this volunteer was asked about and has not answered."""
    query = (
        select(Request.number)
        .join(Offer, col(Offer.request_id) == col(Request.id))
        .where(Offer.person_id == person_id, col(Offer.state).in_(WAITING))
    )
    return list(session.exec(query.order_by(col(Request.number))))


def forget(session: Session, request_id: int) -> None:
    """Let everybody be asked again: the request came back, and who was passed over may be free now.

    Whoever said PASS is not asked twice.
    """
    session.execute(sa.delete(Offer).where(col(Offer.request_id) == request_id, col(Offer.state) != State.PASSED))


def answering(session: Session, person_ids: list[int]) -> set[int]:
    """Which of these volunteers have an offer that waits for an answer."""
    query = select(Offer.person_id).where(col(Offer.person_id).in_(person_ids), col(Offer.state).in_(WAITING))
    return set(session.exec(query))


def of(session: Session, request_id: int, person_id: int) -> Offer | None:
    """The offer of this request to this volunteer."""
    return session.exec(select(Offer).where(Offer.request_id == request_id, Offer.person_id == person_id)).first()


def count(session: Session, request_id: int) -> int:
    """How many volunteers were asked about this request."""
    return int(session.exec(select(sa.func.count()).where(Offer.request_id == request_id)).one())


def anybody_asked(session: Session, request_id: int) -> bool:
    """Whether an offer of this request still waits for an answer."""
    query = select(Offer.id).where(Offer.request_id == request_id, col(Offer.state).in_(WAITING))
    return session.exec(query.limit(1)).first() is not None
