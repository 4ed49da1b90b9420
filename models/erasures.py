"""Erasures: who was erased, and when, so that a backup that still knows them can be told.

A row holds an id and a moment, nothing about anybody. Whoever erases a person records it in the same transaction.
"""

from datetime import datetime

from sqlmodel import Field, col, select

from models.store.session import Session
from models.store.types import Model, UtcDateTime


class Erasure(Model, table=True):
    """Somebody was erased. Their row may be gone, so nothing points to it."""

    id: int = Field(default=None, primary_key=True)
    erased_id: int  # of the person
    at: datetime = Field(sa_type=UtcDateTime)


def record(session: Session, person_id: int, now: datetime) -> None:
    """This person has been erased."""
    session.insert_later(Erasure, erased_id=person_id, at=now)


def since(session: Session, moment: datetime) -> list[tuple[int, datetime]]:
    """Who was erased from then on, by id, and when."""
    query = select(Erasure.erased_id, Erasure.at).where(col(Erasure.at) >= moment).order_by(col(Erasure.id))
    return list(session.exec(query))
