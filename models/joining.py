"""Two people turn out to be one: what refers to either refers to one of them; each merge is an event."""

from datetime import datetime

from models import kept_apart, number_changes, person_events, removals, requests
from models.people import Person
from models.person_events import MERGED
from models.store.session import Session


def hindered(session: Session, one: Person, other: Person) -> list[int]:
    """The numbers of requests to be ended first: one asked for it, and the other has it or must not have it."""
    return removals.live_matches(session, one, other) or removals.apart_matches(session, one, other)


def are_apart(session: Session, one: Person, other: Person) -> bool:
    """Whether they are kept apart from each other: then they are not one, whatever anybody says."""
    return other.id in kept_apart.of(session, one.id)


def join(session: Session, kept: Person, gone: Person, now: datetime, *, by: int | None = None) -> None:
    """They are one; `hindered` was asked before. `by` is who said so, if a person did."""
    number_changes.end_all(session, (kept.id, gone.id), now)
    for request in requests.live_of(session, gone.id):
        requests.record(session, request, "person_merged", now, by=kept.id)
    person_events.record(session, kept.line_id, kept.id, MERGED, now, by=by, words=str(gone.id))
    removals.merge(session, kept, gone, now)
