"""`hotline line rest`, `end` and `go-on`: the line closes for long, or for good. Every volunteer hears that the host
did it, and how all can take it back.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from secrets import token_hex
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from app.cli import console
from app.cli.console import InLine
from app.clock import Clock
from app.outbound import outbox
from handlers.decisions.effects import opening
from handlers.pauses import ending, resting
from handlers.rules import changing
from handlers.turn import Context, Text
from handlers.understanding import when
from models import watch
from models.lines import Line
from models.store.session import Session

DAY_AND_HOUR, DAY = "%A, %B %-d, %Y, %-I:%M %p", "%A, %B %-d, %Y"


def _context(session: Session, line: str | None) -> Context:
    return Context(session, console.line_named(session, line), Clock().now())


def _shown(line: Line, moment: datetime, form: str) -> str:
    return moment.astimezone(ZoneInfo(line.timezone)).strftime(form)


def _queue(context: Context, texts: Iterable[Text]) -> None:
    outbox.queue(context.session, context.line, f"host-{token_hex(8)}", [*texts], context.now)


def _has_ended(line: Line) -> str:
    return f"{line.name} has ended, and that stays so. Other people may begin a new one: hotline line add"


def _volunteers(context: Context) -> str:
    n = len(watch.volunteers(context.session, context.line.id))
    return console.count(n, "volunteer hears", "volunteers hear")


def _until(words: str) -> str:
    """As the grammar of texts wants it: "until May 4", "for 2 weeks"."""
    return words if opening.of("until", words) or when.span(words) else f"until {words}"


def rest(
    until: Annotated[str, typer.Argument(help='Until when, a year at most: "May 4", "2 weeks".')],
    line: InLine = None,
) -> None:
    """Let a line rest: nobody is asked but in danger, and who asks hears who else helps. It ends by itself."""

    def work(session: Session) -> tuple[bool, str]:
        context = _context(session, line)
        found = context.line
        if found.has_ended(context.now):
            return False, _has_ended(found)
        ends = resting.moment(context, _until(until))
        if ends is None:
            return False, f'{until!r} is no time within a year. Write a day: hotline line rest "May 4"'
        if found.ends_at is not None and ends > found.ends_at:
            last = _shown(found, found.ends_at, DAY)
            return False, f"{found.name} ends before that, on {last}. hotline line go-on takes the end back."
        _queue(context, resting.begin(context, ends, changing.HOST))
        return True, (
            f"{found.name} rests until {_shown(found, ends, DAY_AND_HOUR)}. {_volunteers(context)} so. "
            "hotline line go-on ends it sooner, and so can all, by PROPOSE GO ON."
        )

    _do(work)


def end(
    on: Annotated[str, typer.Argument(help='The day, within a year: "June 1".')],
    erase: Annotated[str, typer.Option("--erase", help="When everybody is forgotten; else 30 days later.")] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    line: InLine = None,
) -> None:
    """End a line for good: all whom it concerns are told and thanked, and everybody is forgotten on the day named."""

    def days(session: Session) -> ending.Days | str:
        context = _context(session, line)
        if context.line.has_ended(context.now):
            return _has_ended(context.line)
        found = ending.days(context, on, erase)
        if found == ending.NO_DAY:
            return f'{on!r} is no day within a year. Write one: hotline line end "June 1"'
        if isinstance(found, str):
            return f'--erase: {erase!r} is no day after the end. Write one: --erase "July 1"'
        return found

    def work(session: Session) -> tuple[bool, str]:
        context, found = _context(session, line), days(session)
        if isinstance(found, str):
            return False, found
        ending.decide(context, found.ends_at, found.erases_at, changing.HOST)
        return True, (
            f"{_said(context.line, found)} {_volunteers(context)} so, and whoever waits for something. "
            "hotline line go-on takes it back until then, and so can all, by PROPOSE GO ON. "
            "Print the books before: hotline report"
        )

    if not yes:
        with console.opened(console.settings()) as kept:
            seen = kept.read(lambda s: (console.line_named(s, line), days(s)))
        named, found = seen
        if isinstance(found, str):
            console.fail(found)
        typer.confirm(f"{_said(named, found)} Tell everybody now?", abort=True)
    _do(work)


def _said(line: Line, days: ending.Days) -> str:
    ends, erases = (_shown(line, moment, DAY) for moment in (days.ends_at, days.erases_at))
    return f"{line.name} ends on {ends} and forgets everybody on {erases}."


def go_on(line: InLine = None) -> None:
    """Take back an end that has not come yet, and end a rest now. Whoever had heard of it hears so."""

    def work(session: Session) -> tuple[bool, str]:
        context = _context(session, line)
        found = context.line
        if found.has_ended(context.now):
            return False, _has_ended(found)
        done = ending.take_back(context, changing.HOST)
        rests = found.is_resting(context.now)
        if rests:
            _queue(context, resting.end(context, changing.HOST))
        if not done and not rests:
            return False, f"{found.name} goes on as it is: neither a rest nor an end is decided."
        return True, f"{found.name} goes on. {_volunteers(context)} so, and whoever else had been told."

    _do(work)


def _do(work: Callable[[Session], tuple[bool, str]]) -> None:
    with console.opened(console.settings()) as kept:
        good, said = kept.write(work).result()
    if not good:
        console.fail(said)
    typer.echo(said)
