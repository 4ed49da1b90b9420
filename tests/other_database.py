"""A second database to move to, and arbitrary rows to carry there."""

import random
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import strategies as st
from sqlalchemy.engine import URL, Connection
from sqlalchemy.exc import IntegrityError

from app.database import moving_rows
from app.database.moving import Moved, Talk, move
from models.store.types import EnumString, UtcDateTime
from tests import fakes
from tests.postgres import blank_database

WORDS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)
SCALARS = st.none() | st.booleans() | st.integers(-(2**31), 2**31 - 1) | st.floats(-1e9, 1e9) | WORDS
MOMENTS = st.integers(0, 2**52).map(lambda micros: datetime.fromtimestamp(0, UTC) + timedelta(microseconds=micros))


@pytest.fixture(params=["sqlite", "postgresql"])
def other_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Where a database is to be: of either kind, with nothing in it."""
    with blank_database(request, tmp_path / "other.db") as url:
        yield url


def url_of(database_url: str) -> URL:
    return fakes.settings(database_url).database


def silent() -> Talk:
    """Nobody is told anything."""
    return Talk(lambda _: None, lambda _: None, lambda: None)


def moved(one: str, other: str) -> Moved:
    """Everything carried from one database to another, where no hotline runs."""
    return move(url_of(one), url_of(other), lambda: fakes.MORNING + timedelta(days=1), silent())


def everything(database_url: str) -> dict[str, list[tuple[Any, ...]]]:
    """Every row that is carried, as SQLAlchemy reads it by the columns' types."""
    engine = sa.create_engine(url_of(database_url))
    with engine.connect() as connection:
        found = {
            each.name: sorted((tuple(row) for row in connection.execute(sa.select(each))), key=repr)
            for each in moving_rows.tables()
        }
    engine.dispose()
    return found


@dataclass(frozen=True)
class Content:
    """Values that rows are made of."""

    seed: int
    words: list[str]
    numbers: list[int]
    moments: list[datetime]
    json: list[Any]
    files: list[bytes]


def contents() -> st.SearchStrategy[Content]:
    """Any at all."""
    json = st.recursive(SCALARS, lambda each: st.lists(each, max_size=3) | st.dictionaries(WORDS, each, max_size=3))
    return st.builds(
        Content,
        st.integers(0, 2**32),
        st.lists(WORDS, min_size=1, max_size=8),
        st.lists(st.integers(-(2**31), 2**31 - 1), min_size=1, max_size=8),
        st.lists(MOMENTS, min_size=1, max_size=8),
        st.lists(json, min_size=1, max_size=8),
        st.lists(st.binary(max_size=30), min_size=1, max_size=4),
    )


def fill(database_url: str, content: Content, *, rows: int = 4) -> None:
    """Write so many rows into every table, but those that its own rules refuse."""
    engine = sa.create_engine(url_of(database_url))
    with engine.begin() as connection:
        made = _Made(content)
        for each in moving_rows.tables():
            for _ in range(rows):
                made.row(connection, each)
    engine.dispose()


class _Made:
    def __init__(self, content: Content) -> None:
        self.content = content
        self.random = random.Random(content.seed)
        self.ids: dict[str, list[Any]] = {}

    def row(self, connection: Connection, of: sa.Table) -> None:
        known = self.ids.setdefault(of.name, [])
        id_ = (max(known, default=0) + self.random.choice((1, 1, 2, 3000))) if moving_rows.is_numbered(of) else None
        values = {c.name: self.value(of, c) for c in of.c}
        values["id"] = id_ if id_ is not None else f"w{len(known)}{self.random.choice(self.content.words)}"
        with suppress(IntegrityError), connection.begin_nested():
            connection.execute(sa.insert(of), values)
            known.append(values["id"])

    def value(self, of: sa.Table, column: sa.Column[Any]) -> Any:
        if column.nullable and self.random.random() < 0.3:
            return None
        for key in column.foreign_keys:
            others = self.ids.get(key.column.table.name)
            return self.random.choice(others) if others else None
        content, type_ = self.content, column.type
        if isinstance(type_, EnumString):
            return self.random.choice(list(type_.of))
        if isinstance(type_, UtcDateTime):
            return self.random.choice(content.moments)
        if isinstance(type_, sa.Boolean):
            return self.random.random() < 0.5
        if isinstance(type_, sa.BigInteger):
            return self.random.choice(content.numbers) * 2**30
        if isinstance(type_, sa.Integer):
            return self.random.choice(content.numbers)
        if isinstance(type_, sa.JSON):
            return self.random.choice(content.json)
        if isinstance(type_, sa.LargeBinary):
            return self.random.choice(content.files)
        return self.random.choice(content.words) + self.random.choice(("", "", str(self.random.random())))
