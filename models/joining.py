"""Two people turn out to be one: what refers to either refers to one of them; each merge is an event."""

from datetime import datetime

from models import person_events, removals, requests
from models.people import Person
from models.person_events import MERGED
from models.store.session import Session


def hindered(session: Session, one: Person, other: Person) -> list[int]:
    """The numbers of requests to be ended first: one asked for it, and the other has it or must not have it."""
    return removals.live_matches(session, one, other) or removals.apart_matches(session, one, other)


def join(session: Session, kept: Person, gone: Person, now: datetime, *, by: int | None = None) -> None:
    """They are one; `hindered` was asked before. `by` is who said so, if a person did."""
    for request in requests.live_of(session, gone.id):
        requests.record(session, request, "person_merged", now, by=kept.id)
    person_events.record(session, kept.line_id, kept.id, MERGED, now, by=by, words=str(gone.id))
    removals.merge(session, kept, gone, now)
