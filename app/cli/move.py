"""`hotline move`: everything into another database, SQLite or PostgreSQL, while the hotline runs."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Annotated

import psycopg
import typer
from sqlalchemy.exc import DBAPIError

from app import hosts
from app.backups import erased, making, missing, settling
from app.cli import console, trouble
from app.clock import Clock
from app.database import engine, migrations, moving, running
from app.database.moving import CannotMove, Moved, Talk
from app.database.suitable import Unsuitable
from app.inbound.spool import Spool
from app.settings import Settings, shown

app = typer.Typer()


@app.command()
def move(
    to: Annotated[
        str | None,
        typer.Argument(
            metavar="DATABASE_URL",
            help="The new database, which is empty, such as postgresql://user:password@host/name; asked for, and "
            "not shown, if it is left out. (A password written here can be read by whoever else uses this machine.)",
        ),
    ] = None,
    undo: Annotated[
        bool, typer.Option("--undo", help="Go on in the old database, without what came in since it was left.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Carry everything into another database. Leave the hotline running: it says when to stop it."""
    settings = console.settings()
    if problem := console.wrong_place(settings.database_file):
        console.fail(problem)
    missing.check(settings)
    if settings.database_file is None:
        console.answers(settings.database)
    elif not settings.database_file.exists():
        console.fail(f"There is no database {settings.database_file} yet, so there is nothing to move.")
    if undo:
        _undo(settings, yes=yes)
        return
    new = _there(to or typer.prompt("Address of the new database (it is not shown)", hide_input=True))
    migrations.upgrade(settings.database, before=lambda: making.before_migration(settings))
    with _explained(settings, new):
        done = moving.move(settings.database, new.database, Clock().now, Talk(_table, _wait, _stopped))
    carried = _carry_files(settings, new)
    _tell(settings, new, done, carried)


def _there(url: str) -> Settings:
    """The settings as they are with this database; ends with one line if that cannot be one."""
    try:
        new = Settings(database_url=url)
    except ValueError as error:
        console.fail("\n".join(trouble.in_settings(error)), trouble.WRONG_SETTINGS)
    if problem := console.wrong_place(new.database_file):
        console.fail(problem)
    hosts.check(new)
    return new


def _table(name: str) -> None:
    typer.echo(f"  {name}", err=True)


def _wait(rows: int) -> None:
    typer.echo(
        f"{console.count(rows, 'row')} are there. The hotline went on meanwhile. Now stop it: what has changed since"
        " is carried as soon as it has stopped. (To do that another time, Ctrl+C; then run this again.)"
    )


def _stopped() -> None:
    typer.echo("It has stopped. Leave it so until this ends.")


@contextmanager
def _explained(old: Settings, new: Settings) -> Iterator[None]:
    """What goes wrong with either database, in words that say that nothing is lost."""
    try:
        yield
    except Unsuitable as error:
        console.fail(f"{trouble.unsuitable(error, new.database)} Nothing is lost: the old database is as it was.")
    except (DBAPIError, psycopg.Error, sqlite3.Error, OSError) as error:
        console.fail(trouble.not_carried(error, old.database, new.database))


def _carry_files(old: Settings, new: Settings) -> list[str]:
    """Take along what lies beside the database; returns what must be set for the rest."""
    before, after = erased.file_of(old), erased.file_of(new)
    if before.exists() and not after.exists():
        after.touch(mode=0o600)
        shutil.copyfile(before, after)
    with closing(engine.connect(new.database, engine.COMMAND)) as kept:
        erased.note(new, kept)
    waiting = Spool(old.spool).figures().waiting
    if old.spool.absolute() == new.spool.absolute() or not waiting:
        return []
    return [f"HOTLINE_SPOOL={old.spool.absolute()}   ({console.count(waiting, 'text')} wait there to be taken in)"]


def _tell(old: Settings, new: Settings, done: Moved, to_set: list[str]) -> None:
    typer.echo(
        f"All {console.count(done.rows, 'row')} of {done.tables} tables are in the new database; each was read there"
        f" again, and is the same. The hotline had to stand still for {done.stood_still:.0f} s."
    )
    if done.changed:
        typer.echo(
            f"In {console.count(done.changed, 'row')} a character that cannot be seen (NUL) was left out: PostgreSQL"
            " has none. All else in them is the same."
        )
    typer.echo("Now set this, in .env or where your host keeps its settings, and start the hotline:")
    for line in (f"DATABASE_URL={shown(new.database)}   (with the password, if it has one)", *to_set):
        typer.echo(f"  {line}")
    if new.database_file is None and new.backups is None:
        typer.echo("On PostgreSQL it makes no backups by itself: have your host make them, or set BACKUP_FOLDER.")
    typer.echo(
        f"On {shown(old.database)} no hotline starts any more. To go back, move back in the same way. Delete it and"
        " its backups in a week or two: people's words are in them, also of whoever is erased from now on."
    )


def _undo(settings: Settings, *, yes: bool) -> None:
    now = Clock().now()
    with (
        running.nobody_else(settings.database) as certain,
        closing(engine.connect(settings.database, engine.COMMAND)) as kept,
    ):
        if not certain:
            running.check_workers(kept, now)
        migrations.upgrade(settings.database, before=lambda: making.before_migration(settings))
        left = kept.read(moving.left)
        if left is None:
            raise CannotMove("No move from this database has ended, so there is nothing to take back")
        if not yes:
            typer.confirm(
                f"What came in and was done since {left:%Y-%m-%d %H:%M} UTC is only in the other database, and is"
                " lost here. Stop the hotline there first. Go on in this one?",
                abort=True,
            )
        noted = erased.noted(settings)
        settled = kept.write(
            lambda session: settling.settle(session, now, settling.NOTHING, noted.records, noted=noted.given_out)
        ).result()
    for line, number in settled.numbers.items():
        typer.echo(f"{line}: the next request is #{number}, so that no number is used twice.")
    typer.echo("Now start the hotline with this DATABASE_URL. It takes in what the carrier's list has since.")
