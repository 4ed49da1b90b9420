"""One volunteer, as WHO 7 tells whoever is on duty, with what they have in hand and what is kept of them in kinds."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from handlers.members import removing
from handlers.on_duty import raising
from handlers.phrasebook import Value
from handlers.rules import who
from handlers.turn import Context
from handlers.views import volunteers
from handlers.views.volunteers import Volunteer
from handlers.wording.summary import Quoted, Said, What
from models import assignments, duty_tasks, kept_apart, people, person_events
from models.people import NEVER, Person
from models.person_events import BACK, CUT_OFF, PUT_OUT, STARTED, STOPPED, VOUCHED

TOLD = (VOUCHED, *PUT_OUT, BACK, STOPPED, CUT_OFF, STARTED)
MOST = 40  # events, the latest


@dataclass(frozen=True)
class InHand:
    """A request that they have."""

    number: int
    what: What
    since: datetime


@dataclass(frozen=True)
class Happened:
    """What was done about them; without `by`, by whoever has the host."""

    at: datetime
    kind: str
    by: Value
    words: Quoted | None


@dataclass(frozen=True)
class OneVolunteer:
    """Everything that whoever is on duty may know of a volunteer."""

    row: Volunteer
    chain: Sequence[Said]
    vouched: Sequence[Volunteer]
    in_hand: Sequence[InHand]
    happened: Sequence[Happened]
    words_days: int
    silence_days: int
    acts: Sequence[str]
    second: bool  # the reader has put them out, so somebody else must say that they are back


def look(context: Context, reader: Person, number: int) -> OneVolunteer | None:
    """The volunteer with this number, to somebody on duty."""
    found = volunteers.of(context, reader, number)
    if found is None:
        return None
    row, person = found
    policy, session = context.line.policy, context.session
    theirs = people.vouched_by(session, context.line.id, person.id)
    return OneVolunteer(
        row=row,
        chain=who.chain(context, person),
        vouched=[known[0] for each in theirs if (known := volunteers.of(context, reader, each.id))],
        in_hand=[*_in_hand(context, reader, person)],
        happened=[*_happened(context, person)],
        words_days=policy.keep_words_days,
        silence_days=policy.forget_days,
        acts=[*_acts(context, reader, person)],
        second=(out := removing.put_out_by(context, person)) is not None and out.by_person_id == reader.id,
    )


def _in_hand(context: Context, reader: Person, person: Person) -> Iterator[InHand]:
    for held, request in assignments.held_by(context.session, person.id):
        if not kept_apart.hides(context.session, request, reader.id):
            what = context.what(request, context.sight_on_duty(request, reader))
            yield InHand(request.number, what, held.taken_at)


def _happened(context: Context, person: Person) -> Iterator[Happened]:
    for event in person_events.happened(context.session, person.id, TOLD, NEVER)[: -MOST - 1 : -1]:
        by = people.by_id(context.session, event.by_person_id) if event.by_person_id is not None else None
        words = Quoted(event.words) if event.words and event.kind in PUT_OUT else None
        yield Happened(event.at, event.kind, context.numbered(by) if by else None, words)


def _acts(context: Context, reader: Person, person: Person) -> Iterator[str]:
    """What the reader can do about them, by the commands that do it."""
    if person.id == reader.id:
        return
    look_again = duty_tasks.about(context.session, context.line.id, raising.LOOK_AGAIN, person.id)
    if person.banned_at is None and (person.vouched_at is None or look_again is not None):
        yield "vouch"
    if person.banned_at is None and person.vouched_at is not None:
        yield from ("remove", "revoke")
    if person.banned_at is None:
        yield "ban"
    if (by := removing.put_out_by(context, person)) and by.by_person_id != reader.id:
        yield "unban"
