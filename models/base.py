"""What every table shares: names for constraints, times that are always UTC, enums kept as words."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import cast

import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlmodel import SQLModel

# Alembic can only drop what has a name, and SQLite gives none of its own.
SQLModel.metadata.naming_convention = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Moment(sa.types.TypeDecorator[datetime]):
    """A UTC moment. SQLite forgets the zone, so it is put back on the way out.

    Raises ValueError for a time without a zone: guessing one would be wrong twice a year.
    """

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a stored time needs a time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Word(sa.types.TypeDecorator[StrEnum]):
    """An enum kept as its word, in a plain VARCHAR: a new member needs no migration."""

    impl = sa.String(24)
    cache_ok = True

    def __init__(self, of: type[StrEnum]) -> None:
        super().__init__()
        self.of = of

    def process_bind_param(self, value: StrEnum | None, dialect: Dialect) -> str | None:
        return None if value is None else self.of(value).value

    def process_result_value(self, value: str | None, dialect: Dialect) -> StrEnum | None:
        return None if value is None else self.of(value)


def table(of: type[SQLModel]) -> sa.Table:
    """The bare table of a model: statements on it are written once and cost a fifth of those on the model."""
    return cast(sa.Table, of.__table__)  # type: ignore[attr-defined]
