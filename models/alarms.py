"""Alarms: somebody may be in danger, and until somebody on duty has answered, time says it again."""

from collections.abc import Collection
from datetime import datetime
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Field, col, select

from models.due_rows import DueRow, DueRows
from models.people import Person
from models.requests import LONGEST_TEXT, Request
from models.store.session import Session
from models.store.statements import Precompiled
from models.store.types import UtcDateTime

DUE = sa.text("next_at IS NOT NULL")
UNHEARD = sa.text("heard_at IS NULL AND ended_at IS NULL")
MANY = 20
THEN = "\n"  # between the words that tell of danger and the last that came after


class Alarm(DueRow, table=True):
    """One danger, kept with the request that carries the talk about it. It waits until it is heard, or has ended."""

    __table_args__ = (
        sa.Index("ix_alarm_due", "next_at", sqlite_where=DUE, postgresql_where=DUE),
        sa.Index("ix_alarm_unheard", "line_id", sqlite_where=UNHEARD, postgresql_where=UNHEARD),
    )

    request_id: int = Field(foreign_key="request.id", unique=True)
    person_id: int = Field(foreign_key="person.id")  # who spoke of it
    kind: str
    words: str = ""  # those that told of danger, and the last after them
    raised_at: datetime = Field(sa_type=UtcDateTime)
    step: int = 0  # how often time has acted on it since then
    heard_at: datetime | None = Field(default=None, sa_type=UtcDateTime)  # somebody answered it, or has taken it
    taken_by_person_id: int | None = Field(default=None, foreign_key="person.id")
    safe_at: datetime | None = Field(default=None, sa_type=UtcDateTime)  # they said that all is well
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)

    @property
    def unheard(self) -> bool:
        """Whether nobody has answered it yet."""
        return self.heard_at is None and self.ended_at is None

    @property
    def said(self) -> str:
        """The words that told of danger, and the last after them."""
        return " / ".join(part for part in self.words.split(THEN) if part)


DUE_ROWS = DueRows(Alarm)


@cache
def _making(dialect: str) -> Precompiled[None]:
    on: Any = postgresql if dialect == "postgresql" else sqlite
    names = ("line_id", "request_id", "person_id", "kind", "words", "step")
    when = sa.bindparam("raised_at", type_=UtcDateTime)
    new = on.insert(Alarm).values({name: sa.bindparam(name) for name in names} | {"raised_at": when})
    return Precompiled(new.on_conflict_do_nothing(index_elements=["request_id"]))


def raise_(
    session: Session, request: Request, kind: str, words: str, now: datetime, first: datetime, *, by: int
) -> Alarm:
    """Somebody speaks of danger: the alarm about this request, which begins anew unless it is up already."""
    words = " ".join(words.split())[:LONGEST_TEXT]
    alarm = of(session, request)
    if alarm is None:
        values = {"line_id": request.line_id, "request_id": request.id, "person_id": by, "kind": kind}
        session.modify(_making(session.dialect.name), **values, words=words, step=0, raised_at=now)
        alarm = session.exec(select(Alarm).where(Alarm.request_id == request.id)).one()
        alarm.next_at = first
    elif not alarm.unheard:
        alarm.raised_at, alarm.step, alarm.next_at = now, 0, first
        alarm.heard_at = alarm.taken_by_person_id = alarm.ended_at = None
    alarm.words, alarm.safe_at, alarm.kind = words, None, kind
    session.add(alarm)
    return alarm


def of(session: Session, request: Request) -> Alarm | None:
    """The alarm about a request, ended or not."""
    return session.exec(select(Alarm).where(Alarm.request_id == request.id)).first()


def add_words(session: Session, alarm: Alarm, words: str) -> None:
    """Keep the last words beside those that told of danger."""
    told = alarm.words.split(THEN)[0]
    alarm.words = f"{told}{THEN}{' '.join(words.split())}"[:LONGEST_TEXT]
    session.add(alarm)


def hear(session: Session, alarm: Alarm, now: datetime, *, by: int, until: datetime | None = None) -> None:
    """Somebody has answered it; or has taken it, and must be seen at work before `until`."""
    alarm.heard_at, alarm.taken_by_person_id, alarm.next_at = now, by, until
    if alarm.safe_at is not None:  # all is well, and now somebody has read it
        alarm.ended_at = alarm.ended_at or now
        alarm.next_at = None
    session.add(alarm)


def end(session: Session, alarm: Alarm, now: datetime) -> None:
    """It is over."""
    alarm.ended_at, alarm.next_at = alarm.ended_at or now, None
    session.add(alarm)


def let_go(session: Session, person_id: int, now: datetime) -> None:
    """Somebody leaves the watch: what they have taken and not answered is up again."""
    taken = select(Alarm).where(
        col(Alarm.next_at).is_not(None), Alarm.taken_by_person_id == person_id, col(Alarm.ended_at).is_(None)
    )
    for alarm in session.exec(taken):
        alarm.next_at = now
        session.add(alarm)


def taken(session: Session, ids: Collection[int]) -> dict[int, tuple[Alarm, Person]]:
    """By id of these requests, the alarms that somebody has answered and that have not ended, and who that is."""
    if not ids:
        return {}
    query = (
        select(Alarm, Person)
        .join(Person, col(Person.id) == col(Alarm.taken_by_person_id))
        .where(col(Alarm.request_id).in_(ids), col(Alarm.heard_at).is_not(None), col(Alarm.ended_at).is_(None))
    )
    return {alarm.request_id: (alarm, person) for alarm, person in session.exec(query)}


def unheard(session: Session, line_id: int, limit: int = 100) -> list[Alarm]:
    """The line's alarms that nobody has answered yet, the oldest first."""
    waiting = select(Alarm).where(
        Alarm.line_id == line_id, col(Alarm.heard_at).is_(None), col(Alarm.ended_at).is_(None)
    )
    return session.exec(waiting.order_by(col(Alarm.id)).limit(limit))


def lately(session: Session, line_id: int, since: datetime) -> list[Alarm]:
    """The line's alarms since then that have not ended."""
    up = select(Alarm).where(Alarm.line_id == line_id, Alarm.raised_at >= since, col(Alarm.ended_at).is_(None))
    return session.exec(up.order_by(col(Alarm.id)).limit(MANY))


def unheard_since(session: Session) -> dict[int, tuple[int, datetime]]:
    """By line, how many alarms nobody has answered yet, and since when the oldest of them."""
    count, oldest = sa.func.count(), sa.func.min(col(Alarm.raised_at), type_=UtcDateTime)
    waiting = sa.select(col(Alarm.line_id), count, oldest).where(
        col(Alarm.heard_at).is_(None), col(Alarm.ended_at).is_(None)
    )
    return {line: (number, since) for line, number, since in session.execute(waiting.group_by(col(Alarm.line_id)))}
