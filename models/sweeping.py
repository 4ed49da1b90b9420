"""What time erases: words, places and numbers of what is long over, and people of whom nothing was heard for long."""

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlmodel import SQLModel, col, select

from models import attachments, imports, marks
from models.alarms import Alarm
from models.assignments import Assignment
from models.assignments import State as AssignmentState
from models.broadcasts import Broadcast
from models.delivery.outbound import Attempt, Outbound, StatusEvent
from models.inbound import BY_PAGE, Inbound
from models.lines import Line
from models.people import Address, Person
from models.pledges import Pledge
from models.pledges import State as PledgeState
from models.purse import PurseEntry, PurseEvent
from models.requests import Event, Request, State
from models.retention import RETENTION, blanks
from models.shifts import Shift
from models.store.session import Session
from models.store.types import table

AT_CARRIER = "carrier_"
TEXTS = 500  # blanked in one transaction: texts that come in wait for it
REQUESTS = 50
ASKED, FORGOTTEN = 5, 1  # people in one transaction
WITH_REQUEST = (Event, Alarm, Assignment)
SENT_AT = {Inbound: "received_at", Outbound: "created_at"}
MARKS_KEPT = timedelta(days=365)  # of somebody by whom nothing else is kept


def blank(session: Session, line: Line, now: datetime) -> bool:
    """Empty some of what is over for so long; whether there may be more."""
    session.leave_no_trace = True
    before = now - timedelta(days=line.policy.keep_words_days)
    more = _requests(session, line, now, before)
    for of in (Inbound, Outbound):
        more = _texts(session, line, of, before) or more
    broadcast = table(Broadcast).c
    said = broadcast.line_id == line.id, broadcast.created_at < before, broadcast.words != ""
    session.execute(sa.update(Broadcast).where(*said).values(blanks(Broadcast)))
    pledge = table(Pledge).c
    over = pledge.line_id == line.id, pledge.state != PledgeState.OPEN, pledge.changed_at < before, pledge.text != ""
    session.execute(sa.update(Pledge).where(*over).values(blanks(Pledge)))
    asked = col(Person.line_id) == line.id, col(Person.question_asked_at) < before
    question = {"pending_question": sa.null(), "question_asked_at": None}
    session.execute(sa.update(Person).where(*asked).values(question))
    _purse(session, line, before)
    imports.blank(session, line.id, before)
    attachments.expire(session, line, now)
    marks.remove_older(session, line.id, now - MARKS_KEPT)
    return more


def _purse(session: Session, line: Line, before: datetime) -> None:
    """What nothing has become of for so long keeps its sum, and no words: neither its own nor those said about it."""
    entry, event = table(PurseEntry).c, table(PurseEvent).c
    old = sa.and_(entry.line_id == line.id, entry.changed_at < before)
    session.execute(sa.update(PurseEntry).where(old, entry.words.is_not(None)).values(blanks(PurseEntry)))
    about = event.entry_id.in_(sa.select(entry.id).where(old))
    said = event.line_id == line.id, event.words.is_not(None), event.at < before, about
    session.execute(sa.update(PurseEvent).where(*said).values(blanks(PurseEvent)))


def _requests(session: Session, line: Line, now: datetime, before: datetime) -> bool:
    of = table(Request)
    over = sa.select(of.c.id).where(
        of.c.line_id == line.id, of.c.state == State.CLOSED, of.c.blanked_at.is_(None), of.c.changed_at < before
    )
    ids = list(session.execute(over.order_by(of.c.changed_at).limit(REQUESTS)).scalars())
    if not ids:
        return False
    session.execute(sa.update(of).where(of.c.id.in_(ids)).values({**blanks(Request), "blanked_at": now}))
    for each in WITH_REQUEST:
        unless = RETENTION[each].unless
        rows = table(each).c.request_id.in_(ids), sa.true() if unless is None else ~unless
        session.execute(sa.update(each).where(*rows).values(blanks(each)))
    return len(ids) == REQUESTS


def _texts(session: Session, line: Line, of: type[SQLModel], before: datetime) -> bool:
    """Empty the next texts in the order of their ids, and take the carrier's ids off them."""
    name, columns = table(of).name, table(of).c
    rows = sa.select(columns.id, columns[SENT_AT[of]]).where(
        columns.line_id == line.id, columns.id > line.swept.get(name, 0)
    )
    ids = []
    for id_, at in session.execute(rows.order_by(columns.id).limit(TEXTS)):
        if at >= before:
            break
        ids.append(id_)
    if not ids:
        return False
    theirs = columns.line_id == line.id, columns.id.between(ids[0], ids[-1])
    gone = "gone-" + sa.cast(columns.id, sa.String) if of is Inbound else None
    session.execute(sa.update(table(of)).where(*theirs).values({**blanks(of), "sid": gone}))
    if of is Outbound:
        for about in (Attempt, StatusEvent):
            known = table(about).c.outbound_id.in_(sa.select(columns.id).where(*theirs))
            session.execute(sa.update(table(about)).where(known).values(sid=None))
    mark(session, line, name, ids[-1])
    return len(ids) == TEXTS


def mark(session: Session, line: Line, what: str, up_to: int) -> None:
    """This is done to all texts up to this id."""
    line.swept = {**line.swept, what: up_to}
    session.add(line)


def at_carrier(
    session: Session, line: Line, of: type[SQLModel], before: datetime, most: int
) -> list[tuple[int, str]]:
    """The next texts to delete at the carrier: those from before then, in the order of their ids, with its ids."""
    columns, done = table(of).c, line.swept.get(AT_CARRIER + table(of).name, 0)
    known = columns.sid.is_not(None), ~columns.sid.startswith(BY_PAGE)
    rows = sa.select(columns.id, columns.sid).where(
        columns.line_id == line.id, columns.id > done, columns[SENT_AT[of]] < before, *known
    )
    return [(id_, sid) for id_, sid in session.execute(rows.order_by(columns.id).limit(most))]


def deleted_at_carrier(session: Session, line: Line, of: type[SQLModel], up_to: int) -> None:
    """The carrier has none of the line's texts up to this id any more."""
    mark(session, line, AT_CARRIER + table(of).name, up_to)


def _silent(line_id: int, since: datetime) -> list[sa.ColumnElement[bool]]:
    """People of whom nothing was heard since then, and for whom nobody has to do anything."""
    wrote = sa.exists().where(col(Address.person_id) == col(Person.id), col(Address.last_heard_at) > since)
    asked = sa.exists().where(
        col(Request.person_id) == col(Person.id),
        sa.or_(col(Request.state) != State.CLOSED, col(Request.changed_at) > since),
    )
    holds = sa.exists().where(
        col(Assignment.person_id) == col(Person.id), col(Assignment.state) == AssignmentState.ACTIVE
    )
    watches = sa.exists().where(col(Shift.person_id) == col(Person.id))
    return [
        col(Person.line_id) == line_id,
        col(Person.erased_at).is_(None),
        col(Person.created_at) < since,
        col(Person.on_duty_since).is_(None),
        ~wrote,
        ~asked,
        ~holds,
        ~watches,
    ]


def silent_volunteers(session: Session, line: Line, now: datetime) -> list[Person]:
    """A few volunteers of whom nothing was heard for so long, and who have not been asked yet whether they stay."""
    since = now - timedelta(days=line.policy.forget_days)
    asked = col(Person.leave_asked_at)
    query = select(Person).where(
        *_silent(line.id, since),
        col(Person.helper_since).is_not(None),
        col(Person.opted_out_at).is_(None),
        sa.or_(asked.is_(None), asked < since),
    )
    return session.exec(query.order_by(col(Person.id)).limit(ASKED))


def forgotten(session: Session, line: Line, now: datetime) -> list[Person]:
    """The next people who are to be erased: silent for so long, and volunteers among them without an answer."""
    since = now - timedelta(days=line.policy.forget_days)
    asked = col(Person.leave_asked_at)
    notice = now - timedelta(days=line.policy.forget_notice_days)
    unasked = sa.or_(col(Person.helper_since).is_(None), col(Person.opted_out_at).is_not(None))
    query = select(Person).where(*_silent(line.id, since), sa.or_(unasked, sa.and_(asked >= since, asked <= notice)))
    return session.exec(query.order_by(col(Person.id)).limit(FORGOTTEN))
