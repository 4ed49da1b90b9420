"""Requests: the table, their state machine, and the append-only log of their events."""

import secrets
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlmodel import JSON, Column, Field, col, select

from models.lines import Line, next_request_number
from models.store.bulk import bindparams
from models.store.session import Session
from models.store.statements import Precompiled, in_literals
from models.store.types import EnumString, Model, UtcDateTime, table


class Urgency(StrEnum):
    """How soon, where the neighbor said so."""

    URGENT = "urgent"
    TODAY = "today"
    ANYTIME = "anytime"


class Timing(StrEnum):
    """How a neighbor named the time at which they need something; `needed_from` and `needed_until` say when."""

    AT = "at"  # tomorrow at 10: both are that moment
    AFTER = "after"  # not before 6 pm: from then on, until the end of that day
    BEFORE = "before"  # by Friday noon: until then
    WITHIN = "within"  # Thursday, this weekend, tomorrow morning, 2 to 5: from the one to the other


class State(StrEnum):
    """Where a request stands. HELD means that a person must look before anybody is asked."""

    DRAFT = "draft"
    OPEN = "open"
    CLAIMED = "claimed"
    DELIVERED = "delivered"
    HELD = "held"
    CLOSED = "closed"


class Outcome(StrEnum):
    """How a request ended; kept apart from the state so that nobody mistakes silence for success."""

    FULFILLED = "fulfilled"
    PARTIAL = "partial"
    WITHDRAWN = "withdrawn"
    REFERRED = "referred"
    MERGED = "merged"
    UNMET = "unmet"
    UNCONFIRMED = "unconfirmed"
    ABANDONED = "abandoned"


HELD_LOOK = timedelta(hours=4)  # after which what a person must look at is looked at again, if nothing says when
KEPT_OF_BEGINNING = 400  # characters of a longer text
CUT = "\n...\n"
TALKING = (State.CLAIMED, State.DELIVERED)  # a neighbor and a helper know of each other
LONGEST_TEXT = 1600  # characters of a neighbor's words kept on the request; each text is kept whole elsewhere
LIVE = (State.DRAFT, State.OPEN, State.CLAIMED, State.DELIVERED, State.HELD)

DUE = sa.text("next_action_at IS NOT NULL")
NOT_OVER = sa.text("state <> 'closed'")
WORDS_LEFT = sa.text("state = 'closed' AND blanked_at IS NULL")
UNFILLED = sa.text("state = 'open' AND unfilled_since IS NOT NULL")
IN_LINE = sa.text("state = 'open' AND queued_at IS NOT NULL AND turn_at IS NULL")
# Few are, however many wait. Said without NOT_OVER: else SQLite may take the index of all that is live for this one.
EMERGENCY = sa.text("emergency")
NEXT_DOOR = sa.text("state <> 'closed' AND building IS NOT NULL")
COMPLAINT = sa.text("about_person_id IS NOT NULL")


class Request(Model, table=True):
    """One thing a neighbor asked for. `place` and `text` are theirs: no offer may carry either."""

    __table_args__ = (
        sa.UniqueConstraint("line_id", "number"),
        sa.Index("ix_request_asker", "person_id", "state"),
        sa.Index("ix_request_due", "next_action_at", "wave", sqlite_where=DUE, postgresql_where=DUE),
        sa.Index(
            "ix_request_words_left", "line_id", "changed_at", sqlite_where=WORDS_LEFT, postgresql_where=WORDS_LEFT
        ),
        sa.Index("ix_request_live", "line_id", "state", "number", sqlite_where=NOT_OVER, postgresql_where=NOT_OVER),
        sa.Index(
            "ix_request_emergency",
            *("line_id", "state", "number"),
            sqlite_where=EMERGENCY,
            postgresql_where=EMERGENCY,
        ),
        sa.Index("ix_request_about", "about_person_id", sqlite_where=COMPLAINT, postgresql_where=COMPLAINT),
        sa.Index("ix_request_building", "line_id", "building", sqlite_where=NEXT_DOOR, postgresql_where=NEXT_DOOR),
        sa.Index("ix_request_block", "line_id", "block", sqlite_where=NEXT_DOOR, postgresql_where=NEXT_DOOR),
        sa.Index(
            "ix_request_unfilled", "line_id", "unfilled_since", sqlite_where=UNFILLED, postgresql_where=UNFILLED
        ),
        sa.Index(
            "ix_request_in_line", "line_id", "queued_at", "number", sqlite_where=IN_LINE, postgresql_where=IN_LINE
        ),
    )

    id: int = Field(default=None, primary_key=True)
    line_id: int = Field(foreign_key="line.id")
    number: int
    person_id: int = Field(foreign_key="person.id")
    state: State = Field(sa_type=EnumString(State))
    outcome: Outcome | None = Field(default=None, sa_type=EnumString(Outcome))
    needs: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    text: str = ""
    people: int | None = None
    urgency: Urgency | None = Field(default=None, sa_type=EnumString(Urgency))
    emergency: bool = False
    danger: str | None = None  # what kind of danger it is about; there is an alarm then (models/alarms.py)
    area_id: int | None = Field(default=None, foreign_key="area.id")
    vicinity: str | None = None  # the neighbor's own vague words ("near Oak St"): safe to show
    place: str | None = None  # the exact place: shown only to whoever claimed
    # Of the exact place, so that one volunteer is offered what waits side by side: "88 river rd", "0 river rd".
    building: str | None = None
    block: str | None = None
    for_name: str | None = None  # whom it is for, where the neighbor said that this is somebody else at their phone
    language: str = "en"
    helpers_wanted: int = 1
    # Ids of people who are asked first in its first wave, if they fit and may be asked.
    ask_first: list[int] = Field(
        default_factory=list, sa_column=Column(JSON, nullable=False, server_default=sa.text("'[]'"))
    )
    helpers_have: int = Field(default=0, sa_column_kwargs={"server_default": "0"})  # who has it or says it is done
    next_wave_at: datetime | None = Field(default=None, sa_type=UtcDateTime)  # while some have it, and more are asked
    needed_as: Timing | None = Field(default=None, sa_type=EnumString(Timing))  # how they named the time below
    needed_from: datetime | None = Field(default=None, sa_type=UtcDateTime)
    needed_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    repeats: str | None = None
    code_word: str = ""
    parent_request_id: int | None = Field(default=None, foreign_key="request.id")
    duty_person_id: int | None = Field(default=None, foreign_key="person.id")  # who on duty talks with the neighbor
    about_person_id: int | None = Field(default=None, foreign_key="person.id")  # of whom it tells, unheard by them
    wanted_at: datetime | None = Field(default=None, sa_type=UtcDateTime)  # when the neighbor last said they need it
    wave: int = 0
    # Until when they have a place at a distribution that meets it.
    booked_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    unfilled_since: datetime | None = Field(default=None, sa_type=UtcDateTime)  # looked for people in vain, last
    queued_at: datetime | None = Field(default=None, sa_type=UtcDateTime)  # took its place in line: hands were full
    turn_at: datetime | None = Field(default=None, sa_type=UtcDateTime)  # and left it: people are asked from then on
    next_action_at: datetime | None = Field(default=None, sa_type=UtcDateTime)  # when time itself must act on it
    blanked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)  # its words and places are gone
    changed_at: datetime = Field(sa_type=UtcDateTime)
    created_at: datetime = Field(sa_type=UtcDateTime)

    @property
    def in_danger(self) -> bool:
        """Whether it tells of danger, also of one that leaves hours: then nothing that saves texts holds it up."""
        return self.emergency or self.danger is not None

    @property
    def presses(self) -> bool:
        """Whether it cannot wait: people are asked at night too, and before they have answered anything else."""
        return self.urgency is Urgency.URGENT or self.in_danger

    def is_booked(self, now: datetime) -> bool:
        """Whether its neighbor fetches it at a distribution, so that nobody need be asked; never what presses."""
        return self.booked_until is not None and self.booked_until > now and not self.presses

    @property
    def in_line(self) -> bool:
        """Whether it waits for its turn, and nobody has been asked about it yet (models/admission.py)."""
        return self.state is State.OPEN and self.queued_at is not None and self.turn_at is None

    @property
    def live(self) -> bool:
        """Not closed yet."""
        return self.state is not State.CLOSED

    @property
    def several(self) -> bool:
        """Whether more than one helps with it, or is wanted to."""
        return self.helpers_wanted > 1 or self.helpers_have > 1

    @property
    def places_left(self) -> int:
        """How many more may take it; none of what nobody may take, such as a draft."""
        if self.state is State.OPEN:
            return self.helpers_wanted
        have = max(self.helpers_have, 1)  # taken before they were counted
        return max(0, self.helpers_wanted - have) if self.state is State.CLAIMED else 0

    @property
    def has_room(self) -> bool:
        """Whether somebody may take it, or one more beside those who have."""
        return self.places_left > 0


class Event(Model, table=True):
    """Something that happened to a request. Only ever added to."""

    id: int = Field(default=None, primary_key=True)
    request_id: int = Field(foreign_key="request.id", index=True)
    at: datetime = Field(sa_type=UtcDateTime)
    kind: str
    state: State | None = Field(default=None, sa_type=EnumString(State))
    by_person_id: int | None = Field(default=None, foreign_key="person.id", index=True)
    words: str | None = None


def record(
    session: Session,
    request: Request,
    kind: str,
    now: datetime,
    *,
    by: int | None = None,
    state: State | None = None,
    words: str | None = None,
) -> None:
    """Add to the request's history."""
    session.insert_later(Event, request_id=request.id, at=now, kind=kind, state=state, by_person_id=by, words=words)


def create(session: Session, line: Line, *, person_id: int, state: State, now: datetime, **what: Any) -> Request:
    """A new request under the line's next number."""
    if state is State.HELD and what.get("next_action_at") is None:
        what["next_action_at"] = now + HELD_LOOK
    request = session.create(
        Request,
        line_id=line.id,
        number=next_request_number(session, line),
        person_id=person_id,
        state=state,
        changed_at=now,
        created_at=now,
        **what,
    )
    record(session, request, "asked", now, by=person_id, state=state)
    return request


@cache
def _moving(names: tuple[str, ...], out_of: tuple[State, ...], *, counted: bool) -> Precompiled[None]:
    of = table(Request)
    fits = [of.c.id == sa.bindparam("id_"), in_literals(of.c.state, out_of)]
    if counted:
        fits.append(of.c.helpers_have <= sa.bindparam("have_", type_=sa.Integer))
    return Precompiled(sa.update(of).where(*fits).values(bindparams(Request, names)))


def move(
    session: Session,
    request: Request,
    to: State,
    now: datetime,
    *,
    kind: str,
    out_of: tuple[State, ...],
    by: int | None = None,
    words: str | None = None,
    have: int | None = None,
    **values: Any,
) -> bool:
    """Change the state if it is still one of `out_of`; False when somebody else was faster.

    One conditional UPDATE decides, so two at once cannot both win. What is held always comes back to somebody. With
    `have` only while no more than so many have it: nobody who joins them at this moment is left without it.
    """
    if to is State.HELD and values.get("next_action_at") is None:
        values["next_action_at"] = now + HELD_LOOK
    if to is State.CLAIMED:
        values.setdefault("helpers_have", 1)
    elif to is State.OPEN:
        values.update(helpers_have=0, next_wave_at=None)
    values.update(state=to, changed_at=now)
    if session.is_new(request):  # nobody else can have seen it yet
        if request.state not in out_of:
            return False
        for name, value in values.items():
            setattr(request, name, value)
        session.add(request)
        record(session, request, kind, now, by=by, state=to, words=words)
        return True
    seen = {} if have is None else {"have_": have}
    moving = _moving(tuple(values), out_of, counted=have is not None)
    if not session.modify(moving, id_=request.id, **seen, **values):
        session.refresh(request)
        return False
    session.set_committed(request, **values)
    record(session, request, kind, now, by=by, state=to, words=words)
    return True


def take(
    session: Session, request: Request, *, by: int, now: datetime, next_action_at: datetime | None = None
) -> bool:
    """Claim an open request; exactly one of any number of claimants gets True. Others may join them (crews.py)."""
    then: dict[str, Any] = {"next_action_at": next_action_at}
    if request.helpers_wanted > 1 and request.next_action_at is not None:
        then["next_wave_at"] = request.next_action_at
        then["next_action_at"] = min(next_action_at or request.next_action_at, request.next_action_at)
    return move(session, request, State.CLAIMED, now, kind="claimed", out_of=(State.OPEN,), by=by, **then)


def hold(
    session: Session,
    request: Request,
    now: datetime,
    *,
    kind: str = "held",
    out_of: tuple[State, ...] = (State.DRAFT,),
    by: int | None = None,
) -> bool:
    """A person must look before anybody is asked; False if it was past that already."""
    return move(session, request, State.HELD, now, kind=kind, out_of=out_of, by=by, next_action_at=None)


def close(
    session: Session,
    request: Request,
    outcome: Outcome,
    now: datetime,
    *,
    by: int | None = None,
    words: str | None = None,
    out_of: tuple[State, ...] = LIVE,
) -> bool:
    """End a request with this outcome; False if it was closed already."""
    ended: dict[str, Any] = {"outcome": outcome, "next_action_at": None}
    return move(session, request, State.CLOSED, now, kind="closed", out_of=out_of, by=by, words=words, **ended)


BY_NUMBER = Precompiled(
    select(Request).where(
        col(Request.line_id) == sa.bindparam("line_id"), col(Request.number) == sa.bindparam("number")
    ),
    autoflush=False,
)
MOST_RECENT = 60  # nobody has so many open; and who asks and takes back all day must not make each text slow
LIVE_OF = Precompiled(
    select(Request)
    .where(col(Request.person_id) == sa.bindparam("person_id"), in_literals(col(Request.state), LIVE))
    .order_by(col(Request.number))
)
RECENT_OF = Precompiled(
    select(Request)
    .where(
        col(Request.person_id) == sa.bindparam("person_id"),
        sa.or_(
            in_literals(col(Request.state), LIVE),
            col(Request.changed_at) >= sa.bindparam("since", type_=UtcDateTime),
        ),
    )
    .order_by(sa.case((col(Request.state) == State.CLOSED, 1), else_=0), col(Request.number).desc())
    .limit(MOST_RECENT)
)


TAKING = sa.or_(
    col(Request.state) == State.OPEN,
    sa.and_(
        col(Request.state) == State.CLAIMED,
        col(Request.helpers_have) > 0,
        col(Request.helpers_have) < col(Request.helpers_wanted),
    ),
)


def by_number(session: Session, line_id: int, number: int) -> Request | None:
    """The line's request with this number."""
    if number > 2**31 - 1:
        return None
    return session.fetch(BY_NUMBER, line_id=line_id, number=number).first()


def by_id(session: Session, request_id: int) -> Request:
    """The request with this id, which must exist."""
    return session.get_one(Request, request_id)


def live_of(session: Session, person_id: int) -> list[Request]:
    """What this neighbor has asked for and not yet got, oldest first."""
    return session.fetch(LIVE_OF, person_id=person_id)


def of_person(session: Session, person_id: int) -> list[Request]:
    """All that this neighbor ever asked for, the last first."""
    return session.exec(select(Request).where(Request.person_id == person_id).order_by(col(Request.id).desc()))


def numbers_merged(session: Session, person_id: int) -> list[int]:
    """The numbers of what they asked for that goes on as part of another request."""
    theirs = select(Request.number).where(Request.person_id == person_id, Request.outcome == Outcome.MERGED)
    return list(session.exec(theirs.order_by(col(Request.number))))


def recent_of(session: Session, person_id: int, since: datetime) -> list[Request]:
    """The same, and what of theirs changed since then, ended or not; of very many, the last."""
    return sorted(session.fetch(RECENT_OF, person_id=person_id, since=since), key=lambda request: request.number)


def last_of(session: Session, person_id: int) -> Request | None:
    """What this neighbor asked for last, ended or not."""
    return session.exec(
        select(Request).where(Request.person_id == person_id).order_by(col(Request.number).desc())
    ).first()


def last_ended(session: Session, person_id: int) -> Request | None:
    """What this neighbor asked for last and is over, but for danger and what went on as another's."""
    theirs = col(Request.person_id) == person_id, col(Request.state) == State.CLOSED
    plain = col(Request.emergency).is_(False), col(Request.danger).is_(None), col(Request.outcome) != Outcome.MERGED
    query = select(Request).where(*theirs, *plain).order_by(col(Request.number).desc())
    return session.exec(query.limit(1)).first()


def alike(session: Session, request: Request, since: datetime) -> list[Request]:
    """What this neighbor asked for since then of the very same needs, but for danger; the last one first."""
    theirs = col(Request.person_id) == request.person_id, col(Request.created_at) >= since
    plain = col(Request.emergency).is_(False), col(Request.danger).is_(None)
    found = session.exec(select(Request).where(*theirs, *plain).order_by(col(Request.number).desc()))
    return [each for each in found if {*each.needs} == {*request.needs}]


def placed_since(session: Session, request: Request, since: datetime) -> Request | None:
    """The latest of this neighbor's other requests since then of which we know where it was."""
    placed = sa.or_(*(col(known).is_not(None) for known in (Request.place, Request.area_id, Request.vicinity)))
    theirs = col(Request.person_id) == request.person_id, col(Request.id) != request.id
    query = select(Request).where(*theirs, col(Request.created_at) >= since, placed)
    return session.exec(query.order_by(col(Request.place).is_(None), col(Request.number).desc()).limit(1)).first()


def in_state(session: Session, line_id: int, *states: State, limit: int | None = None) -> list[Request]:
    """The line's requests in these states, oldest first."""
    query = select(Request).where(Request.line_id == line_id, col(Request.state).in_(states))
    return session.exec(query.order_by(col(Request.number)).limit(limit))


def taking(session: Session, line_id: int) -> list[Request]:
    """What somebody may take: what is open, and what more are wanted for than have it; oldest first."""
    query = select(Request).where(Request.line_id == line_id, TAKING)
    return list(session.exec(query.order_by(col(Request.number))))


def next_door(session: Session, request: Request) -> list[Request]:
    """What waits at the same building, then at the same block, the oldest first; nothing where that is not known."""
    if request.building is None:
        return []
    beside = sa.or_(col(Request.building) == request.building, col(Request.block) == request.block)
    open_ = NEXT_DOOR, Request.state == State.OPEN
    query = select(Request).where(Request.line_id == request.line_id, *open_, beside, col(Request.id) != request.id)
    found = [r for r in session.exec(query) if None in (r.area_id, request.area_id) or r.area_id == request.area_id]
    return sorted(found, key=lambda r: (r.building != request.building, r.number))


def open_longest(session: Session, line_id: int, limit: int) -> list[Request]:
    """What somebody may take, the urgent ones first, then the oldest."""
    urgent = sa.case((col(Request.urgency) == Urgency.URGENT, 0), else_=1)
    free = sa.or_(col(Request.booked_until).is_(None), urgent == 0)  # who has a place at a distribution needs nobody
    query = select(Request).where(Request.line_id == line_id, TAKING, free)
    return session.exec(query.order_by(urgent, col(Request.number)).limit(limit))


def all_of(session: Session, line_id: int) -> list[Request]:
    """Every request of the line, oldest first."""
    return list(session.exec(select(Request).where(Request.line_id == line_id).order_by(col(Request.number))))


DUE_NOW = Precompiled(
    select(Request)
    .where(col(Request.next_action_at) <= sa.bindparam("now", type_=UtcDateTime))
    .order_by(col(Request.next_action_at), col(Request.wave), col(Request.id))
    .limit(sa.bindparam("limit", type_=sa.Integer))
    .with_for_update(skip_locked=True)
)


def due(session: Session, now: datetime, limit: int) -> list[Request]:
    """Requests that time must act on, the longest overdue first, but for those that another process has in hand.

    Of what is due at one moment, such as the morning, that first about which the fewest waves were asked.
    """
    return session.fetch(DUE_NOW, now=now, limit=limit)


NEXT_DUE: Precompiled[datetime | None] = Precompiled(
    select(Request.next_action_at)
    .where(col(Request.next_action_at).is_not(None))
    .order_by(col(Request.next_action_at))
    .limit(1)
)


def next_due(session: Session) -> datetime | None:
    """When time next acts on a request."""
    return session.fetch(NEXT_DUE).first()


def schedule(session: Session, request: Request, at: datetime | None) -> None:
    """Set when time must act on the request next."""
    request.next_action_at = at
    session.add(request)


def schedule_wave(session: Session, request: Request, at: datetime) -> None:
    """Set when more volunteers are asked about it. While some have it, time acts on these as before, too."""
    if request.state is State.CLAIMED:
        request.next_wave_at = at
        at = min(at, request.next_action_at or at)
    schedule(session, request, at)


def _waking() -> Precompiled[None]:
    of = table(Request)
    now, urgent = sa.bindparam("now", type_=UtcDateTime), sa.case((of.c.urgency == Urgency.URGENT, 0), else_=1)
    first = (
        sa.select(of.c.id)
        .where(of.c.line_id == sa.bindparam("line_id"), UNFILLED, of.c.next_action_at > now)
        .order_by(urgent, of.c.unfilled_since, of.c.id)
        .limit(sa.bindparam("few", type_=sa.Integer))
        .with_for_update(skip_locked=True)
    )
    return Precompiled(sa.update(of).where(of.c.id.in_(first)).values(next_action_at=now))


WAKE_UNFILLED = _waking()


def wake_unfilled(session: Session, line_id: int, now: datetime, few: int) -> None:
    """Somebody has become free: let time look at once at a few requests that lacked people, the urgent ones first.

    Then those for which nobody was looked for the longest: one that fits nobody must not hold up the others.
    """
    session.modify_later(WAKE_UNFILLED, line_id=line_id, now=now, few=few)


def postpone(session: Session, request: Request, until: datetime) -> bool:
    """Let a draft wait longer for its answer; False if time, or somebody else, has acted on it meanwhile."""
    won = session.execute(
        sa.update(Request)
        .where(
            col(Request.id) == request.id,
            col(Request.state) == State.DRAFT,
            col(Request.next_action_at) == request.next_action_at,
        )
        .values(next_action_at=until)
    )
    session.refresh(request)
    return won.rowcount == 1


def acquire(session: Session, request: Request, seen: datetime | None, now: datetime) -> bool:
    """Lease a due request, for a minute; False if another process was faster."""
    lease = now + timedelta(minutes=1)
    won = session.execute(
        sa.update(Request)
        .where(col(Request.id) == request.id, col(Request.next_action_at) == seen)
        .values(next_action_at=lease)
    )
    session.refresh(request)
    return won.rowcount == 1


def pick_code_word(words: list[str]) -> str:
    """A word nobody can guess, for the two to know each other by at the door."""
    return secrets.choice(words)


def add_words(session: Session, request: Request, words: str, now: datetime, *, by: int) -> None:
    """Add to what the neighbor wrote. A word of their own says that they still want it."""
    if by == request.person_id:
        request.wanted_at = now
    keep_words(session, request, words)
    record(session, request, "added", now, by=by, words=words)


def keep_words(session: Session, request: Request, words: str) -> None:
    """Keep what the neighbor wrote with the request. Where it gets too long, its beginning and what is new stay."""
    text = f"{request.text}\n{words}".strip()
    if len(text) > LONGEST_TEXT:
        text = f"{text[:KEPT_OF_BEGINNING]}{CUT}{text[len(CUT) + KEPT_OF_BEGINNING - LONGEST_TEXT :]}"
    request.text = text
    session.add(request)
