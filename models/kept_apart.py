"""Kept apart: two people who are never matched again, whoever of them asks or helps, because one of them said so.

Erasure does not undo it: of whoever is erased a keyed hash of each number takes the place of their id, until somebody
texts from it again (models/marks.py says what such a hash is worth).
"""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, col, select

from models import events, marks
from models.lines import Line
from models.requests import NOT_OVER, Outcome, Request
from models.store.session import Session
from models.store.statements import Precompiled
from models.store.types import Model, UtcDateTime

SIDES = ("neighbor", "helper")
EVEN_SO = "told_even_so"  # the event of danger that was told to somebody all the same, for nobody else could be found


class KeptApart(Model, table=True):
    """The neighbor said so, and the helper never hears of it, nor of what the neighbor tells duty.

    Each side is somebody's id, or the hash of a number of who was erased.
    """

    __table_args__ = (
        sa.UniqueConstraint("neighbor_id", "helper_id"),
        sa.Index("ix_keptapart_helper", "helper_id"),
    )

    id: int = Field(default=None, primary_key=True)
    line_id: int = Field(foreign_key="line.id")
    neighbor_id: int | None = Field(default=None, foreign_key="person.id")
    helper_id: int | None = Field(default=None, foreign_key="person.id")
    neighbor_hash: str = Field(default="", sa_column_kwargs={"server_default": ""})
    helper_hash: str = Field(default="", sa_column_kwargs={"server_default": ""})
    at: datetime = Field(sa_type=UtcDateTime)


FROM: Precompiled[Any] = Precompiled(
    sa.union_all(
        *(
            sa.select(other).where(one == sa.bindparam("person_id"), other.is_not(None))
            for one, other in (
                (col(KeptApart.helper_id), col(KeptApart.neighbor_id)),
                (col(KeptApart.neighbor_id), col(KeptApart.helper_id)),
            )
        )
    )
)
HASHED: Precompiled[Any] = Precompiled(
    sa.select(col(KeptApart.id)).where(
        col(KeptApart.line_id) == sa.bindparam("line_id"),
        sa.or_(*(getattr(KeptApart, f"{side}_hash") == sa.bindparam("hash") for side in SIDES)),
    )
)


def of(session: Session, person_id: int) -> set[int]:
    """Whom somebody is never to meet, from either side; read once in a transaction."""
    key = "kept_apart", person_id
    if key not in session.cache:
        session.cache[key] = set(session.fetch(FROM, person_id=person_id))
    found: set[int] = session.cache[key]
    return found


def are(session: Session, request: Request, person_id: int) -> bool:
    """Whether somebody is kept apart from anybody whom a request goes on for, or is who it complains of."""
    if request.about_person_id == person_id:
        return True
    apart = of(session, person_id)
    return bool(apart) and (request.person_id in apart or request.id in _goes_on_for(session, apart))


def hides(session: Session, request: Request, person_id: int) -> bool:
    """Whether somebody on duty neither sees a request nor hears of it: they are, and nobody had to tell them."""
    if not are(session, request, person_id):
        return False
    return not (request.in_danger and events.is_told(session, [request], EVEN_SO, str(person_id)))


def live(session: Session, line_id: int, person_id: int) -> list[Request]:
    """What is not over of those from whom somebody is kept apart, or complains of them."""
    mine = select(Request).where(Request.about_person_id == person_id, Request.line_id == line_id, NOT_OVER)
    found = {request.id: request for request in session.exec(mine)}
    if apart := of(session, person_id):
        theirs = sa.or_(col(Request.person_id).in_(apart), col(Request.id).in_(_goes_on_for(session, apart)))
        found |= {request.id: request for request in session.exec(select(Request).where(theirs, NOT_OVER))}
    return list(found.values())


def hidden(session: Session, line_id: int, person_id: int) -> set[int]:
    """All that `hides` keeps from somebody on duty, what is over too, by id."""
    about = Request.about_person_id == person_id, Request.line_id == line_id
    found = list(session.exec(select(Request).where(*about)))
    if apart := of(session, person_id):
        theirs = sa.or_(col(Request.person_id).in_(apart), col(Request.id).in_(_goes_on_for(session, apart)))
        found += session.exec(select(Request).where(theirs))
    return {request.id for request in found if hides(session, request, person_id)}


def _goes_on_for(session: Session, people: Collection[int]) -> set[int]:
    """The requests that theirs were merged into, and what those were merged into."""
    merged = select(Request.parent_request_id).where(Request.outcome == Outcome.MERGED)
    found: set[int] = set()
    new = set(session.exec(merged.where(col(Request.person_id).in_(people)))) - {None}
    while new:
        found |= {id_ for id_ in new if id_ is not None}
        new = set(session.exec(merged.where(col(Request.id).in_(new)))) - {None, *found}
    return found


def merge(session: Session, kept: int, gone: int) -> None:
    """Two people become one: pairs that would then stand here twice go, and one of the two themselves."""
    both = kept, gone
    rows = session.exec(
        select(KeptApart)
        .where(sa.or_(col(KeptApart.neighbor_id).in_(both), col(KeptApart.helper_id).in_(both)))
        .order_by(col(KeptApart.id))
    )
    seen = set[tuple[object, ...]]()
    for row in rows:
        neighbor, helper = (kept if id_ == gone else id_ for id_ in (row.neighbor_id, row.helper_id))
        hashes = () if neighbor and helper else (row.neighbor_hash, row.helper_hash)
        pair = neighbor, helper, *hashes
        if pair in seen or (neighbor is not None and neighbor == helper):
            _take_out(session, [row.id])
        seen.add(pair)


def keep(session: Session, line_id: int, neighbor_id: int, helper_id: int, now: datetime) -> bool:
    """From now on they are; False if they were already."""
    if neighbor_id in of(session, helper_id):
        return False
    session.create(KeptApart, line_id=line_id, neighbor_id=neighbor_id, helper_id=helper_id, at=now)
    of(session, helper_id).add(neighbor_id)
    of(session, neighbor_id).add(helper_id)
    return True


def seal(session: Session, line: Line, person_id: int, numbers: Iterable[str]) -> None:
    """Somebody is erased: in their pairs the hash of each of their numbers takes the place of their id."""
    hashes = [marks.hashed(session, line, number) for number in numbers]
    for side in SIDES:
        theirs = select(KeptApart).where(getattr(KeptApart, f"{side}_id") == person_id)
        for row in list(session.exec(theirs)):
            _take_out(session, [row.id])
            for hash_ in hashes:
                add(session, {**row.model_dump(exclude={"id"}), f"{side}_id": None, f"{side}_hash": hash_})


def known_again(session: Session, line: Line, person_id: int, number: str) -> None:
    """Somebody texts from a number not known before: if it is one of who was erased, the pairs are theirs again."""
    for hash_ in marks.hashes(line, number):
        _theirs_again(session, line, person_id, hash_)


def _theirs_again(session: Session, line: Line, person_id: int, hash_: str) -> None:
    for id_ in list(session.fetch(HASHED, line_id=line.id, hash=hash_)):
        row = session.get_one(KeptApart, id_)
        values = row.model_dump(exclude={"id"})
        for side in SIDES:
            if values[f"{side}_hash"] == hash_:
                values |= {f"{side}_id": person_id, f"{side}_hash": ""}
        _take_out(session, [id_])
        add(session, values)


def add(session: Session, values: dict[str, Any]) -> None:
    """A pair, unless it is there."""
    for key in [key for key in session.cache if isinstance(key, tuple) and key[0] == "kept_apart"]:
        del session.cache[key]
    same = [getattr(KeptApart, name) == values[name] for name in values if name != "at"]
    if session.exec(select(KeptApart.id).where(*same)).first() is None:
        session.create(KeptApart, **values)


def since(session: Session, moment: datetime) -> list[KeptApart]:
    """The pairs that were made from then on."""
    return list(session.exec(select(KeptApart).where(KeptApart.at >= moment).order_by(col(KeptApart.id))))


def _take_out(session: Session, ids: Collection[int]) -> None:
    session.execute(sa.delete(KeptApart).where(col(KeptApart.id).in_(ids)))
