"""Needs that come again: a row a need, and a row for each of its occurrences that was opened, skipped or missed.

The rule is an RRULE (RFC 5545) over dates of the line's own clock; hours are put on that clock last, so that a change
of the clocks moves no occurrence to another day. One conditional UPDATE of `next_on` decides who deals with an
occurrence, and UNIQUE (need, date) holds whatever happens to that.
"""

from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from dateutil.rrule import rrule, rrulestr
from sqlmodel import JSON, Column, Field, col, select

from models.assignments import Assignment
from models.assignments import State as AssignmentState
from models.due_rows import DueRow, DueRows
from models.hours import moment_of
from models.requests import Request, Timing, Urgency
from models.store.session import Session
from models.store.statements import Precompiled
from models.store.types import EnumString, Model, UtcDateTime

DUE = sa.text("next_at IS NOT NULL")
GOES_ON = sa.text("ended_at IS NULL")
DAY = 24 * 60  # minutes
ONE_DAY = timedelta(days=1)


class Fate(StrEnum):
    """What became of an occurrence."""

    OPENED = "opened"
    SKIPPED = "skipped"  # the neighbor said so
    MISSED = "missed"  # we were down, or a person had to look at the one before


class RecurringNeed(DueRow, table=True):
    """What a neighbor needs again and again. `place` and `text` are theirs, as those of a request are."""

    __table_args__ = (
        sa.Index("ix_recurringneed_due", "next_at", sqlite_where=DUE, postgresql_where=DUE),
        sa.Index("ix_recurringneed_person", "person_id", sqlite_where=GOES_ON, postgresql_where=GOES_ON),
    )

    person_id: int = Field(foreign_key="person.id")
    rule: str  # FREQ=WEEKLY;BYDAY=TU
    starts_on: str  # the date from which the rule counts
    needed_as: Timing = Field(default=Timing.WITHIN, sa_type=EnumString(Timing))
    begins: int = 0  # minutes of the local day at which it is needed
    ends: int = DAY
    needs: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    people: int | None = None
    urgency: Urgency | None = Field(default=None, sa_type=EnumString(Urgency))
    area_id: int | None = Field(default=None, foreign_key="area.id")
    vicinity: str | None = None
    place: str | None = None
    text: str = ""
    language: str = "en"
    helper_id: int | None = Field(default=None, foreign_key="person.id")  # who said that they do it every time
    next_on: str | None = None  # the date of the next occurrence
    review_at: datetime | None = Field(default=None, sa_type=UtcDateTime)  # when the neighbor is asked whether still
    review_asks: int = 0  # how often they were, without an answer
    paused_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    created_at: datetime = Field(sa_type=UtcDateTime)

    @property
    def goes_on(self) -> bool:
        """Neither ended nor paused."""
        return self.ended_at is None and self.paused_at is None

    def after(self, day: date) -> date | None:
        """The first date of the rule after this one; None if there is none any more."""
        return after(self.rule, date.fromisoformat(self.starts_on), day)

    def before(self, day: date) -> date | None:
        """The last date of the rule before this one; None if that is the first."""
        found = _rule(self.rule, date.fromisoformat(self.starts_on)).before(datetime.combine(day, time()))
        return found.date() if found is not None else None

    def needed(self, day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """From when until when it is needed on that date, in UTC. An hour that the clocks skip is the one after."""
        return moment_of(day, self.begins, zone), moment_of(day, self.ends, zone)


class Occurrence(Model, table=True):
    """One date of a need: at most one row, whoever deals with it."""

    __table_args__ = (
        sa.UniqueConstraint("recurring_id", "day"),
        sa.Index("ix_occurrence_request", "request_id"),
    )

    id: int = Field(default=None, primary_key=True)
    recurring_id: int = Field(foreign_key="recurringneed.id")
    person_id: int = Field(foreign_key="person.id")
    day: str  # a date of the line's own clock
    fate: Fate = Field(sa_type=EnumString(Fate))
    request_id: int | None = Field(default=None, foreign_key="request.id")
    at: datetime = Field(sa_type=UtcDateTime)


DUE_ROWS = DueRows(RecurringNeed)


def _rule(rule: str, starts_on: date) -> rrule:
    found = rrulestr(rule, dtstart=datetime.combine(starts_on, time()))
    assert isinstance(found, rrule)
    return found


def after(rule: str, starts_on: date, day: date) -> date | None:
    """The first date of a rule after this one. Raises ValueError where the rule is none."""
    found = _rule(rule, starts_on).after(datetime.combine(day, time()))
    return found.date() if found is not None else None


def first(rule: str, day: date) -> date | None:
    """The first date of a rule that counts from this one, the day itself included."""
    return after(rule, day, day - ONE_DAY)


def create(
    session: Session, request: Request, rule: str, first_on: date, now: datetime, **more: Any
) -> RecurringNeed:
    """A need that comes again, like this request, which is the first of its occurrences."""
    need = session.create(
        RecurringNeed,
        line_id=request.line_id,
        person_id=request.person_id,
        rule=rule,
        starts_on=first_on.isoformat(),
        needs=list(request.needs),
        people=request.people,
        urgency=request.urgency,
        area_id=request.area_id,
        vicinity=request.vicinity,
        place=request.place,
        text=request.text,
        language=request.language,
        created_at=now,
        **more,
    )
    note(session, need, first_on.isoformat(), Fate.OPENED, now, request)
    return need


def note(session: Session, need: RecurringNeed, day: str, fate: Fate, now: datetime, request: Request | None) -> None:
    """Keep what became of a date."""
    about = request.id if request is not None else None
    session.create(
        Occurrence,
        recurring_id=need.id,
        person_id=need.person_id,
        day=day,
        fate=fate,
        request_id=about,
        at=now,
    )


def _change(session: Session, need: RecurringNeed, *fits: sa.ColumnElement[bool], **values: Any) -> bool:
    session.flush()
    alive = col(RecurringNeed.id) == need.id, col(RecurringNeed.ended_at).is_(None)
    won = session.execute(sa.update(RecurringNeed).where(*alive, *fits).values(**values))
    session.refresh(need)
    return won.rowcount == 1


def advance(session: Session, need: RecurringNeed, seen: str, following: date | None, at: datetime | None) -> bool:
    """Pass from the occurrence of one date to the following; True for exactly one of all who try."""
    to = following.isoformat() if following is not None else None
    runs = col(RecurringNeed.next_on) == seen, col(RecurringNeed.paused_at).is_(None)
    return _change(session, need, *runs, next_on=to, next_at=at)


def end(session: Session, need: RecurringNeed, now: datetime) -> bool:
    """It comes no more, and its words are not kept; False if it had ended before."""
    gone: dict[str, Any] = {"text": "", "place": None, "vicinity": None}
    return _change(session, need, ended_at=now, next_on=None, next_at=None, review_at=None, **gone)


def pause(session: Session, need: RecurringNeed, now: datetime, until: datetime) -> bool:
    """Nothing opens any more until somebody says so; unless they do by then, time ends it."""
    runs = col(RecurringNeed.paused_at).is_(None)
    return _change(session, need, runs, paused_at=now, next_on=None, next_at=until, review_at=None)


def resume(session: Session, need: RecurringNeed, on: date | None, at: datetime | None) -> bool:
    """It goes on with this date; False if it was not paused."""
    paused = col(RecurringNeed.paused_at).is_not(None)
    to = on.isoformat() if on is not None else None
    return _change(session, need, paused, paused_at=None, review_asks=0, next_on=to, next_at=at)


def of_person(session: Session, person_id: int) -> list[RecurringNeed]:
    """What of theirs has not ended, the oldest first."""
    theirs = select(RecurringNeed).where(RecurringNeed.person_id == person_id, col(RecurringNeed.ended_at).is_(None))
    return list(session.exec(theirs.order_by(col(RecurringNeed.id))))


OF_REQUEST: Precompiled[RecurringNeed] = Precompiled(
    select(RecurringNeed)
    .join(Occurrence, col(Occurrence.recurring_id) == col(RecurringNeed.id))
    .where(col(Occurrence.request_id) == sa.bindparam("request_id"))
    .order_by(col(RecurringNeed.id).desc())
)


def of_request(session: Session, request: Request) -> RecurringNeed | None:
    """The need of which this request is an occurrence, ended or not; the latest, where they said it anew.

    Asks nothing of one that does not repeat.
    """
    if request.repeats is None:
        return None
    return session.fetch(OF_REQUEST, request_id=request.id).first()


def last_request(session: Session, need: RecurringNeed) -> Request | None:
    """The request of its latest occurrence that was opened."""
    theirs = (
        select(Request)
        .join(Occurrence, col(Occurrence.request_id) == col(Request.id))
        .where(Occurrence.recurring_id == need.id)
    )
    return session.exec(theirs.order_by(col(Occurrence.day).desc()).limit(1)).first()


def numbers(session: Session, need: RecurringNeed) -> list[int]:
    """The numbers of its requests, the last one last."""
    theirs = (
        select(Request.number)
        .join(Occurrence, col(Occurrence.request_id) == col(Request.id))
        .where(Occurrence.recurring_id == need.id)
    )
    return list(session.exec(theirs.order_by(col(Request.number))))


def last_helper(session: Session, need: RecurringNeed) -> int | None:
    """Who helped with the latest occurrence with which somebody did."""
    helped = (
        select(Assignment.person_id)
        .join(Occurrence, col(Occurrence.request_id) == col(Assignment.request_id))
        .where(Occurrence.recurring_id == need.id, Assignment.state == AssignmentState.DONE)
    )
    return session.exec(helped.order_by(col(Occurrence.day).desc(), col(Assignment.id).desc()).limit(1)).first()


def occurrence(session: Session, need: RecurringNeed, day: str) -> Occurrence | None:
    """What became of this date, if anything has."""
    theirs = select(Occurrence).where(Occurrence.recurring_id == need.id, Occurrence.day == day)
    return session.exec(theirs).first()


def skipped(session: Session, need: RecurringNeed, request: Request) -> None:
    """The neighbor does not need it this once."""
    mine = col(Occurrence.recurring_id) == need.id, col(Occurrence.request_id) == request.id
    session.execute(sa.update(Occurrence).where(*mine).values(fate=Fate.SKIPPED))
