"""Incoming texts, each kept exactly once (by the carrier's id)."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import JSON, Column, Field, col, select

from models import lines, prices, spellings
from models.lines import Channel, Line
from models.people import Address
from models.store.bulk import bindparams
from models.store.rows import columns
from models.store.session import Session
from models.store.statements import Precompiled
from models.store.types import EnumString, Model, UtcDateTime, table

AT_A_TIME = 500  # ids in one query
BY_PAGE = "board-"  # begins the id of a text that was written by a button of the board: no carrier knows it


class Manner(StrEnum):
    """How a text came, where it is no plain one."""

    FORWARDED = "forwarded"  # somebody else may have written it
    REACTION = "reaction"  # an emoji on an earlier text; none where it was taken off again
    EDIT = "edit"  # how an earlier text of theirs is to read now
    DELETION = "deletion"  # an earlier text of theirs was taken back


@dataclass(frozen=True)
class Heard:
    """One text as the carrier handed it over. `id` is the carrier's own (Twilio's MessageSid)."""

    id: str
    channel: Channel
    from_address: str
    to: str
    body: str
    media: tuple[tuple[str, str], ...] = ()  # (address, content type)
    location: str | None = None  # a shared place, as words or coordinates
    replied_to: str | None = None  # the carrier's id of the text of ours that it is a reply to
    pressed: str | None = None  # the id of the button or the row of a list whose title its words are
    manner: Manner | None = None
    carrier_answered: str | None = None  # STOP, START or HELP, where the carrier has replied already
    fields: dict[str, str] = field(default_factory=dict)  # everything else it said
    fallback_to: str | None = None  # whose line it is for, if no line has the number `to`
    at: datetime | None = None  # when it came to the carrier, or to us if that is not known
    hidden_id: str | None = None  # by which WhatsApp knows its author, beside a number or instead of one
    rcs: bool = False  # it came by RCS: SMS in another dress, with the same numbers and the same STOP


class Inbound(Model, table=True):
    """An incoming text."""

    __table_args__ = (sa.Index("ix_inbound_person", "person_id", "id"),)

    id: int = Field(default=None, primary_key=True)
    line_id: int = Field(foreign_key="line.id")
    sid: str = Field(unique=True)
    channel: Channel = Field(sa_type=EnumString(Channel))
    from_address: str
    person_id: int | None = Field(default=None, foreign_key="person.id")
    body: str
    media: list[list[str]] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    location: str | None = None
    fields: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    intent: str | None = None
    cost: int | None = None  # in millionths of the currency, by our own prices
    received_at: datetime = Field(sa_type=UtcDateTime)


def _storing(upsert: Any) -> Precompiled[int]:
    texts = table(Inbound)
    row = bindparams(Inbound, columns(Inbound)[1:])
    kept = upsert.insert(texts).values(row).on_conflict_do_nothing(index_elements=["sid"])
    return Precompiled(kept.returning(texts.c.id))


# The unique index decides, not a look beforehand: ten deliveries at once make one row.
STORE = {"sqlite": _storing(sqlite), "postgresql": _storing(postgresql)}


def store(
    session: Session, line_id: int, heard: Heard, now: datetime, *, person_id: int | None, intent: str
) -> int | None:
    """Keep the text, who sent it and what it was taken to mean; returns its id, or None if it has come before."""
    return session.fetch(
        STORE[session.dialect.name],
        line_id=line_id,
        sid=heard.id,
        channel=heard.channel,
        from_address=heard.from_address,
        person_id=person_id,
        intent=intent,
        body=heard.body,
        media=[list(m) for m in heard.media],
        location=heard.location,
        fields=heard.fields,
        cost=_cost(lines.by_id(session, line_id), heard),
        received_at=now,
    ).first()


def _cost(line: Line, heard: Heard) -> int:
    counted, media = heard.fields.get("NumSegments"), bool(heard.media)
    return prices.heard(line.policy, heard.channel, line.country, heard.body, media=media, segments=counted)


def store_erased(session: Session, line_id: int, heard: Heard, now: datetime) -> None:
    """Note only that the text has come: it is of somebody who was erased since they wrote it."""
    blank = Heard(heard.id, heard.channel, "", heard.to, "")
    store(session, line_id, blank, now, person_id=None, intent="erased")


def moments_since(session: Session, person_id: int, intents: tuple[str, ...], since: datetime) -> list[datetime]:
    """When those of this person's texts came since then that were taken to mean one of these, in their order."""
    query = select(Inbound.received_at).where(
        Inbound.person_id == person_id, col(Inbound.intent).in_(intents), Inbound.received_at >= since
    )
    return list(session.exec(query.order_by(col(Inbound.id)).limit(AT_A_TIME)))


LATELY = Precompiled(
    select(Inbound)
    .where(Inbound.person_id == sa.bindparam("person_id"))
    .order_by(col(Inbound.id).desc())
    .limit(sa.bindparam("most", type_=sa.Integer)),
    autoflush=False,  # texts are stored at once
)


def lately(session: Session, person_id: int, most: int) -> list[Inbound]:
    """The texts that this person sent last, the latest first."""
    return session.fetch(LATELY, person_id=person_id, most=most)


def wrote_before(session: Session, person_id: int, sid: str) -> bool:
    """Whether this person sent any text but this one, and those that ask for no more of ours."""
    said = select(Inbound.id).where(Inbound.person_id == person_id, Inbound.sid != sid)
    return (
        session.exec(said.where(col(Inbound.intent).not_in(("stop", "wrong_number", "may_stop"))).limit(1)).first()
        is not None
    )


def author(session: Session, inbound_id: int) -> int | None:
    """Who wrote the text with this id; None if nobody knows any more."""
    return session.exec(select(Inbound.person_id).where(Inbound.id == inbound_id)).first()


def words_since(session: Session, person_id: int, since: datetime, limit: int) -> list[str]:
    """The words of this person's texts since then, the last first."""
    query = select(Inbound.body).where(Inbound.person_id == person_id, Inbound.received_at >= since)
    return list(session.exec(query.order_by(col(Inbound.id).desc()).limit(limit)))


def first_from(session: Session, number: str, since: datetime) -> Inbound | None:
    """The first text that came from this number since then, in any of its spellings, to whichever line."""
    theirs = sa.select(col(Address.person_id)).where(col(Address.value).in_(spellings.forms(number)))
    query = select(Inbound).where(col(Inbound.person_id).in_(theirs), Inbound.received_at >= since)
    return session.exec(query.order_by(col(Inbound.id)).limit(1)).first()


def known_sids(session: Session, sids: list[str]) -> set[str]:
    """Which of these texts we have."""
    found: set[str] = set()
    for at in range(0, len(sids), AT_A_TIME):
        found.update(session.exec(select(Inbound.sid).where(col(Inbound.sid).in_(sids[at : at + AT_A_TIME]))))
    return found


def last_received_at(session: Session) -> datetime | None:
    """When the last text came, or None before the first."""
    return session.exec(select(Inbound.received_at).order_by(col(Inbound.id).desc()).limit(1)).first()
