"""What the commands share: reading the settings, opening the database, saying what is wrong, showing tables."""

import json
import os
import sys
import tempfile
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, NoReturn
from zoneinfo import ZoneInfo

import tenacity
import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text
from sqlalchemy.engine import URL
from sqlalchemy.exc import OperationalError

from app import hosts
from app.backups import making, missing
from app.carriers import is_simulated, simulator
from app.cli import cures
from app.cli.trouble import WRONG_SETTINGS, in_settings
from app.clock import Clock
from app.database import engine, migrations
from app.database.engine import Database
from app.settings import Settings, spoken_language
from app.telemetry.words import count_of
from handlers.understanding.words import fold
from models import lines, moves
from models.lines import Line
from models.store.session import Session

InLine = Annotated[
    str | None, typer.Option("--line", metavar="NAME", help="Which line, where there are several; else the first.")
]
AsJson = Annotated[bool, typer.Option("--json", help="For other programs.")]

count = count_of  # `1 request`, `2 requests`

BREAKS = "\t\n\r\u2028\u2029"  # a tab stands where words end, too
TURNS = frozenset({"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"})  # classes of UAX #9: embeddings
WAKING = tenacity.Retrying(  # hosts put a database to sleep, and a machine that starts starts it beside us
    retry=tenacity.retry_if_exception(lambda e: isinstance(e, OperationalError) and cures.is_waking(str(e.orig))),
    wait=tenacity.wait_fixed(0.5),  # seconds
    stop=tenacity.stop_after_delay(15),  # seconds
    reraise=True,
)


def fail(what: str, code: int = 1) -> NoReturn:
    """Say what is wrong and end."""
    typer.echo(what, err=True)
    raise typer.Exit(code)


def language_code(said: str) -> str | None:
    """The code of a language that we speak, for --language; None for any; ends if it is none."""
    try:
        return spoken_language(said) if said else None
    except ValueError as error:
        fail(f"--language: {error}", 2)


def settings() -> Settings:
    """The settings; ends with one line for each that is wrong."""
    try:
        return Settings()
    except ValueError as error:
        fail("\n".join(in_settings(error)), WRONG_SETTINGS)


def wrong_place(file: Path | None) -> str | None:
    """Why SQLite cannot keep its file here, or None where it can (or where the database is not SQLite)."""
    if file is None:
        return None
    folder = file.absolute().parent
    if not folder.is_dir():
        return f"DATABASE_URL: there is no folder {folder}; make it, or write another place"
    if file.is_dir():
        return f"DATABASE_URL: {file} is a folder; write a file's name, such as sqlite:///{file.name}/hotline.db"
    try:
        # SQLite keeps its log beside the file, so the folder counts as well; asking for permission is not enough,
        # for a disk may be read-only or full. This file has no name and is gone at once.
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        return (
            f"DATABASE_URL: nothing can be written in {folder} ({error.strerror}); mend that, or write another place"
        )
    if file.exists() and not os.access(file, os.W_OK):
        return f"DATABASE_URL: {file} cannot be written to; change its permissions, or write another place"
    return None


def answers(url: URL) -> None:
    """Raise OperationalError within seconds if PostgreSQL does not answer; one that is starting is waited for."""
    asked = engine.connect(url)
    try:
        for attempt in WAKING:
            with attempt:
                asked.read(lambda _: None)
    finally:
        asked.close()


@contextmanager
def opened(found: Settings) -> Iterator[Database]:
    """The database, its tables up to date, with the line of the settings if it had none yet."""
    if problem := wrong_place(found.database_file):
        fail(problem)
    hosts.check(found)
    missing.check(found)
    if found.database_file is None:
        answers(found.database)
    kept = engine.connect(found.database, engine.COMMAND)
    try:
        migrations.upgrade(found.database, before=lambda: making.before_migration(found))
        kept.write(lambda session: _first_line(session, found, Clock().now())).result()
        yield kept
    finally:
        kept.close()


def check(found: Settings) -> None:
    """Say whatever keeps a hotline from starting here before anything starts. Raises SimulatorRefused."""
    simulated = is_simulated(found)
    if simulated:
        simulator.check_address(found)
    with opened(found) as kept:
        if simulated:
            kept.read(simulator.check_people)


def _first_line(session: Session, found: Settings, now: datetime) -> None:
    # An existing line is left alone: this shell's environment need not be the one that the hotline runs in.
    if not lines.all_lines(session):
        lines.from_settings(session, now, **found.line(simulated=is_simulated(found)))
    moves.check(session)


def line_named(session: Session, name: str | None) -> Line:
    """The line with this name, the first one without a name; ends if there is no such line."""
    every = lines.all_lines(session)
    if name is None:
        return every[0]
    for line in every:
        if fold(line.name) == fold(name.strip()):
            return line
    fail(f"There is no line {name!r}. There are: {', '.join(line.name for line in every)}")


def on_terminal() -> bool:
    """Whether somebody sits there who can be asked."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def stamp(moment: datetime, line: Line) -> str:
    """A moment on the line's own clock, with its offset, to the second."""
    return moment.astimezone(ZoneInfo(line.timezone)).isoformat(timespec="seconds")


def plain(text: str) -> str:
    """A stranger's words on one line, without what moves the cursor, colors the terminal or turns words around."""
    return "".join(
        " " if c in BREAKS else c
        for c in text
        if c in BREAKS or (unicodedata.category(c) != "Cc" and unicodedata.bidirectional(c) not in TURNS)
    )


def table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Show rows under their headings; a value of None stays empty."""
    # Into a file or a pipe nothing may be cut off, however long.
    console = Console() if sys.stdout.isatty() else Console(width=10_000)
    shown = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        shown.add_column(column)
    for row in rows:
        shown.add_row(*(Text("" if value is None else plain(str(value))) for value in row))
    console.print(shown)


def as_json(value: Any) -> None:
    """Show a value as JSON that a person can read too."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2))
