"""`hotline report`: what a line has done in a span of time, in figures, for people, programs and spreadsheets.

The figures are those of the board's page (models/report), and docs/report.md says what each of them counts.
"""

import json
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import astuple
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from app.cli import cells, console, spans
from app.cli.cells import NoBom
from app.cli.console import AsJson, InLine
from app.clock import Clock
from app.pages import wording
from app.pages.figures.ledger import Section, Teller
from app.pages.figures.sheet import Reader
from handlers.views import shared_places
from models import lines, purse
from models.lines import Line
from models.report import ledger, rows, rows_public
from models.report.public import LEAST
from models.report.rows import SECTIONS, Row
from models.store.session import Session

HEAD = ("section", "name", "figure", "value", "unit")

app = typer.Typer()


class Counted(NamedTuple):
    """A line's figures, of which days, and when they were counted."""

    line: Line
    since: date
    until: date
    at: datetime
    rows: list[Row]
    others: list[str]  # other lines' names


@app.command()
def report(
    since: Annotated[
        str,
        typer.Option(
            metavar="WHEN", help='2026-10-01, "30 days", "last month"; without it, from the very beginning.'
        ),
    ] = "",
    until: Annotated[str, typer.Option(metavar="DAY", help="The last day that counts; without it, today.")] = "",
    line: InLine = None,
    as_json: AsJson = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="For spreadsheets: one table, a figure a row.")] = False,
    to: Annotated[
        Path | None,
        typer.Option("--to", metavar="FILE", help="Write it there; .xlsx: a workbook."),
    ] = None,
    no_bom: NoBom = False,
    public: Annotated[
        bool, typer.Option("--public", help="What everybody may see: nothing of fewer than five.")
    ] = False,
    language: Annotated[
        str, typer.Option("--language", metavar="CODE", help="Of the words; without it, the line's own.")
    ] = "",
) -> None:
    """What was asked for, how long it took, what it cost, who carries it. Nothing in it is about anybody."""
    if as_json and as_csv:
        console.fail("--json or --csv: write one of them.", 2)
    code = console.language_code(language)

    def work(session: Session) -> Counted:
        return _counted(session, console.line_named(session, line), Clock().now(), since, until, public=public)

    with console.opened(console.settings()) as kept:
        found = kept.read(work)
    if as_csv or (cells.is_workbook(to) and not as_json):
        about = (("report", "", name, value, "") for name, value in _about(found, public=public).items())
        cells.save(to, HEAD, (*about, *map(astuple, found.rows)), bom=not no_bom)
        return
    with nullcontext(sys.stdout) if to is None else to.open("w", encoding="utf-8", newline="") as file:
        if as_json:
            tree = {"report": _about(found, public=public), **as_tree(found.rows)}
            print(json.dumps(tree, ensure_ascii=False, indent=2), file=file)
        else:
            _show(found, wording.of(code or found.line.language), file, public=public)


def _counted(session: Session, line: Line, now: datetime, since: str, until: str, *, public: bool) -> Counted:
    try:
        asked = spans.read(since, until, ledger.began(session, line), line.timezone, now)
    except ValueError as error:
        console.fail(str(error), 2)
    told = rows_public.rows if public else rows.rows
    places = {"door": shared_places.door, "house": shared_places.house}
    found = told(ledger.read(session, line, asked.span, now, **places))
    others = [each.name for each in lines.all_lines(session) if each.id != line.id]
    return Counted(line, asked.since, asked.until, now, found, others)


def _about(found: Counted, *, public: bool) -> dict[str, Any]:
    """Of which line and which days it is, and how it is told."""
    return {
        "line": found.line.name,
        "since": found.since.isoformat(),
        "until": found.until.isoformat(),
        "timezone": found.line.timezone,
        "counted_at": console.stamp(found.at, found.line),
        "public": public,
        "hidden_under": LEAST if public else None,
        "currency": rows.USD,
        "books_currency": purse.currency(found.line),
    }


def as_tree(told: Sequence[Row]) -> dict[str, dict[str, Any]]:
    """By section, then by name where a row has one, then by figure."""
    tree: dict[str, dict[str, Any]] = {section: {} for section in SECTIONS}
    for row in told:
        branch = tree[row.section]
        if row.name:
            branch = branch.setdefault(row.name, {})
        branch[row.figure] = str(row.value) if isinstance(row.value, Decimal) else row.value  # a float loses cents
    return tree


def _show(found: Counted, words: wording.Words, file: Any, *, public: bool) -> None:
    """For people: a sentence of what each section counts, and its numbers."""
    reader = Reader(words, found.line.timezone)
    teller = Teller(reader, public)
    # Into a file or a pipe nothing may be cut off, however long.
    screen = Console(file=file, highlight=False) if file.isatty() else Console(file=file, width=10_000)
    about = teller.say("line", line=found.line.name, since=reader.date(found.since), until=reader.date(found.until))
    screen.print(_plain(about), style="bold")
    screen.print(_plain(teller.say("at", when=words.book.time(found.at, found.line.timezone))))
    if public:
        screen.print(_plain(teller.say("public")))
    if not any(row.value for row in found.rows):
        screen.print(_plain(teller.say("empty")))
    for section in teller.sections(found.rows) if any(row.value for row in found.rows) else ():
        if section.title:
            screen.print()
            screen.print(_plain(section.title), style="bold")
            screen.print(_plain(section.means))
        if section.rows:
            screen.print(_table(section))
    if found.others:
        screen.print()
        screen.print(_plain(teller.say("others", lines=words.book.listed([repr(name) for name in found.others]))))


def _table(section: Section) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold", show_header=any(section.head), padding=(0, 2, 0, 0))
    for n, column in enumerate(section.head):
        table.add_column(_plain(column), justify="right" if n else "left")
    for row in section.rows:
        table.add_row(*map(_plain, row))
    return table


def _plain(words: str) -> Text:
    """Words as they are: a line's and an area's name may look like markup, or turn the terminal red."""
    return Text(console.plain(words))
