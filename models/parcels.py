"""Texts on their way to the carrier: leased with an attempt each, handed over, or handed back.

These statements run for every text that leaves, so they are written once.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from models.base import table
from models.lines import Channel
from models.outbound import Attempt, Outbound, Result, State, is_in
from models.people import Person
from models.rows import Statement
from models.session import Session

OUT, TRY, WHO = table(Outbound), table(Attempt), table(Person)
SHOWN = ("id", "line_id", "person_id", "channel", "sender", "to", "body", "segments", "lane", "phrase", "expires_at")

RELEASE = (
    sa.update(OUT)
    .where(is_in(State.HELD), OUT.c.not_before <= sa.bindparam("now"))
    .values(state=State.READY, not_before=None)
)

TAKE = (
    sa.update(OUT)
    .where(
        OUT.c.id.in_(
            sa.select(OUT.c.id)
            .where(OUT.c.id.in_(sa.bindparam("ids", expanding=True)), is_in(State.READY))
            .with_for_update(skip_locked=True)
        ),
        is_in(State.READY),
    )
    .values(
        state=State.LEASED,
        leased_until=sa.bindparam("until"),
        changed_at=sa.bindparam("now"),
        not_before=None,
        sid=None,
        tries=OUT.c.tries + 1,
    )
    .returning(*[OUT.c[name] for name in SHOWN])
)

ATTEMPT = (
    sa.insert(TRY)
    .from_select(
        ["outbound_id", "started_at"],
        sa.select(OUT.c.id, sa.bindparam("now", type_=TRY.c.started_at.type))
        .where(OUT.c.id.in_(sa.bindparam("ids", expanding=True)))
        .order_by(OUT.c.lane, OUT.c.id),
    )
    .returning(TRY.c.outbound_id, TRY.c.id)
)

TAKEN = (
    sa.update(OUT)
    .where(OUT.c.id == sa.bindparam("text"), is_in(State.LEASED), OUT.c.sid.is_(None))
    .values(
        state=sa.bindparam("to_state"), sid=sa.bindparam("its_sid"), changed_at=sa.bindparam("now"), leased_until=None
    )
)
MOVED = sa.select(OUT.c.id).where(
    OUT.c.id.in_(sa.bindparam("ids", expanding=True)), OUT.c.state == sa.bindparam("to_state")
)
ENDED = (
    sa.update(TRY)
    .where(TRY.c.id == sa.bindparam("attempt"), TRY.c.result.is_(None))
    .values(ended_at=sa.bindparam("now"), result=Result.TAKEN, sid=sa.bindparam("its_sid"))
)

# Who has said STOP since a text to them was leased.
STOPPED: Statement[int] = Statement(
    sa.select(OUT.c.person_id)
    .join(WHO, WHO.c.id == OUT.c.person_id)
    .where(is_in(State.LEASED), WHO.c.opted_out_at.is_not(None))
)

BACK = (
    sa.update(OUT)
    .where(OUT.c.id.in_(sa.bindparam("ids", expanding=True)), is_in(State.LEASED))
    .values(state=State.READY, tries=OUT.c.tries - 1, leased_until=None, changed_at=sa.bindparam("now"))
)
NOT_MADE = (
    sa.update(TRY)
    .where(TRY.c.id.in_(sa.bindparam("ids", expanding=True)), TRY.c.result.is_(None))
    .values(ended_at=sa.bindparam("now"), result=Result.NOT_MADE)
)


@dataclass(frozen=True)
class Parcel:
    """A leased text and the attempt it is leased for."""

    id: int
    line_id: int
    person_id: int
    channel: Channel
    sender: str
    to: str
    body: str
    segments: int
    lane: int
    phrase: str
    expires_at: datetime | None
    leased_until: datetime
    attempt_id: int
    probes: bool = False  # its sender rested: this one text shows whether it may go on


@dataclass(frozen=True)
class Handed:
    """A text that the carrier took."""

    id: int
    attempt_id: int
    sid: str


def release(session: Session, now: datetime) -> None:
    """Let texts that were held until now be sent."""
    session.execute(RELEASE, {"now": now})


def take(session: Session, ids: list[int], now: datetime, lasts: timedelta, *, probes: bool) -> list[Parcel]:
    """Lease those of these texts that are still ready, and write down the attempt to send each."""
    if not ids:
        return []
    until = now + lasts
    took = session.execute(TAKE, {"ids": ids, "until": until, "now": now})
    rows: dict[int, tuple[Any, ...]] = {row.id: tuple(row) for row in took}
    made = session.execute(ATTEMPT, {"ids": list(rows), "now": now})
    attempts: dict[int, int] = {row[0]: row[1] for row in made}
    return [Parcel(*(*rows[id_], until, attempts[id_], probes)) for id_ in ids if id_ in rows]


def hand_over(session: Session, taken: list[Handed], state: State, now: datetime) -> list[Handed]:
    """Note of many texts at once that the carrier took them.

    Returns those to which it was no news: a callback was faster, or the lease had run out.
    """
    texts = [{"text": one.id, "its_sid": one.sid, "to_state": state, "now": now} for one in taken]
    moved = session.execute(TAKEN, texts)
    session.execute(ENDED, [{"attempt": one.attempt_id, "its_sid": one.sid, "now": now} for one in taken])
    if moved.rowcount == len(taken):
        return []
    news = set(session.execute(MOVED, {"ids": [one.id for one in taken], "to_state": state}).scalars())
    return [one for one in taken if one.id not in news]


def hand_back(session: Session, parcels: list[Parcel], now: datetime) -> None:
    """Put texts back that were leased and not posted: they go with the next lease, in their order."""
    session.execute(BACK, {"ids": [parcel.id for parcel in parcels], "now": now})
    session.execute(NOT_MADE, {"ids": [parcel.attempt_id for parcel in parcels], "now": now})
