"""Moves a hotline from one database to another, while it runs, but for the last of it.

All is carried from one consistent view while the hotline goes on. Once it has stopped, what changed since follows;
then the old database says that it is left, and after it the new one that it is whole. Whoever is killed in between
leaves a new one on which no hotline starts, and a move that is run again goes on from there.
"""

import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import URL

from app.database import engine, migrations, moving_postgresql, moving_sqlite, running, sqlite_files
from app.database.engine import OperationalError
from app.database.moving_rows import Digests, Side, all_digests, carry, tables
from app.database.running import HotlineRuns
from app.settings import shown
from models import moves
from models.delivery import workers
from models.moves import Direction, HalfMoved, Move, MovedAway
from models.store.session import Session

LOOK = 0.5  # seconds between looks whether the hotline has stopped


class CannotMove(Exception):
    """Nothing was moved, and nothing has changed. The message says why and what to do."""


@dataclass(frozen=True)
class Talk:
    """What whoever waits is told."""

    table: Callable[[str], None]  # before each table
    wait: Callable[[int], None]  # so many rows are there; now the hotline must be stopped
    stopped: Callable[[], None]  # it has


@dataclass(frozen=True)
class Moved:
    """What was done."""

    rows: int  # that are in the new database, each the same as in the old
    tables: int
    stood_still: float  # seconds that the hotline could not run
    changed: int = 0  # rows without the NUL that was in their words, which PostgreSQL cannot hold


@dataclass(frozen=True)
class _Known:
    """What a database tells before anything is done."""

    holds: str | None = None  # a table with a row in it
    moves: tuple[Move, ...] = ()  # from and to it, in their order

    @property
    def last(self) -> Move | None:
        """The last of them."""
        return self.moves[-1] if self.moves else None


def move(source: URL, target: URL, now: Callable[[], datetime], talk: Talk) -> Moved:
    """Carry everything from one database to another, and let the hotline run on that alone.

    Raises CannotMove, HotlineRuns, MovedAway and HalfMoved (of the source), NotTheSame, and what databases raise.
    """
    token = _token(source, target)
    with running.nobody_else(target):
        migrations.upgrade(target)
        for url, direction, other in ((source, Direction.AWAY, target), (target, Direction.HERE, source)):
            _begin(url, token, direction, shown(other), now())
        there: Digests | None = None
        if _runs(source, now):
            with _side(source, target, alone=False) as old, _side(target, source, alone=True) as new:
                done = carry(old, new, all_digests(new), talk.table)
            there = done.digests
            talk.wait(done.rows)
            while _runs(source, now):
                time.sleep(LOOK)
            talk.stopped()
        began = time.monotonic()
        # The one that is opened last is the first to say it: until the other does, too, no hotline starts on either.
        with (
            running.nobody_else(source) as certain,
            _side(target, source, alone=True) as new,
            _side(source, target, alone=True) as old,
        ):
            if not certain and workers.any_alive(old.session, now()):
                raise HotlineRuns
            done = carry(old, new, there or all_digests(new), talk.table)
            for side, direction in ((old, Direction.AWAY), (new, Direction.HERE)):
                moves.end(side.session, token, direction, now())
    return Moved(done.rows, len(done.digests), time.monotonic() - began, len(old.changed))


def left(session: Session) -> datetime | None:
    """When the hotline left this database, or began to come here and did not arrive; None where it is here."""
    last = next(reversed(moves.every(session)), None)
    if last is None or not (last.has_left or last.is_coming):
        return None
    return last.ended_at or last.began_at


def _token(source: URL, target: URL) -> str:
    """What both databases shall call this move: a new name, or that of one that was begun."""
    if _same(source, target):
        raise CannotMove("That is the database that the hotline has already. Write the address of another one")
    ours, theirs = _known(source), _known(target)
    last, begun = ours.last, theirs.last
    if begun is not None and begun.is_coming:
        if last is not None and last.direction is Direction.AWAY and last.token == begun.token:
            return begun.token
        raise CannotMove(
            f"A move from {begun.other} to there has not ended. Set DATABASE_URL to that one and run hotline move "
            "again, or write the address of an empty database"
        )
    if last is not None and last.has_left:
        raise MovedAway(last)
    if last is not None and last.is_coming:
        raise HalfMoved(last)
    if theirs.holds is not None and not _came_from(theirs, ours):
        raise CannotMove(
            f"That database is not empty: there is something in its table {theirs.holds}, and a move would write over"
            " it. Write the address of an empty one"
        )
    return secrets.token_hex(8)


def _came_from(theirs: _Known, ours: _Known) -> bool:
    """Whether this hotline was moved here from there and is on its way back: all that is there came along."""
    arrived = [each for each in ours.moves if each.direction is Direction.HERE and each.ended_at is not None]
    left = theirs.last
    return left is not None and left.has_left and bool(arrived) and arrived[-1].token == left.token


def _same(one: URL, other: URL) -> bool:
    if one.get_backend_name() == other.get_backend_name() == "sqlite":
        files = [Path(sqlite_files.path_of(url)) for url in (one, other)]
        if all(file.exists() for file in files):
            return files[0].samefile(files[1])
        return files[0].resolve() == files[1].resolve()
    if one.get_backend_name() != other.get_backend_name():
        return False
    return one == other or moving_postgresql.is_same(one, other)


def _known(url: URL) -> _Known:
    if url.get_backend_name() == "sqlite" and not Path(sqlite_files.path_of(url)).exists():
        return _Known()
    with closing(engine.connect(url)) as kept, kept.engine.connect() as connection:
        there = set(sa.inspect(connection).get_table_names())
        ours = [each for each in tables() if each.name in there]
        holds = next((each.name for each in ours if _has_rows(connection, each)), None)
        if "alembic_version" not in there:  # tables of something else, on which no migration may work
            holds = holds or next((each.name for each in ours), None)
        if Move.__tablename__ not in there:
            return _Known(holds)
    with closing(engine.connect(url)) as kept:
        return _Known(holds, tuple(kept.read(moves.every)))


def _has_rows(connection: sa.Connection, of: sa.Table) -> bool:
    return connection.execute(sa.select(sa.literal(1)).select_from(of).limit(1)).first() is not None


def _begin(url: URL, token: str, direction: Direction, other: str, now: datetime) -> None:
    with closing(engine.connect(url)) as kept:
        kept.write(lambda session: moves.begin(session, token, direction, other, now)).result()


def _runs(url: URL, now: Callable[[], datetime]) -> bool:
    """Whether a hotline runs there. A database that does not answer just now cannot tell, and is asked again."""
    try:
        with running.nobody_else(url) as certain:
            if not certain:
                with closing(engine.connect(url)) as kept:
                    running.check_workers(kept, now())
    except (HotlineRuns, OperationalError):
        return True
    return False


@contextmanager
def _side(url: URL, other: URL, *, alone: bool) -> Iterator[Side]:
    opened: AbstractContextManager[Side]
    if url.get_backend_name() == "sqlite":
        opened = moving_sqlite.opened(url, alone=alone, plain=other.get_backend_name() != "sqlite")
    else:
        opened = moving_postgresql.opened(url, alone=alone)
    with opened as side:
        yield side
