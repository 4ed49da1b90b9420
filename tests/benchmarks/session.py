"""What the light session of models/store earns: the same work by it and by SQLModel's own, on the same engine.

The work is what a text does: read a person with their address, add rows, settle a race by a conditional UPDATE, write
a changed object. All of it is rolled back, so the disk plays no part; the statements of both are built beforehand.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
import sqlmodel
from sqlalchemy.engine import Connection, make_url
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel, col, select

from app.database import engine as databases
from models import people
from models.people import Address, Person
from models.requests import Event, Request, State
from models.store import rows
from models.store.session import Session
from models.store.statements import Precompiled, in_literals
from models.store.types import table
from tests.benchmarks import texts
from tests.benchmarks.bench import Bench
from tests.benchmarks.figures import Goal
from tests.benchmarks.rows import Plan
from tests.benchmarks.stock import Ground

NAME = "session"
TIMES = 300  # pieces of work, a round and a session
ROWS = 10  # that one piece of work adds
NOW = datetime(2026, 3, 3, 15, 0, tzinfo=UTC)
Work = Callable[[Any, int], object]  # with a session, for the n-th person and request


class Stock(SQLModel, registry=registry()):
    """Tables of SQLModel's own, with all of its bookkeeping."""

    __hash__ = object.__hash__


def stock(cls: type[SQLModel]) -> Any:
    """The same table as SQLModel and its session have it."""
    fields: dict[str, Any] = {"__annotations__": {}, "__module__": __name__, "__tablename__": table(cls).name}
    for name in rows.columns(cls):
        like = table(cls).c[name]
        column = sa.Column(name, like.type, primary_key=like.primary_key, nullable=like.nullable)
        fields["__annotations__"][name] = cls.model_fields[name].annotation
        fields[name] = Field(default=None, sa_column=column)
    meta: Any = type(SQLModel)
    return meta(cls.__name__, (Stock,), fields, table=True)


TheirPerson, TheirAddress = stock(Person), stock(Address)
TheirRequest, TheirEvent = stock(Request), stock(Event)
AT = (
    select(TheirPerson, TheirAddress)
    .join(TheirAddress, TheirAddress.person_id == TheirPerson.id)
    .where(TheirAddress.line_id == sa.bindparam("line_id"), TheirAddress.value == sa.bindparam("value"))
    .with_for_update(of=TheirAddress)
)
FITS = (State.OPEN, State.CLAIMED)  # every time anew, so that each piece of work changes a row
CLAIM: Precompiled[None] = Precompiled(
    sa.update(table(Request))
    .where(col(Request.id) == sa.bindparam("request_id"), in_literals(table(Request).c.state, FITS))
    .values(state=State.CLAIMED, changed_at=sa.bindparam("now", type_=table(Request).c.changed_at.type))
)
THEIR_CLAIM = (
    sa.update(TheirRequest)
    .where(TheirRequest.id == sa.bindparam("request_id"), TheirRequest.state.in_(FITS))
    .values(state=State.CLAIMED, changed_at=sa.bindparam("now"))
    .execution_options(synchronize_session=False)
)


def key(n: int) -> dict[str, Any]:
    """Where person `n` texts from."""
    return {"line_id": 1, "value": texts.helper(n)[1]}


def event(n: int) -> dict[str, Any]:
    """Something that happened to request `n`."""
    return {"request_id": n + 1, "at": NOW, "kind": "note", "by_person_id": n + 1, "words": "after 6"}


def read(session: Session, n: int) -> Person:
    """By ours."""
    return session.fetch(people.AT_ADDRESS, **key(n))[0][0]


def their_read(session: sqlmodel.Session, n: int) -> Any:
    """By theirs."""
    return session.exec(AT, params=key(n)).all()[0][0]


def add(session: Session, n: int) -> None:
    """By ours."""
    for _ in range(ROWS):
        session.insert_later(Event, **event(n))
    session.flush()


def their_add(session: sqlmodel.Session, n: int) -> None:
    """By theirs."""
    session.add_all(TheirEvent(**event(n)) for _ in range(ROWS))
    session.flush()


def claim(session: Session, n: int) -> bool:
    """By ours."""
    return session.modify(CLAIM, request_id=n + 1, now=NOW) == 1


def their_claim(session: sqlmodel.Session, n: int) -> bool:
    """By theirs."""
    return session.connection().execute(THEIR_CLAIM, {"request_id": n + 1, "now": NOW}).rowcount == 1


def change(session: Session, n: int) -> None:
    """By ours."""
    person = read(session, n)
    person.last_asked_at = NOW
    session.add(person)
    session.flush()


def their_change(session: sqlmodel.Session, n: int) -> None:
    """By theirs."""
    person = their_read(session, n)
    person.last_asked_at = NOW
    session.add(person)
    session.flush()


def all_of(*works: Work) -> Work:
    """One piece of work after the other, in one session."""
    return lambda session, n: [work(session, n) for work in works]


OPERATIONS: dict[str, tuple[Work, Work]] = {
    "person and address by key": (read, their_read),
    f"{ROWS} rows added": (add, their_add),
    "conditional UPDATE": (claim, their_claim),
    "an object changed, flushed": (change, their_change),
    "all of it": (all_of(change, claim, add), all_of(their_change, their_claim, their_add)),
}


def run(bench: Bench) -> None:
    """Measure ours and theirs in turn."""
    for ground in bench.grounds:
        _measure(bench, ground)


def _measure(bench: Bench, ground: Ground) -> None:
    times = bench.size(TIMES)
    with ground.copied(ground.filled(Plan(open=times, helpers=times))) as url:
        ratios: dict[str, list[float]] = {what: [] for what in OPERATIONS}
        each: dict[str, list[float]] = {what: [] for what in OPERATIONS}
        database = databases.connect(make_url(url.replace("postgresql://", "postgresql+psycopg://")))
        with database.engine.connect() as connection:
            for ours, theirs in OPERATIONS.values():
                lasted(connection, Session, ours, times)
                lasted(connection, sqlmodel.Session, theirs, times)
            for _ in bench.each_round(f"{NAME} on {ground.name}"):
                for what, (ours, theirs) in OPERATIONS.items():
                    each[what].append(lasted(connection, Session, ours, times) / times * 1e6)
                    ratios[what].append(lasted(connection, sqlmodel.Session, theirs, times) / times * 1e6)
                    ratios[what][-1] /= each[what][-1]
        database.close()
    for what in OPERATIONS:
        bench.report.figure(NAME, ground.name, f"{what}, ours", each[what], unit="µs", digits=0)
        goal = Goal(">= 1", least=1.0)
        bench.report.figure(NAME, ground.name, f"{what}, SQLModel's session of ours", ratios[what], goal=goal)


def lasted(connection: Connection, session: Callable[[Connection], Any], work: Work, times: int) -> float:
    """In how many seconds the work is done so often, each time with a session of its own."""
    with connection.begin() as transaction:
        began = time.perf_counter()
        for n in range(times):
            work(session(connection), n)
        took = time.perf_counter() - began
        transaction.rollback()
    return took
