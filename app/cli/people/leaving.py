"""`hotline person export` and `hotline person forget`: what is kept of one person, and its end."""

from typing import Annotated, Any

import typer

from app.cli import console
from app.cli.console import InLine
from app.cli.people import addresses
from app.cli.sheets.cells import Unusable
from app.clock import Clock
from app.outbound import outbox
from handlers.members import forgetting
from handlers.turn import Context
from models import former, line_events, own_data, same_phone
from models.lines import Channel, Line
from models.people import Person
from models.store.session import Session

Where = Annotated[str, typer.Argument(help="A phone number in any spelling, or whatsapp:+12025550101.")]


def export(address: Where, line: InLine = None) -> None:
    """Show everything that is kept of somebody, as JSON; also of who was taken off and had this number."""

    def look(session: Session) -> dict[str, list[dict[str, Any]]]:
        found: dict[str, list[dict[str, Any]]] = {}
        for person in _all_at(session, _line(session, line), address):
            for table, rows in own_data.export(session, person).items():
                found.setdefault(table, []).extend(rows)
        return found

    with console.opened(console.settings()) as kept:
        found = kept.read(look)
    console.as_json(found)


def forget(
    address: Where,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    line: InLine = None,
) -> None:
    """Erase all that is known of somebody, as FORGET ME does. They get no text of it; who counted on them does."""
    with console.opened(console.settings()) as kept:
        kept.read(lambda session: len(_all_at(session, _line(session, line), address)))
        if not yes and not typer.confirm("This erases all that is known of them, for good. Erase it?"):
            console.fail("Nothing was erased.")

        def work(session: Session) -> None:
            chosen = _line(session, line)
            now = Clock().now()
            context = Context(session, chosen, now)
            line_events.record(session, chosen.id, line_events.HOST, line_events.ERASED, now, after=1)
            if (person := _at(session, chosen, address)) is None:
                forgetting.erase_left(context, _read(chosen, address)[1])
                return
            texts = forgetting.erase(context, person)
            outbox.queue(session, chosen, f"erased-{person.id}", texts, now)

        kept.write(work).result()
    typer.echo("Erased. Whoever it was can text again, and is somebody new then.")


def _line(session: Session, named: str | None) -> Line:
    return console.line_named(session, named)


def _read(line: Line, address: str) -> tuple[Channel, str]:
    try:
        return addresses.read(address, line.country)
    except Unusable as error:
        console.fail(str(error))


def _at(session: Session, line: Line, address: str) -> Person | None:
    found = same_phone.by_address(session, line, *_read(line, address))
    return found[0] if found else None


def _all_at(session: Session, line: Line, address: str) -> list[Person]:
    """Who texts from there, and who was taken off and did."""
    known = _at(session, line, address)
    found = [*([known] if known else []), *former.of_number(session, line, _read(line, address)[1])]
    if not found:
        console.fail("Nobody is known at this address.")
    return found
