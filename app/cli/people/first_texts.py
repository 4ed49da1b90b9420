"""The first text to volunteers whom the host has added: asked once on a terminal, sent when the host agrees."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from secrets import token_hex
from typing import Annotated

import typer

from app.cli import console
from app.clock import Clock
from app.database.engine import Database
from app.outbound import outbox
from handlers.members import welcoming
from handlers.turn import Context
from handlers.wording import segments
from models import lines, people, prices
from models.lines import Channel
from models.people import Person
from models.store.session import Session

Welcome = Annotated[
    bool | None,
    typer.Option(
        "--welcome/--no-welcome",
        help="Send volunteers who are new a first text: who writes, why, and STOP. Asked, if left out.",
    ),
]
MICROS = 1_000_000  # of a dollar


@dataclass(frozen=True)
class Offered:
    """What first texts would be: to whom, in whose words, what they cost and until when they wait."""

    ids: tuple[int, ...]
    words: str
    micros: int
    leaves_at: str  # by the line's clock; empty for now


def offer(kept: Database, ids: Sequence[int], wanted: bool | None) -> None:
    """Send those of these people who do not know us yet a first text, if the host says so."""
    if wanted is False or not ids:
        return
    if wanted is None and not console.on_terminal():
        return
    offered = kept.read(lambda session: _look(session, ids, Clock().now()))
    if not offered.ids:
        if wanted:
            typer.echo("No first text was sent: they know the hotline, are no volunteers, or cannot be reached.")
        return
    who = console.count(len(offered.ids), "new volunteer")
    if wanted is None:
        typer.echo(f"\nThe first text says who writes, why, and how it ends:\n  {console.plain(offered.words)}")
        later = f", from {offered.leaves_at} on" if offered.leaves_at else ""
        cost = f"It costs about ${offered.micros / MICROS:.2f}."
        if not typer.confirm(f"Do they know that you put them on the list, and shall it go to {who}{later}? {cost}"):
            typer.echo("Nothing was sent. Whatever the hotline asks them first says who writes, and STOP.")
            return
    queued = kept.write(lambda session: send(session, offered.ids, Clock().now())).result()
    when = f"leave at {offered.leaves_at}" if offered.leaves_at else "leave at once"
    typer.echo(f"{console.count(queued, 'first text')} {when}, while hotline serve runs")


def send(session: Session, ids: Sequence[int], now: datetime) -> int:
    """Queue the first texts to whichever of these people still need one; returns how many."""
    queued = 0
    for context, whom in _by_line(session, ids, now):
        texts = list(welcoming.welcome(context, welcoming.unwelcomed(context, whom)))
        queued += outbox.queue(session, context.line, f"welcome-{token_hex(8)}", texts, now)
    return queued


def _look(session: Session, ids: Sequence[int], now: datetime) -> Offered:
    whom: list[int] = []
    words, micros, later = "", 0, ""
    for context, among in _by_line(session, ids, now):
        homes = people.reply_addresses(session, [person.id for person in among])
        for person in welcoming.unwelcomed(context, among):
            home, said = homes[person.id], welcoming.words(context, person)
            said = segments.thrifty(said) if home.channel is Channel.SMS else said
            micros += prices.sent(context.line.policy, home.channel, home.value, segments.count(said))
            awake = people.awake_at(context.line, person, now)
            later = later or (console.stamp(awake, context.line) if awake > now else "")
            words = words or said
            whom.append(person.id)
    return Offered(tuple(whom), words, micros, later)


def _by_line(session: Session, ids: Sequence[int], now: datetime) -> list[tuple[Context, list[Person]]]:
    found = sorted(people.by_ids(session, list(ids)).values(), key=lambda person: (person.line_id, person.id))
    return [
        (Context(session, lines.by_id(session, line_id), now), list(theirs))
        for line_id, theirs in groupby(found, key=lambda person: person.line_id)
    ]
