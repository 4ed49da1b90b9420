"""Who looks after a line, what waits for them, and whether somebody wears the line out."""

from collections.abc import Iterator
from datetime import datetime

from app.telemetry.findings import Finding, Level
from app.telemetry.words import count_of, span
from app.web.snapshot import DatabaseFigures
from handlers import phrasebook
from handlers.on_duty import shifts
from handlers.turn import Context
from handlers.wording.summary import Several
from models import lines, people
from models.lines import Line
from models.store.session import Session

MOST_GAPS = 3


def danger(figures: DatabaseFigures, now: datetime) -> list[Finding]:
    """Whether somebody is in danger and nobody on duty has answered."""
    return [
        Finding(
            Level.PROBLEM,
            "danger",
            f"{name}: nobody has answered {count_of(count, 'alarm')}, the oldest for {span(now - since)}",
            "somebody who is in must text DUTY ON and read it: QUEUE",
        )
        for name, (count, since) in figures.unheard.items()
    ]


def too_much(figures: DatabaseFigures) -> list[Finding]:
    """Which lines ask no volunteers, or one by one, and whether somebody seems to want to cost them money."""
    found = []
    for name in figures.over_ceiling:
        what = f"{name} has spent what it may today, so it asks no volunteers until midnight, but for danger"
        found.append(Finding(Level.WARNING, "money", what, "to allow more: hotline line rule daily_ceiling"))
    for name in figures.braked:
        what = f"{name} had more new requests at once than ever, so it asks about one after the other"
        do = "whoever is on duty texts BRAKE OFF to go on at full speed; else it ends by itself"
        found.append(Finding(Level.WARNING, "brake", what, do))
    for name, phones in figures.grown.items():
        what = f"{phones} phones with numbers much alike texted {name} for the first time today, far more than ever"
        do = "duty was told which. If nobody knows why, somebody may want to cost you money: ask the carrier"
        found.append(Finding(Level.WARNING, "numbers", what, do))
    return found


def line(session: Session, of: Line, now: datetime) -> Iterator[Finding]:
    """A line's areas, its volunteers, and who is on duty by name: for whoever runs it, never for /health."""
    about = f"line {of.name}"
    if of.has_ended(now):
        yield Finding(Level.OK, about, "has ended: it answers with one sentence, and in danger with whom to call")
        return
    if areas := lines.areas(session, of.id):
        named = ", ".join(area.name for area in areas)
        yield Finding(Level.OK, about, f"{count_of(len(areas), 'area')}: {named}")
    else:
        what = "has no areas, so nobody is asked by where they are"
        yield Finding(Level.WARNING, about, what, 'hotline line area "Oak Street"')
    if helping := people.how_many_help(session, of.id):
        yield Finding(Level.OK, about, f"{count_of(helping, 'volunteer')}, vouched for")
    else:
        do = "hotline person add +12025550101 --name Ana --helper"
        yield Finding(Level.WARNING, about, "has no volunteer yet", do)
    yield from _duty(Context(session, of, now))


def _duty(context: Context) -> Iterator[Finding]:
    """Who is on duty, who is next, and when nobody is."""
    about, on = f"line {context.line.name}", people.on_duty(context.session, context.line.id)
    ahead = [turn for turn in shifts.ahead(context) if turn.cover_asked_at is None]
    if on:
        names = ", ".join(person.name or f"person {person.id}" for person in on)
        yield Finding(Level.OK, about, f"{len(on)} on duty: {names}")
    else:
        coming = [turn for turn in ahead if turn.starts_at > context.now]
        then = f"; the next turn begins in {span(coming[0].starts_at - context.now)}" if coming else ""
        what = f"nobody is on duty, so nobody hears of emergencies and of requests without an answer{then}"
        do = "text DUTY ON from a volunteer's phone, or hotline person add NUMBER --duty"
        yield Finding(Level.WARNING, about, what, do)
    if not ahead:
        return
    if gaps := shifts.when_nobody(context):
        said = phrasebook.book("en").say("roster_gaps", {"gaps": Several(gaps[:MOST_GAPS])})
        what = f"the roster has {count_of(len(gaps), 'gap')} by day. {said}"
        yield Finding(Level.OK, about, what, "whoever can take one texts SHIFT with its day and hours")
    else:
        yield Finding(Level.OK, about, "the roster has no gap by day")
