"""Volunteers as a list: those who joined, what they have in hand, what they have done."""

from collections.abc import Collection, Sequence

import sqlalchemy as sa
from sqlmodel import col, select

from models.assignments import Assignment, State, completed_by_anybody
from models.people import Person
from models.person_events import PUT_OUT, PersonEvent
from models.store.session import Session


def joined(session: Session, line_id: int, after: int, most: int) -> list[Person]:
    """Who has ever asked to be a volunteer, vouched for or not, from this id on, in the order of their ids."""
    query = select(Person).where(
        Person.line_id == line_id,
        col(Person.helper_since).is_not(None),
        col(Person.erased_at).is_(None),
        col(Person.id) > after,
    )
    return list(session.exec(query.order_by(col(Person.id)).limit(most)))


def in_hand(session: Session, person_ids: Collection[int]) -> dict[int, int]:
    """How many requests each of these has in hand."""
    active = col(Assignment.state) == State.ACTIVE
    return _counted(session, sa.select(sa.func.count()).select_from(Assignment).where(active), person_ids)


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
