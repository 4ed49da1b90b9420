"""A volunteer takes a request, or says no to it."""

from collections.abc import Generator
from dataclasses import replace
from datetime import datetime, timedelta

from handlers.asking import brake, bundles, waves
from handlers.goods import stocking
from handlers.helping import company, gathering, leasing
from handlers.members import newcomers
from handlers.needs import choosing, on_behalf, rescheduling, timing
from handlers.repeating import recurring
from handlers.safety import discreet, watch
from handlers.talking import passing, relaying
from handlers.turn import Text, Texts, Turn
from handlers.understanding.intents import CLOSED_QUESTIONS, Free, Order, Question
from handlers.understanding.when import repeating
from handlers.understanding.when.resolving import Needed
from handlers.where import doors, pins
from handlers.wording.summary import Ours, Said, Several, Sight, Soon, Verb
from models import assignments, events, kept_apart, offers, requests
from models.assignments import Assignment
from models.delivery.outbound import Lane
from models.offers import State as OfferState
from models.requests import Outcome, Request, State

AGAIN = timedelta(hours=1)  # after which they may take again what they gave back, unless duty gives it to them


def claim(turn: Turn, order: Order) -> Texts:
    """CLAIM 42: yours if nobody was faster."""
    if order.bare and (asked := _beyond(turn, order.numbers)) is not None:
        yield turn.reply("no_such_choice", answer=Said(f"answer_{asked}"))
        return
    if order.bare and _is_talk(turn, order.numbers):
        yield from relaying.pass_on(turn, turn.matches[0], turn.heard.body)
        return
    if not turn.speaker.helps:  # a number without a word: an answer that comes too late
        yield turn.reply("nothing_waits")
        return
    numbers = order.numbers or _quoted(turn)
    if not numbers:
        waiting = turn.offered
        if len(waiting) != 1:
            choices = Several([Verb("claim", n) for n in waiting], style="or")
            which = "which_or_all" if bundles.together(turn, turn.speaker) else "which_one"
            yield turn.reply(which, choices=choices) if waiting else turn.reply("claim_what")
            return
        numbers = waiting
    yield from _claimed(turn, numbers, order)


def claim_all(turn: Turn, order: Order) -> Texts:
    """CLAIM ALL: all that one text offered."""
    offered = bundles.together(turn, turn.speaker) if turn.speaker.helps else []
    if offered:
        yield from _claimed(turn, tuple(request.number for request in offered), order)
    else:
        yield from claim(turn, replace(order, numbers=(), bare=False))


def takes_all(turn: Turn, intent: Free) -> Texts:
    """The same in words of their own: "all of them"."""
    yield from claim_all(turn, Order("claim", when=intent.meaning.when))


def _claimed(turn: Turn, numbers: tuple[int, ...], order: Order) -> Texts:
    """These, one by one, as far as nobody was faster; then in which order to knock."""
    left: list[int] = []
    won: list[Request] = []
    for number in sorted(numbers):  # two who claim the same ones at once go by one order
        if not (yield from _take(turn, number, order, won)):
            left.append(number)
    if left:
        yield _full(turn, left)
    if any(request.building for request in won) or len(won) > 1:
        offers.let_go_beside(turn.session, turn.speaker.id, [request.id for request in won], turn.now)
        if (order_of_doors := bundles.route(turn, turn.speaker, won)) is not None:
            yield turn.reply("doors_in_order", lane=Lane.SAFETY, rows=order_of_doors)


def _quoted(turn: Turn) -> tuple[int, ...]:
    """What a bare yes is about where it comes with a text of ours about something else than what waits."""
    about = turn.replied_about
    if about is None or any(about == r.number for r in (*turn.own, *(held for _, held in turn.held))):
        return ()
    return (about,)


def _beyond(turn: Turn, numbers: tuple[int, ...]) -> Question | None:
    """Our question, where a bare number is none of its choices and could mean nothing else: 7, for 1 yes, 2 no."""
    asked = turn.asked
    if asked is None or asked.question not in CLOSED_QUESTIONS or turn.matches or turn.speaker.helps:
        return None
    return asked.question if len(numbers) == 1 else None


def _is_talk(turn: Turn, numbers: tuple[int, ...]) -> bool:
    """Whether a bare number is for the other side: "which door?" "12"; and no request that could be taken."""
    if len(turn.matches) != 1:
        return False
    found = [requests.by_number(turn.session, turn.line.id, n) for n in numbers] if turn.speaker.helps else []
    return not any(r is not None and r.has_room for r in found)


def _full(turn: Turn, left: list[int]) -> Text:
    """They have as many in hand as they take at once: what frees them."""
    held = [Ours(f"#{r.number}") for _, r in assignments.held_by(turn.session, turn.speaker.id)]
    if not held:  # they said MAX 0
        return turn.reply("claim_none", number=left[0])
    return turn.reply("claim_full", held=Several(held), number=left[0])


def _take(turn: Turn, number: int, order: Order, won: list[Request]) -> Generator[Text, None, bool]:
    """Whether that is settled; False if they must let go of something before. What is theirs now joins `won`."""
    request = choosing.current(turn, number)
    hidden = request is None or request.state in (State.DRAFT, State.HELD)
    if request is None or hidden or kept_apart.are(turn.session, request, turn.speaker.id):
        yield turn.reply("unknown_number", number=number)
        return True
    if request.person_id == turn.speaker.id:
        yield turn.reply("claim_own", about=request)
        return True
    if request.state is State.OPEN and brake.booked(turn, request):
        yield turn.reply("claim_booked", about=request)
        return True
    if request.has_room and not request.in_danger and not _has(turn, request):
        if (dropped := _gave_back(turn, request)) is not None:
            again = Soon(dropped + AGAIN, turn.line.timezone, turn.now)
            yield turn.reply("claim_dropped", about=request, when=again)
            return True
        in_hand = len(assignments.held_by(turn.session, turn.speaker.id))
        if newcomers.room(turn, turn.speaker, in_hand) <= 0:
            return False
        if not newcomers.may_take(turn, turn.speaker, request):
            yield turn.reply("claim_not_yet", about=request, n=turn.line.policy.newcomer_matches)
            return True
    yield from _won_or_lost(turn, number, request, order, won)
    return True


def _has(turn: Turn, request: Request) -> bool:
    return request.state is State.CLAIMED and any(r.id == request.id for _, r in turn.held)


def _gave_back(turn: Turn, request: Request) -> datetime | None:
    """When they gave it back themselves, if that was lately: the neighbor hears of each time."""
    did = events.did_since(turn.session, request, "dropped", turn.speaker.id, turn.now - AGAIN)
    return did[-1][0] if did else None


def _won_or_lost(turn: Turn, number: int, request: Request, order: Order, won: list[Request]) -> Texts:
    always = request.repeats is not None and repeating.of(order.note, anyhow=True) is not None
    comes = timing.resolved(turn, order.when, request) if not always else None  # "every monday" is no other time
    mine = request.several and request.live and assignments.held_of(turn.session, request, turn.speaker.id)
    if not mine and _apart(turn, request):
        yield turn.reply("unknown_number", number=number)
    elif not mine and (held := leasing.take(turn, request, order.note, comes)):
        won.append(request)
        yield from taken(turn, request, held, comes)
        yield from stocking.told_helper(turn, request)
        if always:
            yield from recurring.pledge(turn, request)
    elif request.outcome is Outcome.MERGED:  # at this very moment: it goes on as another
        yield from _take(turn, number, order, won)
    else:
        holder = assignments.held_of(turn.session, request, turn.speaker.id) if request.live else None
        if holder is not None and comes is not None:
            yield from rescheduling.by_helper(turn, holder[0], request, order.when, order.note)
            return
        leasing.heard(turn, request)
        late = "claim_too_late" if not request.several else "claim_crew_full"
        late = late if request.live else "claim_over"
        wanted = request.helpers_wanted
        yield turn.reply("claim_yours_already" if holder else late, about=request, wanted=wanted)


def _apart(turn: Turn, request: Request) -> bool:
    """Whether somebody comes already from whom the speaker is kept apart."""
    if not request.several or not (apart := kept_apart.of(turn.session, turn.speaker.id)):
        return False
    return any(helper.id in apart for _, helper in assignments.all_on(turn.session, request))


def taken(turn: Turn, request: Request, held: Assignment, comes: Needed | None = None) -> Texts:
    """The claim is won: connect the two, and let everybody else off. Whoever says when they come is held to it."""
    helper = turn.speaker
    shown, to_duty = doors.show(turn, request, helper, held)
    assignments.start(turn.session, held)
    if request.has_room:  # the others may still come, too
        offers.accept_one(turn.session, request.id, helper.id, turn.now)
    else:
        offers.accept(turn.session, request.id, helper.id, turn.now)
    waves.freed(turn)
    if not request.emergency:  # urgent care: somebody comes, and that is the answer
        watch.heard(turn, request, helper)
    what = turn.what(request, Sight.ANYBODY if shown.hidden else Sight.NEAR)
    yield turn.reply(
        "claim_yours",
        about=request,
        lane=Lane.SAFETY,
        what=replace(what, helpers=None),  # they read how many they are
        place=shown.place,
        who=on_behalf.asks_for(turn, request),
        code=Ours(request.code_word),
        others=company.with_whom(turn, request, helper.id),
        comes=Said("you_come", {"when": timing.said(turn, comes)}) if comes else None,
        words=shown.words,
        phone=discreet.of(turn, request),
    )
    if not shown.hidden:
        yield from pins.shown(turn, request, helper)
    misses = comes is not None and timing.misses(request, comes)
    then = timing.said(turn, comes) if comes else None
    yield from relaying.introduce(turn, request, helper, held, comes=then, misses=misses)
    yield from to_duty
    if request.several:
        yield from gathering.full(turn, request, helper.id)
    yield from passing.follow(turn, request, helper, held)


def pass_(turn: Turn, order: Order) -> Texts:
    """PASS 42: no hard feelings."""
    among = [r for n in turn.offered if (r := requests.by_number(turn.session, turn.line.id, n))]
    in_hand = [r for _, r in turn.held if r.number in order.numbers or not (order.numbers or among)]
    for request in in_hand:
        yield turn.reply("drop_instead", about=request)
    numbers = tuple(n for n in order.numbers if all(n != r.number for r in in_hand))
    if in_hand and not numbers:
        return
    found = [] if numbers or len(among) < 2 else bundles.together(turn, turn.speaker)
    if not found:
        found, texts = choosing.chosen(turn, numbers, among, "pass", "pass_nothing")
        yield from texts
    if len(among) > 1:  # who says no to what a text led with says no to all that it offered
        beside = [other for request in found for other in bundles.rest(turn, turn.speaker, request)]
        found = sorted({r.id: r for r in (*found, *beside)}.values(), key=lambda r: r.number)
    for request in found:
        offers.settle(turn.session, request.id, OfferState.PASSED, turn.now, person_id=turn.speaker.id)
        waves.freed(turn)
    if len(found) > 1:
        yield turn.reply("passed_several", numbers=Several([Ours(f"#{request.number}") for request in found]))
    for request in found:
        if len(found) == 1:
            yield turn.reply("passed", about=request)
        if request.has_room and not offers.any_pending(turn.session, request.id):
            yield from waves.ask_next(turn, request)
