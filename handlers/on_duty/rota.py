"""Duty by the clock: a turn is announced, begins and ends; and all who do duty hear when nobody is on."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from handlers.on_duty import dragging, duty_tasks
from handlers.safety import alarms
from handlers.safety.watch import RECENT
from handlers.turn import DAY, Context, Texts
from handlers.wording import summary
from handlers.wording.summary import Quoted, Said, Span, When
from models import alarms as kept_alarms
from models import events, kept_apart, lines, people, person_events, requests, shifts, timers, watch
from models.delivery.outbound import Lane
from models.hours import evening_before
from models.people import Person
from models.person_events import ASKED_TURN
from models.shifts import Shift

SHIFTS = "shifts"
A_WEEK = timedelta(days=6)  # from then on the name of a day is not enough
EARLY = 10  # o'clock: of a turn that begins before, people are reminded the evening before
NOTES = 3
READ_TO = 5  # alarms, to whoever's turn begins
LATELY = timedelta(days=60)  # who was on duty since then still does duty
MOST_TOLD = 20
MOST_LOOKED_AT = 100
JUST_LEFT = timedelta(minutes=10)  # who left so lately, or was asked to take the watch, has been told then
SOON = timedelta(hours=2)  # in which somebody's turn begins: then nobody else need be told


def span(context: Context, shift: Shift) -> Span:
    """When a turn is."""
    dated = shift.starts_at - context.now > A_WEEK
    return Span(shift.starts_at, shift.ends_at, context.line.timezone, dated=dated)


def remind_at(context: Context, shift: Shift) -> datetime:
    """When whoever has this turn is reminded of it."""
    policy = context.line.policy
    if lines.minute(context.line, shift.starts_at) >= EARLY * 60:
        return shift.starts_at - timedelta(minutes=policy.remind_before)
    return evening_before(shift.starts_at, context.line.timezone, policy.remind_evening)


def enter(context: Context, shift: Shift) -> None:
    """A turn is new in the roster, or somebody else's: time looks at it."""
    if remind_at(context, shift) <= context.now:
        shift.reminded_at = context.now  # they have just spoken of it
    else:
        shift.reminded_at = None
    context.session.add(shift)
    timers.bring_forward(context.session, context.line.id, SHIFTS, context.now)


def next_moment(context: Context) -> datetime | None:
    """When the roster next brings anything about."""
    moments: list[datetime] = []
    for shift in shifts.planned(context.session, context.line.id, context.now):
        moments += [shift.starts_at, shift.ends_at, remind_at(context, shift)]
    return min((moment for moment in moments if moment > context.now), default=None)


def act(context: Context) -> Texts:
    """Turns that begin, those that end, and those of which people are reminded, in this order."""
    now = context.now
    planned = shifts.planned(context.session, context.line.id, now)
    for shift in planned:
        if shift.starts_at <= now and shift.began_at is None:
            yield from _begins(context, shift)
    for shift in shifts.over(context.session, context.line.id, now):
        yield from _ends(context, shift)
    for shift in planned:
        if shift.starts_at > now and shift.reminded_at is None and remind_at(context, shift) <= now:
            yield from _remind(context, shift)


def _remind(context: Context, shift: Shift) -> Texts:
    shift.reminded_at = context.now
    context.session.add(shift)
    person = people.by_id(context.session, shift.person_id)
    if shift.cover_asked_at is None:
        yield context.tell(person, "shift_reminder", span=span(context, shift))
    else:
        yield context.tell(person, "cover_none", span=span(context, shift))
        yield from context.tell_duty("cover_none_duty", but=person.id, span=span(context, shift))


def _begins(context: Context, shift: Shift) -> Texts:
    person = people.by_id(context.session, shift.person_id)
    if not person.helps or person.opted_out_at is not None:
        shifts.remove(context.session, shift)
        return
    if not shifts.begin(context.session, shift, context.now):
        return
    if shift.cover_asked_at is not None:
        duty_tasks.left(context)  # nobody took it
        return
    person.on_duty_since = person.on_duty_since or context.now
    person.duty_at = context.now
    context.session.add(person)
    waiting = duty_tasks.count(context, person)
    until = When(shift.ends_at, context.line.timezone)
    noted = [*notes(context, person)]
    told = Said("shift_notes", {"rows": summary.Lines(noted)}) if noted else None
    yield context.tell(person, "shift_begins", lane=Lane.REPLY, n=waiting, when=until, notes=told)
    for alarm in alarms.for_whom(context, person)[:READ_TO]:
        request = requests.by_id(context.session, alarm.request_id)
        yield from alarms.read_to(context, alarm, request, person)
    yield from duty_tasks.read_to(context, person)
    yield from dragging.read_to(context, person)


def notes(context: Context, person: Person, most: int = NOTES) -> Iterator[Said]:
    """What others have noted lately about what is not over: for whoever comes on."""
    for number, words in events.noted_since(context.session, context.line.id, context.now - DAY, most):
        request = requests.by_number(context.session, context.line.id, number)
        if request is not None and kept_apart.hides(context.session, request, person.id):
            continue
        yield Said("shift_note", {"number": number, "words": Quoted(words)})


def _ends(context: Context, shift: Shift) -> Texts:
    person, now = people.by_id(context.session, shift.person_id), context.now
    stays = person.helps and person.opted_out_at is None
    following = (
        shifts.next_week(context.session, context.line, shift, person.id, now) if shift.weekly and stays else None
    )
    if not shifts.remove(context.session, shift):
        return
    if following is not None:
        enter(context, following)
    covered = shift.began_at is None or shift.cover_asked_at is not None
    if covered or not person.on_duty or shifts.on_shift(context.session, person.id, context.now):
        return
    go_off(context, person)
    nobody = duty_tasks.left(context)
    yield context.tell(person, "shift_over_nobody" if nobody else "shift_over", lane=Lane.REPLY)


def go_off(context: Context, person: Person) -> None:
    """They are not on duty any more; the alarms that they had taken are up again."""
    watch.end(context.session, person, context.now)
    kept_alarms.let_go(context.session, person.id, context.now)


def by_turns(context: Context, found: Sequence[Person]) -> list[Person]:
    """The same people, those first who had least of the watch lately, and of them who was asked longest ago.

    Newcomers come last: much of what whoever is on duty does, they may not do yet.
    """
    held = watch.held(context.session, context.line.id, context.now - RECENT, context.now)
    asked = person_events.last_at(context.session, [person.id for person in found], ASKED_TURN)
    long_ago = datetime.min.replace(tzinfo=UTC)
    return sorted(
        found,
        key=lambda p: (context.is_newcomer(p), held.get(p.id, timedelta()), asked.get(p.id, long_ago), p.id),
    )


def unwatched(context: Context) -> Texts:
    """Nobody is on duty: all who do duty hear so, once."""
    session, line, now = context.session, context.line, context.now
    planned = shifts.planned(session, line.id, now)
    soon = any(s.starts_at <= now + SOON and s.cover_asked_at is None for s in planned)
    if soon or people.on_duty(session, line.id):
        return
    do_duty = watch.do_duty(session, line.id, since=now - LATELY, most=MOST_LOOKED_AT)
    for person in by_turns(context, do_duty)[:MOST_TOLD]:
        if all(at is None or at < now - JUST_LEFT for at in (person.duty_at, person.watch_asked_at)):
            yield context.tell(person, "nobody_on")
