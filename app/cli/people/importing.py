"""`hotline person import|imports`: everybody in a list, shown first, and taken back if it was wrong."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from app.cli import console
from app.cli.console import AsJson, InLine
from app.cli.people import entries, first_texts, planning, undoing
from app.cli.people.first_texts import Welcome
from app.cli.people.planning import Plan, Planned, What, Wishes
from app.cli.sheets import reading
from app.cli.sheets.cells import Unusable
from app.cli.sheets.reading import Table
from app.clock import Clock
from app.settings import Settings
from models import imports
from models.imports import ImportBatch, Kind
from models.lines import Channel
from models.store.session import Session

SHOWN = 40  # rows on a terminal before they run off it; --dry-run shows all


@dataclass(frozen=True)
class _List:
    """A list that was read, and how it is to be understood."""

    table: Table
    file: Path
    line: str | None
    helpers: bool
    make_areas: bool

    def wishes(self, session: Session, settings: Settings) -> Wishes:
        line = console.line_named(session, self.line)
        return Wishes(line, entries.own_numbers(settings), self.helpers, self.make_areas)


def register(app: typer.Typer) -> None:
    """Add these commands to the family."""
    app.command("import")(import_)
    app.command("imports")(list_)


def import_(
    file: Annotated[
        str, typer.Argument(help="A CSV file or .xlsx workbook from any spreadsheet; with --undo an import's number.")
    ] = "",
    column: Annotated[
        list[str] | None,
        typer.Option(
            "--column", metavar="WHAT=HEADING", help='Which column it is, such as address="Tel."; again for more.'
        ),
    ] = None,
    sheet: Annotated[str | None, typer.Option("--sheet", help="Which sheet of a workbook.")] = None,
    helpers: Annotated[bool, typer.Option("--helpers", help="Everybody in it is a volunteer.")] = False,
    make_areas: Annotated[bool, typer.Option("--make-areas", help="Add areas that the line does not have.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what it would do.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    undo: Annotated[bool, typer.Option("--undo", help="Take an import back, the last one if none is named.")] = False,
    welcome: Welcome = None,
    as_json: AsJson = False,
    line: InLine = None,
) -> None:
    """Add everybody in a list: phone, name, language, area, what they help with, if they volunteer or are on duty.

    Columns are found by what they are called, in English and Spanish. Who is known already is brought up to date.
    Rows that cannot be used are named; the others are kept. On a terminal it first shows what it would do, and asks.
    """
    settings = console.settings()
    if undo:
        undoing.undo(settings, file, yes=yes)
        return
    if not file:
        console.fail("Write which file, such as: hotline person import people.csv", 2)
    chosen = chosen_columns(column or [])
    try:
        table = reading.read(contents(file), "people", chosen, sheet=sheet)
    except Unusable as error:
        console.fail(f"{file}: {error}")
    named = _List(table, Path(file), line, helpers, make_areas)
    asks = console.on_terminal() and not yes and not as_json
    with console.opened(settings) as kept:
        planned = kept.read(lambda session: planning.plan(session, table, named.wishes(session, settings)))
        if dry_run or asks:
            _show(planned, named, SHOWN if asks and not dry_run else len(planned.rows), as_json=as_json)
        if dry_run:
            raise typer.Exit(1 if planned.refused else 0)
        if asks and planned.count(What.SAME) == len(planned.rows):
            typer.echo("Nothing would change.")
            raise typer.Exit(1 if planned.refused else 0)
        if asks:
            typer.confirm("Import them?", abort=True)
        planned, batch = kept.write(lambda session: _keep(session, named, settings)).result()
        if not asks and not as_json:
            _say_left(planned, named)
        _say(planned, batch, named, as_json=as_json)
        first_texts.offer(kept, [row.person.id for row in planned.rows if row.person], False if as_json else welcome)
    if planned.refused:
        raise typer.Exit(1)


def list_(as_json: AsJson = False) -> None:
    """Which lists of people were imported, and under which number each can be taken back."""
    with console.opened(console.settings()) as kept:
        found = kept.read(_imports)
    if as_json:
        console.as_json(found)
    else:
        console.table(
            ["import", "when", "list", "new", "changed", "taken back"], [list(one.values()) for one in found]
        )


def _imports(session: Session) -> list[dict[str, Any]]:
    line = console.line_named(session, None)
    return [
        {
            "import": one.id,
            "when": console.stamp(one.created_at, line),
            "list": one.source,
            "new": one.made,
            "changed": one.changed,
            "taken_back": console.stamp(one.undone_at, line) if one.undone_at else None,
        }
        for one in imports.every(session, Kind.PEOPLE)
    ]


def chosen_columns(written: Sequence[str]) -> dict[str, str]:
    """What --column says of columns: by what they hold, their headings. Ends for what says neither."""
    chosen: dict[str, str] = {}
    for one in written:
        key, equals, title = one.partition("=")
        if not equals or not title.strip():
            console.fail(f"--column {one}: write what it holds and its heading, such as --column address=Tel", 2)
        chosen[key.strip().lower()] = title.strip()
    return chosen


def contents(file: str) -> bytes:
    """What is in a file that somebody named; ends where it cannot be read."""
    try:
        return Path(file).read_bytes()
    except IsADirectoryError:
        console.fail(f"{file} is a folder; write a file in it", 2)
    except OSError as error:
        console.fail(f"{file}: {error.strerror}; is the name right, and is it in this folder?", 2)


def _keep(session: Session, named: _List, settings: Settings) -> tuple[Plan, ImportBatch | None]:
    return planning.keep(session, named.table, named.wishes(session, settings), named.file.name, Clock().now())


def _show(planned: Plan, named: _List, most: int, *, as_json: bool) -> None:
    """What it would do."""
    if as_json:
        console.as_json(_as_json(planned, named, None))
        return
    rows = [row for row in planned.rows if row.what is not What.SAME]
    shown = [[row.number, row.what, _called(row), _masked(row), "; ".join(_words(row))] for row in rows[:most]]
    if shown:
        console.table([named.table.counted, "", "name", "phone", "becomes"], shown)
    if len(rows) > most:
        typer.echo(f"… and {len(rows) - most} more; --dry-run shows all")
    _say_left(planned, named)
    counts = [f"{planned.count(what)} {said}" for what, said in COUNTED.items() if planned.count(what)]
    typer.echo(f"{', '.join(counts) or 'nobody'}{f', {len(planned.refused)} refused' if planned.refused else ''}")


COUNTED = {What.NEW: "new", What.CHANGED: "to be changed", What.SAME: "known as they are"}


def _words(row: Planned) -> Sequence[str]:
    if row.what is What.NEW and not (row.becomes.helper or row.becomes.duty):
        return ["a neighbor", *[said for said in planning.changes_in_words(row) if not said.startswith("name ")]]
    return [
        said for said in planning.changes_in_words(row) if row.what is not What.NEW or not said.startswith("name ")
    ]


def _called(row: Planned) -> str:
    return row.becomes.name or "somebody"


def _masked(row: Planned) -> str:
    prefix = "whatsapp:" if row.entry.channel is Channel.WHATSAPP else ""
    return f"{prefix}…{row.entry.value[-2:]}"


def _say_left(planned: Plan, named: _List) -> None:
    """What of the list was not read, and why; on standard error, so that a script can keep it apart."""
    table = named.table
    ticked = planning.skilled(table)
    if ignored := [title for title in table.ignored if title not in ticked]:
        typer.echo(f"Columns not read: {', '.join(map(console.plain, ignored))}", err=True)
    for title, what in ticked.items():
        typer.echo(f"Column {console.plain(title)!r} says who helps with: {what}", err=True)
    for note in table.notes:
        typer.echo(console.plain(note), err=True)
    if planned.areas:
        typer.echo(f"New areas: {', '.join(map(console.plain, planned.areas))}", err=True)
    for number, words in planned.left_out:
        typer.echo(f"{table.counted} {number}: {console.plain(words)} says nothing to us and is left out", err=True)
    for number, why in planned.refused:
        typer.echo(f"{table.counted} {number} refused: {console.plain(why)}", err=True)
    if not named.make_areas and any(why.startswith("area ") for _, why in planned.refused):
        typer.echo(
            "--make-areas adds the areas that the line does not have; --column ignore=HEADING leaves them out",
            err=True,
        )
    offering = {"can", "drives"} & {key for key, _ in table.taken} or ticked
    if offering and not named.helpers and not any(row.becomes.helper for row in planned.rows) and planned.rows:
        typer.echo(
            "No column says who volunteers, so nobody becomes a volunteer. If all of them are: --helpers", err=True
        )


def _say(planned: Plan, batch: ImportBatch | None, named: _List, *, as_json: bool) -> None:
    """What it has done."""
    if as_json:
        console.as_json(_as_json(planned, named, batch))
        return
    helpers = sum(row.person is not None and row.person.helps for row in planned.rows)
    duty = sum(row.person is not None and row.person.on_duty for row in planned.rows)
    everybody = len({row.person.id for row in planned.rows if row.person})
    typer.echo(
        f"{console.count(everybody, 'person', 'people')} kept: {console.count(helpers, 'volunteer')}, {duty} on duty"
    )
    if batch is not None and console.on_terminal():
        typer.echo(f"This was import {batch.id}; hotline person import --undo {batch.id} takes it back")
    if planned.refused:
        typer.echo(f"{len(planned.refused)} refused; mend those rows and import the file again", err=True)


def _as_json(planned: Plan, named: _List, batch: ImportBatch | None) -> dict[str, Any]:
    table = named.table
    return {
        "import": batch.id if batch else None,
        "counted": table.counted,
        "columns": [{"holds": key, "heading": title} for key, title in table.taken],
        "ignored": [title for title in table.ignored if title not in planning.skilled(table)],
        "notes": table.notes,
        "areas": planned.areas,
        "rows": [
            {
                "row": row.number,
                "what": row.what,
                "person": row.person.id if row.person else None,
                "name": row.becomes.name,
                "changes": {name: {"before": was, "after": will} for name, (was, will) in row.changes.items()},
            }
            for row in planned.rows
        ],
        "left_out": [{"row": number, "words": words} for number, words in planned.left_out],
        "refused": [{"row": number, "why": why} for number, why in planned.refused],
    }
