"""How many phones of each block of numbers text for the first time in a day; one that suddenly grows is reported."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field

from models.store.types import Model, UtcDateTime


class Prefix(Model, table=True):
    """One block of numbers on one local day of a line. It names nobody: the last digits are missing."""

    __table_args__ = (sa.UniqueConstraint("line_id", "prefix", "day"),)

    id: int = Field(default=None, primary_key=True)
    line_id: int = Field(foreign_key="line.id")
    prefix: str
    day: str  # the line's local date, as 2026-03-03
    phones: int = 0  # that texted for the first time
    reported_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
