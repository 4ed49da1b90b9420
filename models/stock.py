"""Stock: what a group has this week, and to which households it is promised.

A household whose open need it meets is asked; a yes takes one out of `left`. One conditional UPDATE decides, so what
is there is never promised twice, and never more of it than there is.
"""

from collections.abc import Collection, Iterable
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import JSON, Column, Field, col, select

from models.due_rows import DueRow, DueRows
from models.requests import Request
from models.store.session import Session
from models.store.statements import Precompiled, in_literals
from models.store.types import EnumString, Model, UtcDateTime, table

LIVE = sa.text("ended_at IS NULL")


class State(StrEnum):
    """What a household said, or what became of the promise."""

    ASKED = "asked"
    PROMISED = "promised"
    GIVEN = "given"  # they have it, and it is gone from the shelf
    REFUSED = "refused"
    LAPSED = "lapsed"  # they did not answer, or did not come
    RELEASED = "released"  # they need it no more


HOLDING = (State.PROMISED, State.GIVEN)
MAY_BE_PROMISED = (State.ASKED, State.REFUSED, State.LAPSED, State.RELEASED)


class StockItem(DueRow, table=True):
    """One thing that a group has. `next_at` is when households are asked again, or when it is over."""

    __table_args__ = (
        sa.Index("ix_stockitem_live", "line_id", sqlite_where=LIVE, postgresql_where=LIVE),
        sa.Index("ix_stockitem_due", "next_at"),
    )

    label: str  # in the group's own words
    needs: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    things: list[str] = Field(
        default_factory=list, sa_column=Column(JSON, nullable=False)
    )  # by name, in any language
    count: int | None = None  # None: plenty
    left: int | None = None  # that is promised to nobody; None: plenty
    pickup: str = ""  # where and when, in the group's own words
    until: datetime = Field(sa_type=UtcDateTime)
    by_person_id: int | None = Field(default=None, foreign_key="person.id")
    created_at: datetime = Field(sa_type=UtcDateTime)
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class StockPromise(Model, table=True):
    """One thing in stock and one request that it would meet: asked about at most once, promised at most once."""

    __table_args__ = (
        sa.UniqueConstraint("item_id", "request_id"),
        sa.Index("ix_stockpromise_request", "request_id", "state"),
    )

    id: int = Field(default=None, primary_key=True)
    line_id: int = Field(foreign_key="line.id")
    item_id: int = Field(foreign_key="stockitem.id")
    request_id: int = Field(foreign_key="request.id")
    person_id: int = Field(foreign_key="person.id")  # who asked for it
    state: State = Field(sa_type=EnumString(State))
    count: int = 1
    asked_at: datetime = Field(sa_type=UtcDateTime)
    answer_by: datetime | None = Field(default=None, sa_type=UtcDateTime)
    changed_at: datetime = Field(sa_type=UtcDateTime)


DUE_ROWS = DueRows(StockItem)
ITEMS, PROMISES = table(StockItem), table(StockPromise)


def add(session: Session, line_id: int, label: str, now: datetime, **values: Any) -> StockItem:
    """One more thing that the group has: `count` of it, or plenty."""
    left = values.get("count")
    return session.create(StockItem, line_id=line_id, label=label, left=left, created_at=now, next_at=now, **values)


def recount(session: Session, item: StockItem, count: int | None, now: datetime, **values: Any) -> None:
    """There are so many of it now, those included that are promised and not yet fetched."""
    session.flush()
    session.exec(select(StockItem.id).where(StockItem.id == item.id).with_for_update())
    waiting = PROMISES.c.item_id == item.id, PROMISES.c.state == State.PROMISED
    ((promised,),) = session.execute(sa.select(sa.func.coalesce(sa.func.sum(PROMISES.c.count), 0)).where(*waiting))
    left = None if count is None else max(count - int(promised), 0)
    session.execute(
        sa.update(ITEMS)
        .where(ITEMS.c.id == item.id)
        .values(count=count, left=left, next_at=now, ended_at=None, **values)
    )
    session.refresh(item)


def live(session: Session, line_id: int, now: datetime) -> list[StockItem]:
    """All that the group has, what is wholly promised too, the oldest first."""
    theirs = StockItem.line_id == line_id, col(StockItem.ended_at).is_(None), col(StockItem.until) > now
    return session.exec(select(StockItem).where(*theirs).order_by(col(StockItem.id)))


def available(session: Session, line_id: int, now: datetime) -> list[StockItem]:
    """What of it is promised to nobody yet, the oldest first; `left` is None where there is plenty."""
    return [item for item in live(session, line_id, now) if item.left is None or item.left > 0]


def by_id(session: Session, item_id: int) -> StockItem | None:
    """What has this id."""
    return session.get(StockItem, item_id)


def end(session: Session, item: StockItem, now: datetime) -> bool:
    """There is no more of it; False if it had ended already. What is promised stays so."""
    change = sa.update(ITEMS).where(ITEMS.c.id == item.id, ITEMS.c.ended_at.is_(None))
    won = session.execute(change.values(ended_at=now, next_at=None)).rowcount == 1
    session.refresh(item)
    return won


@cache
def _noting(dialect: str) -> Precompiled[None]:
    on: Any = postgresql if dialect == "postgresql" else sqlite
    names = "line_id", "item_id", "request_id", "person_id", "state", "count", "asked_at", "answer_by", "changed_at"
    columns = PROMISES.c
    new = on.insert(StockPromise).values({name: sa.bindparam(name, type_=columns[name].type) for name in names})
    return Precompiled(new.on_conflict_do_nothing(index_elements=["item_id", "request_id"]))


def ask(
    session: Session, item: StockItem, request: Request, now: datetime, *, answer_by: datetime | None = None
) -> bool:
    """Note that this household is asked about it; False if they were before."""
    values = {"line_id": item.line_id, "item_id": item.id, "request_id": request.id, "person_id": request.person_id}
    noting = _noting(session.dialect.name)
    times = {"asked_at": now, "changed_at": now, "answer_by": answer_by}
    return session.modify(noting, state=State.ASKED, count=1, **values, **times) == 1


def _states(states: Collection[State]) -> sa.ColumnElement[bool]:
    return in_literals(PROMISES.c.state, states)


PROMISE_OF = PROMISES.c.item_id == sa.bindparam("item"), PROMISES.c.request_id == sa.bindparam("request")
NOW = sa.bindparam("now", type_=UtcDateTime)
PROMISING: Precompiled[None] = Precompiled(
    sa.update(PROMISES)
    .where(*PROMISE_OF, _states(MAY_BE_PROMISED))
    .values(state=State.PROMISED, count=sa.bindparam("many", type_=sa.Integer), changed_at=NOW)
)
TAKING: Precompiled[None] = Precompiled(
    sa.update(ITEMS)
    .where(
        ITEMS.c.id == sa.bindparam("item"),
        ITEMS.c.ended_at.is_(None),
        ITEMS.c.until > NOW,
        sa.or_(ITEMS.c.left.is_(None), ITEMS.c.left >= sa.bindparam("least", type_=sa.Integer)),
    )
    .values(left=ITEMS.c.left - sa.bindparam("many", type_=sa.Integer))
)
RETURNING: Precompiled[None] = Precompiled(
    sa.update(ITEMS)
    .where(ITEMS.c.id == sa.bindparam("item"), ITEMS.c.left.is_not(None))
    .values(left=ITEMS.c.left + sa.bindparam("many", type_=sa.Integer), next_at=NOW)
)


@cache
def _changing(out_of: tuple[State, ...]) -> Precompiled[Any]:
    change = sa.update(PROMISES).where(*PROMISE_OF, _states(out_of))
    to = sa.bindparam("to", type_=PROMISES.c.state.type)
    return Precompiled(change.values(state=to, changed_at=NOW).returning(PROMISES.c.count))


def promise(
    session: Session, item: StockItem, request_id: int, count: int, now: datetime, *, reserved: int = 0
) -> bool:
    """Promise so many of it to a request; False if there are not so many left, or it has its promise already.

    `reserved` of it are for others, and stay.

    Two conditional UPDATEs in one transaction: the first says that this request has none yet, the second that there
    are enough. Of any number of households that say yes at once, no more get one than there are.
    """
    of = {"item": item.id, "request": request_id}
    ask(session, item, session.get_one(Request, request_id), now)
    if session.modify(PROMISING, **of, many=count, now=now) != 1:
        return False
    if session.modify(TAKING, item=item.id, many=count, least=count + reserved, now=now) == 1:
        session.refresh(item)
        return True
    session.fetch(_changing((State.PROMISED,)), **of, to=State.LAPSED, now=now)
    session.refresh(item)
    return False


def hand_out(session: Session, item: StockItem, count: int, now: datetime) -> None:
    """So many of it are gone that were promised to nobody by name; never more than were left."""
    session.flush()
    gone = sa.case((ITEMS.c.left < count, ITEMS.c.left), else_=count)
    fewer = sa.update(ITEMS).where(ITEMS.c.id == item.id, ITEMS.c.left.is_not(None))
    session.execute(fewer.values(left=ITEMS.c.left - gone, count=ITEMS.c.count - gone))
    wake(session, item, now)


def settle(session: Session, item: StockItem, request_id: int, to: State, now: datetime) -> bool:
    """What is promised, or asked about, becomes this; what is promised and not given is there for others again.

    False if it was settled already.
    """
    of = {"item": item.id, "request": request_id}
    if session.fetch(_changing((State.ASKED,)), **of, to=State.LAPSED if to is State.GIVEN else to, now=now):
        wake(session, item, now)
        return True
    changed = session.fetch(_changing((State.PROMISED,)), **of, to=to, now=now)
    if not changed:
        return False
    if to is not State.GIVEN:
        session.modify(RETURNING, item=item.id, many=changed[0], now=now)
        session.refresh(item)
    return True


def wake(session: Session, item: StockItem, now: datetime) -> None:
    """Let time look at once at who is asked next, unless it is over."""
    session.execute(sa.update(ITEMS).where(ITEMS.c.id == item.id, ITEMS.c.ended_at.is_(None)).values(next_at=now))
    session.refresh(item)


PROMISED_TO = sa.select(PROMISES.c.item_id).where(
    PROMISES.c.request_id == sa.bindparam("request"), _states((State.ASKED, State.PROMISED))
)
WAKING_OF: Precompiled[None] = Precompiled(
    sa.update(ITEMS).where(ITEMS.c.id.in_(PROMISED_TO), ITEMS.c.ended_at.is_(None)).values(next_at=NOW)
)


def wake_of(session: Session, request_id: int, now: datetime) -> None:
    """A request is over: let time look at once at what was kept for it."""
    session.modify_later(WAKING_OF, request=request_id, now=now)


def of_request(session: Session, request_id: int, *states: State) -> list[tuple[StockPromise, StockItem]]:
    """What is promised to a request, or in another of these states, the last first."""
    query = (
        select(StockPromise, StockItem)
        .join(StockItem, col(StockItem.id) == col(StockPromise.item_id))
        .where(StockPromise.request_id == request_id, col(StockPromise.state).in_(states or (State.PROMISED,)))
    )
    return list(session.exec(query.order_by(col(StockPromise.id).desc())))


def known(session: Session, item: StockItem) -> list[StockPromise]:
    """Whoever was asked about it, the first one first."""
    return session.exec(select(StockPromise).where(StockPromise.item_id == item.id).order_by(col(StockPromise.id)))


def holds(session: Session, request_ids: Iterable[int]) -> set[int]:
    """Those of these requests to which something is promised, or which were just asked whether they want it."""
    theirs = col(StockPromise.request_id).in_(list(request_ids))
    open_ = col(StockPromise.state).in_((State.ASKED, State.PROMISED))
    return set(session.exec(select(StockPromise.request_id).where(theirs, open_)))
