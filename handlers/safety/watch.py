"""The watch: whether anybody on duty has heard an alarm, and whom to ask when nobody has."""

from datetime import timedelta

from handlers.turn import Context, Text
from handlers.understanding.intents import DangerKind
from handlers.wording.summary import Soon
from models import alarms, kept_apart, lines, people, requests, shifts, watch
from models.alarms import Alarm
from models.delivery.outbound import Lane
from models.lines import Policy
from models.people import Address, Person
from models.requests import Request

TOGETHER = timedelta(minutes=2)  # alarms that come so close have one call
HOUR = timedelta(hours=1)
MORE_CALLS = 3  # with the same gap, after the last repeat
IN_TALK = timedelta(minutes=30)  # after a text of theirs they are awake, whatever the hour
SELDOM = timedelta(hours=4)
RECENT = timedelta(weeks=4)  # in which who had the watch is asked after others


def heard(context: Context, request: Request, by: Person) -> None:
    """Somebody has answered: nobody else need be called."""
    alarm = alarms.of(context.session, request) if request.danger else None
    if alarm is not None and alarm.ended_at is None and alarm.person_id != by.id:
        alarms.hear(context.session, alarm, context.now, by=by.id)


def unheard(context: Context, request: Request) -> Alarm | None:
    """The alarm about this request, if nobody has answered it yet."""
    alarm = alarms.of(context.session, request) if request.danger else None
    return alarm if alarm is not None and alarm.unheard else None


def awake(context: Context, about: Request | None = None, *, but: int | None = None) -> list[Person]:
    """Those on duty whom a text can reach; and who may hear of this request."""
    found = context.on_duty(about, but=but)
    homes = people.reply_addresses(context.session, [person.id for person in found]) if found else {}
    return [p for p in found if p.id in homes and _reached(homes[p.id])]


def _reached(home: Address) -> bool:
    return home.undeliverable_at is None and home.cut_off_at is None


def reads(context: Context, request: Request, but: int | None = None) -> Soon | None:
    """When those on duty read what they are told now: None where one of them does at once, or nobody is there."""
    if request.presses or request.danger or lines.waking(context.line).at(context.now):
        return None
    found = awake(context, request, but=but)
    homes = people.reply_addresses(context.session, [person.id for person in found]) if found else {}
    heard = [at for person in found if (at := homes[person.id].last_heard_at) is not None]
    if not found or any(context.now - at <= IN_TALK for at in heard):
        return None
    if any(shifts.on_shift(context.session, person.id, context.now) for person in found):
        return None
    first = min(people.awake_at(context.line, person, context.now) for person in found)
    return Soon(first, context.line.timezone, context.now) if first > context.now else None


def call_for(context: Context, alarm: Alarm) -> list[Text]:
    """The call for an alarm. About urgent care only those who may be woken: all others are asked as volunteers."""
    request = requests.by_id(context.session, alarm.request_id)
    return call(context, request, but=alarm.person_id, wakeable_only=alarm.kind == DangerKind.URGENT_CARE)


def called_just_now(context: Context) -> bool:
    """Whether people were asked to take the watch so lately that nobody else is."""
    return bool(watch.called_since(context.session, context.line.id, context.now - TOGETHER))


def call(
    context: Context, about: Request, *, but: int, wakeable_only: bool = False, evenly: bool = False
) -> list[Text]:
    """Ask some volunteers to take the watch, without a word of what it is about; nobody who may not hear of it.

    First those who said that they may be woken, then the others; one call for all alarms, and so many an hour.
    `evenly` asks those first who had no watch lately: in danger whoever answers soonest is asked, whoever that is.
    """
    policy, session, line = context.line.policy, context.session, context.line
    asked = watch.called_since(session, line.id, context.now - HOUR)
    if asked and max(asked) > context.now - TOGETHER:
        return []
    most = min(policy.watch_at_once, policy.watch_per_hour - len(asked))
    since = context.now - timedelta(minutes=policy.watch_again)
    without = kept_apart.of(session, about.person_id) | {but, about.about_person_id or but}
    chosen: list[Person] = []
    for wakeable in (True,) if wakeable_only else (True, False):
        chosen = chosen or watch.may_be_called(
            session,
            line.id,
            not_since=since,
            most=most,
            wakeable=wakeable,
            without=without,
            rested_since=context.now - RECENT if evenly else None,
        )
    for person in chosen:
        person.watch_asked_at = context.now
        session.add(person)
    people.with_addresses(session, [person.id for person in chosen])
    return [context.tell(person, "watch_call", lane=Lane.SAFETY) for person in chosen]


def next_look(context: Context, alarm: Alarm) -> None:
    """When time acts on an alarm next, if nobody has answered it by then."""
    policy = context.line.policy
    if alarm.step < len(policy.alarm_repeats):
        after = timedelta(minutes=policy.alarm_repeats[alarm.step])
        alarm.next_at = max(alarm.raised_at + after, context.now + timedelta(minutes=1))
    else:
        alarm.next_at = context.now + _later(policy, alarm.step)
    context.session.add(alarm)


def _later(policy: Policy, step: int) -> timedelta:
    """The gap after the last repeat: ever longer, but it never ends by itself."""
    late = min(max(0, step - len(policy.alarm_repeats) - MORE_CALLS), 16)
    return min(timedelta(minutes=policy.watch_gap * 2**late), SELDOM)


def looks(policy: Policy, span: timedelta) -> int:
    """How often time acts on an alarm in this time, if nobody answers it."""
    step, at = len(policy.alarm_repeats), timedelta(minutes=policy.alarm_repeats[-1])
    while (at := at + _later(policy, step)) <= span:
        step += 1
    return step
