"""`hotline request …`: what neighbors asked for and where it stands. On the operator's console nothing is masked."""

from typing import Annotated, Any

import typer

from app.cli import console, request_export, request_import
from app.cli.console import AsJson, InLine
from handlers import phrasebook
from models import assignments, events, lines, people, requests
from models.lines import Line
from models.requests import Request, State
from models.store.session import Session

app = typer.Typer(no_args_is_help=True)
app.command()(request_export.export)
app.command("import")(request_import.import_)


@app.callback()
def main() -> None:
    """List and show requests; write them into a table for a spreadsheet, or take in those of a list."""


@app.command("list")
def list_(
    state: Annotated[State | None, typer.Option("--state", help="Only these.")] = None,
    as_json: AsJson = False,
    line: InLine = None,
) -> None:
    """Every request, oldest first."""
    found, chosen = _read(line, state)
    if as_json:
        console.as_json(found)
        return
    console.table(
        ["number", "state", "what", "people", "urgency", "area", "helper", "asked"],
        [
            [
                f"#{r['number']}",
                _state(r),
                _what(r, chosen),
                r["people"],
                "EMERGENCY" if r["emergency"] else r["urgency"],
                r["area"] or r["vicinity"],
                r["helper"],
                r["created_at"][:16].replace("T", " "),
            ]
            for r in found
        ],
    )


@app.command()
def show(
    number: Annotated[str, typer.Argument(help="Such as 42.")], as_json: AsJson = False, line: InLine = None
) -> None:
    """Everything about one request, the exact place and its whole history included."""
    wanted = number.strip().removeprefix("#")

    def work(session: Session) -> tuple[dict[str, Any] | None, Line]:
        chosen = console.line_named(session, line)
        known = wanted.isascii() and wanted.isdigit() and len(wanted) < 10
        request = requests.by_number(session, chosen.id, int(wanted)) if known else None
        if request is None:
            return None, chosen
        return {**_fields(session, chosen, request), "events": _events(session, chosen, request)}, chosen

    with console.opened(console.settings()) as kept:
        found, chosen = kept.read(work)
    if found is None:
        console.fail(f"There is no request {number} on {chosen.name}. See: hotline request list")
    if as_json:
        console.as_json(found)
        return
    said = {
        "state": _state(found),
        "what": _what(found, chosen),
        "people": found["people"],
        "urgency": "EMERGENCY" if found["emergency"] else found["urgency"],
        "area": found["area"] or found["vicinity"],
        "place": found["place"],
        "words": found["text"],
        "helper": found["helper"],
        "code word": found["code_word"],
        "language": found["language"],
    }
    typer.echo(f"#{found['number']}")
    for name, value in said.items():
        if value is not None:
            typer.echo(f"  {name + ':':<11}{console.plain(str(value))}")
    typer.echo("  history:")
    for event in found["events"]:
        parts = [
            event["at"][:16].replace("T", " "),
            event["kind"],
            event["by"] and f"by {event['by']}",
            event["words"],
        ]
        typer.echo("    " + console.plain("  ".join(part for part in parts if part)))


def _read(line: str | None, state: State | None) -> tuple[list[dict[str, Any]], Line]:
    def work(session: Session) -> tuple[list[dict[str, Any]], Line]:
        chosen = console.line_named(session, line)
        every = requests.in_state(session, chosen.id, state) if state else requests.all_of(session, chosen.id)
        return [_fields(session, chosen, request) for request in every], chosen

    with console.opened(console.settings()) as kept:
        return kept.read(work)


def _fields(session: Session, line: Line, request: Request) -> dict[str, Any]:
    areas = {area.id: area.name for area in lines.areas(session, line.id)}
    held = assignments.holding(session, request) if request.state is not State.OPEN else []
    names = [name for _, helper in held if (name := _first_name(helper.name))]
    return {
        "number": request.number,
        "state": request.state.value,
        "outcome": request.outcome.value if request.outcome else None,
        "needs": request.needs,
        "people": request.people,
        "urgency": request.urgency.value if request.urgency else None,
        "emergency": request.emergency,
        "area": areas.get(request.area_id or 0),
        "vicinity": request.vicinity,
        "place": request.place,
        "text": request.text or None,
        "language": request.language,
        "helper": ", ".join(names) or None,
        "helpers_wanted": request.helpers_wanted,
        "code_word": request.code_word or None,
        "created_at": console.stamp(request.created_at, line),
        "changed_at": console.stamp(request.changed_at, line),
    }


def _events(session: Session, line: Line, request: Request) -> list[dict[str, Any]]:
    return [
        {
            "at": console.stamp(event.at, line),
            "kind": event.kind,
            "state": event.state.value if event.state else None,
            "by": _first_name(people.by_id(session, event.by_person_id).name) if event.by_person_id else None,
            "words": event.words or None,
        }
        for event in events.history(session, request)
    ]


def _first_name(name: str) -> str | None:
    return name.split(maxsplit=1)[0] if name.split() else None


def _state(found: dict[str, Any]) -> str:
    return f"{found['state']}, {found['outcome']}" if found["outcome"] else str(found["state"])


def _what(found: dict[str, Any], line: Line) -> str:
    book = phrasebook.book(line.language)
    return ", ".join(book.need(need) for need in found["needs"]) or "?"
