"""`hotline line …`: more than one hotline in one place, the areas their people speak of, the figures they live by."""

import re
from typing import Annotated

import phonenumbers
import typer

from app import countries
from app import settings as rules
from app.backups import making
from app.cli import answers, console, figure_rows, lasting, prices, resources
from app.cli import areas as area_commands
from app.cli.console import AsJson, InLine
from app.cli.people import addresses
from app.cli.sheets.cells import Unusable
from app.clock import Clock
from app.settings import Settings
from handlers.rules import changing
from handlers.rules.figures.table import FIGURES, named
from handlers.turn import Context
from handlers.understanding.words import fold
from models import areas as kept_areas
from models import line_events, lines, people, regions
from models.lines import Channel, Line
from models.store.session import Session

app = typer.Typer(no_args_is_help=True)
app.add_typer(answers.app, name="answer")
app.add_typer(resources.app, name="resource")
app.add_typer(area_commands.app, name="area")
app.command("price")(prices.price)
app.command("rest")(lasting.rest)
app.command("end")(lasting.end)
app.command("go-on")(lasting.go_on)


@app.callback()
def main() -> None:
    """Add, list and remove lines, their areas, and the figures they live by."""


def _emergency_number(found: Settings, country: str) -> str:
    """The one of the settings, or of another country that was named."""
    other = country.upper() in phonenumbers.SUPPORTED_REGIONS and country.upper() != found.hotline_country
    return countries.emergency_number(country.upper()) if other else found.emergency_number


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="What the group calls its hotline.")],
    sms: Annotated[str, typer.Option("--sms", help="The number that people text.")] = "",
    whatsapp: Annotated[str, typer.Option("--whatsapp", help="The WhatsApp sender's number.")] = "",
    language: Annotated[str, typer.Option("--language", help="Else as in the settings.")] = "",
    timezone: Annotated[str, typer.Option("--timezone", help="Else as in the settings.")] = "",
    country: Annotated[str, typer.Option("--country", help="Else as in the settings.")] = "",
    emergency_number: Annotated[str, typer.Option("--emergency-number", help="Else the country's.")] = "",
) -> None:
    """Add a line: one more group with a number of its own."""
    found = console.settings()
    if not sms and not whatsapp:
        console.fail("Write --sms or --whatsapp: without a number nobody can text this line.", 2)
    written = {
        "name": (rules.line_name, name),
        "language": (rules.spoken_language, language or found.hotline_language),
        "timezone": (rules.time_zone, timezone or found.hotline_timezone),
        "country": (regions.country, country or found.hotline_country),
        "emergency-number": (rules.emergency_number, emergency_number or _emergency_number(found, country)),
    }
    values: dict[str, str | None] = {}
    for option, (rule, value) in written.items():
        try:
            values[option.replace("-", "_")] = rule(value)
        except ValueError as error:
            console.fail(f"--{option}: {error}", 2)
    if not values["name"]:
        console.fail("Write a name for the line.", 2)
    values["sms"] = _number("sms", sms, str(values["country"]))
    values["whatsapp"] = _number("whatsapp", whatsapp, str(values["country"]))

    def work(session: Session) -> Line | str:
        for line in lines.all_lines(session):
            if fold(line.name) == fold(str(values["name"])):
                return f"There is a line {line.name!r} already. Write another name."
        for channel, number in ((Channel.SMS, values["sms"]), (Channel.WHATSAPP, values["whatsapp"])):
            if number and (taken := lines.by_number(session, channel, number)):
                return f"--{channel}: this number belongs to the line {taken.name!r}. Write another one."
        now = Clock().now()
        made = lines.add(session, now, **values)
        line_events.record(session, made.id, line_events.HOST, line_events.LINE_ADDED, now)
        return made

    with console.opened(found) as kept:
        added = kept.write(work).result()
    if isinstance(added, str):
        console.fail(added)
    typer.echo(f"{added.name} is ready. Add its areas with: hotline line area NAME --line {added.name!r}")


def _number(option: str, written: str, country: str) -> str | None:
    written = written.strip().removeprefix("whatsapp:")
    if not written or re.fullmatch(r"\d{3,6}", written):  # a short code has no country
        return written or None
    try:
        return addresses.number(written, country)
    except Unusable as error:
        console.fail(f"--{option}: {error}", 2)


@app.command("list")
def list_() -> None:
    """Every line with its numbers; the first is the one of the settings."""
    with console.opened(console.settings()) as kept:
        found = kept.read(lambda session: [(x, len(lines.areas(session, x.id))) for x in lines.all_lines(session)])
    console.table(
        ["name", "sms", "whatsapp", "language", "timezone", "country", "emergency", "areas"],
        [
            [x.name, x.sms, x.whatsapp, x.language, x.timezone, x.country, x.emergency_number, areas]
            for x, areas in found
        ],
    )


@app.command()
def remove(
    name: Annotated[str, typer.Argument(help="The line's name.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Delete a line, with everybody and everything on it. A backup is made before, unless they are switched off."""
    settings = console.settings()

    def look(session: Session) -> tuple[str, int, int] | str:
        found = console.line_named(session, name)
        if found.from_settings:
            return f"{found.name} is the line of the settings, which every start makes again. Change HOTLINE_NAME."
        return found.name, len(people.everybody(session, found.id)), kept_areas.live_requests(session, found)

    with console.opened(settings) as kept:
        seen = kept.read(look)
        if isinstance(seen, str):
            console.fail(seen)
        called, known, live = seen
        if not yes:
            lost = f"{console.count(known, 'person', 'people')}, {console.count(live, 'open request')}"
            typer.confirm(f"Delete {called}: {lost}, and all that was ever said on it?", abort=True)
        if settings.backups is not None:
            made = making.make(settings, Clock().now(), kept=kept, why=making.BEFORE_REMOVAL)
            typer.echo(f"As it was: {made.path}")
        kept.write(lambda session: kept_areas.remove_line(session, console.line_named(session, name))).result()
    typer.echo(f"{called} is gone.")


@app.command()
def areas(line: InLine = None) -> None:
    """A line's areas, with every name they go by."""
    with console.opened(console.settings()) as kept:
        found = kept.read(lambda session: lines.areas(session, console.line_named(session, line).id))
    console.table(["area", "also called"], [[area.name, ", ".join(area.aliases)] for area in found])


@app.command()
def answering(line: InLine = None, as_json: AsJson = False) -> None:
    """How people answer what they are asked: what was measured, what is used, and the figure that overrides it."""
    with console.opened(console.settings()) as kept:
        found = kept.read(lambda session: console.line_named(session, line))
    rows = figure_rows.answering_rows(found)
    if as_json:
        console.as_json(rows)
        return
    columns = ["what", "measured", "used", "overridden by"]
    console.table(columns, [[row[column] for column in columns] for row in rows])


@app.command()
def rule(
    name: Annotated[str | None, typer.Argument(help="Which figure; without one, all are shown.")] = None,
    value: Annotated[str | None, typer.Argument(help="What it shall be; without one, it is shown.")] = None,
    default: Annotated[bool, typer.Option("--default", help="Put it back to what it was at first.")] = False,
    line: InLine = None,
    as_json: AsJson = False,
) -> None:
    """Show the figures a line lives by, or set one: how many are asked, how long things wait, limits, the budget."""
    try:
        wanted = named(name) if name is not None else None
    except ValueError as error:
        console.fail(str(error), 2)
    try:
        new = FIGURES[wanted].read(value.strip()) if wanted and value is not None else None
    except ValueError as error:
        console.fail(f"{wanted}: {error}", 2)
    if default and (wanted is None or value is not None):
        console.fail("--default puts one figure back: write its name and no value.", 2)

    changes = wanted is not None and (default or value is not None)

    def look(session: Session) -> bool:
        found = console.line_named(session, line)
        return wanted is not None and changing.is_for_all(Context(session, found, Clock().now()), wanted)

    def work(session: Session) -> Line:
        found = console.line_named(session, line)
        if wanted is not None and changes:
            figure_rows.set_by_host(session, found, {wanted: None if default else new})
        return found

    settings = console.settings()
    with console.opened(settings) as kept:
        if changes and kept.read(look):
            typer.echo(
                f"{wanted} is for the whole group to decide. If this changes it, every volunteer hears of it in the "
                "morning, and how to take it back.",
                err=True,
            )
        changed = kept.write(work).result()
    if wanted in settings.rules and changes and changed.from_settings:
        variable = f"HOTLINE_{wanted}".upper()
        typer.echo(f"{variable} is set, and will be what holds from the next start on.", err=True)
    shown = [row for row in figure_rows.rows(changed) if wanted in (None, row["name"])]
    if as_json:
        console.as_json(shown)
        return
    console.table(
        ["rule", "value", "default", "unit", "what it is"],
        [[row["name"], row["value"], row["default"], row["unit"], row["means"]] for row in shown],
    )
