"""Who helps here, who would like to, and who is out: for whoever is on duty. Neighbors are in no list."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from handlers import phrasebook
from handlers.members import newcomers
from handlers.phrasebook import Value
from handlers.turn import Context
from handlers.understanding.intents import Need
from handlers.wording import summary
from handlers.wording.summary import Hour, Said
from models import kept_apart, people, volunteers
from models.people import Person
from models.store.session import Session
from models.volunteers import Standing

ROWS = 25  # on a page
AT_FIRST, MORE = 30, 4  # looked through for them; so many times as many after that


@dataclass(frozen=True)
class Filter:
    """Of whom the list is."""

    standing: Standing = Standing.IN
    area: int | None = None
    need: Need | None = None
    language: str | None = None
    free: bool = False  # they may be asked now
    silent: bool = False  # they mostly let offers expire


@dataclass(frozen=True)
class Volunteer:
    """One row."""

    number: int
    name: Value
    standing: Standing
    since: datetime
    newcomer: bool
    areas: Sequence[str]  # none stands for all
    needs: Sequence[str]  # the same
    languages: Sequence[str]
    hours: tuple[Hour, Hour] | None
    in_hand: int
    most: int
    asked_at: datetime | None
    silent: bool  # let several offers go by in a row, and is asked less
    away_until: datetime | None
    away: bool  # until they say that they are back
    on_duty: bool
    free: bool


@dataclass(frozen=True)
class Listed:
    """A page of the list; with `after`, the next begins behind that number."""

    rows: Sequence[Volunteer]
    after: int | None


def listed(context: Context, reader: Person, wanted: Filter, after: int = 0) -> Listed:
    """The volunteers that fit, in the order in which they became known; `reader` is on duty."""
    session, line_id = context.session, context.line.id
    found: list[Volunteer] = []
    most = AT_FIRST
    while len(found) <= ROWS:
        part = volunteers.joined(session, line_id, wanted.standing, after, most)
        fit = [person for person in part if _fits(context, person, wanted)]
        rows = (row for row in _rows(context, reader, fit) if row.standing is wanted.standing)
        found += [row for row in rows if row.free or not wanted.free]
        if len(part) < most:
            break
        after, most = part[-1].id, most * MORE
    return Listed(found[:ROWS], found[ROWS - 1].number if len(found) > ROWS else None)


def of(context: Context, reader: Person, number: int) -> tuple[Volunteer, Person] | None:
    """The volunteer with this number; None for nobody, and for whoever never asked to be one."""
    person = people.find(context.session, context.line.id, number)
    if person is None or person.helper_since is None:
        return None
    return next(iter(_rows(context, reader, [person]))), person


def spoken(codes: Sequence[str]) -> list[str]:
    """What languages call themselves."""
    return [phrasebook.called(code) for code in codes]


def _rows(context: Context, reader: Person, part: Sequence[Person]) -> Iterator[Volunteer]:
    """A row for each. What the reader may not know of leaves no trace: not in what they carry, nor in when asked."""
    ids = [person.id for person in part]
    hidden = kept_apart.hidden(context.session, context.line.id, reader.id)
    held = volunteers.in_hand(context.session, ids, hidden) if ids else {}
    others = volunteers.asked_about_others(context.session, ids, hidden)
    waits = [person.id for person in part if person.vouched_at is None]
    out = volunteers.put_out(context.session, waits) if waits else set()
    _remember_completed(context.session, [p.id for p in part if p.vouched_by_person_id is not None])
    names = {area.id: area.name for area in context.areas}
    for person in part:
        row = _row(context, person, held.get(person.id, 0), names, was_out=person.id in out)
        yield replace(row, asked_at=others[person.id]) if person.id in others else row


def _remember_completed(session: Session, ids: Sequence[int]) -> None:
    """By what tells a newcomer (Context.is_newcomer), read once for all."""
    done = volunteers.completed(session, ids) if ids else {}
    session.cache.update({("completed", id_): done.get(id_, 0) for id_ in ids})


def _row(context: Context, person: Person, in_hand: int, names: dict[int, str], *, was_out: bool) -> Volunteer:
    hours, most = person.hours, newcomers.most_open(context, person)
    awake = people.waking(context.line, person).at(context.now)
    reached = person.opted_out_at is None and person.silent_since is None
    free = person.helps and reached and not person.is_away(context.now) and awake and in_hand < most
    return Volunteer(
        number=person.id,
        name=summary.name(person.name, context.line.name, whole=True) or Said("a_neighbor"),
        standing=volunteers.standing(person, was_out=was_out),
        since=person.vouched_at or person.helper_since or person.created_at,
        newcomer=person.helps and context.is_newcomer(person),
        areas=[names[id_] for id_ in person.areas if id_ in names],
        needs=list(person.can),
        languages=spoken(person.languages or [person.speaks(context.line)]),
        hours=(Hour(hours.begins), Hour(hours.ends)) if hours else None,
        in_hand=in_hand,
        most=most,
        asked_at=person.last_asked_at,
        silent=person.unanswered >= context.line.policy.unanswered_most,
        away_until=person.back_at(context.now),
        away=person.is_away(context.now),
        on_duty=person.on_duty,
        free=free,
    )


def _fits(context: Context, person: Person, wanted: Filter) -> bool:
    """What is told by the person alone: so nothing is looked up for those who do not fit."""
    spoken_by = person.languages or [person.speaks(context.line)]
    return (
        (wanted.area is None or not person.areas or wanted.area in person.areas)
        and (wanted.need is None or not person.can or wanted.need in person.can)
        and (wanted.language is None or wanted.language in spoken_by)
        and (not wanted.silent or person.unanswered >= context.line.policy.unanswered_most)
    )
