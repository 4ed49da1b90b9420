"""`hotline person …`: the people of a line, one by one or from a spreadsheet."""

from typing import Annotated, Any

import typer

from app.cli import console
from app.cli.console import AsJson, InLine
from app.cli.people import changes, entries, first_texts, importing, leaving, putting_out
from app.cli.people.first_texts import Welcome
from app.cli.sheets.cells import Unusable
from app.clock import Clock
from models import lines, people
from models.lines import Channel, Line
from models.people import Address, Person
from models.store.session import Session

app = typer.Typer(no_args_is_help=True)
changes.register(app)
importing.register(app)
app.command()(putting_out.ban)
app.command()(putting_out.revoke)
app.command()(putting_out.unban)


@app.callback()
def main() -> None:
    """Add, import, list, rename, merge and remove people; show what is kept of one, or erase it."""


app.command()(leaving.export)
app.command()(leaving.forget)


@app.command()
def add(
    address: Annotated[str, typer.Argument(help="A phone number in any spelling, or whatsapp:+12025550101.")],
    name: Annotated[str, typer.Option("--name", help="What neighbors call them: letters, no numbers or signs.")] = "",
    helper: Annotated[bool, typer.Option("--helper", help="A volunteer, vouched for.")] = False,
    duty: Annotated[bool, typer.Option("--duty", help="Looks after the line from now on; a volunteer too.")] = False,
    language: Annotated[str, typer.Option("--language", help="Such as es, or Spanish.")] = "",
    area: Annotated[
        list[str] | None, typer.Option("--area", help="Where they help; again for more, or separated by commas.")
    ] = None,
    can: Annotated[
        list[str] | None, typer.Option("--can", help="What they help with, such as rides; everything if left out.")
    ] = None,
    welcome: Welcome = None,
    line: InLine = None,
) -> None:
    """Add somebody, or bring what is known of them up to date."""
    written = {
        "address": address,
        "name": name,
        "helper": "yes" if helper else "",
        "duty": "yes" if duty else "",
        "language": language,
        "area": ",".join(area or []),
        "can": ",".join(can or []),
    }

    settings = console.settings()

    def work(session: Session) -> Person:
        chosen = console.line_named(session, line)
        return entries.read(session, chosen, written, entries.own_numbers(settings)).keep(
            session, chosen, Clock().now()
        )

    try:
        with console.opened(settings) as kept:
            person = kept.write(work).result()
            typer.echo(
                f"{console.plain(person.name) or 'Somebody'} is person {person.id}: {', '.join(roles(person))}"
            )
            if person.opted_out_at is not None:
                typer.echo("They have texted STOP. Only START, from their own phone, lets the hotline write again.")
            first_texts.offer(kept, [person.id], welcome)
    except Unusable as error:
        console.fail(str(error))


@app.command("list")
def list_(
    numbers: Annotated[
        bool, typer.Option("--numbers", help="Show whole numbers. Mind who looks over your shoulder.")
    ] = False,
    as_json: AsJson = False,
    line: InLine = None,
) -> None:
    """Who is on the line; numbers are masked."""
    with console.opened(console.settings()) as kept:
        found = kept.read(lambda session: _everybody(session, console.line_named(session, line), numbers))
    if as_json:
        console.as_json(found)
        return
    rows = [[", ".join(map(str, v)) if isinstance(v, list) else v for v in person.values()] for person in found]
    console.table(["id", "name", "roles", "language", "languages", "areas", "can", "addresses"], rows)


def _everybody(session: Session, line: Line, numbers: bool) -> list[dict[str, Any]]:
    areas = {area.id: area.name for area in lines.areas(session, line.id)}
    addresses = people.all_addresses(session, line.id)
    return [
        {
            "id": person.id,
            "name": person.name,
            "roles": roles(person),
            "language": person.language,
            "languages": person.languages,
            "areas": [areas[area] for area in person.areas if area in areas],
            "can": person.can,
            "addresses": [shown(address, numbers) for address in addresses.get(person.id, [])],
        }
        for person in people.everybody(session, line.id)
    ]


def shown(address: Address, whole: bool) -> str:
    """An address, masked but for its last two characters unless asked for whole."""
    prefix = "whatsapp:" if address.channel is Channel.WHATSAPP else ""
    return prefix + (address.value if whole else f"…{address.value[-2:]}")


def roles(person: Person) -> list[str]:
    """What somebody is to the line now, in words."""
    now = Clock().now()
    found = []
    if person.helper_since is not None:
        found.append("banned" if person.banned_at else "volunteer" if person.helps else "waits to be vouched for")
    if person.on_duty:
        found.append("on duty")
    if person.away_until is not None and person.away_until > now:
        found.append("away")
    if person.opted_out_at is not None:
        found.append("stopped")
    return found or ["neighbor"]
