"""Whoever is on duty moves a request: to somebody, from one to another, back to everybody, or into another one."""

from dataclasses import replace

from handlers.asking import brake, unmet, waves
from handlers.helping import company, gathering, leasing
from handlers.needs import choosing, on_behalf
from handlers.on_duty import duty_acts, duty_tasks, meaning
from handlers.safety import discreet, first_answer
from handlers.talking import relaying
from handlers.turn import Texts, Turn
from handlers.understanding.intents import Order
from handlers.where import doors, pins
from handlers.wording.summary import Ours, Quoted, Several, Sight
from models import alarms, assignments, crews, households, kept_apart, offers, people, requests
from models.assignments import Assignment
from models.assignments import State as AssignmentState
from models.offers import State as OfferState
from models.people import Person
from models.requests import TALKING, Outcome, Request, State

BEFORE = (State.DRAFT, State.OPEN, State.HELD)  # nobody has it


def assign(turn: Turn, order: Order) -> Texts:
    """ASSIGN 42 ANA: give it to somebody who said yes in person, also when another has it."""
    for request in (yield from choosing.known(turn, order.numbers)):
        if first_answer.at_home(request) and request.live:
            yield turn.reply("stays_with_duty", about=request)
            continue
        yield from duty_tasks.answered(turn, request)
        found = meaning.named(turn, order.note.strip(" .!"))
        if len(found) > 1:
            who = Several([turn.numbered(person) for person in found], style="or")
            yield turn.reply("assign_several", name=Quoted(order.note), n=len(found), who=who)
        elif not found:
            yield turn.reply("assign_nobody", name=Quoted(order.note))
        elif found[0].id == request.person_id:
            yield turn.reply("assign_asker", name=turn.whole_name(found[0]))
        elif kept_apart.are(turn.session, request, found[0].id):
            yield turn.reply("assign_apart", about=request, name=turn.whole_name(found[0]))
        else:
            yield from _give(turn, request, found[0])


def _give(turn: Turn, request: Request, helper: Person) -> Texts:
    crew = _holders(turn, request)
    holder = next((pair for pair in crew if pair[1].id == helper.id), crew[-1] if crew else None)
    before = holder[1] if holder else None
    told = helper.id != turn.speaker.id  # somebody else says that they may see the door
    if holder and before and before.id == helper.id and request.state is State.CLAIMED:
        given = [*doors.give(turn, request, holder[0], helper)] if told and doors.withheld(turn, request) else []
        phrase = "door_told" if given else "assign_same"
        yield turn.reply(phrase, about=request, name=turn.whole_name(helper))
        yield from given
        return
    held = leasing.draw_up(turn, request, helper.id)
    look = leasing.first_look(turn, request, held)
    if request.several and request.state is State.CLAIMED:
        if not request.has_room and holder and _let_go(turn, request, holder):
            crews.leave(turn.session, request, turn.now, kind="dropped", by=holder[1].id, words=None)
        else:
            before = None
        if request.has_room and crews.join(turn.session, request, by=helper.id, now=turn.now, look_at=look):
            requests.record(turn.session, request, "assigned", turn.now, by=turn.speaker.id, words=str(helper.id))
            yield from _given(turn, request, helper, held, before)
        else:
            yield turn.reply("assign_too_late", about=request)
        return
    out_of: tuple[State, ...] = BEFORE
    if request.state is State.DELIVERED:
        out_of = (State.DELIVERED,)
    elif request.state is State.CLAIMED and _let_go(turn, request, holder):  # that decides between two on duty
        out_of = (State.CLAIMED,)
    if not requests.move(
        turn.session,
        request,
        State.CLAIMED,
        turn.now,
        kind="assigned",
        out_of=out_of,
        by=turn.speaker.id,
        words=str(helper.id),
        next_action_at=look,
    ):
        if request.state in BEFORE:  # whoever had it gave it back at this very moment
            yield from _give(turn, request, helper)
        else:
            yield turn.reply("assign_too_late", about=request)
        return
    yield from _given(turn, request, helper, held, before)


def _given(turn: Turn, request: Request, helper: Person, held: Assignment, before: Person | None) -> Texts:
    told = helper.id != turn.speaker.id
    held = leasing.won(turn, held, request)
    shown, to_duty = doors.show(turn, request, helper, held, told=told)
    assignments.start(turn.session, held)
    if request.has_room:
        offers.accept_one(turn.session, request.id, helper.id, turn.now)
    else:
        offers.settle(turn.session, request.id, OfferState.SUPERSEDED, turn.now)
    if before:  # whether it came, they may have been asked
        turn.unask(people.by_id(turn.session, request.person_id), request)
    if helper.id != turn.speaker.id:
        along = request.several and before is None and request.helpers_have > 1
        values = company.counts(request)
        phrase = "assigned_along" if along else "assigned"
        yield turn.reply(phrase, about=request, name=turn.whole_name(helper), **values)
    yield turn.tell(
        helper,
        "assigned_you",
        about=request,
        what=replace(turn.what(request, Sight.ANYBODY if shown.hidden else Sight.NEAR), helpers=None),
        place=shown.place,
        who=on_behalf.asks_for(turn, request),
        words=shown.words,
        phone=discreet.of(turn, request),
        code=Ours(request.code_word),
        others=company.with_whom(turn, request, helper.id),
    )
    if not shown.hidden:
        yield from pins.shown(turn, request, helper)
    if before and before.id != helper.id:
        yield turn.tell(before, "moved_on", about=request)
        yield from relaying.introduce(turn, request, helper, held, instead_of=turn.somebody(before))
    else:
        yield from relaying.introduce(turn, request, helper, held)
    yield from to_duty
    if request.several:
        yield from gathering.full(turn, request, helper.id)
    yield from duty_acts.told(turn, request, "assign")


def open_(turn: Turn, order: Order) -> Texts:
    """OPEN 42: volunteers are asked about it, also when somebody has it; but not about what is done at home."""
    for request in (yield from choosing.known(turn, order.numbers)):
        if first_answer.at_home(request) and request.live:
            yield turn.reply("stays_with_duty", about=request)
            continue
        yield from duty_tasks.answered(turn, request)
        yield from _open(turn, request)
        yield from duty_acts.told(turn, request, "open")


def _open(turn: Turn, request: Request) -> Texts:
    crew = _holders(turn, request)
    let_go = [pair for pair in crew if request.state is not State.CLAIMED or _let_go(turn, request, pair)]
    if request.state is State.CLAIMED and crew and not let_go:
        yield turn.reply("open_not_held", about=request)
        return
    if request.several:  # also who had it in hand while another said that it is done
        let_go += [pair for pair in crew if pair not in let_go and _let_go(turn, request, pair)]
    kind = "reopened" if request.state in TALKING else "opened"
    out_of = (State.DRAFT, State.HELD) if kind == "opened" else (request.state,)
    is_open, done = request.state is State.OPEN, request.state is State.DELIVERED
    texts = waves.open_up(turn, request, kind, out_of, by=turn.speaker.id)
    opened = request.state is State.OPEN and not is_open
    phrase = "open_already" if is_open else "opened" if opened else "open_not_held"
    if request.state is State.OPEN and (stopped := brake.stopped(turn, request)):
        phrase = "opened_paused" if stopped.why is brake.Hold.PAUSE else "opened_ceiling"
    when = unmet.soon(turn, request.next_action_at or turn.now)
    yield turn.reply(phrase, about=request, n=waves.asked(texts), when=when)
    if let_go and opened:
        neighbor = people.by_id(turn.session, request.person_id)
        turn.unask(neighbor, request)
        for _, helper in let_go:
            yield turn.tell(helper, "moved_on", about=request)
        phrase = "receipt_no" if done else "taken_back" if len(let_go) == 1 else "taken_back_all"
        had = company.names(turn, [helper for _, helper in let_go])
        yield turn.tell(neighbor, phrase, about=request, name=had, n=waves.asked(texts))
    yield from texts


def merge(turn: Turn, order: Order) -> Texts:
    """MERGE 43 42: the first is the same as the second, which goes on for both."""
    if len(order.numbers) != 2 or order.numbers[0] == order.numbers[1]:
        yield turn.reply("merge_two")
        return
    found = yield from choosing.known(turn, order.numbers)
    if len(found) != 2:
        return
    gone, kept = found
    if not gone.live or not kept.live:
        over = kept if gone.live else gone
        yield turn.reply("closed_already", about=over)
    elif first_answer.at_home(gone) or first_answer.at_home(kept):
        yield turn.reply("stays_with_duty", about=gone if first_answer.at_home(gone) else kept)
    elif (alarm := alarms.of(turn.session, gone) if gone.danger else None) and alarm.ended_at is None:
        yield turn.reply("merge_danger", about=gone)
    elif keeper := next((p for _, p in _holders(turn, kept) if kept_apart.are(turn.session, gone, p.id)), None):
        yield turn.reply("merge_apart", about=gone, kept=kept.number, name=turn.whole_name(keeper))
    else:
        yield from _merge(turn, gone, kept)


def _merge(turn: Turn, gone: Request, kept: Request) -> Texts:
    at_home = _known_at_home(turn, gone, kept)
    if not waves.close(turn, gone, Outcome.MERGED, by=turn.speaker.id, words=f"#{kept.number}"):
        yield turn.reply("closed_already", about=gone)
        return
    gone.parent_request_id = kept.id
    duty_tasks.over(turn, gone)
    turn.session.add(gone)
    for helper_id in offers.asked_about(turn.session, kept.id):
        if kept_apart.are(turn.session, gone, helper_id):
            offers.settle(turn.session, kept.id, OfferState.SUPERSEDED, turn.now, person_id=helper_id)
    requests.add_words(turn.session, kept, gone.text, turn.now, by=turn.speaker.id)
    requests.record(turn.session, kept, "merged", turn.now, by=turn.speaker.id, words=f"#{gone.number}")
    if gone.helpers_wanted > kept.helpers_wanted:
        crews.want(turn.session, kept, gone.helpers_wanted, turn.now, by=turn.speaker.id)
    kept.needs = list(dict.fromkeys([*kept.needs, *gone.needs]))
    for name in ("place", "vicinity", "area_id"):
        if getattr(kept, name) is None:
            setattr(kept, name, getattr(gone, name))
    theirs = people.by_id(turn.session, gone.person_id)
    turn.unask(theirs, gone)
    yield turn.reply("merged", about=gone, kept=kept.number)
    yield turn.tell(theirs, "merged_neighbor", about=gone, kept=kept.number)
    if kept.person_id != gone.person_id:
        other = people.by_id(turn.session, kept.person_id)
        yield turn.tell(other, "merged_at_home" if at_home else "merged_other", about=kept)
    for helper in waves.released(turn, gone):
        welcome = kept.has_room and not kept_apart.are(turn.session, kept, helper.id)
        yield turn.tell(helper, "merged_helper_room" if welcome else "merged_helper", about=gone, kept=kept.number)
    for _, helper in assignments.all_on(turn.session, kept) if gone.text else ():
        yield turn.tell(helper, "from_neighbor", about=kept, words=Quoted(gone.text))
    yield from duty_acts.told(turn, gone, "merge")


def _known_at_home(turn: Turn, gone: Request, kept: Request) -> bool:
    """Whether the neighbor of the second sees the first anyway, since both live together."""
    if gone.person_id == kept.person_id or not households.is_shared(gone):
        return False
    theirs = households.sharing(turn.session, people.by_id(turn.session, kept.person_id))
    return any(person.id == gone.person_id for person in theirs)


def _let_go(turn: Turn, request: Request, holder: tuple[Assignment, Person] | None) -> bool:
    """Take it from this one, who had it when we looked; False if they do not have it any more."""
    if holder is None:
        return True
    turn.unask(holder[1], request)
    return assignments.end(turn.session, holder[0], AssignmentState.RELEASED, turn.now)


def _holders(turn: Turn, request: Request) -> list[tuple[Assignment, Person]]:
    """Who has it, or says that it is done; the first to take it first."""
    if request.state not in TALKING:
        return []
    if request.several:
        return assignments.all_on(turn.session, request)
    holder = assignments.on(turn.session, request)
    return [holder] if holder else []
