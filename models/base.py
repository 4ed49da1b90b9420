"""What every table shares: names for constraints, times that are always UTC, enums kept as words."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

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


def words(of: type[StrEnum]) -> Any:
    """A column type that stores an enum as its word, in a plain VARCHAR that needs no migration to grow."""
    return sa.Enum(of, native_enum=False, length=24, values_callable=lambda kinds: [k.value for k in kinds])
