"""Who is on duty, who is next, and when nobody is: ROSTER, for every volunteer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from handlers.on_duty import rota, shifts
from handlers.phrasebook import Value
from handlers.turn import Context
from handlers.wording.summary import Day, Span
from models.people import Person


@dataclass(frozen=True)
class Planned:
    """A turn on duty."""

    day: date  # on which it begins, on the line's own clock
    span: Span
    name: Value
    weekly: bool
    wanted: bool  # whoever has it cannot, so anybody else may take it
    mine: bool
    under_way: bool


@dataclass(frozen=True)
class Gap:
    """A day, and when nobody is on duty on it; without spans, all day."""

    day: Day
    spans: Sequence[Span]


@dataclass(frozen=True)
class Roster:
    """The next seven days."""

    now: Value
    planned: Sequence[Planned]
    gaps: Sequence[Gap]


def look(context: Context, person: Person) -> Roster:
    """The roster as this person sees it."""
    zone = context.line.timezone
    planned = [
        Planned(
            day=each.day(zone),
            span=rota.span(context, each),
            name=shifts.owner(context, each),
            weekly=each.weekly,
            wanted=each.cover_asked_at is not None,
            mine=each.person_id == person.id,
            under_way=each.starts_at <= context.now,
        )
        for each in shifts.ahead(context)
    ]
    return Roster(shifts.on_now(context), planned, _gaps(context))


def _gaps(context: Context) -> list[Gap]:
    zone = ZoneInfo(context.line.timezone)
    days: dict[date, tuple[Day, list[Span]]] = {}
    for each in shifts.when_nobody(context):
        begins = each.begins if isinstance(each, Span) else each.moment
        _, spans = days.setdefault(begins.astimezone(zone).date(), (Day(begins, context.line.timezone), []))
        if isinstance(each, Span):
            spans.append(each)
    return [Gap(day, spans) for day, spans in days.values()]
