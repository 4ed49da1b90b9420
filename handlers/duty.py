"""Whoever is on duty: what waits, one request in full, and putting things right from a phone."""

from collections.abc import Generator
from datetime import datetime

from handlers import alarms, brake, first_answer, relaying, summary, unmet, watch, waves
from handlers.summary import Name, Ours, Quoted, Said, When
from handlers.turn import Text, Texts, Turn
from handlers.understanding.intents import Answer, Order
from models import alarms as kept_alarms
from models import assignments, offers, people, requests
from models.alarms import Alarm
from models.assignments import State as AssignmentState
from models.delivery.outbound import Lane
from models.offers import State as OfferState
from models.people import Person
from models.requests import LIVE, TALKING, Outcome, Request, State

READ_TO = 5  # alarms, to whoever takes the watch
SHOWN = 8  # requests in one answer
ENDS_AS = {State.CLAIMED: Outcome.ABANDONED, State.DELIVERED: Outcome.UNCONFIRMED}  # else nobody could: unmet
WORST_FIRST = (State.HELD, State.OPEN, State.DRAFT, State.DELIVERED, State.CLAIMED)


def duty(turn: Turn, order: Order) -> Texts:
    """DUTY ON, DUTY OFF: any vouched volunteer may take a turn."""
    begins: bool | None = order.argument
    if begins is not None:
        turn.speaker.on_duty_since = turn.now if begins else None
        turn.session.add(turn.speaker)
    up = kept_alarms.unheard(turn.session, turn.line.id) if turn.speaker.on_duty else []
    if up:
        yield from _takes_the_watch(turn, up, begins=bool(begins))
    elif turn.speaker.on_duty:
        waiting = len(requests.in_state(turn.session, turn.line.id, State.HELD, State.OPEN))
        yield turn.reply("duty_on" if begins else "duty_still", n=waiting)
    else:
        kept_alarms.let_go(turn.session, turn.speaker.id, turn.now)
        left = len([p for p in people.on_duty(turn.session, turn.line.id) if p.id != turn.speaker.id])
        yield turn.reply("duty_off" if left else "duty_off_nobody")


def _takes_the_watch(turn: Turn, up: list[Alarm], *, begins: bool) -> Texts:
    """Before all else, the alarms that nobody has answered; whoever waits hears that somebody is there now."""
    yield turn.reply("duty_on_alarm", n=len(up))
    for alarm in up[:READ_TO]:
        request = requests.by_id(turn.session, alarm.request_id)
        yield from alarms.read_to(turn, alarm, request, turn.speaker)
        if begins and not first_answer.at_home(request):
            neighbor = people.by_id(turn.session, alarm.person_id)
            dial = first_answer.whom(turn.line, alarm.kind)
            yield turn.tell(neighbor, "watch_begins", about=request, lane=Lane.SAFETY, dial=dial)


def queue(turn: Turn, _: Order) -> Texts:
    """QUEUE: what waits, what needs a person first."""
    waiting = requests.in_state(turn.session, turn.line.id, *LIVE)
    if not waiting:
        yield turn.reply("queue_empty")
        return
    up = {alarm.request_id for alarm in kept_alarms.unheard(turn.session, turn.line.id)}
    waiting.sort(key=lambda r: (r.id not in up, WORST_FIRST.index(r.state), not r.emergency, r.number))
    rows = [
        Said(
            "queue_row",
            {
                "number": r.number,
                "what": turn.what(r),
                "state": Said("state_alarm" if r.id in up else f"state_{r.state}"),
                "since": _since(turn, r.created_at),
            },
        )
        for r in waiting[:SHOWN]
    ]
    left = len(waiting) - SHOWN
    yield turn.reply("queue", rows=summary.Lines(rows), more=Said("queue_more", {"n": left}) if left > 0 else None)


def show(turn: Turn, order: Order) -> Texts:
    """SHOW 42: everything about it that is not a phone number."""
    for request in (yield from _theirs(turn, order.numbers)):
        holder = assignments.on(turn.session, request) if request.state in TALKING else None
        held = Said("held_by", {"name": _called(turn, holder[1])}) if holder else None
        yield turn.reply(
            "show",
            about=request,
            state=Said(f"state_{request.state}"),
            since=_since(turn, request.created_at),
            what=turn.what(request),
            place=summary.at_place(request),
            words=summary.they_wrote(request),
            holder=held,
            notes=summary.Lines([Said("note_row", {"words": Quoted(words)}) for words in _notes(turn, request)]),
            n=offers.count(turn.session, request.id),
        )


def assign(turn: Turn, order: Order) -> Texts:
    """ASSIGN 42 ANA: give it to somebody who said yes in person."""
    for request in (yield from _theirs(turn, order.numbers)):
        if first_answer.at_home(request):
            yield turn.reply("stays_with_duty", about=request)
            continue
        watch.heard(turn, request, turn.speaker)
        found = people.volunteers_named(turn.session, turn.line.id, order.note.strip(" .!"))
        if len(found) != 1:
            yield turn.reply("assign_several" if found else "assign_nobody", name=Quoted(order.note), n=len(found))
            continue
        helper = found[0]
        if helper.id == request.person_id:
            yield turn.reply("assign_asker", name=_called(turn, helper))
            continue
        if not requests.move(
            turn.session,
            request,
            State.CLAIMED,
            turn.now,
            kind="assigned",
            out_of=(State.DRAFT, State.OPEN, State.HELD),
            by=turn.speaker.id,
            words=helper.name,
            next_action_at=None,
        ):
            yield turn.reply("assign_too_late", about=request)
            continue
        assignments.start(turn.session, request, helper.id, turn.now)
        offers.settle(turn.session, request.id, OfferState.SUPERSEDED, turn.now)
        if helper.id != turn.speaker.id:
            yield turn.reply("assigned", about=request, name=_called(turn, helper))
        place = summary.at_place(request)
        words = summary.they_wrote(request)
        what = turn.what(request)
        code = Ours(request.code_word)
        yield turn.tell(helper, "assigned_you", about=request, what=what, place=place, words=words, code=code)
        yield from relaying.introduce(turn, request, helper)


def open_(turn: Turn, order: Order) -> Texts:
    """OPEN 42: volunteers may be asked about it, but not about what is done to somebody at home."""
    for request in (yield from _theirs(turn, order.numbers)):
        if first_answer.at_home(request):
            yield turn.reply("stays_with_duty", about=request)
            continue
        watch.heard(turn, request, turn.speaker)
        texts = waves.open_up(turn, request, "opened", (State.DRAFT, State.HELD), by=turn.speaker.id)
        phrase = "opened" if request.state is State.OPEN else "open_not_held"
        if request.state is State.OPEN and (stopped := brake.stopped(turn, request)):
            phrase = "opened_paused" if stopped.why is brake.Hold.PAUSE else "opened_ceiling"
        when = unmet.soon(turn, request.next_action_at or turn.now)
        yield turn.reply(phrase, about=request, n=waves.asked(texts), when=when)
        yield from texts


def hold(turn: Turn, order: Order) -> Texts:
    """HOLD 42: no more volunteers are asked about it until OPEN 42."""
    for request in (yield from _theirs(turn, order.numbers)):
        held = requests.move(
            turn.session,
            request,
            State.HELD,
            turn.now,
            kind="held",
            out_of=(State.DRAFT, State.OPEN, State.HELD),
            by=turn.speaker.id,
            next_action_at=None,
        )
        if held:
            offers.settle(turn.session, request.id, OfferState.SUPERSEDED, turn.now)
        yield turn.reply("held" if held else "open_not_held", about=request)


def close(turn: Turn, order: Order) -> Texts:
    """CLOSE 42 why: it ends, and both sides hear of it."""
    for request in (yield from _theirs(turn, order.numbers)):
        if not order.note:
            yield turn.reply("close_why", about=request)
            continue
        holder = assignments.on(turn.session, request, AssignmentState.ACTIVE)
        outcome = ENDS_AS.get(request.state, Outcome.UNMET)
        if not waves.close(turn, request, outcome, by=turn.speaker.id, words=order.note):
            yield turn.reply("closed_already", about=request)
            continue
        if first_answer.at_home(request):
            yield turn.reply("closed_quietly", about=request)
            continue
        yield turn.reply("closed", about=request)
        neighbor = people.by_id(turn.session, request.person_id)
        yield turn.tell(neighbor, "closed_neighbor", about=request, words=Quoted(order.note))
        if holder and assignments.end(turn.session, holder[0], AssignmentState.RELEASED, turn.now):
            yield turn.tell(holder[1], "closed_helper", about=request)


def note(turn: Turn, order: Order) -> Texts:
    """NOTE 42 words: for whoever is on duty next."""
    for request in (yield from _theirs(turn, order.numbers)):
        if order.note:
            requests.record(turn.session, request, "note", turn.now, by=turn.speaker.id, words=order.note)
        yield turn.reply("noted" if order.note else "note_what", about=request)


def brake_(turn: Turn, order: Order) -> Texts:
    """BRAKE OFF, BRAKE ON: whether more requests at once than the line ever had are asked about at full speed."""
    slow: bool | None = order.argument
    if slow is None:
        yield turn.reply("brake_which")
    else:
        yield from _decided(turn, go_on=not slow)


def surge(turn: Turn, intent: Answer) -> Texts:
    """The answer to the question whether to go on."""
    turn.unask(turn.speaker)
    if not turn.speaker.on_duty:
        yield turn.reply("not_on_duty")
    elif intent.choice is None:
        yield turn.reply("brake_which")
    else:
        yield from _decided(turn, go_on=intent.choice == brake.GO_ON)


def _decided(turn: Turn, *, go_on: bool) -> Texts:
    phrase, to_others = (
        ("surge_go_on", "surge_go_on_other") if go_on else ("surge_slow_down", "surge_slow_down_other")
    )
    was_held = brake.decide(turn, go_on=go_on)
    gap = turn.line.policy.brake_gap
    yield turn.reply(phrase, gap=gap)
    if was_held:  # the others may still say otherwise, and their 1 or 2 must not take request 1 or 2
        name = turn.somebody(turn.speaker)
        yield from turn.tell_duty(to_others, but=turn.speaker.id, name=name, gap=gap)


def _theirs(turn: Turn, numbers: tuple[int, ...]) -> Generator[Text, None, list[Request]]:
    """The requests that duty named; says so for those that are not there."""
    if not numbers:
        yield turn.reply("which_number")
    found = []
    for number in numbers:
        request = requests.by_number(turn.session, turn.line.id, number)
        if request is None:
            yield turn.reply("unknown_number", number=number)
        else:
            found.append(request)
    return found


def _notes(turn: Turn, request: Request) -> list[str]:
    return [e.words for e in requests.history(turn.session, request) if e.kind == "note" and e.words]


def _called(turn: Turn, person: Person) -> Name | Said:
    """Whoever is on duty may read the whole name."""
    return turn.name(person, whole=True) or Said("somebody")


def _since(turn: Turn, moment: datetime) -> When:
    return When(moment, turn.line.timezone)
