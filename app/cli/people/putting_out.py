"""`hotline person ban|revoke|unban`: a volunteer is put out, or taken back, by whoever has the host."""

from collections.abc import Callable
from secrets import token_hex
from typing import Annotated

import typer

from app.cli import console
from app.cli.console import InLine
from app.clock import Clock
from app.outbound import outbox
from handlers.members import removing
from handlers.turn import Context, Texts
from models import people
from models.people import Person
from models.person_events import BANNED, REVOKED
from models.store.session import Session

Number = Annotated[int, typer.Argument(help="Their number: hotline person list shows it.")]
Why = Annotated[str, typer.Option("--why", help="A word or two; kept, and read by nobody but who runs the line.")]


def ban(person: Number, why: Why = "", line: InLine = None) -> None:
    """Put a volunteer out for good: whoever vouches for them, and but for danger they are answered no more."""
    _act(person, line, lambda context, who: removing.put_out(context, who, BANNED, why, by=None))
    typer.echo(f"Person {person} is banned. hotline person unban {person} undoes it.")


def revoke(person: Number, why: Why = "", line: InLine = None) -> None:
    """Shut out a lost or stolen phone: off duty, and no volunteer until somebody vouches or you add them again."""
    _act(person, line, lambda context, who: removing.put_out(context, who, REVOKED, why, by=None))
    typer.echo(f"Person {person} is shut out. hotline person unban {person} undoes it.")


def unban(person: Number, line: InLine = None) -> None:
    """Take back whoever was banned, removed or shut out."""
    _act(person, line, lambda context, who: removing.take_back(context, who, by=None), out=True)
    typer.echo(f"Person {person} is back in.")


def _act(number: int, line: str | None, act: Callable[[Context, Person], Texts], *, out: bool = False) -> None:
    def work(session: Session) -> str:
        now, chosen = Clock().now(), console.line_named(session, line)
        person = people.find(session, chosen.id, number)
        if person is None or person.helper_since is None:
            return f"there is no volunteer {number} on this line; hotline person list shows them all"
        if removing.is_out(person) is not out:
            return f"person {number} is {'not out' if out else 'out already'}"
        texts = act(Context(session, chosen, now), person)
        outbox.queue(session, chosen, f"host-{person.id}-{token_hex(8)}", texts, now)
        return ""

    with console.opened(console.settings()) as kept:
        refused = kept.write(work).result()
    if refused:
        console.fail(refused)
