"""`hotline backup`: everything in one file, while the hotline runs."""

from pathlib import Path
from typing import Annotated

import typer

from app.backups import making, sealing
from app.backups.making import Made
from app.cli import console
from app.clock import Clock

app = typer.Typer()


@app.command()
def backup(
    file: Annotated[
        Path | None,
        typer.Argument(help="Where to; else into BACKUP_FOLDER, where old ones are removed in their turn."),
    ] = None,
    to: Annotated[
        str | None,
        typer.Option(
            "--to",
            metavar="COMMAND",
            help="Give it to this command's standard input, such as 'ssh nas \"cat > hotline.db\"'.",
        ),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Write over FILE, if it is a backup. Nothing else is ever written over.")
    ] = False,
    new_key: Annotated[
        Path | None,
        typer.Option(
            "--new-key", metavar="FILE", help="Only make a key that opens backups, and say its public half."
        ),
    ] = None,
) -> None:
    """Write the database into a file, and open that to see that it is whole. The hotline goes on meanwhile."""
    if new_key is not None:
        _make_key(new_key)
        return
    settings = console.settings()
    if problem := console.wrong_place(settings.database_file):
        console.fail(problem)
    if settings.database_file is None:
        console.answers(settings.database)
    made = making.make(settings, Clock().now(), file=file, to=to, over=force)
    typer.echo(f"{_where(made)}: {_held(made)}{', encrypted' if made.sealed else ''}. It was opened, and is whole.")
    if to is not None:
        typer.echo("The command took it.")


def _where(made: Made) -> str:
    return str(made.path) if made.path is not None else made.name


def _held(made: Made) -> str:
    held = made.contents
    parts = [
        console.count(held.people, "person", "people"),
        console.count(held.requests, "request"),
        console.count(held.texts, "text"),
    ]
    return f"{', '.join(parts)}, {max(made.size // 1024, 1)} KB"


def _make_key(file: Path) -> None:
    if file.exists():
        console.fail(f"{file} is there already. A key that is written over opens no old backup any more.")
    public = sealing.new_key(file)
    typer.echo(f"BACKUP_PUBLIC_KEY={public}")
    typer.echo(
        f"Set this. {file} opens the backups: keep it off this machine, in two places, and nobody else can.", err=True
    )
