"""What waits, a state and a part at a time: by keys, so that the thousandth costs as little as the first."""

import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlmodel import col, select

from models import waiting
from models.assignments import HOLDING, Assignment
from models.offers import OFFERS
from models.offers import State as OfferState
from models.people import Person
from models.requests import EMERGENCY, LIVE, NOT_OVER, Event, Request, State, Urgency
from models.store.session import Session
from models.store.statements import in_literals
from models.waiting import Asked

IN_DANGER = sa.or_(col(Request.emergency), col(Request.danger).is_not(None))


class Place(NamedTuple):
    """Where a request stands among those of its state: some come first, then all by number."""

    rank: int
    number: int


@dataclass(frozen=True)
class Wanted:
    """Which requests somebody wants to see; by default all."""

    need: str | None = None
    area_id: int | None = None
    urgent: bool = False
    unasked: bool = False
    held_by: int | None = None
    danger: bool = True  # whether danger counts as urgent


ALL = Wanted()


@dataclass(frozen=True)
class Taste:
    """What a volunteer does, and where; empty lists mean anything and anywhere."""

    can: Sequence[str] = ()
    areas: Sequence[int] = ()


def worst_first(
    session: Session, line_id: int, state: State, wanted: Wanted, hidden: Collection[int], after: Place, few: int
) -> list[tuple[Request, Place]]:
    """The next of a state, emergencies first, then by number; but for those hidden."""
    found: list[tuple[Request, Place]] = []
    for rank, these in enumerate(((EMERGENCY,), (~col(Request.emergency), NOT_OVER))):
        if after.rank > rank or len(found) == few:
            continue
        number = after.number if after.rank == rank else 0
        query = _of(line_id, state, wanted, hidden).where(*these, col(Request.number) > number)
        rows = session.exec(query.order_by(col(Request.number)).limit(few - len(found)))
        found += [(request, Place(rank, request.number)) for request in rows]
    return found


def fitting_first(
    session: Session,
    line_id: int,
    person_id: int,
    taste: Taste,
    wanted: Wanted,
    hidden: Collection[int],
    after: Place,
    few: int,
) -> list[tuple[Request, Place]]:
    """The next open ones that others asked for: what this volunteer does comes first, then what is near."""
    found: list[tuple[Request, Place]] = []
    for rank, these in _ranks(taste):
        if after.rank > rank or len(found) == few:
            continue
        number = after.number if after.rank == rank else 0
        query = _of(line_id, State.OPEN, wanted, hidden).where(
            *these, NOT_OVER, col(Request.person_id) != person_id, col(Request.number) > number
        )
        rows = session.exec(query.order_by(col(Request.number)).limit(few - len(found)))
        found += [(request, Place(rank, request.number)) for request in rows]
    return found


def _ranks(taste: Taste) -> Iterator[tuple[int, list[sa.ColumnElement[bool]]]]:
    """What fits in both; what is elsewhere; what is another kind of help; what is neither. Each is read in order."""
    needs, area = sa.cast(Request.needs, sa.Text), sa.func.coalesce(col(Request.area_id), 0)
    kinds: list[list[sa.ColumnElement[bool]]] = [[]]
    places: list[list[sa.ColumnElement[bool]]] = [[]]
    if taste.can:
        does = sa.or_(*(needs.contains(json.dumps(need)) for need in taste.can))
        kinds = [[does], [~does]]
    if taste.areas:
        places = [[area.in_(taste.areas)], [area.not_in(taste.areas)]]
    for kind, place in product(range(len(kinds)), range(len(places))):
        yield 2 * kind + place, [*kinds[kind], *places[place]]


def _of(line_id: int, state: State, wanted: Wanted, hidden: Collection[int]) -> Any:
    query = select(Request).where(Request.line_id == line_id, Request.state == state)
    if hidden:
        query = query.where(col(Request.id).not_in(hidden))
    if wanted.need is not None:
        query = query.where(sa.cast(Request.needs, sa.Text).contains(json.dumps(wanted.need)))
    if wanted.area_id is not None:
        query = query.where(Request.area_id == wanted.area_id)
    if wanted.urgent:
        urgent = col(Request.urgency) == Urgency.URGENT
        query = query.where(sa.or_(urgent, IN_DANGER) if wanted.danger else urgent)
    if wanted.unasked:
        query = query.where(~sa.exists().where(OFFERS.c.request_id == col(Request.id)))
    if wanted.held_by is not None:
        theirs = col(Assignment.person_id) == wanted.held_by, in_literals(col(Assignment.state), HOLDING)
        query = query.where(col(Request.id).in_(sa.select(col(Assignment.request_id)).where(*theirs)))
    return query


def counts(session: Session, line_id: int, hidden: Sequence[Request]) -> dict[State, int]:
    """How many requests of the line are in each state until they end, but for those hidden."""
    query = (
        sa.select(col(Request.state), sa.func.count())
        .where(col(Request.line_id) == line_id, NOT_OVER)
        .group_by(col(Request.state))
    )
    found = dict.fromkeys(LIVE, 0) | {State(state): int(n) for state, n in session.execute(query)}
    for request in hidden:
        if request.state in found:
            found[request.state] -= 1
    return found


def asked(session: Session, ids: Collection[int]) -> dict[int, Asked]:
    """How many volunteers were asked about each of these requests, and how many said no."""
    if not ids:
        return {}
    said_no = sa.func.count().filter(OFFERS.c.state == OfferState.PASSED)
    query = sa.select(OFFERS.c.request_id, sa.func.count(), said_no).where(OFFERS.c.request_id.in_(ids))
    found = {id_: Asked(n, no) for id_, n, no in session.execute(query.group_by(OFFERS.c.request_id))}
    before = select(Event.request_id, Event.words).where(
        col(Event.request_id).in_(ids), Event.kind == waiting.ASKED_AGAIN
    )
    for id_, words in session.exec(before):
        now = found.get(id_, Asked(0, 0))
        found[id_] = now._replace(people=max(now.people, int(words or 0)))
    return found


def holders(session: Session, ids: Collection[int]) -> dict[int, list[tuple[Assignment, Person]]]:
    """Who has each of these requests in hand, or has said that it was delivered, the last one first.

    Each who had it in hand before and said so is among them.
    """
    if not ids:
        return {}
    query = (
        select(Assignment, Person)
        .join(Person, col(Person.id) == col(Assignment.person_id))
        .where(col(Assignment.request_id).in_(ids), in_literals(col(Assignment.state), HOLDING))
        .order_by(col(Assignment.id))
    )
    found: dict[int, list[tuple[Assignment, Person]]] = {}
    for held, person in session.exec(query):
        found.setdefault(held.request_id, []).insert(0, (held, person))
    return found


def by_ids(session: Session, ids: Collection[int]) -> dict[int, Request]:
    """These requests, by their ids."""
    if not ids:
        return {}
    return {request.id: request for request in session.exec(select(Request).where(col(Request.id).in_(ids)))}
