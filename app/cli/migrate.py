"""`hotline migrate`: bring the database's tables to what this version needs."""

from typing import Annotated

import typer

from app import hosts
from app.backups import making, missing
from app.cli import console
from app.database import migrations

app = typer.Typer()


@app.command()
def migrate(
    new: Annotated[
        str | None, typer.Option("--new", metavar="WORDS", help="For developers: write a migration.")
    ] = None,
    check: Annotated[bool, typer.Option("--check", help="Only look; exit 1 if the tables differ.")] = False,
) -> None:
    """Bring the database up to date. Safe to run at any time, also while the hotline runs."""
    settings = console.settings()
    if problem := console.wrong_place(settings.database_file):
        console.fail(problem)
    hosts.check(settings)
    missing.check(settings)
    if settings.database_file is None:
        console.answers(settings.database)
    if check:
        there = settings.database_file is None or settings.database_file.exists()
        if not there or not migrations.up_to_date(settings.database):
            console.fail("The database is not up to date. Run: hotline migrate")
        typer.echo("The database is up to date.")
        return
    migrations.upgrade(settings.database, before=lambda: making.before_migration(settings))
    if new is None:
        typer.echo("The database is up to date.")
        return
    migrations.write_migration(settings.database, new)
    typer.echo("Written to migrations/versions. Read it before you use it.")
