"""Requests that nobody has taken: what was done about them so far, and what a pause holds back."""

from datetime import datetime, timedelta
from typing import NamedTuple

import sqlalchemy as sa
from sqlmodel import select

from models.lines import Line
from models.offers import OFFERS, PENDING, State
from models.people import Person
from models.requests import Event, Request
from models.requests import State as RequestState
from models.store.session import Session
from models.store.statements import in_literals
from models.store.types import table

BEGINNINGS = ("opened", "dropped", "lapsed", "reopened", "stopped", "turn")  # events with which it is open (again)
ASKED_AGAIN = "asked_again"  # the event of a new round; its words say how many the one before had asked
REQUESTS, PEOPLE = table(Request), table(Person)


class Asked(NamedTuple):
    """How many volunteers were asked about a request, and how many of them said no."""

    people: int
    said_no: int


def asked(session: Session, request: Request) -> Asked:
    """How many were asked: in this round, or in the widest before, since a new one forgets who has not answered."""
    count, said_no = session.execute(
        sa.select(sa.func.count(), sa.func.count().filter(OFFERS.c.state == State.PASSED)).where(
            OFFERS.c.request_id == request.id
        )
    ).one()
    rounds = session.exec(select(Event.words).where(Event.request_id == request.id, Event.kind == ASKED_AGAIN))
    return Asked(max([count, *(int(words or 0) for words in rounds)]), said_no)


def renew(session: Session, request: Request, before: datetime) -> None:
    """Let those be asked again who were asked before then and have not answered. Whoever said PASS is not."""
    old = sa.delete(OFFERS).where(
        OFFERS.c.request_id == request.id, OFFERS.c.state != State.PASSED, OFFERS.c.created_at < before
    )
    session.execute(old)
    still = sa.exists().where(
        OFFERS.c.request_id == request.id,
        OFFERS.c.person_id == PEOPLE.c.id,
        in_literals(OFFERS.c.state, PENDING),
    )
    free = sa.update(PEOPLE).where(PEOPLE.c.pending_offer_request_id == request.id, ~still)
    session.execute(free.values(pending_offer_request_id=None))


def renew_answered(session: Session, request: Request) -> None:
    """Let those be asked again who let it expire, or whom others were faster than; not who still may answer."""
    stays = in_literals(OFFERS.c.state, (State.PASSED, *PENDING))
    session.execute(sa.delete(OFFERS).where(OFFERS.c.request_id == request.id, ~stays))


def _open(line: Line) -> tuple[sa.ColumnElement[bool], ...]:
    danger = sa.or_(REQUESTS.c.emergency, REQUESTS.c.danger.is_not(None))
    return REQUESTS.c.line_id == line.id, REQUESTS.c.state == RequestState.OPEN, ~danger


def look_at_all(session: Session, line: Line, now: datetime) -> int:
    """Let time look at every open request of the line at once, but for danger; returns how many there are."""
    due = sa.update(REQUESTS).where(*_open(line), REQUESTS.c.next_action_at.is_not(None))
    return int(session.execute(due.values(next_action_at=now)).rowcount)


def spread(session: Session, line: Line, since: datetime, gap: timedelta, longest: timedelta) -> int:
    """Let time look at every open request of the line, one every `gap` and none later than `longest`, but for danger.

    Returns how many there are.
    """
    many = session.execute(sa.update(REQUESTS).where(*_open(line)).values(next_action_at=since + longest)).rowcount
    turns = longest // gap if gap else 0  # in the time that nobody waits longer than; all others follow together
    first = sa.select(REQUESTS.c.id).where(*_open(line)).order_by(REQUESTS.c.number).limit(turns)
    for n, id_ in enumerate(list(session.execute(first).scalars())):
        session.execute(sa.update(REQUESTS).where(REQUESTS.c.id == id_).values(next_action_at=since + n * gap))
    return int(many)
