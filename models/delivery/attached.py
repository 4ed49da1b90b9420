"""Texts with which a picture or a voice message goes: they wait for it, and each shows it under a key of its own."""

import secrets
from dataclasses import dataclass, fields
from datetime import datetime, timedelta

import sqlalchemy as sa

from models.attachments import Content, content
from models.delivery.outbound import UNSENT, Outbound, State
from models.lines import Channel
from models.store.session import Session
from models.store.types import UtcDateTime, table

OUT = table(Outbound)
WAITS = timedelta(minutes=15)  # for its picture, however often that has to be asked for
WORDS_WAIT = timedelta(
    minutes=1
)  # words that somebody wrote beside one, longer than it mostly takes; then it follows
FETCHED_WITHIN = timedelta(hours=1)  # after the text was handed over
# While the carrier has not said that it arrived, it may still have to fetch what goes along.
TO_CARRIER = (State.LEASED, State.UNCERTAIN, State.ACCEPTED, State.SENT)
ARRIVED = (State.DELIVERED, State.READ)
NOT_LEFT = (*UNSENT, State.KEPT, State.WAITS)


@dataclass(frozen=True)
class Waiting:
    """A text that waits for what goes along."""

    id: int
    person_id: int
    phrase: str
    channel: Channel
    to: str
    body: str
    created_at: datetime
    not_before: datetime | None

    @property
    def leaves(self) -> datetime | None:
        """Before when it must not leave, but for what goes along: whoever gets it may sleep."""
        later = self.not_before is not None and self.not_before > self.created_at + WAITS
        return self.not_before if later else None


COLUMNS = tuple(OUT.c[one.name] for one in fields(Waiting))


def new_key() -> str:
    """Under which one text's picture is shown: nobody guesses 256 bits."""
    return secrets.token_urlsafe(32)


def waiting(session: Session, attachment_id: int) -> list[Waiting]:
    """The texts that have not left, with which this was to go."""
    theirs = OUT.c.attachment_id == attachment_id, OUT.c.state.in_(NOT_LEFT), OUT.c.media.is_(None)
    return [Waiting(*row) for row in session.execute(sa.select(*COLUMNS).where(*theirs).order_by(OUT.c.id))]


def with_it(session: Session, attachment_id: int) -> list[Waiting]:
    """The texts with which it goes, or went."""
    theirs = OUT.c.attachment_id == attachment_id, OUT.c.media.is_not(None)
    return [Waiting(*row) for row in session.execute(sa.select(*COLUMNS).where(*theirs).order_by(OUT.c.id))]


def gone_ahead(session: Session, attachment_id: int) -> list[Waiting]:
    """The texts that left without it, for it took too long."""
    left = OUT.c.state.in_((*TO_CARRIER, *ARRIVED))
    theirs = OUT.c.attachment_id == attachment_id, OUT.c.media.is_(None), left
    return [Waiting(*row) for row in session.execute(sa.select(*COLUMNS).where(*theirs).order_by(OUT.c.id))]


def let_go(
    session: Session,
    id_: int,
    now: datetime,
    *,
    key: str | None,
    body: str,
    segments: int,
    cost: int,
    not_before: datetime | None = None,
) -> None:
    """It may leave now, with what goes along (`key`) or with words alone; where others read the phone, when asked."""
    held = OUT.c.state == State.HELD  # by its number or its phone, and nothing else lets it go
    leaves = sa.case((held, OUT.c.not_before), else_=sa.bindparam("leaves", not_before, type_=UtcDateTime))
    said = {"media": key, "body": body, "segments": segments, "cost": cost}
    session.execute(
        sa.update(OUT)
        .where(OUT.c.id == id_, OUT.c.state.in_(NOT_LEFT))
        .values(**said, changed_at=now, not_before=leaves, rank=now)
    )


def cancel(session: Session, id_: int, now: datetime) -> None:
    """It says nothing without what was to go along."""
    gone = OUT.c.id == id_, OUT.c.state.in_(NOT_LEFT)
    session.execute(sa.update(OUT).where(*gone).values(state=State.CANCELLED, changed_at=now))


def shown(session: Session, key: str, now: datetime, link_lasts: timedelta) -> Content | None:
    """What goes along with a text, for whoever has its key.

    The carrier may fetch it while it brings the text, for an hour; whoever got the key as a link in the words, for
    `link_lasts` from when it was said.
    """
    row = session.execute(
        sa.select(OUT.c.attachment_id, OUT.c.state, OUT.c.changed_at, OUT.c.created_at, OUT.c.body).where(
            OUT.c.media == key
        )
    ).first()
    if row is None or row.attachment_id is None:
        return None
    as_link = key in row.body and row.state in (*TO_CARRIER, *ARRIVED) and now - row.created_at <= link_lasts
    by_carrier = row.state in TO_CARRIER and now - row.changed_at <= FETCHED_WITHIN
    return content(session, row.attachment_id) if as_link or by_carrier else None
