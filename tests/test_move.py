"""Everything is carried from one database to another, of either kind, and back: row by row the same."""

from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings

from app.database import engine, migrations, moving_rows
from app.database.moving import CannotMove
from models import lines, moves
from models.moves import HalfMoved, MovedAway
from tests import fakes
from tests.command import Command
from tests.other_database import Content, contents, everything, fill, moved, other_url, url_of

__all__ = ["other_url"]
SIMPLE = Content(1, ["Ana"], [7], [fakes.MORNING], [{"a": [1, 2.5, "x"]}], [b"\0\xff"])
EACH_ANEW = [HealthCheck.function_scoped_fixture]


def emptied(*urls: str) -> None:
    for url in urls:
        made = sa.create_engine(url_of(url))
        with made.begin() as connection:
            for each in (*reversed(moving_rows.tables()), moves.Move.__table__):  # type: ignore[attr-defined]
                connection.execute(sa.delete(each))
        made.dispose()


@settings(max_examples=5, suppress_health_check=EACH_ANEW)
@given(content=contents())
def test_whatever_is_in_it_is_the_same_there_and_after_it_came_back(
    database_url: str, other_url: str, content: Content
) -> None:
    migrations.upgrade(url_of(other_url))
    emptied(database_url, other_url)
    fill(database_url, content)
    before = everything(database_url)
    assert sum(map(len, before.values())) > 100
    done = moved(database_url, other_url)
    assert done.rows == sum(map(len, before.values()))
    assert everything(other_url) == before
    with closing(engine.connect(url_of(database_url))) as kept, pytest.raises(MovedAway):
        kept.read(moves.check)
    moved(other_url, database_url)
    assert everything(database_url) == before
    with closing(engine.connect(url_of(database_url))) as kept:
        kept.read(moves.check)
