"""After a volley: whether the database holds every text once, understood and answered."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy.engine import Connection, make_url

from models import METADATA
from tests.benchmarks.texts import Prepared

SENT = "SMb%"  # the ids of what the load sends

inbound, outbound, request = (METADATA.tables[name] for name in ("inbound", "outbound", "request"))


@dataclass
class Kept:
    """What the database says about the texts that the server took."""

    taken: int
    right: int = 0  # kept once, understood, answered
    unasked: int = 0  # new requests about which no volunteer was asked
    complaints: list[str] = field(default_factory=list)


def kept(url: str, taken: Sequence[Prepared], *, prepared: int) -> Kept:
    """Look every taken text up. `prepared` requests were open before; what has a higher number is new."""
    engine = sa.create_engine(make_url(url.replace("postgresql://", "postgresql+psycopg://")))
    with engine.connect() as connection:
        found = _look(connection, taken, prepared)
    engine.dispose()
    return found


def _look(connection: Connection, taken: Sequence[Prepared], prepared: int) -> Kept:
    result = Kept(len(taken))
    answered = sa.exists().where(outbound.c.key == sa.cast(inbound.c.id, sa.String) + ":0")
    rows = connection.execute(
        sa.select(inbound.c.sid, answered.label("answered")).where(inbound.c.sid.like(SENT))
    ).all()
    requests = connection.execute(sa.select(request.c.number, request.c.state, request.c.wave)).all()
    claimed = {number for number, state, _ in requests if state == "claimed"}
    opened = sum(number > prepared and state == "open" and wave > 0 for number, state, wave in requests)
    seen = {row.sid: row.answered for row in rows}
    if len(seen) < len(rows):
        result.complaints.append(f"{len(rows) - len(seen)} kept twice")
    missing = sum(text.sid not in seen for text in taken)
    silent = sum(seen.get(text.sid) is False for text in taken)
    unclaimed = sum(text.number is not None and text.number not in claimed for text in taken)
    result.unasked = max(0, sum(text.number is None for text in taken) - opened)
    for count, what in (
        (missing, "not kept"),
        (silent, "not answered"),
        (unclaimed, "claims that took nothing"),
    ):
        if count:
            result.complaints.append(f"{count} {what}")
    result.right = max(0, len(taken) - missing - silent - unclaimed - (len(rows) - len(seen)))
    return result
