"""Households: several people who live together, because a code went from the phone of one to that of another.

Nobody is put into one by an address or a name: who guesses somebody's door must not learn whether they ask for help.
"""

import secrets
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, col, select

from models import kept_apart
from models.people import Person
from models.requests import Request
from models.requests import State as RequestState
from models.store.session import Session
from models.store.types import Model, UtcDateTime

DIGITS = 6  # of a code: with the limits on wrong ones it takes years to guess
WAITS = sa.text("code IS NOT NULL")
# What those who live together may see of each other's: things for the home. All else is each person's own.
SEEN = (RequestState.OPEN, RequestState.CLAIMED, RequestState.DELIVERED)
SHARED = frozenset(("food", "water", "baby", "household", "clothing", "pets", "tools"))


class Household(Model, table=True):
    """People who said that they live together. It tells nothing but that."""

    __table_args__ = (sa.Index("ix_household_code", "line_id", "code", sqlite_where=WAITS, postgresql_where=WAITS),)

    id: int = Field(default=None, primary_key=True)
    line_id: int = Field(foreign_key="line.id")
    code: str | None = None  # by which one more phone joins, until it has come
    code_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    created_at: datetime = Field(sa_type=UtcDateTime)


def members(session: Session, person_id: int) -> list[int]:
    """The ids of all who live with this person, themselves included, in the order in which they became known."""
    person = session.get_one(Person, person_id)
    if person.household_id is None:
        return [person_id]
    return who(session, person.household_id)


def who(session: Session, household_id: int) -> list[int]:
    """The ids of all who live there."""
    theirs = select(Person.id).where(Person.household_id == household_id)
    return list(session.exec(theirs.order_by(col(Person.id))))


def of(session: Session, person: Person) -> list[Person]:
    """Everybody else of their household, whether or not they may see each other's."""
    if person.household_id is None:
        return []
    theirs = Person.household_id == person.household_id, Person.id != person.id
    return list(session.exec(select(Person).where(*theirs).order_by(col(Person.id))))


def sharing(session: Session, person: Person) -> list[Person]:
    """Those of them who see what this person asks for, and the other way round.

    Not who is kept apart from them, nor, on either side, who has a phone that others read or has said STOP.
    """
    if _hides(person):
        return []
    apart = kept_apart.of(session, person.id)
    return [other for other in of(session, person) if other.id not in apart and not _hides(other)]


def _hides(person: Person) -> bool:
    said = person.discreet_since, person.silent_since, person.opted_out_at, person.banned_at
    return any(said)


def is_shared(request: Request) -> bool:
    """Whether a household may know of a request: things for the home, never danger nor what a person must look at."""
    apart = request.in_danger or request.about_person_id is not None
    return not apart and request.state in SEEN and bool(request.needs) and SHARED.issuperset(request.needs)


def shared(session: Session, person: Person) -> list[Request]:
    """What those who live with them have asked for and not yet got, as far as they may know it, oldest first."""
    ids = [other.id for other in sharing(session, person)]
    if not ids:
        return []
    live = Request.state != RequestState.CLOSED
    found = list(
        session.exec(select(Request).where(col(Request.person_id).in_(ids), live).order_by(col(Request.number)))
    )
    afraid = {request.person_id for request in found if request.in_danger}  # perhaps of who lives with them
    return [request for request in found if is_shared(request) and request.person_id not in afraid]


def show_code(session: Session, person: Person, now: datetime, until: datetime) -> str:
    """A code by which one more phone joins theirs; an earlier one no longer counts."""
    if person.household_id is None:
        household = session.create(Household, line_id=person.line_id, created_at=now)
        if not _move(session, person, household.id):
            return show_code(session, person, now, until)
    code = f"{secrets.randbelow(10**DIGITS - 10 ** (DIGITS - 1)) + 10 ** (DIGITS - 1)}"
    theirs = col(Household.id) == person.household_id
    session.execute(sa.update(Household).where(theirs).values(code=code, code_until=until))
    return code


def with_code(session: Session, line_id: int, code: str, now: datetime) -> int | None:
    """Whose code this is; None if it is nobody's, too old, or one of several."""
    waits = Household.line_id == line_id, Household.code == code, col(Household.code_until) > now
    found = list(session.exec(select(Household.id).where(*waits)))
    return found[0] if len(found) == 1 else None


def join(session: Session, person: Person, household_id: int, code: str, now: datetime) -> bool:
    """The code has come from their phone, and they want it; False if it was used or has become too old meanwhile."""
    waits = col(Household.id) == household_id, col(Household.code) == code, col(Household.code_until) > now
    spent = sa.update(Household).where(*waits).values(code=None, code_until=None)
    return session.execute(spent).rowcount == 1 and _move(session, person, household_id)


def leave(session: Session, person: Person) -> bool:
    """They go by themselves from now on; False if they did already. A code that waits no longer counts."""
    left = person.household_id
    if left is None or not _move(session, person, None):
        return False
    session.execute(sa.update(Household).where(col(Household.id) == left).values(code=None, code_until=None))
    return True


def _move(session: Session, person: Person, to: int | None) -> bool:
    """Change to which household they belong, if nothing has changed it meanwhile."""
    session.flush()
    was = person.household_id
    same = col(Person.household_id).is_(None) if was is None else col(Person.household_id) == was
    moved = sa.update(Person).where(col(Person.id) == person.id, same).values(household_id=to)
    won = session.execute(moved).rowcount == 1
    session.refresh(person)
    return won
