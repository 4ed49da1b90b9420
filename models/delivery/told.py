"""What somebody was told last."""

import sqlalchemy as sa
from sqlmodel import col, select

from models.delivery.outbound import Lane, Outbound, State
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


SINCE: Precompiled[str] = Precompiled(
    select(Outbound.body)
    .where(
        col(Outbound.person_id) == sa.bindparam("person_id"),
        col(Outbound.id) > sa.bindparam("after", type_=sa.Integer),
        col(Outbound.state) != State.KEPT,  # whoever reads their phone may look at this screen too
        # Answers are for whoever spoke; the rest of what begins so is for whoever is on duty.
        sa.or_(
            sa.bindparam("duty", type_=sa.Boolean),
            ~col(Outbound.phrase).startswith("duty_"),
            col(Outbound.lane) == Lane.REPLY,
        ),
    )
    .order_by(col(Outbound.id))
    .limit(sa.bindparam("most", type_=sa.Integer))
)
NEWEST: Precompiled[int | None] = Precompiled(
    sa.select(sa.func.max(col(Outbound.id))).where(col(Outbound.person_id) == sa.bindparam("person_id"))
)


def newest_to(session: Session, person_id: int) -> int:
    """The id of the last text to this person; 0 before the first."""
    return session.fetch(NEWEST, person_id=person_id).first() or 0


def bodies_after(session: Session, person_id: int, after: int, most: int, *, duty: bool) -> list[str]:
    """What this person was told after the text with that id, in order; with `duty` also as one of those on duty."""
    return list(session.fetch(SINCE, person_id=person_id, after=after, most=most, duty=duty))
