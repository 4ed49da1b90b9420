"""A volunteer takes a request, or says no to it."""

from handlers import choosing, relaying, rescheduling, summary, timing, watch, waves
from handlers.summary import Ours, Said, Several, Verb
from handlers.turn import Texts, Turn
from handlers.understanding.intents import Order
from models import assignments, offers, requests
from models.delivery.outbound import Lane
from models.offers import State as OfferState
from models.requests import Request, State


def claim(turn: Turn, order: Order) -> Texts:
    """CLAIM 42: yours if nobody was faster."""
    if order.bare and _is_talk(turn, order.numbers):
        yield from relaying.pass_on(turn, turn.matches[0], turn.heard.body)
        return
    if not turn.speaker.helps:  # a number without a word: an answer that comes too late
        yield turn.reply("nothing_waits")
        return
    numbers = order.numbers
    if not numbers:
        waiting = offers.pending_numbers(turn.session, turn.speaker.id)
        if len(waiting) != 1:
            choices = Several([Verb("claim", n) for n in waiting], style="or")
            yield turn.reply("which_one", choices=choices) if waiting else turn.reply("claim_what")
            return
        numbers = tuple(waiting)
    for number in numbers:
        yield from _take(turn, number, order)


def _is_talk(turn: Turn, numbers: tuple[int, ...]) -> bool:
    """Whether a bare number is for the other side: "which door?" "12"; and no request that could be taken."""
    if len(turn.matches) != 1:
        return False
    found = [requests.by_number(turn.session, turn.line.id, n) for n in numbers] if turn.speaker.helps else []
    return not any(r is not None and r.state is State.OPEN for r in found)


def _take(turn: Turn, number: int, order: Order) -> Texts:
    request = requests.by_number(turn.session, turn.line.id, number)
    if request is None or request.state in (State.DRAFT, State.HELD):
        yield turn.reply("unknown_number", number=number)
    elif request.person_id == turn.speaker.id:
        yield turn.reply("claim_own", about=request)
    elif requests.take(turn.session, request, by=turn.speaker.id, now=turn.now):
        yield from taken(turn, request, order)
    else:
        holder = assignments.on(turn.session, request)
        mine = holder is not None and holder[1].id == turn.speaker.id and request.live
        if mine and holder is not None and timing.resolved(turn, order.when) is not None:
            yield from rescheduling.by_helper(turn, holder[0], request, order.when, order.note)
            return
        late = "claim_too_late" if request.live else "claim_over"
        yield turn.reply("claim_yours_already" if mine else late, about=request)


def taken(turn: Turn, request: Request, order: Order) -> Texts:
    """The claim is won: connect the two, and let everybody else off. Whoever says when they come is held to it."""
    helper = turn.speaker
    comes = timing.resolved(turn, order.when, request)
    comes_at = timing.comes_at(comes) if comes else None
    assignments.start(turn.session, request, helper.id, turn.now, order.note, comes_at=comes_at)
    offers.accept(turn.session, request.id, helper.id, turn.now)
    if not request.emergency:  # urgent care: somebody comes, and that is the answer
        watch.heard(turn, request, helper)
    what = turn.what(request)
    yield turn.reply(
        "claim_yours",
        about=request,
        lane=Lane.SAFETY,
        what=what,
        place=summary.at_place(request),
        code=Ours(request.code_word),
        comes=Said("you_come", {"when": timing.said(turn, comes)}) if comes else None,
        words=summary.they_wrote(request),
    )
    misses = comes is not None and timing.misses(request, comes)
    then = timing.said(turn, comes) if comes else None
    yield from relaying.introduce(turn, request, helper, order.note, comes=then, misses=misses)


def pass_(turn: Turn, order: Order) -> Texts:
    """PASS 42: no hard feelings."""
    waiting = offers.pending_numbers(turn.session, turn.speaker.id)
    among = [r for n in waiting if (r := requests.by_number(turn.session, turn.line.id, n))]
    found, texts = choosing.chosen(turn, order.numbers, among, "pass", "pass_nothing")
    yield from texts
    for request in found:
        offers.settle(turn.session, request.id, OfferState.PASSED, turn.now, person_id=turn.speaker.id)
        yield turn.reply("passed", about=request)
        if request.state is State.OPEN and not offers.any_pending(turn.session, request.id):
            yield from waves.ask_next(turn, request)
