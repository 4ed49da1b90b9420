"""The end of a line: who hears of it, what is still open then, and whom it still has to forget."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import col, select

from models.lines import Line
from models.people import Person
from models.person_events import END_TOLD, GOES_ON_TOLD, PersonEvent
from models.pledges import Pledge
from models.pledges import State as PledgeState
from models.recurring import RecurringNeed
from models.requests import LIVE, Event, Outcome, Request, State
from models.store.session import Session
from models.store.types import table

HANDED_ON = "handed_on"  # the event: its neighbor has heard who else helps, before the line ends
CAME = (Outcome.FULFILLED, Outcome.PARTIAL, Outcome.UNCONFIRMED)


def _may_be_told(line: Line) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        col(Person.line_id) == line.id,
        col(Person.erased_at).is_(None),
        col(Person.opted_out_at).is_(None),
        col(Person.silent_since).is_(None),
        col(Person.banned_at).is_(None),
    )


def _heard(kind: str, since: datetime) -> sa.ColumnElement[bool]:
    """Whether somebody has heard this of the end that was decided then."""
    theirs = col(PersonEvent.person_id) == col(Person.id), col(PersonEvent.kind) == kind, col(PersonEvent.at) >= since
    return sa.exists().where(*theirs)


def to_tell(session: Session, line: Line, since: datetime, most: int) -> list[Person]:
    """The next whom the end concerns and who have not heard of it: who helps or wants to, who waits for something.

    What is about danger is with duty, and its neighbor gets nothing unasked.
    """
    waits = (
        sa.exists().where(
            col(Request.person_id) == col(Person.id), col(Request.state).in_(LIVE), col(Request.danger).is_(None)
        ),
        sa.exists().where(col(RecurringNeed.person_id) == col(Person.id), col(RecurringNeed.ended_at).is_(None)),
        sa.exists().where(col(Pledge.person_id) == col(Person.id), col(Pledge.state) == PledgeState.OPEN),
    )
    concerned = sa.or_(col(Person.helper_since).is_not(None), *waits)
    query = select(Person).where(*_may_be_told(line), concerned, ~_heard(END_TOLD, since))
    return list(session.exec(query.order_by(col(Person.id)).limit(most)))


def to_tell_otherwise(session: Session, line: Line, since: datetime, most: int) -> list[Person]:
    """The next who have heard of the end, and not yet that it was taken back."""
    told = _heard(END_TOLD, since), ~_heard(GOES_ON_TOLD, since)
    query = select(Person).where(*_may_be_told(line), *told)
    return list(session.exec(query.order_by(col(Person.id)).limit(most)))


def still_open(session: Session, line: Line) -> list[Request]:
    """What anybody may still take; nothing that is about danger."""
    query = select(Request).where(
        col(Request.line_id) == line.id, col(Request.state) == State.OPEN, col(Request.danger).is_(None)
    )
    return list(session.exec(query.order_by(col(Request.number))))


def to_hand_on(session: Session, line: Line, since: datetime, most: int) -> list[Request]:
    """The next of these whose neighbor has not heard yet who else helps."""
    told = sa.exists().where(
        col(Event.request_id) == col(Request.id), col(Event.kind) == HANDED_ON, col(Event.at) >= since
    )
    query = select(Request).where(
        col(Request.line_id) == line.id, col(Request.state) == State.OPEN, col(Request.danger).is_(None), ~told
    )
    return list(session.exec(query.order_by(col(Request.number)).limit(most)))


def live(session: Session, line: Line, most: int) -> list[Request]:
    """The next that are not over."""
    query = select(Request).where(col(Request.line_id) == line.id, col(Request.state).in_(LIVE))
    return list(session.exec(query.order_by(col(Request.number)).limit(most)))


def carried(session: Session, line: Line) -> int:
    """How many requests somebody brought."""
    known = Request.line_id == line.id, col(Request.outcome).in_(CAME)
    return session.exec(select(sa.func.count()).where(*known)).one()


def next_to_forget(session: Session, line: Line, known_since: datetime) -> Person | None:
    """The next of those known since then who is not erased yet."""
    known = col(Person.line_id) == line.id, col(Person.erased_at).is_(None), col(Person.created_at) <= known_since
    return session.exec(select(Person).where(*known).order_by(col(Person.id)).limit(1)).first()


def wake_recurring(session: Session, line: Line, now: datetime) -> None:
    """Time looks at once at what comes again: it was held back for the end."""
    of = table(RecurringNeed)
    waits = of.c.line_id == line.id, of.c.ended_at.is_(None), of.c.paused_at.is_(None), of.c.next_at > now
    session.execute(sa.update(of).where(*waits).values(next_at=now))
