"""Distributions: an afternoon at a table with things for many, and who has a place in it.

A place is taken by one conditional UPDATE of its slot, whoever takes it: a household by a digit, the table for a
walk-in. So no slot is ever overfilled, and all slots together have no more than the places that were announced.
What became of each household that was invited is one row, once for each distribution (models/invitations.py).
"""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlmodel import JSON, Column, Field, col, select

from models.due_rows import DueRow, DueRows
from models.lines import Line
from models.requests import Request
from models.store.session import Session
from models.store.types import EnumString, Model, UtcDateTime, table

DUE = sa.text("next_at IS NOT NULL")
WAITS = sa.text("state IN ('invited', 'booked')")
NUMBERS = 1_000_000  # of one line


class Stage(StrEnum):
    """How far a distribution is."""

    PLANNED = "planned"  # who announced it has not said yes to it
    ON = "on"  # households are invited, come, or did not
    OVER = "over"
    OFF = "off"


class State(StrEnum):
    """What a household said, or what became of its place."""

    INVITED = "invited"
    BOOKED = "booked"
    CAME = "came"
    DECLINED = "declined"
    FULL = "full"  # they answered, and all places were taken
    EXPIRED = "expired"  # no answer in time; a late one still counts while there is room
    NO_SHOW = "no_show"
    GONE = "gone"  # they were helped otherwise, took it back, or want no texts any more
    CALLED_OFF = "called_off"


HOLDS = (State.BOOKED, State.CAME)  # a place
MAY_BOOK = (State.INVITED, State.FULL, State.EXPIRED, State.DECLINED, State.NO_SHOW)


class Distribution(DueRow, table=True):
    """One of them, under a number of its own that people write with a D: no request has it."""

    __table_args__ = (
        sa.UniqueConstraint("line_id", "number"),
        sa.Index("ix_distribution_due", "next_at", sqlite_where=DUE, postgresql_where=DUE),
        sa.Index("ix_distribution_line", "line_id", "stage", "begins_at"),
    )

    number: int
    by_person_id: int = Field(foreign_key="person.id")
    stage: Stage = Field(sa_type=EnumString(Stage))
    begins_at: datetime = Field(sa_type=UtcDateTime)
    ends_at: datetime = Field(sa_type=UtcDateTime)
    place: str  # in the group's own words; everybody who is invited reads it
    places: int
    slot_minutes: int
    needs: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))  # that it meets
    last_tag: int = 0  # the last number that a household says at the table
    batches: int = 0
    told_at: datetime | None = Field(default=None, sa_type=UtcDateTime)  # duty was told how the table works
    why: str = ""  # it is off
    created_at: datetime = Field(sa_type=UtcDateTime)
    over_at: datetime | None = Field(default=None, sa_type=UtcDateTime)

    @property
    def minutes(self) -> timedelta:
        """How long a slot lasts."""
        return timedelta(minutes=self.slot_minutes)

    @property
    def slots(self) -> int:
        """How many there are; the last may be shorter."""
        return -(-(self.ends_at - self.begins_at) // self.minutes)

    def slot_begins(self, slot: int) -> datetime:
        """When it begins."""
        return self.begins_at + slot * self.minutes

    def slot_ends(self, slot: int) -> datetime:
        """When it ends."""
        return min(self.begins_at + (slot + 1) * self.minutes, self.ends_at)


class Slot(Model, table=True):
    """So many households at a time. `taken` are those who have a place in it, walk-ins among them."""

    __tablename__ = "distributionslot"
    __table_args__ = (sa.UniqueConstraint("distribution_id", "slot"),)

    id: int = Field(default=None, primary_key=True)
    distribution_id: int = Field(foreign_key="distribution.id")
    slot: int  # the first is 0
    capacity: int
    taken: int = 0
    walkins: int = 0


class Invitation(Model, table=True):
    """A household that was invited: by the one of them who asked, once."""

    __table_args__ = (
        sa.UniqueConstraint("distribution_id", "person_id"),
        sa.Index("ix_invitation_person", "person_id", "state"),
        sa.Index("ix_invitation_waits", "request_id", sqlite_where=WAITS, postgresql_where=WAITS),
    )

    id: int = Field(default=None, primary_key=True)
    line_id: int = Field(foreign_key="line.id")
    distribution_id: int = Field(foreign_key="distribution.id")
    person_id: int = Field(foreign_key="person.id")
    request_id: int = Field(foreign_key="request.id")  # that it meets
    state: State = Field(sa_type=EnumString(State))
    batch: int  # 0: they had been told that all places are taken, and are offered one that became free
    slot: int | None = None  # where they have, or had, a place
    tag: int | None = None  # what they say at the table, from their first booking on
    invited_at: datetime = Field(sa_type=UtcDateTime)
    answer_until: datetime = Field(sa_type=UtcDateTime)
    booked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    evening_at: datetime | None = Field(default=None, sa_type=UtcDateTime)  # reminded the day before
    soon_at: datetime | None = Field(default=None, sa_type=UtcDateTime)  # and shortly before
    # Of what they asked for, what they got while more of it goes on: a slip at the table is undone by it.
    met: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    changed_at: datetime = Field(sa_type=UtcDateTime)


DUE_ROWS = DueRows(Distribution)
OF, SLOTS, INVITED = (table(of) for of in (Distribution, Slot, Invitation))


@dataclass(frozen=True)
class Counts:
    """How it stands, or stood: `invited` is the sum of all that became of them."""

    places: int
    invited: int
    states: Counter[State]
    walkins: int
    left: int  # places that nobody has

    @property
    def booked(self) -> int:
        """Who said yes and has, or had, a place until they came or did not."""
        return self.states[State.BOOKED] + self.states[State.CAME] + self.states[State.NO_SHOW]

    @property
    def handed_out(self) -> int:
        """To how many households something was given."""
        return self.states[State.CAME] + self.walkins


def add(session: Session, line_id: int, places: int, now: datetime, **what: Any) -> Distribution:
    """Plan one: nobody is invited yet. Its places are spread evenly over its slots."""
    made = session.create(
        Distribution,
        line_id=line_id,
        number=_next_number(session, line_id),
        places=places,
        stage=Stage.PLANNED,
        created_at=now,
        **what,
    )
    session.flush()
    for slot, capacity in enumerate(spread(places, made.slots)):
        session.create(Slot, distribution_id=made.id, slot=slot, capacity=capacity)
    session.flush()
    return made


def _next_number(session: Session, line_id: int) -> int:
    """The line's next number, counted on its row: two who plan one at once get two numbers."""
    last = table(Line).c.last_distribution
    more = sa.update(table(Line)).where(table(Line).c.id == line_id).values(last_distribution=last + 1)
    (number,) = session.execute(more.returning(last)).one()
    return int(number)


def spread(places: int, slots: int) -> list[int]:
    """So many places over so many slots, evenly; the first ones get what is over."""
    each, over = divmod(places, slots)
    return [each + (slot < over) for slot in range(slots)]


def by_id(session: Session, distribution_id: int) -> Distribution:
    """The one with this id, which must exist."""
    return session.get_one(Distribution, distribution_id)


def by_number(session: Session, line_id: int, number: int) -> Distribution | None:
    """The line's with this number."""
    found = select(Distribution).where(Distribution.line_id == line_id, Distribution.number == min(number, NUMBERS))
    return session.exec(found).first()


def coming(session: Session, line_id: int) -> list[Distribution]:
    """Those that are on, the next one first."""
    found = select(Distribution).where(Distribution.line_id == line_id, Distribution.stage == Stage.ON)
    return session.exec(found.order_by(col(Distribution.begins_at), col(Distribution.id)))


def reserving(session: Session, line_id: int, needs: Collection[str]) -> list[Distribution]:
    """Those that are planned or on and meet one of these needs: what is in stock of it is kept for them."""
    found = select(Distribution).where(
        Distribution.line_id == line_id, col(Distribution.stage).in_((Stage.PLANNED, Stage.ON))
    )
    return [each for each in session.exec(found) if not {*each.needs}.isdisjoint(needs)]


def lately(session: Session, line_id: int, since: datetime) -> list[Distribution]:
    """Those that are over, or off, and were to end since then; the last one first."""
    found = select(Distribution).where(
        Distribution.line_id == line_id,
        col(Distribution.stage).in_((Stage.OVER, Stage.OFF)),
        col(Distribution.ends_at) >= since,
        col(Distribution.batches) > 0,
    )
    return session.exec(found.order_by(col(Distribution.begins_at).desc()))


def move(session: Session, distribution: Distribution, to: Stage, out_of: Collection[Stage], **values: Any) -> bool:
    """Change the stage if it is still one of `out_of`; True for exactly one who does."""
    session.flush()
    change = sa.update(OF).where(OF.c.id == distribution.id, OF.c.stage.in_(list(out_of)))
    won = session.execute(change.values(stage=to, **values)).rowcount == 1
    session.refresh(distribution)
    return won


def slots(session: Session, distribution: Distribution) -> list[Slot]:
    """Its slots, the first one first, as they are at this moment."""
    session.flush()
    found = session.exec(select(Slot).where(Slot.distribution_id == distribution.id).order_by(col(Slot.slot)))
    for slot in found:
        session.refresh(slot)
    return found


def resize(session: Session, distribution: Distribution, places: int) -> int:
    """So many places from now on, but never fewer in a slot than are taken; returns how many there are then."""
    session.flush()
    for slot, capacity in enumerate(spread(places, distribution.slots)):
        fewest = sa.case((SLOTS.c.taken > capacity, SLOTS.c.taken), else_=capacity)
        session.execute(sa.update(SLOTS).where(*_slot(distribution, slot)).values(capacity=fewest))
    over = sum(slot.capacity for slot in slots(session, distribution)) - places
    for each in reversed(slots(session, distribution)):  # what others hold beyond their share is taken from the free
        less = min(max(over, 0), each.capacity - each.taken)
        free = *_slot(distribution, each.slot), SLOTS.c.capacity - SLOTS.c.taken >= less
        if less and session.execute(sa.update(SLOTS).where(*free).values(capacity=SLOTS.c.capacity - less)).rowcount:
            over -= less
    total = sum(slot.capacity for slot in slots(session, distribution))
    session.execute(sa.update(OF).where(OF.c.id == distribution.id).values(places=total))
    session.refresh(distribution)
    return total


def _slot(distribution: Distribution, slot: int) -> tuple[sa.ColumnElement[bool], ...]:
    return SLOTS.c.distribution_id == distribution.id, SLOTS.c.slot == slot


def take(session: Session, distribution: Distribution, slot: int, *, walkin: bool = False) -> bool:
    """Take a place in a slot; False if it has none left. This UPDATE decides, however many take one at once."""
    session.flush()
    free = sa.update(SLOTS).where(*_slot(distribution, slot), SLOTS.c.taken < SLOTS.c.capacity)
    taken = free.values(taken=SLOTS.c.taken + 1, walkins=SLOTS.c.walkins + int(walkin))
    return session.execute(taken).rowcount == 1


def give_back(session: Session, distribution: Distribution, slot: int, *, walkin: bool = False) -> bool:
    """A place is free again; False if there was none to give back."""
    session.flush()
    held = SLOTS.c.taken > 0, SLOTS.c.walkins >= int(walkin)
    fewer = sa.update(SLOTS).where(*_slot(distribution, slot), *held)
    fewer = fewer.values(taken=SLOTS.c.taken - 1, walkins=SLOTS.c.walkins - int(walkin))
    return session.execute(fewer).rowcount == 1


def pass_on(session: Session, distribution: Distribution, slot: int, to: int) -> bool:
    """A free place of a slot that is over becomes one of a later slot; their sum stays."""
    session.flush()
    free = sa.update(SLOTS).where(*_slot(distribution, slot), SLOTS.c.taken < SLOTS.c.capacity)
    if session.execute(free.values(capacity=SLOTS.c.capacity - 1)).rowcount != 1:
        return False
    session.execute(sa.update(SLOTS).where(*_slot(distribution, to)).values(capacity=SLOTS.c.capacity + 1))
    return True


def counts(session: Session, distribution: Distribution) -> Counts:
    """How it stands."""
    session.flush()
    rows = sa.select(INVITED.c.state, sa.func.count()).where(INVITED.c.distribution_id == distribution.id)
    states: Counter[State] = Counter({State(s): n for s, n in session.execute(rows.group_by(INVITED.c.state))})
    found = slots(session, distribution)
    left = sum(slot.capacity - slot.taken for slot in found)
    return Counts(distribution.places, states.total(), states, sum(slot.walkins for slot in found), left)


def has_all(distribution: Distribution, request: Request) -> bool:
    """Whether it meets all that was asked for."""
    return {*distribution.needs} >= {*request.needs} - {"other"}


def wake_of(session: Session, request_id: int, now: datetime) -> None:
    """A request is over: let time look at once at the place that was kept for it."""
    theirs = sa.select(INVITED.c.distribution_id).where(INVITED.c.request_id == request_id, WAITS)
    session.execute(sa.update(OF).where(OF.c.id.in_(theirs), OF.c.stage == Stage.ON).values(next_at=now))


def schedule(session: Session, distribution: Distribution, at: datetime | None) -> None:
    """When time acts on it next."""
    distribution.next_at = at
    session.add(distribution)


def wake(session: Session, distribution: Distribution, at: datetime) -> None:
    """Let time act on it at this moment, if not before."""
    session.flush()
    later = sa.or_(OF.c.next_at.is_(None), OF.c.next_at > at)
    session.execute(sa.update(OF).where(OF.c.id == distribution.id, later).values(next_at=at))
    session.refresh(distribution)
