"""What open pages of the board watch once a second: whether anything changed that they show, and who may still look.

A version tells nothing else: it is a hash under the line's key. A volunteer's does not change with alarms, with what
is held, or with other lines.
"""

import hashlib
import hmac
import secrets
from collections.abc import Collection, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlmodel import col, select

from models import lines
from models.alarms import UNHEARD, Alarm
from models.assignments import HOLDING, Assignment
from models.board_sessions import BoardSession
from models.offers import IS_PENDING, Offer
from models.people import PENDING_OFFER, Person
from models.requests import Event, Request, State
from models.store.session import Session
from models.store.statements import Precompiled, in_literals
from models.store.types import table

EVENTS, REQUESTS = table(Event), table(Request)
BACK = 5_000  # events that are looked through at first
LATE = 200  # ids of events: one with a smaller id may be seen so much later, where several processes write
LETTERS = 16  # of a version
WITHOUT_KEY = secrets.token_hex(16)  # for a line that was never given a key


class Latest(NamedTuple):
    """The newest event of a line, and the newest that a volunteer may know of."""

    all: int = 0
    put_out: int = 0


class Reader(NamedTuple):
    """For whom a version is."""

    person_id: int
    line_id: int
    on_duty: bool


def _put_out(event: Any) -> sa.ColumnElement[bool]:
    """Volunteers could see it from then on. It never stops being true, whatever the request tells later."""
    return sa.or_(event.state == State.OPEN, event.kind == "wave")


def _latest() -> Precompiled[tuple[int, int, int]]:
    before = EVENTS.alias("before")
    was_out = sa.exists().where(
        before.c.request_id == EVENTS.c.request_id, before.c.id < EVENTS.c.id, _put_out(before.c)
    )
    ends = in_literals(EVENTS.c.state, (State.CLAIMED, State.DELIVERED, State.CLOSED))
    seen = sa.case((sa.or_(_put_out(EVENTS.c), sa.and_(ends, was_out)), EVENTS.c.id), else_=0)
    return Precompiled(
        sa.select(REQUESTS.c.line_id, sa.func.max(EVENTS.c.id), sa.func.max(seen))
        .join(REQUESTS, REQUESTS.c.id == EVENTS.c.request_id)
        .where(EVENTS.c.id > sa.bindparam("after", type_=sa.Integer))
        .group_by(REQUESTS.c.line_id),
        autoflush=False,
    )


LATEST = _latest()
NEWEST: Precompiled[int] = Precompiled(sa.select(sa.func.coalesce(sa.func.max(col(Event.id)), 0)), autoflush=False)
LINE_ID = sa.bindparam("line_id", type_=sa.Integer)
# Each is read from one of the few rows that wait.
ASKED = sa.select(sa.func.count()).select_from(Person).where(PENDING_OFFER, col(Person.line_id) == LINE_ID)
UP = sa.select(sa.func.count()).select_from(Alarm).where(UNHEARD, col(Alarm.line_id) == LINE_ID)
LAST_UP = sa.select(sa.func.coalesce(sa.func.max(col(Alarm.id)), 0)).where(UNHEARD, col(Alarm.line_id) == LINE_ID)
FOR_DUTY: Precompiled[tuple[int, int, int]] = Precompiled(
    sa.select(*(each.scalar_subquery() for each in (ASKED, UP, LAST_UP))), autoflush=False
)


class Versions:
    """The versions of the board. What was read of the events is kept in memory; then only newer ones are read."""

    def __init__(self) -> None:
        self._latest: Mapping[int, Latest] = MappingProxyType({})

    def of(self, session: Session, readers: Collection[Reader]) -> dict[Reader, str]:
        """For each of these another one whenever something happened that they may see."""
        latest = self._look(session)
        lines_ = {reader.line_id for reader in readers}
        keys = {id_: lines.by_id(session, id_).hash_key or WITHOUT_KEY for id_ in lines_}
        duty = {reader.line_id for reader in readers if reader.on_duty}
        waits = {id_: tuple(session.fetch(FOR_DUTY, line_id=id_)[0]) for id_ in duty}
        theirs = _theirs(session, [reader.person_id for reader in readers if not reader.on_duty])
        found = {}
        for reader in readers:
            newest = latest.get(reader.line_id, Latest())
            parts: object = ("all", newest.put_out, theirs.get(reader.person_id))
            if reader.on_duty:
                parts = ("duty", newest.all, waits[reader.line_id])
            signed = hmac.new(keys[reader.line_id].encode(), f"board {parts}".encode(), hashlib.sha256)
            found[reader] = signed.hexdigest()[:LETTERS]
        return found

    def _look(self, session: Session) -> Mapping[int, Latest]:
        known = self._latest
        after = max(each.all for each in known.values()) - LATE if known else session.fetch(NEWEST)[0] - BACK
        found = dict(known)
        for line_id, newest, put_out in session.fetch(LATEST, after=after):
            before = found.get(line_id, Latest())
            found[line_id] = Latest(max(newest, before.all), max(put_out, before.put_out))
        self._latest = MappingProxyType(found)
        return found


def _theirs(session: Session, ids: Collection[int]) -> dict[int, list[tuple[int, str]]]:
    """By person, what they were asked about and have not answered, and what they have in hand."""
    if not ids:
        return {}
    asked = sa.select(col(Offer.person_id), col(Offer.request_id), sa.literal("asked")).where(
        col(Offer.person_id).in_(ids), IS_PENDING
    )
    held = sa.select(
        col(Assignment.person_id), col(Assignment.request_id), sa.cast(col(Assignment.state), sa.String)
    ).where(col(Assignment.person_id).in_(ids), in_literals(col(Assignment.state), HOLDING))
    found: dict[int, list[tuple[int, str]]] = {}
    for person_id, request_id, what in sorted(tuple(row) for row in session.execute(sa.union_all(asked, held))):
        found.setdefault(person_id, []).append((request_id, what))
    return found


def still(session: Session, ids: Collection[int], now: datetime) -> dict[int, tuple[BoardSession, Person]]:
    """Of these sessions of the board those that last, and whose they are."""
    query = (
        select(BoardSession, Person)
        .join(Person, col(Person.id) == col(BoardSession.person_id))
        .where(col(BoardSession.id).in_(ids), col(BoardSession.ended_at).is_(None), col(BoardSession.ends_at) > now)
    )
    return {kept.id: (kept, person) for kept, person in session.exec(query)} if ids else {}
