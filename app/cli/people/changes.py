"""`hotline person rename|merge|remove`: each asks once, and each is an event of that person."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, TypeVar

import typer

from app.cli import console
from app.cli.console import InLine
from app.cli.people.entries import LONGEST_NAME
from app.clock import Clock
from app.outbound import outbox
from handlers.members import naming, removed
from handlers.turn import Turn
from models import assignments, former, joining, kept_apart, people, person_events, removals, requests
from models.inbound import Heard
from models.lines import Channel, Line
from models.people import Person
from models.store.session import Session

T = TypeVar("T")
Id = Annotated[int, typer.Argument(help="Their number, as hotline person list shows it.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


class Refused(Exception):
    """It cannot be done; the message says why and what to do."""


def register(app: typer.Typer) -> None:
    """Add these commands to the family."""
    for command in (rename, merge, remove):
        app.command()(command)


def rename(person: Id, name: Annotated[str, typer.Argument(help="The new name.")], line: InLine = None) -> None:
    """Call somebody by another name."""
    name = naming.plain(name)
    if not name:
        console.fail("Write a name.", 2)

    def work(session: Session) -> str:
        chosen = console.line_named(session, line)
        found = _person(session, chosen, person)
        fault = naming.fault(name, chosen.name, LONGEST_NAME)
        if len(name) > LONGEST_NAME or fault:
            raise Refused(f"The name: {fault.value if fault else f'write at most {LONGEST_NAME} letters'}.")
        was, found.name = found.name, name
        person_events.record(session, chosen.id, found.id, person_events.RENAMED, Clock().now())
        session.add(found)
        return was

    was = _written(work)
    typer.echo(f"Person {person} is {name} now, and was {console.plain(was) or 'without a name'}.")


def merge(
    kept: Id,
    gone: Annotated[int, typer.Argument(help="The number of the other one, who is the same person.")],
    yes: Yes = False,
    line: InLine = None,
) -> None:
    """Make two people one: the first keeps both addresses, and all requests, offers and matches of both."""

    def look(session: Session) -> tuple[str, str]:
        one, other = _pair(session, console.line_named(session, line), kept, gone)
        return _called(one), _called(other)

    def work(session: Session) -> Person:
        one, other = _pair(session, console.line_named(session, line), kept, gone)
        now = Clock().now()
        joining.join(session, one, other, now)
        return one

    one, other = _read(look)
    _ask(f"Make {other} the same person as {one}? This cannot be undone.", yes)
    person = _written(work)
    typer.echo(f"{_called(person)} has both addresses now.")
    if person.opted_out_at is not None:
        typer.echo("One of the two has texted STOP, so nothing goes to either phone until START comes from one.")


def remove(person: Id, yes: Yes = False, line: InLine = None) -> None:
    """Take somebody off the line: no volunteer, not on duty, no address. What they have in hand goes to others.

    Their requests are taken back. What they wrote stays with what was done; who texts again is somebody new.
    """

    def look(session: Session) -> str:
        found = _person(session, console.line_named(session, line), person)
        _may_go(session, found)
        held = len(assignments.held_by(session, found.id))
        asked = len(requests.live_of(session, found.id))
        what = [
            *([f"{console.count(held, 'request')} in hand"] if held else []),
            *([f"{console.count(asked, 'request')} of their own"] if asked else []),
        ]
        return f"{_called(found)}{', who has ' + ' and '.join(what) if what else ''}"

    def work(session: Session) -> bool:
        chosen = console.line_named(session, line)
        found = _person(session, chosen, person)
        _may_go(session, found)
        return take_off(session, chosen, found, Clock().now())

    who = _read(look)
    _ask(f"Take {who}, off the line?" if "," in who else f"Take {who} off the line?", yes)
    stopped = _written(work)
    typer.echo(f"Person {person} is off the line.")
    if stopped:
        typer.echo("They had texted STOP, or are banned: their address stays, so that neither is undone by mistake.")


def take_off(session: Session, line: Line, person: Person, now: datetime) -> bool:
    """Take somebody off the line; whether their address stays, because they said STOP."""
    stopped = person.opted_out_at is not None or person.banned_at is not None
    key = f"removed-{person.id}-{now.timestamp():.6f}"
    heard = Heard(key, Channel.SMS, "", "", "")
    turn = Turn(session, line, now, speaker=person, heard=heard)
    for _, request in turn.held:
        requests.record(session, request, "helper_removed", now, by=person.id)
    outbox.queue(session, line, key, list(removed.removed(turn)), now)
    person_events.record(session, line.id, person.id, person_events.TAKEN_OFF, now)
    person.name, person.helper_since, person.vouched_at, person.vouched_by_person_id = "", None, None, None
    session.add(person)
    session.flush()
    if stopped:
        return True
    kept_apart.seal(session, line, person.id, people.numbers(session, person.id))
    former.take_addresses(session, line, person, now)
    return False


def _may_go(session: Session, person: Person) -> None:
    for request in requests.live_of(session, person.id):
        if request.in_danger:
            end = f"CLOSE {request.number}"
            raise Refused(f"#{request.number} of theirs is about danger. Whoever is on duty ends it: {end}")


def _pair(session: Session, line: Line, kept: int, gone: int) -> tuple[Person, Person]:
    if kept == gone:
        raise Refused("That is one person already. Write two numbers.")
    one, other = _person(session, line, kept), _person(session, line, gone)
    if numbers := removals.live_matches(session, one, other):
        shared = ", ".join(f"#{number}" for number in numbers)
        raise Refused(
            f"One of them asked for {shared} and the other has it in hand. End that first: CLOSE, or ASSIGN"
        )
    if joining.are_apart(session, one, other):
        raise Refused("They are kept apart: one of them does not want to meet the other. They stay two.")
    if numbers := removals.apart_matches(session, one, other):
        shared = ", ".join(f"#{number}" for number in numbers)
        raise Refused(
            f"{shared} would be in the hands of somebody whom its neighbor does not want again. ASSIGN it first"
        )
    return one, other


def _person(session: Session, line: Line, number: int) -> Person:
    found = people.find(session, line.id, number)
    if found is None:
        raise Refused(f"There is no person {number} on this line. See them all with: hotline person list")
    return found


def _called(person: Person) -> str:
    return f"{console.plain(person.name) or 'somebody without a name'} (person {person.id})"


def _ask(question: str, yes: bool) -> None:
    if not yes:
        typer.confirm(question, abort=True)


def _read(work: Callable[[Session], T]) -> T:
    with console.opened(console.settings()) as kept:
        try:
            return kept.read(work)
        except Refused as refused:
            console.fail(str(refused))


def _written(work: Callable[[Session], T]) -> T:
    with console.opened(console.settings()) as kept:
        try:
            return kept.write(work).result()
        except Refused as refused:
            console.fail(str(refused))
