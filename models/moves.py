"""Moves: whether all of this hotline is in this database, or it is in another one now, or only half of it is here."""

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlmodel import Field, col, select

from models.store.session import Session
from models.store.types import EnumString, Model, UtcDateTime, table


class Direction(StrEnum):
    """Which way a move went, seen from this database."""

    AWAY = "away"
    HERE = "here"


class Move(Model, table=True):
    """One move. Its token is the same in both databases; until it has ended, the old one is where the hotline is."""

    id: int = Field(default=None, primary_key=True)
    token: str
    direction: Direction = Field(sa_type=EnumString(Direction))
    other: str  # the other database's address, without its password
    began_at: datetime = Field(sa_type=UtcDateTime)
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)

    @property
    def has_left(self) -> bool:
        """Whether all that is here is in the other database, where the hotline goes on."""
        return self.direction is Direction.AWAY and self.ended_at is not None

    @property
    def is_coming(self) -> bool:
        """Whether not everything is here yet."""
        return self.direction is Direction.HERE and self.ended_at is None


class MovedAway(Exception):
    """The hotline has moved to another database, and goes on there. The message says what to do."""

    def __init__(self, move: Move) -> None:
        assert move.ended_at is not None
        super().__init__(
            f"This hotline moved to {move.other} on {move.ended_at:%Y-%m-%d}, and what came since is only there. "
            "Set DATABASE_URL to that database. To go on here all the same: hotline move --undo"
        )


class HalfMoved(Exception):
    """A move to this database has not ended. The message says what to do."""

    def __init__(self, move: Move) -> None:
        super().__init__(
            f"The move from {move.other} to this database has not ended, and not everything is here yet. Set "
            "DATABASE_URL to the old database again, and run there: hotline move, with the address of this one"
        )


def every(session: Session) -> list[Move]:
    """All moves from and to this database, in their order."""
    return list(session.exec(select(Move).order_by(col(Move.id))))


def check(session: Session) -> None:
    """Raise MovedAway or HalfMoved where no hotline may run on this database."""
    last = session.exec(select(Move).order_by(col(Move.id).desc()).limit(1)).first()
    if last is not None and last.has_left:
        raise MovedAway(last)
    if last is not None and last.is_coming:
        raise HalfMoved(last)


def begin(session: Session, token: str, direction: Direction, other: str, now: datetime) -> None:
    """A move has begun, or goes on."""
    if not session.execute(sa.select(col(Move.id)).where(*_this(token, direction))).first():
        session.create(Move, token=token, direction=direction, other=other, began_at=now)


def end(session: Session, token: str, direction: Direction, now: datetime) -> None:
    """Everything is in the new database."""
    session.execute(sa.update(table(Move)).where(*_this(token, direction)).values(ended_at=now))


def forget_all(session: Session) -> None:
    """A hotline may run here, whatever was moved."""
    session.execute(sa.delete(Move))


def _this(token: str, direction: Direction) -> tuple[sa.ColumnElement[bool], sa.ColumnElement[bool]]:
    return col(Move.token) == token, col(Move.direction) == direction
