"""Erasing somebody: every row that is theirs is emptied or goes, by models/retention.py. What counts stays.

What stays of a person is a row without a name and without an address, to which their requests and events belong, and
to which nothing can be sent. Texts to others that may speak of them are emptied too once they have left.
"""

import re
from collections.abc import Iterable
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlmodel import SQLModel, col, select

from models import former, inbound, kept_apart, marks
from models.assignments import Assignment
from models.delivery.outbound import UNDER_WAY, UNSENT, Outbound, State
from models.inbound import Inbound
from models.lines import Line
from models.people import Address, Person
from models.requests import Event, Outcome, Request
from models.retention import BLANK, MARK, RETENTION, blanks, whose
from models.store.session import Session
from models.store.types import table

OUT, IN, ASKED, EVENTS = table(Outbound), table(Inbound), table(Request), table(Event)
ON_ITS_WAY = (*UNSENT, *UNDER_WAY, State.ACCEPTED)  # the carrier may still want to have it again
NO_NEWS = timedelta(hours=1)  # after which what the carrier took counts as gone, though it never said so
HEARD = {name: empty for name, empty in blanks(Inbound).items() if name != "from_address"}  # what somebody said
SHORTEST_NAME = 3  # letters; a shorter one stands in too many words of others
UNCLEARED = 20  # people at a time
LAST_TEXTS = 10  # of theirs that are told from others without their words, however late they come again
LONGEST_ON_ITS_WAY = timedelta(days=3)  # after which nothing goes again


def erase(session: Session, line: Line, person: Person, now: datetime) -> None:
    """Nothing is known of them from now on. What they held, and who waits for them, must be seen to before."""
    session.leave_no_trace = True
    homes = session.exec(select(Address).where(Address.person_id == person.id))
    numbers = sorted({home.value for home in homes})
    uses = RETENTION[Person].uses
    kept = {name: getattr(person, name) for name, use in uses.items() if use is MARK and getattr(person, name)}
    sids = [text.sid for text in inbound.lately(session, person.id, LAST_TEXTS)]
    for number in numbers:
        marks.leave(session, line, number, now, kept, sids)
    for one in former.of_numbers(session, line, numbers):
        _empty(session, line, one, numbers, now)
    _empty(session, line, person, numbers, now)


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


def _empty(session: Session, line: Line, person: Person, numbers: list[str], now: datetime) -> None:
    kept_apart.seal(session, line, person.id, numbers)
    _take_out_of_merged(session, person.id)
    _unmention(session, line, [*_spellings(numbers), *_names(person.name)], person)
    _empty_others_texts(session, person, now)
    for of, retention in RETENTION.items():
        if not retention.of or of in (Person, Outbound):
            continue
        if retention.goes:
            session.execute(sa.delete(of).where(whose(of, person.id)))
        elif values := blanks(of):
            session.execute(sa.update(of).where(whose(of, person.id)).values(values))
    session.execute(
        sa.update(OUT)
        .where(OUT.c.person_id == person.id, OUT.c.state.in_((*UNSENT, *UNDER_WAY)))
        .values(state=State.CANCELLED, changed_at=now)
    )
    session.execute(sa.update(OUT).where(OUT.c.person_id == person.id).values(blanks(Outbound)))
    session.execute(sa.update(ASKED).where(ASKED.c.person_id == person.id).values(blanked_at=now))
    session.execute(sa.update(table(Person)).where(table(Person).c.id == person.id).values(blanks(Person)))
    session.refresh(person)
    person.erased_at = person.opted_out_at = now  # whatever still comes for them is sifted out as after STOP
    session.add(person)


def clear(session: Session, line_id: int, now: datetime) -> bool:
    """Empty what was on its way when somebody was erased, their confirmation too; whether more of it is."""
    waiting = select(Person).where(
        Person.line_id == line_id, col(Person.erased_at).is_not(None), col(Person.cleared_at).is_(None)
    )
    found = session.exec(waiting.order_by(col(Person.id)).limit(UNCLEARED))
    session.leave_no_trace = bool(found) or session.leave_no_trace
    for person in found:
        assert person.erased_at is not None
        late = now - person.erased_at > LONGEST_ON_ITS_WAY
        theirs = OUT.c.person_id == person.id
        session.execute(sa.update(OUT).where(theirs, _left(now, late)).values(blanks(Outbound)))
        left = _empty_others_texts(session, person, now, late=late)
        still = sa.select(OUT.c.id).where(theirs, OUT.c.body != "").limit(1)
        if session.execute(still).first() is None and not left:
            person.cleared_at = now
            session.add(person)
    return any(person.cleared_at is None for person in found) or len(found) == UNCLEARED


def _left(now: datetime, late: bool) -> sa.ColumnElement[bool]:
    """Whether a text has left for good."""
    if late:
        return sa.true()
    unheard = sa.and_(OUT.c.state == State.ACCEPTED, OUT.c.changed_at < now - NO_NEWS)
    return sa.or_(OUT.c.state.not_in(ON_ITS_WAY), unheard)


def _empty_others_texts(session: Session, person: Person, now: datetime, *, late: bool = False) -> bool:
    """Empty the texts to others that may speak of them, as far as these have left; whether some have not.

    That is each since they came, but those about a request in which they had no part. What waits about a request of
    their own does not leave any more; and of all who had a part in one, what they wrote since is not kept.
    """
    until = person.erased_at or now
    own = sa.select(ASKED.c.id).where(ASKED.c.person_id == person.id)
    part = own.union(
        sa.select(table(Assignment).c.request_id).where(table(Assignment).c.person_id == person.id),
        sa.select(EVENTS.c.request_id).where(EVENTS.c.by_person_id == person.id),
    )
    if person.erased_at is None:
        stays = OUT.c.state.in_(UNSENT), OUT.c.request_id.in_(own)
        session.execute(sa.update(OUT).where(*stays).values(state=State.CANCELLED, changed_at=now))
    speaks = sa.and_(
        OUT.c.line_id == person.line_id,
        OUT.c.created_at >= person.created_at,
        OUT.c.created_at <= until,
        OUT.c.body != "",
        OUT.c.person_id != person.id,
        sa.or_(OUT.c.request_id.is_(None), OUT.c.request_id.in_(part)),
    )
    session.execute(sa.update(OUT).where(speaks, _left(now, late)).values(body=""))
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
            IN.c.received_at >= since,
            IN.c.received_at <= until,
            IN.c.body != "",
        )
        .values(HEARD)
    )
    return session.execute(sa.select(OUT.c.id).where(speaks).limit(1)).first() is not None


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


def _names(name: str) -> list[str]:
    return [part for part in dict.fromkeys([name, *name.split()]) if len(part) >= SHORTEST_NAME]


def _spellings(numbers: Iterable[str]) -> list[str]:
    """How others may have written these numbers."""
    found: list[str] = []
    for number in numbers:
        digits = re.sub(r"\D", "", number)
        found.append(number)
        if len(digits) >= 10:
            a, b, c = digits[-10:-7], digits[-7:-4], digits[-4:]
            found += [digits, a + b + c, *(f"{a}{gap}{b}{gap}{c}" for gap in "-. "), f"({a}) {b}-{c}", f"{b}-{c}"]
    return found


def _unmention(session: Session, line: Line, things: list[str], person: Person) -> None:
    """Take a name and a number out of what others have said: whole texts that were only kept, else the words."""
    if not things:
        return
    longest_first = sorted(things, key=len, reverse=True)
    whole = re.compile("|".join(rf"(?<!\w){re.escape(thing)}(?!\w)" for thing in longest_first))
    for of, retention in RETENTION.items():
        names = [name for name, use in retention.uses.items() if use is BLANK and name in WORDS]
        for name in names if of is not Person else ():
            _unmention_in(session, line, of, name, things, whole, person)


WORDS = frozenset({"words", "text", "body", "note", "place", "vicinity"})  # columns with words of people


def _unmention_in(
    session: Session,
    line: Line,
    of: type[SQLModel],
    name: str,
    things: list[str],
    whole: re.Pattern[str],
    person: Person,
) -> None:
    columns = table(of).c
    said = sa.or_(*(columns[name].contains(thing, autoescape=True) for thing in things))
    if "line_id" in columns:
        said = sa.and_(said, columns.line_id == line.id)
    if of is Outbound:
        said = sa.and_(said, columns.state.not_in(ON_ITS_WAY))
    for id_, words in session.execute(sa.select(columns.id, columns[name]).where(said)).all():
        if (rest := whole.sub("...", words)) == words:
            continue
        values = {Inbound: HEARD, Outbound: {"body": ""}}.get(of, {name: rest})
        session.execute(sa.update(table(of)).where(columns.id == id_).values(values))
