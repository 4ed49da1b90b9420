"""What a group has agreed on is changed here, by whoever: a decision of all or the host, and always with an event."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from handlers.phrasebook import Value
from handlers.rules import figures
from handlers.rules.figures.table import FIGURES
from handlers.turn import DAY, Context, Text, Texts
from handlers.understanding.words import fold
from handlers.wording.summary import Ours, Said
from models import areas, line_events, lines, watch
from models.delivery.outbound import Lane
from models.line_events import ANSWER, AREA, PAUSE, RESOURCE, RULE, SETTING, LineEvent
from models.lines import Answer, Area, Policy, Resource
from models.proposals import Proposal

LONGEST_GREETING = 120  # characters: the emergency number stands behind it
OURS = frozenset({"name", "greeting"})  # of the settings; the others are the machine's
LONGEST_RESOURCE = 160  # characters: three of them are told in one text


@dataclass(frozen=True)
class By:
    """Who changes it: whoever has the host, or all, by a proposal that somebody made."""

    person_id: int | None = None
    proposal_id: int | None = None


HOST = By()


def decided(proposal: Proposal) -> By:
    """By all."""
    return By(proposal.by_person_id, proposal.id)


@contextmanager
def recorded(context: Context, by: By) -> Iterator[None]:
    """Write down whatever is changed of the line inside."""
    session, line = context.session, context.line
    with line_events.recorded(session, line, context.now, by=by.person_id, proposal=by.proposal_id):
        yield
    session.add(line)


def set_figures(context: Context, values: Mapping[str, Any], by: By) -> None:
    """From now on the line lives by these; None puts one back to what it was at first."""
    line = context.line
    with recorded(context, by):
        kept = {name: value for name, value in line.rules.items() if name not in values}
        line.rules = {**kept, **{name: value for name, value in values.items() if value is not None}}


@dataclass(frozen=True)
class Taken:
    """A name that belongs to another area already."""

    name: str
    by: Area


def area_named(context: Context, name: str) -> Area | None:
    """The line's area of this name, whatever its capitals and accents."""
    known = lines.areas(context.session, context.line.id)
    return next((area for area in known if fold(area.name) == fold(name.strip())), None)


def taken(context: Context, name: str, more: Sequence[str] = ()) -> Taken | None:
    """Which of these names belongs to another area than the one of the first."""
    others = [area for area in lines.areas(context.session, context.line.id) if fold(area.name) != fold(name)]
    known = {fold(said): area for area in others for said in (area.name, *area.aliases)}
    return next((Taken(said, known[fold(said)]) for said in (name, *more) if fold(said) in known), None)


def add_area(context: Context, name: str, more: Sequence[str], by: By) -> Area:
    """An area, or more names of one that is there. None of them may be taken (`taken`)."""
    session = context.session
    with recorded(context, by):
        area = area_named(context, name) or lines.add_area(session, context.line.id, name)
        names = {fold(said): said for said in (*area.aliases, *more) if fold(said) != fold(area.name)}
        area.aliases = list(names.values())
        session.add(area)
    return area


def rename_area(context: Context, area: Area, aliases: Sequence[str], by: By) -> None:
    """It goes by these other names, and no more."""
    with recorded(context, by):
        area.aliases = [*aliases]
        context.session.add(area)


def remove_area(context: Context, area: Area, by: By) -> None:
    """It is no area any more."""
    with recorded(context, by):
        areas.remove(context.session, area, context.now)


def set_answers(context: Context, answers: Sequence[Answer], by: By) -> None:
    """From now on these are the group's own."""
    with recorded(context, by):
        context.line.set_answers(answers)


def put_answer(context: Context, answer: Answer, by: By) -> int:
    """One more, or another in the place of the one to the same phrases; returns how many there are."""
    key = answer.heard, answer.language
    kept = [known for known in context.line.own_answers if (known.heard, known.language) != key]
    set_answers(context, [*kept, answer], by)
    return len(kept) + 1


def set_resources(context: Context, known: Sequence[Resource], by: By) -> None:
    """From now on this is the other help that the group knows of."""
    with recorded(context, by):
        context.line.set_other_help(known)


def put_resource(context: Context, resource: Resource, by: By) -> int:
    """One more, or the same for other needs; returns how many there are."""
    key = resource.words, resource.language
    kept = [known for known in context.line.other_help if (known.words, known.language) != key]
    set_resources(context, [*kept, resource], by)
    return len(kept) + 1


def set_setting(context: Context, name: str, value: str | None, by: By) -> None:
    """The line's name, or its greeting."""
    with recorded(context, by):
        setattr(context.line, name, value)


@dataclass
class Told:
    """What every volunteer shall hear of a change by the host, once it is made."""

    texts: list[Text] = field(default_factory=list)


@contextmanager
def by_host(context: Context) -> Iterator[Told]:
    """The host changes something inside: where it is for all to decide, every volunteer hears of it in the morning.

    A line that is young has nobody yet who would decide.
    """
    session, line, policy = context.session, context.line, context.line.policy
    known = line_events.latest(session, line.id, 1)
    told = Told()
    yield told
    session.flush()
    if is_young(context, policy):
        return
    last = known[0].id if known else 0
    found = [event for event in line_events.since(session, line.id, last) if for_all(policy, event)]
    if found:
        told.texts.extend(_of_host(context, found))


def is_young(context: Context, policy: Policy) -> bool:
    """Whether the line has just begun, by this policy of it."""
    return context.now - context.line.created_at < policy.young_days * DAY


def is_for_all(context: Context, name: str) -> bool:
    """Whether the group decides on this figure: if the host sets it, every volunteer hears of it."""
    policy = context.line.policy
    return not is_young(context, policy) and figures.decided_only(policy, name)


def for_all(policy: Policy, event: LineEvent) -> bool:
    """Whether the host changed what is for all to decide."""
    of_host = event.by_person_id is None and event.proposal_id is None
    if not of_host or event.kind != RULE or not figures.decided_only(policy, event.name):
        return False
    usual = figures.DEFAULT_OF.get(event.name)  # to write down what held anyway changes nothing
    before, after = (usual if value is None else value for value in (event.before, event.after))
    return bool(figures.plain(before) != figures.plain(after))


def _of_host(context: Context, found: Sequence[LineEvent]) -> Texts:
    """One text to each volunteer, however much was changed at once."""
    first = found[0]
    values: dict[str, Value] = {
        "what": figures.named(first.name),
        "before": figures.said(context, first.name, first.before),
        "after": figures.said(context, first.name, first.after),
        "code": Ours(f"H{first.id}"),
        "more": Said("host_changed_more", {"n": len(found) - 1}) if len(found) > 1 else None,
    }
    morning = lines.morning(context.line, context.now)
    for person in watch.volunteers(context.session, context.line.id):
        yield Text(person, "host_changed", values, Lane.BULK, not_before=morning)


def greeting(context: Context) -> Said | None:
    """The group's own word of welcome, for whoever greets or asks what this is."""
    return Said("greeting_is", {"words": Ours(context.line.greeting)}) if context.line.greeting else None


def can_be_undone(event: LineEvent) -> bool:
    """Whether it is the group's to take back: not how the machine is reached, nor what duty does for an hour."""
    if event.kind == SETTING:
        return event.name in OURS
    if event.kind == RULE:
        return event.name in FIGURES
    return event.kind in (ANSWER, RESOURCE, AREA, PAUSE)


def still_stands(context: Context, event: LineEvent) -> bool:
    """Whether nothing has changed since what the event says."""
    return bool(as_it_stands(context, event) == figures.plain(event.after))


def as_it_stands(context: Context, event: LineEvent) -> Any:
    """What stands there now, in the way in which the history keeps it."""
    line = context.line
    if event.kind == RULE:
        return figures.plain(line.rules.get(event.name))
    if event.kind == SETTING:
        return getattr(line, event.name)
    if event.kind == AREA:
        area = area_named(context, event.name)
        return [*area.aliases] if area is not None else None
    if event.kind == PAUSE:
        return line.paused_until.isoformat() if line.paused_until and line.is_paused(context.now) else None
    return line_events.as_it_is(context.session, line).get((event.kind, event.name))
