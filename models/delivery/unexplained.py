"""Texts that the carrier refuses with an error that nobody knows: one alone, or one after the other from a number."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from models.delivery.handover import ATTEMPTS, OUT
from models.delivery.outbound import Outbound, Result
from models.store.session import Session
from models.store.statements import Precompiled

LOOKED_AT = 50  # attempts of the number, the latest

LATELY: Precompiled[Any] = Precompiled(
    sa.select(ATTEMPTS.c.outbound_id, ATTEMPTS.c.result, ATTEMPTS.c.error_code)
    .join(OUT, OUT.c.id == ATTEMPTS.c.outbound_id)
    .where(
        OUT.c.channel == sa.bindparam("on_channel"),
        OUT.c.from_number == sa.bindparam("number"),
        ATTEMPTS.c.result.is_not(None),
    )
    .order_by(ATTEMPTS.c.id.desc())
    .limit(sa.bindparam("most", type_=sa.Integer))
)


@dataclass(frozen=True)
class Refusals:
    """What the number that a text leaves from has met lately."""

    texts: (
        int  # different ones that were refused with the same error since the carrier took the last one, this included
    )
    before: int  # times that this one was


def lately(session: Session, row: Outbound, code: int) -> Refusals:
    """How it went with the last texts from the same number, up to the last that was taken."""
    texts, before, taken = {row.id}, 0, False
    found = session.fetch(LATELY, on_channel=row.channel, number=row.from_number, most=LOOKED_AT)
    for outbound_id, result, error_code in found:
        taken = taken or result == Result.TAKEN
        if result == Result.RETURNED and error_code == code:  # those given up were at fault themselves
            before += outbound_id == row.id
            texts |= set() if taken else {outbound_id}
    return Refusals(len(texts), before)
