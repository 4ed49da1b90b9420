"""The end of a line, step by step from the day on which it was decided; until its own day it can be taken back.

Each step is one transaction that leaves a mark: who was told, what is closed, who is forgotten. Killed between any
two of them, a hotline goes on with the next.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from handlers.asking import waves
from handlers.members import forgetting, my_data
from handlers.money import approving
from handlers.needs import timing
from handlers.pauses import ended
from handlers.phrasebook import Value
from handlers.rules.changing import By
from handlers.safety import first_answer
from handlers.turn import DAY, Context, Text, Texts, Turn
from handlers.understanding import when
from handlers.understanding.intents import (
    DangerKind,
    Deleted,
    Free,
    Intent,
    Machine,
    MayStop,
    Order,
    Silence,
    Understood,
    WrongNumber,
)
from handlers.understanding.words import split
from handlers.wording.summary import Date, Lines, Ours, Said
from models import endings, kept_apart, line_events, lines, people, person_events, purse, requests, timers, watch
from models.delivery.outbound import Lane
from models.hours import moment_of
from models.lines import Ending
from models.people import Person
from models.person_events import END_TOLD, GOES_ON_TOLD
from models.requests import Outcome, Request, State

TIMER = "ending"
NO_DAY = "effect_end_when"  # the phrase to who names no day on which it ends
ERASED_AFTER, LEAVES = timedelta(days=30), timedelta(days=1)  # the usual; and the least, for the last texts to leave
YEAR = re.compile(r"(?:,| de| del)? ?\b(20\d\d)$")
PEOPLE, REQUESTS = 50, 20  # in one transaction: texts that come in wait for it
LISTED = 5  # requests in a text; LIST tells all
NIGHT = (4,)  # o'clock, when whoever has written since is forgotten
KNOWN_FOR = timedelta(days=2)  # until then, so that they are answered once a day
ANSWERED = "ended_answered"  # the event of the one sentence
# What is heard even then: their texts end and begin, the figures are looked at, what is kept of them.
HEARD = frozenset({"stop", "start", "board", "logout"})
ENDS_AS = {State.CLAIMED: Outcome.ABANDONED, State.DELIVERED: Outcome.UNCONFIRMED}  # else nobody could: unmet


@dataclass(frozen=True)
class Days:
    """When a line ends, and when it forgets everybody. In UTC."""

    ends_at: datetime
    erases_at: datetime


def days(context: Context, on: str, erase: str = "") -> Days | str:
    """The days that these words name: "on June 1", "el 1 de julio"; or the phrase that says what is wrong with them.

    Without a day for erasing, thirty days after the end.
    """
    first, last = _midnight(context, on), _midnight(context, erase) if erase else None
    if first is None:
        return NO_DAY
    ends_at = lines.waking(context.line).wakes(first)
    if ends_at <= context.now:
        return NO_DAY
    if erase and (last is None or last < ends_at + LEAVES):
        return "effect_end_erase"
    return Days(ends_at, last or ends_at + ERASED_AFTER)


def _midnight(context: Context, words: str) -> datetime | None:
    """The beginning of the one day that these words name, and nothing else."""
    year = YEAR.search(words)
    plain = words[: year.start()] if year else words
    said = when.read(plain, split(plain), month_ends=True)
    needed = timing.resolved(context, said.time) if said is not None and not said.rest else None
    if needed is None:
        return None
    local = max(needed.start, context.now).astimezone(ZoneInfo(context.line.timezone))
    if year and int(year[1]) != local.year:
        return None
    return moment_of(local.date(), 0, ZoneInfo(context.line.timezone))


def decide(context: Context, ends_at: datetime, erases_at: datetime, by: By) -> None:
    """It ends on that day and forgets everybody on the other. All whom it concerns hear so, from this minute on."""
    line = context.line
    _record(context, ends_at, erases_at, by)
    line.ends_at, line.erases_at, line.end_decided_at = ends_at, erases_at, context.now
    line.ending = Ending.TELLING
    context.session.add(line)
    _next(context, context.now)


def take_back(context: Context, by: By) -> bool:
    """It goes on, and all who have heard of an end hear so; False if no end is decided, or it is there."""
    line = context.line
    if line.ends_at is None or line.has_ended(context.now):
        return False
    _record(context, None, None, by)
    line.ends_at = line.erases_at = None
    line.ending = Ending.TAKING_BACK
    context.session.add(line)
    endings.wake_recurring(context.session, line, context.now)
    _next(context, context.now)
    return True


def _record(context: Context, ends_at: datetime | None, erases_at: datetime | None, by: By) -> None:
    session, line = context.session, context.line
    days = ((line_events.END, line.ends_at, ends_at), (line_events.ERASE, line.erases_at, erases_at))
    for kind, was, is_ in days:
        before, after = (moment.isoformat() if moment else None for moment in (was, is_))
        line_events.record(
            *(session, line.id, kind, "", context.now),
            before=before,
            after=after,
            by=by.person_id,
            proposal=by.proposal_id,
        )


def _next(context: Context, at: datetime) -> None:
    timers.begin(context.session, context.line.id, [TIMER], at)
    timers.bring_forward(context.session, context.line.id, TIMER, at)


def act(context: Context) -> Texts:
    """The step that is due, or a part of it; then the next."""
    line, now = context.line, context.now
    at = _moment(context)
    if at is None:
        return
    if at > now:
        _next(context, at)
        return
    match line.ending:
        case Ending.TELLING:
            yield from _tell(context)
        case Ending.TAKING_BACK:
            yield from _tell_otherwise(context)
        case Ending.HANDING_ON:
            yield from _hand_on(context)
        case Ending.CLOSING:
            yield from _close(context)
        case Ending.ERASING | Ending.ERASED:
            _forget(context)
    context.session.add(line)
    following = _moment(context)
    if following is not None:
        _next(context, max(following, now + forgetting.GO_ON))


def _moment(context: Context) -> datetime | None:
    """When the next step is due; texts leave while people are awake."""
    line, now = context.line, context.now
    awake = lines.waking(line)
    match line.ending:
        case Ending.TELLING | Ending.TAKING_BACK:
            return awake.wakes(now)
        case Ending.HANDING_ON if line.ends_at:
            return awake.wakes(max(line.ends_at - timedelta(days=line.policy.ending_days), now))
        case Ending.CLOSING if line.ends_at:
            return awake.wakes(max(line.ends_at, now))
        case Ending.ERASING if line.erases_at:
            return max(line.erases_at, now)
        case Ending.ERASED:
            waits = endings.next_to_forget(context.session, line, now - KNOWN_FOR) is not None
            return now if waits else lines.next_of(line, now, NIGHT)
    return None


def _dates(context: Context) -> dict[str, Value]:
    line, zone = context.line, context.line.timezone
    ends_at = line.ends_at or context.now
    return {
        "line": Ours(line.name),
        "day": ended.day(context),
        "last": Date(ends_at - timedelta(days=line.policy.ending_days), zone),
        "erase": Date(line.erases_at or ends_at, zone),
        "dial": Ours(line.emergency_number),
    }


def _who(context: Context) -> Said:
    """Who decided it last: all, or whoever has the host."""
    event = line_events.last_of_each(context.session, context.line.id).get((line_events.END, ""))
    return Said("end_by_all" if event is not None and event.proposal_id is not None else "end_by_host")


def _tell(context: Context) -> Texts:
    """The next of those whom it concerns hear the day."""
    line, dates = context.line, _dates(context)
    since = line.end_decided_at or context.now
    found = endings.to_tell(context.session, line, since, PEOPLE)
    for person in found:
        person_events.record(context.session, line.id, person.id, END_TOLD, context.now)
        if person.helps:
            yield Text(person, "end_told_helper", {**dates, "who": _who(context)}, Lane.NOTICE)
        else:
            yield Text(person, "end_told_neighbor", dates, Lane.NOTICE)
    if len(found) < PEOPLE:
        line.ending = Ending.HANDING_ON


def _tell_otherwise(context: Context) -> Texts:
    """The next of those who have heard of an end hear that there is none."""
    line = context.line
    found = endings.to_tell_otherwise(context.session, line, line.end_decided_at or context.now, PEOPLE)
    for person in found:
        person_events.record(context.session, line.id, person.id, GOES_ON_TOLD, context.now)
        yield Text(person, "end_off", {"line": Ours(line.name)}, Lane.NOTICE)
    if len(found) < PEOPLE:
        line.ending = None


def _hand_on(context: Context) -> Texts:
    """What waits is put before all once more, and each who waits hears who else may help."""
    line, since = context.line, context.line.end_decided_at or context.now
    found = endings.to_hand_on(context.session, line, since, REQUESTS)
    for request in found:
        requests.record(context.session, request, endings.HANDED_ON, context.now)
        neighbor = people.by_id(context.session, request.person_id)
        values = {
            "what": context.what(request),
            "day": ended.day(context),
            **ended.said(context, neighbor, request.needs),
        }
        yield context.tell(neighbor, "end_handed_on", about=request, **values)
    if len(found) == REQUESTS:
        return
    waiting = endings.still_open(context.session, line)
    for person in watch.volunteers(context.session, line.id):
        yield from _list(context, person, waiting)
    yield from _purse(context, "end_purse_soon")
    line.ending = Ending.CLOSING


def _list(context: Context, person: Person, waiting: Sequence[Request]) -> Texts:
    """What somebody may still take before it ends; who is on duty hears what else is left to them."""
    theirs = [r for r in waiting if r.person_id != person.id and not kept_apart.hides(context.session, r, person.id)]
    if not theirs:
        return
    rows: list[Value] = [Said("end_row", {"number": r.number, "what": context.what(r)}) for r in theirs[:LISTED]]
    more = Said("end_more", {"n": len(theirs) - LISTED}) if len(theirs) > LISTED else None
    duty = Said("end_list_duty") if person.on_duty else None
    values = {"rows": Lines(rows), "more": more, "duty": duty}
    yield Text(person, "end_list", {**_dates(context), **values}, Lane.NOTICE)


def _close(context: Context) -> Texts:
    """The day is there: what is open ends with a word to both sides, then all who helped are thanked."""
    line = context.line
    found = endings.live(context.session, line, REQUESTS)
    for request in found:
        yield from _closed(context, request)
    if found:
        return
    n = endings.carried(context.session, line)
    board = Said("end_figures") if line.web_address else None
    for person in watch.volunteers(context.session, line.id):
        yield Text(person, "end_thanks", {**_dates(context), "n": n, "figures": board}, Lane.NOTICE)
    yield from _purse(context, "end_purse")
    line.ending = Ending.ERASING


def _purse(context: Context, phrase: str) -> Texts:
    """Where the purse stands, if anything is in it or owed, to every volunteer: no money is left to chance."""
    found = purse.totals(context.session, context.line.id)
    if not (found.there or found.to_pay or found.waiting):
        return
    sums = {"there": found.there, "to_pay": found.to_pay, "waiting": found.waiting}
    values: dict[str, Value] = {name: approving.money(context, cents) for name, cents in sums.items()}
    for person in watch.volunteers(context.session, context.line.id):
        yield Text(person, phrase, {**_dates(context), **values}, Lane.NOTICE)


def _closed(context: Context, request: Request) -> Texts:
    neighbor = people.by_id(context.session, request.person_id)
    if not waves.close(context, request, ENDS_AS.get(request.state, Outcome.UNMET)):
        return
    if not first_answer.at_home(request):  # whoever does them harm may read along: nothing unasked
        yield context.tell(neighbor, "end_closed", about=request, **ended.said(context, neighbor, request.needs))
    for helper in waves.released(context, request):
        yield context.tell(helper, "end_closed_helper", about=request, line=Ours(context.line.name))


def _forget(context: Context) -> None:
    """One more person is erased, as if they had said FORGET ME. What follows for others is nobody's task any more."""
    line = context.line
    known_since = context.now if line.ending is Ending.ERASING else context.now - KNOWN_FOR
    person = endings.next_to_forget(context.session, line, known_since)
    if person is not None:
        list(forgetting.erase(context, person))
    elif line.ending is Ending.ERASING:
        line.ending = Ending.ERASED


def answer(turn: Turn, understood: Understood) -> Texts | None:
    """What whoever writes hears after the end: one sentence a day, in danger always whom to call.

    None for what is heard all the same.
    """
    intent = understood.intent
    if (kind := _danger(understood)) is not None:
        return iter([first_answer.after_end(turn, kind)])
    command = intent.command if isinstance(intent, Order) else ""
    if command in HEARD or isinstance(intent, MayStop | WrongNumber) or my_data.is_about(turn, intent):
        return None
    if turn.speaker.opted_out_at is not None or isinstance(intent, Machine | Deleted):
        return iter(())
    return _one_sentence(turn, intent, always=command == "help")


def _danger(understood: Understood) -> DangerKind | None:
    intent = understood.intent
    told = intent.meaning.danger if isinstance(intent, Free | Silence) else None
    return told or understood.danger


def _one_sentence(turn: Turn, intent: Intent, *, always: bool) -> Texts:
    """Once a day; to HELP always, for carriers promise an answer to it."""
    if always or not person_events.happened(turn.session, turn.speaker.id, [ANSWERED], turn.now - DAY):
        person_events.record(turn.session, turn.line.id, turn.speaker.id, ANSWERED, turn.now)
        yield ended.nothing_new(turn, intent.meaning.needs if isinstance(intent, Free) else ())
