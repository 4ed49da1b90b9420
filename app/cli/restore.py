"""`hotline restore`: a backup in the place of the database, and nothing sent or given out twice after it."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from app.backups import contents, restoring
from app.backups.contents import Contents
from app.backups.restoring import Restored
from app.cli import console
from app.clock import Clock
from app.settings import Settings, shown

app = typer.Typer()


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="A file that hotline backup made.")],
    identity: Annotated[
        Path | None, typer.Option("--identity", metavar="FILE", help="The key that opens it, where it is encrypted.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Put a backup in the place of the database. Stop the hotline first; what is there now is put aside."""
    settings = console.settings()
    if problem := console.wrong_place(settings.database_file):
        console.fail(problem)
    if settings.database_file is None:
        console.answers(settings.database)
    try:
        with restoring.opened(settings, file, identity) as (plain, held):
            restoring.check_nobody_runs(settings, Clock().now())
            typer.echo(f"{file} holds {_held(held, file)}.")
            if not yes:
                typer.confirm(f"Put it in the place of {_place(settings)}?", abort=True)
            done = restoring.put_back(settings, plain, Clock().now())
    except contents.Damaged as error:
        console.fail(f"{file}: {error}. Take another backup.")
    _tell(done)


def _place(settings: Settings) -> str:
    file = settings.database_file
    if file is None:
        return f"what is in {shown(settings.database)}, which is written into a file of its own first"
    return f"{file}, which is put aside" if file.exists() else f"{file}, where nothing is yet"


def _held(held: Contents, file: Path) -> str:
    parts = [console.count(held.people, "person", "people"), console.count(held.requests, "request")]
    texts = console.count(held.texts, "text")
    newest = f", the last of them of {_moment(held.newest)}" if held.newest else ""
    return f"{', '.join(parts)} and {texts}{newest}"


def _moment(moment: datetime) -> str:
    return moment.astimezone().strftime("%Y-%m-%d %H:%M %Z")


def _tell(done: Restored) -> None:
    """What was done, and what the hotline does by itself at its next start."""
    settled = done.settled
    if done.aside is not None:
        typer.echo(f"What was there is {done.aside}. Delete it once all is well: it holds people's words.")
    for line, number in settled.numbers.items():
        typer.echo(f"{line}: the next request is #{number}, so that no number is used twice.")
    if settled.erased:
        typer.echo(f"{console.count(settled.erased, 'person', 'people')} erased since it was made, erased again.")
    waited = (
        f" Of {console.count(settled.texts, 'text')} that waited it looks first if they left."
        if settled.texts
        else ""
    )
    since = _moment(settled.read_from)
    typer.echo(f"Now start the hotline. It takes in what the carrier's list has since {since}.{waited}")
