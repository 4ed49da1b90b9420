"""The texts that left about a request, to whomever."""

from datetime import UTC, datetime

import sqlalchemy as sa
from sqlmodel import col, select

from models.delivery.outbound import Outbound
from models.requests import Request
from models.store.session import Session
from models.store.statements import Precompiled
from models.store.types import UtcDateTime

EVER, NEVER = datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)
LAST = Precompiled(
    select(Outbound)
    .where(
        col(Outbound.request_id) == sa.bindparam("request_id", type_=sa.Integer),
        col(Outbound.created_at) >= sa.bindparam("since", type_=UtcDateTime),
        col(Outbound.created_at) < sa.bindparam("before", type_=UtcDateTime),
    )
    .order_by(col(Outbound.id).desc())
    .limit(sa.bindparam("most", type_=sa.Integer))
)


def texts(
    session: Session, request: Request, most: int, *, since: datetime | None = None, before: datetime | None = None
) -> list[Outbound]:
    """The last `most` of them from one moment until right before another, in order."""
    span = {"since": since or EVER, "before": before or NEVER}
    return list(session.fetch(LAST, request_id=request.id, most=most, **span))[::-1]
