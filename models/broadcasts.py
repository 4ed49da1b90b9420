"""Broadcasts: words of duty to many at once, sent only after somebody has confirmed what that costs."""

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlmodel import Field

from models.store.types import EnumString, Model, UtcDateTime


class Audience(StrEnum):
    """Who gets it."""

    VOLUNTEERS = "volunteers"
    ASKED = "asked"  # everybody who has something open


class Broadcast(Model, table=True):
    """One message to many."""

    __table_args__ = (sa.Index("ix_broadcast_line", "line_id", "created_at"),)

    id: int = Field(default=None, primary_key=True)
    line_id: int = Field(foreign_key="line.id")
    by_person_id: int = Field(foreign_key="person.id")
    words: str
    audience: Audience = Field(sa_type=EnumString(Audience))
    area_id: int | None = Field(default=None, foreign_key="area.id")
    created_at: datetime = Field(sa_type=UtcDateTime)
    confirmed_by_person_id: int | None = Field(default=None, foreign_key="person.id")
    sent_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    cancelled_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
