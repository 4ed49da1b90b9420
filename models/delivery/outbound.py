"""The outbox table with its state machine, every attempt to send, every status callback of the carrier."""

from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased
from sqlmodel import JSON, Column, Field, col, select

from models.lines import Channel
from models.requests import Request
from models.store.session import Session
from models.store.statements import Precompiled, in_literals
from models.store.types import EnumString, Model, UtcDateTime, table


class Lane(IntEnum):
    """Priority of a text; the lower goes first."""

    EMERGENCY = 0  # whom to call, to somebody in danger: before everything, whatever the pace
    SAFETY = 1
    REPLY = 2
    NOTICE = 3
    BULK = 4


class State(StrEnum):
    """State of a text. UNCERTAIN: it was POSTed and no answer came, so it must not be sent blindly again."""

    READY = "ready"
    LEASED = "leased"
    ACCEPTED = "accepted"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    UNCERTAIN = "uncertain"
    HELD = "held"
    WAITS = "waits"  # WhatsApp takes nothing of ours until they write: it goes then
    KEPT = "kept"  # others read the phone: it goes when its owner asks for it
    FAILED = "failed"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


# Callbacks come late, twice and out of order: a text only ever moves to a higher rank.
RANK = {
    State.READY: 0,
    State.LEASED: 1,
    State.UNCERTAIN: 2,
    State.ACCEPTED: 3,
    State.SENT: 4,
    State.FAILED: 5,
    State.DELIVERED: 6,
    State.READ: 7,
}


UNSENT = (State.READY, State.HELD)  # still ours to send or not
UNDER_WAY = (State.LEASED, State.UNCERTAIN)
ARRIVED = (State.DELIVERED, State.READ)
LOST = (State.FAILED, State.EXPIRED, State.CANCELLED)

# Nearly every text ever queued is through: indexes of the few that are not stay small.
READY = sa.text("state = 'ready'")
PENDING = sa.text("state IN ('leased', 'uncertain', 'held')")
UNARRIVED = sa.text("state IN ('accepted', 'failed')")
TAKEN = sa.text("sid IS NOT NULL")
ABOUT = sa.text("request_id IS NOT NULL")
ENCLOSED, KEYED = sa.text("attachment_id IS NOT NULL"), sa.text("media IS NOT NULL")
WAITING = sa.text("state = 'waits'")


AT_A_TIME = 100  # texts expired or given up in one transaction
LARGEST_ID = 2**31 - 1


class Outbound(Model, table=True):
    """One text to one address. `key` is unique, so a reply decided twice is still one reply."""

    __table_args__ = (
        sa.Index(
            "ix_outbound_next",
            "channel",
            "from_number",
            "lane",
            "rank",
            "id",
            sqlite_where=READY,
            postgresql_where=READY,
        ),
        sa.Index("ix_outbound_pending", "state", "changed_at", sqlite_where=PENDING, postgresql_where=PENDING),
        sa.Index("ix_outbound_unarrived", "state", "changed_at", sqlite_where=UNARRIVED, postgresql_where=UNARRIVED),
        sa.Index("ix_outbound_person", "person_id", "id"),
        sa.Index("ix_outbound_request", "request_id", "id", sqlite_where=ABOUT, postgresql_where=ABOUT),
        sa.Index("ix_outbound_waits", "person_id", "id", sqlite_where=WAITING, postgresql_where=WAITING),
        sa.Index("ix_outbound_sid", "sid", sqlite_where=TAKEN, postgresql_where=TAKEN),
        sa.Index("ix_outbound_attachment", "attachment_id", sqlite_where=ENCLOSED, postgresql_where=ENCLOSED),
        sa.Index("ix_outbound_media", "media", unique=True, sqlite_where=KEYED, postgresql_where=KEYED),
    )

    id: int = Field(default=None, primary_key=True)
    line_id: int = Field(foreign_key="line.id")
    person_id: int = Field(foreign_key="person.id")
    request_id: int | None = Field(default=None, foreign_key="request.id")
    key: str = Field(unique=True)
    phrase: str
    channel: Channel = Field(sa_type=EnumString(Channel))
    from_number: str
    to: str
    by_rcs: bool = Field(default=False, sa_column_kwargs={"server_default": sa.text("false")})  # if the carrier can
    body: str
    form: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True)))  # see forms
    segments: int
    lane: int
    rank: datetime = Field(sa_type=UtcDateTime)  # its place in its lane: fair between those who cause texts
    state: State = Field(sa_type=EnumString(State))
    tries: int = 0  # POSTs
    retries: int = 0  # times it was put back because the carrier could not deliver it yet
    not_before: datetime | None = Field(default=None, sa_type=UtcDateTime)
    expires_at: datetime | None = Field(default=None, sa_type=UtcDateTime)  # after which nobody wants it any more
    leased_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    leased_by: str | None = None  # the worker that holds the lease
    # A backup was put back: it may have left since then, and is looked for before it does.
    look_since: datetime | None = Field(default=None, sa_type=UtcDateTime)
    # What goes along. No foreign key: SQLite would copy a million texts to add one.
    attachment_id: int | None = None
    media: str | None = None  # the key under which the carrier fetches that; None until it is here
    sid: str | None = None
    price: str | None = None
    cost: int | None = None  # of each time it is handed over, in millionths of the currency, by our own prices
    error_code: int | None = None
    reported_at: datetime | None = Field(default=None, sa_type=UtcDateTime)  # when duty heard that it may be lost
    created_at: datetime = Field(sa_type=UtcDateTime)
    changed_at: datetime = Field(sa_type=UtcDateTime)


def is_in(state: State) -> sa.ColumnElement[bool]:
    """Whether a text is in this state, written so that both databases use the partial indexes."""
    column = table(Outbound).c.state
    literal: sa.ColumnElement[str] = sa.literal_column(f"'{state}'")
    if state in (State.READY, State.WAITS):
        return column == literal
    return sa.and_(in_literals(column, (State.LEASED, State.UNCERTAIN, State.HELD)), column == literal)


class Result(StrEnum):
    """How an attempt to send ended."""

    TAKEN = "taken"
    UNCERTAIN = "uncertain"  # nobody knows
    RETURNED = "returned"  # not taken, or taken and not delivered: the text is ours again
    REFUSED = "refused"  # for good
    NOT_MADE = "not_made"  # leased and given back before it was posted


class Attempt(Model, table=True):
    """One attempt to send a text, committed before the POST."""

    id: int = Field(default=None, primary_key=True)
    outbound_id: int = Field(foreign_key="outbound.id", index=True)
    started_at: datetime = Field(sa_type=UtcDateTime)
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    result: Result | None = Field(default=None, sa_type=EnumString(Result))
    error_code: int | None = None
    sid: str | None = None


class StatusEvent(Model, table=True):
    """A status callback of the carrier. Only ever added to."""

    __tablename__ = "status_event"

    id: int = Field(default=None, primary_key=True)
    outbound_id: int = Field(foreign_key="outbound.id", index=True)
    at: datetime = Field(sa_type=UtcDateTime)
    status: str
    sid: str | None = None
    error_code: int | None = None


def advance(
    session: Session, outbound_id: int, sid: str, to: State, now: datetime
) -> tuple[int, Channel, str] | None:
    """Move a text whose id at the carrier is known a step ahead; returns its line, channel and recipient if it moved.

    A late "sent" never takes back a "delivered".
    """
    lower = [state for state, rank in RANK.items() if RANK[State.READY] < rank < RANK[to]]
    moved = session.execute(
        sa.update(Outbound)
        .where(col(Outbound.id) == outbound_id, col(Outbound.sid) == sid, col(Outbound.state).in_(lower))
        .values(state=to, changed_at=now, leased_until=None)
        .returning(col(Outbound.line_id), col(Outbound.channel), col(Outbound.to))
    ).first()
    return None if moved is None else (moved[0], moved[1], moved[2])


def get_for_update(session: Session, outbound_id: int) -> Outbound | None:
    """The text with this id, kept from changing until the transaction ends; None for one that we never wrote."""
    if not 0 < outbound_id <= LARGEST_ID:
        return None
    return session.exec(select(Outbound).where(Outbound.id == outbound_id).with_for_update()).first()


def others_with_sid(session: Session, sid: str, *, but: int) -> list[Outbound]:
    """The texts other than `but` that are thought to have this id at the carrier."""
    query = select(Outbound).where(Outbound.sid == sid, Outbound.id != but).order_by(col(Outbound.id))
    return list(session.exec(query.with_for_update()))


def request_number(session: Session, sid: str, person_id: int) -> int | None:
    """The number of the request that a text to this person tells of, which the carrier knows by this id."""
    query = select(Request.number).join(Outbound, col(Outbound.request_id) == col(Request.id))
    return session.exec(query.where(Outbound.sid == sid, Outbound.person_id == person_id)).first()


def told_by(session: Session, sid: str, person_id: int) -> tuple[str, int | None] | None:
    """The phrase of a text to this person, which the carrier knows by this id, and the request it is about."""
    query = select(Outbound.phrase, Outbound.request_id).where(Outbound.sid == sid, Outbound.person_id == person_id)
    found = session.exec(query).first()
    return (found[0], found[1]) if found else None


def body_of(session: Session, sid: str, person_id: int) -> str | None:
    """The words of a text to this person, which the carrier knows by this id."""
    return session.exec(select(Outbound.body).where(Outbound.sid == sid, Outbound.person_id == person_id)).first()


def by_ids(session: Session, ids: list[int]) -> list[Outbound]:
    """These texts, in the order in which they were queued."""
    return list(session.exec(select(Outbound).where(col(Outbound.id).in_(ids)).order_by(col(Outbound.id))))


def last_of(session: Session, person_id: int, phrase: str, since: datetime) -> Outbound | None:
    """The last text of this phrase to this person that was queued since then."""
    query = select(Outbound).where(
        Outbound.person_id == person_id, Outbound.phrase == phrase, Outbound.created_at >= since
    )
    return session.exec(query.order_by(col(Outbound.id).desc()).limit(1)).first()


def attempts(session: Session, outbound_id: int) -> list[Attempt]:
    """Every try to hand a text over, in order."""
    return list(session.exec(select(Attempt).where(Attempt.outbound_id == outbound_id).order_by(col(Attempt.id))))


def has_callbacks(session: Session) -> bool:
    """Whether a carrier ever said what became of a text; the simulator never does."""
    return session.exec(select(StatusEvent.id).limit(1)).first() is not None


def last_attempt(session: Session, outbound_id: int) -> Attempt | None:
    """The last try to hand a text over: while a carrier is away one text may have thousands."""
    query = select(Attempt).where(Attempt.outbound_id == outbound_id).order_by(col(Attempt.id).desc())
    return session.exec(query.limit(1)).first()


def record_status(
    session: Session, outbound_id: int, now: datetime, status: str, *, sid: str | None, code: int | None
) -> None:
    """Keep what the carrier said about a text."""
    session.insert_later(StatusEvent, outbound_id=outbound_id, at=now, status=status, sid=sid, error_code=code)


def cancel_for(session: Session, person_id: int, now: datetime) -> int:
    """Cancel everything not yet handed over to somebody who said STOP; returns how many."""
    done = session.execute(
        sa.update(Outbound)
        .where(col(Outbound.person_id) == person_id, col(Outbound.state).in_((*UNSENT, State.KEPT, State.WAITS)))
        .values(state=State.CANCELLED, changed_at=now)
    )
    return done.rowcount


def unsent_to(session: Session, person_id: int, channel: Channel, to: str) -> list[Outbound]:
    """What waits for this person at one address, in the order in which it was queued."""
    theirs = Outbound.person_id == person_id, Outbound.channel == channel, Outbound.to == to
    query = select(Outbound).where(*theirs, col(Outbound.state).in_((*UNSENT, State.KEPT))).order_by(col(Outbound.id))
    return list(session.exec(query.limit(AT_A_TIME)))


def cancel_about(session: Session, person_id: int, request_id: int, now: datetime) -> None:
    """Cancel everything about a request that has not yet been handed over to this person."""
    session.execute(
        sa.update(Outbound)
        .where(col(Outbound.person_id) == person_id, col(Outbound.request_id) == request_id)
        .where(col(Outbound.state).in_((*UNSENT, State.WAITS)))
        .values(state=State.CANCELLED, changed_at=now)
    )


def filtered_before(session: Session, outbound_id: int, codes: tuple[int, ...]) -> bool:
    """Whether the carrier has filtered the very words of this text on their way to the same address."""
    earlier = aliased(Outbound)
    query = (
        select(earlier.id)
        .join(Outbound, col(Outbound.person_id) == col(earlier.person_id))
        .where(
            Outbound.id == outbound_id,
            col(earlier.to) == col(Outbound.to),
            col(earlier.body) == col(Outbound.body),
            col(earlier.state) == State.FAILED,
            col(earlier.error_code).in_(codes),
        )
    )
    return session.exec(query.limit(1)).first() is not None


def _expiring(state: State) -> Precompiled[int]:
    now = sa.bindparam("now", type_=UtcDateTime)
    late = select(Outbound.id).where(is_in(state), col(Outbound.expires_at) <= now).limit(AT_A_TIME)
    return Precompiled(
        sa.update(Outbound)
        .where(col(Outbound.id).in_(late.with_for_update(skip_locked=True)), col(Outbound.state) == state)
        .values(state=State.EXPIRED, changed_at=now)
        .returning(col(Outbound.id))
    )


EXPIRING = [_expiring(state) for state in (*UNSENT, State.WAITS)]


def expire(session: Session, now: datetime) -> list[int]:
    """Give up on queued texts that nobody wants any more; returns which. A bounded number at a time."""
    return sorted(id_ for each in EXPIRING for id_ in session.fetch(each, now=now))


def set_price(session: Session, outbound_id: int, amount: str | None) -> None:
    """Note what the carrier charged, where it says so."""
    if amount is not None:
        session.execute(sa.update(Outbound).where(col(Outbound.id) == outbound_id).values(price=amount))


def key_exists(session: Session, key: str) -> bool:
    """Whether a text with this key was ever queued."""
    return session.exec(select(Outbound.id).where(Outbound.key == key)).first() is not None


ABOUT_LATELY: Precompiled[tuple[int, str, datetime]] = Precompiled(
    select(Outbound.request_id, Outbound.phrase, Outbound.created_at)
    .where(
        col(Outbound.person_id) == sa.bindparam("person_id"),
        col(Outbound.created_at) >= sa.bindparam("since", type_=UtcDateTime),
        col(Outbound.request_id).is_not(None),
    )
    .order_by(col(Outbound.id).desc())
    .limit(50)
)


def about_lately(session: Session, person_id: int, since: datetime) -> list[tuple[int, str, datetime]]:
    """What requests this person was texted about since then, by which phrase and when; the last first."""
    return session.fetch(ABOUT_LATELY, person_id=person_id, since=since)


def reword(
    session: Session,
    key: str,
    body: str,
    segments: int,
    now: datetime,
    not_before: datetime | None = None,
    *,
    kept: bool = False,
    form: dict[str, Any] | None = None,
) -> bool:
    """Give the text with this key other words and their form, if it is queued (or `kept`) and has not left yet.

    Returns whether it was.
    """
    until = {} if not_before is None else {"not_before": not_before}
    reworded = session.execute(
        sa.update(Outbound)
        .where(*((col(Outbound.key) == key, col(Outbound.state) == State.KEPT) if kept else _waits(key, now)))
        .values(
            body=body,
            form=sa.null() if form is None else form,
            segments=segments,
            cost=_cost_of(segments),
            changed_at=now,
            **until,
        )
    )
    return reworded.rowcount == 1


def _cost_of(segments: int) -> sa.ColumnElement[int]:
    """What a text costs in so many segments instead of those that it has."""
    of = table(Outbound).c
    return sa.case((of.channel == Channel.WHATSAPP, of.cost), else_=of.cost / of.segments * segments)


def cancel_waiting(session: Session, key: str, now: datetime) -> None:
    """Do not send the text with this key, if it has not left yet: something else is said instead."""
    session.execute(sa.update(Outbound).where(*_waits(key, now)).values(state=State.CANCELLED, changed_at=now))


def _waits(key: str, now: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    return col(Outbound.key) == key, is_in(State.READY), col(Outbound.not_before) > now


def id_of(session: Session, key: str) -> int | None:
    """The id of the text with this key."""
    return session.exec(select(Outbound.id).where(Outbound.key == key)).first()


def is_told(session: Session, person_id: int, body: str, *, since: int) -> bool:
    """Whether these very words wait for this person, or were queued for them after text `since` and are not lost."""
    same = select(Outbound.id).where(Outbound.person_id == person_id, Outbound.body == body)
    after = same.where(col(Outbound.id) > since, col(Outbound.state).not_in(LOST))
    return any(session.exec(query.limit(1)).first() is not None for query in (same.where(is_in(State.READY)), after))
