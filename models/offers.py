"""Offers: a request put to one volunteer in one wave."""

import json
from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlmodel import Field, col, select

from models.assignments import Assignment
from models.assignments import State as AssignmentState
from models.lines import Line, by_id, day
from models.people import Person
from models.requests import Request
from models.store.session import Session
from models.store.statements import Precompiled, in_literals
from models.store.types import EnumString, Model, UtcDateTime, table


class State(StrEnum):
    """State of an offer."""

    QUEUED = "queued"
    SENT = "sent"
    PASSED = "passed"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"
    UNDELIVERED = "undelivered"
    ACCEPTED = "accepted"


PENDING = (State.QUEUED, State.SENT)
IS_PENDING = sa.text("state IN ('queued', 'sent')")  # few offers are, however many were made
EXPIRES = sa.text("state IN ('queued', 'sent') AND expires_at IS NOT NULL")


class Offer(Model, table=True):
    """One volunteer asked about one request."""

    __table_args__ = (
        sa.UniqueConstraint("request_id", "person_id"),
        sa.Index("ix_offer_pending", "person_id", sqlite_where=IS_PENDING, postgresql_where=IS_PENDING),
        sa.Index("ix_offer_expires", "expires_at", sqlite_where=EXPIRES, postgresql_where=EXPIRES),
    )

    id: int = Field(default=None, primary_key=True)
    line_id: int = Field(foreign_key="line.id")
    request_id: int = Field(foreign_key="request.id")
    person_id: int = Field(foreign_key="person.id")
    wave: int
    state: State = Field(sa_type=EnumString(State))
    created_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    answered_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


OFFERS = table(Offer)


UNLIMITED = 2**31 - 1
EMPTY = "[]"  # an empty list as JSON: anything, anywhere


class Candidate(NamedTuple):
    """A volunteer who could do what is asked, and what decides who is asked first."""

    id: int
    speaks: bool = True  # the language of the neighbor
    has_pending_offer: bool = False  # has another offer to answer
    lives_there: bool = False  # does such things in the very area
    last_asked_at: datetime | None = None


@cache
def _candidates(
    *, first: bool, same_language: bool, has_pending_offer: bool, needs: int, area: bool
) -> Precompiled[Any]:
    """The first few of those asked before and of those never asked, each read from an index in its order."""
    asked_already = sa.exists().where(
        col(Offer.request_id) == sa.bindparam("request_id"), col(Offer.person_id) == col(Person.id)
    )
    had_it = sa.exists().where(
        col(Assignment.request_id) == sa.bindparam("request_id"), col(Assignment.person_id) == col(Person.id)
    )
    in_hand = (
        sa.select(sa.func.count())
        .where(col(Assignment.person_id) == col(Person.id), col(Assignment.state) == AssignmentState.ACTIVE)
        .correlate(Person)
        .scalar_subquery()
    )
    can, languages, areas = (sa.cast(column, sa.Text) for column in (Person.can, Person.languages, Person.areas))
    speaks = sa.or_(
        languages.contains(sa.bindparam("as_language")),
        sa.and_(
            languages == EMPTY,
            sa.func.coalesce(Person.language, sa.bindparam("line_language")) == sa.bindparam("language"),
        ),
    )
    able = [can.contains(sa.bindparam(f"as_need{n}")) for n in range(needs)]
    spaced = sa.func.replace(sa.func.replace(areas, "[", " "), "]", ",")  # " 1, 12,"
    lives_there = spaced.contains(sa.bindparam("as_area")) if area else sa.false()
    fits = [
        col(Person.line_id) == sa.bindparam("line_id"),
        col(Person.id) != sa.bindparam("asker_id"),
        col(Person.vouched_at).is_not(None),
        col(Person.helper_since).is_not(None),
        col(Person.opted_out_at).is_(None),
        sa.or_(col(Person.away_until).is_(None), col(Person.away_until) <= sa.bindparam("now", type_=UtcDateTime)),
        col(Person.pending_offer_request_id).is_not(None)
        if has_pending_offer
        else col(Person.pending_offer_request_id).is_(None),
        *([sa.or_(can == EMPTY, *able)] if needs else []),
        *([sa.or_(areas == EMPTY, lives_there)] if area else []),
        speaks if same_language else ~speaks,
        *([] if first else [~asked_already, ~had_it]),
        sa.func.coalesce(Person.max_open, sa.bindparam("max_open")) > in_hand,
        sa.or_(
            col(Person.asked_on).is_(None),
            col(Person.asked_on) != sa.bindparam("today"),
            col(Person.asked_today) < sa.bindparam("most_offers", type_=sa.Integer),
        ),
    ]

    def few(who: sa.ColumnElement[bool]) -> Any:
        order = col(Person.last_asked_at), *([lives_there.desc()] if area else []), col(Person.id)
        some = sa.select(col(Person.id), lives_there.label("lives_there"), col(Person.last_asked_at))
        some = some.where(*fits, who).order_by(*order).limit(sa.bindparam("limit", type_=sa.Integer))
        return sa.select(some.subquery())

    known, never = col(Person.last_asked_at).is_not(None), col(Person.last_asked_at).is_(None)
    # Offers and assignments of this very transaction are of other requests, or written already.
    return Precompiled(sa.union_all(few(known), few(never)), autoflush=(Person,))


def candidates(
    session: Session,
    line: Line,
    request: Request,
    now: datetime,
    few: int,
    *,
    same_language: bool,
    has_pending_offer: bool,
    first: bool = False,
) -> list[Candidate]:
    """The first `few` volunteers who could be asked about this request, and the first few never asked for anything.

    Either those who share a language with the neighbor (`same_language`) or those who do not; either those who have
    another offer to answer (`has_pending_offer`) or those who have none. All of them do such things there, have room
    for one more, and are neither away nor opted out; left out are the neighbor and whoever was asked about it already
    or had it: nobody, if this is its `first` wave ever. Who was asked often enough today is asked only where somebody
    is in danger; half of how often that is belongs to first waves, lest a few requests use up everybody's day.
    """
    most_offers = line.policy.offers_per_day if not request.wave else (line.policy.offers_per_day + 1) // 2
    needs = [need for need in request.needs if need != "other"]
    found = session.fetch(
        _candidates(
            first=first,
            same_language=same_language,
            has_pending_offer=has_pending_offer,
            needs=len(needs),
            area=request.area_id is not None,
        ),
        line_id=line.id,
        line_language=line.language,
        max_open=line.policy.max_open,
        language=request.language,
        as_language=json.dumps(request.language),
        as_area=f" {request.area_id},",
        now=now,
        asker_id=request.person_id,
        request_id=request.id,
        limit=few,
        today=day(line, now),
        most_offers=UNLIMITED if request.in_danger or not most_offers else most_offers,
        **{f"as_need{n}": json.dumps(need) for n, need in enumerate(needs)},
    )
    return [Candidate(id_, same_language, has_pending_offer, *rest) for id_, *rest in found]


def create(session: Session, request: Request, helpers: Iterable[Person], wave: int, now: datetime) -> None:
    """Note that these volunteers are asked now."""
    today = day(by_id(session, request.line_id), now)
    for helper in helpers:
        if not request.in_danger:  # nor do these use up what others may be asked
            helper.asked_today = helper.asked_today + 1 if helper.asked_on == today else 1
            helper.asked_on = today
        helper.last_asked_at, helper.pending_offer_request_id = now, request.id
        session.add(helper)
        session.insert_later(
            Offer,
            line_id=request.line_id,
            request_id=request.id,
            person_id=helper.id,
            wave=wave,
            state=State.QUEUED,
            created_at=now,
        )


@cache
def _settling(out_of: tuple[State, ...], *, one: bool) -> Precompiled[int]:
    change = sa.update(OFFERS).where(
        OFFERS.c.request_id == sa.bindparam("request_id_"), in_literals(OFFERS.c.state, out_of)
    )
    if one:
        change = change.where(OFFERS.c.person_id == sa.bindparam("person_id_"))
    to = sa.bindparam("to", type_=OFFERS.c.state.type)
    change = change.values(state=to, answered_at=sa.bindparam("now", type_=UtcDateTime))
    return Precompiled(change.returning(OFFERS.c.person_id))


@cache
def _answered(*, one: bool) -> Precompiled[None]:
    change = sa.update(table(Person)).where(col(Person.pending_offer_request_id) == sa.bindparam("request_id_"))
    if one:
        change = change.where(col(Person.id) == sa.bindparam("person_id_"))
    return Precompiled(change.values(pending_offer_request_id=None))


def settle(
    session: Session,
    request_id: int,
    to: State,
    now: datetime,
    *,
    person_id: int | None = None,
    out_of: tuple[State, ...] = PENDING,
) -> list[int]:
    """Answer one volunteer's offer of a request, or everybody's; returns whose offers changed."""
    one = person_id is not None
    whose: dict[str, Any] = {"person_id_": person_id} if one else {}
    changed = session.fetch(_settling(out_of, one=one), request_id_=request_id, to=to, now=now, **whose)
    if changed:
        session.modify(_answered(one=one), request_id_=request_id, **whose)
    return changed


PENDING_OF = Precompiled(
    select(Request.number)
    .join(Offer, col(Offer.request_id) == col(Request.id))
    .where(col(Offer.person_id) == sa.bindparam("person_id"), in_literals(col(Offer.state), PENDING))
    .order_by(col(Request.number))
)


def _accepting() -> Precompiled[None]:
    theirs = OFFERS.c.person_id == sa.bindparam("person_id_")
    state = sa.case((theirs, sa.literal(State.ACCEPTED, OFFERS.c.state.type)), else_=State.SUPERSEDED)
    fits = OFFERS.c.request_id == sa.bindparam("request_id_"), in_literals(OFFERS.c.state, PENDING)
    return Precompiled(
        sa.update(OFFERS).where(*fits).values(state=state, answered_at=sa.bindparam("now", type_=UtcDateTime))
    )


ACCEPTING = _accepting()


def accept(session: Session, request_id: int, person_id: int, now: datetime) -> None:
    """This volunteer takes the request, which answers everybody's offer of it."""
    session.modify_later(ACCEPTING, request_id_=request_id, person_id_=person_id, now=now)
    session.modify_later(_answered(one=False), request_id_=request_id)


def pending_numbers(session: Session, person_id: int) -> list[int]:
    """The numbers of the requests that this volunteer was asked about and has not answered."""
    return session.fetch(PENDING_OF, person_id=person_id)


def due(session: Session, now: datetime, limit: int) -> list[Offer]:
    """Offers that nobody has answered in their time, the oldest first."""
    query = select(Offer).where(in_literals(col(Offer.state), PENDING), col(Offer.expires_at) <= now)
    return session.exec(query.order_by(col(Offer.expires_at), col(Offer.id)).limit(limit))


def postpone(session: Session, offer: Offer, until: datetime) -> None:
    """Let an offer wait longer for its answer."""
    offer.expires_at = until
    session.add(offer)


NEXT_DUE: Precompiled[datetime | None] = Precompiled(
    select(Offer.expires_at)
    .where(in_literals(col(Offer.state), PENDING), col(Offer.expires_at).is_not(None))
    .order_by(col(Offer.expires_at))
    .limit(1)
)


def next_due(session: Session) -> datetime | None:
    """When an offer next expires."""
    return session.fetch(NEXT_DUE).first()


def reset(session: Session, request_id: int) -> None:
    """Let everybody be asked again: the request came back, and who was passed over may be free now.

    Whoever said PASS is not asked twice.
    """
    session.execute(sa.delete(Offer).where(col(Offer.request_id) == request_id, col(Offer.state) != State.PASSED))
    session.modify(_answered(one=False), request_id_=request_id)


def count(session: Session, request_id: int) -> int:
    """How many volunteers were asked about this request."""
    return int(session.exec(select(sa.func.count()).where(Offer.request_id == request_id)).one())


def any_pending(session: Session, request_id: int) -> bool:
    """Whether an offer of this request still waits for an answer."""
    pending = select(Offer.id).where(Offer.request_id == request_id, col(Offer.state).in_(PENDING))
    return session.exec(pending.limit(1)).first() is not None
