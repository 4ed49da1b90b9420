"""Taking an area or a whole line away: all that refers to it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import SQLModel, col, select

from models import people, requests
from models.lines import Area, Line
from models.requests import Request, State
from models.store.session import Session
from models.store.types import table

AREA_REMOVED = "area_removed"  # the event of a request that was there


@dataclass(frozen=True)
class Used:
    """Who and what is in an area."""

    only_there: int  # volunteers who chose no other
    live: int  # requests that are not closed


def used(session: Session, area: Area) -> Used:
    """Who and what would lose it."""
    everybody = people.everybody(session, area.line_id)
    live = select(Request.id).where(Request.area_id == area.id, col(Request.state) != State.CLOSED)
    return Used(sum(person.areas == [area.id] for person in everybody), len(session.exec(live)))


def remove(session: Session, area: Area, now: datetime) -> None:
    """Take it away: nothing and nobody is there any more. What is not closed yet remembers it."""
    live = select(Request).where(Request.area_id == area.id, col(Request.state) != State.CLOSED)
    for request in list(session.exec(live)):
        requests.record(session, request, AREA_REMOVED, now, words=area.name)
    for person in people.everybody(session, area.line_id):
        if area.id in person.areas:
            person.areas = [id_ for id_ in person.areas if id_ != area.id]
            session.add(person)
    for each in SQLModel.metadata.sorted_tables:
        for column in each.columns:
            if any(key.column is table(Area).c.id for key in column.foreign_keys):
                session.execute(sa.update(each).where(column == area.id).values({column.name: None}))
    session.cache.clear()
    session.execute(sa.delete(Area).where(col(Area.id) == area.id))


def live_requests(session: Session, line: Line) -> int:
    """How many of a line's requests are not closed."""
    live = select(Request.id).where(Request.line_id == line.id, col(Request.state) != State.CLOSED)
    return len(session.exec(live))


def remove_line(session: Session, line: Line) -> None:
    """Take a line away, with everybody and everything on it."""
    session.flush()
    session.cache.clear()
    for each in reversed(SQLModel.metadata.sorted_tables):
        condition = _of_line(each, line.id)
        if condition is not None:
            session.execute(sa.delete(each).where(condition))


def _of_line(each: sa.Table, line_id: int) -> Any:
    """What tells the rows of a line: their own column, or that of what they belong to."""
    if each is table(Line):
        return each.c.id == line_id
    if "line_id" in each.c:
        return each.c.line_id == line_id
    for column in each.columns:
        for key in column.foreign_keys:
            inner = _of_line(key.column.table, line_id)
            if inner is not None and not column.nullable:
                return column.in_(sa.select(key.column).where(inner))
    return None
