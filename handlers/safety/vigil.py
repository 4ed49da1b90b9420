"""What time alone brings about while nobody has answered an alarm: it is said again, and others are asked."""

from datetime import timedelta

from handlers.safety import alarms, first_answer, watch
from handlers.turn import Context, Texts
from handlers.understanding.intents import DangerKind
from models import alarms as kept
from models import people, requests
from models.alarms import Alarm
from models.delivery import discretion
from models.delivery.outbound import Lane, Outbound
from models.people import Person
from models.requests import Request

NOBODY = "still_nobody_here"
TOLD_AT = 1  # the step at which whoever waits hears that nobody has answered yet; and once more at the last repeat


def act(context: Context, alarm: Alarm) -> Texts:
    """An alarm is due: nobody has answered it, or whoever took it was not seen again."""
    request = requests.by_id(context.session, alarm.request_id)
    if alarm.ended_at is not None or not request.live:
        kept.end(context.session, alarm, context.now)
        return
    phrase, minutes = alarms.STILL, context.now - alarm.raised_at
    if alarm.heard_at is not None:
        phrase, minutes = alarms.LAPSED, context.now - alarm.heard_at
        alarm.heard_at = alarm.taken_by_person_id = None
        alarm.raised_at, alarm.step = context.now, 0
    else:
        alarm.step += 1
    repeats = len(context.line.policy.alarm_repeats)
    awake = watch.awake(context, request, but=alarm.person_id)
    said_as, n = alarms.phrase_of(context, alarm, phrase), _minutes(minutes)
    said = [*alarms.texts(context, request, said_as, words=alarm.said, to=awake, n=n)]
    called = watch.call_for(context, alarm) if not awake or alarm.step >= repeats else []
    if not awake and not called and alarm.step >= repeats:
        said = alarms.last_resort(context, alarm, request, said_as, n=n)
    yield from said
    yield from called
    if alarm.step in (TOLD_AT, repeats) and alarm.safe_at is None and not _told(context, alarm, repeats):
        yield from _truth(context, alarm, request, on_duty=bool(awake))
    watch.next_look(context, alarm)


def _told(context: Context, alarm: Alarm, repeats: int) -> bool:
    """Whether they know it already, for the alarm found nobody at once; at the last repeat it is said again."""
    return alarm.step != repeats and discretion.was_told(context.session, alarm.person_id, NOBODY, alarm.raised_at)


def _minutes(time: timedelta) -> int:
    return max(1, round(time.total_seconds() / 60))


def _truth(context: Context, alarm: Alarm, request: Request, *, on_duty: bool) -> Texts:
    """Whoever waits for us hears that nobody has answered, unless somebody may read along, or neighbors are asked."""
    if first_answer.at_home(request) or alarm.kind == DangerKind.URGENT_CARE:
        return
    person = people.by_id(context.session, alarm.person_id)
    phrase = "still_nobody" if on_duty else NOBODY
    phrase = "still_asking" if alarm.kind == DangerKind.RAID else phrase
    dial = first_answer.whom(context.line, alarm.kind)
    yield context.tell(person, phrase, about=request, lane=Lane.SAFETY, dial=dial)


def undelivered(context: Context, text: Outbound) -> Texts:
    """An alarm did not reach one of those on duty: if nobody else has it, others are asked, and they hear it, now."""
    request = requests.by_id(context.session, text.request_id) if text.request_id else None
    alarm = watch.unheard(context, request) if request is not None else None
    if alarm is not None and request is not None and not watch.awake(context, request, but=text.person_id):
        yield from watch.call_for(context, alarm)
        if not alarm.step and not discretion.was_told(context.session, alarm.person_id, NOBODY, alarm.raised_at):
            yield from _truth(context, alarm, request, on_duty=False)


def not_called(context: Context, person: Person) -> Texts:
    """A call to take the watch did not reach them: somebody else is called at once, and they are not soon again."""
    person.watch_asked_at = context.now - watch.TOGETHER
    context.session.add(person)
    for alarm in kept.unheard(context.session, context.line.id, 1):
        yield from watch.call_for(context, alarm)
