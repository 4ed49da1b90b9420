"""Offers: a request put to one volunteer in one wave."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, col, select

from models.lines import by_id, day
from models.people import Person
from models.requests import TAKING, Request
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
    # Of several that were offered in one text, the request that it was about first; None where it was one.
    lead_request_id: int | None = Field(default=None, foreign_key="request.id")
    person_id: int = Field(foreign_key="person.id")
    wave: int
    state: State = Field(sa_type=EnumString(State))
    created_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    answered_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


OFFERS = table(Offer)


AT_A_TIME = 100  # people asked by one statement
NOBODY: Mapping[int, datetime] = {}


@cache
def _asking(count: int, *, counted: bool) -> Precompiled[Any]:
    """Ask these people, of whom none may have another offer to answer: two processes may want the same ones."""
    ids = [sa.bindparam(f"id{n}", type_=sa.Integer) for n in range(count)]
    of = table(Person)
    free = sa.select(of.c.id).where(of.c.id.in_(ids), of.c.pending_offer_request_id.is_(None))
    today = sa.bindparam("today", type_=sa.String)
    values: dict[str, Any] = {
        "pending_offer_request_id": sa.bindparam("request_id_", type_=sa.Integer),
        "last_asked_at": sa.bindparam("now", type_=UtcDateTime),
    }
    if counted:
        values["asked_on"] = today
        values["asked_today"] = sa.case((of.c.asked_on == today, of.c.asked_today + 1), else_=1)
    # In one order everywhere: two waves at once must not wait for each other.
    change = sa.update(of).where(of.c.id.in_(free.order_by(of.c.id).with_for_update())).values(values)
    return Precompiled(change.returning(of.c.id, of.c.asked_on, of.c.asked_today), autoflush=(Person,))


def create(
    session: Session,
    request: Request,
    helpers: Sequence[Person],
    wave: int,
    now: datetime,
    expires_at: Mapping[int, datetime] = NOBODY,
) -> list[Person]:
    """Ask these volunteers now, until the moment given for each id; returns those who had no other offer to answer.

    One conditional UPDATE decides: two waves at once cannot both ask the same person.
    """
    if not helpers:
        return []
    counted = not request.in_danger  # danger does not use up what others may be asked
    asked: dict[int, tuple[str | None, int]] = {}
    for start in range(0, len(helpers), AT_A_TIME):
        part = helpers[start : start + AT_A_TIME]
        ids = {f"id{n}": helper.id for n, helper in enumerate(part)}
        today = {"today": day(by_id(session, request.line_id), now)} if counted else {}
        found = session.fetch(_asking(len(part), counted=counted), request_id_=request.id, now=now, **today, **ids)
        asked |= {id_: (on, often) for id_, on, often in found}
    won = [helper for helper in helpers if helper.id in asked]
    for helper in won:
        on, often = asked[helper.id]
        session.set_committed(
            helper, last_asked_at=now, pending_offer_request_id=request.id, asked_on=on, asked_today=often
        )
        session.insert_later(
            Offer,
            line_id=request.line_id,
            request_id=request.id,
            person_id=helper.id,
            wave=wave,
            state=State.QUEUED,
            created_at=now,
            expires_at=expires_at.get(helper.id),
        )
    return won


def add(
    session: Session, lead: Request, beside: Sequence[Request], person_id: int, now: datetime, until: datetime | None
) -> None:
    """Ask somebody who is being asked about `lead` about these too: one text, one of what they are asked in a day.

    To be called only where `create` has won them, and none of these was offered to them before.
    """
    for request in beside:
        session.insert_later(
            Offer,
            line_id=request.line_id,
            request_id=request.id,
            lead_request_id=lead.id,
            person_id=person_id,
            wave=request.wave,
            state=State.QUEUED,
            created_at=now,
            expires_at=until,
        )


def made(session: Session, request_ids: Sequence[int], person_ids: Sequence[int]) -> set[tuple[int, int]]:
    """Of which of these requests which of these people were ever asked about, as pairs of ids."""
    both = col(Offer.request_id).in_(request_ids), col(Offer.person_id).in_(person_ids)
    return set(session.exec(select(Offer.request_id, Offer.person_id).where(*both)))


def bundles(session: Session, person_id: int) -> dict[int, list[Request]]:
    """What this volunteer was asked about and has not answered, by the id of the request that each text led with."""
    pending = col(Offer.person_id) == person_id, in_literals(col(Offer.state), PENDING)
    rows = session.exec(
        select(Offer, Request).join(Request, col(Request.id) == col(Offer.request_id)).where(*pending)
    )
    found: dict[int, list[Request]] = {}
    for offer, request in sorted(rows, key=lambda row: row[1].number):
        found.setdefault(offer.lead_request_id or offer.request_id, []).append(request)
    return found


def let_go_beside(session: Session, person_id: int, taken: Sequence[int], now: datetime) -> None:
    """They have taken some of what one text offered: the rest of it waits for them no longer, and nobody minds."""
    theirs = col(Offer.person_id) == person_id
    led = sa.func.coalesce(col(Offer.lead_request_id), col(Offer.request_id))
    leads = set(session.exec(select(led).where(theirs, col(Offer.request_id).in_(taken))))
    left = select(Offer.request_id).where(theirs, in_literals(col(Offer.state), PENDING), led.in_(leads))
    # What somebody else is taking at this moment is theirs to settle: two who wait for each other would both lose.
    for request_id in list(session.exec(left.with_for_update(skip_locked=True))):
        settle(session, request_id, State.EXPIRED, now, person_id=person_id)


@cache
def _settling(out_of: tuple[State, ...], *, one: bool) -> Precompiled[int]:
    change = sa.update(OFFERS).where(
        OFFERS.c.request_id == sa.bindparam("request_id_"),
        in_literals(OFFERS.c.state, out_of),
        OFFERS.c.created_at <= sa.bindparam("made_by", type_=UtcDateTime),
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
    made_by: datetime | None = None,
) -> list[int]:
    """Answer one volunteer's offer of a request, or everybody's; returns whose offers changed.

    With `made_by` only what was offered by then: a request that came back is offered anew to the same people.
    """
    one = person_id is not None
    whose: dict[str, Any] = {"person_id_": person_id} if one else {}
    changed = session.fetch(
        _settling(out_of, one=one), request_id_=request_id, to=to, now=now, made_by=made_by or now, **whose
    )
    if changed:
        session.modify(_answered(one=one), request_id_=request_id, **whose)
    return changed


PENDING_OF = Precompiled(
    select(Request.number)
    .join(Offer, col(Offer.request_id) == col(Request.id))
    .where(col(Offer.person_id) == sa.bindparam("person_id"), in_literals(col(Offer.state), PENDING))
    .order_by(col(Request.number))
)


EXPIRED_OF = Precompiled(
    select(Request.number)
    .join(Offer, col(Offer.request_id) == col(Request.id))
    .where(
        col(Offer.person_id) == sa.bindparam("person_id"),
        col(Offer.state) == State.EXPIRED,
        col(Offer.answered_at) > sa.bindparam("since", type_=UtcDateTime),
        TAKING,
    )
    .order_by(col(Offer.id).desc())
    .limit(1)
)


def expired_numbers(session: Session, person_id: int, since: datetime) -> list[int]:
    """The request of the last offer of theirs that has expired since then, if somebody may still take it."""
    return session.fetch(EXPIRED_OF, person_id=person_id, since=since)


WITHDRAWING: Precompiled[None] = Precompiled(
    sa.delete(OFFERS).where(
        OFFERS.c.request_id == sa.bindparam("request_id_"),
        OFFERS.c.person_id == sa.bindparam("person_id_"),
        in_literals(OFFERS.c.state, PENDING),
    )
)


def withdraw(session: Session, request_id: int, person_id: int) -> None:
    """Take back an offer that this volunteer has not answered, as if it had not been made: it comes again later."""
    if session.modify(WITHDRAWING, request_id_=request_id, person_id_=person_id):
        session.modify(_answered(one=True), request_id_=request_id, person_id_=person_id)


def forget_expired(session: Session, request_id: int, person_id: int) -> None:
    """Take out an offer that this volunteer let expire: they have said since that they would give just this."""
    expired = (
        col(Offer.request_id) == request_id,
        col(Offer.person_id) == person_id,
        col(Offer.state) == State.EXPIRED,
    )
    session.execute(sa.delete(Offer).where(*expired))


def withdraw_all(session: Session, person_id: int) -> None:
    """Take back whatever offers this volunteer has not answered."""
    for request_id in session.exec(
        select(Offer.request_id).where(Offer.person_id == person_id, col(Offer.state).in_(PENDING))
    ):
        withdraw(session, request_id, person_id)


def _accepting() -> Precompiled[None]:
    theirs = OFFERS.c.person_id == sa.bindparam("person_id_")
    state = sa.case((theirs, sa.literal(State.ACCEPTED, OFFERS.c.state.type)), else_=State.SUPERSEDED)
    pending = in_literals(OFFERS.c.state, PENDING)
    late = sa.and_(theirs, OFFERS.c.state == State.EXPIRED)  # a yes that comes late is one all the same
    fits = OFFERS.c.request_id == sa.bindparam("request_id_"), sa.or_(pending, late)
    return Precompiled(
        sa.update(OFFERS).where(*fits).values(state=state, answered_at=sa.bindparam("now", type_=UtcDateTime))
    )


ACCEPTING = _accepting()


def accept(session: Session, request_id: int, person_id: int, now: datetime) -> None:
    """This volunteer takes the request, which answers everybody's offer of it."""
    session.modify_later(ACCEPTING, request_id_=request_id, person_id_=person_id, now=now)
    session.modify_later(_answered(one=False), request_id_=request_id)


def accept_one(session: Session, request_id: int, person_id: int, now: datetime) -> None:
    """This volunteer takes a place; others may take one as well. A yes that comes late is one all the same."""
    late = (*PENDING, State.EXPIRED)
    settle(session, request_id, State.ACCEPTED, now, person_id=person_id, out_of=late)


def pending_numbers(session: Session, person_id: int) -> list[int]:
    """The numbers of the requests that this volunteer was asked about and has not answered."""
    return session.fetch(PENDING_OF, person_id=person_id)


def may_yet_come(session: Session, request_id: int) -> list[int]:
    """Who was asked about this, and did not say no."""
    theirs = select(Offer.person_id).where(Offer.request_id == request_id, Offer.state != State.PASSED)
    return list(session.exec(theirs.order_by(col(Offer.id))))


def asked_about(session: Session, request_id: int) -> list[int]:
    """Who was asked about this and has not answered."""
    theirs = select(Offer.person_id).where(Offer.request_id == request_id, col(Offer.state).in_(PENDING))
    return list(session.exec(theirs.order_by(col(Offer.id))))


def requests_pending(session: Session, person_id: int) -> list[Request]:
    """What this volunteer was asked about and has not answered."""
    asked = select(Offer.request_id).where(Offer.person_id == person_id, col(Offer.state).in_(PENDING))
    return list(session.exec(select(Request).where(col(Request.id).in_(asked)).order_by(col(Request.id))))


DUE = Precompiled(
    select(Offer)
    .where(in_literals(col(Offer.state), PENDING), col(Offer.expires_at) <= sa.bindparam("now", type_=UtcDateTime))
    .order_by(col(Offer.expires_at), col(Offer.id))
    .limit(sa.bindparam("limit", type_=sa.Integer))
)


def due(session: Session, now: datetime, limit: int) -> list[Offer]:
    """Offers that nobody has answered in their time, the oldest first."""
    return session.fetch(DUE, now=now, limit=limit)


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


def passed_of(session: Session, person_id: int, among: Iterable[Request]) -> set[int]:
    """The ids of those of these requests to which this volunteer said no."""
    said_no = select(Offer.request_id).where(
        Offer.person_id == person_id,
        col(Offer.request_id).in_([request.id for request in among]),
        Offer.state == State.PASSED,
    )
    return set(session.exec(said_no))


def any_pending(session: Session, request_id: int) -> bool:
    """Whether an offer of this request still waits for an answer."""
    pending = select(Offer.id).where(Offer.request_id == request_id, col(Offer.state).in_(PENDING))
    return session.exec(pending.limit(1)).first() is not None


PENDING_SINCE: Precompiled[datetime] = Precompiled(
    select(Offer.created_at).where(
        col(Offer.request_id) == sa.bindparam("request_id"), in_literals(col(Offer.state), PENDING)
    )
)


def pending_since(session: Session, request_id: int) -> list[datetime]:
    """When those were asked about this request who may still answer."""
    return list(session.fetch(PENDING_SINCE, request_id=request_id))
