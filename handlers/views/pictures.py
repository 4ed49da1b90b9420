"""Pictures and voice messages of one request, for duty and for its two sides; who looked is written down."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from handlers.safety import discreet
from handlers.talking import passing
from handlers.turn import Context
from handlers.wording.summary import Name, Said, Sight
from models import assignments, attachments, events, kept_apart, people, requests
from models.attachments import Content, Kind, Piece, State
from models.people import Person
from models.requests import Request

SEEN = "picture_seen"  # the event
AGAIN = timedelta(hours=1)  # after which looking is another time


@dataclass(frozen=True)
class Shown:
    """One of them, as it stands on the request's page."""

    id: int
    kind: Kind
    by: Name | Said
    at: datetime
    here: bool  # else it is still fetched
    receipt: bool


def of(context: Context, person: Person, number: int, *, on_duty: bool) -> list[Shown]:
    """Those that somebody may look at, the oldest first."""
    request = requests.by_number(context.session, context.line.id, number)
    if request is None:
        return []
    return [_shown(context, piece) for piece in _theirs(context, person, request, on_duty=on_duty)]


def open_(context: Context, person: Person, number: int, id_: int, *, on_duty: bool) -> Shown | None:
    """One that they look at now, which is written down; None where there is none, or none that they may see."""
    request = requests.by_number(context.session, context.line.id, number)
    found = _one(context, person, request, id_, on_duty=on_duty) if request is not None else None
    if request is None or found is None:
        return None
    lately = events.did_since(context.session, request, SEEN, person.id, context.now - AGAIN)
    if found.person_id != person.id and not lately:
        requests.record(context.session, request, SEEN, context.now, by=person.id)
    return _shown(context, found)


def content(context: Context, person: Person, number: int, id_: int, *, on_duty: bool) -> Content | None:
    """The bytes of one that they may see."""
    request = requests.by_number(context.session, context.line.id, number)
    found = _one(context, person, request, id_, on_duty=on_duty) if request is not None else None
    return attachments.content(context.session, found.id) if found is not None else None


def _one(context: Context, person: Person, request: Request, id_: int, *, on_duty: bool) -> Piece | None:
    found = _theirs(context, person, request, on_duty=on_duty)
    return next((piece for piece in found if piece.id == id_ and piece.state is State.KEPT), None)


def _theirs(context: Context, person: Person, request: Request, *, on_duty: bool) -> list[Piece]:
    found = attachments.of_request(context.session, request.id)
    if not found:
        return []
    if on_duty:
        hidden = kept_apart.hides(context.session, request, person.id)
        return found if not hidden and context.sight_on_duty(request, person) is Sight.NEAR else []
    talk = [piece for piece in found if not piece.receipt or piece.person_id == person.id]
    if request.person_id == person.id:
        return [] if discreet.kept_from(person) else talk
    held = next((a for a, r in assignments.held_by(context.session, person.id) if r.id == request.id), None)
    if held is None or discreet.keeps_carried(person):
        return []
    door = passing.sees_door(context, request, person, held)
    return [piece for piece in talk if door or piece.person_id == person.id]


def _shown(context: Context, piece: Piece) -> Shown:
    by = context.somebody(people.by_id(context.session, piece.person_id))
    return Shown(piece.id, piece.kind, by, piece.created_at, piece.state is State.KEPT, piece.receipt)
