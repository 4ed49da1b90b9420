"""The texts that left about a request, to whomever."""

from datetime import datetime

from sqlmodel import col, select

from models.delivery.outbound import Outbound
from models.requests import Request
from models.store.session import Session


def texts(
    session: Session, request: Request, most: int, *, since: datetime | None = None, before: datetime | None = None
) -> list[Outbound]:
    """The last `most` of them from one moment until right before another, in order."""
    query = select(Outbound).where(Outbound.request_id == request.id)
    if since is not None:
        query = query.where(col(Outbound.created_at) >= since)
    if before is not None:
        query = query.where(col(Outbound.created_at) < before)
    return list(session.exec(query.order_by(col(Outbound.id).desc()).limit(most)))[::-1]
