"""Processes that send, and when each was last seen: the leases of one that is dead are known to be dead."""

from datetime import datetime

from sqlmodel import Field

from models.store.types import Model, UtcDateTime


class Worker(Model, table=True):
    """One process that leases texts."""

    id: str = Field(primary_key=True)  # made anew at every start
    seen_at: datetime = Field(sa_type=UtcDateTime)
