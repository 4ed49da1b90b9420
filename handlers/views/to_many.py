"""Broadcasts before they are sent: whom they reach, with which words, for how much; those that wait for a yes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from handlers.on_duty import broadcasting
from handlers.on_duty.broadcasting import Group
from handlers.phrasebook import Value
from handlers.turn import Context
from handlers.understanding.intents import Question
from handlers.where import vicinity
from handlers.wording.summary import Quoted, Said, Several
from models import broadcasts, people
from models.broadcasts import LASTS, Audience, Broadcast
from models.delivery import line_numbers
from models.people import Person


@dataclass(frozen=True)
class Preview:
    """What a broadcast would be."""

    to: Value
    people: Said
    texts: int  # as the phone company counts them
    money: str
    groups: Sequence[Group]
    tells_place: bool
    spent: bool  # today's money for texts to many


@dataclass(frozen=True)
class Undecided:
    """One that somebody on duty has written, and nobody has confirmed."""

    id: int
    words: Quoted
    by: Value
    until: datetime
    preview: Preview
    asked: bool  # the reader, last of all
    own: bool  # the reader's
    others: Value  # who else was asked


def preview(context: Context, person: Person, words: str, *, asked: bool, area_id: int | None) -> Preview:
    """What these words would be as a broadcast of this person; nothing is kept of it."""
    audience = Audience.ASKED if asked else Audience.VOLUNTEERS
    made = Broadcast(
        line_id=context.line.id,
        by_person_id=person.id,
        words=words,
        audience=audience,
        area_id=area_id,
        created_at=context.now,
    )
    return _preview(context, made)


def undecided(context: Context, person: Person) -> Iterator[Undecided]:
    """Those that wait for a yes or no, the oldest first."""
    asked = context.asked_of(person)
    waits = asked.words if asked is not None and asked.question is Question.BROADCAST else None
    for each in broadcasts.undecided(context.session, context.line.id):
        if each.created_at + LASTS > context.now:
            by = context.whole_name(broadcasting.author(context, each))
            until, own, asked_ = each.created_at + LASTS, each.by_person_id == person.id, waits == str(each.id)
            others = [] if asked_ else [*_asked(context, person, each)]
            names = Several(others, style="or") if others else None
            yield Undecided(each.id, Quoted(each.words), by, until, _preview(context, each), asked_, own, names)


def _asked(context: Context, but: Person, broadcast: Broadcast) -> Iterator[Value]:
    for each in people.on_duty(context.session, context.line.id):
        asked = context.asked_of(each)
        if asked is None or each.id == but.id:
            continue
        if (asked.question, asked.words) == (Question.BROADCAST, str(broadcast.id)):
            yield context.somebody(each)


def _preview(context: Context, broadcast: Broadcast) -> Preview:
    to = broadcasting.readers(context, broadcast)
    size = broadcasting.size(context, broadcast, to)
    return Preview(
        to=broadcasting.to_whom(context, broadcast),
        people=Said("to_people", {"n": size.people}),
        texts=size.segments,
        money=size.money,
        groups=broadcasting.groups(context, broadcast, to),
        tells_place=vicinity.tells_place(broadcast.words, named=True),
        spent=line_numbers.over_budget(context.session, context.line, context.now),
    )
