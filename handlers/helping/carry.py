"""A volunteer with a request in hand: on the way, delivered, or giving it back."""

from dataclasses import replace
from datetime import timedelta

from handlers.asking import waves
from handlers.helping import gathering, leasing
from handlers.members import newcomers
from handlers.money import approving
from handlers.needs import choosing
from handlers.safety import all_clear, discreet
from handlers.talking import pace, relaying
from handlers.turn import RECEIPT_ANSWERS, Texts, Turn
from handlers.understanding.intents import Amount, Order, Question
from handlers.wording.summary import Quoted, Said, brief
from models import assignments, households, kept_apart, offers, people, requests
from models.assignments import Assignment
from models.assignments import State as AssignmentState
from models.delivery.outbound import Lane
from models.people import Person
from models.requests import TALKING, Request, State


def omw(turn: Turn, order: Order) -> Texts:
    """OMW 42: the neighbor hears that somebody is coming."""
    _back_again(turn, order.numbers)
    held = turn.held
    if not order.numbers and not held and len(turn.matches) == 1:  # "ya voy", says the neighbor at the door
        yield from relaying.pass_on(turn, turn.matches[0], turn.heard.body)
        return
    found, texts = choosing.chosen(turn, order.numbers, [r for _, r in held], "omw", "nothing_in_hand")
    yield from texts
    for assignment, request in [(a, r) for a, r in held if r in found]:
        if not _sets_off(turn, assignment, request):
            yield turn.reply(leasing.lost(turn, assignment, request), about=request)
        else:
            requests.record(turn.session, request, "on_the_way", turn.now, by=turn.speaker.id)
            neighbor = people.by_id(turn.session, request.person_id)
            yield turn.reply(_by_who_hears(neighbor, "omw_thanks", "omw_kept", "omw_unheard"), about=request)
            yield from _comes(turn, request, neighbor, order.note)


def _by_who_hears(neighbor: Person, at_once: str, once_they_ask: str, never: str) -> str:
    """By which of these phrases a volunteer is answered: when the neighbor reads it."""
    if neighbor.opted_out_at is not None:
        return never
    return once_they_ask if discreet.kept_from(neighbor) else at_once


def _comes(turn: Turn, request: Request, neighbor: Person, note: str) -> Texts:
    """The neighbor hears it, once in a while; where they get too many words, these go with others."""
    slow, name = pace.is_slow(turn, request, turn.speaker, neighbor), turn.somebody(turn.speaker)
    text = turn.tell(neighbor, "omw", about=request, lane=Lane.REPLY, name=name, note=None if slow else _note(note))
    yield from pace.paced(turn, request, turn.speaker, text, "", kind="on_the_way")
    if slow and note:
        words = turn.tell(neighbor, "from_helper", about=request, lane=Lane.REPLY, name=name, words=Quoted(note))
        yield from pace.paced(turn, request, turn.speaker, words, note)


def done(turn: Turn, order: Order) -> Texts:
    """DONE 42: ask the neighbor, who alone closes the loop. A neighbor's own DONE closes it at once."""
    _back_again(turn, order.numbers)
    held = turn.held
    own = turn.own
    among = [*(r for _, r in held), *own]
    shared = []
    if order.numbers and turn.speaker.household_id is not None:
        talked = [r for r in households.shared(turn.session, turn.speaker) if r.state in TALKING]
        shared = [r for r in talked if r not in among]
    order = _without_list(turn, order)
    found, texts = choosing.chosen(turn, order.numbers, [*among, *shared], "done", "nothing_in_hand")
    yield from texts
    paid = list[Request]()
    for request in found:
        if request.person_id == turn.speaker.id and all_clear.waits(turn, request):
            yield from all_clear.said(turn, request, turn.heard.body)
        elif request.person_id == turn.speaker.id:
            yield from waves.fulfilled(turn, request)
        elif request in shared:  # who lives with them has seen it, too
            neighbor = people.by_id(turn.session, request.person_id)
            turn.unask(neighbor, request)
            yield from waves.fulfilled(turn, request)
            yield turn.tell(neighbor, "household_came", about=request)
        elif not _ends(turn, assignment := next(a for a, r in held if r is request), request, order.note):
            yield turn.reply(leasing.lost(turn, assignment, request), about=request)
        else:
            turn.unask(turn.speaker, request)
            paid += [request]
            neighbor = people.by_id(turn.session, request.person_id)
            yield turn.reply(_by_who_hears(neighbor, "done_thanks", "done_kept", "done_unheard"), about=request)
            free = turn.ask_if_free(neighbor, Question.RECEIPT, request, options=RECEIPT_ANSWERS)
            yield turn.tell(
                neighbor,
                "did_you_get_it" if free else "did_you_get_it_too",
                about=request,
                lane=Lane.REPLY,
                name=turn.somebody(turn.speaker),
                note=_note(order.note),
            )
    if order.spent is not None and not texts:
        yield from _spent(turn, order.spent, paid, order.numbers)


def _without_list(turn: Turn, order: Order) -> Order:
    """ "Hecho 42 43,44" of who has all three names requests, and no money."""
    parts = (
        tuple(int(part) for part in order.spent.typed.split(",")) if order.spent and "," in order.spent.typed else ()
    )
    held = {request.number for _, request in turn.held}
    if order.spent is None or order.spent.sign or not parts or not held.issuperset(parts):
        return order
    return replace(order, numbers=(*order.numbers, *parts), spent=None)


def _spent(turn: Turn, amount: Amount, done: list[Request], numbers: tuple[int, ...]) -> Texts:
    """What they laid out for it: of several the first has it all, for one sum is one receipt."""
    earlier = [r for r in turn.helped if not done and (r.number in numbers or not numbers)]
    cents, about = approving.cents(turn, amount), next(iter([*done, *earlier]), None)
    if about is None:
        return
    if cents:
        yield from approving.spent(turn, cents, about, amount.words)
    else:
        yield turn.reply("spent_currency" if cents is None else "spent_how", amount=approving.money(turn, 3150))


def _back_again(turn: Turn, numbers: tuple[int, ...]) -> None:
    """Who was let off for their silence is there after all: it is theirs again, if nobody else took it meanwhile."""
    missing = {*numbers} - {r.number for _, r in turn.held} if turn.speaker.helps else set()
    for number in missing:
        request = requests.by_number(turn.session, turn.line.id, number)
        if request is not None and request.person_id != turn.speaker.id and (held := _taken_back(turn, request)):
            turn.held.append((held, request))


def _taken_back(turn: Turn, request: Request) -> Assignment | None:
    """Theirs again, if they were let off for their silence, and it is open."""
    turn.session.refresh(request)
    if not request.has_room or not assignments.has_lapsed(turn.session, request, turn.speaker.id):
        return None
    if kept_apart.are(turn.session, request, turn.speaker.id):
        return None
    if newcomers.room(turn, turn.speaker, len(assignments.held_by(turn.session, turn.speaker.id))) <= 0:
        return None
    held = leasing.take(turn, request)
    if held is None:
        return None
    (offers.accept_one if request.has_room else offers.accept)(turn.session, request.id, turn.speaker.id, turn.now)
    return assignments.start_now(turn.session, held)


def _sets_off(turn: Turn, held: Assignment, request: Request) -> bool:
    """They are on the way, also where it lapsed at this very moment; False if they need not be."""
    if trust(turn, held, request, on_the_way=True):
        return True
    again = _taken_back(turn, request)
    return again is not None and trust(turn, again, request, on_the_way=True)


def _ends(turn: Turn, held: Assignment, request: Request, words: str) -> bool:
    """The same of whoever has been there."""
    if not assignments.end(turn.session, held, AssignmentState.DONE, turn.now):
        again = _taken_back(turn, request)
        if again is None or not assignments.end(turn.session, again, AssignmentState.DONE, turn.now):
            return False
    delivered = requests.move(
        turn.session,
        request,
        State.DELIVERED,
        turn.now,
        kind="delivered",
        out_of=(State.CLAIMED,),
        by=turn.speaker.id,
        words=words or None,
        next_action_at=turn.now + timedelta(minutes=turn.line.policy.receipt_reminder),
    )
    if delivered and request.several:  # nobody else need come
        waves.call_off(turn, request)
    return delivered


def _note(words: str) -> Said | None:
    return Said("note_from_helper", {"note": Quoted(words)}) if words else None


def trust(turn: Turn, held: Assignment, request: Request, *, on_the_way: bool = False) -> bool:
    """They come, whatever they said before; False if it went to somebody else at this very moment."""
    turn.unask(turn.speaker, request)
    renewed = leasing.renew(turn, held, request)
    return renewed and (not on_the_way or assignments.change(turn.session, held, on_the_way_at=turn.now))


def drop(turn: Turn, order: Order, *, told: str = "dropped") -> Texts:
    """DROP 42: it goes out again, and nobody is blamed."""
    held = turn.held
    found, texts = choosing.chosen(turn, order.numbers, [r for _, r in held], "drop", "nothing_in_hand")
    yield from texts
    for assignment, request in held:
        if request not in found:
            continue
        if not assignments.end(turn.session, assignment, AssignmentState.RELEASED, turn.now):
            lapsed = assignment.state is AssignmentState.LAPSED
            yield turn.reply(told if lapsed else leasing.lost(turn, assignment, request), about=request)
        else:
            texts = waves.place_freed(turn, request, "dropped", by=turn.speaker.id, words=order.note)
            turn.unask(turn.speaker, request)
            yield turn.reply(told, about=request)
            if order.note:  # perhaps the reason is one for a person
                name, words = turn.somebody(turn.speaker), brief(order.note)
                yield from turn.tell_duty("duty_dropped", about=request, but=turn.speaker.id, name=name, words=words)
            neighbor = people.by_id(turn.session, request.person_id)
            yield from gathering.one_less(turn, request, turn.speaker, neighbor, waves.asked(texts))
            yield from texts
