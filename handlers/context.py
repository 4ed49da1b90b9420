"""What may be waiting for somebody's answer when their text comes in."""

from datetime import datetime, timedelta

from sqlmodel import Session

from handlers.grammar import Context
from handlers.turn import Asked, unpack
from models import offers, requests
from models.lines import Line
from models.people import Person


def of(session: Session, line: Line, person: Person, now: datetime) -> tuple[Asked | None, Context]:
    """What this person was last asked, and what else a short answer could mean."""
    asked = unpack(person, now, timedelta(minutes=line.policy.asked_lasts))
    return asked, Context(
        language=person.speaks(line),
        question=asked.question if asked else None,
        options=asked.options if asked else 0,
        offers=tuple(offers.waiting_of(session, person.id)) if person.helps else (),
        own=tuple(r.number for r in requests.live_of(session, person.id)),
        opted_out=person.opted_out_at is not None,
    )
