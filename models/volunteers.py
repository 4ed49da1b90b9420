"""Volunteers as a list: those who joined, what they have in hand, what they have done."""

from collections.abc import Collection, Sequence
from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlmodel import col, select

from models.assignments import Assignment, State, completed_by_anybody
from models.offers import Offer
from models.people import Person
from models.person_events import PUT_OUT, PersonEvent
from models.store.session import Session
from models.store.types import UtcDateTime


class Standing(StrEnum):
    """How somebody stands with the line."""

    NEW = "new"  # they joined, and nobody has vouched for them yet
    IN = "in"
    OUT = "out"  # put out, or they said STOP


BANNED, STOPPED = col(Person.banned_at).is_not(None), col(Person.opted_out_at).is_not(None)
VOUCHED = col(Person.vouched_at).is_not(None)
STANDING = {
    Standing.IN: sa.and_(VOUCHED, ~BANNED, ~STOPPED),
    Standing.NEW: sa.and_(~VOUCHED, ~BANNED, ~STOPPED),
    Standing.OUT: sa.or_(BANNED, STOPPED, ~VOUCHED),
}


def joined(session: Session, line_id: int, standing: Standing, after: int, most: int) -> list[Person]:
    """Who has asked to be a volunteer and may stand so, from this id on, in the order of their ids.

    Of those for whom nobody vouches, `put_out` tells who is out and who is new.
    """
    query = select(Person).where(
        Person.line_id == line_id,
        col(Person.helper_since).is_not(None),
        col(Person.erased_at).is_(None),
        col(Person.id) > after,
        STANDING[standing],
    )
    return list(session.exec(query.order_by(col(Person.id)).limit(most)))


def standing(person: Person, *, was_out: bool) -> Standing:
    """How somebody stands; `was_out` only matters where nobody vouches for them."""
    if person.banned_at is not None or person.opted_out_at is not None:
        return Standing.OUT
    if person.vouched_at is not None:
        return Standing.IN
    return Standing.OUT if was_out else Standing.NEW


def in_hand(session: Session, person_ids: Collection[int], hidden: Collection[int] = ()) -> dict[int, int]:
    """How many requests each of these has in hand, but for those hidden."""
    active = [col(Assignment.state) == State.ACTIVE]
    if hidden:
        active.append(col(Assignment.request_id).not_in(hidden))
    return _counted(session, sa.select(sa.func.count()).select_from(Assignment).where(*active), person_ids)


def asked_about_others(
    session: Session, person_ids: Collection[int], hidden: Collection[int]
) -> dict[int, datetime | None]:
    """Of those who were asked about something hidden, when they were last asked about anything else."""
    if not hidden:
        return {}
    about = col(Offer.request_id).in_(hidden), col(Offer.person_id).in_(person_ids)
    whom = set(session.exec(select(Offer.person_id).where(*about)))
    found: dict[int, datetime | None] = dict.fromkeys(whom)
    others = sa.select(col(Offer.person_id), sa.func.max(col(Offer.created_at), type_=UtcDateTime)).where(
        col(Offer.person_id).in_(whom), col(Offer.request_id).not_in(hidden)
    )
    for person_id, at in session.execute(others.group_by(col(Offer.person_id))) if whom else ():
        found[person_id] = at
    return found


def completed(session: Session, person_ids: Collection[int]) -> dict[int, int]:
    """How often a neighbor has said that what each of these brought came."""
    return _counted(session, completed_by_anybody(), person_ids)


def _counted(session: Session, count: "sa.Select[int]", person_ids: Collection[int]) -> dict[int, int]:
    whose = col(Assignment.person_id)
    found = session.exec(count.add_columns(whose).where(whose.in_(person_ids)).group_by(whose))  # type: ignore[call-overload]
    return {id_: int(many) for many, id_ in found}


def put_out(session: Session, person_ids: Sequence[int]) -> set[int]:
    """Which of these were ever put out."""
    events = select(PersonEvent.person_id).where(
        col(PersonEvent.person_id).in_(person_ids), col(PersonEvent.kind).in_(PUT_OUT)
    )
    return set(session.exec(events.distinct()))
