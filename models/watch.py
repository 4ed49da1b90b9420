"""The watch: who had it, for how long, and whom danger may call to it when nobody on duty answers."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlmodel import col, select

from models import person_events
from models.people import HELPING, Person
from models.person_events import WATCH_BEGAN, WATCH_ENDED, PersonEvent
from models.requests import Request, State
from models.shifts import Shift
from models.store.session import Session


def end(session: Session, person: Person, now: datetime) -> None:
    """Somebody is not on duty any more; when they were stays known.

    Both moments are written at its end: a watch begins in many ways (a text, the clock, the host), and no way may
    forget to write it down.
    """
    if person.on_duty_since is not None:
        person_events.record(session, person.line_id, person.id, WATCH_BEGAN, person.on_duty_since)
        person_events.record(session, person.line_id, person.id, WATCH_ENDED, now)
    person.on_duty_since, person.duty_at = None, now
    session.add(person)


def held(session: Session, line_id: int, since: datetime, until: datetime) -> Mapping[int, timedelta]:
    """How long each of the line's volunteers was on duty between these moments; who never was is not in it."""
    # The beginnings of watches that ended after `since` may be long before it, but never without their end.
    ended = select(PersonEvent.person_id).where(
        PersonEvent.line_id == line_id, PersonEvent.kind == WATCH_ENDED, PersonEvent.at > since
    )
    events = select(PersonEvent).where(
        col(PersonEvent.person_id).in_(ended), col(PersonEvent.kind).in_((WATCH_BEGAN, WATCH_ENDED))
    )
    found: dict[int, timedelta] = defaultdict(timedelta)
    began: dict[int, datetime] = {}
    for event in session.exec(events.order_by(col(PersonEvent.id))):
        if event.kind == WATCH_BEGAN:
            began[event.person_id] = event.at
        elif (start := began.pop(event.person_id, None)) is not None:
            found[event.person_id] += _within(start, event.at, since, until)
    still = select(Person).where(Person.line_id == line_id, col(Person.on_duty_since) < until)
    for person in session.exec(still):
        if person.on_duty_since is not None:
            found[person.id] += _within(person.on_duty_since, until, since, until)
    return {who: time for who, time in found.items() if time}


def _within(start: datetime, end_: datetime, since: datetime, until: datetime) -> timedelta:
    return max(min(end_, until) - max(start, since), timedelta(0))


def called_since(session: Session, line_id: int, since: datetime) -> list[datetime]:
    """When people were asked to take the watch since then."""
    asked = select(Person.watch_asked_at).where(
        Person.line_id == line_id,
        *HELPING,
        col(Person.watch_asked_at) >= since,
    )
    return [moment for moment in session.exec(asked) if moment is not None]


def do_duty(session: Session, line_id: int, *, since: datetime, most: int) -> list[Person]:
    """Vouched volunteers who have been on duty since then, or have a turn in the roster; the latest first."""
    has_shift = sa.exists().where(col(Shift.person_id) == col(Person.id))
    found = select(Person).where(
        Person.line_id == line_id,
        *HELPING,
        sa.or_(col(Person.duty_at) >= since, has_shift),
    )
    never_last = sa.case((col(Person.duty_at).is_(None), 1), else_=0)
    return session.exec(found.order_by(never_last, col(Person.duty_at).desc(), col(Person.id)).limit(most))


def volunteers(session: Session, line_id: int) -> list[Person]:
    """Everybody who is vouched for and may be texted."""
    found = select(Person).where(
        Person.line_id == line_id,
        *HELPING,
    )
    return session.exec(found.order_by(col(Person.id)))


def who_asked(session: Session, line_id: int) -> list[Person]:
    """Everybody who has asked for something and not got it yet, and may be texted; but whoever is in danger."""
    waits = select(Request.person_id).where(
        Request.line_id == line_id, col(Request.state) != State.CLOSED, col(Request.danger).is_(None)
    )
    found = select(Person).where(
        col(Person.id).in_(waits), col(Person.opted_out_at).is_(None), col(Person.silent_since).is_(None)
    )
    return session.exec(found.order_by(col(Person.id)))


def may_be_called(
    session: Session,
    line_id: int,
    *,
    not_since: datetime,
    most: int,
    wakeable: bool,
    without: Collection[int],
    rested_since: datetime | None = None,
) -> list[Person]:
    """Vouched volunteers who are not on duty and were not asked since then, the longest ago first.

    With `rested_since`, before them those who had no watch since that moment.
    """
    rested = [sa.case((col(Person.duty_at) >= rested_since, 1), else_=0)] if rested_since is not None else []
    never_first = sa.case((col(Person.watch_asked_at).is_(None), 0), else_=1)
    free = select(Person).where(
        Person.line_id == line_id,
        *HELPING,
        col(Person.on_duty_since).is_(None),
        col(Person.id).not_in(without),
        sa.or_(col(Person.watch_asked_at).is_(None), col(Person.watch_asked_at) < not_since),
        col(Person.wake_since).is_not(None) if wakeable else col(Person.wake_since).is_(None),
    )
    return session.exec(
        free.order_by(*rested, never_first, col(Person.watch_asked_at), col(Person.id)).limit(max(most, 0))
    )
