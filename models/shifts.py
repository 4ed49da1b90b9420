"""Shifts: when somebody has said that they would be on duty."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field

from models.store.types import Model, UtcDateTime


class Shift(Model, table=True):
    """One turn on duty. A weekly one makes the next when it is over."""

    __table_args__ = (
        sa.UniqueConstraint("line_id", "person_id", "starts_at"),
        sa.Index("ix_shift_ends", "line_id", "ends_at"),
    )

    id: int = Field(default=None, primary_key=True)
    line_id: int = Field(foreign_key="line.id")
    person_id: int = Field(foreign_key="person.id")
    starts_at: datetime = Field(sa_type=UtcDateTime)
    ends_at: datetime = Field(sa_type=UtcDateTime)
    weekly: bool = True
    reminded_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    began_at: datetime | None = Field(default=None, sa_type=UtcDateTime)  # they were put on duty by it
    cover_asked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)  # they cannot, and others were asked
    created_at: datetime = Field(sa_type=UtcDateTime)
