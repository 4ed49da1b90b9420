"""`hotline request import`: what a group's own list holds open, taken in after the host has seen what it would do."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from app.cli import console, request_plan, request_rows
from app.cli.console import InLine
from app.cli.people.importing import chosen_columns, contents
from app.cli.request_plan import Plan, Planned
from app.cli.sheets.cells import Unusable
from app.cli.sheets.reading import Table
from app.clock import Clock
from app.outbound import outbox
from handlers.safety import alarms
from handlers.setup import importing
from handlers.turn import Context, Text
from models import imports, line_events, people
from models.imports import ImportBatch, Kind
from models.lines import Line
from models.people import Address, Person
from models.requests import Request, Urgency
from models.store.session import Session

MOST_SHOWN = 40  # rows of what would be taken in


@dataclass(frozen=True)
class Wishes:
    """How the host wants it."""

    own: tuple[str | None, ...]
    a_day: int | None
    tell: bool


def import_(
    file: Annotated[
        str, typer.Argument(help="A CSV file or .xlsx workbook from any spreadsheet; with --undo an import's number.")
    ] = "",
    tell: Annotated[
        bool | None,
        typer.Option("--tell/--no-tell", help="Text each neighbor once that their request is here now; else nobody."),
    ] = None,
    a_day: Annotated[
        int | None,
        typer.Option(
            "--per-day", min=1, max=1000, help="About so many a day volunteers are asked; else as they can."
        ),
    ] = None,
    column: Annotated[
        list[str] | None,
        typer.Option("--column", metavar="KEY=HEADING", help='What a column holds: need="Asks for".'),
    ] = None,
    sheet: Annotated[str | None, typer.Option("--sheet", help="Of a workbook, the one to read.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what it would do.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    undo: Annotated[
        bool, typer.Option("--undo", help="Withdraw what an import (the last one) brought and nobody has taken.")
    ] = False,
    line: InLine = None,
) -> None:
    """Take in what a list holds open: name, phone, need, people, area, address, language, date, urgency, status.

    Rows that are over are left out, and what is here already is not made twice. Nobody is texted but on your word;
    volunteers are asked by and by.
    """
    settings = console.settings()
    if undo:
        with console.opened(settings) as kept:
            for words in kept.write(lambda session: _undo(session, file, line)).result():
                typer.echo(words)
        return
    if not file:
        console.fail("Write which file, such as: hotline request import needs.csv", 2)
    chosen = chosen_columns(column or [])
    try:
        table = request_rows.read(contents(file), chosen, sheet)
    except Unusable as error:
        console.fail(f"{file}: {error}")
    own = (settings.hotline_number, settings.hotline_whatsapp)
    with console.opened(settings) as kept:
        plan = kept.read(lambda session: request_plan.plan(session, console.line_named(session, line), table, own))
        _show(plan, table)
        asks = console.on_terminal() and not yes
        if dry_run or not plan.rows:
            typer.echo("Nothing was changed." if dry_run else "There is nothing to take in.")
            raise typer.Exit(1 if plan.refused else 0)
        if asks and not typer.confirm(f"Take in {console.count(len(plan.rows), 'request')}?"):
            console.fail("Nothing was changed.")
        if tell is None:
            tell = asks and typer.confirm("Text each of these neighbors once that their request is here now?")
        wishes = Wishes(own, a_day, tell)
        done = kept.write(
            lambda session: _do(session, console.line_named(session, line), table, Path(file).name, wishes)
        )
        for words in done.result():
            typer.echo(words)
    raise typer.Exit(1 if plan.refused else 0)


def _do(session: Session, line: Line, table: Table, source: str, wishes: Wishes) -> list[str]:
    """Take in every row of the plan, worked out anew: it may be that somebody has texted meanwhile."""
    context = Context(session, line, Clock().now())
    plan = request_plan.plan(session, line, table, wishes.own)
    batch = imports.begin(session, line.id, Kind.REQUESTS, source, context.now)
    presses = [each.listed.urgency is Urgency.URGENT or each.read.in_danger for each in plan.rows]
    found: list[Request] = []
    alarmed, told = True, 0
    for each, slot in zip(plan.rows, importing.slots(context, presses, wishes.a_day), strict=True):
        request, texts = _take_in(context, batch, each, slot)
        found.append(request)
        alarmed &= not request.in_danger or alarms.reached_duty(texts)
        if wishes.tell:
            first = importing.tell(context, people.by_id(session, request.person_id), request)
            texts, told = [*texts, *first], told + len(first)
        outbox.queue(session, line, f"import-{batch.id}-{each.number}", texts, context.now)
    line_events.record(
        session, line.id, line_events.HOST, line_events.REQUESTS_IMPORTED, context.now, after=len(found)
    )
    hear = f"{console.count(told, 'neighbor hears', 'neighbors hear')} of it by text, once people are awake."
    return [*_taken_in(found, batch.id, alarmed=alarmed), *([hear] if wishes.tell else ())]


def _take_in(context: Context, batch: ImportBatch, each: Planned, slot: datetime) -> tuple[Request, list[Text]]:
    session, line = context.session, context.line
    is_new = each.entry.finds(session, line) is None
    person = each.entry.keep(session, line, context.now)
    session.flush()
    home = _home(session, person)
    owner = importing.Owner(person, home, is_new, each.for_name)
    return importing.take_in(context, batch, each.number, owner, each.listed, slot)


def _home(session: Session, person: Person) -> Address:
    session.cache.pop("reply_addresses", None)
    return people.reply_addresses(session, [person.id])[person.id]


def _taken_in(found: Sequence[Request], number: int, *, alarmed: bool) -> list[str]:
    said = [f"{console.count(len(found), 'request')} taken in: {_numbers(found)}."]
    danger = [request for request in found if request.in_danger]
    held = [request for request in found if request.state == "held" and not request.in_danger]
    if danger:
        told = "Whoever is on duty has been alarmed" if alarmed else "NOBODY IS ON DUTY to be alarmed"
        said.append(f"{_numbers(danger)}: may tell of danger. {told}; call them yourself, now.")
    if held:
        said.append(
            f"{_numbers(held)}: whoever is on duty reads these first (OPEN or ASSIGN lets them go on). "
            "Nothing is texted to them. Where the list says that a phone is not safe, call, and mind who answers."
        )
    later = [request for request in found if request.state == "open" and not request.wave]
    if later:
        waiting = console.count(len(later), "request waits", "requests wait")
        said.append(f"{waiting} for a turn; volunteers are asked by and by.")
    return [
        *said,
        f"This was import {number}; hotline request import --undo {number} withdraws what nobody has taken.",
    ]


def _numbers(found: Sequence[Request]) -> str:
    return ", ".join(f"#{request.number}" for request in found)


def _show(plan: Plan, table: Table) -> None:
    """What would be done, on the screen; what is wrong, beside it."""
    for note in table.notes:
        typer.echo(console.plain(note), err=True)
    if table.ignored:
        typer.echo(f"Columns not read: {', '.join(map(console.plain, table.ignored))}", err=True)
    if any(key == "notes" for key, _ in table.taken) and plan.rows:
        typer.echo("Notes go along to whoever helps; --column ignore=HEADING leaves a column out.", err=True)
    for number, why in sorted(plan.refused):
        typer.echo(f"{table.counted} {number} refused: {console.plain(why)}", err=True)
    for number, what in plan.unclear:
        typer.echo(f"{table.counted} {number} taken in, but for {console.plain(what)}", err=True)
    if plan.rows:
        shown = [_shown(each) for each in plan.rows[:MOST_SHOWN]]
        console.table([table.counted, "who", "needs", "people", "where", "asked", "first"], shown)
    if len(plan.rows) > MOST_SHOWN:
        typer.echo(f"... and {len(plan.rows) - MOST_SHOWN} more")
    counts = {
        "to be taken in": len(plan.rows),
        "over already": len(plan.over),
        "somebody has it already": len(plan.taken),
        "here already": len(plan.same),
        "refused": len(plan.refused),
    }
    typer.echo("; ".join(f"{number} {what}" for what, number in counts.items() if number or what == "to be taken in"))
    if plan.taken:
        rows = ", ".join(map(str, plan.taken))
        typer.echo(
            f"Left out because somebody has it: {table.counted} {rows}; where nobody has, write open", err=True
        )
    for number, what in plan.same:
        typer.echo(f"{table.counted} {number} is the same {what}", err=True)


def _shown(each: Planned) -> list[object]:
    listed = each.listed
    first = "DANGER: duty is alarmed" if each.read.in_danger else listed.urgency
    where = listed.area or ("an address" if listed.place else None)
    who = each.for_name or each.entry.name
    needs = ", ".join(map(str, each.read.needs))
    return [
        each.number,
        who,
        needs,
        listed.people,
        where,
        f"{listed.asked_at:%Y-%m-%d}" if listed.asked_at else None,
        first,
    ]


def _undo(session: Session, number: str, named: str | None) -> list[str]:
    line = console.line_named(session, named)
    context = Context(session, line, Clock().now())
    if number and not (number.isascii() and number.isdigit() and len(number) < 10):
        console.fail(f"--undo {number}: write the import's number, or none for the last one", 2)
    batch = imports.find(session, int(number)) if number else imports.latest(session, Kind.REQUESTS, line.id)
    if batch is None or batch.kind is not Kind.REQUESTS or batch.line_id != line.id or batch.undone_at is not None:
        console.fail("No such list of requests was imported to this line that could be taken back.")
    back, stays = 0, []
    for _, request in imports.requests_of(session, batch):
        home = people.reply_addresses(session, [request.person_id]).get(request.person_id)
        heard = home.last_heard_at if home is not None else None
        wrote = heard is not None and heard > batch.created_at
        why, texts = importing.take_back(context, request, wrote=wrote)
        outbox.queue(session, line, f"import-{batch.id}-undo-{request.id}", texts, context.now)
        back += not why
        if why:
            stays.append(f"#{request.number} stays: {why}")
    batch.undone_at = context.now
    session.add(batch)
    line_events.record(session, line.id, line_events.HOST, line_events.REQUESTS_TAKEN_BACK, context.now, after=back)
    done = f"{console.count(back, 'request')} withdrawn"
    return [f"{done}; {len(stays)} stay." if stays else f"{done}.", *stays]
