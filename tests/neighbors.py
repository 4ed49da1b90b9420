"""People on the line who know it already: a text of ours to them needs no introduction."""

from datetime import datetime
from typing import Any

from models import people
from models.lines import Channel, Line
from models.people import Person
from models.store.session import Session


def add(session: Session, line: Line, channel: Channel, number: str, now: datetime, **known: Any) -> Person:
    """Somebody who was added, and told so."""
    person = people.add(session, line, channel, number, now, **known)
    person.introduced_at = now
    session.add(person)
    return person
