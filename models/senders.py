"""The numbers a line sends from: how fast each may go, whether the carrier lets it rest, what a day has cost."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import BigInteger, Column, Field, SQLModel, col, select

from models.base import Moment, Word
from models.lines import Channel
from models.session import Session


class Sender(SQLModel, table=True):
    """One number on one channel, shared by all processes that send from it."""

    __table_args__ = (sa.UniqueConstraint("channel", "number"),)

    id: int = Field(default=None, primary_key=True)
    line_id: int = Field(foreign_key="line.id")
    channel: Channel = Field(sa_type=Word(Channel))
    number: str
    next_at: datetime | None = Field(default=None, sa_type=Moment)  # when the next segment may leave
    rests_until: datetime | None = Field(default=None, sa_type=Moment)
    rests_since: datetime | None = Field(default=None, sa_type=Moment)
    rest_code: int | None = None  # the carrier's error that made it rest


class Spending(SQLModel, table=True):
    """What a line has spent on one of its local days."""

    __table_args__ = (sa.UniqueConstraint("line_id", "day"),)

    id: int = Field(default=None, primary_key=True)
    line_id: int = Field(foreign_key="line.id")
    day: str  # the line's local date, as 2026-03-03
    segments: int = 0
    micros: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))  # millionths of the currency
    told_at: datetime | None = Field(default=None, sa_type=Moment)  # when duty heard that bulk waits


def at_rest(session: Session, now: datetime) -> list[Sender]:
    """The numbers that send nothing for now, because the carrier refused the account, the sender or its quota."""
    return list(session.exec(select(Sender).where(col(Sender.rests_until) > now).order_by(col(Sender.id))))
