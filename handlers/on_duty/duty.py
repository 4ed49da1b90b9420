"""Whoever is on duty: what waits, one request in full, and ending it from a phone. moving.py gives it to others."""

import re
from datetime import datetime

from handlers.asking import admission, brake, waves
from handlers.goods import stocking
from handlers.needs import choosing
from handlers.on_duty import dragging, duty_acts, duty_tasks, raising
from handlers.safety import alarms, discreet, first_answer
from handlers.turn import Texts, Turn
from handlers.understanding.intents import Answer, Free, Order
from handlers.where import doors
from handlers.wording import summary
from handlers.wording.summary import Quoted, Said, Several, When
from models import alarms as kept_alarms
from models import assignments, crews, events, kept_apart, line_events, offers, people, requests, watch
from models import duty_tasks as kept_tasks
from models.alarms import Alarm
from models.delivery.outbound import Lane
from models.offers import State as OfferState
from models.requests import LIVE, TALKING, Outcome, Request, State

A_NUMBER = re.compile(r"\b\d{1,7}\b")  # of a request, perhaps
READ_TO = 5  # alarms, to whoever takes the watch
STAYS = 1  # the first answer to whether they are still on duty
SHOWN = 8  # requests in one answer
ENDS_AS = {State.CLAIMED: Outcome.ABANDONED, State.DELIVERED: Outcome.UNCONFIRMED}  # else nobody could: unmet
CAN = {  # what SHOW offers
    State.DRAFT: "can_open",
    State.HELD: "can_open",
    State.OPEN: "can_assign",
    State.CLAIMED: "can_move",
    State.DELIVERED: "can_move",
}
WORST_FIRST = (State.HELD, State.OPEN, State.DRAFT, State.DELIVERED, State.CLAIMED)


def duty(turn: Turn, order: Order) -> Texts:
    """DUTY ON, DUTY OFF: any vouched volunteer may take a turn."""
    begins: bool | None = order.argument
    if begins is not None:
        was_on = turn.speaker.on_duty
        if begins:
            turn.speaker.on_duty_since = turn.speaker.on_duty_since or turn.now
            turn.speaker.duty_at = turn.now
            turn.session.add(turn.speaker)
        elif was_on:
            watch.end(turn.session, turn.speaker, turn.now)
        if begins and not was_on:
            yield from duty_acts.begins(turn)
    up = alarms.for_whom(turn, turn.speaker) if turn.speaker.on_duty else []
    if up:
        yield from _takes_the_watch(turn, up, begins=bool(begins))
    elif turn.speaker.on_duty:
        yield turn.reply("duty_on" if begins else "duty_still", n=duty_tasks.count(turn, turn.speaker))
        if begins:
            yield from duty_tasks.read_to(turn, turn.speaker)
            yield from dragging.read_to(turn, turn.speaker)
    else:
        kept_alarms.let_go(turn.session, turn.speaker.id, turn.now)
        yield turn.reply("duty_off_nobody" if duty_tasks.left(turn) else "duty_off")


def still_on(turn: Turn, intent: Answer) -> Texts:
    """The answer to whether they are still on duty: 1 goes on, 2 ends the watch."""
    if intent.choice is None:
        yield turn.reply("still_on")
        return
    turn.unask(turn.speaker)
    stays = intent.choice == STAYS
    yield from duty(turn, Order("duty", argument=None if stays and turn.speaker.on_duty else stays))


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
    live = requests.in_state(turn.session, turn.line.id, *LIVE)
    waiting = [request for request in live if not kept_apart.hides(turn.session, request, turn.speaker.id)]
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
                "what": turn.what_on_duty(r, turn.speaker),
                "state": Said("state_alarm" if r.id in up else f"state_{r.state}"),
                "since": _since(turn, r.created_at),
            },
        )
        for r in waiting[:SHOWN]
    ]
    if (pressure := admission.pressure(turn)) is not None:
        rows.insert(0, pressure)
    left = len(waiting) - SHOWN
    more = Said("queue_more", {"n": left}) if left > 0 else None
    yield turn.reply("queue", rows=summary.Lines(rows), more=more, stock=_in_stock(turn))


def _in_stock(turn: Turn) -> Said | None:
    """What the group has, and how much of it is promised."""
    found = stocking.rows(turn)
    return Said("queue_stock", {"rows": summary.Several(found)}) if found else None


def who_comes(turn: Turn, intent: Free) -> Texts:
    """How many are coming? Of the one that they name, or to which several come; else what waits."""
    live = requests.in_state(turn.session, turn.line.id, *LIVE)
    live = [r for r in live if not kept_apart.hides(turn.session, r, turn.speaker.id)]
    numbers = {*map(int, A_NUMBER.findall(intent.words))}
    named = [r for r in live if r.number in numbers] or [r for r in live if r.several]
    if len(named) == 1:
        yield from show(turn, Order("show", (named[0].number,)))
    else:
        yield from queue(turn, Order("queue"))


def show(turn: Turn, order: Order) -> Texts:
    """SHOW 42: everything about it that is not a phone number."""
    for request in (yield from choosing.known(turn, order.numbers)):
        them = assignments.holding(turn.session, request) if request.state in TALKING else []
        names = [turn.numbered(helper) for _, helper in them]
        phrase = "held_by_several" if len(names) > 1 else "held_by"
        shown, to_duty = doors.show_on_duty(turn, request, turn.speaker)
        yield turn.reply(
            "show",
            about=request,
            state=Said(f"state_{request.state}"),
            since=_since(turn, request.created_at),
            what=turn.what_on_duty(request, turn.speaker),
            place=shown.place,
            words=shown.words,
            phone=discreet.of(turn, request),
            holder=Said(phrase, {"name": Several(names)}) if names else None,
            notes=summary.Lines([Said("note_row", {"words": Quoted(words)}) for words in _notes(turn, request)]),
            n=offers.count(turn.session, request.id),
            can=_can(request),
        )
        yield from to_duty


def hold(turn: Turn, order: Order) -> Texts:
    """HOLD 42: no more volunteers are asked about it until OPEN 42."""
    for request in (yield from choosing.known(turn, order.numbers)):
        if request.state is State.CLAIMED and request.has_room:  # whoever comes, comes; nobody else is asked
            crews.want(turn.session, request, request.helpers_have, turn.now, by=turn.speaker.id)
            waves.call_off(turn, request)
            yield turn.reply("hands_enough", about=request, wanted=request.helpers_wanted)
            continue
        early = State.DRAFT, State.OPEN, State.HELD
        held = requests.hold(turn.session, request, turn.now, out_of=early, by=turn.speaker.id)
        if held:
            offers.settle(turn.session, request.id, OfferState.SUPERSEDED, turn.now)
            yield from duty_tasks.answered(turn, request)
            kept_tasks.keep_answered(
                turn.session, turn.line.id, request.id, raising.HELD, turn.now, by=turn.speaker.id
            )
        yield turn.reply("held" if held else "open_not_held", about=request)


def close(turn: Turn, order: Order) -> Texts:
    """CLOSE 42 why: it ends, and both sides hear of it."""
    for request in (yield from choosing.known(turn, order.numbers)):
        if not order.note:
            yield turn.reply("close_why", about=request)
            continue
        outcome = ENDS_AS.get(request.state, Outcome.UNMET)
        if not waves.close(turn, request, outcome, by=turn.speaker.id, words=order.note):
            yield turn.reply("closed_already", about=request)
            continue
        helpers = waves.released(turn, request)
        yield from duty_tasks.answered(turn, request)
        if first_answer.at_home(request):
            yield turn.reply("closed_quietly", about=request)
            yield from duty_acts.told(turn, request, "close")
            continue
        yield turn.reply("closed", about=request)
        neighbor = people.by_id(turn.session, request.person_id)
        yield turn.tell(neighbor, "closed_neighbor", about=request, words=Quoted(order.note))
        for helper in helpers:
            yield turn.tell(helper, "closed_helper", about=request)
        yield from duty_acts.told(turn, request, "close")


def note(turn: Turn, order: Order) -> Texts:
    """NOTE 42 words: for whoever is on duty next."""
    for request in (yield from choosing.known(turn, order.numbers)):
        if order.note:
            requests.record(turn.session, request, "note", turn.now, by=turn.speaker.id, words=order.note)
            yield from duty_tasks.answered(turn, request)
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
    session, line_id, by = turn.session, turn.line.id, turn.speaker.id
    line_events.record(session, line_id, line_events.BRAKE, "", turn.now, before=was_held, after=not go_on, by=by)
    gap = turn.line.policy.brake_gap
    row = admission.kept(turn) if go_on else None
    if row is not None and row.queued_since is not None:  # the brake is off, and hands are full all the same
        phrase = "surge_go_on_line"
    yield turn.reply(phrase, gap=gap)
    if was_held:  # the others may still say otherwise, and their 1 or 2 must not take request 1 or 2
        name = turn.somebody(turn.speaker)
        yield from turn.tell_duty(to_others, but=turn.speaker.id, name=name, gap=gap)


def _can(request: Request) -> Said:
    """What can be done about it as it stands."""
    number = {"number": request.number}
    if not request.live:
        return Said("can_note", number)
    if first_answer.at_home(request):
        return Said("can_at_home", number)
    if request.state is State.CLAIMED and request.has_room:
        return Said("can_add", number)
    return Said(CAN[request.state], number)


def _notes(turn: Turn, request: Request) -> list[str]:
    return [e.words for e in events.history(turn.session, request) if e.kind == "note" and e.words]


def _since(turn: Turn, moment: datetime) -> When:
    return When(moment, turn.line.timezone)
