"""`hotline tick`: let time act once, now or as if it were another moment."""

from contextlib import closing
from datetime import UTC, datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from dateutil import parser, tz

from app.carriers import carrier_for
from app.cli import console
from app.clock import Clock
from app.inbound import tick as ticking
from app.outbound import templates
from models.lines import Line

app = typer.Typer()


@app.command()
def tick(
    at: Annotated[
        str | None, typer.Option("--at", metavar="TIME", help="Such as 2026-03-03T18:00, on the line's clock.")
    ] = None,
) -> None:
    """Ask the next volunteers, remind, close: whatever is due. A running hotline does this by itself."""
    settings = console.settings()
    with console.opened(settings) as kept, closing(carrier_for(settings)) as carrier:
        line = kept.read(lambda session: console.line_named(session, None))
        now = Clock().now() if at is None else moment(at, line)
        acted = 0
        while more := kept.write(lambda session: ticking.tick(session, now)).result():
            acted += more
        if at is None:
            templates.look(kept, carrier, now)
    typer.echo(f"{console.count(acted, 'request')} acted on")


def moment(said: str, line: Line) -> datetime:
    """The moment somebody wrote; without a zone it is the line's local time."""
    try:
        found = parser.parse(said)
        if found.tzinfo is None:
            # An hour that the clocks skip in spring is the hour after it.
            found = tz.resolve_imaginary(found.replace(tzinfo=ZoneInfo(line.timezone)))
        return found.astimezone(UTC)
    except (parser.ParserError, OverflowError, ValueError):
        console.fail("--at: not a time; write it such as 2026-03-03T18:00", 2)
