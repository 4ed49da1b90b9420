"""What somebody has said of danger lately, and which of it was an alarm of its own: read from the log of events."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import col, select

from models import requests
from models.requests import Event, Request
from models.store.session import Session

ALARM = "emergency"  # whoever is on duty heard of it at once
MERGED = "emergency_again"  # they hear of it with what else was said in that minute


def record(
    session: Session, request: Request, kind: str, now: datetime, *, by: int, words: str | None = None
) -> None:
    """This person speaks of danger."""
    requests.record(session, request, kind, now, by=by, state=request.state, words=words)


def lately(
    session: Session, request: Request, kind: str, since: datetime, most: int, *, by: int
) -> list[tuple[datetime, str]]:
    """When this person spoke of danger, and the words that were kept, the latest first.

    All their own requests count: whoever takes one back and asks anew is in the same danger.
    """
    own = sa.select(col(Request.id)).where(col(Request.person_id) == by)
    about = own.union_all(sa.select(sa.literal(request.id, sa.Integer)))
    said = (
        select(Event.at, sa.func.coalesce(Event.words, ""))
        .where(col(Event.request_id).in_(about), Event.by_person_id == by, Event.kind == kind, Event.at >= since)
        .order_by(col(Event.at).desc(), col(Event.id).desc())
        .limit(most)
    )
    return list(session.exec(said))
