"""What somebody was told last."""

from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import col, select

from models.delivery.outbound import UNSENT, Outbound, State
from models.inbound import Inbound
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


def still_waits(session: Session, person_id: int, phrases: Collection[str], since: datetime) -> bool:
    """Whether one of these, put on its way to somebody since then, has not left yet."""
    waiting = select(Outbound.id).where(
        col(Outbound.person_id) == person_id,
        col(Outbound.state).in_(UNSENT),
        col(Outbound.phrase).in_(phrases),
        col(Outbound.created_at) >= since,
    )
    return session.exec(waiting.limit(1)).first() is not None


LATER = (
    "answer-",
    "talk-",
    "kept-",
)  # begin the names of answers that wait for the end of a burst (handlers/turn.py)
ANSWERS: Precompiled[str] = Precompiled(
    select(Outbound.body)
    .where(
        col(Outbound.person_id) == sa.bindparam("person_id"),
        col(Outbound.id) > sa.bindparam("after", type_=sa.Integer),
        col(Outbound.state) != State.KEPT,  # whoever reads their phone may look at this screen too
        sa.or_(
            col(Outbound.key).startswith(
                sa.select(sa.cast(col(Inbound.id), sa.String) + ":")
                .where(col(Inbound.sid) == sa.bindparam("sid"))
                .scalar_subquery()
            ),
            *(col(Outbound.key).startswith(name) for name in LATER),
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


def answers(session: Session, person_id: int, sid: str, after: int, most: int) -> list[str]:
    """What answers a text of theirs, by the carrier's id of it, of all they were told after that with id `after`."""
    return list(session.fetch(ANSWERS, person_id=person_id, sid=sid, after=after, most=most))
