"""Once a month all volunteers hear, with thanks, who had most of the watch lately, and are asked who takes a turn.

A burden that is seen can be shared. It is said of nobody who had it once, and never how little others did.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from handlers.turn import Context, Text, Texts
from handlers.wording.summary import Month
from models import lines, people, person_events, watch
from models.delivery.outbound import Lane
from models.hours import moment_of
from models.people import Person

TIMER = "duty_share"
TOLD = "duty_share_told"  # the event of whom it was said of
WEEK, WEEKS = timedelta(days=7), 4  # looked back on
LATE = 7  # days into the month, for a hotline that did not run on its first
LEAST_PEOPLE = 3  # of two, the other knows
LEAST = timedelta(hours=20)  # of watch in a month, all together: of less there is nothing to share


@dataclass(frozen=True)
class Share:
    """How much of the watch one person had in a month: `percent` of all hours that anybody had."""

    person: Person
    percent: int
    month: datetime  # a moment in it


def next_moment(context: Context) -> datetime:
    """The next morning: which of them is the first of a month, `act` knows."""
    return lines.next_of(context.line, context.now, (context.line.policy.summary_hour,))


def act(context: Context) -> Texts:
    """Say it, in the first days of a month and once."""
    began = _month(context)
    if context.now - began > timedelta(days=LATE) or context.line.is_resting(context.now):
        return
    if person_events.count(context.session, context.line.id, TOLD, began):
        return
    if (found := share(context)) is not None:
        person_events.record(context.session, context.line.id, found.person.id, TOLD, context.now)
        yield from _say(context, found)


def share(context: Context) -> Share | None:
    """Who had more of the watch than the line's figures let pass unsaid: last month, and in so many of its weeks."""
    policy, session, line = context.line.policy, context.session, context.line
    if not policy.duty_share_weeks or people.how_many_help(session, line.id) < LEAST_PEOPLE:
        return None
    until = _month(context)
    month = until - timedelta(days=1)
    since = _month(replace(context, now=month))
    found = watch.held(session, line.id, since, until)
    if sum(found.values(), timedelta()) < LEAST:
        return None
    most = max(found, key=lambda who: (found[who], -who))
    part = _part(found, most)
    weeks = (watch.held(session, line.id, until - (n + 1) * WEEK, until - n * WEEK) for n in range(WEEKS))
    if part <= policy.duty_share or sum(_part(week, most) > policy.duty_share for week in weeks) < min(
        policy.duty_share_weeks, WEEKS
    ):
        return None
    person = people.find(session, line.id, most)
    return Share(person, round(100 * part), month) if person is not None and person.helps else None


def _part(held: Mapping[int, timedelta], who: int) -> float:
    whole = sum(held.values(), timedelta())
    return held.get(who, timedelta()) / whole if whole else 0.0


def _month(context: Context) -> datetime:
    """The first moment of this month, on the line's own clock. In UTC."""
    zone = ZoneInfo(context.line.timezone)
    return moment_of(context.now.astimezone(zone).date().replace(day=1), 0, zone)


def _say(context: Context, found: Share) -> Iterator[Text]:
    name, zone = context.name(found.person), context.line.timezone
    for person in watch.volunteers(context.session, context.line.id):
        if person.id == found.person.id:
            yield _to_them(context, found)
        elif name is not None and not person.is_away(context.now):
            text = context.tell(
                person, "duty_share", lane=Lane.BULK, name=name, n=found.percent, month=Month(found.month, zone)
            )
            yield _in_their_time(context, person, text)


def _to_them(context: Context, found: Share) -> Text:
    month = Month(found.month, context.line.timezone)
    return context.tell(found.person, "duty_share_yours", lane=Lane.BULK, n=found.percent, month=month)


def _in_their_time(context: Context, person: Person, text: Text) -> Text:
    """Who wants all offers together gets this at the same hour."""
    if person.digest_since is None:
        return text
    hours = context.line.policy.digest_hours
    return replace(text, not_before=lines.next_of(context.line, context.now, hours)) if hours else text
