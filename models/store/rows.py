"""Rows as the driver gives them, turned into model objects or plain values.

Price: SQLModel's constructor and SQLAlchemy's instrumentation are left out, so an object has no validation, no
history and no relationships. An object with its defaults takes 1.7 µs so, and 37 to 95 by SQLModel's constructor.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any, TypeVar, cast

import sqlalchemy as sa
from sqlalchemy.types import TypeEngine
from sqlmodel import SQLModel

from models.store.types import table

T = TypeVar("T")
M = TypeVar("M", bound=SQLModel)
Materialize = Callable[[type[SQLModel], dict[str, Any]], SQLModel]
Entity = tuple[type[SQLModel] | None, int, int, tuple[str, ...]]  # its class, first and last column, column names


class Rows(list[T]):
    """What a query returned."""

    def first(self) -> T | None:
        """The first row, if any."""
        return self[0] if self else None

    def one(self) -> T:
        """The only row. Raises LookupError if there is none, or more than one."""
        if len(self) != 1:
            raise LookupError(f"{len(self)} rows where one was expected")
        return self[0]


@dataclass(frozen=True)
class RowLayout:
    """Which columns of a row make up an entity, and which are plain values."""

    entities: tuple[Entity, ...]
    types: tuple[TypeEngine[Any], ...]

    @classmethod
    def of(cls, statement: Any) -> "RowLayout":
        """The layout of a statement's rows; an empty one where it returns none."""
        if isinstance(statement, sa.Select):
            described = [one["expr"] for one in statement.column_descriptions]
            flat = statement.selected_columns
        elif isinstance(statement, sa.CompoundSelect) or getattr(statement, "_returning", None):
            described = list(statement.exported_columns)
            flat = statement.exported_columns
        else:
            return cls((), ())
        entities: list[Entity] = []
        at = 0
        for one in described:
            if isinstance(one, type) and issubclass(one, SQLModel):
                names = columns(one)
                entities.append((one, at, at + len(names), names))
                at += len(names)
            else:
                entities.append((None, at, at + 1, ()))
                at += 1
        return cls(tuple(entities), tuple(column.type for column in flat))

    @cached_property
    def is_plain(self) -> bool:
        """Whether a row holds values alone."""
        return all(cls is None for cls, *_ in self.entities)

    def load(self, values: Any, materialize: Materialize) -> Any:
        """What a row becomes: one thing where it holds one, else a tuple of them."""
        if self.is_plain:
            return values[0] if len(values) == 1 else tuple(values)
        loaded = tuple(
            values[start]
            if cls is None
            else None  # an outer join found nothing
            if values[start] is None
            else materialize(cls, dict(zip(names, values[start:stop], strict=True)))
            for cls, start, stop, names in self.entities
        )
        return loaded[0] if len(loaded) == 1 else loaded


@cache
def columns(cls: type[SQLModel]) -> tuple[str, ...]:
    """The names of a table's columns, the id first."""
    return tuple(column.key for column in table(cls).columns)


@cache
def _defaults(cls: type[SQLModel]) -> tuple[dict[str, Any], dict[str, Callable[[], Any]]]:
    constants: dict[str, Any] = dict.fromkeys(columns(cls))
    factories: dict[str, Callable[[], Any]] = {}
    for name, field in cls.model_fields.items():
        if field.default_factory is not None:
            factories[name] = cast("Callable[[], Any]", field.default_factory)
        elif not field.is_required():
            constants[name] = field.default
    return constants, factories


def defaults(cls: type[SQLModel]) -> dict[str, Any]:
    """Every column of a new row, with the default of its field or None."""
    constants, factories = _defaults(cls)
    return {**constants, **{name: make() for name, make in factories.items()}} if factories else dict(constants)


def instantiate(cls: type[M], row: dict[str, Any]) -> M:
    """An object with these column values, written straight into its `__dict__`."""
    instance: M = object.__new__(cls)
    instance.__dict__.update(row)
    return instance
