"""Erasing somebody: every row that is theirs is emptied or goes, by models/retention.py. What counts stays.

What stays of a person is a row without a name and without an address, to which their requests and events belong, and
to which nothing can be sent. Texts to others that may speak of them are emptied too once they have left.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlmodel import select

from models import erasures, former, inbound, kept_apart, lines, marks, mentions
from models.assignments import Assignment
from models.delivery.outbound import UNDER_WAY, UNSENT, Outbound, State, is_in
from models.erasures import Erasure
from models.inbound import Inbound
from models.lines import Line
from models.mentions import HEARD, ON_ITS_WAY
from models.people import Address, Person
from models.requests import Event, Outcome, Request
from models.retention import MARK, RETENTION, blanks, whose
from models.store.session import Session
from models.store.types import table

OUT, IN, ASKED, EVENTS = table(Outbound), table(Inbound), table(Request), table(Event)
NO_NEWS = timedelta(hours=1)  # after which what the carrier took counts as gone, though it never said so
UNCLEARED = 20  # people at a time
LAST_TEXTS = 10  # of theirs that are told from others without their words, however late they come again
ROWS = 10_000  # looked through in one transaction: texts that come in wait for it
AGAIN = timedelta(minutes=1)  # until what has not left is looked at once more
LONGEST_ON_ITS_WAY = timedelta(days=3)  # after which nothing goes again


def erase(session: Session, line: Line, person: Person, now: datetime) -> bool:
    """Nothing is known of them from now on. What they held, and who waits for them, must be seen to before.

    Returns whether there is more to look through for what others have said of them.
    """
    session.leave_no_trace = True
    homes = session.exec(select(Address).where(Address.person_id == person.id))
    numbers = sorted({home.value for home in homes})
    uses = RETENTION[Person].uses
    kept = {name: getattr(person, name) for name, use in uses.items() if use is MARK and getattr(person, name)}
    sids = [text.sid for text in inbound.lately(session, person.id, LAST_TEXTS)]
    for number in numbers:
        marks.leave(session, line, number, now, kept, sids)
    more = [_empty(session, line, one, numbers, now) for one in former.of_numbers(session, line, numbers)]
    return any([*more, _empty(session, line, person, numbers, now)])


def erase_former(session: Session, line: Line, people: Iterable[Person], number: str, now: datetime) -> None:
    """What is left of people who had this number until they were taken off, and of whom no more was known since."""
    session.leave_no_trace = True
    marks.leave(session, line, number, now, {}, ())
    for person in people:
        _empty(session, line, person, [number], now)


def empty_former(session: Session, line: Line, person: Person, now: datetime) -> None:
    """The same where only the hash of the number is known."""
    session.leave_no_trace = True
    _empty(session, line, person, [], now)


def _empty(session: Session, line: Line, person: Person, numbers: list[str], now: datetime) -> bool:
    kept_apart.seal(session, line, person.id, numbers)
    _take_out_of_merged(session, person.id)
    _empty_talk(session, line, person, now)
    things = mentions.things_of(person.name, numbers)
    if before := erasures.of(session, person.id):  # erased once more, after a restore
        things += before.things
    for of, retention in RETENTION.items():
        if not retention.of or of in (Person, Outbound):
            continue
        if retention.goes:
            session.execute(sa.delete(of).where(whose(of, person.id)))
        elif values := blanks(of):
            session.execute(sa.update(of).where(whose(of, person.id)).values(values))
    session.execute(
        sa.update(OUT)
        .where(OUT.c.person_id == person.id, OUT.c.state.in_((*UNSENT, *UNDER_WAY, State.WAITS)))
        .values(state=State.CANCELLED, changed_at=now)
    )
    session.execute(sa.update(OUT).where(OUT.c.person_id == person.id).values(blanks(Outbound)))
    session.execute(sa.update(ASKED).where(ASKED.c.person_id == person.id).values(blanked_at=now))
    session.execute(sa.update(table(Person)).where(table(Person).c.id == person.id).values(blanks(Person)))
    session.refresh(person)
    person.erased_at = person.opted_out_at = now  # whatever still comes for them is sifted out as after STOP
    session.add(person)
    erasure = _begin(session, person, things, now)
    _look_through(session, line, person, erasure, now, ROWS)
    return bool(erasure.unread)


def _begin(session: Session, person: Person, things: list[str], now: datetime) -> Erasure:
    rows = mentions.all_rows(session)
    first = rows.get(OUT.name, 0) + 1  # those that tell others of it come next
    return session.create(
        Erasure,
        line_id=person.line_id,
        person_id=person.id,
        things=things,
        unread=rows,
        waits_from=first,
        looked_at=now,
    )


def clear(session: Session, line_id: int, now: datetime) -> timedelta | None:
    """Go on with those who were erased: what others said of them, and what was on its way, their confirmation too.

    Returns after how long there is more to do; None if all is done.
    """
    line = lines.by_id(session, line_id)
    for person in erasures.unnoted(session, line_id, UNCLEARED):
        _begin(session, person, [], now)
    session.flush()
    rows = ROWS
    for erasure in erasures.next_ones(session, line_id, now, AGAIN, UNCLEARED):
        session.leave_no_trace = True
        rows = _look_through(session, line, session.get_one(Person, erasure.person_id), erasure, now, rows)
        if rows <= 0:
            break
    session.flush()
    going_on = erasures.all_of(session, line_id)
    if any(erasure.unread for erasure in going_on):
        return timedelta()
    return AGAIN if going_on or erasures.unnoted(session, line_id, 1) else None


def _look_through(session: Session, line: Line, person: Person, erasure: Erasure, now: datetime, rows: int) -> int:
    """Go on with somebody, and end it if nothing is left; returns how many rows may still be looked at."""
    assert person.erased_at is not None
    left = _left(now, late=now - person.erased_at > LONGEST_ON_ITS_WAY)
    rows = mentions.look_through(session, line, person, erasure, left, rows)
    theirs = OUT.c.person_id == person.id
    session.execute(sa.update(OUT).where(theirs, left).values(blanks(Outbound)))
    erasure.looked_at = now
    session.add(erasure)
    if erasure.unread or now == person.erased_at:  # what tells others of it is not written yet
        return rows
    among = [OUT.c.id >= erasure.waits_from]
    if erasure.waits_to is not None:
        among.append(OUT.c.id <= erasure.waits_to)
    mentions.empty_others(session, person, left, *among)
    waiting = mentions.waits(session, person, *among)
    still = sa.select(OUT.c.id).where(theirs, OUT.c.body != "").limit(1)
    if waiting is None and session.execute(still).first() is None:
        person.cleared_at = now
        session.add(person)
        erasures.end(session, erasure)
    else:
        erasure.waits_from, erasure.waits_to = waiting or (1, 0)
    return rows


def _left(now: datetime, *, late: bool) -> sa.ColumnElement[bool]:
    """Whether a text has left for good."""
    if late:
        return sa.true()
    unheard = sa.and_(OUT.c.state == State.ACCEPTED, OUT.c.changed_at < now - NO_NEWS)
    return sa.or_(OUT.c.state.not_in(ON_ITS_WAY), unheard)


def _empty_talk(session: Session, line: Line, person: Person, now: datetime) -> None:
    """What waits about what they asked for does not leave any more; what who had a part in it said is not kept."""
    own = mentions.own_requests(person)
    for state in (*UNSENT, State.WAITS):  # one by one, by an index of the few that are
        stays = is_in(state), OUT.c.request_id.in_(own)
        session.execute(sa.update(OUT).where(*stays).values(state=State.CANCELLED, changed_at=now))
    with_them = sa.union(
        sa.select(EVENTS.c.by_person_id).where(EVENTS.c.request_id.in_(own), EVENTS.c.by_person_id.is_not(None)),
        sa.select(table(Assignment).c.person_id).where(table(Assignment).c.request_id.in_(own)),
    )
    since = sa.select(sa.func.min(ASKED.c.created_at)).where(ASKED.c.person_id == person.id).scalar_subquery()
    session.execute(
        sa.update(IN)
        .where(
            IN.c.line_id == person.line_id,
            IN.c.person_id.in_(with_them),
            IN.c.id > line.swept.get(IN.name, 0),
            IN.c.received_at >= since,
            IN.c.received_at <= now,
            IN.c.body != "",
        )
        .values(HEARD)
    )


def _take_out_of_merged(session: Session, person_id: int) -> None:
    """Take their words out of the requests of others that theirs were merged into."""
    merged = select(Request).where(
        Request.person_id == person_id, Request.outcome == Outcome.MERGED, Request.text != ""
    )
    for gone in session.exec(merged):
        kept = session.get(Request, gone.parent_request_id) if gone.parent_request_id is not None else None
        if kept is None or kept.person_id == person_id:
            continue
        kept.text = kept.text.replace(gone.text, "").strip()
        for name in ("place", "vicinity"):
            if getattr(kept, name) is not None and getattr(kept, name) == getattr(gone, name):
                setattr(kept, name, None)
        session.add(kept)
        added = EVENTS.c.request_id == kept.id, EVENTS.c.words == gone.text
        session.execute(sa.update(EVENTS).where(*added).values(words=None))
