"""What somebody has said of themselves, what they have in hand, and what is kept of them: for their own eyes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from handlers import phrasebook
from handlers.members import my_data, newcomers
from handlers.on_duty import rota
from handlers.phrasebook import Value
from handlers.safety import discreet
from handlers.turn import Context
from handlers.views import carried
from handlers.where import doors
from handlers.wording.summary import Hour, Sight, Span, What
from models import lines, requests, shifts
from models.hours import Hours
from models.people import Person
from models.requests import Request
from models.shifts import Shift


@dataclass(frozen=True)
class Mine:
    """A request that somebody has in hand, or asked for."""

    number: int
    what: What
    since: datetime


@dataclass(frozen=True)
class DutyTurn:
    """A turn of theirs on duty."""

    shift: Shift
    span: Span


@dataclass(frozen=True)
class Myself:
    """What MINE, MY DATA and SHIFT say, and how they want to be asked."""

    name: Value
    held: Sequence[Mine]
    brought: Sequence[int]  # the numbers of what they brought, while the neighbor has not answered
    asked: Sequence[Mine]
    kept: Sequence[Value]
    words_days: int
    silence_days: int
    area_ids: frozenset[int]
    needs: frozenset[str]
    hours: Hours | None
    hours_said: tuple[Hour, Hour] | None
    line_hours: tuple[Hour, Hour]
    line_waking: Hours  # the same
    most: int
    digest: bool
    wake: bool
    away: bool
    away_until: datetime | None  # None: until they say that they are back
    speaks: str  # the code of the language they are written to in
    turns: Sequence[DutyTurn]


def look(context: Context, person: Person) -> Myself:
    """All of it."""
    session, policy, hours = context.session, context.line.policy, person.hours
    held = [
        _mine(context, request, doors.sight(context, request, kept), kept.taken_at)
        for kept, request in carried.in_hand(context, person)
    ]
    own = [] if discreet.kept_from(person) else requests.live_of(session, person.id)
    planned = [
        shift for shift in shifts.planned(session, context.line.id, context.now) if shift.person_id == person.id
    ]
    quiet = lines.waking(context.line).hours[0]
    return Myself(
        name=context.somebody(person),
        held=held,
        brought=[request.number for _, request in carried.brought(context, person)],
        asked=[_mine(context, request, Sight.NEAR, request.created_at) for request in own],
        kept=[*my_data.kept(context, person, needs=not discreet.kept_from(person))],
        words_days=policy.keep_words_days,
        silence_days=policy.forget_days,
        area_ids=frozenset(person.areas),
        needs=frozenset(person.can),
        hours=hours,
        hours_said=(Hour(hours.begins), Hour(hours.ends)) if hours else None,
        line_waking=quiet,
        line_hours=(Hour(quiet.begins), Hour(quiet.ends)),
        most=newcomers.most_open(context, person),
        digest=person.digest_since is not None,
        wake=person.wake_since is not None,
        away=person.is_away(context.now),
        away_until=person.back_at(context.now),
        speaks=phrasebook.book(person.speaks(context.line)).code,
        turns=[DutyTurn(shift, rota.span(context, shift)) for shift in planned],
    )


def _mine(context: Context, request: Request, sight: Sight, since: datetime) -> Mine:
    return Mine(request.number, context.what(request, sight), since)
