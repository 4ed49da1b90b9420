"""Whether volunteers are asked now, or why a wave waits and until when: all reasons that there are, in one place.

What the group itself may give; a pause; hands that are full (admission.py); the money for texts; more at
once than ever; the night. The first of these that holds is the one that its neighbor hears. Nothing is refused and
nothing is lost: what is held goes out by itself, one after the other. Whoever is in danger is never held.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from handlers.asking import admission
from handlers.goods import things
from handlers.turn import Context, Text, Texts
from handlers.understanding.intents import Question
from handlers.wording.summary import Ours
from models import distributions, events, invitations, lines, people, requests, stock, surges
from models.delivery import line_numbers
from models.delivery.outbound import Lane
from models.requests import Request
from models.stock import State as Promise
from models.surges import Surge, Tap

HELD_AT_LEAST = timedelta(hours=1)  # then it ends by itself, once the rate has fallen
LONGEST_WAIT = timedelta(hours=2)  # of one request, however many come
FREE_FOR = timedelta(hours=6)  # after duty has said that all is well
GO_ON, SLOW_DOWN = 1, 2
SOON = timedelta(minutes=1)
MANY = 1_000  # requests: nobody wants to know of more exactly


class Hold(StrEnum):
    """Why volunteers are not asked now."""

    QUEUE = "queue"
    SURGE = "surge"
    CEILING = "ceiling"
    NIGHT = "night"
    PAUSE = "pause"
    BOOKED = "booked"  # they have a place at a distribution that has all of it
    STOCK = "stock"  # they are asked whether they want what the group has, or fetch it


@dataclass(frozen=True)
class Held:
    """A wave that may not go out yet."""

    why: Hold
    until: datetime


def stopped(context: Context, request: Request) -> Held | None:
    """Whether no wave may go out now, because the line is paused or the money for texts is spent."""
    return paused(context, request) or ceiling(context, request)


def paused(context: Context, request: Request) -> Held | None:
    """Whether no wave may go out before duty's pause ends; then they go out one after the other."""
    until = context.line.paused_until
    if until is None or until <= context.now or request.in_danger:
        return None
    if request.next_action_at is not None and until <= request.next_action_at <= until + LONGEST_WAIT:
        return Held(Hold.PAUSE, request.next_action_at)  # it has its turn
    kept = surges.of_line(context.session, context.line)
    slot = surges.take_slot(kept, until, timedelta(minutes=context.line.policy.brake_gap), LONGEST_WAIT)
    context.session.add(kept)
    return Held(Hold.PAUSE, slot)


def queue(context: Context, request: Request) -> Held | None:
    """Whether no wave may go out before its turn in line."""
    if not request.in_line or request.presses:
        return None
    return Held(Hold.QUEUE, admission.look_at(context))


def ceiling(context: Context, request: Request) -> Held | None:
    """Whether no wave may go out today, because the money for texts is spent."""
    if request.in_danger or not context.line.policy.daily_ceiling:
        return None
    if not surges.load(context.session, context.line, context.now).over_ceiling:
        return None
    return Held(Hold.CEILING, lines.midnight(context.line, context.now))


def night(context: Context, request: Request) -> Held | None:
    """Whether no wave may go out before the morning, for people sleep and it can wait."""
    if request.presses:
        return None
    morning = lines.waking(context.line).next(context.now)
    return Held(Hold.NIGHT, morning) if morning is not None and morning > context.now else None


def booked(context: Context, request: Request) -> Held | None:
    """Whether nobody is asked, because the neighbor has a place at a distribution that has all of it."""
    if request.booked_until is None or not request.is_booked(context.now):
        return None
    found = invitations.booking(context.session, request)
    return Held(Hold.BOOKED, request.booked_until) if found and distributions.has_all(found[0], request) else None


def in_stock(context: Context, request: Request) -> Held | None:
    """Whether nobody is asked, because the household has a while to answer, or fetches what the group has."""
    if request.presses:
        return None
    asked_for = timedelta(minutes=context.line.policy.stock_first)
    until: list[datetime] = []
    for each, item in stock.of_request(context.session, request.id, Promise.ASKED, Promise.PROMISED):
        if each.state is Promise.PROMISED and things.covers(item, request):
            until.append(item.until + SOON)  # what ends it comes first
        elif each.state is Promise.ASKED and not request.wave and things.covers(item, request):
            until.append(each.asked_at + asked_for)
    last = max(until, default=context.now)
    return Held(Hold.STOCK, last) if last > context.now else None


def elsewhere(context: Context, request: Request) -> Held | None:
    """Whether its neighbor may get it from the group itself, so that nobody need be asked until then."""
    return booked(context, request) or in_stock(context, request)


def held(context: Context, request: Request) -> Held | None:
    """Whether no wave may go out now, for whatever reason that concerns every wave."""
    return stopped(context, request) or queue(context, request) or night(context, request)


def first_wave(context: Context, request: Request) -> tuple[Held | None, list[Text]]:
    """Whether the first wave of a new request must wait; and what duty is told or asked, where that begins.

    In line it takes its place at once, also in a pause: what comes later is never asked about sooner.
    """
    queued = admission.joins(context, request)
    if over := paused(context, request) or (None if queued else ceiling(context, request)):
        return over, list(report(context, over))
    slow, texts = (None, []) if queued else _surge(context, request)
    if request.queued_at is not None:
        return Held(Hold.QUEUE, admission.look_at(context)), texts
    asleep = night(context, request)
    if asleep is not None and slow is not None:  # what comes in the night is spaced out in the morning as well
        asleep = Held(Hold.NIGHT, asleep.until + (slow.until - context.now))
    return asleep or slow, texts


def _surge(context: Context, request: Request) -> tuple[Held | None, list[Text]]:
    policy = context.line.policy
    if request.in_danger or not policy.brake_requests:
        return None, []
    window = timedelta(minutes=policy.brake_minutes)
    load = surges.load(context.session, context.line, context.now)
    many = load.earlier is not None and context.now - load.earlier < window
    if not many and (load.surge is None or load.surge.held_since is None):
        return None, []
    kept = surges.of_line(context.session, context.line)
    count = surges.count_new(context.session, context.line, context.now - window) if many else 0
    texts: list[Text] = []
    if _follow(kept, count, policy.brake_requests, context.now):
        work = admission.work(context)
        if kept.tap is Tap.AUTO and admission.overwhelmed(context, kept, work):  # one flood, one text
            kept.held_since = None
            texts = admission.begin(context, kept, work)
        else:
            texts = list(_ask_duty(context, count))
    context.session.add(kept)
    if kept.queued_since is not None and admission.joins(context, request):
        return None, texts
    if kept.held_since is None:
        return None, texts
    slot = surges.take_slot(kept, context.now, timedelta(minutes=policy.brake_gap), LONGEST_WAIT)
    return Held(Hold.SURGE, slot) if slot > context.now else None, texts


def _follow(kept: Surge, count: int, limit: int, now: datetime) -> bool:
    """Begin or end to hold, as many as come; whether it has just begun."""
    over = count > max(limit, kept.most)
    if kept.free_until is not None and kept.free_until > now:
        kept.most = max(kept.most, count)  # duty knows of them: so many are no surprise any more
    elif kept.held_since is None and over:
        kept.held_since = kept.next_wave_at = now
        return True
    elif kept.held_since is not None and not over and now - kept.held_since >= HELD_AT_LEAST:
        kept.held_since = None
    return False


def _ask_duty(context: Context, count: int) -> Texts:
    minutes = context.line.policy.brake_minutes
    for person in people.on_duty(context.session, context.line.id):
        free = context.asked_of(person) is None
        if free:
            context.ask(person, Question.SURGE, options=SLOW_DOWN)
        phrase = "duty_surge" if free else "duty_surge_words"
        yield context.tell(
            person, phrase, lane=Lane.SAFETY, n=count, minutes=minutes, gap=context.line.policy.brake_gap
        )


def decide(context: Context, *, go_on: bool) -> bool:
    """What duty has said. Returns whether anything was held."""
    kept = surges.of_line(context.session, context.line)
    was_held = kept.held_since is not None
    if go_on:
        window = timedelta(minutes=context.line.policy.brake_minutes)
        count = surges.count_new(context.session, context.line, context.now - window)
        kept.most = max(kept.most, count)
        kept.held_since, kept.free_until = None, context.now + FREE_FOR
        surges.release(context.session, context.line, context.now)
    else:
        kept.held_since, kept.free_until = context.now, None
    context.session.add(kept)
    return was_held


def report(context: Context, held: Held) -> Texts:
    """Whoever is on duty hears once a day that the money for texts is spent. Of a pause they know."""
    if held.why is Hold.CEILING and line_numbers.mark_ceiling_reported(context.session, context.line, context.now):
        yield from context.tell_duty("duty_ceiling", money=Ours(context.line.policy.daily_ceiling))


def note(context: Context, request: Request, why: Held) -> None:
    """The request waits for its wave."""
    requests.schedule_wave(context.session, request, why.until)
    requests.record(context.session, request, "held_back", context.now, words=why.why)


def waited(context: Context, request: Request) -> bool:
    """Whether a request that nobody was asked about yet was held back."""
    return not request.wave and events.last_event(context.session, request, "held_back") is not None
