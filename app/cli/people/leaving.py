"""`hotline person export` and `hotline person forget`: what is kept of one person, and its end."""

from typing import Annotated

import typer

from app.cli import console
from app.cli.console import InLine
from app.cli.people import addresses
from app.cli.people.addresses import Unusable
from app.clock import Clock
from app.outbound import outbox
from handlers import forgetting
from handlers.turn import Context
from models import own_data, people
from models.lines import Line
from models.people import Person
from models.store.session import Session

Where = Annotated[str, typer.Argument(help="A phone number in any spelling, or whatsapp:+12025550101.")]


def export(address: Where, line: InLine = None) -> None:
    """Show everything that is kept of somebody, as JSON."""
    with console.opened(console.settings()) as kept:
        found = kept.read(lambda session: own_data.export(session, _at(session, _line(session, line), address)))
    console.as_json(found)


def forget(
    address: Where,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    line: InLine = None,
) -> None:
    """Erase all that is known of somebody, as FORGET ME does. They get no text of it; who counted on them does."""
    with console.opened(console.settings()) as kept:
        kept.read(lambda session: _at(session, _line(session, line), address).id)
        if not yes and not typer.confirm("This erases all that is known of them, for good. Erase it?"):
            console.fail("Nothing was erased.")

        def work(session: Session) -> None:
            chosen = _line(session, line)
            person, now = _at(session, chosen, address), Clock().now()
            texts = forgetting.erase(Context(session, chosen, now), person)
            outbox.queue(session, chosen, f"erased-{person.id}", texts, now)

        kept.write(work).result()
    typer.echo("Erased. Whoever it was can text again, and is somebody new then.")


def _line(session: Session, named: str | None) -> Line:
    return console.line_named(session, named)


def _at(session: Session, line: Line, address: str) -> Person:
    try:
        found = people.by_address(session, line, *addresses.read(address, line.country))
    except Unusable as error:
        console.fail(str(error))
    if found is None:
        console.fail("Nobody is known at this address.")
    return found[0]
