"""`hotline person import --undo`: who came by a list goes, who was changed is as before, who has acted stays."""

from dataclasses import dataclass, field
from datetime import datetime

import typer

from app.cli import console
from app.cli.people.changes import take_off
from app.clock import Clock
from app.settings import Settings
from models import assignments, imports, line_events, lines, people, untouched
from models.imports import ImportBatch, ImportedRow, Kind
from models.people import Person
from models.store.session import Session


@dataclass
class Undone:
    """What became of everybody in a list."""

    gone: int = 0  # as if they had never been known
    off: int = 0  # taken off the line: something of theirs stays, such as a text they got
    put_back: int = 0
    stays: list[tuple[Person, str]] = field(default_factory=list)  # and why


def undo(settings: Settings, named: str, *, yes: bool) -> None:
    """Take an import back: the one with this number, or the last."""
    if named and not (named.isascii() and named.isdigit() and len(named) < 10):
        console.fail(f"--undo {named}: write the import's number; hotline person imports shows them", 2)
    with console.opened(settings) as kept:
        number, source, said = kept.read(lambda session: _look(session, int(named) if named else None))
        if not yes and console.on_terminal():
            typer.confirm(f"Take import {number} back ({console.plain(source) or 'a list'}: {said})?", abort=True)
        done = kept.write(lambda session: take_back(session, _batch(session, number), Clock().now())).result()
    parts = [
        f"{console.count(done.gone, 'person', 'people')} gone again" if done.gone else "",
        f"{done.off} taken off the line, who had been texted or asked already" if done.off else "",
        f"{console.count(done.put_back, 'person', 'people')} as before" if done.put_back else "",
    ]
    typer.echo(f"Import {number} is taken back: {', '.join(filter(None, parts)) or 'nothing was left to undo'}")
    for person, why in done.stays:
        typer.echo(f"person {person.id} ({console.plain(person.name) or 'somebody'}) stays: {why}", err=True)


def _look(session: Session, number: int | None) -> tuple[int, str, str]:
    batch = _batch(session, number)
    rows = imports.rows(session, batch)
    told_again = {later for row in rows if row.person_id and (later := imports.later(session, batch, row.person_id))}
    if told_again:
        which = ", ".join(map(str, sorted(told_again)))
        console.fail(f"Import {which} tells of the same people. Take that back first, or both stay.")
    return batch.id, batch.source, f"{batch.made} new, {batch.changed} changed"


def _batch(session: Session, number: int | None) -> ImportBatch:
    batch = imports.latest(session, Kind.PEOPLE) if number is None else imports.find(session, number)
    if batch is None or batch.kind is not Kind.PEOPLE:
        console.fail("There is no such import to take back. hotline person imports shows them.")
    if batch.undone_at is not None:
        console.fail(f"Import {batch.id} was taken back already.")
    return batch


def take_back(session: Session, batch: ImportBatch, now: datetime) -> Undone:
    """Undo what each row did, the last first."""
    done = Undone()
    for row in imports.rows(session, batch):
        person = people.by_ids(session, [row.person_id]).get(row.person_id) if row.person_id else None
        if person is None or person.erased_at is not None:
            continue
        if row.is_new:
            _unmake(session, batch, person, done, now)
        else:
            _put_back(session, row, person, done)
    batch.undone_at = now
    session.add(batch)
    everybody = done.gone + done.off + done.put_back
    line_events.record(session, batch.line_id, line_events.HOST, line_events.LIST_TAKEN_BACK, now, after=everybody)
    return done


def _unmake(session: Session, batch: ImportBatch, person: Person, done: Undone, now: datetime) -> None:
    if person.created_at < batch.created_at:
        done.stays.append((person, "they are one with somebody who was known before"))
    elif untouched.has_acted(session, person):
        done.stays.append((person, "they have written or done something since; hotline person remove takes them off"))
    elif untouched.leaves_no_trace(session, person):
        untouched.unmake(session, person)
        done.gone += 1
    else:
        take_off(session, lines.by_id(session, person.line_id), person, now)
        done.off += 1


def _put_back(session: Session, row: ImportedRow, person: Person, done: Undone) -> None:
    if row.before is None:
        done.stays.append((person, "it was too long ago; how they were before is kept no more"))
        return
    holds = bool(assignments.held_by(session, person.id))
    stays = imports.put_back(session, row, person, but=("volunteer",) if holds else ())
    if not imports.take_address(session, row):
        stays.append("the address, from which they have written")
    if stays:
        done.stays.append((person, f"changed since, or in use: {', '.join(stays)}; all else of them is as before"))
    done.put_back += 1
