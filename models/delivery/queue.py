"""The queue of texts to be sent, read in the order in which they may leave.

Its queries run for every lease, so they are precompiled.
"""

from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from models.delivery.handover import OUT
from models.delivery.outbound import Lane, State, is_in
from models.lines import Channel
from models.people import Address, Person
from models.requests import Request
from models.requests import State as RequestState
from models.store.lists import in_list
from models.store.session import Session
from models.store.statements import Precompiled
from models.store.types import UtcDateTime, table

PERSON, ADDRESS, REQUEST = table(Person), table(Address), table(Request)

BUSY_PHONES = 2_000  # texts in flight or held that are looked at, to keep the order of those after them

BUSY: Precompiled[tuple[int, str]] = Precompiled(
    sa.select(OUT.c.lane, OUT.c.to)
    .where(sa.or_(is_in(State.LEASED), sa.and_(is_in(State.HELD), OUT.c.retries == 0)))
    .limit(BUSY_PHONES)
)
DUE: Precompiled[Any] = Precompiled(
    sa.select(
        OUT.c.id,
        OUT.c.to,
        OUT.c.lane,
        OUT.c.segments,
        OUT.c.phrase,
        OUT.c.expires_at,
        OUT.c.look_since,
        OUT.c.form,
        PERSON.c.opted_out_at,
        ADDRESS.c.undeliverable_at,
        ADDRESS.c.undeliverable_code,
        ADDRESS.c.last_heard_at,
        ADDRESS.c.window_opened_at,
        ADDRESS.c.window_closed_at,
        ADDRESS.c.paused_until,
        REQUEST.c.state.label("request_state"),
        sa.and_(
            REQUEST.c.state == RequestState.CLAIMED,
            REQUEST.c.helpers_have > 0,
            REQUEST.c.helpers_have < REQUEST.c.helpers_wanted,
        ).label("has_room"),
    )
    .select_from(OUT)
    .join(PERSON, PERSON.c.id == OUT.c.person_id)
    .outerjoin(
        ADDRESS,
        sa.and_(ADDRESS.c.line_id == OUT.c.line_id, ADDRESS.c.value == OUT.c.to, ADDRESS.c.channel == OUT.c.channel),
    )
    .outerjoin(REQUEST, REQUEST.c.id == OUT.c.request_id)
    .where(
        is_in(State.READY),
        OUT.c.channel == sa.bindparam("on_channel"),
        OUT.c.from_number == sa.bindparam("number"),
        OUT.c.lane >= sa.bindparam("first"),
        OUT.c.lane <= sa.bindparam("last"),
        sa.or_(OUT.c.not_before.is_(None), OUT.c.not_before <= sa.bindparam("now", type_=UtcDateTime)),
        *[sa.or_(OUT.c.lane != lane, ~in_list(OUT.c.to, f"busy{lane:d}")) for lane in Lane],
    )
    .order_by(OUT.c.lane, OUT.c.rank, OUT.c.id)
    .limit(sa.bindparam("most", type_=sa.Integer))
)
EMERGENCY: Precompiled[int] = Precompiled(
    sa.select(OUT.c.id)
    .where(
        is_in(State.READY),
        OUT.c.channel == sa.bindparam("on_channel"),
        OUT.c.from_number == sa.bindparam("number"),
        OUT.c.lane == int(Lane.EMERGENCY),
    )
    .limit(1)
)


class Due(NamedTuple):
    """A queued text, and what may stop it."""

    id: int
    to: str
    lane: int
    segments: int
    phrase: str
    expires_at: datetime | None
    look_since: datetime | None  # looked for before it leaves
    form: dict[str, Any] | None
    opted_out_at: datetime | None
    undeliverable_at: datetime | None
    undeliverable_code: int | None
    last_heard_at: datetime | None
    window_opened_at: datetime | None
    window_closed_at: datetime | None
    paused_until: datetime | None
    request_state: RequestState | None
    has_room: bool | None  # whether more are asked about it than have it


def busy(session: Session) -> dict[str, list[str]]:
    """By lane, the addresses that an earlier text is on its way to: one phone gets its texts in their order.

    A text that was put back for a later retry holds up nobody.
    """
    phones: dict[str, list[str]] = {f"busy{lane:d}": [] for lane in Lane}
    for lane, to in session.fetch(BUSY):
        for later in range(lane, len(Lane)):
            phones[f"busy{later}"].append(to)
    return phones


def emergency_waits(session: Session, channel: Channel, number: str) -> bool:
    """Whether an emergency answer is queued for this number."""
    return bool(session.fetch(EMERGENCY, on_channel=channel, number=number))


def due(
    session: Session,
    channel: Channel,
    number: str,
    first: Lane,
    last: Lane,
    most: int,
    *,
    now: datetime,
    busy: dict[str, list[str]],
) -> list[Due]:
    """At most so many texts queued for this number, by lane and rank, but for those to `busy` addresses."""
    asked = {"on_channel": channel, "number": number, "first": int(first), "last": int(last)}
    return [Due(*row) for row in session.fetch(DUE, **asked, now=now, most=most, **busy)]
