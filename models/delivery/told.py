"""What somebody was told last."""

import sqlalchemy as sa
from sqlmodel import col, select

from models.delivery.outbound import Outbound
from models.store.session import Session
from models.store.statements import Precompiled

LAST_TO: Precompiled[tuple[str, int | None]] = Precompiled(
    select(Outbound.phrase, Outbound.request_id)
    .where(col(Outbound.person_id) == sa.bindparam("person_id"))
    .order_by(col(Outbound.id).desc())
    .limit(1)
)


def last_to(session: Session, person_id: int) -> tuple[str, int | None] | None:
    """The phrase of the last text to this person, and the request it was about."""
    last = session.fetch(LAST_TO, person_id=person_id).first()
    return (last[0], last[1]) if last else None
