"""A claim is a lease: when whoever has a request is reminded or asked, and when it goes to somebody else.

Pure: an assignment, its request and the line's figures in, a step and its moment out. overdue.py does the
steps. All is counted in hours in which people may be texted, but for what is urgent: that goes on through the night.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from handlers.understanding.when.resolving import Needed
from models.assignments import Assignment
from models.hours import Waking, evening_before
from models.lines import Policy
from models.requests import Request, Timing, Urgency

HOUR = timedelta(hours=1)
AT_LEAST = timedelta(hours=2)  # after a time that was named: who comes late is not given up at once
ONE_DAY = timedelta(days=1)
LASTING = frozenset({"repair", "other"})  # needs that are work, not a thing that is brought once
LONG = timedelta(hours=8)  # a span in which nobody would wait for its end
EVENING = timedelta(hours=6)  # before the end of a day


class Step(StrEnum):
    """What time does next about a claim."""

    REMIND = "remind"  # both sides, of the time that was named
    UNCONFIRMED = "unconfirmed"  # the neighbor and duty: nothing came back, and that time is near
    DOOR = "door"  # duty: somebody stands at a door, and nobody answers
    NUDGE = "nudge"  # the volunteer: how is it going?
    WARN = "warn"  # the neighbor: others are asked if nothing comes by then
    RECEIPT = "receipt"  # the neighbor, once the time that was named is over: did help come?
    LAPSE = "lapse"  # it goes to somebody else


class Due(NamedTuple):
    """A step and when it is due."""

    at: datetime
    step: Step


class Window(NamedTuple):
    """When somebody is awaited: from then until then."""

    begins: datetime
    ends: datetime


@dataclass(frozen=True)
class Terms:
    """How time is counted for a claim: how long it holds without a word, and in which hours."""

    holds: timedelta
    waking: Waking
    urgent: bool
    policy: Policy

    def after(self, moment: datetime, span: timedelta) -> datetime:
        """When so much time has passed, at an hour in which somebody may be texted."""
        return moment + span if self.urgent else self.awake(self.waking.after(moment, span))

    def awake(self, moment: datetime) -> datetime:
        """That moment, or when somebody may next be texted; without such hours as if there were no night."""
        return moment if self.urgent else self.waking.wakes(moment)

    def between(self, start: datetime, end: datetime) -> timedelta:
        """How much of that time counts."""
        return end - start if self.urgent else self.waking.between(start, end)

    @property
    def door_waits(self) -> timedelta:
        """How long somebody waits at a door before duty hears of it."""
        return timedelta(minutes=self.policy.door_waits)

    @property
    def ahead(self) -> timedelta:
        """How long before the hour both are reminded."""
        return timedelta(minutes=self.policy.remind_before)


def terms(request: Request, policy: Policy, waking: Waking) -> Terms:
    """The terms of a claim of this request."""
    minutes = {Urgency.URGENT: policy.lease_urgent, Urgency.ANYTIME: policy.lease_anytime}
    holds = minutes.get(request.urgency or Urgency.TODAY, policy.lease_today)
    return Terms(timedelta(minutes=holds), waking, request.urgency is Urgency.URGENT, policy)


def comes_at(needed: Needed) -> datetime:
    """The moment by which whoever names this time will have come: for a whole day, its evening."""
    if needed.as_ in (Timing.AT, Timing.AFTER):
        return needed.start
    long = needed.as_ is Timing.WITHIN and needed.end - needed.start > LONG
    return needed.end - EVENING if long else needed.end


def own_time(held: Assignment) -> Needed | None:
    """When whoever has it said that they come, if they did."""
    if held.comes_as is None or held.comes_from is None or held.comes_until is None:
        return None
    return Needed(held.comes_as, held.comes_from, held.comes_until)


def window(held: Assignment, request: Request) -> Window | None:
    """The time that was named: by whoever comes, else in the request."""
    if (own := own_time(held)) is not None:
        return Window(comes_at(own), comes_at(own))
    begins, ends = request.needed_from or request.needed_until, request.needed_until or request.needed_from
    if begins is None or ends is None:
        return None
    if request.needed_as is Timing.BEFORE:
        return Window(ends, ends)
    return Window(begins, ends if request.needed_as is Timing.WITHIN else begins)


def lasts(request: Request, named: Window) -> bool:
    """Whether it is a task that goes on for days: whoever comes is reminded of each, and it ends with the last."""
    task = request.several or not LASTING.isdisjoint(request.needs)
    return task and named.ends - named.begins > ONE_DAY


def awaited(held: Assignment, request: Request, since: datetime) -> Window | None:
    """The same, if it still lay ahead at the volunteer's last word: then the claim counts from it."""
    named = window(held, request)
    if named is None:
        return None
    return named if (named.ends if lasts(request, named) else named.begins) > since else None


def heard(held: Assignment) -> datetime:
    """When the volunteer last said a word about it."""
    return held.heard_at or held.taken_at


def ends(held: Assignment, request: Request, terms_: Terms, since: datetime) -> datetime:
    """Until when a word of theirs said then holds."""
    named = awaited(held, request, since)
    if named:
        return terms_.after(named.ends, max(terms_.holds, AT_LEAST))
    return terms_.after(since, terms_.holds)


def next_step(held: Assignment, request: Request, terms_: Terms) -> Due:
    """What is due first; the assignment must have a lease."""
    return min(_steps(held, request, terms_))


def _steps(held: Assignment, request: Request, terms_: Terms) -> Iterator[Due]:
    until = held.leased_until or ends(held, request, terms_, heard(held))
    named = awaited(held, request, heard(held))
    if held.at_door_at is not None:
        yield Due(held.at_door_at + terms_.door_waits, Step.DOOR)
    if held.nudged_at is None:
        if named:
            yield from _before(held, named, terms_)
            yield from _before_each(held, request, named, terms_)
            yield Due(terms_.after(named.ends, min(terms_.holds / 2, HOUR)), Step.NUDGE)
        else:
            yield Due(terms_.after(heard(held), terms_.holds / 2), Step.NUDGE)
    elif held.warned_at is None or held.warned_at < held.nudged_at:
        half = terms_.between(held.nudged_at, until) / 2
        over = named is not None and named.ends <= held.nudged_at
        yield Due(
            terms_.after(held.nudged_at, min(half, HOUR) if over else half), Step.RECEIPT if over else Step.WARN
        )
    else:
        yield Due(terms_.awake(until), Step.LAPSE)


def _before_each(held: Assignment, request: Request, named: Window, terms_: Terms) -> Iterator[Due]:
    """The evening before each further day of what lasts for days."""
    if not lasts(request, named):
        return
    told, zone = max(held.reminded_at or held.taken_at, held.taken_at), terms_.waking.zone
    day = named.begins + ONE_DAY
    while day < named.ends:
        evening = evening_before(day, zone, terms_.policy.remind_evening)
        if told < evening and (at := terms_.awake(evening)) < named.ends:
            yield Due(at, Step.REMIND)
        day += ONE_DAY


def _before(held: Assignment, named: Window, terms_: Terms) -> Iterator[Due]:
    """What is said before the time that was named."""
    told = max(held.reminded_at or held.taken_at, held.taken_at)
    evening = evening_before(named.begins, terms_.waking.zone, terms_.policy.remind_evening)
    for moment in (evening, named.begins - terms_.ahead):
        if told < moment < named.begins and (at := terms_.awake(moment)) < named.begins:
            yield Due(at, Step.REMIND)
    asked = held.reminded_at
    if asked is None or asked < named.begins - terms_.ahead or heard(held) >= asked:
        return
    if (held.warned_at is None or held.warned_at < asked) and held.nudged_at is None:
        at = terms_.awake(named.begins - terms_.ahead / 2)
        if at < named.begins:
            yield Due(at, Step.UNCONFIRMED)
