"""State transitions of a text that is sent: leased with an attempt each, accepted by the carrier, or given back.

These statements run for every text that leaves, so they are precompiled.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa

from models.delivery import forms
from models.delivery.outbound import Attempt, Outbound, Result, State, is_in
from models.lines import Channel
from models.store.lists import in_list
from models.store.session import Session
from models.store.statements import Precompiled
from models.store.types import UtcDateTime, table

OUT, ATTEMPTS = table(Outbound), table(Attempt)
LEASED_COLUMNS = (
    "id",
    "line_id",
    "person_id",
    "channel",
    "from_number",
    "to",
    "by_rcs",
    "body",
    "segments",
    "lane",
    "phrase",
    "expires_at",
    "cost",
    "media",
    "form",
)

RELEASE_HELD: Precompiled[None] = Precompiled(
    sa.update(OUT)
    .where(is_in(State.HELD), OUT.c.not_before <= sa.bindparam("now", type_=UtcDateTime))
    .values(state=State.READY, not_before=None)
)
LEASE: Precompiled[Any] = Precompiled(
    sa.update(OUT)
    .where(
        OUT.c.id.in_(
            sa.select(OUT.c.id).where(in_list(OUT.c.id, "ids"), is_in(State.READY)).with_for_update(skip_locked=True)
        ),
        is_in(State.READY),
    )
    .values(
        state=State.LEASED,
        leased_until=sa.bindparam("until", type_=UtcDateTime),
        leased_by=sa.bindparam("worker"),
        changed_at=sa.bindparam("now", type_=UtcDateTime),
        not_before=None,
        sid=None,
        tries=OUT.c.tries + 1,
    )
    .returning(*[OUT.c[name] for name in LEASED_COLUMNS])
)
START_ATTEMPTS: Precompiled[tuple[int, int]] = Precompiled(
    sa.insert(ATTEMPTS)
    .from_select(
        ["outbound_id", "started_at"],
        sa.select(OUT.c.id, sa.bindparam("now", type_=UtcDateTime))
        .where(in_list(OUT.c.id, "ids"))
        .order_by(OUT.c.lane, OUT.c.rank, OUT.c.id),
    )
    .returning(ATTEMPTS.c.outbound_id, ATTEMPTS.c.id)
)
ON_ITS_WAY = sa.and_(is_in(State.LEASED), OUT.c.sid.is_(None))
NOT_ENDED = ATTEMPTS.c.result.is_(None)
IN_STATE: Precompiled[int] = Precompiled(
    sa.select(OUT.c.id).where(in_list(OUT.c.id, "ids"), OUT.c.state == sa.bindparam("to_state"))
)

GIVE_BACK: Precompiled[None] = Precompiled(
    sa.update(OUT)
    .where(in_list(OUT.c.id, "ids"), is_in(State.LEASED))
    .values(
        state=State.READY, tries=OUT.c.tries - 1, leased_until=None, changed_at=sa.bindparam("now", type_=UtcDateTime)
    )
)
END_UNMADE: Precompiled[None] = Precompiled(
    sa.update(ATTEMPTS)
    .where(in_list(ATTEMPTS.c.id, "ids"), NOT_ENDED)
    .values(ended_at=sa.bindparam("now", type_=UtcDateTime), result=Result.NOT_MADE)
)


@dataclass(frozen=True)
class SentAs:
    """The layout at the carrier by which a text leaves, and what fills it."""

    sid: str
    variables: Mapping[str, str]
    body: str  # what its reader sees
    template: bool = True  # that WhatsApp approved; else it carries buttons, and the text keeps its words


@dataclass(frozen=True)
class LeasedText:
    """A leased text and the attempt it is leased for."""

    id: int
    line_id: int
    person_id: int
    channel: Channel
    from_number: str
    to: str
    by_rcs: bool
    body: str
    segments: int
    lane: int
    phrase: str
    expires_at: datetime | None
    cost: int | None
    media: str | None
    form: dict[str, Any] | None
    leased_until: datetime
    attempt_id: int
    sent_as: SentAs | None = None  # the template it leaves by: WhatsApp's window is closed
    window_until: datetime | None = None  # else, until when words of ours may go there by WhatsApp
    probes: bool = False  # its number was paused: this one text shows whether it may go on


Way = tuple[SentAs | None, datetime | None]


def goes_along(media: str | None, body: str) -> bool:
    """Whether the carrier brings what this key shows; else nothing does, or the words hold the link."""
    return media is not None and media not in body


@dataclass(frozen=True)
class AcceptedText:
    """A text that the carrier took."""

    id: int
    attempt_id: int
    sid: str


def release_held(session: Session, now: datetime) -> None:
    """Let texts that were held until now be sent."""
    session.modify(RELEASE_HELD, now=now)


def take(
    session: Session,
    ids: list[int],
    now: datetime,
    lasts: timedelta,
    worker: str,
    *,
    probes: bool,
    ways: Mapping[int, Way] = MappingProxyType({}),
) -> list[LeasedText]:
    """Lease those of these texts that are still ready, and write down the attempt to send each.

    `ways` say of texts by WhatsApp how they may leave. What leaves by a template has its words from then on.
    """
    if not ids:
        return []
    until = now + lasts
    leased = session.fetch(LEASE, ids=ids, until=until, now=now, worker=worker)
    rows: dict[int, tuple[Any, ...]] = {row[0]: row for row in leased}
    attempts = dict(session.fetch(START_ATTEMPTS, ids=list(rows), now=now))
    texts = [
        LeasedText(*(*rows[id_], until, attempts[id_], *ways.get(id_, (None, None)), probes))
        for id_ in ids
        if id_ in rows
    ]
    for text in texts:
        if text.sent_as is not None and text.sent_as.template:
            form = forms.note_sent(text.form, text.sent_as.sid)
            session.execute(sa.update(OUT).where(OUT.c.id == text.id).values(body=text.sent_as.body, form=form))
        elif forms.sent_by(text.form) is not None:  # by a template it got nowhere, and now it goes in words
            session.execute(sa.update(OUT).where(OUT.c.id == text.id).values(form=forms.unsent(text.form)))
    return texts


def mark_accepted(session: Session, taken: list[AcceptedText], state: State, now: datetime) -> list[AcceptedText]:
    """Note of many texts at once that the carrier took them.

    Returns those to which it was no news: a callback was faster, or the lease had run out.
    """
    moved = session.bulk_update(
        Outbound,
        [{"id_": t.id, "state": state, "sid": t.sid, "changed_at": now, "leased_until": None} for t in taken],
        where=ON_ITS_WAY,
    )
    session.bulk_update(
        Attempt,
        [{"id_": t.attempt_id, "ended_at": now, "result": Result.TAKEN, "sid": t.sid} for t in taken],
        where=NOT_ENDED,
    )
    if moved == len(taken):
        return []
    news = set(session.fetch(IN_STATE, ids=[one.id for one in taken], to_state=state))
    return [one for one in taken if one.id not in news]


def give_back(session: Session, texts: list[LeasedText], now: datetime) -> None:
    """Put texts back that were leased and not posted: they go with the next lease, in their order."""
    session.modify(GIVE_BACK, ids=[text.id for text in texts], now=now)
    session.modify(END_UNMADE, ids=[text.attempt_id for text in texts], now=now)
