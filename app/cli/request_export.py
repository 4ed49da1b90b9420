"""`hotline request export`: what was asked for, as a table that travels: who, when, what, where, how it ended.

A file is passed on and left lying about. What only the group may read (numbers, doors, all of a neighbor's words) is
in it where somebody says so.
"""

import tomllib
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

from app.cli import cells, console, spans
from app.cli.cells import NoBom, To
from app.cli.console import AsJson, InLine
from app.cli.people import shown
from app.clock import Clock
from handlers import phrasebook
from handlers.members import naming
from handlers.wording import redaction
from models import exports, lines, people
from models.exports import Exported
from models.lines import Line
from models.people import Address
from models.report import ledger
from models.report.span import Span
from models.requests import State
from models.store.session import Session

FIELDS = """number created_at timezone person name phone for_name needs people urgency emergency area vicinity
    language state outcome helper helpers_wanted helpers claimed_at delivered_at closed_at changed_at text""".split()
ONLY_WHOLE = ("place", "code_word")
WORDS = Path(__file__).with_suffix(".toml")
NOBODY = "(erased)"

Since = Annotated[
    str, typer.Option(metavar="WHEN", help='Asked for from then on: 2026-10-01, "30 days", "last month".')
]
Until = Annotated[str, typer.Option(metavar="DAY", help="The last day that counts; without it, today.")]


def export(
    since: Since = "",
    until: Until = "",
    state: Annotated[State | None, typer.Option("--state", help="Only these.")] = None,
    whole: Annotated[
        bool,
        typer.Option(
            "--whole", help="Whole numbers and names, exact places, all of their words, too: for the group alone."
        ),
    ] = False,
    to: To = None,
    language: Annotated[
        str, typer.Option("--language", help="Of headings and values, such as es; else the names that programs know.")
    ] = "",
    no_bom: NoBom = False,
    as_json: AsJson = False,
    line: InLine = None,
) -> None:
    """Requests as a table for a spreadsheet: CSV on standard output, or a file (--to requests.xlsx)."""
    code = console.language_code(language)
    if as_json and (to or language):
        console.fail("--json is for programs, on standard output: leave out --to and --language.", 2)

    def work(session: Session) -> tuple[list[dict[str, Any]], Line]:
        chosen = console.line_named(session, line)
        found = exports.of_line(session, chosen.id, _span(session, chosen, since, until), state)
        return _rows(session, chosen, found, whole=whole), chosen

    with console.opened(console.settings()) as kept:
        rows, chosen = kept.read(work)
    if as_json:
        console.as_json([{name: _for_programs(value, chosen) for name, value in row.items()} for row in rows])
        return
    fields = [*FIELDS, *(ONLY_WHOLE if whole else ())]
    table = ([_for_people(row, name, code, chosen) for name in fields] for row in rows)
    cells.save(to, headings(code, fields), table, bom=not no_bom)
    if to is not None:
        who = " Numbers and doors are in it: keep it within the group, and delete it when it is no longer needed."
        typer.echo(f"{console.count(len(rows), 'request')} written to {to}.{who if whole else ''}")


def _span(session: Session, line: Line, since: str, until: str) -> Span | None:
    if not since and not until:
        return None
    try:
        return spans.read(since, until, ledger.began(session, line), line.timezone, Clock().now()).span
    except ValueError as error:
        console.fail(str(error), 2)


def headings(code: str | None, fields: list[str]) -> list[str]:
    """What the columns are called in this language; where none is said, as programs know them."""
    words = said().get(code or "", {}).get("headings", {})
    return [words.get(name, name) for name in fields]


@cache
def said() -> dict[str, dict[str, dict[str, str]]]:
    """The words of the table, by language, then by what they are about."""
    found: dict[str, dict[str, dict[str, str]]] = tomllib.loads(WORDS.read_text(encoding="utf-8"))
    return found


def _rows(session: Session, line: Line, found: list[Exported], *, whole: bool) -> list[dict[str, Any]]:
    areas = {area.id: area.name for area in lines.areas(session, line.id)}
    addresses = people.all_addresses(session, line.id)
    return [_row(line, each, areas, addresses.get(each.asker.id, []), whole=whole) for each in found]


def _row(
    line: Line, found: Exported, areas: dict[int, str], addresses: list[Address], *, whole: bool
) -> dict[str, Any]:
    request, asker = found.request, found.asker
    named = naming.whole if whole else naming.first
    row = {
        "number": request.number,
        "created_at": request.created_at,
        "timezone": line.timezone,
        "person": asker.id,
        "name": NOBODY if asker.erased_at else named(asker.name, line.name),
        "phone": shown(addresses[0], whole) if addresses else None,
        "for_name": naming.first(request.for_name, line.name) if request.for_name else None,
        "needs": request.needs,
        "people": request.people,
        "urgency": request.urgency.value if request.urgency else None,
        "emergency": request.emergency,
        "area": areas.get(request.area_id or 0),
        "vicinity": request.vicinity,
        "language": request.language,
        "state": request.state.value,
        "outcome": request.outcome.value if request.outcome else None,
        "helper": [name for helper in found.helpers if (name := named(helper.name, line.name))],
        "helpers_wanted": request.helpers_wanted,
        "helpers": len(found.helpers),
        "claimed_at": found.claimed_at,
        "delivered_at": found.delivered_at,
        "closed_at": found.closed_at,
        "changed_at": request.changed_at,
        "text": (request.text if whole else redaction.whole_clauses(request.text)) or None,
    }
    return row | ({"place": request.place, "code_word": request.code_word or None} if whole else {})


def _for_programs(value: Any, line: Line) -> Any:
    return console.stamp(value, line) if isinstance(value, datetime) else value


def _for_people(row: dict[str, Any], name: str, code: str | None, line: Line) -> Any:
    """A cell: moments on the line's own clock, and in words of the language what has some."""
    value = row[name]
    if isinstance(value, datetime):
        return value.astimezone(ZoneInfo(line.timezone)).replace(tzinfo=None)
    if code is None:
        return value
    if name == "needs":
        return [phrasebook.book(code).need(need) for need in value]
    return said().get(code, {}).get(name, {}).get(str(value).lower(), value)
