"""`hotline line area …`: the parts of a neighborhood; `hotline line area NAME` adds one too."""

import re
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from app.cli import console
from app.cli.console import InLine
from app.clock import Clock
from handlers.rules import changing
from handlers.turn import Context
from handlers.understanding.words import fold
from models import areas, lines
from models.lines import Area
from models.store.session import Session

ZIP = re.compile(r"\d{5}")


class NamesToo(TyperGroup):
    """Takes what is no command for the name of an area to add."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the arguments."""
        known = {*self.commands, *self.get_help_option_names(ctx)}
        return super().parse_args(ctx, ["add", *args] if args and args[0] not in known else args)


app = typer.Typer(cls=NamesToo, no_args_is_help=True)


@app.callback()
def main() -> None:
    """Add areas and remove them. `hotline line area NAME` adds one too."""


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="What the neighborhood calls it.")],
    alias: Annotated[
        list[str] | None, typer.Option("--alias", help="Another name, such as a street; again for more.")
    ] = None,
    zip_: Annotated[list[str] | None, typer.Option("--zip", help="A ZIP code in it; again for more.")] = None,
    corner: Annotated[
        list[str] | None, typer.Option("--corner", help='A corner in it, such as "Oak & 3rd"; again for more.')
    ] = None,
    line: InLine = None,
) -> None:
    """Add an area to a line, or more names to an area that is there."""
    name = " ".join(name.split())
    more = [said for words in [*(alias or []), *(zip_ or []), *(corner or [])] if (said := " ".join(words.split()))]
    if not fold(name):
        console.fail("Write a name for the area.", 2)
    zips = [written.strip() for written in zip_ or []]

    def work(session: Session) -> Area | str:
        chosen = console.line_named(session, line)
        wrong = next((written for written in zips if not ZIP.fullmatch(written)), None)
        if chosen.country == "US" and wrong is not None:
            return f"--zip: {wrong!r} is no ZIP code; write its five digits, such as 20001."
        context = Context(session, chosen, Clock().now())
        if other := changing.taken(context, name, more):
            return (
                f"{other.name!r} already belongs to the area {other.by.name!r}. A name can belong to one area only."
            )
        return changing.add_area(context, name, more, changing.HOST)

    with console.opened(console.settings()) as kept:
        kept_area = kept.write(work).result()
    if isinstance(kept_area, str):
        console.fail(kept_area)
    typer.echo(f"{kept_area.name}: {', '.join(kept_area.aliases) or 'no other names yet'}")


@app.command()
def remove(
    name: Annotated[str, typer.Argument(help="The area's name.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    line: InLine = None,
) -> None:
    """Take an area away, with all its names. Requests there have no area from then on."""

    def look(session: Session) -> tuple[str, areas.Used] | str:
        chosen = console.line_named(session, line)
        found = _named(session, chosen.id, name)
        return (found.name, areas.used(session, found)) if isinstance(found, Area) else found

    def work(session: Session) -> str | None:
        chosen = console.line_named(session, line)
        found = _named(session, chosen.id, name)
        if isinstance(found, str):
            return found
        changing.remove_area(Context(session, chosen, Clock().now()), found, changing.HOST)
        return None

    with console.opened(console.settings()) as kept:
        seen = kept.read(look)
        if isinstance(seen, str):
            console.fail(seen)
        called, used = seen
        if not yes:
            typer.confirm(f"{_cost(used)}Take the area {called} away?", abort=True)
        if (gone := kept.write(work).result()) is not None:
            console.fail(gone)
    typer.echo(f"{called} is no area any more.")


def _named(session: Session, line_id: int, name: str) -> Area | str:
    known = lines.areas(session, line_id)
    found = next((area for area in known if fold(area.name) == fold(name.strip())), None)
    return found or f"There is no area {name!r}. There are: {', '.join(area.name for area in known) or 'none'}."


def _cost(used: areas.Used) -> str:
    said = ""
    if used.only_there:
        who = console.count(used.only_there, "volunteer")
        said += f"{who} who chose this area alone will be asked wherever it is. "
    if used.live:
        said += f"{console.count(used.live, 'open request')} will be nowhere in particular. "
    return said
