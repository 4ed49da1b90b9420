"""Removing and merging people: every column that refers to a person, and what becomes of it.

A table that newly refers to people is moved by itself (the foreign keys say where they are); one with a rule of its
own about who may stand in it twice is seen to in `_drop_doubles`.
"""

from collections.abc import Iterator
from datetime import datetime
from itertools import chain
from typing import Any

import sqlalchemy as sa
from sqlmodel import col, select

from models import (
    alarms,
    assignments,
    crews,
    invitations,
    kept_apart,
    offers,
    proposals,
    purse_steps,
    requests,
    shifts,
)
from models.assignments import Assignment
from models.assignments import State as AssignmentState
from models.erasures import Erasure
from models.offers import Offer
from models.offers import State as OfferState
from models.people import Person
from models.requests import Outcome, Request
from models.requests import State as RequestState
from models.retention import blanks
from models.shifts import Shift
from models.store.session import Session
from models.store.types import table

PERSON = table(Person)
# Of two offers of one request that become one person's, the one that says more stays.
MORE_SAID = [OfferState.ACCEPTED, OfferState.PASSED, OfferState.SENT, OfferState.QUEUED]


def references() -> Iterator[sa.Column[Any]]:
    """Every column that refers to a person."""
    for each in Person.metadata.sorted_tables:
        for column in each.columns:
            if any(key.column is PERSON.c.id for key in column.foreign_keys):
                yield column


def live_matches(session: Session, one: Person, other: Person) -> list[int]:
    """The numbers of requests that one of them asked for and the other has in hand."""
    ids = {one.id, other.id}
    return [
        request.number
        for person in (one, other)
        for _, request in assignments.held_by(session, person.id)
        if request.person_id in ids
    ]


def apart_matches(session: Session, one: Person, other: Person) -> list[int]:
    """The numbers of requests that would be in the hands of somebody who is kept apart from their neighbor."""
    found = set[int]()
    for person, twin in ((one, other), (other, one)):
        held = [request for _, request in assignments.held_by(session, person.id)]
        found |= {request.number for request in held if kept_apart.are(session, request, twin.id)}
        for request in requests.live_of(session, person.id):
            crew = assignments.holding(session, request)
            if any(twin.id in kept_apart.of(session, helper.id) for _, helper in crew):
                found.add(request.number)
    return sorted(found)


def merge(session: Session, kept: Person, gone: Person, now: datetime) -> None:
    """Make two people one: all that refers to the second refers to the first, who has both addresses."""
    _combine(kept, gone)
    session.add(kept)
    session.flush()
    _drop_doubles(session, kept.id, gone.id, now)
    for column in references():
        session.execute(sa.update(column.table).where(column == gone.id).values({column.name: kept.id}))
    for shift in session.exec(select(Shift).where(Shift.line_id == kept.line_id)):
        if gone.id in shift.asked:
            shift.asked = sorted({kept.id if id_ == gone.id else id_ for id_ in shift.asked})
            session.add(shift)
    session.flush()
    vouched = PERSON.c.id == PERSON.c.vouched_by_person_id  # nobody vouches for themselves
    session.execute(sa.update(PERSON).where(vouched).values(vouched_by_person_id=None))
    _empty_row(session, gone, now)
    _ask_no_more(session, kept.id, now)


def let_go(session: Session, person: Person, now: datetime) -> None:
    """End somebody's part in what goes on, without a word to anybody."""
    live = Request.person_id == person.id, col(Request.state) != RequestState.CLOSED
    for request in session.exec(select(Request).where(*live)):
        requests.close(session, request, Outcome.WITHDRAWN, now, by=person.id)
        for held, _ in assignments.all_on(session, request):
            assignments.end(session, held, AssignmentState.RELEASED, now)
        offers.settle(session, request.id, OfferState.SUPERSEDED, now)
    for held, request in assignments.held_by(session, person.id):
        _give_back(session, held, request, now)
    shifts.remove_of(session, person.id)
    alarms.let_go(session, person.id, now)
    session.flush()


def part(session: Session, now: datetime) -> None:
    """Take back, without a word to anybody, what is in the hands of who may not have it, and what they are asked."""
    for person in session.exec(select(Person).where(col(Person.helper_since).is_not(None))):
        for held, request in assignments.held_by(session, person.id):
            if person.banned_at is not None or kept_apart.are(session, request, person.id):
                _give_back(session, held, request, now)
        for request in offers.requests_pending(session, person.id):
            if person.banned_at is not None or kept_apart.are(session, request, person.id):
                offers.settle(session, request.id, OfferState.SUPERSEDED, now, person_id=person.id)


def _give_back(session: Session, held: Assignment, request: Request, now: datetime) -> None:
    if assignments.end(session, held, AssignmentState.RELEASED, now):
        if request.several and crews.leave(session, request, now, kind="dropped", by=held.person_id, words=None):
            return
        requests.move(
            *(session, request, RequestState.OPEN, now),
            kind="dropped",
            out_of=(RequestState.CLAIMED,),
            by=held.person_id,
            next_action_at=now,
        )


def _combine(kept: Person, gone: Person) -> None:
    """What is known of the second, as far as it says more; a wish not to be texted holds, whoever said it."""
    for name in ("can", "areas"):  # of a volunteer an empty one stands for all
        told = [getattr(one, name) for one in (kept, gone) if one.helper_since is not None]
        told = told or [getattr(kept, name), getattr(gone, name)]
        setattr(kept, name, list(dict.fromkeys(chain(*told))) if all(told) else [])
    for name in ("helper_since", "vouched_at", "on_duty_since", "digest_since", "introduced_at", "wake_since"):
        setattr(kept, name, _least(getattr(kept, name), getattr(gone, name)))
    latest = "opted_out_at banned_at silent_since discreet_since duty_at last_asked_at watch_asked_at survey_sent_at"
    for name in latest.split():
        setattr(kept, name, _most(getattr(kept, name), getattr(gone, name)))
    for name in ("name", "language", "max_open", "away_until", "vouched_by_person_id", "pending_offer_request_id"):
        setattr(kept, name, getattr(kept, name) or getattr(gone, name))
    kept.household_id = kept.household_id or gone.household_id
    if kept.hours_from is None:
        kept.hours_from, kept.hours_until = gone.hours_from, gone.hours_until
    if kept.discreet_from is None:
        kept.discreet_from, kept.discreet_until = gone.discreet_from, gone.discreet_until
    if kept.pending_question is None:
        kept.pending_question, kept.question_asked_at = gone.pending_question, gone.question_asked_at
    kept.languages = sorted({*kept.languages, *gone.languages})
    kept.former = sorted({*kept.former, *gone.former})
    if kept.asked_on == gone.asked_on:
        kept.asked_today += gone.asked_today
    kept.created_at = min(kept.created_at, gone.created_at)


def _drop_doubles(session: Session, kept: int, gone: int, now: datetime) -> None:
    for offer in session.exec(select(Offer).where(col(Offer.person_id) == gone)):
        same = select(Offer).where(Offer.request_id == offer.request_id, Offer.person_id == kept)
        mine = session.exec(same).first()
        if mine is not None:
            if _says(offer.state) < _says(mine.state):
                mine.state, mine.expires_at = offer.state, offer.expires_at
                session.add(mine)
                session.flush()
            session.execute(sa.delete(Offer).where(col(Offer.id) == offer.id))
    for shift in session.exec(select(Shift).where(col(Shift.person_id) == gone)):
        same_turn = select(Shift.id).where(
            Shift.line_id == shift.line_id, Shift.person_id == kept, Shift.starts_at == shift.starts_at
        )
        if session.exec(same_turn).first() is not None:
            session.execute(sa.delete(Shift).where(col(Shift.id) == shift.id))
    invitations.merge(session, kept, gone)
    proposals.merge(session, kept, gone)
    purse_steps.merge(session, kept, gone)
    kept_apart.merge(session, kept, gone)
    session.execute(sa.delete(Erasure).where(col(Erasure.person_id) == gone))  # of nobody who is known
    held = {request.id for _, request in assignments.held_by(session, kept)}
    for assignment, request in assignments.held_by(session, gone):
        if request.id in held:
            session.execute(sa.delete(Assignment).where(col(Assignment.id) == assignment.id))
            crews.leave(session, request, now, kind="dropped", by=None, words=None)


def _ask_no_more(session: Session, person_id: int, now: datetime) -> None:
    """Offers that one of the two had, and that who is kept apart from the other may not have."""
    asked = offers.requests_pending(session, person_id)
    for request in [*asked, *requests.live_of(session, person_id)]:
        for helper_id in offers.asked_about(session, request.id):
            if kept_apart.are(session, request, helper_id):
                offers.settle(session, request.id, OfferState.SUPERSEDED, now, person_id=helper_id)


def _says(state: OfferState) -> int:
    return MORE_SAID.index(state) if state in MORE_SAID else len(MORE_SAID)


def _least(one: datetime | None, other: datetime | None) -> datetime | None:
    return min((each for each in (one, other) if each is not None), default=None)


def _most(one: datetime | None, other: datetime | None) -> datetime | None:
    return max((each for each in (one, other) if each is not None), default=None)


def _empty_row(session: Session, person: Person, now: datetime) -> None:
    """Leave what stays of somebody erased: with the row gone, SQLite gives its id to whoever texts next."""
    session.flush()
    session.cache.clear()
    ended = {"erased_at": now, "cleared_at": now, "opted_out_at": now}
    session.execute(sa.update(PERSON).where(PERSON.c.id == person.id).values({**blanks(Person), **ended}))
    session.refresh(person)
