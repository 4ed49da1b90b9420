"""What a line spends on a local day: texts that leave when they are leased, texts that came in some seconds later."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from models import lines, prices
from models.delivery.handover import OUT, LeasedText, goes_along
from models.delivery.line_numbers import Spending
from models.inbound import Inbound
from models.lines import Line, day
from models.store.session import Session
from models.store.statements import Precompiled
from models.store.types import table

SPENT, HEARD = table(Spending), table(Inbound)


@dataclass(frozen=True)
class Spent:
    """What was spent in so many days, in millionths; of that on what came in."""

    days: int
    micros: int
    heard_micros: int


def lately(session: Session, line: Line, now: datetime, most: int) -> Spent:
    """What the line has spent on its last whole days, at most so many, from the first on which it spent anything."""
    today = date.fromisoformat(day(line, now))
    since = (today - timedelta(days=most)).isoformat()
    within = SPENT.c.line_id == line.id, SPENT.c.day >= since, SPENT.c.day < today.isoformat()
    query = sa.select(sa.func.min(SPENT.c.day), sa.func.sum(SPENT.c.micros), sa.func.sum(SPENT.c.heard_micros))
    first, micros, heard = session.execute(query.where(*within)).one()
    days = (today - date.fromisoformat(first)).days if first else 0
    return Spent(days, int(micros or 0), int(heard or 0))


def spend(session: Session, line: Line, segments: int, micros: int, now: datetime) -> None:
    """Count what leaves. The prices are of our table or the line's own: the carrier tells its own only days later."""
    spent = {"line_id": line.id, "day": day(line, now), "segments": segments, "micros": micros}
    session.modify(_spending(session.dialect.name), **spent)


def charge(session: Session, line: Line, texts: Sequence[LeasedText]) -> int:
    """What these cost together as they leave, in millionths; kept on those that were queued to leave otherwise."""
    return sum(_charged(session, line, text) for text in texts)


def _charged(session: Session, line: Line, text: LeasedText) -> int:
    template = text.sent_as is not None and text.sent_as.template
    if text.cost is not None and not template:
        return text.cost
    media = goes_along(text.media, text.body)
    cost = prices.sent(line.policy, text.channel, text.to, text.segments, media=media, template=template)
    session.execute(sa.update(OUT).where(OUT.c.id == text.id).values(cost=cost))
    return cost


@cache
def _spending(dialect: str) -> Precompiled[None]:
    on: Any = postgresql if dialect == "postgresql" else sqlite
    names = ("line_id", "day", "segments", "micros")
    new = on.insert(Spending).values({name: sa.bindparam(name) for name in names})
    more = {name: SPENT.c[name] + new.excluded[name] for name in ("segments", "micros")}
    return Precompiled(new.on_conflict_do_update(index_elements=["line_id", "day"], set_=more))


def count_heard(session: Session, now: datetime) -> None:
    """Count what has come in since the last time, for every line, on the day on which it is counted.

    Apart from the texts themselves: otherwise every text that comes in would wait for the others at this one row.
    """
    for line in lines.all_lines(session):
        if _new(session, line)[0] is None:
            continue
        spend(session, line, 0, 0, now)  # and its row is ours until the end, if another process counts as well
        last, cost = _new(session, line)
        if last is None:
            continue
        more = {"heard_micros": SPENT.c.heard_micros + cost, "micros": SPENT.c.micros + cost}
        here = SPENT.c.line_id == line.id, SPENT.c.day == day(line, now)
        session.execute(sa.update(SPENT).where(*here).values(heard_to=last, **more))


def _new(session: Session, line: Line) -> tuple[int | None, int]:
    """The last text that has come in and is not counted, and what all of these cost."""
    counted = sa.select(sa.func.max(SPENT.c.heard_to)).where(SPENT.c.line_id == line.id)
    after = session.execute(counted).scalar_one() or 0
    new = sa.select(sa.func.max(HEARD.c.id), sa.func.sum(HEARD.c.cost))
    last, cost = session.execute(new.where(HEARD.c.id > after, HEARD.c.line_id == line.id)).one()
    return last, int(cost or 0)
