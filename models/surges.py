"""Surges: more new requests at once than a line ever had. Waves are held until duty has said how to go on."""

from datetime import datetime

from sqlmodel import Field

from models.store.types import Model, UtcDateTime


class Surge(Model, table=True):
    """How many new requests come to one line, and whether its waves are held."""

    id: int = Field(default=None, primary_key=True)
    line_id: int = Field(foreign_key="line.id", unique=True)
    most: int = 0  # new requests within the window of the line's figures, at most ever when nothing was held
    held_since: datetime | None = Field(default=None, sa_type=UtcDateTime)
    next_wave_at: datetime | None = Field(default=None, sa_type=UtcDateTime)  # while held: when the next may go out
    free_until: datetime | None = Field(default=None, sa_type=UtcDateTime)  # duty said go on: nothing is held
