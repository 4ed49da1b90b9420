"""What waits for a phone that is somebody's no more goes to their new one."""

from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import col

from models.delivery.outbound import UNSENT, Outbound, State
from models.people import Address
from models.store.session import Session


def redirect(
    session: Session, person_id: int, old: Collection[str], new: Address, from_number: str, now: datetime
) -> None:
    """Texts to somebody at these numbers that have not left yet leave to this address instead."""
    to = {"channel": new.channel, "to": new.value, "by_rcs": new.by_rcs, "from_number": from_number, "cost": None}
    theirs = col(Outbound.person_id) == person_id, col(Outbound.to).in_(old)
    unsent = col(Outbound.state).in_((*UNSENT, State.KEPT))
    session.execute(sa.update(Outbound).where(*theirs, unsent).values(**to, changed_at=now))
    waits = col(Outbound.state) == State.WAITS  # until they write from the old one, which never happens now
    session.execute(sa.update(Outbound).where(*theirs, waits).values(**to, state=State.READY, changed_at=now))
