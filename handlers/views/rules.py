"""What a group has agreed on: figures, answers, resources, areas, whom to call; and who changed what, and when."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from handlers import phrasebook
from handlers.phrasebook import Value
from handlers.rules import figures
from handlers.rules.figures.groups import DEFAULT, GROUPS, UNITS, Unit
from handlers.safety import first_answer
from handlers.turn import Context
from handlers.understanding.intents import DangerKind
from handlers.wording.summary import Ours
from models import line_events, people, proposals
from models.line_events import END, ERASE, PAUSE, RULE, LineEvent
from models.lines import Answer, Resource

CHANGES = 30  # on a page


@dataclass(frozen=True)
class Figure:
    """One figure of the line; `default` is told where it has its own."""

    name: str
    unit: Unit
    value: Any
    default: Any
    own: bool
    decided_only: bool  # the group has kept it to its decisions
    changed: "Change | None"


@dataclass(frozen=True)
class Change:
    """Something that was changed. Of a figure `before` and `after` are its values, the default where it had none."""

    id: int
    at: datetime
    kind: str
    name: str
    unit: Unit | None
    before: Any
    after: Any
    by: Value  # None: whoever has the host
    proposal: int | None  # the number of the one by which all had decided it


@dataclass(frozen=True)
class Called:
    """Whom to call in a kind of danger, beside the emergency number."""

    kind: DangerKind
    number: Ours


@dataclass(frozen=True)
class Place:
    """An area with its other names."""

    name: str
    aliases: Sequence[str]


@dataclass(frozen=True)
class Rules:
    """All that a group has agreed on."""

    name: str
    sms: str | None
    whatsapp: str | None
    language: str
    timezone: str
    country: str
    emergency: Ours
    called: Sequence[Called]
    groups: Mapping[str, Sequence[Figure]]
    own: int  # figures that are the line's own
    answers: Sequence[Answer]
    resources: Sequence[Resource]
    areas: Sequence[Place]
    changes: Sequence[Change]
    earlier: int | None  # the id before which there are more


def look(context: Context, before: int | None = None) -> Rules:
    """The rules as every volunteer may know them; of the changes those before this one."""
    line, session = context.line, context.session
    found = line_events.latest(session, line.id, CHANGES + 1, before=before)
    last = line_events.last_of_each(session, line.id)
    groups = {
        group: [_figure(context, name, unit, last.get((RULE, name))) for name, unit in units.items()]
        for group, units in GROUPS.items()
    }
    return Rules(
        name=line.name,
        sms=line.sms,
        whatsapp=line.whatsapp,
        language=phrasebook.book(line.language).name,
        timezone=line.timezone,
        country=line.country,
        emergency=Ours(line.emergency_number),
        called=[*_called(context)],
        groups=groups,
        own=sum(figure.own for each in groups.values() for figure in each),
        answers=line.own_answers,
        resources=line.other_help,
        areas=[Place(area.name, area.aliases) for area in context.areas],
        changes=[_change(context, event) for event in found[:CHANGES]],
        earlier=found[CHANGES - 1].id if len(found) > CHANGES else None,
    )


def _figure(context: Context, name: str, unit: Unit, event: LineEvent | None) -> Figure:
    value, default = getattr(context.line.policy, name), getattr(DEFAULT, name)
    changed = _change(context, event) if event is not None else None
    together = figures.decided_only(context.line.policy, name)
    return Figure(name, unit, value, default, value != default, together, changed)


def _change(context: Context, event: LineEvent) -> Change:
    by = people.by_id(context.session, event.by_person_id) if event.by_person_id is not None else None
    before, after, unit = event.before, event.after, None
    if event.kind == RULE and event.name in UNITS:
        unit, default = UNITS[event.name], getattr(DEFAULT, event.name)
        before, after = (default if value is None else value for value in (before, after))
    if event.kind in (PAUSE, END, ERASE):
        before, after = (datetime.fromisoformat(value) if value else None for value in (before, after))
    named = context.somebody(by) if by is not None else None
    decided = proposals.by_id(context.session, event.proposal_id).number if event.proposal_id is not None else None
    return Change(event.id, event.at, event.kind, event.name, unit, before, after, named, decided)


def _called(context: Context) -> Iterator[Called]:
    for kind in DangerKind:
        if (number := first_answer.beside(context.line, kind)) is not None:
            yield Called(kind, Ours(number))
