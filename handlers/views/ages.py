"""Whether something has waited too long, by the line's own figures: those by which time acts on it itself."""

from datetime import datetime, timedelta
from enum import StrEnum

from handlers.on_duty.duty_tasks import TRUTH
from handlers.turn import Context
from models import lines
from models.assignments import Assignment
from models.lines import Policy
from models.requests import Request, State, Urgency

FAR = timedelta(days=14)  # beyond which no figure reaches, and nights need not be counted


class Age(StrEnum):
    """How a wait is to be taken."""

    CALM = "calm"
    WORRY = "worry"
    ALARM = "alarm"


class Waits(StrEnum):
    """What a request waits for, and since when it does."""

    HELP = "help"
    HOUR = "hour"  # it is for a time that its neighbor has named
    ANSWER = "answer"  # of its neighbor


def waits_for(request: Request) -> Waits:
    """What it waits for."""
    if request.state in (State.DRAFT, State.DELIVERED):
        return Waits.ANSWER
    named = request.needed_from is not None or request.needed_until is not None
    return Waits.HOUR if request.state is State.OPEN and named else Waits.HELP


def of(context: Context, request: Request, held: Assignment | None, *, danger: bool) -> Age:
    """How it is with this request; `held` is by whom it is had in hand. Without `danger` nothing tells of any."""
    if request.state is State.CLAIMED and held is not None:
        return _claim(context, held)
    presses = request.presses if danger else request.urgency is Urgency.URGENT
    worry, alarm = _figures(request, context.line.policy, presses=presses)
    since = request.created_at if request.state is State.OPEN else request.changed_at
    if request.state is State.OPEN and (begins := request.needed_from or request.needed_until) is not None:
        return _needed(context, begins, request.needed_until or begins, alarm)
    waited = _counted(context, since, presses=presses)
    return Age.ALARM if waited >= alarm else Age.WORRY if waited >= worry else Age.CALM


def _claim(context: Context, held: Assignment) -> Age:
    """By whether whoever has it was asked how it goes, and still says nothing."""
    if held.warned_at is not None or (held.leased_until is not None and held.leased_until <= context.now):
        return Age.ALARM
    return Age.WORRY if held.nudged_at is not None or held.at_door_at is not None else Age.CALM


def _needed(context: Context, begins: datetime, ends: datetime, holds: timedelta) -> Age:
    """It has a time: somebody should have it as long before as a claim holds."""
    if ends <= context.now:
        return Age.ALARM
    return Age.WORRY if begins - holds <= context.now else Age.CALM


def _figures(request: Request, policy: Policy, *, presses: bool) -> tuple[timedelta, timedelta]:
    """After how long it worries, and alarms."""
    match request.state:
        case State.HELD:
            return timedelta(minutes=policy.duty_again), max(TRUTH, timedelta(minutes=policy.duty_again))
        case State.DELIVERED:
            return timedelta(minutes=policy.receipt_reminder), timedelta(minutes=policy.receipt_closes)
        case State.DRAFT:
            return timedelta(minutes=policy.draft_waits), timedelta(minutes=policy.lease_today)
    if presses:
        return timedelta(minutes=policy.offer_lasts_urgent), timedelta(minutes=policy.lease_urgent)
    anytime = request.urgency is Urgency.ANYTIME
    return timedelta(minutes=policy.offer_lasts), timedelta(
        minutes=policy.lease_anytime if anytime else policy.lease_today
    )


def _counted(context: Context, since: datetime, *, presses: bool) -> timedelta:
    """How much of the time since then counts: nights do where it cannot wait."""
    if presses or context.now - since > FAR:
        return context.now - since
    return lines.waking(context.line).between(since, context.now)
